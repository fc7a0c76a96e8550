//! Where the golden data is, and how a made-up track is read.
#![allow(dead_code, reason = "each test file uses a part of this")]

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use vsg_matroska_info::{Media, Probe, Stream, Track};

/// A file of the folder that `VSG_GOLDEN` names, or of the project's own copy.
pub(crate) fn path(name: &str) -> PathBuf {
    let project = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/golden");
    std::env::var_os("VSG_GOLDEN").map_or_else(project, PathBuf::from).join(name)
}

pub(crate) fn read(name: &str) -> Vec<u8> {
    let path = path(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

pub(crate) fn json(name: &str) -> Value {
    serde_json::from_slice(&read(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

pub(crate) fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap_or_else(|| panic!("no list: {value}"))
}

pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}

/// A document that is given in full, or named.
pub(crate) fn media(document: &Value) -> Media {
    let bytes = match document {
        Value::String(name) => read(&format!("mux/{name}")),
        _ => document.to_string().into_bytes(),
    };
    Media::from_json(&bytes).unwrap()
}

pub(crate) fn track(mut track: Value) -> Track {
    track["id"] = json!(0);
    media(&json!({ "tracks": [track] })).tracks.remove(0)
}

pub(crate) fn stream(stream: &Value) -> Option<Stream> {
    let answer = json!({ "streams": [stream] }).to_string();
    stream.is_object().then(|| Probe::from_json(answer.as_bytes()).unwrap().streams.remove(0))
}
