//! How documents of the golden data are read.
#![allow(dead_code, reason = "each test file uses a part of this")]

use serde_json::{Value, json};
use vsg_matroska_info::{Media, Probe, Stream, Track};

/// A document that is given in full, or named.
pub(crate) fn media(document: &Value) -> Media {
    let bytes = match document {
        Value::String(name) => golden_reader::bytes(&format!("mux/{name}")),
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
