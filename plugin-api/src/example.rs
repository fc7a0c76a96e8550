//! Examples in a signature: settings and inputs that show what a stage does, and run as its tests.

use crate::{Blob, Data, Error, Result, Value};
use serde::{Deserialize, Serialize};

/// One example of a stage: printed by `inspect`, run by the conformance kit.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Example {
    /// What it shows.
    pub name: String,
    /// Parameters that differ from the defaults.
    #[serde(default, skip_serializing_if = "serde_json::Map::is_empty")]
    pub parameters: serde_json::Map<String, serde_json::Value>,
    /// Inputs. For a port that is left out the kit makes a value up, if it knows the kind.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<ExampleValue>,
    /// What comes out. The stage may say more: only the fields that stand here are compared.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outputs: Vec<ExampleValue>,
    /// How far a number of the outputs may be off.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub tolerance: f64,
}

/// A value of an example.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ExampleValue {
    /// Port.
    pub port: String,
    /// Kind.
    pub kind: String,
    /// Header.
    pub header: serde_json::Value,
    /// Bulk data in hexadecimal digits. Signatures are read whenever a plugin is loaded, so this has to be small.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub blob_hex: String,
}

fn is_zero(number: &f64) -> bool {
    *number == 0.0
}

impl Example {
    /// An example with default parameters and made-up inputs.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    /// Sets a parameter.
    #[must_use]
    pub fn with(mut self, parameter: &str, value: impl Into<serde_json::Value>) -> Self {
        self.parameters.insert(parameter.to_owned(), value.into());
        self
    }

    /// Adds a value to an input.
    #[must_use]
    pub fn input(mut self, port: &str, data: impl Data) -> Self {
        self.inputs.push(ExampleValue::new(port, data));
        self
    }

    /// Says what an output is to be.
    #[must_use]
    pub fn output(mut self, port: &str, data: impl Data) -> Self {
        self.outputs.push(ExampleValue::new(port, data));
        self
    }

    /// Says how far numbers of the outputs may be off.
    #[must_use]
    pub fn tolerance(mut self, tolerance: f64) -> Self {
        self.tolerance = tolerance;
        self
    }
}

impl ExampleValue {
    /// Data that can not be written as a value leaves the header null, which no kind reads.
    fn new(port: &str, data: impl Data) -> Self {
        let (port, blank) = (port.to_owned(), Value { kind: String::new(), header: ().into(), blob: Blob::empty() });
        let Value { kind, header, blob } = data.into_value().unwrap_or(blank);
        let blob_hex = blob.as_slice().iter().map(|byte| format!("{byte:02x}")).collect();
        Self { port, kind, header, blob_hex }
    }

    /// The value. Fails if the bulk data are not pairs of hexadecimal digits.
    pub fn value(&self) -> Result<Value> {
        let bytes = self.blob_hex.as_bytes().chunks(2).map(|pair| {
            let are_digits = pair.len() == 2 && pair.iter().all(u8::is_ascii_hexdigit);
            u8::from_str_radix(std::str::from_utf8(pair).ok().filter(|_| are_digits)?, 16).ok()
        });
        let bytes: Vec<u8> = bytes.collect::<Option<_>>().ok_or_else(|| {
            Error::new(format!("the bulk data of the example's value for `{}` are not hexadecimal digits", self.port))
        })?;
        Ok(Value { kind: self.kind.clone(), header: self.header.clone(), blob: Blob::from_bytes(&bytes) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::{Audio, AudioHeader};

    #[test]
    fn bulk_data_of_an_example_come_back_as_they_were() {
        let header = AudioHeader {
            source: "Source 1".into(),
            track_id: 0,
            sample_rate_hz: 8000,
            samples: 2,
            start_ms: 0.0,
            stem: None,
            filters: Vec::new(),
        };
        let audio = Audio::new(header, Blob::from_bytes(&[0, 0, 128, 63, 0, 0, 0, 191])).unwrap();
        let example = Example::new("two samples").with("gain", 2.0).input("audio", audio);
        let text = serde_json::to_string(&example).unwrap();
        let back: Example = serde_json::from_str(&text).unwrap();
        assert_eq!(back, example);
        let audio = Audio::from_value(&back.inputs[0].value().unwrap()).unwrap();
        assert_eq!(audio.samples(0..2).unwrap(), [1.0, -0.5]);
        for blob_hex in ["0", "0g", "+1", "ä"] {
            assert!(
                ExampleValue { blob_hex: blob_hex.into(), ..back.inputs[0].clone() }.value().is_err(),
                "{blob_hex}"
            );
        }
    }
}
