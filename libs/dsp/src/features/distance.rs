//! Euclidean distances of a frame from all frames of a window.

use std::ops::Range;

use crate::features::frames::{Frames, FramesView};
use crate::spectrum::Precision;

/// The frames of a window in an order that lets a compiler take many at once: all numbers of the first column, then of the
/// second one, …
#[derive(Debug, Default)]
pub(crate) struct Columns<T> {
    values: Vec<T>,
    count: usize,
}

impl<T: Precision> Columns<T> {
    /// Puts these frames in the place of those before.
    pub(crate) fn load(&mut self, frames: FramesView<'_, T>) {
        self.count = frames.count();
        self.values.clear();
        self.values.extend((0..frames.width()).flat_map(|k| frames.rows().map(move |row| row[k])));
    }

    /// Fills `distances` with one for each frame of this range.
    pub(crate) fn distances(&self, row: &[T], frames: Range<usize>, distances: &mut Vec<T>) {
        distances.clear();
        distances.resize(frames.len(), T::zero());
        for (&value, others) in row.iter().zip(self.values.chunks_exact(self.count.max(1))) {
            for (distance, &other) in distances.iter_mut().zip(&others[frames.clone()]) {
                *distance = *distance + (value - other) * (value - other);
            }
        }
        distances.iter_mut().for_each(|distance| *distance = distance.sqrt());
    }
}

/// Mean distance of any frame of a reference from any frame of a target, from every `step`-th of either; 0 if there are none.
pub fn mean_distance<T: Precision>(reference: FramesView<'_, T>, target: FramesView<'_, T>, step: usize) -> f64 {
    let (step, mut columns, mut distances) = (step.max(1), Columns::default(), Vec::new());
    let some: Vec<T> = target.rows().step_by(step).flatten().copied().collect();
    columns.load(Frames::new(target.width(), some).view());
    let mut sum = 0.0;
    for row in reference.rows().step_by(step) {
        columns.distances(row, 0..columns.count, &mut distances);
        let of_row = distances.iter().fold(T::zero(), |sum, distance| sum + *distance);
        sum += of_row.to_f64().unwrap_or_default();
    }
    sum / (reference.count().div_ceil(step) * columns.count).max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_those_of_the_rows() {
        let mut columns = Columns::default();
        let mut distances = Vec::new();
        columns.load(Frames::new(2, vec![0.0, 0.0, 3.0, 4.0, -6.0, 8.0]).view());
        columns.distances(&[0.0, 0.0], 0..3, &mut distances);
        assert_eq!(distances, [0.0, 5.0, 10.0]);
        columns.distances(&[3.0, 4.0], 1..2, &mut distances);
        assert_eq!(distances, [0.0]);
        columns.load(Frames::default().view());
        columns.distances(&[], 0..0, &mut distances);
        assert_eq!(distances, [0.0; 0]);
    }

    #[test]
    fn the_mean_distance_is_that_of_all_pairs_that_are_looked_at() {
        let (reference, target) = (Frames::new(1, vec![0.0f32, 9.0, 2.0]), Frames::new(1, vec![1.0, 7.0, 5.0, 8.0]));
        assert_eq!(mean_distance(reference.view(), target.view(), 2), (1.0 + 5.0 + 1.0 + 3.0) / 4.0);
        assert_eq!(mean_distance(Frames::<f32>::default().view(), target.view(), 1), 0.0);
    }
}
