//! `inspect`: the ports and parameters of a stage, as its signature tells them; the fields of a kind, and who gives and takes it.

use super::print;
use crate::{Failure, pipeline::nearest, plugins::Plugins};
use serde_json::Value;
use std::fmt::Write;
use vsg_plugin_api::{Arity, Example, Port, Signature};

pub(super) fn inspect(stage: &str, as_json: bool, plugins: &Plugins) -> Result<(), Failure> {
    let found: Vec<&Signature> = plugins
        .catalog()
        .values()
        .filter(|signature| signature.id == stage || signature.id.split('/').next() == Some(stage))
        .collect();
    if found.is_empty()
        && let Some(page) = kind(stage, as_json, plugins)
    {
        return print(&page);
    }
    if found.is_empty() {
        let ids = || plugins.catalog().keys().map(String::as_str);
        let of_name = ids().find(|id| id.split_once('/').is_some_and(|(_, name)| name == stage));
        let help = match of_name.or_else(|| nearest(stage, ids())) {
            Some(id) => format!("did you mean `{id}`? `vsg-host plugins` lists all stages"),
            None => "`vsg-host plugins` lists all stages".to_owned(),
        };
        return Err(Failure::arguments(format!("there is no stage `{stage}`"), help));
    }
    let text = |signature: &&Signature| {
        if as_json { format!("{:#}\n", serde_json::json!(signature)) } else { describe(signature) }
    };
    print(&found.iter().map(text).collect::<String>())
}

/// The page of a kind, if a stage gives or takes it.
fn kind(kind: &str, as_json: bool, plugins: &Plugins) -> Option<String> {
    let with = |ports: fn(&Signature) -> &Vec<Port>| -> Vec<&str> {
        let has = |signature: &&Signature| ports(signature).iter().any(|port| port.kind == kind);
        plugins.catalog().values().filter(has).map(|signature| signature.id.as_str()).collect()
    };
    let (givers, takers) = (with(|signature| &signature.outputs), with(|signature| &signature.inputs));
    if givers.is_empty() && takers.is_empty() {
        return None;
    }
    // Those of strangers are known by name only.
    let known = vsg_plugin_api::kinds::reference::reference().into_iter().find(|known| known.kind == kind);
    if as_json {
        let schema = known.map(|known| known.schema);
        return Some(format!(
            "{:#}\n",
            serde_json::json!({ "kind": kind, "given_by": givers, "taken_by": takers, "schema": schema })
        ));
    }
    let mut text = format!("{kind}\n");
    if let Some(known) = known {
        // Writing to a string can not fail.
        let _ = writeln!(text, "  {}", known.schema["description"].as_str().unwrap_or_default().replace('\n', " "));
        if let Some(blob) = known.blob {
            let _ = writeln!(text, "\nbulk data: {blob}");
        }
        text.push_str("\nheader:\n");
        for (name, schema) in known.schema["properties"].as_object().into_iter().flatten() {
            text.push_str(&parameter(name, schema, &known.schema, 1));
        }
    }
    let _ = writeln!(text, "\ngiven by: {}\ntaken by: {}", givers.join(", "), takers.join(", "));
    Some(text)
}

/// The help page of a stage.
fn describe(signature: &Signature) -> String {
    let mut text = format!("{}\n  {}\n", signature.id, signature.summary);
    // Writing to a string can not fail.
    if !signature.pure {
        let _ = writeln!(text, "  It has effects outside of its outputs, so it always runs.");
    }
    let names = signature.inputs.iter().chain(&signature.outputs).map(|port| port.name.len());
    let width = names.max().unwrap_or(0).max(14);
    for (title, ports) in [("inputs", &signature.inputs), ("outputs", &signature.outputs)] {
        let _ = writeln!(text, "\n{title}:");
        ports.iter().for_each(|port| text.push_str(&port_line(port, width)));
    }
    let properties = signature.parameters["properties"].as_object();
    if let Some(properties) = properties.filter(|properties| !properties.is_empty()) {
        let _ = writeln!(text, "\nparameters:");
        properties.iter().for_each(|(name, schema)| text.push_str(&parameter(name, schema, &signature.parameters, 1)));
    }
    if let Some(resolution_ms) = signature.resolution_ms {
        let _ = writeln!(text, "\nmeasures to {resolution_ms} ms");
    }
    if !signature.examples.is_empty() {
        let _ = writeln!(text, "\nexamples:");
        signature.examples.iter().for_each(|example| text.push_str(&example_text(example)));
    }
    text.push('\n');
    text
}

