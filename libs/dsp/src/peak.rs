//! The peak of a correlation: where it is, and how it stands out.

use std::ops::Range;

use multiversion::multiversion;
use realfft::num_traits::Float;

use crate::confidence;
use crate::spectrum::Precision;
use crate::sub_sample;

/// [`Peak::peak_ratio`] above which two windows of 15 s, correlated as by [`crate::GccOptions::robust`], are taken as related.
///
/// Measured: 3 in 1000 windows of unrelated music, films and speech exceed it, mostly where both hold the same recorded sound,
/// never two windows of a pair and so never two that agree on a delay. Of two languages over the same music, 6 or 12 dB below
/// the speech, 83 % and 75 % of the windows exceed it, all of them right.
pub const RELATED_PEAK_RATIO: f64 = 1.6;

/// Share of a window from which on a delay is on the edge of what can be found: hardly a second is compared then, which some sound always
/// matches.
pub const EDGE: f64 = 0.95;

/// What codecs, resampling and the interpolation cost where there is no noise (samples).
const LEAST_ERROR: f64 = 0.05;

/// Standard deviations of the noise that an error bar has on either side.
///
/// Two would do if the noise were the same everywhere. Of dubs, whose own sound is the noise, there is more of it near the peak.
/// Measured on windows of 15 s: with 2.8, the bar holds the true lag in 95 % of the accepted windows of dubs, in all others
/// of the same mix.
const SIGMAS: f64 = 2.8;

/// How far to either side of a peak its curvature is measured (samples).
pub(crate) const CURVATURE_STEP: f64 = 0.5;

/// How finely a peak is placed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeakFit {
    /// On a whole sample, as the reference program does.
    Sample,
    /// Between samples, by the parabola through the magnitudes of the highest one and its neighbours, as the reference program's
    /// peak fit does. It does not change the height. A decimated correlation is interpolated as by [`PeakFit::SubSample`].
    Parabola,
    /// Between samples, by band-limited interpolation of the correlation.
    SubSample,
}

/// How [`Peak::match_pct`] is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Score {
    /// The confidence of the reference program.
    Confidence,
    /// The peak against the mean.
    OverMean,
    /// The peak's share of the full scale: the correlation coefficient.
    Coefficient,
}

/// The lags of a circular correlation that are looked at: `-earliest..=latest`, 0 always among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LagRange {
    /// FFT length: lag `-k` stands at index `length - k`.
    pub length: usize,
    /// Largest lag (samples).
    pub latest: usize,
    /// Size of the most negative lag (samples).
    pub earliest: usize,
}

impl LagRange {
    /// The lag (samples) that stands at `index`.
    pub(crate) fn lag(&self, index: usize) -> i64 {
        if index <= self.latest { index as i64 } else { index as i64 - self.length as i64 }
    }

    /// All indices of the range: first the lags from 0 up, then the negative ones.
    fn pieces(&self) -> [Range<usize>; 2] {
        [0..self.latest + 1, self.length - self.earliest..self.length]
    }

    /// The indices of all lags that are further than `near` from `lag`.
    fn elsewhere(&self, lag: i64, near: i64) -> [Range<usize>; 4] {
        let index = |lag: i64, piece: &Range<usize>| {
            let index = if piece.start == 0 { lag } else { lag + self.length as i64 };
            index.clamp(piece.start as i64, piece.end as i64) as usize
        };
        let [later, earlier] = self.pieces();
        let around = |piece: Range<usize>| {
            let (end, start) = (index(lag - near, &piece), index(lag + near + 1, &piece));
            [piece.start..end, start..piece.end]
        };
        let ([a, b], [c, d]) = (around(later), around(earlier));
        [a, b, c, d]
    }
}

/// Half a sample at 48 kHz (ms): what clocks, codecs and resampling may add to any delay, however many measurements there are.
pub const HALF_A_SAMPLE_MS: f64 = 0.0104;

