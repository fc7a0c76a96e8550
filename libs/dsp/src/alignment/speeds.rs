//! How fast a target runs against its reference: the speeds that releases really have, and slow drift.

use super::path::{Path, path};
use super::pieces::{piece_len, pieces};
use super::wave::Wave;
use crate::error::DspError;

/// Speeds that releases really have.
pub const SPEEDS: [(&str, f64); 7] = [
    ("1", 1.0),
    ("25/23.976", 25.0 * 1001.0 / 24_000.0),
    ("23.976/25", 24_000.0 / 25.0 / 1001.0),
    ("25/24", 25.0 / 24.0),
    ("24/25", 24.0 / 25.0),
    ("24/23.976", 1.001),
    ("23.976/24", 1.0 / 1.001),
];
/// A speed this near to one that has a name is that one: what pieces can be off.
const SPEED_ERROR: f64 = 5e-6;
/// Growth of the delay from one try to the next (ms/s), and the number of tries in either direction.
const DRIFT_STEP: (f64, i32) = (0.5, 11);
/// Length of pieces (s) for speeds with a name, which are exact, and for drift: they bear half a step.
pub(super) const PIECE_S: f64 = 20.0;
const SHORT_PIECE_S: f64 = 6.0;
/// Pieces by which a speed is judged.
const PIECES: usize = 20;
/// Significance from which a piece counts.
const WORTH_TRYING: f64 = 5.5;
/// Shares of the pieces on stretches, and on the longest of them, that settle it: no other speed is tried. Pieces of slow music may agree by
/// twos and threes at a speed that is a thousandth off.
const SETTLED: (f64, f64) = (0.4, 0.2);

/// A speed that pieces were found at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Likely {
    pub(super) speed: f64,
    /// Whether it is a guess at a drift, which the path of the pieces has to make exact.
    pub(super) is_drift: bool,
}

impl Likely {
    /// Length of pieces (s).
    pub(super) fn piece_s(&self) -> f64 {
        if self.is_drift { SHORT_PIECE_S } else { PIECE_S }
    }
}

/// The speed at which the largest share of the pieces is found on one path. `None` if there is none.
pub(super) fn likely(reference: &Wave, target: &Wave, longest: usize) -> Result<Option<Likely>, DspError> {
    let named = SPEEDS.iter().map(|(_, speed)| Likely { speed: *speed, is_drift: false });
    let drift = (1..=DRIFT_STEP.1).flat_map(|step| [step, -step]);
    let drift = std::iter::once(0)
        .chain(drift)
        .map(|step| Likely { speed: 1.0 / (1.0 - f64::from(step) * DRIFT_STEP.0 / 1000.0), is_drift: true });
    let mut best = (None, 0.0);
    for tried in named.chain(drift) {
        let stretched = target.stretched(tried.speed);
        let len = piece_len(reference, &stretched, tried.piece_s());
        let longest = longest_at(longest, tried.speed);
        let (placed, looked_at) = pieces(reference, &stretched, len, longest, PIECES, WORTH_TRYING)?;
        let path = path(&placed);
        let members = path.members();
        // Of speeds that do equally well on paths, the one with more pieces anywhere.
        let weight = (members as f64 + 0.01 * placed.len() as f64) / looked_at.max(1) as f64;
        if members > 2 && weight > best.1 {
            best = (Some(tried), weight);
        }
        if settles(&path, looked_at) {
            break;
        }
    }
    Ok(best.0)
}

/// The longest delay (values) once the target is stretched to the reference's speed.
pub(super) fn longest_at(longest: usize, speed: f64) -> usize {
    (longest as f64 * speed).ceil() as usize
}

/// Whether the path of that many pieces leaves no doubt about the speed.
fn settles(path: &Path, looked_at: usize) -> bool {
    let on_longest = path.stretches.iter().map(|stretch| stretch.pieces).max().unwrap_or(0);
    let share = |pieces: usize| pieces as f64 / looked_at.max(1) as f64;
    path.members() > 4 && share(path.members()) >= SETTLED.0 && share(on_longest) >= SETTLED.1
}

/// A measured speed, or the one with a name that it must be, and the name. A speed near 1 stays as it was measured, since clocks differ by
/// as little as it may be off.
pub(super) fn exact(measured: f64) -> (f64, Option<&'static str>) {
    match SPEEDS.iter().find(|(_, speed)| (measured / speed - 1.0).abs() < SPEED_ERROR) {
        Some(&(_, 1.0)) | None => (measured, None),
        Some(&(name, speed)) => (speed, Some(name)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::path::Stretch;
    use super::*;

    #[test]
    fn speeds_have_the_names_that_they_are_near_to() {
        assert_eq!(exact(1.001_000_9), (1.001, Some("24/23.976")));
        assert_eq!(exact(1.001_02), (1.001_02, None));
        assert_eq!(exact(1.000_002), (1.000_002, None));
    }

    #[test]
    fn pieces_that_agree_by_twos_and_threes_settle_nothing() {
        let path = |stretches: &[usize]| {
            let stretch = |pieces: &usize| Stretch { first: 0.0, last: 0.0, lag: 0.0, pieces: *pieces };
            Path { slope: 0.0, stretches: stretches.iter().map(stretch).collect() }
        };
        assert!(settles(&path(&[5, 1, 4]), 21));
        // A target cut in nine looks like slow music at 1.001 times the speed.
        assert!(!settles(&path(&[1, 1, 3, 1, 1, 1, 1, 2, 1, 1, 1, 2, 2, 3]), 21));
        assert!(!settles(&path(&[4]), 4) && !settles(&path(&[]), 0));
    }
}
