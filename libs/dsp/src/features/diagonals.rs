//! How alike the frames of two windows are at each offset between them: what shows whether an alignment means anything.
//!
//! A path of least cost always exists, also between sounds that have nothing in common. But only sounds that are related
//! are much more alike at one offset than at all others.

use std::ops::Range;

use crate::features::distance::Columns;
use crate::features::distance_band::DistanceBand;
use crate::features::frames::FramesView;
use crate::spectrum::Precision;

/// How alike the frames of two windows are at each offset.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Diagonals {
    /// Mean distance of any two frames.
    mean: f64,
    /// Offset and similarity, in order of offset.
    curve: Vec<(i64, f64)>,
}

impl Diagonals {
    /// Compares frames of the same width, at every offset.
    pub fn of<T: Precision>(reference: FramesView<'_, T>, target: FramesView<'_, T>) -> Self {
        let (rows, columns) = (reference.count(), target.count());
        if rows == 0 || columns == 0 || reference.width() != target.width() {
            return Self::default();
        }
        let (mut frames, mut distances) = (Columns::default(), Vec::new());
        // That of reference frame `i` and target frame `j` goes to `j + rows - 1 - i`.
        let mut sums = vec![0.0; rows + columns - 1];
        frames.load(target);
        for (index, row) in reference.rows().enumerate() {
            frames.distances(row, 0..columns, &mut distances);
            for (sum, distance) in sums[rows - 1 - index..].iter_mut().zip(&distances) {
                *sum += distance.to_f64().unwrap_or_default();
            }
        }
        let mean = sums.iter().sum::<f64>() / (rows * columns) as f64;
        let longest = rows.min(columns);
        let similarity = |(index, sum): (usize, &f64)| {
            let offset = rows as i64 - 1 - index as i64;
            let last = (rows as i64).min(columns as i64 + offset);
            let pairs = (last - offset.max(0)) as f64;
            // What fewer pairs share counts less, as in the correlation of samples: of a few frames, some are always alike.
            let share = pairs / longest as f64;
            (offset, if mean > 0.0 { (1.0 - sum / pairs / mean) * share } else { 0.0 })
        };
        Self { mean, curve: sums.iter().enumerate().rev().map(similarity).collect() }
    }

    /// Compares the frames of this range of the reference within the offsets of a band, where any two frames differ by `mean`.
    pub fn in_band<T: Precision>(band: &DistanceBand<T>, frames: Range<usize>, mean: f64) -> Self {
        let mut sums = vec![T::zero(); 2 * band.reach() + 1];
        let count = frames.len() as f64;
        for row in band.rows(frames) {
            sums.iter_mut().zip(row).for_each(|(sum, distance)| *sum = *sum + *distance);
        }
        let similarity = |(index, sum): (usize, &T)| {
            let sum = sum.to_f64().unwrap_or_default();
            (band.offset(index), if mean > 0.0 && count > 0.0 { 1.0 - sum / count / mean } else { 0.0 })
        };
        Self { mean, curve: sums.iter().enumerate().rev().map(similarity).collect() }
    }

    /// The offset (frames) of the highest similarity; 0 of silence.
    pub fn most_alike(&self) -> i64 {
        self.curve.iter().copied().fold((0, 0.0), higher).0
    }

    /// Whether that is the first or the last offset that was compared: the frames may be more alike beyond.
    pub fn is_on_edge(&self) -> bool {
        let most_alike = self.most_alike();
        let ends = [self.curve.first(), self.curve.last()];
        ends.into_iter().flatten().any(|(offset, similarity)| *offset == most_alike && *similarity > 0.0)
    }

    /// Mean distance of any two frames.
    pub fn mean(&self) -> f64 {
        self.mean
    }

    /// Similarity (1 = equal, 0 = as any two frames) at each offset, in order of offset: (frames by which the reference is
    /// later, similarity).
    pub fn curve(&self) -> &[(i64, f64)] {
        &self.curve
    }

    /// Similarity at `offset` (frames) over `margin` more than the highest one that is more than `exclusion` frames away: above 1
    /// if it stands out by more than the margin, 0 if the frames are less alike than any two.
    pub fn peak_ratio(&self, offset: f64, exclusion: usize, margin: f64) -> f64 {
        let (at, elsewhere) = self.around(offset, exclusion);
        if at <= 0.0 { 0.0 } else { at / (elsewhere.1 + margin) }
    }

    /// The offset (frames) of the highest similarity that is more than `exclusion` frames from `offset`.
    pub fn runner_up(&self, offset: f64, exclusion: usize) -> i64 {
        self.around(offset, exclusion).1.0
    }

    fn around(&self, offset: f64, exclusion: usize) -> (f64, (i64, f64)) {
        let away = |of: i64| (of as f64 - offset).abs();
        let at = self.curve.iter().filter(|(of, _)| away(*of) <= 1.0).copied().fold((0, 0.0), higher);
        let elsewhere =
            self.curve.iter().filter(|(of, _)| away(*of) > exclusion as f64).copied().fold((0, 0.0), higher);
        (at.1, elsewhere)
    }
}

fn higher(best: (i64, f64), now: (i64, f64)) -> (i64, f64) {
    if now.1 > best.1 { now } else { best }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::frames::Frames;

    fn diagonals(reference: &[f64], target: &[f64]) -> Diagonals {
        Diagonals::of(Frames::new(1, reference.to_vec()).view(), Frames::new(1, target.to_vec()).view())
    }

    #[test]
    fn the_offset_of_what_is_equal_stands_out() {
        let source = [3.0, 9.0, 1.0, 4.0, 8.0, 2.0, 7.0, 5.0, 0.0, 6.0];
        let found = diagonals(&source[..8], &source[2..]);
        let curve = found.curve();
        assert_eq!((curve[0].0, curve.len()), (-7, 15));
        let highest = curve.iter().max_by(|a, b| a.1.total_cmp(&b.1)).unwrap();
        assert_eq!((highest.0, found.most_alike()), (2, 2));
        assert!(found.peak_ratio(2.0, 1, 0.1) > 1.0 && found.peak_ratio(-1.0, 1, 0.1) < 1.0);
        assert_ne!(found.runner_up(2.0, 1), 2);
    }

    #[test]
    fn what_is_most_alike_at_the_last_offset_of_a_band_may_be_more_so_beyond() {
        let source = Frames::new(1, (0..60).map(|i| f64::from(i * 29 % 31)).collect());
        let reference = source.view().range(20..40);
        for (lag, is_on_edge) in [(0, false), (3, false), (-4, true), (4, true)] {
            let start = (20 - 4 + lag) as usize;
            let band = DistanceBand::of(reference, source.view().range(start..start + 28), 4);
            let found = Diagonals::in_band(&band, 0..20, 9.0);
            assert_eq!((found.most_alike(), found.is_on_edge()), (lag, is_on_edge));
        }
        assert!(!Diagonals::default().is_on_edge());
    }

    #[test]
    fn windows_of_other_lengths_have_offsets_of_their_own() {
        let found = diagonals(&[1.0, 2.0], &[5.0, 1.0, 2.0]);
        let curve = found.curve();
        assert_eq!(curve.iter().map(|(offset, _)| *offset).collect::<Vec<_>>(), [-2, -1, 0, 1]);
        assert!(curve[1].1 > curve[2].1);
    }

    #[test]
    fn silence_is_like_nothing() {
        assert_eq!(diagonals(&[0.0; 4], &[0.0; 4]).peak_ratio(0.0, 1, 0.1), 0.0);
        assert_eq!((Diagonals::default().mean(), Diagonals::default().most_alike()), (0.0, 0));
    }
}