/// What the correlation of two windows says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Peak {
    /// Delay in samples: positive = the target plays too early. A whole number only if placed with [`PeakFit::Sample`].
    pub lag_samples: f64,
    /// Half of the range around `lag_samples` that holds the true lag in 95 % of all cases, if the windows are related
    /// (samples); infinite for silence, and if all lags belong to the peak. From the noise of the correlation around the peak and how sharp that is.
    pub error_samples: f64,
    /// Height of the peak, -1 to 1: 1 if all bins that count agree on this delay (or, without a weight, if the windows are
    /// alike), negative if the polarity is inverted.
    pub value: f64,
    /// Height (>= 0) of the highest peak elsewhere, on the scale of `value`.
    pub runner_up: f64,
    /// Where the runner-up is (samples), for a window that may hold two delays.
    pub runner_up_lag_samples: i64,
    /// Height of the peak over that of the runner-up; about 1 for windows that have nothing in common, 0 for silence, and if all lags
    /// that are looked at belong to the peak.
    pub peak_ratio: f64,
    /// The reference program's figure for the method (0 to 100): its confidence, see [`crate::confidence`], or the
    /// correlation coefficient of a correlation without a weight.
    pub match_pct: f64,
    /// Over how many bins of the spectrum the common energy is spread: few for single tones, whose phases tell no delay. 0 if
    /// it was not measured.
    pub spread_bins: f64,
    /// The peak is the first or the last lag that was looked at: the true delay is probably outside the range, or the peak is
    /// an artefact of the window's edges.
    pub on_edge: bool,
}

impl Peak {
    /// The delay in milliseconds.
    pub fn delay_ms(&self, rate_hz: f64) -> f64 {
        self.lag_samples / rate_hz * 1000.0
    }
}

/// How the peak of a correlation is looked for.
pub(crate) struct Search {
    pub(crate) lags: LagRange,
    /// Lags on either side of a peak that belong to it (samples).
    pub(crate) exclusion: usize,
    pub(crate) fit: PeakFit,
    pub(crate) score: Score,
}

impl Search {
    /// Measures the highest peak of the circular correlation `g`, the first one if several are equal. Overwrites `g`.
    pub(crate) fn run(&self, g: &mut [impl Precision], scale: Scale) -> Peak {
        let blocks = Blocks::of(g);
        let (top, height) = blocks.highest(g, &self.lags.pieces());
        let lag = self.lags.lag(top);
        let near = self.exclusion as i64;
        let elsewhere = self.lags.elsewhere(lag, near);
        let (second, runner_up) = blocks.highest(g, &elsewhere);
        let on_edge = height > 0.0 && (lag == self.lags.latest as i64 || lag == -(self.lags.earliest as i64));
        // Few lags may all be low by chance.
        let is_little = elsewhere.iter().map(Range::len).sum::<usize>() < self.exclusion;
        let noise = if is_little { runner_up } else { blocks.rms(g, &elsewhere) };
        // A peak that nothing can be compared with tells nothing.
        let is_alone = elsewhere.iter().all(Range::is_empty);

        let (offset, value) = match self.fit {
            PeakFit::SubSample if height > 0.0 => sub_sample::refine(g, top),
            PeakFit::Parabola if height > 0.0 && !on_edge => (parabola(g, top), to_f64(g[top])),
            // Of sound as loud as numbers can be, a correlation is no number.
            _ => (0.0, if height > 0.0 { to_f64(g[top]) } else { 0.0 }),
        };
        let error_samples = match height > 0.0 && !is_alone {
            true => scale.error(noise, sub_sample::curvature(g, top, offset, CURVATURE_STEP).abs(), self.fit),
            false => f64::INFINITY,
        };
        let highest = |g: &[_], parts: [Range<usize>; 2]| blocks.highest(g, &parts).1;
        let match_pct = self.score.of(g, top, scale.share(value), highest);
        Peak {
            lag_samples: lag as f64 + offset,
            error_samples,
            value: scale.share(value),
            runner_up: scale.share(runner_up),
            runner_up_lag_samples: self.lags.lag(second),
            peak_ratio: if is_alone { 0.0 } else { ratio(value.abs(), runner_up) },
            match_pct,
            spread_bins: 0.0,
            on_edge,
        }
    }
}

