//! Which of several lags each part of a film has: the most likely path through them, which changes lag only where that pays.

use super::agreement::Agreement;
use super::path::Stretch;
use super::wave::Wave;
use crate::viterbi;

/// Length of a piece (s).
const PIECE_S: f64 = 5.0;
/// Agreement that a change of lag must gain in all that follows, over staying.
const CHANGE: f64 = 18.0;
/// Mean agreement of the pieces of a stretch below which it is none; by chance it is 1.3.
const LEAST_MEAN: f64 = 2.2;
/// Agreement of the first and the last piece of a stretch: where nothing agrees, the path stays where it is.
const LEAST_AT_ENDS: f64 = 3.0;
/// Agreement that the pieces of a stretch need together.
const LEAST_SUM: f64 = 18.0;
/// What a film follows.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Track {
    /// The stretches of the reference that lie at one lag each, in order of time.
    pub(super) stretches: Vec<Stretch>,
    /// How much their pieces agree together, less what the changes between them cost.
    pub(super) evidence: f64,
}

/// Follows the reference along these lags (whole values).
#[must_use]
pub(super) fn track(reference: &Wave, target: &Wave, lags: &[i64]) -> Track {
    let len = ((PIECE_S * reference.rate_hz) as usize).max(1);
    let starts: Vec<usize> = (0..=reference.len().saturating_sub(len)).step_by(len).collect();
    if lags.is_empty() || reference.len() < len {
        return Track::default();
    }
    let agreement = Agreement::new(target);
    let heights: Vec<Vec<f64>> =
        starts.iter().map(|start| agreement.at(reference, (*start, start + len), lags)).collect();
    let states = best_states(&heights, lags, len);

    let mut track = Track::default();
    let mut index = 0;
    for run in states.chunk_by(|one, other| one == other) {
        let pieces = index..index + run.len();
        index = pieces.end;
        let Some(state) = run[0] else { continue };
        let agrees = |piece: &usize| heights[*piece][state] >= LEAST_AT_ENDS;
        let (Some(first), Some(last)) = (pieces.clone().find(agrees), pieces.clone().rfind(agrees)) else { continue };
        let sum: f64 = heights[first..=last].iter().map(|height| height[state]).sum();
        let pieces = last + 1 - first;
        if sum >= LEAST_SUM && sum >= LEAST_MEAN * pieces as f64 {
            let middle = |index: usize| starts[index] as f64 + len as f64 / 2.0;
            let change = if track.stretches.is_empty() { 0.0 } else { CHANGE };
            track.evidence += sum - change;
            track.stretches.push(Stretch { first: middle(first), last: middle(last), lag: lags[state] as f64, pieces });
        }
    }
    track
}

/// The state of each piece on the path with the greatest sum of heights, each change of state costing [`CHANGE`]. Cuts keep the order of a
/// film: where the lag grows, the reference goes on for as long without a counterpart, and its pieces have no state there.
fn best_states(heights: &[Vec<f64>], lags: &[i64], len: usize) -> Vec<Option<usize>> {
    let passed = |from: usize, to: usize| ((lags[to] - lags[from]).max(0) / len as i64) as usize;
    viterbi::cheapest(heights.len(), lags.len(), CHANGE, passed, |piece, state| -heights[piece][state])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::made_up::noise;

    #[test]
    fn a_change_of_state_has_to_pay() {
        let height = |of_first: f64, of_second: f64| vec![of_first, of_second];
        let mut heights = vec![height(5.0, 0.0); 10];
        heights[4] = height(0.0, 15.0);
        assert_eq!(best_states(&heights, &[0, 4], 500), [Some(0); 10]);
        heights.extend(vec![height(0.0, 5.0); 8]);
        let states = best_states(&heights, &[0, 4], 500);
        assert_eq!(states.iter().position(|state| *state == Some(1)), Some(10));
        // What the target lacks is passed over where it costs least.
        let states = best_states(&heights, &[0, 1000], 500);
        assert_eq!((states[7], &states[8..11]), (Some(0), &[None, None, Some(1)][..]));
    }

    fn wave(values: Vec<f32>) -> Wave {
        Wave { rate_hz: 100.0, values }
    }

    #[test]
    fn parts_at_several_lags_are_found_where_they_are() {
        let film = noise(30_000, 70);
        let target = [&film[..10_000], &film[10_004..]].concat();
        let found = track(&wave(film), &wave(target), &[0, 4, 900]).stretches;
        assert_eq!(found.iter().map(|stretch| stretch.lag).collect::<Vec<_>>(), [0.0, 4.0]);
        assert!((found[0].last - 10_000.0).abs() <= 500.0 && (found[1].first - 10_000.0).abs() <= 500.0, "{found:?}");
    }

    #[test]
    fn what_repeats_itself_in_the_target_is_left_out() {
        // The second minute of the reference is not in the target, but sounds like its first.
        let film = noise(30_000, 71);
        let reference = [&film[..6000], &film[..6000], &film[6000..]].concat();
        let found = track(&wave(reference), &wave(film), &[0, 6000]).stretches;
        assert_eq!(found.iter().map(|stretch| stretch.lag).collect::<Vec<_>>(), [6000.0], "{found:?}");
    }

    #[test]
    fn a_part_that_is_missing_keeps_its_neighbours_apart() {
        // In what the target lacks, some sounds agree by chance with what lies on the other side.
        let film = noise(30_000, 72);
        let mut reference = film.clone();
        reference[12_000..12_500].copy_from_slice(&film[16_000..16_500]);
        reference[13_000..13_500].copy_from_slice(&film[7_000..7_500]);
        let target = [&film[..10_000], &film[14_000..16_500], &film[17_000..]].concat();
        let found = track(&wave(reference), &wave(target), &[0, 4000, 4500]).stretches;
        assert_eq!(found.iter().map(|stretch| stretch.lag).collect::<Vec<_>>(), [0.0, 4000.0, 4500.0], "{found:?}");
    }

    #[test]
    fn sounds_with_nothing_in_common_have_no_stretch() {
        let (one, other) = (wave(noise(200_000, 1)), wave(noise(200_000, 2)));
        let lags: Vec<i64> = (0..32).map(|k| 777 * k - 9000).collect();
        assert_eq!(track(&one, &other, &lags), Track::default());
        assert_eq!(track(&one, &wave(Vec::new()), &[0]), Track::default());
        assert_eq!(track(&one, &one, &[]), Track::default());
    }
}
