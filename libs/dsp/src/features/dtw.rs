//! Dynamic time warping: which frame of one window is heard at which frame of the other.
//!
//! Source: section 7.2 of the analysis specification; Müller, "Fundamentals of Music Processing", chapter 3.2. The path of least
//! cost from the first frames to the last, by steps of one frame of either window or both; the cost of a pair of frames is
//! the Euclidean distance of their features. Memory: a byte for each pair of frames.

use crate::features::distance::Columns;
use crate::features::frames::Frames;
use crate::stats;

const DIAGONAL: u8 = 0;
/// To the next frame of the target only.
const TARGET: u8 = 1;
/// To the next frame of the reference only.
const REFERENCE: u8 = 2;

/// The path of least cost.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Alignment {
    /// (frame of the reference, frame of the target), from the end to the start; empty if a window has no frames.
    pub path: Vec<(usize, usize)>,
    /// Sum of the costs of all its pairs.
    pub cost: f64,
    /// Cost of its first pair, the frames at the start.
    pub first_cost: f64,
}

/// Buffers of one thread.
#[derive(Debug, Default)]
pub struct AlignmentScratch {
    target: Columns,
    costs: Vec<f64>,
    totals: Vec<f64>,
    steps: Vec<u8>,
}

impl Alignment {
    /// Aligns features of the same width.
    pub fn of(reference: &Frames, target: &Frames, scratch: &mut AlignmentScratch) -> Self {
        let (rows, columns) = (reference.count(), target.count());
        if rows == 0 || columns == 0 || reference.width() != target.width() {
            return Self::default();
        }
        let AlignmentScratch { target: frames, costs, totals, steps } = scratch;
        frames.load(target);
        steps.resize(rows * columns, 0);
        totals.clear();
        totals.resize(columns, 0.0);
        let mut first_cost = 0.0;
        for (index, (row, steps)) in reference.rows().zip(steps.chunks_exact_mut(columns)).enumerate() {
            frames.distances(row, costs);
            if index == 0 {
                first_cost = costs[0];
                first_row(costs, totals, steps);
            } else {
                next_row(costs, totals, steps);
            }
        }
        Self { path: backtrack(steps, rows, columns), cost: totals[columns - 1], first_cost }
    }

    /// Mean cost of its pairs; 0 of an empty path.
    pub fn mean_cost(&self) -> f64 {
        self.cost / self.path.len().max(1) as f64
    }

    /// Median of [`Alignment::path_offsets`]: the delay of the target (frames); 0 of an empty path.
    pub fn median_offset(&self) -> f64 {
        let mut offsets: Vec<f64> = self.path_offsets().map(|offset| offset as f64).collect();
        stats::median(&mut offsets).unwrap_or(0.0)
    }

    /// The offset that most pairs of the path have, to a fraction of a frame: the mean of those that are no more than a frame
    /// from it; 0 of an empty path.
    ///
    /// Unlike the median it is not moved by where the path has to begin and end.
    pub fn common_offset(&self) -> f64 {
        let mut counts = std::collections::BTreeMap::new();
        for offset in self.path_offsets() {
            *counts.entry(offset).or_insert(0.0) += 1.0;
        }
        let near = |offset: i64| counts.range(offset - 1..=offset + 1);
        let total = |offset: i64| near(offset).map(|(_, count)| count).sum::<f64>();
        let Some(&most) = counts.keys().max_by(|&&a, &&b| total(a).total_cmp(&total(b))) else {
            return 0.0;
        };
        near(most).map(|(&offset, count)| offset as f64 * count).sum::<f64>() / total(most)
    }

    /// Frames by which the reference is later at each pair of the path.
    pub fn path_offsets(&self) -> impl Iterator<Item = i64> {
        self.path.iter().map(|&(reference, target)| reference as i64 - target as i64)
    }
}

fn first_row(costs: &[f64], totals: &mut [f64], steps: &mut [u8]) {
    let mut sum = 0.0;
    for ((total, cost), step) in totals.iter_mut().zip(costs).zip(steps) {
        sum += cost;
        *total = sum;
        *step = TARGET;
    }
}

