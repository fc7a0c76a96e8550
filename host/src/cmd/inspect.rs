//! `inspect`: the ports and parameters of a stage, as its signature tells them.

use super::print;
use crate::{Failure, plugins::Plugins};
use serde_json::Value;
use std::fmt::Write;
use vsg_plugin_api::{Arity, Port, Signature};

pub(super) fn inspect(stage: &str, as_json: bool, plugins: &Plugins) -> Result<(), Failure> {
    let found: Vec<&Signature> = plugins
        .catalog()
        .values()
        .filter(|signature| signature.id == stage || signature.id.split('/').next() == Some(stage))
        .collect();
    if found.is_empty() {
        let nearest = plugins
            .catalog()
            .keys()
            .map(|id| (id, strsim::jaro_winkler(id, stage)))
            .filter(|(_, likeness)| *likeness > 0.7)
            .max_by(|(_, a), (_, b)| a.total_cmp(b));
        let help = match nearest {
            Some((id, _)) => format!("did you mean `{id}`? `vsg-host plugins` lists all stages"),
            None => "`vsg-host plugins` lists all stages".to_owned(),
        };
        return Err(Failure::arguments(format!("there is no stage `{stage}`"), help));
    }
    for signature in found {
        if as_json {
            print(&format!("{}\n", serde_json::to_string_pretty(signature).unwrap_or_default()));
        } else {
            print(&describe(signature));
        }
    }
    Ok(())
}

/// The help page of a stage.
fn describe(signature: &Signature) -> String {
    let mut text = format!("{}\n  {}\n", signature.id, signature.summary);
    // Writing to a string can not fail.
    if !signature.pure {
        let _ = writeln!(text, "  It has effects outside of its outputs, so it always runs.");
    }
    for (title, ports) in [("inputs", &signature.inputs), ("outputs", &signature.outputs)] {
        let _ = writeln!(text, "\n{title}:");
        ports.iter().for_each(|port| text.push_str(&port_line(port)));
    }
    let properties = signature.parameters["properties"].as_object();
    if let Some(properties) = properties.filter(|properties| !properties.is_empty()) {
        let _ = writeln!(text, "\nparameters:");
        properties.iter().for_each(|(name, schema)| text.push_str(&parameter(name, schema)));
    }
    text.push('\n');
    text
}

fn port_line(port: &Port) -> String {
    let many = if port.arity == Arity::Many { ", any number" } else { "" };
    let optional = if port.optional { ", optional" } else { "" };
    format!("  {:14} {} ({}{many}{optional})\n", port.name, port.help, port.kind)
}

fn parameter(name: &str, schema: &Value) -> String {
    let default = match &schema["default"] {
        Value::Null => String::new(),
        value => format!(" = {value}"),
    };
    let mut line = format!("  {name}{default}");
    match (&schema["minimum"], &schema["maximum"]) {
        (Value::Null, Value::Null) => {}
        (low, Value::Null) => drop(write!(line, "   (at least {low})")),
        (Value::Null, high) => drop(write!(line, "   (at most {high})")),
        (low, high) => drop(write!(line, "   ({low} to {high})")),
    }
    line.push('\n');
    if let Some(help) = schema["description"].as_str() {
        let _ = writeln!(line, "      {}", help.replace('\n', " "));
    }
    for choice in choices(schema) {
        let _ = writeln!(line, "      {choice}");
    }
    line
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