/// Figures of a pair of windows that the search needs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scale {
    /// What the correlation would be at lag 0 if all bins agreed; 0 for silence.
    pub(crate) full: f64,
    /// Root mean square frequency of the correlation (radians per sample).
    pub(crate) bandwidth: f64,
}

impl Scale {
    pub(crate) fn share(&self, height: f64) -> f64 {
        if self.full > 0.0 { height / self.full } else { 0.0 }
    }

    /// [`Peak::error_samples`] of a peak of this curvature over noise of this root mean square.
    pub(crate) fn error(&self, noise: f64, curvature: f64, fit: PeakFit) -> f64 {
        let placed = if fit == PeakFit::Sample { 0.5 } else { LEAST_ERROR };
        placed + SIGMAS * noise * self.bandwidth / curvature
    }
}

impl Score {
    /// The figure of the peak at index `top` of a correlation without NaN, which it overwrites; `share` is its height, and `highest` tells the
    /// highest magnitude in two parts.
    pub(crate) fn of<T: Precision>(
        self,
        g: &mut [T],
        top: usize,
        share: f64,
        highest: impl FnOnce(&[T], [Range<usize>; 2]) -> f64,
    ) -> f64 {
        match self {
            Score::Confidence => {
                let second = highest(g, confidence::outside(g.len(), top));
                confidence::match_pct_over(g, top, second)
            }
            Score::OverMean => confidence::scot_match_pct(g, top),
            Score::Coefficient => 100.0 * share.abs(),
        }
    }
}

/// Where the parabola through the magnitudes around `top` has its vertex (samples, -1 to 1), as the reference program puts it.
fn parabola<T: Precision>(g: &[T], top: usize) -> f64 {
    let height = |i: usize| to_f64(Float::abs(g[i % g.len()]));
    let [before, at, after] = [height(top + g.len() - 1), height(top), height(top + 1)];
    let offset = 0.5 * (before - after) / (before - 2.0 * at + after);
    if offset.abs() < 1.0 { offset } else { 0.0 }
}

fn to_f64(v: impl Float) -> f64 {
    v.to_f64().unwrap_or(0.0)
}

/// Values of a block: few enough to stay in the cache while they are looked at twice.
const BLOCK: usize = 2048;

/// The highest magnitude and the energy of each block of a correlation, so that it is read once however many parts of it are looked at.
struct Blocks<T> {
    loudest: Vec<T>,
    energy: Vec<f64>,
}

impl<T: Precision> Blocks<T> {
    fn of(g: &[T]) -> Self {
        let (loudest, energy) = figures(g);
        Self { loudest, energy }
    }

    /// What lies before the whole blocks of a piece, these by number, and what lies behind them.
    fn parts(piece: &Range<usize>) -> (Range<usize>, Range<usize>, Range<usize>) {
        let (first, end) = (piece.start.div_ceil(BLOCK), piece.end / BLOCK);
        if first >= end {
            return (piece.clone(), 0..0, piece.end..piece.end);
        }
        (piece.start..first * BLOCK, first..end, end * BLOCK..piece.end)
    }

    /// (index, magnitude) of the first highest magnitude in these pieces.
    fn highest(&self, g: &[T], pieces: &[Range<usize>]) -> (usize, f64) {
        let mut best = (0, T::zero());
        for piece in pieces {
            let (head, blocks, tail) = Self::parts(piece);
            let whole = self.loudest[blocks.clone()].iter().copied().fold(T::zero(), T::max);
            let height = loudest(&g[head.clone()]).max(whole).max(loudest(&g[tail.clone()]));
            if height > best.1 {
                let block = blocks.clone().find(|block| self.loudest[*block] == height);
                let inside = block.map_or(0..0, |block| block * BLOCK..(block + 1) * BLOCK);
                let place = [head, inside, tail].into_iter().find_map(|part| {
                    let place = g[part.clone()].iter().position(|value| Float::abs(*value) == height);
                    place.map(|place| part.start + place)
                });
                best = place.map_or(best, |place| (place, height));
            }
        }
        (best.0, to_f64(best.1))
    }

