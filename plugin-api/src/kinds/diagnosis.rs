//! What kind of shift the measured windows of a target show.

use crate::json_kind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the windows of one target show.
///
/// The delay at the time t of the reference is that of the segment plus `rate_ms_per_s` times t. A target that drifts and is cut, too, is
/// `stepping` with a rate: what corrects it has to look at both.
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
    /// Speed of the target against the reference that makes just this rate, such as `25/23.976`, if it is a known one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speed_name: Option<String>,
    /// Stretches of the reference between cuts, in order of time: one unless the target steps, none without data or if the
    /// reference program's way was asked for.
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

impl Diagnosis {
    /// Whether one delay can not put the target in sync.
    #[must_use]
    pub fn is_uneven(&self) -> bool {
        matches!(self.kind, DiagnosisKind::Stepping | DiagnosisKind::PalDrift | DiagnosisKind::LinearDrift)
    }

    /// The segment that a time of the reference (s) lies in or that is nearest; `None` without segments.
    #[must_use]
    pub fn segment_at(&self, at_s: f64) -> Option<&Segment> {
        let away = |segment: &Segment| (segment.start_s - at_s).max(at_s - segment.end_s).max(0.0);
        self.segments.iter().min_by(|one, other| away(one).total_cmp(&away(other)))
    }

    /// The delay at a time of the reference (ms); `None` without segments.
    #[must_use]
    pub fn delay_ms(&self, at_s: f64) -> Option<f64> {
        Some(self.segment_at(at_s)?.delay_ms + self.rate_ms_per_s * at_s)
    }
}

/// What the windows of a target show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DiagnosisKind {
    /// One delay for the whole file.
    Uniform,
    /// Delays that jump: the target is cut differently. It may drift, too.
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
    /// End (s of the reference): the cut that ends it, or the end of the reference. Between there and the start of the next segment lies
    /// what the target lacks.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delay_is_that_of_the_nearest_segment_and_grows_with_the_rate() {
        let segment = |start_s, end_s, delay_ms| Segment {
            start_s,
            end_s,
            start_error_s: 0.0,
            delay_ms,
            error_ms: 0.1,
            windows: 3,
        };
        let diagnosis = Diagnosis {
            rate_ms_per_s: 2.0,
            segments: vec![segment(0.0, 10.0, 100.0), segment(12.0, 20.0, 500.0)],
            ..Diagnosis::default()
        };
        for (at_s, delay_ms) in [(0.0, 100.0), (10.5, 121.0), (11.5, 523.0), (30.0, 560.0)] {
            assert_eq!(diagnosis.delay_ms(at_s), Some(delay_ms));
        }
        assert_eq!(Diagnosis::default().delay_ms(1.0), None);
    }
}
