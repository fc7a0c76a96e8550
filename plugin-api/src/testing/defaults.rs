//! Do parameters have help and valid defaults, and does a stage stand the limits that it sets itself?

use super::{
    Subject, Unmet, Verdict,
    host::Stop,
    subject::{Case, Ending},
};
use crate::{Signature, params::WRONG_PARAMETERS};
use serde_json::{Map, Value as Json};
use std::time::Duration;

/// How long a stage works on the largest values that it allows before it is cancelled: they are to be survived, not waited for.
const TASTE: Duration = Duration::from_millis(300);

/// Every parameter has a help text and a default that its own schema allows, and the stage takes its defaults.
pub(super) fn are_valid(subject: &Subject) -> Verdict {
    let schema = &subject.signature.parameters;
    if schema["type"] != "object" {
        return Err(Unmet::Failed("its parameters are not a table".into()));
    }
    explained(schema, schema)?;
    let mut defaults = Map::new();
    for (name, property) in properties(schema) {
        if let Some(default) = property.get("default") {
            fits(default, property, schema).map_err(|problem| format!("the default of `{name}`: {problem}"))?;
            defaults.insert(name.clone(), default.clone());
        } else if required(schema, name) {
            return Err(Unmet::Failed(format!("`{name}` has no default")));
        }
    }
    let case = subject.any_case()?;
    for parameters in [Map::new(), defaults] {
        let case = Case { label: "default parameters".into(), parameters, ..case.clone() };
        // Defaults may need more input than was made up.
        if let Ending::Refused(error) = subject.run(&case, 2, Stop::After(TASTE))?.ending
            && error.message().starts_with(WRONG_PARAMETERS)
        {
            return Err(Unmet::Failed(format!("it does not take its own defaults: {error}")));
        }
    }
    Ok(())
}

/// Every number at its least and at its largest, every choice, and a value of a wrong type: which has to be refused.
pub(super) fn limits(subject: &Subject) -> Verdict {
    let schema = &subject.signature.parameters;
    let base = subject.any_case()?;
    for (name, property) in properties(schema) {
        for value in allowed(property, schema) {
            let mut case = Case { label: format!("{name} = {value}"), ..base.clone() };
            case.parameters.insert(name.clone(), value.clone());
            if let Ending::Refused(error) = subject.run(&case, 2, Stop::After(TASTE))?.ending
                && error.message().starts_with(WRONG_PARAMETERS)
            {
                return Err(Unmet::Failed(format!("{}: its schema allows that, but: {error}", case.label)));
            }
        }
        let mut case = Case { label: format!("{name} = a table"), ..base.clone() };
        case.parameters.insert(name.clone(), serde_json::json!({ "no": "such thing" }));
        let is_typed = property.get("type").is_some_and(|kind| kind != "object") || property.get("enum").is_some();
        let run = subject.run(&case, 2, Stop::After(TASTE))?;
        if is_typed && matches!(run.ending, Ending::Outputs(_)) {
            return Err(Unmet::Failed(format!("{}: it is not refused", case.label)));
        }
    }
    Ok(())
}

/// Whether a stage has any.
pub(super) fn has_parameters(signature: &Signature) -> bool {
    properties(&signature.parameters).next().is_some()
}

/// The parameters as they are, then with each switch turned and each other choice made, and what was done.
pub(super) fn variants(signature: &Signature, base: &Map<String, Json>) -> Vec<(String, Map<String, Json>)> {
    let changed = switches(signature).into_iter().map(|(name, value)| {
        let mut parameters = base.clone();
        parameters.insert(name.clone(), value.clone());
        (format!("{name} = {value}"), parameters)
    });
    std::iter::once(("default parameters".to_owned(), base.clone())).chain(changed).collect()
}

/// Each switch of a stage turned, and each choice that is not the default.
fn switches(signature: &Signature) -> Vec<(String, Json)> {
    let schema = &signature.parameters;
    let mut turned = Vec::new();
    for (name, property) in properties(schema) {
        match &property["default"] {
            Json::Bool(is_on) => turned.push((name.clone(), Json::Bool(!is_on))),
            Json::String(default) => {
                let others =
                    allowed(property, schema).into_iter().filter(|choice| choice.is_string() && choice != default);
                turned.extend(others.map(|choice| (name.clone(), choice)));
            }
            _ => {}
        }
    }
    turned
}

fn properties(schema: &Json) -> impl Iterator<Item = (&String, &Json)> {
    schema["properties"].as_object().into_iter().flatten()
}

fn required(schema: &Json, name: &str) -> bool {
    schema["required"].as_array().is_some_and(|required| required.iter().any(|known| known == name))
}

