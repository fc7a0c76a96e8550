//! Dynamic time warping: which frame of one window is heard at which frame of the other.
//!
//! Source: Müller, "Fundamentals of Music Processing", chapter 3.2. The path of least
//! cost from the first frames to the last, by steps of one frame of either window or both; the cost of a pair of frames is
//! the Euclidean distance of their features. Memory: a byte for each pair of frames.

use std::ops::Range;

use crate::features::distance::Columns;
use crate::features::distance_band::DistanceBand;
use crate::features::frames::FramesView;
use crate::spectrum::Precision;
use crate::stats;

const DIAGONAL: u8 = 0;
/// To the next frame of the target only.
const TARGET: u8 = 1;
/// To the next frame of the reference only.
const REFERENCE: u8 = 2;

/// The path of least cost.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct WarpingPath {
    /// (frame of the reference, frame of the target), from the end to the start; empty if a window has no frames.
    pub path: Vec<(usize, usize)>,
    /// Sum of the costs of all its pairs.
    pub cost: f64,
    /// Cost of its first pair, the frames at the start.
    pub first_cost: f64,
}

/// Buffers of one thread.
#[derive(Debug, Default)]
pub struct WarpingScratch<T = f64> {
    target: Columns<T>,
    costs: Vec<T>,
    totals: Vec<T>,
    steps: Vec<u8>,
}

impl WarpingPath {
    /// Aligns features of the same width.
    pub fn of<T: Precision>(
        reference: FramesView<'_, T>,
        target: FramesView<'_, T>,
        scratch: &mut WarpingScratch<T>,
    ) -> Self {
        let (rows, columns) = (reference.count(), target.count());
        if rows == 0 || columns == 0 || reference.width() != target.width() {
            return Self::default();
        }
        let WarpingScratch { target: frames, costs, totals, steps } = scratch;
        frames.load(target);
        steps.resize(rows * columns, 0);
        totals.clear();
        totals.resize(columns, T::zero());
        let mut first_cost = T::zero();
        for (index, (row, steps)) in reference.rows().zip(steps.chunks_exact_mut(columns)).enumerate() {
            frames.distances(row, 0..columns, costs);
            if index == 0 {
                first_cost = costs[0];
                first_row(costs, totals, steps);
            } else {
                next_row(costs, totals, steps);
            }
        }
        Self {
            path: backtrack(steps, rows, columns),
            cost: totals[columns - 1].to_f64().unwrap_or_default(),
            first_cost: first_cost.to_f64().unwrap_or_default(),
        }
    }

    /// Aligns these frames of the reference with those of the target that a band holds, from `offset` (frames by which the reference is later) at
    /// the start to the same at the end. Both frames of a pair are counted from the start of the band's target.
    pub fn in_band<T: Precision>(
        band: &DistanceBand<T>,
        frames: Range<usize>,
        offset: i64,
        scratch: &mut WarpingScratch<T>,
    ) -> Self {
        let (rows, columns, reach) = (band.rows(frames.clone()).len(), 2 * band.reach() + 1, band.reach() as i64);
        let Ok(middle) = usize::try_from(reach - offset) else { return Self::default() };
        if rows == 0 || middle >= columns {
            return Self::default();
        }
        let WarpingScratch { totals, steps, .. } = scratch;
        steps.resize(rows * columns, 0);
        totals.clear();
        totals.resize(columns, T::infinity());
        for (index, (costs, steps)) in band.rows(frames.clone()).zip(steps.chunks_exact_mut(columns)).enumerate() {
            if index == 0 {
                first_row(&costs[middle..], &mut totals[middle..], &mut steps[middle..]);
            } else {
                next_band_row(costs, totals, steps);
            }
        }
        let first_cost = band.rows(frames.clone()).next().map_or(T::zero(), |costs| costs[middle]);
        Self {
            path: backtrack_band(steps, (rows, columns), middle)
                .map(|(row, column)| (frames.start + row + band.reach(), frames.start + row + column))
                .collect(),
            cost: totals[middle].to_f64().unwrap_or_default(),
            first_cost: first_cost.to_f64().unwrap_or_default(),
        }
    }

