//! What a correlation method measured, window by window.

use crate::json_kind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The measurements of one target against the reference.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Correlation {
    /// The target.
    pub source: String,
    /// Track of the target that was measured (id in mkvmerge).
    pub track_id: u64,
    /// Track of the reference that was measured (id in mkvmerge).
    pub reference_track_id: u64,
    /// Method that measured: the name of its stage within the plugin, such as `phat`.
    pub method: String,
    /// Presentation time of the first decoded sample of the target (ms), as in audio.
    pub start_ms: f64,
    /// Presentation time of the first decoded sample of the reference (ms).
    pub reference_start_ms: f64,
    /// Length of the reference (s).
    pub reference_duration_s: f64,
    /// Windows that the plan asked for; those past the end of either file were not measured.
    pub planned: usize,
    /// Least match that was accepted (%).
    pub min_match_pct: f64,
    /// Windows that were measured, in order of time.
    pub windows: Vec<Window>,
}
json_kind!(Correlation, "correlation/1");

/// One measured window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Window {
    /// Position in the plan, from 1.
    pub number: usize,
    /// Start in the reference (s).
    pub start_s: f64,
    /// Delay, unrounded (ms).
    pub delay_ms: f64,
    /// How well the window matches, on the method's own scale (%).
    pub match_pct: f64,
    /// Highest peak against the second highest, if the method tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peak_ratio: Option<f64>,
    /// Delay of the second highest peak (ms), if the method tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runner_up_ms: Option<f64>,
    /// Whether the window counts.
    pub accepted: bool,
    /// Why it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejected_because: Option<String>,
}

impl Window {
    /// The delay in whole milliseconds, half to even.
    #[must_use]
    pub fn rounded_ms(&self) -> i64 {
        self.delay_ms.round_ties_even() as i64
    }
}
