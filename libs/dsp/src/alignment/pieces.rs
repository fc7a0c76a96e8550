//! Finds short pieces of a reference anywhere in a target, or near a place where they are expected.

use std::sync::Arc;

use num_complex::Complex32;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};

use super::correlate::{Found, highest_within, peak_width, top};
use super::path::Placed;
use super::wave::Wave;
use crate::dot::dot;
use crate::error::DspError;
use crate::fft_length;

/// Length of the transforms, in pieces.
const PIECES_PER_BLOCK: usize = 6;

/// The spectra of a target in overlapping blocks (overlap-save), to be correlated with pieces of one length at every lag.
pub(super) struct PieceSearch {
    piece_len: usize,
    target_len: usize,
    length: usize,
    /// First value of the first block; half a piece before the target, for pieces that its ends cut through.
    first: i64,
    blocks: Vec<Vec<Complex32>>,
    forward: Arc<dyn RealToComplex<f32>>,
    inverse: Arc<dyn ComplexToReal<f32>>,
}

impl PieceSearch {
    /// Prepares a target for pieces of `piece_len` values.
    ///
    /// # Errors
    /// A target or piece without values.
    pub(super) fn new(target: &Wave, piece_len: usize) -> Result<Self, DspError> {
        if target.is_empty() || piece_len == 0 {
            return Err(DspError::EmptyWindow { reference: piece_len, target: target.len() });
        }
        let length = fft_length::smooth(PIECES_PER_BLOCK * piece_len);
        let mut planner = RealFftPlanner::new();
        let (forward, inverse) = (planner.plan_fft_forward(length), planner.plan_fft_inverse(length));
        let first = -(piece_len as i64 / 2);
        let mut search =
            Self { piece_len, target_len: target.len(), length, first, blocks: Vec::new(), forward, inverse };
        let mut start = first;
        while start < target.len() as i64 - piece_len as i64 / 2 {
            let from = usize::try_from(start).unwrap_or(0);
            let ahead = usize::try_from(-start).unwrap_or(0);
            let to = (from + length - ahead).min(target.len());
            search.blocks.push(search.spectrum(&target.values[from..to], ahead)?);
            start += (length - piece_len + 1) as i64;
        }
        Ok(search)
    }

    fn spectrum(&self, values: &[f32], ahead: usize) -> Result<Vec<Complex32>, DspError> {
        let mut padded = self.forward.make_input_vec();
        padded[ahead..ahead + values.len()].copy_from_slice(values);
        let mut spectrum = self.forward.make_output_vec();
        let done = self.forward.process(&mut padded, &mut spectrum);
        done.map_err(DspError::of_transform(self.length))?;
        Ok(spectrum)
    }

    /// The best `count` places for the piece of the reference that starts at value `start`: lags of at most `longest` values.
    ///
    /// # Errors
    /// A piece that reaches past the end of the reference.
    pub(super) fn find(
        &self,
        reference: &Wave,
        start: usize,
        longest: usize,
        count: usize,
    ) -> Result<Vec<Found>, DspError> {
        let end = start + self.piece_len;
        if end > reference.len() {
            return Err(DspError::OutsideReference { end, len: reference.len() });
        }
        let piece = self.spectrum(&reference.values[start..end], 0)?;
        let valid = self.length - self.piece_len + 1;
        // Places in the target that are within reach; the earliest of them has the greatest lag.
        let longest = longest.min(1 << 60) as i64;
        let lag_of = |place: usize| start as i64 - (self.first + place as i64);
        // What is highest at the end of the range may be the flank of a peak beyond it.
        let reach = longest + peak_width(reference.rate_hz) as i64;
        let from = usize::try_from(lag_of(0) - reach).unwrap_or(0).min(self.target_len);
        let to = usize::try_from(lag_of(0) + reach + 1).unwrap_or(0).min(self.target_len).max(from);
        // By lag instead of by place, so from the last one on.
        let mut heights = vec![0.0; to - from];
        let mut product = self.forward.make_output_vec();
        let mut correlation = self.inverse.make_output_vec();
        let mut scratch = self.inverse.make_scratch_vec();
        for (block, first) in self.blocks.iter().zip((0..).step_by(valid)) {
            let wanted = first.max(from)..(first + valid).min(to);
            if wanted.is_empty() {
                continue;
            }
            for ((to, r), t) in product.iter_mut().zip(&piece).zip(block) {
                *to = t * r.conj();
            }
            product[0].im = 0.0;
            product[self.length / 2].im = 0.0;
            let done = self.inverse.process_with_scratch(&mut product, &mut correlation, &mut scratch);
            done.map_err(DspError::of_transform(self.length))?;
            let heights = &mut heights[to - wanted.end..to - wanted.start];
            for (height, value) in heights.iter_mut().rev().zip(&correlation[wanted.start - first..]) {
                *height = value.abs();
            }
        }
        let wanted = -(longest as f64)..=longest as f64;
        Ok(highest_within(&wanted, lag_of(to.saturating_sub(1)), &heights, reference.rate_hz, count))
    }
}

/// Pieces of `seconds`, or of a third of the shorter sound.
pub(super) fn piece_len(reference: &Wave, target: &Wave, seconds: f64) -> usize {
    ((seconds * reference.rate_hz) as usize).min(reference.len() / 3).min(target.len() / 3)
}