/// An example: what it shows, its settings, what goes in and comes out.
fn example_text(example: &Example) -> String {
    let mut text = format!("  {}\n", example.name);
    if !example.parameters.is_empty() {
        let settings: Vec<String> =
            example.parameters.iter().map(|(name, value)| format!("{name} = {value}")).collect();
        text.push_str(&format!("    with {{ {} }}\n", settings.join(", ")));
    }
    for (mark, values) in [("<-", &example.inputs), ("->", &example.outputs)] {
        values.iter().for_each(|value| text.push_str(&format!("    {mark} {}: {}\n", value.port, value.header)));
    }
    text
}

fn port_line(port: &Port, width: usize) -> String {
    let many = if port.arity == Arity::Many { ", any number" } else { "" };
    let optional = if port.optional { ", optional" } else { "" };
    format!("  {:width$} {} ({}{many}{optional})\n", port.name, port.help, port.kind)
}

/// A parameter with its default, range, help and choices; `root` is where references lead to. Those of a table, or of each
/// table of a list, follow one step further in.
fn parameter(name: &str, schema: &Value, root: &Value, depth: usize) -> String {
    let indent = "  ".repeat(depth);
    let schema = followed(schema, root);
    let default = match &schema["default"] {
        Value::Null => String::new(),
        value => format!(" = {value}"),
    };
    let mut line = format!("{indent}{name}{default}");
    match (&schema["minimum"], &schema["maximum"]) {
        (Value::Null, Value::Null) => {}
        (low, Value::Null) => drop(write!(line, "   (at least {low})")),
        (Value::Null, high) => drop(write!(line, "   (at most {high})")),
        (low, high) => drop(write!(line, "   ({low} to {high})")),
    }
    line.push('\n');
    if let Some(help) = schema["description"].as_str() {
        let _ = writeln!(line, "{indent}    {}", help.replace('\n', " "));
    }
    for choice in choices(schema) {
        let _ = writeln!(line, "{indent}    {choice}");
    }
    let inner = match &schema["items"] {
        Value::Null => schema,
        items => followed(items, root),
    };
    for (name, schema) in inner["properties"].as_object().into_iter().flatten() {
        line.push_str(&parameter(name, schema, root, depth + 2));
    }
    line
}

/// What a schema refers to: `{"$ref": "#/$defs/Rule"}`, alone or beside null.
fn followed<'s>(schema: &'s Value, root: &'s Value) -> &'s Value {
    let options = schema["anyOf"].as_array().into_iter().flatten();
    let mut references = std::iter::once(schema).chain(options).filter_map(|schema| schema["$ref"].as_str());
    let target = references.next().and_then(|place| root.pointer(place.trim_start_matches('#')));
    target.unwrap_or(schema)
}

/// The values of an enumeration with their help.
fn choices(schema: &Value) -> Vec<String> {
    let described = schema["oneOf"].as_array().into_iter().flatten().filter_map(|choice| {
        let help = choice["description"].as_str().unwrap_or_default().replace('\n', " ");
        Some(format!("- {}: {help}", choice["const"].as_str()?))
    });
    let plain =
        schema["enum"].as_array().into_iter().flatten().filter_map(|choice| Some(format!("- {}", choice.as_str()?)));
    described.chain(plain).collect()
}
