//! The values that a stage receives and returns, by port name.

use crate::{
    Data, Error, Result, Value,
    abi::{RawInput, RawOutput},
};
use std::collections::BTreeMap;

/// Values that arrived, by input port.
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    ports: BTreeMap<String, Vec<Value>>,
}

impl Inputs {
    /// The value of a port of arity one.
    pub fn one<T: Data>(&self, port: &str) -> Result<T> {
        self.optional(port)?.ok_or_else(|| Error::new(format!("the input `{port}` is not connected")))
    }

    /// The value of a port that may be left out.
    pub fn optional<T: Data>(&self, port: &str) -> Result<Option<T>> {
        match self.values(port) {
            [] => Ok(None),
            [value] => read(port, value).map(Some),
            more => Err(Error::new(format!("the input `{port}` takes one value and got {}", more.len()))),
        }
    }

    /// The values of a port of arity many, in source order.
    pub fn many<T: Data>(&self, port: &str) -> Result<Vec<T>> {
        self.values(port).iter().map(|value| read(port, value)).collect()
    }

    /// The values of a port as they came; empty if it is not connected.
    #[must_use]
    pub fn values(&self, port: &str) -> &[Value] {
        self.ports.get(port).map_or(&[], Vec::as_slice)
    }

    /// Adds a value to a port; for tests and for hosts.
    #[must_use]
    pub fn with(mut self, port: &str, value: Value) -> Self {
        self.ports.entry(port.to_owned()).or_default().push(value);
        self
    }

    pub(crate) fn from_raw(raw: impl IntoIterator<Item = RawInput>) -> Result<Self> {
        let mut ports = BTreeMap::new();
        for input in raw {
            let values = input.values.into_iter().map(Value::from_raw).collect::<Result<_>>()?;
            ports.insert(input.port.into_string(), values);
        }
        Ok(Self { ports })
    }

    /// Packs the values for the boundary.
    #[doc(hidden)]
    #[must_use]
    pub fn into_raw(self) -> Vec<RawInput> {
        self.ports
            .into_iter()
            .map(|(port, values)| RawInput {
                port: port.into(),
                values: values.into_iter().map(Value::into_raw).collect::<Vec<_>>().into(),
            })
            .collect()
    }
}

fn read<T: Data>(port: &str, value: &Value) -> Result<T> {
    if value.kind != T::KIND {
        return Err(Error::new(format!("the input `{port}` is of kind `{}`, not `{}`", value.kind, T::KIND)));
    }
    T::from_value(value).map_err(|error| error.context(format!("input `{port}`")))
}

/// Values that leave, one for each output port.
#[derive(Debug, Default)]
pub struct Outputs {
    ports: Vec<(String, Value)>,
}

impl Outputs {
    /// No outputs yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the value of a port.
    pub fn with(mut self, port: &str, data: impl Data) -> Result<Self> {
        self.ports.push((port.to_owned(), data.into_value()?));
        Ok(self)
    }

    /// Reads back the value of a port; for tests.
    pub fn get<T: Data>(&self, port: &str) -> Result<T> {
        let value = self.ports.iter().find(|(name, _)| name == port).map(|(_, value)| value);
        read(port, value.ok_or_else(|| Error::new(format!("no output `{port}`")))?)
    }

    pub(crate) fn into_raw(self) -> Vec<RawOutput> {
        self.ports.into_iter().map(|(port, value)| RawOutput { port: port.into(), value: value.into_raw() }).collect()
    }
}
