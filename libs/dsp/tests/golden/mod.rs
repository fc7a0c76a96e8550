//! Reading a golden set: the folder named by `VSG_GOLDEN`, else the one in the repository.
#![allow(dead_code, reason = "every test binary uses its own part of this module")]
#![allow(clippy::expect_used, reason = "clippy exempts test functions only, not what they call")]

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

fn file(name: &str) -> PathBuf {
    let root = match std::env::var_os("VSG_GOLDEN") {
        Some(root) => PathBuf::from(root),
        None => PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/golden"),
    };
    root.join("analysis").join(name)
}

/// A JSON file of the set.
pub(crate) fn json(name: &str) -> Value {
    let path = file(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// An audio file of the set as mono f32 at `rate_hz`.
pub(crate) fn audio(name: &str, rate_hz: f64) -> Vec<f32> {
    let path = file(name);
    let out = Command::new("ffmpeg")
        .args(["-nostdin", "-v", "error", "-i"])
        .arg(&path)
        .args(["-f", "f32le", "-ac", "1", "-ar", &format!("{rate_hz}"), "-"])
        .output()
        .expect("ffmpeg runs");
    assert!(out.status.success(), "{}: {}", path.display(), String::from_utf8_lossy(&out.stderr));
    out.stdout.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect()
}

/// A number, which a golden file may also write as the text `NaN` or `Infinity`.
pub(crate) fn number(value: &Value) -> f64 {
    match value {
        Value::String(text) => text.parse().unwrap(),
        other => other.as_f64().unwrap_or_else(|| panic!("not a number: {other}")),
    }
}

pub(crate) fn numbers(value: &Value) -> Vec<f64> {
    list(value).iter().map(number).collect()
}

pub(crate) fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap_or_else(|| panic!("not a list: {value}"))
}

pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("not a text: {value}"))
}

pub(crate) fn count(value: &Value) -> usize {
    value.as_u64().unwrap_or_else(|| panic!("not a count: {value}")) as usize
}

/// Settings of a case: the defaults of the set, changed by what the case says.
pub(crate) struct Settings {
    defaults: Value,
    case: Value,
}

impl Settings {
    pub(crate) fn new(config: &Value, case: &Value) -> Self {
        Self { defaults: config["defaults"].clone(), case: case.clone() }
    }

    pub(crate) fn get(&self, key: &str) -> &Value {
        self.case.get(key).unwrap_or(&self.defaults[key])
    }

    pub(crate) fn scan(&self) -> vsg_dsp::Scan {
        vsg_dsp::Scan {
            windows: count(self.get("scan_chunk_count")),
            window_s: number(self.get("scan_chunk_duration")),
            start_pct: number(self.get("scan_start_percentage")),
            end_pct: number(self.get("scan_end_percentage")),
        }
    }

    /// Coefficients (b, a) of the band-pass, if it is one and `filters` (`filters.json`) has them.
    pub(crate) fn single_recursion(&self, filters: &Value) -> Option<(Vec<f64>, Vec<f64>)> {
        if text(self.get("filtering_method")) != "Dialogue Band-Pass Filter" {
            return None;
        }
        let is_set = |(key, name): (&str, &str), case: &Value| number(&case[key]) == number(self.get(name));
        let keys = [
            ("low_hz", "filter_bandpass_lowcut_hz"),
            ("high_hz", "filter_bandpass_highcut_hz"),
            ("order", "filter_bandpass_order"),
        ];
        let case = list(&filters["bandpass"]).iter().find(|case| keys.into_iter().all(|key| is_set(key, case)))?;
        Some((numbers(&case["b"]), numbers(&case["a"])))
    }

    pub(crate) fn filter(&self, rate_hz: f64) -> Option<vsg_dsp::Filter> {
        match text(self.get("filtering_method")) {
            "Dialogue Band-Pass Filter" => vsg_dsp::band_pass::design(
                number(self.get("filter_bandpass_lowcut_hz")),
                number(self.get("filter_bandpass_highcut_hz")),
                count(self.get("filter_bandpass_order")),
                rate_hz,
            )
            .ok(),
            "Low-Pass Filter" => {
                let taps = count(self.get("filter_lowpass_taps"));
                vsg_dsp::low_pass::design(number(self.get("audio_bandlimit_hz")), taps, rate_hz).ok()
            }
            _ => None,
        }
    }
}
