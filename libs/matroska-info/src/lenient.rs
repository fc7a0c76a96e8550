//! Reads JSON fields that may be missing, null, text instead of a number, or something else altogether.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A type that can be read from a JSON value of several forms, or not at all.
pub(crate) trait Lenient: Sized {
    /// The value, or none if `value` does not say one.
    fn read(value: &Value) -> Option<Self>;
}

/// For `#[serde(default, deserialize_with = "lenient")]`: whatever cannot be read is none.
pub(crate) fn lenient<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Lenient,
{
    Ok(T::read(&Value::deserialize(deserializer)?))
}

/// For a field with parts of its own: whatever is not of its shape counts as absent.
pub(crate) fn lenient_part<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + serde::de::DeserializeOwned,
{
    Ok(serde_json::from_value(Value::deserialize(deserializer)?).unwrap_or_default())
}

/// For a list: elements of the wrong shape are left out, and anything but a list is empty.
pub(crate) fn lenient_list<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: serde::de::DeserializeOwned,
{
    match Value::deserialize(deserializer)? {
        Value::Array(elements) => Ok(elements.into_iter().flat_map(serde_json::from_value).collect()),
        _ => Ok(Vec::new()),
    }
}

impl Lenient for f64 {
    fn read(value: &Value) -> Option<f64> {
        let number = match value {
            Value::Number(number) => number.as_f64()?,
            Value::String(text) => text.trim().parse().ok()?,
            _ => return None,
        };
        number.is_finite().then_some(number)
    }
}

/// Whole numbers; a fraction is cut off, as in `24.9` -> 24.
impl Lenient for i128 {
    fn read(value: &Value) -> Option<i128> {
        let whole = match value {
            Value::Number(number) => number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from)),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        // Every finite f64 cut to i128 keeps its value or stops at the limits, which no field can hold.
        whole.or_else(|| f64::read(value).map(|number| number as i128))
    }
}

impl Lenient for i64 {
    fn read(value: &Value) -> Option<i64> {
        i128::read(value)?.try_into().ok()
    }
}

impl Lenient for u64 {
    fn read(value: &Value) -> Option<u64> {
        i128::read(value)?.try_into().ok()
    }
}

impl Lenient for u32 {
    fn read(value: &Value) -> Option<u32> {
        i128::read(value)?.try_into().ok()
    }
}

impl Lenient for bool {
    fn read(value: &Value) -> Option<bool> {
        match value {
            Value::Bool(yes) => Some(*yes),
            Value::String(text) if text == "true" => Some(true),
            Value::String(text) if text == "false" => Some(false),
            other => Some(i128::read(other)? != 0),
        }
    }
}

impl Lenient for String {
    fn read(value: &Value) -> Option<String> {
        match value {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_come_in_many_forms() {
        assert_eq!(u32::read(&json!(48000)), Some(48000));
        assert_eq!(u32::read(&json!("48000")), Some(48000));
        assert_eq!(u32::read(&json!("24.9")), Some(24));
        assert_eq!(i64::read(&json!(-1.5e3)), Some(-1500));
        assert_eq!(u64::read(&json!(u64::MAX)), Some(u64::MAX));
        assert_eq!(f64::read(&json!(" 0.237000 ")), Some(0.237));
    }

    #[test]
    fn what_is_no_number_is_none() {
        for value in [json!("N/A"), json!("NaN"), json!("inf"), json!(""), json!(null), json!([1]), json!({})] {
            assert_eq!(f64::read(&value), None, "{value}");
            assert_eq!(i64::read(&value), None, "{value}");
        }
        assert_eq!(u32::read(&json!(-1)), None);
        assert_eq!(u32::read(&json!(1e300)), None);
    }
}