/// Turns the least costs up to the row before into those up to this one.
fn next_row(costs: &[f64], totals: &mut [f64], steps: &mut [u8]) {
    let mut diagonal = totals[0];
    totals[0] += costs[0];
    steps[0] = REFERENCE;
    let mut left = totals[0];
    for ((total, &cost), step) in totals.iter_mut().zip(costs).zip(steps).skip(1) {
        let above = *total;
        // A later candidate wins only if it is less: the order decides between equals.
        let mut best = diagonal + cost;
        *step = DIAGONAL;
        if left + cost < best {
            best = left + cost;
            *step = TARGET;
        }
        if above + cost < best {
            best = above + cost;
            *step = REFERENCE;
        }
        *total = best;
        left = best;
        diagonal = above;
    }
}

fn backtrack(steps: &[u8], rows: usize, columns: usize) -> Vec<(usize, usize)> {
    let (mut reference, mut target) = (rows - 1, columns - 1);
    let mut path = vec![(reference, target)];
    while (reference, target) != (0, 0) {
        match steps[reference * columns + target] {
            TARGET => target = target.saturating_sub(1),
            REFERENCE => reference = reference.saturating_sub(1),
            _ => (reference, target) = (reference.saturating_sub(1), target.saturating_sub(1)),
        }
        path.push((reference, target));
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::made_up::noise;
    use proptest::prelude::*;

    fn align(reference: &[f64], target: &[f64]) -> Alignment {
        let frames = |values: &[f64]| Frames::new(1, values.to_vec());
        Alignment::of(&frames(reference), &frames(target), &mut AlignmentScratch::default())
    }

    #[test]
    fn what_is_late_has_a_path_beside_the_diagonal() {
        let found = align(&[0.0, 0.0, 0.0, 5.0, 9.0, 2.0], &[0.0, 5.0, 9.0, 2.0, 2.0, 2.0]);
        assert_eq!(found.cost, 0.0);
        assert!(found.path.contains(&(3, 1)) && found.path.contains(&(4, 2)), "{found:?}");
        assert_eq!(found.path.last(), Some(&(0, 0)));
    }

    #[test]
    fn the_common_offset_is_that_of_most_pairs_wherever_the_path_begins_and_ends() {
        let source: Vec<f64> = noise(80, 1).into_iter().map(f64::from).collect();
        for offset in [1, 5, 9] {
            let found = align(&source[..50], &source[offset..offset + 50]);
            assert!((found.common_offset() - offset as f64).abs() < 0.5, "{offset}: {}", found.common_offset());
        }
    }

    #[test]
    fn silence_is_aligned_frame_by_frame() {
        let found = align(&[1.0; 7], &[1.0; 7]);
        assert!(found.path_offsets().all(|offset| offset == 0));
        assert_eq!((found.median_offset(), found.common_offset()), (0.0, 0.0));
        assert_eq!((found.path.len(), found.mean_cost()), (7, 0.0));
    }

    #[test]
    fn nothing_has_no_path() {
        assert_eq!(align(&[], &[1.0]), Alignment::default());
        assert_eq!(align(&[1.0], &[]).mean_cost(), 0.0);
    }

    proptest! {
        #[test]
        fn a_path_leads_from_end_to_start_by_single_steps_and_its_cost_is_that_of_its_pairs(
            reference in proptest::collection::vec(-5.0f64..5.0, 1..40), target in proptest::collection::vec(-5.0f64..5.0, 1..40),
        ) {
            let found = align(&reference, &target);
            prop_assert_eq!(found.path[0], (reference.len() - 1, target.len() - 1));
            prop_assert_eq!(found.path.last(), Some(&(0, 0)));
            for pair in found.path.windows(2) {
                let (r, t) = (pair[0].0 - pair[1].0, pair[0].1 - pair[1].1);
                prop_assert!(r <= 1 && t <= 1 && r + t > 0);
            }
            let sum: f64 = found.path.iter().map(|&(r, t)| (reference[r] - target[t]).abs()).sum();
            prop_assert!((sum - found.cost).abs() < 1e-9);
            let diagonal: f64 = reference.iter().zip(&target).map(|(r, t)| (r - t).abs()).sum();
            prop_assert!(reference.len() != target.len() || found.cost <= diagonal + 1e-9);
        }
    }
}
