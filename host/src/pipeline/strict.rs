//! Makes the schema of a stage's parameters as strict as the code that will read them.
//!
//! A schema that is generated from a struct leaves gaps: it allows names that the struct does not have, `15.0` for a
//! whole number, and any size for a 32-bit one.

use serde_json::{Map, Value, json};

/// Keyword that refuses `15.0` where a whole number is wanted.
pub(super) const WRITTEN_WHOLE: &str = "x-written-as-whole-number";

/// Keywords whose schemas describe the same value as the schema that they stand in.
pub(super) const IN_PLACE_LISTS: [&str; 3] = ["allOf", "anyOf", "oneOf"];
const IN_PLACE: [&str; 4] = ["if", "then", "else", "not"];
/// Keywords that say which further names are allowed.
const OPENNESS: [&str; 3] = ["additionalProperties", "unevaluatedProperties", "patternProperties"];

/// The strict version of a schema; no schema at all means no parameters.
pub(super) fn strict(schema: &Value) -> Value {
    let mut schema = if schema.is_null() { json!({ "type": "object" }) } else { schema.clone() };
    tighten(&mut schema, true);
    schema
}

/// `whole` tells a schema that describes a value alone from one that describes it together with others.
fn tighten(schema: &mut Value, whole: bool) {
    let Value::Object(schema) = schema else { return };
    if accepts(schema, "integer") && !accepts(schema, "number") {
        schema.insert(WRITTEN_WHOLE.to_owned(), Value::Bool(true));
    }
    if let Some((minimum, maximum)) = schema.get("format").and_then(Value::as_str).and_then(limits) {
        schema.entry("minimum").or_insert(minimum);
        schema.entry("maximum").or_insert(maximum);
    }
    if whole && has_names(schema) && !decides_openness(schema) {
        let alone = in_place(schema).len() == 1 && !schema.contains_key("$ref");
        let keyword = if alone { "additionalProperties" } else { "unevaluatedProperties" };
        schema.insert(keyword.to_owned(), Value::Bool(false));
    }
    for (keyword, value) in schema.iter_mut() {
        match (keyword.as_str(), value) {
            ("properties" | "patternProperties" | "$defs", Value::Object(schemas)) => {
                schemas.values_mut().for_each(|schema| tighten(schema, true));
            }
            ("prefixItems", Value::Array(schemas)) => schemas.iter_mut().for_each(|schema| tighten(schema, true)),
            ("items" | "additionalProperties" | "unevaluatedProperties", schema) => tighten(schema, true),
            (keyword, Value::Array(schemas)) if IN_PLACE_LISTS.contains(&keyword) => {
                schemas.iter_mut().for_each(|schema| tighten(schema, false));
            }
            (keyword, schema) if IN_PLACE.contains(&keyword) => tighten(schema, false),
            _ => {}
        }
    }
}

/// Whether `type` allows a type by name.
pub(super) fn accepts(schema: &Map<String, Value>, name: &str) -> bool {
    match schema.get("type") {
        Some(Value::String(only)) => only == name,
        Some(Value::Array(any)) => any.iter().any(|one| one == name),
        _ => false,
    }
}

/// Bounds of the integer formats that schemars writes without them.
fn limits(format: &str) -> Option<(Value, Value)> {
    match format {
        "int8" => Some((i8::MIN.into(), i8::MAX.into())),
        "int16" => Some((i16::MIN.into(), i16::MAX.into())),
        "int32" => Some((i32::MIN.into(), i32::MAX.into())),
        "int64" => Some((i64::MIN.into(), i64::MAX.into())),
        "uint8" => Some((0.into(), u8::MAX.into())),
        "uint16" => Some((0.into(), u16::MAX.into())),
        "uint32" => Some((0.into(), u32::MAX.into())),
        "uint64" | "uint" => Some((0.into(), u64::MAX.into())),
        _ => None,
    }
}

/// Schemas that describe the same value, this one first.
fn in_place(schema: &Map<String, Value>) -> Vec<&Map<String, Value>> {
    let lists = IN_PLACE_LISTS.iter().filter_map(|keyword| schema.get(*keyword)?.as_array()).flatten();
    let singles = IN_PLACE.iter().filter_map(|keyword| schema.get(*keyword));
    let below = lists.chain(singles).filter_map(Value::as_object);
    std::iter::once(schema).chain(below.flat_map(in_place)).collect()
}

fn has_names(schema: &Map<String, Value>) -> bool {
    schema.get("type").is_some_and(|only| only == "object")
        || in_place(schema).iter().any(|schema| schema.contains_key("properties"))
}

fn decides_openness(schema: &Map<String, Value>) -> bool {
    in_place(schema).iter().any(|schema| OPENNESS.iter().any(|keyword| schema.contains_key(*keyword)))
}

/// Names of the properties that a schema knows, in their order.
pub(super) fn names(schema: &Value) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for schema in schema.as_object().map(in_place).unwrap_or_default() {
        let properties = schema.get("properties").and_then(Value::as_object);
        for name in properties.into_iter().flat_map(Map::keys) {
            if !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
    }
    names
}