/// Fails at the first parameter without a help text, in tables of tables too.
fn explained(schema: &Json, root: &Json) -> Result<(), String> {
    for (name, property) in properties(schema) {
        let followed = followed(property, root);
        let help = property["description"].as_str().or_else(|| followed["description"].as_str()).unwrap_or_default();
        if help.trim().is_empty() {
            return Err(format!("the parameter `{name}` has no help text; write a doc comment"));
        }
        // A schema that refers to itself has been looked at already.
        if std::ptr::eq(property, followed) {
            explained(property, root)?;
            explained(&property["items"], root)?;
        }
    }
    Ok(())
}

/// The values at the edges of what a parameter allows.
fn allowed(property: &Json, root: &Json) -> Vec<Json> {
    let property = followed(property, root);
    let limits =
        ["minimum", "maximum"].iter().filter_map(|limit| property.get(*limit)).map(|limit| match limit.as_f64() {
            Some(whole) if property["type"] == "integer" && whole.abs() < 1e15 => Json::from(whole as i64),
            _ => limit.clone(),
        });
    let choices = property["oneOf"].as_array().into_iter().flatten().filter_map(|choice| choice.get("const")).cloned();
    let plain = property["enum"].as_array().into_iter().flatten().cloned();
    limits.chain(choices).chain(plain).collect()
}

fn followed<'s>(schema: &'s Json, root: &'s Json) -> &'s Json {
    let place = schema["$ref"].as_str().and_then(|place| root.pointer(place.trim_start_matches('#')));
    place.unwrap_or(schema)
}

/// Whether a schema allows a value; of the vocabulary of JSON Schema what parameter structs use.
fn fits(value: &Json, schema: &Json, root: &Json) -> Result<(), String> {
    let schema = followed(schema, root);
    for word in ["anyOf", "oneOf"] {
        if let Some(options) = schema[word].as_array()
            && !options.iter().any(|option| fits(value, option, root).is_ok())
        {
            return Err(format!("{value} is none of the choices"));
        }
    }
    if schema.get("const").is_some_and(|constant| constant != value) {
        return Err(format!("{value} is not {}", schema["const"]));
    }
    if schema["enum"].as_array().is_some_and(|choices| !choices.contains(value)) {
        return Err(format!("{value} is none of the choices"));
    }
    let is_of = |kind: &str| match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        _ => value.is_number(),
    };
    let is_typed = match &schema["type"] {
        Json::String(kind) => is_of(kind),
        Json::Array(kinds) => kinds.iter().filter_map(Json::as_str).any(is_of),
        _ => true,
    };
    if !is_typed {
        return Err(format!("{value} is not of type {}", schema["type"]));
    }
    if let Some(number) = value.as_f64() {
        let limit = |name: &str| schema[name].as_f64();
        if limit("minimum").is_some_and(|least| number < least)
            || limit("maximum").is_some_and(|most| number > most)
            || limit("exclusiveMinimum").is_some_and(|least| number <= least)
            || limit("exclusiveMaximum").is_some_and(|most| number >= most)
        {
            return Err(format!("{value} is out of its range"));
        }
    }
    for item in value.as_array().into_iter().flatten() {
        fits(item, &schema["items"], root)?;
    }
    for (name, property) in value.as_object().into_iter().flatten() {
        if let Some(inner) = schema["properties"].get(name) {
            fits(property, inner, root).map_err(|problem| format!("`{name}`: {problem}"))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_default_fits_its_schema_or_does_not() {
        let root = json!({ "$defs": { "Rule": { "type": "object", "properties": { "type": { "enum": ["audio", "video"] } } } } });
        let good = [
            (json!(1.5), json!({ "type": "number", "minimum": 1.0, "maximum": 2.0 })),
            (json!(null), json!({ "type": ["string", "null"] })),
            (json!("edges"), json!({ "oneOf": [{ "const": "none" }, { "const": "edges" }] })),
            (json!([{ "type": "audio" }]), json!({ "type": "array", "items": { "$ref": "#/$defs/Rule" } })),
        ];
        for (value, schema) in good {
            assert_eq!(fits(&value, &schema, &root), Ok(()), "{schema}");
        }
        let bad = [
            (json!(2.5), json!({ "type": "number", "minimum": 1.0, "maximum": 2.0 })),
            (json!(null), json!({ "type": "number" })),
            (json!(1.5), json!({ "type": "integer" })),
            (json!("hann"), json!({ "oneOf": [{ "const": "none" }, { "const": "edges" }] })),
            (json!([{ "type": "smell" }]), json!({ "type": "array", "items": { "$ref": "#/$defs/Rule" } })),
        ];
        for (value, schema) in bad {
            assert!(fits(&value, &schema, &root).is_err(), "{schema}");
        }
    }
}
