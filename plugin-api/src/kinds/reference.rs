//! The reference of kinds: what each one holds, out of the types themselves.

use super::{
    Alignment, Audio, AudioHeader, AudioSketch, AudioSketchHeader, Correlation, Delay, Delays, DelaysHeader, Diagnosis,
    Layout, Media, Output, SourceFile, SyncReport, Tracks,
};
use crate::Data;
use schemars::JsonSchema;
use serde_json::Value;
use std::fmt::Write;

/// What a kind holds.
#[derive(Debug, Clone)]
pub struct KindReference {
    /// The kind, `audio/1`.
    pub kind: &'static str,
    /// JSON schema of the header.
    pub schema: Value,
    /// What the blob holds; none if there is none.
    pub blob: Option<&'static str>,
}

/// All kinds of the first-party plugins, in the order in which a job meets them.
#[must_use]
pub fn reference() -> Vec<KindReference> {
    let (audio, sketch) = (of::<Audio, AudioHeader>(), of::<AudioSketch, AudioSketchHeader>());
    vec![
        of::<SourceFile, SourceFile>(),
        of::<Media, Media>(),
        of::<Layout, Layout>(),
        KindReference {
            blob: Some("little-endian 32-bit floats, one channel, full scale ±1; `samples` of them"),
            ..audio
        },
        KindReference { blob: Some("little-endian 32-bit floats; `values` of them"), ..sketch },
        of::<Alignment, Alignment>(),
        of::<Correlation, Correlation>(),
        of::<Diagnosis, Diagnosis>(),
        of::<Delay, Delay>(),
        of::<Delays, DelaysHeader>(),
        of::<Tracks, Tracks>(),
        of::<SyncReport, SyncReport>(),
        of::<Output, Output>(),
    ]
}

fn of<K: Data, H: JsonSchema>() -> KindReference {
    KindReference { kind: K::KIND, schema: schemars::schema_for!(H).to_value(), blob: None }
}

/// The reference as a chapter of the book.
#[must_use]
pub fn markdown() -> String {
    let mut text = String::from(
        "# Kinds\n\nEvery value has a kind, a JSON header, and bulk data if the kind says so. Edges join ports of equal kinds. A change of meaning \
         is a new version of the kind; a new field that may be left out is not.\n\nThis chapter is generated from the types in \
         `plugin-api/src/kinds`. A value of a run can be looked at: `vsg-host show last STAGE.PORT`.\n",
    );
    for kind in reference() {
        // Writing to a string can not fail.
        let _ = write!(text, "\n## `{}`\n\n{}\n", kind.kind, about(&kind.schema));
        if let Some(blob) = kind.blob {
            let _ = write!(text, "\nBulk data: {blob}.\n");
        }
        fields(&kind.schema, &mut text);
        for (name, schema) in kind.schema["$defs"].as_object().into_iter().flatten() {
            let _ = write!(text, "\n**{name}**: {}\n", about(schema));
            fields(schema, &mut text);
        }
    }
    text
}

fn about(schema: &Value) -> String {
    schema["description"].as_str().unwrap_or_default().replace('\n', " ")
}

/// A table of fields, or the choices of an enumeration.
fn fields(schema: &Value, text: &mut String) {
    let choices = schema["oneOf"].as_array().into_iter().flatten();
    for choice in choices {
        let name = choice["const"].as_str().map(str::to_owned).or_else(|| {
            let inner = choice["properties"].as_object()?.iter().next()?;
            Some(format!("{{ \"{}\": {} }}", inner.0, kind_of(inner.1)))
        });
        let _ = write!(text, "\n- `{}`: {}", name.unwrap_or_default(), about(choice));
    }
    let Some(properties) = schema["properties"].as_object() else {
        text.push('\n');
        return;
    };
    let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    text.push_str("\n| field | holds | meaning |\n|---|---|---|\n");
    for (name, schema) in properties {
        let optional = if required.contains(&name.as_str()) { "" } else { ", may be left out" };
        let _ = writeln!(text, "| `{name}` | {}{optional} | {} |", kind_of(schema), about(schema));
    }
}

/// What a field holds, in words.
fn kind_of(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str() {
        return name.rsplit('/').next().unwrap_or(name).to_owned();
    }
    if let Some(options) = schema["anyOf"].as_array() {
        let named: Vec<String> = options.iter().filter(|option| option["type"] != "null").map(kind_of).collect();
        return named.join(" or ");
    }
    let names: Vec<&str> = match &schema["type"] {
        Value::String(name) => vec![name],
        Value::Array(names) => names.iter().filter_map(Value::as_str).filter(|name| *name != "null").collect(),
        _ => return "anything".to_owned(),
    };
    match names.as_slice() {
        ["array"] if schema["items"].is_null() => "list".to_owned(),
        ["array"] => format!("list of {}", kind_of(&schema["items"])),
        ["object"] if !schema["additionalProperties"].is_null() => {
            format!("map to {}", kind_of(&schema["additionalProperties"]))
        }
        ["string"] => "text".to_owned(),
        ["integer"] => "whole number".to_owned(),
        ["boolean"] => "true or false".to_owned(),
        names => names.join(" or "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chapter_of_the_book_is_what_the_types_say() {
        let place = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/src/kinds.md");
        if std::env::var_os("VSG_UPDATE").is_some() {
            std::fs::write(&place, markdown()).unwrap();
        }
        let book = std::fs::read_to_string(&place).unwrap_or_default();
        assert!(book == markdown(), "docs/src/kinds.md is out of date: run this test with VSG_UPDATE=1");
    }

    #[test]
    fn every_field_of_every_kind_says_what_it_means() {
        for kind in reference() {
            let schemas = std::iter::once(&kind.schema)
                .chain(kind.schema["$defs"].as_object().into_iter().flat_map(|defs| defs.values()));
            for (name, field) in schemas.flat_map(|schema| schema["properties"].as_object().into_iter().flatten()) {
                assert!(!about(field).is_empty(), "{}: {name}", kind.kind);
            }
        }
    }
}