/// Pieces of `len` values of the reference, up to about `most` of them from all of it, that are somewhere in the target, in order of
/// time; and how many were looked for.
pub(super) fn pieces(
    reference: &Wave,
    target: &Wave,
    len: usize,
    longest: usize,
    most: usize,
    significance: f64,
) -> Result<(Vec<Placed>, usize), DspError> {
    if len == 0 || target.len() < len || reference.len() < len {
        return Ok((Vec::new(), 0));
    }
    let search = PieceSearch::new(target, len)?;
    let room = reference.len() - len;
    let (mut placed, mut looked_at) = (Vec::new(), 0);
    for start in (0..=room).step_by(len.max(room / most)) {
        looked_at += 1;
        let found = search.find(reference, start, longest, 1)?;
        let sure = found.into_iter().filter(|found| found.significance >= significance);
        placed.extend(sure.map(|found| Placed { at: start as f64 + len as f64 / 2.0, found }));
    }
    Ok((placed, looked_at))
}

/// How a piece of a reference agrees with a target around an expected lag, in standard deviations of what independent values would give.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Near {
    /// The lag at which it agrees best.
    pub(super) lag: f64,
    /// How well it agrees there.
    pub(super) agreement: f64,
    /// How well it agrees at the expected lag or one value beside it.
    pub(super) at_expected: f64,
}

/// How the reference's values `start..end` agree with the target within `reach` values of the lag `expected`; `None` where the target
/// has too little.
#[must_use]
pub(super) fn near(
    reference: &Wave,
    target: &Wave,
    (start, end): (usize, usize),
    expected: i64,
    reach: usize,
) -> Option<Near> {
    let reach = (reach as i64).max(1);
    let (first, last) = (expected - reach, expected + reach);
    // All lags see the same part of the reference.
    let from = (start as i64).max(last);
    let to = (end.min(reference.len()) as i64).min(target.len() as i64 + first);
    if to - from < (end - start) as i64 / 2 {
        return None;
    }
    let r = &reference.values[from as usize..to as usize];
    let at = |lag: i64| &target.values[(from - lag) as usize..(to - lag) as usize];
    let heights: Vec<f32> = (first..=last).map(|lag| dot(r, at(lag)).abs()).collect();
    let best = (0..heights.len()).max_by(|a, b| heights[*a].total_cmp(&heights[*b]))?;
    let (offset, height) = top(&heights, best);
    let squares = f64::from(dot(r, r)) * f64::from(dot(at(expected), at(expected))) / r.len() as f64;
    let scale = if squares > 0.0 { 1.0 / squares.sqrt() } else { 0.0 };
    let middle = reach as usize;
    let expected_height = heights[middle - 1..=middle + 1].iter().copied().fold(0.0, f32::max);
    Some(Near {
        lag: first as f64 + best as f64 + offset,
        agreement: height * scale,
        at_expected: f64::from(expected_height) * scale,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alignment::wave::made_up as wave;
    use crate::made_up::noise;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn a_piece_is_found_wherever_it_is(start in 0usize..7000, piece_len in 900usize..2000, cut in 0usize..3000, len in 4000usize..6000) {
            let film = noise(10_000, 1);
            let search = PieceSearch::new(&wave(&film[cut..cut + len]), piece_len).unwrap();
            let found = search.find(&wave(&film), start, usize::MAX, 1).unwrap();
            if start >= cut && start + piece_len <= cut + len {
                prop_assert!((found[0].lag - cut as f64).abs() < 0.1 && found[0].significance > 15.0, "{found:?}");
            } else if start > cut + len || start + piece_len < cut {
                prop_assert!(found[0].significance < 7.0, "{found:?}");
            }
        }
    }

    #[test]
    fn a_piece_that_is_cut_in_half_by_the_targets_end_is_found_and_lags_are_limited() {
        // A peak of some width.
        let film: Vec<f32> = noise(10_001, 2).windows(2).map(|pair| pair[0] + pair[1]).collect();
        let search = PieceSearch::new(&wave(&film[2000..8000]), 1000).unwrap();
        for start in [1600, 7400] {
            assert!((search.find(&wave(&film), start, 5000, 1).unwrap()[0].lag - 2000.0).abs() < 0.1);
            for longest in [1900, 1999] {
                let limited = search.find(&wave(&film), start, longest, 1).unwrap();
                assert!(limited.iter().all(|found| found.significance < 7.0), "{limited:?}");
            }
            assert_eq!(search.find(&wave(&film), start, 2001, 1).unwrap().len(), 1);
        }
        assert!(search.find(&wave(&film), 9500, 5000, 1).is_err());
    }

    #[test]
    fn near_a_place_the_lag_is_found() {
        let (film, target) = (noise(5000, 3), noise(5000, 3)[700..].to_vec());
        let found = near(&wave(&film), &wave(&target), (1000, 2000), 690, 40).unwrap();
        assert!((found.lag - 700.0).abs() < 0.05 && found.agreement > 25.0 && found.at_expected < 5.0, "{found:?}");
        assert_eq!(near(&wave(&film), &wave(&target), (0, 500), 690, 40), None);
        assert_eq!(near(&wave(&film), &wave(&target), (4500, 5000), -3000, 40), None);
    }

    #[test]
    fn silence_is_nowhere() {
        let silence = wave(&[0.0; 3000]);
        let search = PieceSearch::new(&silence, 500).unwrap();
        assert!(search.find(&silence, 100, 1000, 1).unwrap().iter().all(|found| found.significance == 0.0));
        assert_eq!(near(&silence, &silence, (500, 900), 0, 30).unwrap().agreement, 0.0);
        assert!(PieceSearch::new(&wave(&[]), 500).is_err());
    }
}
