//! What a comparison understands of measured values: the only place of the reports that knows fields of kinds of media.
//!
//! `correlation/1`: `windows`, each with `start_s`, `delay_ms` and `accepted`. `delay/1`: `raw_ms`. They are read by name
//! from the JSON header, so that any plugin's values of these kinds can be compared; whatever else there is, and every other
//! kind, is shown as it is.

use super::Window;
use serde_json::Value;

/// Kinds that are measured when nobody says what.
pub const KINDS: [&str; 2] = ["correlation/1", "delay/1"];

/// What was read of the values of one variant and target.
#[derive(Debug, Default)]
pub(super) struct Reading {
    /// Windows of the first `correlation/1`.
    pub(super) windows: Option<Vec<Window>>,
    /// Delay of the first `delay/1` (ms), if one is measured at all; within, none if there is none: a delay that was refused
    /// must not be taken from the windows instead.
    pub(super) selected_ms: Option<Option<f64>>,
}

impl Reading {
    /// Takes from a value what is not there yet; there is no header when its stage failed.
    pub(super) fn take(&mut self, kind: &str, header: Option<&Value>) {
        match kind {
            "correlation/1" if self.windows.is_none() => self.windows = header.and_then(windows),
            "delay/1" if self.selected_ms.is_none() => {
                self.selected_ms = Some(header.and_then(|header| finite(&header["raw_ms"])));
            }
            _ => {}
        }
    }
}

/// The windows that can be read; none at all without a list of them.
fn windows(header: &Value) -> Option<Vec<Window>> {
    let window = |window: &Value| {
        Some(Window {
            start_s: finite(&window["start_s"])?,
            delay_ms: finite(&window["delay_ms"])?,
            accepted: window["accepted"].as_bool()?,
        })
    };
    Some(header["windows"].as_array()?.iter().filter_map(window).collect())
}

fn finite(value: &Value) -> Option<f64> {
    value.as_f64().filter(|number| number.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use vsg_plugin_api::{
        Data,
        kinds::{Correlation, Delay},
    };

    #[test]
    fn the_kinds_of_the_first_party_plugins_are_understood() {
        let window = json!({ "number": 1, "start_s": 2.5, "delay_ms": -3.25, "match_pct": 90.0, "accepted": true });
        let correlation: Correlation = serde_json::from_value(json!({
            "source": "Source 2", "track_id": 1, "reference_track_id": 1, "method": "phat", "start_ms": 0.0,
            "reference_start_ms": 0.0, "reference_duration_s": 60.0, "planned": 1, "min_match_pct": 5.0, "windows": [window],
        }))
        .unwrap();
        let delay: Delay = serde_json::from_value(json!({
            "source": "Source 2", "rounded_ms": -3, "raw_ms": -3.25, "label": "", "accepted": 1, "measured": 1,
            "start_ms": 0.0, "reference_start_ms": 0.0, "reference_track_id": 1,
        }))
        .unwrap();
        let mut reading = Reading::default();
        for value in [correlation.into_value().unwrap(), delay.into_value().unwrap()] {
            assert!(KINDS.contains(&value.kind.as_str()));
            reading.take(&value.kind, Some(&value.header));
        }
        assert_eq!(reading.windows, Some(vec![Window { start_s: 2.5, delay_ms: -3.25, accepted: true }]));
        assert_eq!(reading.selected_ms, Some(Some(-3.25)));
    }

    #[test]
    fn a_window_that_can_not_be_read_leaves_the_others() {
        let mut reading = Reading::default();
        let window = |start_s: Value| json!({ "start_s": start_s, "delay_ms": 1.5, "accepted": false });
        let windows = [window(json!(1)), window(json!("2")), json!(null), window(json!(3))];
        reading.take("correlation/1", Some(&json!({ "windows": windows })));
        let starts_s: Vec<f64> = reading.windows.unwrap().iter().map(|window| window.start_s).collect();
        assert_eq!(starts_s, [1.0, 3.0]);
    }

    #[test]
    fn what_is_not_as_expected_is_not_read() {
        let mut reading = Reading::default();
        reading.take("correlation/1", Some(&json!({ "windows": "none" })));
        reading.take("acme.sceneprint/1", Some(&json!({ "raw_ms": 3.0 })));
        assert!(reading.windows.is_none() && reading.selected_ms.is_none());
        reading.take("delay/1", Some(&json!({ "raw_ms": null })));
        assert_eq!(reading.selected_ms, Some(None), "it was to be measured, and is not there");
    }
}
