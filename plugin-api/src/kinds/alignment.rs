//! Roughly where the sound of a target lies against that of the reference, over the whole file.

use crate::json_kind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where a target lies against the reference, to some hundredths of a second: places the windows that are then measured exactly.
///
/// An event at the time t of the reference (s) is heard in the target at t - d(t), with d(t) = `delay_ms` of the piece that t lies
/// in, plus `rate_ms_per_s()` times t.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Alignment {
    /// The target.
    pub source: String,
    /// How fast the target runs against the reference: 1.0427 for PAL against film.
    pub speed: f64,
    /// Name of that speed, such as `25/23.976`, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speed_name: Option<String>,
    /// Stretches of the reference with one delay each, in order of time. Empty if nothing was found.
    pub pieces: Vec<AlignedPiece>,
    /// How far the found place stands out: height of its correlation in standard deviations of what unrelated sound gives.
    pub significance: f64,
    /// The next best place for the whole file: its delay (ms).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runner_up_ms: Option<f64>,
    /// Height of the next best place on the scale of `significance`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runner_up_significance: Option<f64>,
    /// Whether nothing in the sound speaks against the next best place, as where music repeats itself to the sample.
    #[serde(default)]
    pub ambiguous: bool,
    /// Longest delay at the start of the reference that was looked for, in either direction (s).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_offset_s: Option<f64>,
}
json_kind!(Alignment, "alignment/1");

/// A stretch of the reference in which the target is shifted by one delay.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AlignedPiece {
    /// Start (s of the reference).
    pub start_s: f64,
    /// End (s of the reference).
    pub end_s: f64,
    /// Delay that the stretch would have at the start of the reference (ms): what the speed adds on the way there is taken out.
    pub delay_ms: f64,
}

impl Alignment {
    /// How much the delay grows (ms for each second of the reference).
    #[must_use]
    pub fn rate_ms_per_s(&self) -> f64 {
        1000.0 * (1.0 - 1.0 / self.speed)
    }

    /// The delay at a time of the reference (ms): that of the piece it lies in or that is nearest. `None` if nothing was found.
    #[must_use]
    pub fn delay_ms(&self, at_s: f64) -> Option<f64> {
        let away = |piece: &AlignedPiece| (piece.start_s - at_s).max(at_s - piece.end_s).max(0.0);
        let piece = self.pieces.iter().min_by(|one, other| away(one).total_cmp(&away(other)))?;
        Some(piece.delay_ms + self.rate_ms_per_s() * at_s)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delay_is_that_of_the_nearest_piece_and_grows_with_the_speed() {
        let piece = |start_s, end_s, delay_ms| AlignedPiece { start_s, end_s, delay_ms };
        let alignment = Alignment {
            source: "Source 2".into(),
            speed: 1.25,
            speed_name: None,
            pieces: vec![piece(0.0, 10.0, 100.0), piece(12.0, 20.0, 500.0)],
            significance: 30.0,
            runner_up_ms: None,
            runner_up_significance: None,
            ambiguous: false,
            max_offset_s: None,
        };
        assert!((alignment.rate_ms_per_s() - 200.0).abs() < 1e-9);
        for (at_s, delay_ms) in [(0.0, 100.0), (5.0, 1100.0), (11.5, 2800.0), (30.0, 6500.0)] {
            assert!((alignment.delay_ms(at_s).unwrap() - delay_ms).abs() < 1e-9, "{at_s}");
        }
        assert_eq!(Alignment { pieces: Vec::new(), ..alignment }.delay_ms(1.0), None);
    }
}
