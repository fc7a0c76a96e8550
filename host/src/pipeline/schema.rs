//! The JSON Schema of pipeline files, for editors: which implementations there are, and what each of them takes.

use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use vsg_plugin_api::{Arity, Port, Signature};

/// The schema of pipeline files that use the implementations of a catalog.
#[must_use]
pub fn schema(catalog: &BTreeMap<String, Signature>) -> Value {
    let implementations: Vec<Value> =
        catalog.iter().map(|(id, signature)| json!({ "const": id, "description": signature.summary })).collect();
    let mut definitions = Map::new();
    let mut cases = Vec::new();
    for (id, signature) in catalog {
        definitions.insert(id.clone(), parameters(id, signature));
        cases.push(json!({
            "if": { "properties": { "use": { "const": id } }, "required": ["use"] },
            "then": { "properties": { "from": inputs(signature), "with": { "$ref": pointer(id) } } },
        }));
    }
    let implementation =
        if implementations.is_empty() { json!({ "type": "string" }) } else { json!({ "oneOf": implementations }) };
    let mut stage = json!({
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "use": described(implementation, "Implementation, `plugin/stage`."),
            "from": { "type": "object", "description": "Inputs: port = \"stage.output\"." },
            "with": { "type": "object", "description": "Settings." },
            "each": { "enum": ["sources", "targets"], "description": "Repeat the stage for every source or target." },
            "isolate": { "type": "boolean", "description": "Run the stage in a process of its own." },
            "timeout_s": { "type": "number", "exclusiveMinimum": 0, "description": "Time limit of one run (s); the stage then has a process of its own." },
            "memory_limit_mb": { "type": "number", "exclusiveMinimum": 0, "description": "Limit of the memory of one run (MB), mapped files aside; the stage then has a process of its own." },
        },
    });
    if !cases.is_empty() {
        stage["allOf"] = Value::Array(cases);
    }
    // Implementations have a slash in their names, so this one is free.
    definitions.insert(
        "stages".to_owned(),
        json!({
            "type": "object",
            "description": "The stages, by name.",
            "propertyNames": { "pattern": "^[A-Za-z0-9_-]+$", "not": { "const": "job" } },
            "additionalProperties": stage,
        }),
    );
    let path = |description: &str| json!({ "type": "string", "minLength": 1, "description": description });
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "vsg-host pipeline",
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "description": { "type": "string", "description": "What the pipeline does." },
            "extends": path("Pipeline to start from, relative to this file."),
            "job": {
                "type": "object",
                "description": "Files to work on; the command line overrides all of it.",
                "additionalProperties": false,
                "properties": {
                    "reference": path("Source 1."),
                    "targets": { "type": "array", "items": path("A source to align to the reference.") },
                    "output": path("Folder of the results."),
                },
            },
            "stage": { "$ref": "#/$defs/stages" },
            "compare": {
                "type": "object",
                "description": "What `vsg-host compare` measures of each variant.",
                "additionalProperties": false,
                "properties": {
                    "measure": {
                        "type": "array",
                        "minItems": 1,
                        "uniqueItems": true,
                        "items": { "type": "string", "pattern": "^[^.@]+\\.[^@]+$" },
                        "description": "Outputs of stages, `STAGE.OUTPUT`.",
                    },
                    "baseline": { "type": "string", "description": "Variant that the others are compared with; the first." },
                },
            },
            "variant": {
                "type": "object",
                "description": "What is compared: each variant is this pipeline with its own changes.",
                "propertyNames": { "pattern": "^[A-Za-z0-9_-]+$" },
                "additionalProperties": {
                    "type": "object",
                    "additionalProperties": false,
                    "properties": {
                        "description": { "type": "string", "description": "What is different about the variant." },
                        "stage": { "$ref": "#/$defs/stages" },
                    },
                },
            },
        },
        "$defs": definitions,
    })
}

fn described(mut schema: Value, description: &str) -> Value {
    schema["description"] = description.into();
    schema
}

/// The parameters of an implementation, none of them required: a file may leave them to the one that it extends.
fn parameters(id: &str, signature: &Signature) -> Value {
    let mut schema = super::strict::strict(&signature.parameters);
    if jsonschema::validator_for(&schema).is_err() {
        // One plugin's mistake must not make the whole document invalid.
        return json!({ "type": "object" });
    }
    if let Value::Object(schema) = &mut schema {
        schema.remove("required");
    }
    rebase(&mut schema, &pointer(id));
    schema
}

/// Makes references within a schema relative to its new place, and drops what would give it an address of its own and
/// the keyword that only the host knows.
fn rebase(schema: &mut Value, place: &str) {
    match schema {
        Value::Object(object) => {
            for keyword in ["$id", "$schema", super::strict::WRITTEN_WHOLE] {
                if object.get(keyword).is_some_and(|value| !value.is_object()) {
                    object.remove(keyword);
                }
            }
            if let Some(Value::String(reference)) = object.get_mut("$ref")
                && let Some(path) = reference.strip_prefix('#')
            {
                *reference = format!("{place}{path}");
            }
            object.values_mut().for_each(|schema| rebase(schema, place));
        }
        Value::Array(schemas) => schemas.iter_mut().for_each(|schema| rebase(schema, place)),
        _ => {}
    }
}

fn pointer(id: &str) -> String {
    format!("#/$defs/{}", id.replace('~', "~0").replace('/', "~1"))
}

fn inputs(signature: &Signature) -> Value {
    let ports = signature.inputs.iter().map(|port| (port.name.clone(), input(port)));
    json!({ "additionalProperties": false, "properties": ports.collect::<Map<String, Value>>() })
}

fn input(port: &Port) -> Value {
    let optional = if port.optional { ", may be left out" } else { "" };
    let description = format!("{} (`{}`{optional})", port.help, port.kind);
    let edge = json!({ "type": "string", "pattern": "^[^.@]+\\.[^@]+(@reference)?$" });
    match port.arity {
        Arity::One => described(edge, &description),
        Arity::Many => described(json!({ "anyOf": [edge.clone(), { "type": "array", "items": edge }] }), &description),
    }
}