    /// Root mean square of all values in these pieces; 0 for none.
    fn rms(&self, g: &[T], pieces: &[Range<usize>]) -> f64 {
        let energy = |piece: &Range<usize>| {
            let (head, blocks, tail) = Self::parts(piece);
            energy(&g[head]) + self.energy[blocks].iter().sum::<f64>() + energy(&g[tail])
        };
        let count: usize = pieces.iter().map(Range::len).sum();
        (pieces.iter().map(energy).sum::<f64>() / count.max(1) as f64).sqrt()
    }
}

/// The highest magnitude and the energy of each block.
#[multiversion(targets("x86_64+avx+avx2+fma"))]
fn figures<T: Precision>(g: &[T]) -> (Vec<T>, Vec<f64>) {
    g.chunks(BLOCK).map(|block| (loudest(block), energy(block))).unzip()
}

/// Values that are looked at side by side.
const LANES: usize = 16;

/// The highest magnitude; 0 for no values. What is no number is passed over.
#[inline(always)]
pub(crate) fn loudest<T: Precision>(values: &[T]) -> T {
    let louder = |lane: T, v: T| if v.abs() > lane { v.abs() } else { lane };
    let (rows, rest) = values.as_chunks::<LANES>();
    let mut lanes = [T::zero(); LANES];
    for row in rows {
        lanes.iter_mut().zip(row).for_each(|(lane, v)| *lane = louder(*lane, *v));
    }
    lanes.iter().chain(rest).copied().fold(T::zero(), louder)
}

/// Root mean square of all values in these pieces; 0 for none.
pub(crate) fn rms<'g, T: Precision>(pieces: impl Iterator<Item = &'g [T]>) -> f64 {
    let (count, sum) = pieces.fold((0, 0.0), |(n, sum), piece| (n + piece.len(), sum + energy(piece)));
    (sum / count.max(1) as f64).sqrt()
}

/// Sum of squares.
#[inline(always)]
pub(crate) fn energy<T: Precision>(values: &[T]) -> f64 {
    let (rows, rest) = values.as_chunks::<LANES>();
    let mut lanes = [0.0; LANES];
    for row in rows {
        // All of them first, and then their squares: so both take vector instructions.
        let row = row.map(to_f64);
        lanes.iter_mut().zip(row).for_each(|(lane, v)| *lane += v * v);
    }
    let square = |v: &T| to_f64(*v).powi(2);
    lanes.into_iter().chain(rest.iter().map(square)).sum()
}

/// 0 over 0 is 0: a silent window has no peak, nor has one that is no number. Nothing but the peak counts as a ratio of the largest finite number.
pub(crate) fn ratio(peak: f64, other: f64) -> f64 {
    if peak > 0.0 { (peak / other).min(f64::MAX) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::made_up::noise;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn blocks_tell_what_the_values_in_them_do(seed: u64, len in 1usize..9000, cuts in proptest::array::uniform4(0.0f64..1.0)) {
            let g = noise(len, seed);
            let blocks = Blocks::of(&g);
            let mut at = cuts.map(|cut| (cut * (len + 1) as f64) as usize);
            at.sort_unstable();
            let pieces = [at[0]..at[1], at[2]..at[3]];
            let inside = || pieces.iter().flat_map(Clone::clone);
            let expected = inside().rev().max_by(|a, b| g[*a].abs().total_cmp(&g[*b].abs()));
            let found = blocks.highest(&g, &pieces);
            prop_assert_eq!(found, expected.map_or((0, 0.0), |index| (index, f64::from(g[index].abs()))));
            let squares: f64 = inside().map(|index| f64::from(g[index]).powi(2)).sum();
            let expected = (squares / inside().count().max(1) as f64).sqrt();
            prop_assert!((blocks.rms(&g, &pieces) - expected).abs() < 1e-9);
        }
    }
}
