//! The peak of a correlation of which every n-th lag is known, measured as if all were known.
//!
//! A correlation over a low band is smooth: between the lags that were computed it is what band-limited interpolation says.
//! Where it may be highest, it is looked at for every lag in between, so that heights, their ratio and what lies on the edge
//! come out as from a correlation at the full rate.

use std::ops::{Range, RangeInclusive};

use crate::confidence;
use crate::peak::{self, Peak, PeakFit, Scale, Score};
use crate::spectrum::Precision;
use crate::sub_sample::{self, Weights};

/// Share of the highest computed value that a computed value must have for the lags around it to be looked at. At the rates
/// that `decimate` chooses, a lone peak halfway between two values exceeds both by half; noise beside it can lower them more.
const WORTH_A_LOOK: f64 = 0.4;

/// How the peak of a decimated correlation is looked for. Lags are in samples of the full rate.
pub(crate) struct CoarseSearch {
    /// Lags from one computed value to the next.
    factor: i64,
    /// The lags that are looked at; 0 is one of them.
    lags: RangeInclusive<i64>,
    /// Lags on either side of a peak that belong to it.
    exclusion: i64,
    fit: PeakFit,
    score: Score,
    /// Interpolation at all lags that are nearest to a computed value, the earliest first.
    between: Vec<Weights>,
}

/// A lag and the value there. A cell is a computed value with the lags nearest to it; the cell of lag 0 is 0.
#[derive(Clone, Copy, Default)]
struct Place {
    lag: i64,
    cell: i64,
    value: f64,
}

impl CoarseSearch {
    pub(crate) fn new(factor: usize, lags: RangeInclusive<i64>, exclusion: usize, fit: PeakFit, score: Score) -> Self {
        let before = (factor / 2) as f64;
        let offset = |i: usize| (i as f64 - before) / factor as f64;
        Self {
            factor: factor as i64,
            lags,
            exclusion: exclusion as i64,
            fit,
            score,
            between: (0..factor).map(|i| sub_sample::weights(offset(i))).collect(),
        }
    }

    /// Measures the highest peak of the circular correlation `g`, whose index `k` is lag `k * factor`. Overwrites `g`.
    ///
    /// `Peak::match_pct` is the confidence of the computed values, with the true heights of the peak and of the runner-up
    /// among them: its median and spread come from a sample of the background, its heights are those of the full rate.
    /// `scale` is that of the computed values.
    pub(crate) fn run<T: Precision>(&self, g: &mut [T], scale: Scale) -> Peak {
        let (first, last) = (*self.lags.start(), *self.lags.end());
        let top = self.highest(g, std::slice::from_ref(&self.lags));
        let elsewhere = [first..=top.lag - self.exclusion - 1, top.lag + self.exclusion + 1..=last];
        let second = self.highest(g, &elsewhere);
        // A peak that nothing can be compared with tells nothing.
        let is_alone = elsewhere.iter().all(RangeInclusive::is_empty);
        let lags: i64 = elsewhere.iter().map(|region| (region.end() - region.start() + 1).max(0)).sum();
        // Few lags may all be low by chance, or none of them was computed.
        let noise = match lags < self.exclusion || self.pieces(g, &elsewhere).all(|(_, piece)| piece.is_empty()) {
            true => second.value.abs(),
            false => peak::rms(self.pieces(g, &elsewhere).map(|(_, piece)| piece)),
        };
        let (offset, value) = match self.fit {
            PeakFit::Sample => (0.0, top.value),
            _ if top.value == 0.0 => (0.0, 0.0),
            PeakFit::Parabola | PeakFit::SubSample => self.refine(g, top),
        };
        let error_samples = match top.value == 0.0 || is_alone {
            true => f64::INFINITY,
            false => self.error(g, top, offset, noise, scale),
        };

        for place in [second, top] {
            let at = index(g.len(), place.cell);
            g[at] = T::from_f64(place.value.abs()).unwrap_or(g[at]).max(g[at].abs());
        }
        let match_pct = self.score.of(g, index(g.len(), top.cell), scale.share(value), confidence::highest);
        Peak {
            lag_samples: top.lag as f64 + offset,
            error_samples,
            value: scale.share(value),
            runner_up: scale.share(second.value.abs()),
            runner_up_lag_samples: second.lag,
            peak_ratio: if is_alone { 0.0 } else { peak::ratio(value.abs(), second.value.abs()) },
            match_pct,
            spread_bins: 0.0,
            on_edge: top.value != 0.0 && (top.lag == first || top.lag == last),
        }
    }

