//! Completes parameters: defaults filled in, whole numbers as decimals where the stage reads decimals, keys sorted, so that
//! settings that mean the same are the same text.

use super::strict::accepts;
use serde_json::{Map, Value};

/// How often one reference in a schema may lead to another before it counts as broken.
const REFERENCES: usize = 16;

/// Completes a value that is valid under `schema`. `root` is what references in `schema` are relative to.
pub(super) fn complete(root: &Value, schema: &Value, value: Value) -> Value {
    let schemas = applicable(root, schema, &value, REFERENCES);
    match value {
        Value::Number(number) => {
            let decimal = schemas.iter().any(|schema| accepts(schema, "number") && !accepts(schema, "integer"));
            let float = number.as_f64().filter(|_| decimal && !number.is_f64());
            float.and_then(serde_json::Number::from_f64).map_or(Value::Number(number), Value::Number)
        }
        Value::Array(items) => {
            let of_items = schemas.iter().find_map(|schema| schema.get("items"));
            let first = schemas.iter().find_map(|schema| schema.get("prefixItems")?.as_array());
            let items = items.into_iter().enumerate().map(|(index, item)| {
                match first.and_then(|first| first.get(index)).or(of_items) {
                    Some(schema) => complete(root, schema, item),
                    None => item,
                }
            });
            Value::Array(items.collect())
        }
        Value::Object(table) => Value::Object(complete_table(root, &schemas, table)),
        value => value,
    }
}

fn complete_table(root: &Value, schemas: &[&Map<String, Value>], mut table: Map<String, Value>) -> Map<String, Value> {
    let properties = || schemas.iter().filter_map(|schema| schema.get("properties")?.as_object()).flatten();
    for (name, schema) in properties() {
        if let Some(default) = schema.get("default").filter(|_| !table.contains_key(name)) {
            table.insert(name.clone(), default.clone());
        }
    }
    let further = schemas.iter().find_map(|schema| schema.get("additionalProperties"));
    let mut complete: Vec<(String, Value)> = table
        .into_iter()
        .map(|(name, value)| {
            let schema = properties().find(|(known, _)| **known == name).map(|(_, schema)| schema).or(further);
            let value = match schema {
                Some(schema) => complete(root, schema, value),
                None => value,
            };
            (name, value)
        })
        .collect();
    complete.sort_by(|(one, _), (other, _)| one.cmp(other));
    complete.into_iter().collect()
}

/// The schemas that a value is subject to: this one, what it refers to, and the branches that fit.
fn applicable<'a>(root: &'a Value, schema: &'a Value, value: &Value, references: usize) -> Vec<&'a Map<String, Value>> {
    let Some(object) = schema.as_object().filter(|_| references > 0) else {
        return Vec::new();
    };
    let mut all = vec![object];
    let mut add = |schema| all.extend(applicable(root, schema, value, references - 1));
    let target = object.get("$ref").and_then(Value::as_str).and_then(|path| root.pointer(path.strip_prefix('#')?));
    target.into_iter().for_each(&mut add);
    object.get("allOf").and_then(Value::as_array).into_iter().flatten().for_each(&mut add);
    for keyword in ["anyOf", "oneOf"] {
        let branches = object.get(keyword).and_then(Value::as_array).into_iter().flatten();
        let branches: Vec<&Value> = branches.filter(|branch| branch["type"] != "null").collect();
        match branches.as_slice() {
            [only] => add(only),
            several => several.iter().find(|branch| fits(root, branch, value)).copied().into_iter().for_each(&mut add),
        }
    }
    all
}

fn fits(root: &Value, branch: &Value, value: &Value) -> bool {
    let mut alone = branch.clone();
    if let (Value::Object(alone), Some(definitions)) = (&mut alone, root.get("$defs")) {
        alone.insert("$defs".to_owned(), definitions.clone());
    }
    jsonschema::validator_for(&alone).is_ok_and(|validator| validator.is_valid(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn nested_defaults_are_filled_in_and_numbers_are_written_as_they_are_read() {
        let track = json!({ "type": "object", "properties": {
            "gain": { "type": "number", "default": 1.0 }, "name": { "type": ["string", "null"], "default": null } } });
        let schema = json!({ "type": "object", "properties": {
            "z": { "type": "integer", "default": 3 },
            "tracks": { "type": "array", "items": track.clone(), "default": [] },
            "best": { "anyOf": [track, { "type": "null" }], "default": null } } });
        let given = json!({ "tracks": [{ "gain": 2 }], "best": {} });
        let text = complete(&schema, &schema, given).to_string();
        assert_eq!(text, r#"{"best":{"gain":1.0,"name":null},"tracks":[{"gain":2.0,"name":null}],"z":3}"#);
    }

    #[test]
    fn a_schema_that_refers_to_itself_ends() {
        let schema = json!({ "$ref": "#", "properties": { "a": { "default": 1 } } });
        assert_eq!(complete(&schema, &schema, json!({})), json!({ "a": 1 }));
    }
}
