//! Which bins of a spectrum count in a correlation, and how much.

use std::ops::Range;

use crate::error::DspError;
use crate::filter::{self, Filter};
use crate::peak::Score;

/// Which bins of the spectrum count.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Band {
    /// All of them, equally.
    Whole,
    /// Those from `low_hz` to `high_hz`, equally; the others not at all.
    Pass {
        /// Lowest frequency that counts.
        low_hz: f64,
        /// Highest frequency that counts.
        high_hz: f64,
    },
}

/// What the cross-spectrum G = R·conj(T) of two windows is divided by before it becomes a correlation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weighting {
    /// |G| + 1e-9: the phase transform (GCC-PHAT).
    Phat,
    /// √(|R|²·|T|²) + 1e-9: the smoothed coherence transform (GCC-SCOT), which of two single spectra differs from the phase
    /// transform by rounding only. What differs is its [`Peak::match_pct`](crate::Peak::match_pct).
    Scot,
    /// (|R| + 1e-9)·(|T| + 1e-9): each spectrum is whitened by itself. A bin that only one side fills counts, too.
    Whiten,
    /// Nothing: loud bins count more, as in the standard cross-correlation (SCC).
    Plain,
}

impl Band {
    /// The bins that count, of the lower half of a spectrum of `length` points at `rate_hz`.
    ///
    /// # Errors
    /// An impossible sample rate, edges not 0 < low < high < half the rate, a band between two bins.
    pub(crate) fn bins(self, length: usize, rate_hz: f64) -> Result<Range<usize>, DspError> {
        if !(rate_hz.is_finite() && rate_hz > 0.0) {
            return Err(DspError::Rate { rate_hz });
        }
        let end = length / 2 + 1;
        let Band::Pass { low_hz, high_hz } = self else {
            return Ok(0..end);
        };
        let nyquist_hz = rate_hz / 2.0;
        if !(0.0 < low_hz && low_hz < high_hz && high_hz < nyquist_hz) {
            return Err(DspError::BandEdges { low_hz, high_hz, nyquist_hz });
        }
        let bin = |hz: f64| hz / rate_hz * length as f64;
        let bins = (bin(low_hz).ceil() as usize)..(bin(high_hz).floor() as usize + 1).min(end);
        if bins.is_empty() {
            return Err(DspError::NoBins { low_hz, high_hz, length });
        }
        Ok(bins)
    }
}

impl Weighting {
    /// The reference program's figure for a correlation with this weight.
    pub(crate) fn score(self) -> Score {
        match self {
            Weighting::Phat | Weighting::Whiten => Score::Confidence,
            Weighting::Scot => Score::OverMean,
            Weighting::Plain => Score::Coefficient,
        }
    }

    /// What filters let through of each of these bins (amplitude), of a spectrum of `length` points at the rate that they are made for; none
    /// where levels do not count, or without filters.
    pub(crate) fn gains(self, filters: &[Filter], bins: &Range<usize>, length: usize) -> Vec<f32> {
        if self != Weighting::Plain || filters.is_empty() {
            return Vec::new();
        }
        let power = |bin: usize| filter::chain_power_gain(filters, bin as f64 / length as f64);
        bins.clone().map(|bin| power(bin).sqrt() as f32).collect()
    }

    /// Lags on either side of a peak that belong to it (samples at `rate_hz`): 5 ms, without a weight 20 ms, or the side lobes of a narrow
    /// band until they are down to 2 %. The band is `share` (0 to 1) of a spectrum at one `decimation`-th of that rate.
    ///
    /// Without a weight a peak is as broad as the sound's own period. Those of music go on for longer than 20 ms; a peak that
    /// does not stand out among its own periods may be off by one of them, and does not count for that reason.
    pub(crate) fn exclusion(self, share: f64, decimation: usize, rate_hz: f64) -> usize {
        let side_lobes = 16.0 * decimation as f64 / share;
        let least_s = if self == Weighting::Plain { 0.02 } else { 0.005 };
        side_lobes.max(least_s * rate_hz).ceil() as usize
    }
}

/// Share (0 to 1) of all bins of a spectrum of `length` points that `bins` of its lower half and their mirror images make up.
pub(crate) fn share(bins: &Range<usize>, length: usize) -> f64 {
    let middle = length.is_multiple_of(2).then_some(length / 2);
    let without_mirror = std::iter::once(0).chain(middle).filter(|bin| bins.contains(bin)).count();
    (2 * bins.len() - without_mirror) as f64 / length as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_band_is_the_whole_spectrum() {
        for length in [1, 2, 5, 6, 1_439_999, 1_440_000] {
            let bins = Band::Whole.bins(length, 48_000.0).unwrap();
            assert_eq!(share(&bins, length), 1.0, "{length}");
        }
    }

    #[test]
    fn a_pass_band_keeps_both_its_edges() {
        let band = Band::Pass { low_hz: 300.0, high_hz: 3400.0 };
        assert_eq!(band.bins(480, 48_000.0), Ok(3..35));
    }

    #[test]
    fn impossible_bands_are_errors() {
        let bins = |low_hz, high_hz, length| Band::Pass { low_hz, high_hz }.bins(length, 48_000.0);
        assert!(matches!(bins(f64::NAN, 3400.0, 480), Err(DspError::BandEdges { .. })));
        assert!(matches!(bins(300.0, 24_000.0, 480), Err(DspError::BandEdges { .. })));
        assert!(matches!(bins(310.0, 320.0, 480), Err(DspError::NoBins { .. })));
        assert!(matches!(Band::Whole.bins(480, 0.0), Err(DspError::Rate { .. })));
    }
}
