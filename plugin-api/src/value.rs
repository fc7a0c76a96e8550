//! A value: what flows along an edge of the graph, and how domain types turn into values and back.

use crate::{
    abi::{Blob, RawValue},
    error::{Error, Result},
};

/// One self-describing value: a kind, a JSON header, one blob of bytes.
#[derive(Debug, Clone)]
pub struct Value {
    /// Versioned type, such as `audio/1`. Another meaning of the header or the blob is another kind.
    pub kind: String,
    /// Everything but bulk data.
    pub header: serde_json::Value,
    /// Bulk data; empty for most kinds.
    pub blob: Blob,
}

impl Value {
    /// A value without bulk data. Fails if `header` can not be written as JSON.
    pub fn from_header(kind: &str, header: &impl serde::Serialize) -> Result<Self> {
        let header = serde_json::to_value(header)
            .map_err(|error| Error::new(format!("a value of kind `{kind}` can not be written as JSON: {error}")))?;
        Ok(Self { kind: kind.to_owned(), header, blob: Blob::empty() })
    }

    /// Reads the header as a domain type. Fails if a field is missing or has another type.
    pub fn read_header<T: serde::de::DeserializeOwned>(&self) -> Result<T> {
        T::deserialize(&self.header)
            .map_err(|error| Error::new(format!("a value of kind `{}` has an unexpected header: {error}", self.kind)))
    }

    /// Packs the value for the boundary.
    #[doc(hidden)]
    #[must_use]
    pub fn into_raw(self) -> RawValue {
        RawValue { kind: self.kind.into(), header: self.header.to_string().into(), blob: self.blob }
    }

    /// Unpacks a value from the boundary. Fails if the header is not JSON.
    #[doc(hidden)]
    pub fn from_raw(raw: RawValue) -> Result<Self> {
        let header = serde_json::from_str(&raw.header).map_err(|error| {
            Error::new(format!("the header of a value of kind `{}` is not JSON: {error}", raw.kind))
        })?;
        Ok(Self { kind: raw.kind.into(), header, blob: raw.blob })
    }
}

/// A domain type that travels as a [`Value`] of one kind.
pub trait Data: Sized {
    /// The kind, with its version: `acme.sceneprint/1`.
    const KIND: &'static str;

    /// Reads a value of this kind.
    fn from_value(value: &Value) -> Result<Self>;

    /// Writes a value of this kind.
    fn into_value(self) -> Result<Value>;
}

/// Implements [`Data`] for a serde type that needs no bulk data: `json_kind!(Delay, "delay/1")`.
#[macro_export]
macro_rules! json_kind {
    ($type:ty, $kind:literal) => {
        impl $crate::Data for $type {
            const KIND: &'static str = $kind;
            fn from_value(value: &$crate::Value) -> $crate::Result<Self> {
                value.read_header()
            }
            fn into_value(self) -> $crate::Result<$crate::Value> {
                $crate::Value::from_header(Self::KIND, &self)
            }
        }
    };
}

/// Implements [`Data`] for a type of a `header` and a `blob` that `new(header, blob)` puts together.
macro_rules! bulk_kind {
    ($type:ty, $kind:literal) => {
        impl $crate::Data for $type {
            const KIND: &'static str = $kind;
            fn from_value(value: &$crate::Value) -> $crate::Result<Self> {
                Self::new(value.read_header()?, value.blob.clone())
            }
            fn into_value(self) -> $crate::Result<$crate::Value> {
                Ok($crate::Value { blob: self.blob, ..$crate::Value::from_header(Self::KIND, &self.header)? })
            }
        }
    };
}
pub(crate) use bulk_kind;

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    struct Sceneprint {
        cuts_s: Vec<f64>,
    }
    json_kind!(Sceneprint, "acme.sceneprint/1");

    #[test]
    fn a_json_kind_survives_the_boundary() {
        let value = Sceneprint { cuts_s: vec![1.5, 2.25] }.into_value().unwrap();
        let back = Value::from_raw(value.into_raw()).unwrap();
        assert_eq!(back.kind, "acme.sceneprint/1");
        assert_eq!(Sceneprint::from_value(&back).unwrap(), Sceneprint { cuts_s: vec![1.5, 2.25] });
    }

    #[test]
    fn a_header_of_another_shape_is_an_error_that_names_the_kind() {
        let value = Value::from_header("acme.sceneprint/1", &"text").unwrap();
        assert!(Sceneprint::from_value(&value).unwrap_err().message().contains("acme.sceneprint/1"));
    }
}