    /// Mean cost of its pairs; 0 of an empty path.
    pub fn mean_cost(&self) -> f64 {
        self.cost / self.path.len().max(1) as f64
    }

    /// Median of [`WarpingPath::path_offsets`]: the delay of the target (frames); 0 of an empty path.
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

fn first_row<T: Precision>(costs: &[T], totals: &mut [T], steps: &mut [u8]) {
    let mut sum = T::zero();
    for ((total, &cost), step) in totals.iter_mut().zip(costs).zip(steps) {
        sum = sum + cost;
        *total = sum;
        *step = TARGET;
    }
}

/// Turns the least costs up to the row before into those up to this one.
fn next_row<T: Precision>(costs: &[T], totals: &mut [T], steps: &mut [u8]) {
    let mut diagonal = totals[0];
    totals[0] = totals[0] + costs[0];
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

/// The same in a band, whose rows each begin a frame of the target later than the one before: what lay above is now one to the right.
fn next_band_row<T: Precision>(costs: &[T], totals: &mut [T], steps: &mut [u8]) {
    let mut left = T::infinity();
    for place in 0..totals.len() {
        let (cost, diagonal) = (costs[place], totals[place]);
        let above = totals.get(place + 1).copied().unwrap_or_else(T::infinity);
        let (mut best, mut step) = (diagonal, DIAGONAL);
        if left < best {
            (best, step) = (left, TARGET);
        }
        if above < best {
            (best, step) = (above, REFERENCE);
        }
        left = best + cost;
        (totals[place], steps[place]) = (left, step);
    }
}

/// The pairs (row, place in it) from `middle` of the last row back to `middle` of the first one.
fn backtrack_band(
    steps: &[u8],
    (rows, columns): (usize, usize),
    middle: usize,
) -> impl Iterator<Item = (usize, usize)> {
    std::iter::successors(Some((rows - 1, middle)), move |&(row, place)| match steps[row * columns + place] {
        _ if (row, place) == (0, middle) => None,
        TARGET => Some((row, place.checked_sub(1)?)),
        REFERENCE => Some((row.checked_sub(1)?, place + 1)),
        _ => Some((row.checked_sub(1)?, place)),
    })
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
    use crate::features::frames::Frames;
    use crate::made_up::noise;
    use proptest::prelude::*;

    fn align(reference: &[f64], target: &[f64]) -> WarpingPath {
        let frames = |values: &[f64]| Frames::new(1, values.to_vec());
        WarpingPath::of(frames(reference).view(), frames(target).view(), &mut WarpingScratch::default())
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
        assert_eq!(align(&[], &[1.0]), WarpingPath::default());
        assert_eq!(align(&[1.0], &[]).mean_cost(), 0.0);
    }

    #[test]
    fn a_band_that_holds_the_path_gives_the_same_path() {
        let source: Vec<f64> = noise(60, 2).into_iter().map(f64::from).collect();
        // A frame is missing, and one is twice as long.
        let target: Vec<f64> = [&source[..20], &source[21..40], &source[39..]].concat();
        let reach = 5;
        let padded = [vec![9.0; reach], target.clone(), vec![9.0; reach]].concat();
        let (reference, padded) = (Frames::new(1, source.clone()), Frames::new(1, padded));
        let band = DistanceBand::of(reference.view(), padded.view(), reach);
        let mut scratch = WarpingScratch::default();
        let (whole, near) = (align(&source, &target), WarpingPath::in_band(&band, 0..60, 0, &mut scratch));
        assert!(near.path_offsets().eq(whole.path_offsets()) && near.path.last() == Some(&(reach, reach)), "{near:?}");
        assert!((near.cost - whole.cost).abs() < 1e-12 && near.first_cost == whole.first_cost);
        let part = WarpingPath::in_band(&band, 24..36, 1, &mut scratch);
        assert!(part.cost == 0.0 && part.path_offsets().all(|offset| offset == 1), "{part:?}");
        assert_eq!(WarpingPath::in_band(&band, 0..60, 6, &mut scratch), WarpingPath::default());
        assert_eq!(WarpingPath::in_band(&band, 70..80, 0, &mut scratch), WarpingPath::default());
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
