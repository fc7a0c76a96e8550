//! Says in plain words what a schema expects and what a value is.

use super::strict::{IN_PLACE_LISTS, accepts};
use serde_json::{Map, Value};

/// What a schema expects, as in "must be …"; none where it says nothing that could be put in words.
pub(super) fn expected(schema: &Value) -> Option<String> {
    let schema = schema.as_object()?;
    if let Some(choices) = choices(schema) {
        return Some(either(&choices));
    }
    let types = [
        ("integer", number(schema, "a whole number")),
        ("number", number(schema, "a number")),
        ("string", text(schema)),
        ("boolean", "true or false".to_owned()),
        ("array", items(schema)),
        ("object", "a table".to_owned()),
    ];
    let mut parts: Vec<String> =
        types.into_iter().filter(|(name, _)| accepts(schema, name)).map(|(_, words)| words).collect();
    if parts.is_empty() {
        let branches = IN_PLACE_LISTS.iter().filter_map(|keyword| schema.get(*keyword)?.as_array()).flatten();
        for words in branches.filter_map(expected) {
            if !parts.contains(&words) {
                parts.push(words);
            }
        }
    }
    (!parts.is_empty()).then(|| either(&parts))
}

/// The values that a schema lists, as they are typed.
pub(super) fn choices(schema: &Map<String, Value>) -> Option<Vec<String>> {
    if let Some(value) = schema.get("const") {
        return Some(vec![literal(value)]);
    }
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        return Some(values.iter().filter(|value| !value.is_null()).map(literal).collect());
    }
    let branches = schema.get("oneOf").or_else(|| schema.get("anyOf"))?.as_array()?;
    let described = branches.iter().filter_map(Value::as_object).filter(|branch| !accepts(branch, "null"));
    let described: Option<Vec<Vec<String>>> = described.map(choices).collect();
    described.map(|choices| choices.concat()).filter(|choices| !choices.is_empty())
}

fn either(parts: &[String]) -> String {
    match parts {
        [] => "something else".to_owned(),
        [only] => only.clone(),
        [first, second] => format!("{first} or {second}"),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

fn number(schema: &Map<String, Value>, one: &str) -> String {
    let bound = |keyword: &str| schema.get(keyword).filter(|bound| bound.is_number());
    // Limits of a machine type are news only to those who exceed them.
    let low = bound("minimum").filter(|bound| ![Some(i64::MIN), Some(i32::MIN.into())].contains(&bound.as_i64()));
    let machine = [i32::MAX as u64, u32::MAX.into(), i64::MAX as u64, u64::MAX];
    let high = bound("maximum").filter(|bound| bound.as_u64().is_none_or(|bound| !machine.contains(&bound)));
    let (low, high) = (low.map(plain), high.map(plain));
    let (above, below) = (bound("exclusiveMinimum").map(plain), bound("exclusiveMaximum").map(plain));
    let range = match (low, above, high, below) {
        (Some(low), None, Some(high), None) => format!("{one} from {low} to {high}"),
        (Some(low), None, None, None) => format!("{one} of at least {low}"),
        (None, None, Some(high), None) => format!("{one} of at most {high}"),
        (None, None, None, None) => one.to_owned(),
        (low, above, high, below) => {
            let low =
                above.map(|above| format!("greater than {above}")).or(low.map(|low| format!("of at least {low}")));
            let high = below.map(|below| format!("less than {below}")).or(high.map(|high| format!("at most {high}")));
            let bounds: Vec<String> = low.into_iter().chain(high).collect();
            format!("{one} {}", bounds.join(" and "))
        }
    };
    match bound("multipleOf") {
        Some(step) => format!("{range}, a multiple of {}", plain(step)),
        None => range,
    }
}

fn text(schema: &Map<String, Value>) -> String {
    let length = |keyword: &str| schema.get(keyword).and_then(Value::as_u64);
    let size = match (length("minLength"), length("maxLength")) {
        (Some(1), None) => "text that is not empty".to_owned(),
        (Some(low), Some(high)) => format!("text of {low} to {high} characters"),
        (Some(low), None) => format!("text of at least {low} characters"),
        (None, Some(high)) => format!("text of at most {high} characters"),
        (None, None) => "text".to_owned(),
    };
    match schema.get("pattern").and_then(Value::as_str) {
        Some(pattern) => format!("{size} that matches `{pattern}`"),
        None => size,
    }
}

fn items(schema: &Map<String, Value>) -> String {
    let count = |keyword: &str| schema.get(keyword).and_then(Value::as_u64);
    let plural = |count: u64| if count == 1 { "item" } else { "items" };
    let unique = if schema.get("uniqueItems") == Some(&Value::Bool(true)) { " without repetitions" } else { "" };
    let size = match (count("minItems"), count("maxItems")) {
        (Some(low), Some(high)) if low == high => format!(" of {low} {}", plural(low)),
        (Some(low), Some(high)) => format!(" of {low} to {high} items"),
        (Some(low), None) => format!(" of at least {low} {}", plural(low)),
        (None, Some(high)) => format!(" of at most {high} {}", plural(high)),
        (None, None) => String::new(),
    };
    format!("a list{size}{unique}")
}

/// What a value is, as in "not …".
pub(super) fn found(value: &Value) -> String {
    match value {
        Value::Array(items) if items.is_empty() => "an empty list".to_owned(),
        Value::Array(items) if items.len() == 1 => "a list of 1 item".to_owned(),
        Value::Array(items) => format!("a list of {} items", items.len()),
        Value::Object(_) => "a table".to_owned(),
        Value::Number(number) => number.to_string(),
        value => literal(value),
    }
}

/// A number without a needless `.0`.
pub(super) fn plain(number: &Value) -> String {
    match number.as_f64().filter(|value| number.is_f64() && value.fract() == 0.0 && value.abs() < 1e15) {
        Some(value) => format!("{value:.0}"),
        None => number.to_string(),
    }
}

/// A value as it is typed in a pipeline, shortened when it is long.
pub(super) fn literal(value: &Value) -> String {
    let text = if value.is_number() { plain(value) } else { value.to_string() };
    match text.char_indices().nth(60) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_schema_is_put_in_words() {
        let words = |schema: Value| expected(&schema).unwrap_or_default();
        assert_eq!(words(json!({ "type": "integer", "minimum": 1, "maximum": 9 })), "a whole number from 1 to 9");
        assert_eq!(words(json!({ "type": ["number", "null"], "minimum": 0.5 })), "a number of at least 0.5");
        assert_eq!(
            words(json!({ "type": "number", "exclusiveMinimum": 0, "maximum": 1 })),
            "a number greater than 0 and at most 1"
        );
        assert_eq!(words(json!({ "type": "string", "enum": ["a", "b", "c"] })), r#""a", "b" or "c""#);
        let documented = json!({ "oneOf": [{ "const": "a", "description": "A." }, { "enum": ["b", "c"] }] });
        assert_eq!(words(json!({ "anyOf": [documented, { "type": "null" }] })), r#""a", "b" or "c""#);
        assert_eq!(words(json!({ "anyOf": [{ "type": "string" }, { "type": "boolean" }] })), "text or true or false");
        assert_eq!(words(json!({ "type": "array", "minItems": 1 })), "a list of at least 1 item");
        assert_eq!(words(json!(true)), "");
    }
}
