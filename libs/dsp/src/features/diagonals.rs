//! How alike the frames of two windows are at each offset between them: what shows whether an alignment means anything.
//!
//! A path of least cost always exists, also between sounds that have nothing in common. But only sounds that are related
//! are much more alike at one offset than at all others.

use crate::features::distance::Columns;
use crate::features::frames::Frames;

/// Mean distances of the frames of two windows at each offset.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Diagonals {
    rows: usize,
    columns: usize,
    /// Sums of the distances; that of reference frame `i` and target frame `j` stands at `j + rows - 1 - i`.
    sums: Vec<f64>,
}

impl Diagonals {
    /// Compares frames of the same width.
    pub fn of(reference: &Frames, target: &Frames) -> Self {
        let (rows, columns) = (reference.count(), target.count());
        if rows == 0 || columns == 0 || reference.width() != target.width() {
            return Self::default();
        }
        let (mut frames, mut distances) = (Columns::default(), Vec::new());
        let mut sums = vec![0.0; rows + columns - 1];
        frames.load(target);
        for (index, row) in reference.rows().enumerate() {
            frames.distances(row, &mut distances);
            sums[rows - 1 - index..].iter_mut().zip(&distances).for_each(|(sum, distance)| *sum += distance);
        }
        Self { rows, columns, sums }
    }

    /// The offset (frames) of the highest similarity; 0 of silence.
    pub fn most_alike(&self) -> i64 {
        self.curve().into_iter().fold((0, 0.0), higher).0
    }

    /// Mean distance of all pairs of frames.
    pub fn mean(&self) -> f64 {
        self.sums.iter().sum::<f64>() / (self.rows * self.columns).max(1) as f64
    }

    /// Similarity (1 = equal, 0 = as any two frames) at each offset, in order of offset: (frames by which the reference is
    /// later, similarity).
    ///
    /// What fewer pairs share counts less, as in the correlation of samples: of a few frames, some are always alike.
    pub fn curve(&self) -> Vec<(i64, f64)> {
        let mean = self.mean();
        let longest = self.rows.min(self.columns);
        let similarity = |(index, sum): (usize, &f64)| {
            let offset = self.rows as i64 - 1 - index as i64;
            let last = (self.rows as i64).min(self.columns as i64 + offset);
            let pairs = (last - offset.max(0)) as f64;
            let share = pairs / longest as f64;
            (offset, if mean > 0.0 { (1.0 - sum / pairs / mean) * share } else { 0.0 })
        };
        self.sums.iter().enumerate().rev().map(similarity).collect()
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
        let curve = self.curve();
        let away = |of: i64| (of as f64 - offset).abs();
        let at = curve.iter().filter(|(of, _)| away(*of) <= 1.0).copied().fold((0, 0.0), higher);
        let elsewhere = curve.iter().filter(|(of, _)| away(*of) > exclusion as f64).copied().fold((0, 0.0), higher);
        (at.1, elsewhere)
    }
}

fn higher(best: (i64, f64), now: (i64, f64)) -> (i64, f64) {
    if now.1 > best.1 { now } else { best }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diagonals(reference: &[f64], target: &[f64]) -> Diagonals {
        Diagonals::of(&Frames::new(1, reference.to_vec()), &Frames::new(1, target.to_vec()))
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
    fn windows_of_other_lengths_have_offsets_of_their_own() {
        let curve = diagonals(&[1.0, 2.0], &[5.0, 1.0, 2.0]).curve();
        assert_eq!(curve.iter().map(|(offset, _)| *offset).collect::<Vec<_>>(), [-2, -1, 0, 1]);
        assert!(curve[1].1 > curve[2].1);
    }

    #[test]
    fn silence_is_like_nothing() {
        assert_eq!(diagonals(&[0.0; 4], &[0.0; 4]).peak_ratio(0.0, 1, 0.1), 0.0);
        assert_eq!((Diagonals::default().mean(), Diagonals::default().most_alike()), (0.0, 0));
    }
}