    /// The highest value, of either sign, at any lag of these regions; lag 0 and value 0 if there is none.
    fn highest<T: Precision>(&self, g: &[T], regions: &[RangeInclusive<i64>]) -> Place {
        let mut best = Place::default();
        let computed = self.pieces(g, regions).map(|(_, piece)| peak::loudest(piece));
        let computed = computed.fold(T::zero(), T::max).to_f64().unwrap_or(0.0);
        let worth = T::from_f64(WORTH_A_LOOK * computed).unwrap_or_else(T::zero);
        for region in regions.iter().filter(|region| !region.is_empty()) {
            // The value of a cell at an end may lie outside, and says little about the lags inside. A peak halfway between that
            // cell and the next one may show in the value outside alone, so the next one is looked at, too.
            let (start, end) = (self.cell(*region.start()), self.cell(*region.end()));
            for cell in [start, start + 1, end - 1, end] {
                self.look(g, cell, region, &mut best);
            }
            // Of nothing but silence, or of a region without a computed value, that was all.
            let pieces = self.pieces(g, std::slice::from_ref(region)).filter(|_| computed > 0.0);
            for (first, piece) in pieces {
                let promising = piece.iter().enumerate().filter(|(_, v)| v.abs() >= worth);
                for (i, _) in promising {
                    self.look(g, first + i as i64, region, &mut best);
                }
            }
        }
        best
    }

    /// Looks for a higher value than `best` at the lags of a cell that lie in `region`.
    fn look<T: Precision>(&self, g: &[T], cell: i64, region: &RangeInclusive<i64>, best: &mut Place) {
        let near = sub_sample::neighbourhood(g, index(g.len(), cell));
        let first = cell * self.factor - self.factor / 2;
        for (lag, weights) in (first..).zip(&self.between) {
            if region.contains(&lag) {
                let value = sub_sample::weighted(&near, weights);
                if value.abs() > best.value.abs() {
                    *best = Place { lag, cell, value };
                }
            }
        }
    }

    /// (lags from `top` to the extreme between lags, signed value there).
    fn refine<T: Precision>(&self, g: &[T], top: Place) -> (f64, f64) {
        let step = 1.0 / self.factor as f64;
        let centre = (top.lag - top.cell * self.factor) as f64 * step;
        let inverted = top.value < 0.0;
        let (offset, value) = sub_sample::refine_within(g, index(g.len(), top.cell), inverted, centre, step);
        ((offset - centre) * self.factor as f64, value)
    }

    /// [`Peak::error_samples`], from the curvature and bandwidth of the computed values.
    fn error<T: Precision>(&self, g: &[T], top: Place, offset: f64, noise: f64, scale: Scale) -> f64 {
        let step = self.factor as f64;
        let from_cell = (top.lag - top.cell * self.factor) as f64 + offset;
        let curvature =
            sub_sample::curvature(g, index(g.len(), top.cell), from_cell / step, peak::CURVATURE_STEP / step).abs();
        let full_rate = Scale { bandwidth: scale.bandwidth / step, ..scale };
        full_rate.error(noise, curvature / (step * step), self.fit)
    }

    fn cell(&self, lag: i64) -> i64 {
        (lag + self.factor / 2).div_euclid(self.factor)
    }

    /// The computed values that belong to lags of these regions, in contiguous pieces with the cell of the first one.
    fn pieces<'g, T>(&self, g: &'g [T], regions: &[RangeInclusive<i64>]) -> impl Iterator<Item = (i64, &'g [T])> {
        let factor = self.factor;
        regions.iter().flat_map(move |region| {
            let first = region.start().div_euclid(factor) + i64::from(region.start().rem_euclid(factor) > 0);
            let end = region.end().div_euclid(factor) + 1;
            [first..end.min(0), first.max(0)..end].map(|cells: Range<i64>| {
                let start = index(g.len(), cells.start);
                let len = (cells.end - cells.start).max(0) as usize;
                (cells.start, g.get(start..start + len).unwrap_or_default())
            })
        })
    }
}

