//! Whether a target lies at one lag from end to end.

use super::agreement::Agreement;
use super::pieces::{PieceSearch, near};
use super::wave::Wave;
use crate::error::DspError;

/// Agreement of a piece that lies at the lag, if the lag is where it agrees best.
const THERE: f64 = 4.0;
/// Agreement of a piece that lies at another lag nearby, and how far it must exceed that at the lag.
const OFF_COURSE: (f64, f64) = (6.0, 1.5);
/// How far from the expected lag pieces are looked for (s).
const REACH_S: f64 = 0.1;
/// Shortest and longest piece (s).
const PIECE_S: (f64, f64) = (10.0, 60.0);
/// Lags this near to the expected one are the same (values).
const SAME: f64 = 1.2;
/// A stretch this long (s) in which nothing lies at the expected lag is looked for elsewhere.
const GAP_S: f64 = 20.0;
/// Least share of the pieces that lie at the lag. A sound that two unrelated films share is at one place of them.
const LEAST_SHARE: f64 = 0.4;
/// Significance that chance does not reach for one piece at all lags.
pub(super) const SIGNIFICANT_PIECE: f64 = 6.8;

/// Whether pieces from everywhere lie at `lag` (values), and nothing is found elsewhere. `significance` is that of the lag for the
/// whole films; it says how long a piece has to be to stand out.
///
/// # Errors
/// A target without values.
pub(super) fn is_steady(reference: &Wave, target: &Wave, lag: f64, significance: f64) -> Result<bool, DspError> {
    let values = |seconds: f64| ((seconds * reference.rate_hz) as usize).max(1);
    let expected = lag.round() as i64;
    let from = (expected.max(0) as usize).min(reference.len());
    let to = reference.len().min((target.len() as i64 + expected).max(0) as usize).max(from);
    // A piece stands out twice as clearly as it has to, on average.
    let needed = (to - from) as f64 * (2.0 * THERE / significance).powi(2);
    let len = (needed as usize).clamp(values(PIECE_S.0), values(PIECE_S.1));
    let (mut off_course, mut looked_at, mut there) = (None::<f64>, 0, 0);
    let mut gap_from = None;
    let mut gaps = Vec::new();
    let mut end_gap = |gap_from: &mut Option<usize>, end: usize| {
        if let Some(start) = gap_from.take().filter(|start| end - start >= values(GAP_S).max(2 * len)) {
            gaps.push((start, end));
        }
    };
    // Before and behind what the target covers at this lag.
    end_gap(&mut Some(0), from);
    for start in (from..(to + 1).saturating_sub(len)).step_by(len) {
        let Some(found) = near(reference, target, (start, start + len), expected, values(REACH_S)) else { continue };
        looked_at += 1;
        let is_off = found.agreement >= OFF_COURSE.0 && found.agreement > OFF_COURSE.1 * found.at_expected;
        if is_off && off_course.is_some_and(|lag| (lag - found.lag).abs() <= 2.0 * SAME) {
            return Ok(false);
        }
        off_course = is_off.then_some(found.lag);
        if found.agreement >= THERE && (found.lag - lag).abs() <= SAME {
            there += 1;
            end_gap(&mut gap_from, start);
        } else {
            gap_from.get_or_insert(start);
        }
    }
    end_gap(&mut gap_from, to);
    end_gap(&mut Some(to), reference.len());
    let is_everywhere = there as f64 >= LEAST_SHARE * f64::from(looked_at).max(1.0);
    Ok(is_everywhere && !is_elsewhere(reference, target, expected, &gaps)?)
}

/// Whether something of these stretches of the reference is in a part of the target that no other part of the reference lies at.
fn is_elsewhere(reference: &Wave, target: &Wave, lag: i64, gaps: &[(usize, usize)]) -> Result<bool, DspError> {
    let len = (GAP_S * reference.rate_hz) as usize;
    if gaps.is_empty() || target.len() < len {
        return Ok(false);
    }
    // What repeats within a film is found where it was before; that is no other lag.
    let is_free = |from: i64| {
        let shared = |start: i64, end: i64| (end.min(from + len as i64) - start.max(from)).max(0);
        let outside = len as i64 - shared(0, target.len() as i64);
        let taken = shared((-lag).max(0), (reference.len() as i64 - lag).min(target.len() as i64));
        let open: i64 = gaps.iter().map(|&(start, end)| shared(start as i64 - lag, end as i64 - lag)).sum();
        2 * (outside + taken - open) < len as i64
    };
    let (search, agreement) = (PieceSearch::new(target, len)?, Agreement::new(target));
    for &(start, end) in gaps {
        for start in (start..=end.saturating_sub(len)).step_by(len) {
            for found in search.find(reference, start, usize::MAX, 1)? {
                let elsewhere = found.lag.round() as i64;
                let is_off = (elsewhere - lag).abs() > 2 && is_free(start as i64 - elsewhere);
                if found.significance < SIGNIFICANT_PIECE || !is_off {
                    continue;
                }
                // A low tone agrees one of its periods further on nearly as well.
                let agrees = agreement.at(reference, (start, start + len), &[elsewhere, lag]);
                if agrees[0] > OFF_COURSE.1 * agrees[1] {
                    return Ok(true);
                }
            }
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alignment::wave::made_up as wave;
    use crate::made_up::noise;

    const MINUTE: usize = 6000;

    #[test]
    fn one_lag_from_end_to_end_is_steady() {
        let film = noise(20 * MINUTE, 1);
        assert!(is_steady(&wave(&film), &wave(&film), 0.0, 300.0).unwrap());
        assert!(is_steady(&wave(&film), &wave(&film[777..]), 777.0, 300.0).unwrap());
        // An excerpt, of the reference and of the target.
        assert!(is_steady(&wave(&film), &wave(&film[5 * MINUTE..9 * MINUTE]), 5.0 * MINUTE as f64, 200.0).unwrap());
        assert!(is_steady(&wave(&film[5 * MINUTE..9 * MINUTE]), &wave(&film), -5.0 * MINUTE as f64, 200.0).unwrap());
    }

    #[test]
    fn a_small_step_near_the_end_is_not_steady() {
        let film = noise(20 * MINUTE, 2);
        let target = [&film[..19 * MINUTE], &film[19 * MINUTE + 4..]].concat();
        assert!(!is_steady(&wave(&film), &wave(&target), 0.0, 300.0).unwrap());
    }

    #[test]
    fn a_part_that_was_moved_far_away_is_not_steady() {
        let film = noise(20 * MINUTE, 3);
        let target = [&film[..18 * MINUTE], &noise(5 * MINUTE, 4)[..], &film[18 * MINUTE..]].concat();
        assert!(!is_steady(&wave(&film), &wave(&target), 0.0, 300.0).unwrap());
    }

    #[test]
    fn a_part_that_is_missing_or_silent_or_other_does_not_matter() {
        let film = noise(20 * MINUTE, 5);
        let mut target = film.clone();
        target[8 * MINUTE..9 * MINUTE].fill(0.0);
        target[12 * MINUTE..13 * MINUTE].copy_from_slice(&noise(MINUTE, 6));
        assert!(is_steady(&wave(&film), &wave(&target), 0.0, 300.0).unwrap());
    }

    #[test]
    fn one_sound_in_common_is_not_steady() {
        let (film, mut other) = (noise(20 * MINUTE, 7), noise(20 * MINUTE, 8));
        other[3 * MINUTE..4 * MINUTE].copy_from_slice(&film[3 * MINUTE..4 * MINUTE]);
        assert!(!is_steady(&wave(&film), &wave(&other), 0.0, 18.0).unwrap());
    }
}
