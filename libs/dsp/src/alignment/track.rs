//! Which of several lags each part of a film has: the most likely path through them, which changes lag only where that pays.

use super::path::Stretch;
use super::pieces::Agreement;
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
/// What parts of a target that follow each other may overlap by (pieces): where a cut lies is not known better.
const OVERLAP: f64 = 2.0;

/// The stretches of the reference that lie at one of these lags (whole frames) each, in order of time.
#[must_use]
pub(super) fn stretches(reference: &Wave, target: &Wave, lags: &[i64]) -> Vec<Stretch> {
    let len = ((PIECE_S * reference.rate_hz) as usize).max(1);
    let starts: Vec<usize> = (0..=reference.len().saturating_sub(len)).step_by(len).collect();
    if lags.is_empty() || reference.len() < len {
        return Vec::new();
    }
    let agreement = Agreement::new(target);
    let heights: Vec<Vec<f64>> =
        starts.iter().map(|start| agreement.at(reference, (*start, start + len), lags)).collect();
    let states = best_states(&heights);

    let mut stretches = Vec::new();
    let mut index = 0;
    while index < states.len() {
        let state = states[index];
        let end = index + states[index..].iter().take_while(|other| **other == state).count();
        let agrees = |piece: &usize| heights[*piece][state] >= LEAST_AT_ENDS;
        if let (Some(first), Some(last)) = ((index..end).find(agrees), (index..end).rfind(agrees)) {
            let sum: f64 = heights[first..=last].iter().map(|height| height[state]).sum();
            let pieces = last + 1 - first;
            if sum >= LEAST_SUM && sum >= LEAST_MEAN * pieces as f64 {
                let middle = |index: usize| starts[index] as f64 + len as f64 / 2.0;
                stretches.push(Stretch { first: middle(first), last: middle(last), lag: lags[state] as f64, pieces });
            }
        }
        index = end;
    }
    in_order(stretches, OVERLAP * len as f64)
}

/// The stretches, as many pieces as possible, that follow each other in the target as they do in the reference: cuts keep the order,
/// sound that repeats itself does not.
fn in_order(stretches: Vec<Stretch>, overlap: f64) -> Vec<Stretch> {
    // Pieces of the best choice that ends with each stretch, and the stretch before it in that choice.
    let mut best: Vec<(usize, Option<usize>)> = Vec::new();
    for (index, stretch) in stretches.iter().enumerate() {
        let follows = |before: &usize| {
            let earlier = &stretches[*before];
            stretch.first - stretch.lag > earlier.last - earlier.lag - overlap
        };
        let before = (0..index).filter(follows).max_by_key(|before| best[*before].0);
        best.push((stretch.pieces + before.map_or(0, |before| best[before].0), before));
    }
    let mut next = (0..best.len()).max_by_key(|index| best[*index].0);
    let mut chosen = vec![false; stretches.len()];
    while let Some(index) = next {
        chosen[index] = true;
        next = best[index].1;
    }
    stretches.into_iter().zip(chosen).filter(|(_, chosen)| *chosen).map(|(stretch, _)| stretch).collect()
}

/// The state of each piece on the path with the greatest sum of heights, each change of state costing [`CHANGE`].
fn best_states(heights: &[Vec<f64>]) -> Vec<usize> {
    let states = heights.first().map_or(0, Vec::len);
    viterbi::cheapest(heights.len(), states, CHANGE, |piece, state| -heights[piece][state])
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
        assert_eq!(best_states(&heights), [0; 10]);
        heights.extend(vec![height(0.0, 5.0); 8]);
        let states = best_states(&heights);
        assert_eq!(states.iter().position(|state| *state == 1), Some(10));
    }

    fn wave(values: Vec<f32>) -> Wave {
        Wave { rate_hz: 100.0, values }
    }

    #[test]
    fn parts_at_several_lags_are_found_where_they_are() {
        let film = noise(30_000, 70);
        let target = [&film[..10_000], &film[10_004..]].concat();
        let found = stretches(&wave(film), &wave(target), &[0, 4, 900]);
        assert_eq!(found.iter().map(|stretch| stretch.lag).collect::<Vec<_>>(), [0.0, 4.0]);
        assert!((found[0].last - 10_000.0).abs() <= 500.0 && (found[1].first - 10_000.0).abs() <= 500.0, "{found:?}");
    }

    #[test]
    fn what_repeats_itself_in_the_target_is_left_out() {
        // The second minute of the reference is not in the target, but sounds like its first.
        let film = noise(30_000, 71);
        let reference = [&film[..6000], &film[..6000], &film[6000..]].concat();
        let found = stretches(&wave(reference), &wave(film), &[0, 6000]);
        assert_eq!(found.iter().map(|stretch| stretch.lag).collect::<Vec<_>>(), [6000.0], "{found:?}");
    }

    #[test]
    fn sounds_with_nothing_in_common_have_no_stretch() {
        let (one, other) = (wave(noise(200_000, 1)), wave(noise(200_000, 2)));
        let lags: Vec<i64> = (0..32).map(|k| 777 * k - 9000).collect();
        assert_eq!(stretches(&one, &other, &lags), []);
        assert_eq!(stretches(&one, &wave(Vec::new()), &[0]), []);
        assert_eq!(stretches(&one, &one, &[]), []);
    }
}
