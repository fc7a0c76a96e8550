//! What golden tests of this crate read of a set beside JSON: sound, and settings of cases.
#![allow(dead_code, reason = "every test binary uses its own part of this module")]
#![allow(clippy::expect_used, reason = "clippy exempts test functions only, not what they call")]

use std::process::Command;

use golden_reader::{count, list, number, numbers, text};
use serde_json::Value;

/// An audio file of the set as mono f32 at `rate_hz`.
pub(crate) fn audio(name: &str, rate_hz: f64) -> Vec<f32> {
    let path = golden_reader::path(&format!("analysis/{name}"));
    let out = Command::new("ffmpeg")
        .args(["-nostdin", "-v", "error", "-i"])
        .arg(&path)
        .args(["-f", "f32le", "-ac", "1", "-ar", &format!("{rate_hz}"), "-"])
        .output()
        .expect("ffmpeg runs");
    assert!(out.status.success(), "{}: {}", path.display(), String::from_utf8_lossy(&out.stderr));
    out.stdout.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect()
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
