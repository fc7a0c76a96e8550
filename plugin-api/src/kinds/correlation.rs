//! What a correlation method measured, window by window.

use crate::json_kind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The measurements of one target against the reference.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
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
    /// Length of a window (s).
    #[serde(default)]
    pub window_s: f64,
    /// The part of the sound that was measured, such as `vocals`, if a separation has taken it apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stem: Option<String>,
    /// How finely the method measures (ms), if that is coarser than half a sample.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolution_ms: Option<f64>,
    /// How much the delay was taken to grow (ms for each second of the reference): the target's windows were brought to the
    /// reference's speed before they were measured. Delays are those of the files as they are, whatever it is.
    #[serde(default)]
    pub rate_ms_per_s: f64,
    /// Another delay at which the whole sounds agree as well as where windows were read (ms), if there is one: where music repeats itself,
    /// windows alone can not tell which is right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rival_ms: Option<f64>,
    /// Longest delay that an alignment has looked for, in either direction (s), if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_offset_s: Option<f64>,
    /// Windows that were measured, in order of time.
    pub windows: Vec<Window>,
}
json_kind!(Correlation, "correlation/1");

/// One measured window.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Window {
    /// Position in the plan, from 1.
    pub number: usize,
    /// Start in the reference (s).
    pub start_s: f64,
    /// Delay in the middle of the window, unrounded (ms).
    pub delay_ms: f64,
    /// Half of the range around the delay that holds the true one in 95 % of all cases (ms), if the method tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_ms: Option<f64>,
    /// The delay at which the target's window was read (ms), if it was not read at the clock time of the reference's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_ms: Option<f64>,
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

impl Correlation {
    /// The middle of a window (s of the reference): the time to which its delay belongs.
    #[must_use]
    pub fn middle_s(&self, window: &Window) -> f64 {
        window.start_s + self.window_s / 2.0
    }
}

impl Window {
    /// The delay in whole milliseconds, half to even.
    #[must_use]
    pub fn rounded_ms(&self) -> i64 {
        self.delay_ms.round_ties_even() as i64
    }
}
