//! Reads the results of the reference program that tests compare with: from the folder that `VSG_GOLDEN` names, or from the project's own
//! copy in `tests/data/golden`.
//!
//! Everything here panics, with what was expected and where, if a document is not as it should be: so a test fails.

use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// A file of the set, such as `analysis/config.json`.
#[must_use]
pub fn path(name: &str) -> PathBuf {
    let own = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/golden");
    std::env::var_os("VSG_GOLDEN").map_or_else(own, PathBuf::from).join(name)
}

/// The bytes of a file of the set.
#[must_use]
pub fn bytes(name: &str) -> Vec<u8> {
    let path = path(name);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A JSON document of the set.
#[must_use]
pub fn json(name: &str) -> Value {
    serde_json::from_slice(&bytes(name)).unwrap_or_else(|error| panic!("{}: {error}", path(name).display()))
}

/// The values of a list.
#[must_use]
pub fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap_or_else(|| panic!("no list: {value}"))
}

/// A text.
#[must_use]
pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}

/// A number, which may also be written as the text `NaN` or `Infinity`.
#[must_use]
pub fn number(value: &Value) -> f64 {
    let number = value.as_f64().or_else(|| value.as_str()?.parse().ok());
    number.unwrap_or_else(|| panic!("no number: {value}"))
}

/// A list of numbers.
#[must_use]
pub fn numbers(value: &Value) -> Vec<f64> {
    list(value).iter().map(number).collect()
}

/// A number of things.
#[must_use]
pub fn count(value: &Value) -> usize {
    let count = value.as_u64().and_then(|count| usize::try_from(count).ok());
    count.unwrap_or_else(|| panic!("no count: {value}"))
}

/// A list of texts.
#[must_use]
pub fn lines(value: &Value) -> Vec<String> {
    list(value).iter().map(|line| text(line).to_owned()).collect()
}
