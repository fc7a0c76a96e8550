//! Rows of numbers, one for each frame of a window, and how long a frame is.

use std::ops::Range;

use crate::error::DspError;
use crate::spectrum::Precision;

/// Time from one frame to the next (ms): 512 samples at 48 kHz.
pub const FRAME_MS: f64 = 512.0 / 48.0;

/// Samples that a frame must be long at least: of fewer, a spectrum says nothing.
const LEAST_HOP: usize = 16;

/// How a window is cut into frames: each is four hops long, and its middle is a multiple of a hop from the window's start.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Framing {
    /// Sample rate of the window (Hz).
    pub rate_hz: f64,
    /// Samples from one frame to the next.
    pub hop: usize,
    /// Samples of a frame.
    pub length: usize,
}

impl Framing {
    /// The reference program's 2048 samples every 512 at 48 kHz, and what lasts as long at other rates.
    ///
    /// # Errors
    /// A rate that is no number or too low for frames of [`FRAME_MS`].
    pub fn at(rate_hz: f64) -> Result<Self, DspError> {
        let hop = (rate_hz * FRAME_MS / 1000.0).round_ties_even();
        if !(rate_hz.is_finite() && hop >= LEAST_HOP as f64 && hop <= 1e6) {
            return Err(DspError::FrameRate { rate_hz, least_hz: LEAST_HOP as f64 * 1000.0 / FRAME_MS });
        }
        Ok(Self { rate_hz, hop: hop as usize, length: 4 * hop as usize })
    }

    /// Frames of a window of `samples`.
    pub fn count(&self, samples: usize) -> usize {
        1 + samples / self.hop
    }

    /// The frames of a longer sound that are nearest to those of a window of it, which starts at sample `start`: up to half a frame early or
    /// late, as in all windows that start there.
    pub fn of_window(&self, start: usize, samples: usize) -> Range<usize> {
        let first = (start + self.hop / 2) / self.hop;
        first..first + self.count(samples)
    }

    /// Time from one frame to the next (ms).
    pub fn frame_ms(&self) -> f64 {
        self.hop as f64 / self.rate_hz * 1000.0
    }
}

/// One row of `width` numbers for each frame.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Frames<T = f64> {
    width: usize,
    values: Vec<T>,
}

/// Frames that stand elsewhere.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FramesView<'a, T = f64> {
    width: usize,
    values: &'a [T],
}

impl<'a, T> FramesView<'a, T> {
    /// Number of frames.
    pub fn count(&self) -> usize {
        self.values.len() / self.width.max(1)
    }

    /// Numbers in a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The rows in their order.
    pub fn rows(&self) -> impl DoubleEndedIterator<Item = &'a [T]> + ExactSizeIterator + use<'a, T> {
        self.values.chunks_exact(self.width.max(1))
    }

    /// All numbers, row by row.
    pub fn values(&self) -> &'a [T] {
        self.values
    }

    /// The frames of this range, as far as there are any.
    #[must_use]
    pub fn range(&self, range: Range<usize>) -> Self {
        let (start, end) = (range.start.min(self.count()), range.end.min(self.count()));
        Self { width: self.width, values: &self.values[start * self.width..end.max(start) * self.width] }
    }

    /// The frames without the first and last `count`; at least one stays.
    #[must_use]
    pub fn without_ends(&self, count: usize) -> Self {
        let trim = count.min(self.count().saturating_sub(1) / 2);
        self.range(trim..self.count() - trim)
    }
}

impl<T: Clone> FramesView<'_, T> {
    /// A copy of these frames alone.
    pub fn to_frames(&self) -> Frames<T> {
        Frames { width: self.width, values: self.values.to_vec() }
    }
}

impl<T> Frames<T> {
    /// Rows of `width` numbers out of a list of them; what is too short for a row is left out.
    pub fn new(width: usize, mut values: Vec<T>) -> Self {
        let width = width.max(1);
        values.truncate(values.len() / width * width);
        Self { width, values }
    }

    /// All of them.
    pub fn view(&self) -> FramesView<'_, T> {
        FramesView { width: self.width, values: &self.values }
    }

    /// All numbers, row by row.
    pub fn values_mut(&mut self) -> &mut [T] {
        &mut self.values
    }
}

impl<T: Precision> Frames<T> {
    /// Takes off each column its mean over all frames: what an equaliser or another level adds to a cepstrum.
    pub fn centre_columns(&mut self) {
        let count = self.view().count().max(1) as f64;
        let mut means = vec![0.0; self.width];
        for row in self.view().rows() {
            means.iter_mut().zip(row).for_each(|(mean, v)| *mean += v.to_f64().unwrap_or_default() / count);
        }
        let means: Vec<T> = means.into_iter().map(|mean| T::from_f64(mean).unwrap_or_else(T::zero)).collect();
        for row in self.values.chunks_exact_mut(self.width.max(1)) {
            row.iter_mut().zip(&means).for_each(|(v, mean)| *v = *v - *mean);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_last_as_long_at_every_rate() {
        let at = |rate_hz| Framing::at(rate_hz).unwrap();
        assert_eq!((at(48_000.0).hop, at(48_000.0).length), (512, 2048));
        assert_eq!(at(48_000.0).count(720_000), 1407);
        assert_eq!(at(48_000.0).of_window(96_000, 5000), 188..198);
        for rate_hz in [8_000.0, 44_100.0, 96_000.0] {
            assert!((at(rate_hz).frame_ms() / FRAME_MS - 1.0).abs() < 0.01, "{rate_hz}");
        }
        for rate_hz in [0.0, 7.0, 1_000.0, 4e9, f64::NAN, f64::INFINITY, -48_000.0] {
            assert!(Framing::at(rate_hz).is_err(), "{rate_hz}");
        }
    }

    #[test]
    fn centred_columns_have_no_mean() {
        let mut frames = Frames::new(2, vec![1.0, 10.0, 3.0, 30.0, 99.0]);
        frames.centre_columns();
        assert_eq!(frames.view().values(), [-1.0, -10.0, 1.0, 10.0]);
    }

    #[test]
    fn ranges_hold_the_frames_that_there_are() {
        let frames = Frames::new(2, vec![1, 10, 3, 30, 99]);
        let view = frames.view();
        assert_eq!((view.count(), view.width(), view.values()), (2, 2, [1, 10, 3, 30].as_slice()));
        assert_eq!(view.range(1..9).values(), [3, 30]);
        assert_eq!((view.range(7..9).count(), view.without_ends(5).count()), (0, 2));
        assert_eq!(Frames::<f64>::default().view().count(), 0);
    }
}
