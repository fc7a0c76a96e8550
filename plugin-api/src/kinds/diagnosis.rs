//! What kind of shift the measured windows of a target show.

use crate::json_kind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the windows of one target show.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Diagnosis {
    /// The target.
    pub source: String,
    /// What they show.
    pub kind: DiagnosisKind,
    /// One sentence for people: what was found, and by what.
    #[serde(default)]
    pub reason: String,
    /// How much the delay grows (ms for each second of the reference); 0 without drift.
    #[serde(default)]
    pub rate_ms_per_s: f64,
    /// Half of the range around the rate that holds the true one in 95 % of all cases (ms/s).
    #[serde(default)]
    pub rate_error_ms_per_s: f64,
    /// Stretches of the reference between cuts, in order of time: one unless the target steps, none without data.
    #[serde(default)]
    pub segments: Vec<Segment>,
    /// Clusters of windows by delay, as the reference program numbers them; empty unless they were looked for.
    #[serde(default)]
    pub clusters: Vec<Cluster>,
    /// `full`, `filtered` or `strict`: which clusters a correction may use; empty unless the target steps.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub correction_mode: String,
    /// What a correction does where a cluster was filtered out; empty unless `correction_mode` is `filtered`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub fallback_mode: String,
}
json_kind!(Diagnosis, "diagnosis/1");

/// What the windows of a target show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DiagnosisKind {
    /// One delay for the whole file.
    Uniform,
    /// Delays that jump: the target is cut differently.
    Stepping,
    /// The target runs at PAL speed.
    PalDrift,
    /// The delay grows or shrinks steadily.
    LinearDrift,
    /// Too few windows to tell.
    #[default]
    InsufficientData,
}

/// A stretch of the reference in which the target has one delay, or one line of delays.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Segment {
    /// Start (s of the reference): 0, or the cut that begins it.
    pub start_s: f64,
    /// End (s of the reference): the cut that ends it, or the end of the reference.
    pub end_s: f64,
    /// How far the cut at its start may lie from there (s).
    pub start_error_s: f64,
    /// Delay that the stretch would have at the start of the reference (ms): what drift adds on the way there is taken out.
    pub delay_ms: f64,
    /// Half of the range around the delay that holds the true one in 95 % of all cases (ms).
    pub error_ms: f64,
    /// Accepted windows that say so.
    pub windows: usize,
}

/// Windows with nearly equal delays, whenever they are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Cluster {
    /// Number that the clustering gave, from 0.
    pub label: usize,
    /// Mean delay (ms).
    pub mean_delay_ms: f64,
    /// Standard deviation of the delays (ms).
    pub std_delay_ms: f64,
    /// Positions of its windows among the accepted ones, from 0, ascending.
    pub members: Vec<usize>,
    /// Start of its first and of its last window (s).
    pub time_range_s: (f64, f64),
    /// Mean match of its windows (%).
    pub mean_match_pct: f64,
    /// Least match of its windows (%).
    pub min_match_pct: f64,
    /// Whether it passed all checks.
    pub is_valid: bool,
}
