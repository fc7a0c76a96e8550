//! Parameters of a stage: one struct is parsing, default, validation, help text and documentation.

use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};

/// A parameter struct. [`params!`](crate::params) writes one; deriving the four traits by hand is as good.
pub trait Params: Serialize + DeserializeOwned + JsonSchema + Default + Send + Sync + 'static {}

impl<T: Serialize + DeserializeOwned + JsonSchema + Default + Send + Sync + 'static> Params for T {}

/// Declares a parameter struct with its defaults.
///
/// The doc comment of a field is its help text; `#[schemars(range(min = …, max = …))]` is checked before anything
/// runs. Unknown names in a pipeline are an error with the nearest known one.
///
/// ```
/// use vsg_plugin_api::params;
/// params! {
///     /// Settings of `acme/nudge`.
///     pub struct Nudge {
///         /// Extra shift (ms).
///         extra_ms: f64 = 0.0,
///     }
/// }
/// assert_eq!(Nudge::default().extra_ms, 0.0);
/// ```
#[macro_export]
macro_rules! params {
    (
        $(#[$attribute:meta])*
        $visibility:vis struct $name:ident {
            $( $(#[$field_attribute:meta])* $field:ident : $type:ty = $default:expr ),* $(,)?
        }
    ) => {
        $(#[$attribute])*
        #[derive($crate::__private::serde::Serialize, $crate::__private::serde::Deserialize, $crate::__private::schemars::JsonSchema)]
        #[serde(crate = "vsg_plugin_api::__private::serde", default, deny_unknown_fields)]
        #[schemars(crate = "vsg_plugin_api::__private::schemars")]
        $visibility struct $name {
            $( $(#[$field_attribute])* pub $field : $type, )*
        }

        impl ::std::default::Default for $name {
            fn default() -> Self {
                Self { $( $field : $default, )* }
            }
        }
    };
}

/// Declares an enumeration that is a parameter's type: its variants are written in kebab-case in a pipeline.
#[macro_export]
macro_rules! choice {
    (
        $(#[$attribute:meta])*
        $visibility:vis enum $name:ident { $( $(#[$variant_attribute:meta])* $variant:ident ),* $(,)? }
    ) => {
        $(#[$attribute])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq,
            $crate::__private::serde::Serialize, $crate::__private::serde::Deserialize, $crate::__private::schemars::JsonSchema)]
        #[serde(crate = "vsg_plugin_api::__private::serde", rename_all = "kebab-case")]
        #[schemars(crate = "vsg_plugin_api::__private::schemars")]
        $visibility enum $name { $( $(#[$variant_attribute])* $variant, )* }
    };
}

/// The JSON schema of a parameter struct.
pub(crate) fn schema<P: Params>() -> serde_json::Value {
    schemars::generate::SchemaSettings::draft2020_12()
        .with(|settings| settings.inline_subschemas = true)
        .into_generator()
        .into_root_schema_for::<P>()
        .to_value()
}

/// How the message of an error begins that is about parameters.
pub(crate) const WRONG_PARAMETERS: &str = "wrong parameters";

/// Reads parameters from JSON; missing ones take their default.
pub(crate) fn parse<P: Params>(json: serde_json::Value) -> crate::Result<P> {
    // A list would be taken for the fields in their order.
    if !json.is_object() {
        return Err(crate::Error::new(format!("{WRONG_PARAMETERS}: they have to be an object, not {json}")));
    }
    serde_json::from_value(json).map_err(|error| crate::Error::new(format!("{WRONG_PARAMETERS}: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    params! {
        /// Settings.
        struct Example {
            /// Width of a window (s).
            #[schemars(range(min = 1.0, max = 120.0))]
            window_s: f64 = 15.0,
            /// Language.
            language: Option<String> = None,
        }
    }

    #[test]
    fn the_schema_carries_help_default_and_range() {
        let schema = schema::<Example>();
        let window = &schema["properties"]["window_s"];
        assert_eq!(window["description"], "Width of a window (s).");
        assert_eq!(window["default"], 15.0);
        assert_eq!(window["minimum"], 1.0);
    }

    #[test]
    fn missing_parameters_take_their_default_and_unknown_ones_are_refused() {
        assert_eq!(parse::<Example>(serde_json::json!({})).unwrap().window_s, 15.0);
        assert!(parse::<Example>(serde_json::json!({"windw_s": 1.0})).is_err());
    }
}
