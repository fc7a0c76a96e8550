//! Is a signature well-formed, and does it keep to names of its own?

use super::{Subject, Unmet, Verdict, world::OWN_KINDS};
use crate::{Arity, Port};

/// Most bytes of an example's bulk data; signatures are read whenever a plugin is loaded.
const LARGEST_BLOB: usize = 64 * 1024;

/// Summary, ports, tools and examples make sense, and the stage says the same when it is asked again.
pub(super) fn is_well_formed(subject: &Subject) -> Verdict {
    let signature = &subject.signature;
    if subject.stage.signature() != subject.stage.signature() {
        return failed("it describes itself in another way each time it is asked");
    }
    if signature.summary.trim().is_empty() || signature.summary.contains('\n') {
        return failed("its summary is not one sentence on one line");
    }
    for (what, ports) in [("input", &signature.inputs), ("output", &signature.outputs)] {
        ports.iter().try_for_each(|port| port_is_well_formed(what, port, ports))?;
    }
    if signature.outputs.is_empty() && signature.pure {
        return failed(
            "it has neither outputs nor effects, so it does nothing; declare them (`Signature::output`, `with_effects`)",
        );
    }
    if let Some(output) = signature.outputs.iter().find(|output| output.optional || output.arity == Arity::Many) {
        return failed(format!("its output `{}` is not exactly one value", output.name));
    }
    let tools = vsg_tools::Tool::ALL.map(vsg_tools::Tool::name);
    if let Some(tool) = signature.tools.iter().find(|tool| !tools.contains(&tool.as_str())) {
        return failed(format!("it runs a tool `{tool}` that nobody knows"));
    }
    if signature.resolution_ms.is_some_and(|resolution_ms| !(resolution_ms > 0.0 && resolution_ms <= 1000.0)) {
        return failed("its resolution is not between 0 and 1000 ms");
    }
    examples_are_well_formed(subject)
}

fn port_is_well_formed(what: &str, port: &Port, all: &[Port]) -> Verdict {
    let name = &port.name;
    let is_word = name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || "_-".contains(letter));
    if !is_word {
        return failed(format!("the name of its {what} `{name}` is not a word of small letters"));
    }
    if all.iter().filter(|other| other.name == *name).count() > 1 {
        return failed(format!("it has two {what}s named `{name}`"));
    }
    if port.help.trim().is_empty() {
        return failed(format!("its {what} `{name}` has no help text"));
    }
    Ok(())
}

fn examples_are_well_formed(subject: &Subject) -> Verdict {
    let signature = &subject.signature;
    for example in &signature.examples {
        let name = &example.name;
        if name.trim().is_empty() || signature.examples.iter().filter(|other| other.name == *name).count() > 1 {
            return failed(format!("the name of the example `{name}` is empty or twice there"));
        }
        if !(example.tolerance >= 0.0 && example.tolerance.is_finite()) {
            return failed(format!("the tolerance of the example `{name}` is not a number from 0 on"));
        }
        for (values, ports) in [(&example.inputs, &signature.inputs), (&example.outputs, &signature.outputs)] {
            for value in values {
                let port = ports.iter().find(|port| port.name == value.port);
                if port.is_none_or(|port| port.kind != value.kind) {
                    return failed(format!("the example `{name}` has a `{}` for `{}`", value.kind, value.port));
                }
                if value.blob_hex.len() > 2 * LARGEST_BLOB {
                    return failed(format!(
                        "the example `{name}` has more than 64 KiB of bulk data for `{}`",
                        value.port
                    ));
                }
            }
        }
        let known = subject.signature.parameters["properties"].as_object();
        let is_known = |parameter: &String| known.is_some_and(|known| known.contains_key(parameter));
        if let Some(parameter) = example.parameters.keys().find(|parameter| !is_known(parameter)) {
            return failed(format!("the example `{name}` sets `{parameter}`, which is not a parameter"));
        }
    }
    Ok(())
}

/// The id is `plugin/stage`, and every kind has a version and, unless it is the host's, a namespace.
pub(super) fn is_namespaced(subject: &Subject) -> Verdict {
    let signature = &subject.signature;
    let is_name = |name: &str| {
        name.starts_with(|first: char| first.is_ascii_lowercase())
            && name
                .chars()
                .all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || "_-".contains(letter))
    };
    let parts: Vec<&str> = signature.id.split('/').collect();
    if parts.len() != 2 || !parts.iter().all(|part| is_name(part)) {
        return failed(format!("its id `{}` is not `plugin/stage` in small letters, digits and dashes", signature.id));
    }
    for port in signature.inputs.iter().chain(&signature.outputs) {
        let kind = &port.kind;
        let Some((name, version)) = kind.split_once('/') else {
            return failed(format!("the kind `{kind}` has no version; write `{kind}/1`"));
        };
        if version.parse::<u32>().is_err() || version.starts_with(['0', '+']) {
            return failed(format!("the version of the kind `{kind}` is not a number from 1 on"));
        }
        let is_own = OWN_KINDS.contains(&name);
        let has_namespace = name.split_once('.').is_some_and(|(space, rest)| is_name(space) && !rest.is_empty());
        if !is_own && !has_namespace {
            let plugin = parts[0];
            return failed(format!(
                "the kind `{kind}` is nobody's; a kind of your own has a namespace: `{plugin}.{kind}`"
            ));
        }
    }
    Ok(())
}

fn failed(reason: impl Into<String>) -> Verdict {
    Err(Unmet::Failed(reason.into()))
}