/// Where a cell's value stands in a correlation of `length` values.
fn index(length: usize, cell: i64) -> usize {
    cell.rem_euclid(length as i64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::peak::{LagRange, Search};
    use num_complex::Complex;
    use proptest::prelude::*;
    use realfft::RealFftPlanner;

    const FACTOR: usize = 6;
    const LENGTH: usize = 12_000;

    /// A correlation at the full rate with random phases from bin 75 to 850 (300 to 3400 Hz of 48 kHz), and a pulse at
    /// `lag` of `share` of what it would be if all bins agreed.
    fn correlation(lag: f64, share: f64, seed: u64) -> Vec<f64> {
        let mut state = seed | 1;
        let transform = RealFftPlanner::<f64>::new().plan_fft_inverse(LENGTH);
        let mut spectrum = transform.make_input_vec();
        for (bin, c) in spectrum.iter_mut().enumerate().take(851).skip(75) {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let turn = (state >> 33) as f64 / (1u64 << 31) as f64;
            let pulse = -(bin as f64) * lag / LENGTH as f64;
            let unit = |turns: f64| Complex::from_polar(1.0 / LENGTH as f64, std::f64::consts::TAU * turns);
            *c = unit(turn) * (1.0 - share.abs()) + unit(pulse) * share;
        }
        let mut g = transform.make_output_vec();
        transform.process(&mut spectrum, &mut g).unwrap();
        g
    }

    fn both(g: &[f64], earliest: usize, latest: usize, fit: PeakFit) -> (Peak, Peak) {
        let full_scale = 2.0 * 776.0 / LENGTH as f64;
        let score = Score::Confidence;
        let full = Search { lags: LagRange { length: LENGTH, latest, earliest }, exclusion: 240, fit, score };
        let lags = -(earliest as i64)..=latest as i64;
        let coarse = CoarseSearch::new(FACTOR, lags, 240, fit, score);
        let mut decimated: Vec<f64> = g.iter().copied().step_by(FACTOR).collect();
        // Root mean square of 75 to 850 of 12000.
        let bandwidth = std::f64::consts::TAU * 514.0 / LENGTH as f64;
        let full = full.run(&mut g.to_vec(), Scale { full: full_scale, bandwidth });
        let bandwidth = bandwidth * FACTOR as f64;
        (full, coarse.run(&mut decimated, Scale { full: full_scale, bandwidth }))
    }

    #[test]
    fn silence_has_no_peak() {
        let (_, peak) = both(&vec![0.0; LENGTH], 5999, 5999, PeakFit::SubSample);
        assert_eq!((peak.lag_samples, peak.peak_ratio, peak.on_edge), (0.0, 0.0, false));
    }

    #[test]
    fn a_range_shorter_than_a_step_is_looked_at() {
        let g = correlation(2.0, 1.0, 1);
        for (earliest, latest) in [(0, 0), (0, 1), (1, 2), (2, 4), (0, 6)] {
            let (full, coarse) = both(&g, earliest, latest, PeakFit::Sample);
            assert_eq!((full.lag_samples, full.on_edge), (coarse.lag_samples, coarse.on_edge));
        }
    }

    #[test]
    fn a_peak_that_shows_in_a_value_outside_of_the_range_is_found() {
        let g = correlation(-4_885.187_772_293_171, 0.368_660_015_610_447, 4_624_287_276_461_552_672);
        let (full, coarse) = both(&g, 4876, 0, PeakFit::Sample);
        assert_eq!((full.lag_samples, coarse.lag_samples), (-4875.0, -4875.0));
    }

    #[test]
    fn a_single_lag_elsewhere_is_noise_enough() {
        let g = correlation(-3_986.425_031_939_194_5, 0.0, 6_442_826_646_961_936_054);
        let (full, coarse) = both(&g, 0, 337, PeakFit::SubSample);
        assert!((full.error_samples / coarse.error_samples).ln().abs() < 0.1, "{full:?} {coarse:?}");
    }

    #[test]
    fn of_few_lags_elsewhere_the_highest_is_the_noise() {
        let g = correlation(3_430.355_410_419_744_7, 0.0, 3_511_065_603_166_995_778);
        let (full, coarse) = both(&g, 354, 0, PeakFit::SubSample);
        assert!((full.error_samples / coarse.error_samples).ln().abs() < 0.1, "{full:?} {coarse:?}");
    }

    #[test]
    fn a_peak_without_anything_beside_it_tells_nothing() {
        let g = correlation(3.0, 0.0, 2);
        let (full, coarse) = both(&g, 100, 100, PeakFit::SubSample);
        for peak in [full, coarse] {
            assert_eq!((peak.peak_ratio, peak.error_samples), (0.0, f64::INFINITY), "{peak:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(96) })]
        #[test]
        fn equals_the_search_of_all_lags(
            lag in -5900.0f64..5900.0, share in -1.0f64..1.0, seed: u64, earliest in 0usize..6000, latest in 0usize..6000,
        ) {
            let g = correlation(lag, share, seed);
            let (full, coarse) = both(&g, earliest, latest, PeakFit::Sample);
            // Heights are interpolated to 3e-4; of lags whose heights are nearer to each other either may be called the highest.
            let height = |lag: f64| g[(lag as i64).rem_euclid(LENGTH as i64) as usize].abs() / (2.0 * 776.0 / LENGTH as f64);
            let is_tie = full.lag_samples != coarse.lag_samples;
            prop_assert!(height(full.lag_samples) - height(coarse.lag_samples) < 3e-4, "{full:?} {coarse:?}");
            prop_assert!(is_tie || full.on_edge == coarse.on_edge);
            prop_assert!((full.value - coarse.value).abs() < 3e-4);
            prop_assert!((full.runner_up - coarse.runner_up).abs() < 1e-3, "{full:?} {coarse:?}");
            let (full, coarse) = both(&g, earliest, latest, PeakFit::SubSample);
            prop_assert!(is_tie || (full.lag_samples - coarse.lag_samples).abs() < 0.01, "{full:?} {coarse:?}");
            prop_assert!(is_tie || (full.value - coarse.value).abs() < 3e-4, "{full:?} {coarse:?}");
            let are_near = full.error_samples == coarse.error_samples
                || (full.error_samples / coarse.error_samples).ln().abs() < 0.1;
            prop_assert!(is_tie || are_near, "{full:?} {coarse:?}");
        }
    }
}
