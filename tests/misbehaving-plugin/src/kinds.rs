//! Kinds that no other plugin knows.

use serde::{Deserialize, Serialize};
use vsg_plugin_api::prelude::*;

/// A number.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Number {
    pub(crate) value: u64,
}
json_kind!(Number, "misbehaving.number/1");

/// A text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Text {
    pub(crate) text: String,
}
json_kind!(Text, "misbehaving.text/1");

/// Bytes in a blob; the header only says how many.
#[derive(Debug, Clone)]
pub(crate) struct Bytes {
    pub(crate) blob: Blob,
}

impl Data for Bytes {
    const KIND: &'static str = "misbehaving.bytes/1";

    fn from_value(value: &Value) -> Result<Self> {
        Ok(Self { blob: value.blob.clone() })
    }

    fn into_value(self) -> Result<Value> {
        let header = serde_json::json!({ "length": self.blob.as_slice().len() });
        Ok(Value { blob: self.blob, ..Value::from_header(Self::KIND, &header)? })
    }
}
