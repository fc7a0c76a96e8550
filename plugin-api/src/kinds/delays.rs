//! The delay of one target, and the delays of the whole job.

use crate::json_kind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The delay that was selected for one target, between decoded signals: without container delays and global shift.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Delay {
    /// The target.
    pub source: String,
    /// Whole milliseconds.
    pub rounded_ms: i64,
    /// Unrounded (ms).
    pub raw_ms: f64,
    /// How it was selected.
    pub label: String,
    /// Windows that were accepted.
    pub accepted: usize,
    /// Windows that were measured.
    pub measured: usize,
    /// Presentation time of the first decoded sample of the target (ms).
    pub start_ms: f64,
    /// Presentation time of the first decoded sample of the reference (ms).
    pub reference_start_ms: f64,
    /// Track of the reference that was measured (id in mkvmerge).
    pub reference_track_id: u64,
    /// Half of the range around `raw_ms` that holds the true delay in 95 % of all cases (ms).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_ms: Option<f64>,
    /// How far it can be trusted.
    #[serde(default)]
    pub verdict: Verdict,
    /// The best other answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runner_up: Option<RunnerUp>,
    /// What one delay does not put right, if something is known: steps or drift.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uncorrected: Option<String>,
    /// Why this delay and this verdict.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explanation: Option<Explanation>,
}
json_kind!(Delay, "delay/1");

/// What the windows of a target said, and what became of it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Explanation {
    /// Why the verdict is what it is.
    pub because: String,
    /// What accepted windows say: the selected delay first, then others that at least two windows agree on.
    pub votes: Vec<Vote>,
    /// Accepted windows that nobody agrees with.
    pub alone: usize,
    /// Windows that did not count.
    pub rejected: Vec<Rejection>,
}

/// A delay that windows agree on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Vote {
    /// The delay (ms); what drift adds until a window is taken out.
    pub delay_ms: f64,
    /// Windows that agree on it.
    pub windows: usize,
    /// Start of the first of them (s).
    pub first_s: f64,
    /// Start of the last of them (s).
    pub last_s: f64,
}

/// Windows that did not count, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Rejection {
    /// Why; the figures are those of the first window.
    pub because: String,
    /// Numbers of the windows.
    pub windows: Vec<usize>,
}

/// How far a measured delay can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// No delay could be told.
    Refused,
    /// Another delay has as much to say for itself, or nearly so.
    Ambiguous,
    /// Enough windows agree.
    #[default]
    Likely,
    /// Windows from the whole file agree, and nothing speaks for another delay.
    Certain,
}

/// The best answer that was not given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunnerUp {
    /// Its delay (ms).
    pub delay_ms: f64,
    /// Windows that agree on it.
    pub windows: usize,
    /// How far it is from the selected one (ms).
    pub distance_ms: f64,
}

/// The delays of the job. All maps are keyed by source; those of one file only are empty.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Delays {
    /// Whole milliseconds to add to a track that starts at its first sample; container delay of the reference's audio and
    /// global shift included.
    pub source_delays_ms: BTreeMap<String, i64>,
    /// The same, unrounded.
    pub raw_source_delays_ms: BTreeMap<String, f64>,
    /// Added to everything so that no audio has to start before 0 (ms).
    pub global_shift_ms: i64,
    /// The same, unrounded.
    pub raw_global_shift_ms: f64,
    /// What to add to all timestamps of a source's own file (ms) so that it lines up with the reference, global shift included:
    /// for tracks that go from file to file without being extracted.
    pub file_shift_ms: BTreeMap<String, f64>,
    /// Whether all tracks were extracted into files that start at their first sample, as the reference program does. Otherwise they
    /// have the timestamps of their source, in a file of their own, too.
    #[serde(default)]
    pub from_first_sample: bool,
}
json_kind!(Delays, "delays/1");
