//! What a stage returns: is it what it declares, and is it the same as another time?

use super::world;
use crate::{Arity, Signature, abi::RawOutput};
use serde_json::Value as Json;
use std::path::Path;

/// Fails unless there is one value for each declared output, of its kind, that its kind's readers can read.
pub(super) fn validate(signature: &Signature, outputs: &[RawOutput]) -> Result<(), String> {
    for output in outputs {
        let (port, value) = (&output.port, &output.value);
        let Some(declared) = signature.outputs.iter().find(|declared| declared.name == port.as_str()) else {
            return Err(format!("it returns an output `{port}` that it does not declare"));
        };
        if value.kind.as_str() != declared.kind {
            return Err(format!("it returns a `{}` for its output `{port}`, a `{}`", value.kind, declared.kind));
        }
        if serde_json::from_str::<Json>(&value.header).is_err() {
            return Err(format!("the header of its output `{port}` is not JSON: {}", value.header));
        }
        if world::is_readable(value) == Some(false) {
            return Err(format!(
                "its output `{port}` is not readable as a `{}` (a number that is not finite becomes null): {}",
                value.kind, value.header
            ));
        }
    }
    for declared in &signature.outputs {
        let count = outputs.iter().filter(|output| output.port.as_str() == declared.name).count();
        if declared.arity == Arity::One && count != 1 {
            return Err(format!("it returns {count} values for its output `{}` instead of one", declared.name));
        }
    }
    Ok(())
}

/// What is compared of a run: headers without the names of the run's own folder, bulk data, and files that a header names.
pub(super) struct Content {
    outputs: Vec<Part>,
}

/// The content of one output.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Part {
    port: String,
    header: String,
    bytes: Vec<u8>,
    files: Vec<Vec<u8>>,
}

impl Content {
    /// Reads the outputs of a run in this folder.
    pub(super) fn of(outputs: &[RawOutput], folder: &Path) -> Self {
        let folder_text = folder.to_string_lossy();
        let read = |output: &RawOutput| {
            let header = output.value.header.as_str();
            let mut files = Vec::new();
            if header.contains(&*folder_text) {
                files_of(&serde_json::from_str(header).unwrap_or_default(), folder, &mut files);
            }
            Part {
                port: output.port.to_string(),
                header: header.replace(&*folder_text, "RUN"),
                bytes: output.value.blob.as_slice().to_vec(),
                files,
            }
        };
        let mut outputs: Vec<_> = outputs.iter().map(read).collect();
        outputs.sort();
        Self { outputs }
    }

    /// The first thing that is not the same.
    pub(super) fn difference(&self, other: &Self) -> Option<String> {
        self.outputs.iter().zip(&other.outputs).find_map(|(one, two)| {
            let port = &one.port;
            if one.header != two.header {
                return Some(format!("`{port}` is {} and then {}", shortened(&one.header), shortened(&two.header)));
            }
            if one.bytes != two.bytes {
                let place = one.bytes.iter().zip(&two.bytes).position(|(a, b)| a != b);
                let place = place.unwrap_or(one.bytes.len().min(two.bytes.len()));
                return Some(format!("the bulk data of `{port}` differ from byte {place} on"));
            }
            (one.files != two.files).then(|| format!("a file of `{port}` has other content"))
        })
    }
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= 200 { text.to_owned() } else { text.chars().take(200).chain(['…']).collect() }
}

/// Contents of all files below `folder` that are named somewhere in a header.
fn files_of(header: &Json, folder: &Path, files: &mut Vec<Vec<u8>>) {
    match header {
        Json::String(text) if Path::new(text).starts_with(folder) => {
            files.push(std::fs::read(text).unwrap_or_default())
        }
        Json::Array(items) => items.iter().for_each(|item| files_of(item, folder, files)),
        Json::Object(fields) => fields.values().for_each(|field| files_of(field, folder, files)),
        _ => {}
    }
}

/// Whether `found` has everything that `wanted` has. Numbers may be off by `tolerance`; further fields of objects do not matter.
pub(super) fn matches(wanted: &Json, found: &Json, tolerance: f64) -> bool {
    match (wanted, found) {
        (Json::Object(wanted), Json::Object(found)) => {
            wanted.iter().all(|(name, wanted)| found.get(name).is_some_and(|found| matches(wanted, found, tolerance)))
        }
        (Json::Array(wanted), Json::Array(found)) => {
            wanted.len() == found.len()
                && wanted.iter().zip(found).all(|(wanted, found)| matches(wanted, found, tolerance))
        }
        (Json::Number(wanted), Json::Number(number)) => match (wanted.as_f64(), number.as_f64()) {
            (Some(one), Some(other)) => (one - other).abs() <= tolerance || wanted == number,
            _ => wanted == number,
        },
        _ => wanted == found,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn expectations_are_parts_of_what_is_found() {
        let found = json!({ "delay_ms": 12.5, "windows": [1, 2], "label": "mode" });
        assert!(matches(&json!({ "delay_ms": 12.4, "windows": [1, 2] }), &found, 0.2));
        assert!(!matches(&json!({ "delay_ms": 12.4 }), &found, 0.05));
        assert!(!matches(&json!({ "windows": [1] }), &found, 0.0));
        assert!(!matches(&json!({ "source": null }), &found, 0.0));
    }
}
