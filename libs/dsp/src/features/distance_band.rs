//! The distances of frames near the diagonal: all that is needed where a delay is known to lie within a few frames.

use std::ops::Range;

use crate::features::distance::Columns;
use crate::features::frames::FramesView;
use crate::spectrum::Precision;

/// The distances of each frame of a reference from the frames of a target around it. Those of many windows that overlap are found once.
#[derive(Debug, Clone, Default)]
pub struct DistanceBand<T = f64> {
    reach: usize,
    /// A row for each frame of the reference: its distances from the target's frames, the earliest first.
    distances: Vec<T>,
}

impl<T: Precision> DistanceBand<T> {
    /// Compares frames of the same width within `reach` frames of offset 0. The target has that many more frames than the reference at
    /// either end; nothing is compared if it has not.
    pub fn of(reference: FramesView<'_, T>, target: FramesView<'_, T>, reach: usize) -> Self {
        if target.count() != reference.count() + 2 * reach || target.width() != reference.width() {
            return Self { reach, distances: Vec::new() };
        }
        let (mut columns, mut row) = (Columns::default(), Vec::new());
        columns.load(target);
        let mut distances = Vec::with_capacity(reference.count() * (2 * reach + 1));
        for (index, frame) in reference.rows().enumerate() {
            columns.distances(frame, index..index + 2 * reach + 1, &mut row);
            distances.extend_from_slice(&row);
        }
        Self { reach, distances }
    }

    /// Frames to either side.
    pub fn reach(&self) -> usize {
        self.reach
    }

    /// Frames by which the reference is later at a place of a row.
    pub fn offset(&self, place: usize) -> i64 {
        self.reach as i64 - place as i64
    }

    /// The rows of these frames of the reference, as far as there are any.
    pub fn rows(&self, frames: Range<usize>) -> impl ExactSizeIterator<Item = &[T]> {
        let width = 2 * self.reach + 1;
        let count = self.distances.len() / width;
        let (start, end) = (frames.start.min(count), frames.end.min(count));
        self.distances[start * width..end.max(start) * width].chunks_exact(width)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::frames::Frames;

    #[test]
    fn rows_hold_the_distances_around_each_frame() {
        let (reference, target) = (Frames::new(1, vec![5.0, 9.0]), Frames::new(1, vec![4.0, 5.0, 7.0, 2.0]));
        let band = DistanceBand::of(reference.view(), target.view(), 1);
        let rows: Vec<&[f64]> = band.rows(0..9).collect();
        assert_eq!(rows, [[1.0, 0.0, 2.0], [4.0, 2.0, 7.0]]);
        assert_eq!((band.reach(), band.offset(0), band.offset(2), band.rows(1..2).len()), (1, 1, -1, 1));
        assert_eq!(DistanceBand::of(reference.view(), target.view(), 2).rows(0..9).len(), 0);
    }
}
