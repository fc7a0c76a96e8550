//! Generalised cross-correlation: the delay between two windows from their weighted cross-spectrum.
//!
//! Source: Knapp & Carter, "The generalized correlation method for estimation of time delay" (1976); the forms of the
//! reference program are [`GccOptions::reference`] with each [`Weighting`].
//!
//! With R, T the spectra of both windows, zero-padded to the FFT length n, and G = R·conj(T), the correlation is the inverse
//! transform of G, divided by a weight. The phase transform divides by |G| + 1e-9: only phases count, so loudness, equalisation and codecs hardly matter. The price: a bin
//! that holds nothing but leakage or rounding noise weighs as much as any other. A window with hard edges leaks into all
//! of them, and that leakage itself correlates, at lag 0 or at ± the window length. So filtered audio needs a weighting
//! restricted to what the filter lets through, a taper, or both.
//!
//! A correlation over a low band can be decimated ([`GccOptions::decimate`]): both windows are brought to a lower rate, and
//! the correlation is looked at between its values. With windows of 15 s at 48 kHz and the band from 300 to 3400 Hz, that
//! leaves transforms of a sixth of the length and the same result.

use std::ops::{Range, RangeInclusive};
use std::sync::Arc;

use num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner};

use crate::coarse_peak::CoarseSearch;
use crate::damage::first_damaged;
use crate::decimate::Decimator;
use crate::error::{DspError, Side};
use crate::filter::Filter;
use crate::options::GccOptions;
use crate::pair::{PairTransform, Windowed};
use crate::peak::{self, LagRange, Peak, Scale};
use crate::plans::Planned;
use crate::spectrum::{self, Cross, Precision};
use crate::weighting::{self, Band, Weighting};

/// A planned correlation of windows of given lengths. Shared by all threads, each of which brings a [`GccScratch`].
pub struct Gcc<T: Precision = f32> {
    len_ref: usize,
    len_tgt: usize,
    options: GccOptions,
    length: usize,
    fade_ref: Vec<f32>,
    fade_tgt: Vec<f32>,
    /// Bins of the one-sided spectrum that count.
    bins: Range<usize>,
    /// Of both windows at once.
    forward: PairTransform<T>,
    inverse: Arc<dyn ComplexToReal<T>>,
    /// Present if the correlation is decimated.
    coarse: Option<(Decimator, CoarseSearch)>,
    /// What filters let through of each bin that counts; none if they need not be applied.
    gains: Vec<T>,
}

/// The buffers that one thread correlates in; made by [`Gcc::scratch`], used again for every window.
pub struct GccScratch<T: Precision = f32> {
    length: usize,
    /// Both windows, then the weighted cross-spectrum.
    pair: Vec<Complex<T>>,
    /// Their spectrum, then room for the inverse transform.
    spectrum: Vec<Complex<T>>,
    transform: Vec<Complex<T>>,
    /// Both windows at the lower rate, if the correlation is decimated; then the correlation.
    time: Vec<T>,
}

impl<T: Precision> GccScratch<T> {
    /// Memory that these buffers hold (bytes).
    pub fn bytes(&self) -> usize {
        let complex = self.pair.len() + self.spectrum.len() + self.transform.len();
        std::mem::size_of::<T>() * (self.time.len() + 2 * complex)
    }
}

impl<T: Precision> Gcc<T> {
    /// Plans the correlation of reference windows of `len_ref` samples with target windows of `len_tgt` samples.
    ///
    /// # Errors
    /// An empty window, an impossible sample rate, a pass band that is out of order or holds no bin.
    pub fn new(len_ref: usize, len_tgt: usize, options: GccOptions) -> Result<Self, DspError> {
        if len_ref == 0 || len_tgt == 0 {
            return Err(DspError::EmptyWindow { reference: len_ref, target: len_tgt });
        }
        let full_length = options.fft_length.samples(len_ref, len_tgt);
        let full_bins = options.band.bins(full_length, options.rate_hz)?;
        let decimator = match options.band {
            Band::Pass { high_hz, .. } if options.decimate => Decimator::for_band(options.rate_hz, high_hz),
            _ => None,
        };
        let (length, bins) = match &decimator {
            None => (full_length, full_bins),
            Some(decimator) => {
                let lags = len_ref.div_ceil(decimator.factor()) + len_tgt.div_ceil(decimator.factor());
                let longest = decimator.samples(len_ref.max(len_tgt));
                let length = options.fft_length.at_least(lags.max(longest));
                let rate_hz = options.rate_hz / decimator.factor() as f64;
                (length, options.band.bins(length, rate_hz)?)
            }
        };
        let mut gcc = Self {
            len_ref,
            len_tgt,
            length,
            bins,
            fade_ref: options.taper.fade(len_ref),
            fade_tgt: options.taper.fade(len_tgt),
            forward: PairTransform::new(length),
            inverse: RealFftPlanner::new().plan_fft_inverse(length),
            options,
            coarse: None,
            gains: Vec::new(),
        };
        gcc.coarse = decimator.map(|decimator| {
            let factor = decimator.factor();
            let search = CoarseSearch::new(
                factor,
                gcc.lags(),
                gcc.exclusion(factor),
                options.peak,
                gcc.options.weighting.score(),
            );
            (decimator, search)
        });
        Ok(gcc)
    }

    /// The same of sounds as these filters leave them, without filtering: where levels count, each frequency counts with what gets through. What
    /// filters do to phases they do on both sides alike.
    #[must_use]
    pub fn behind(mut self, filters: &[Filter]) -> Self {
        let gains = self.options.weighting.gains(filters, &self.bins, self.length * self.decimation());
        self.gains = gains.into_iter().map(|gain| T::from_f32(gain).unwrap_or_else(T::one)).collect();
        self
    }

    /// FFT length (samples of the rate that is correlated at).
    pub fn fft_length(&self) -> usize {
        self.length
    }

    /// Samples from one value of the correlation to the next: 1 unless the correlation is decimated.
    pub fn decimation(&self) -> usize {
        self.coarse.as_ref().map_or(1, |(decimator, _)| decimator.factor())
    }

    /// Buffers for one thread.
    pub fn scratch(&self) -> GccScratch<T> {
        let low = self.low_lengths().iter().sum();
        GccScratch {
            length: self.length,
            pair: vec![Complex::default(); self.length],
            spectrum: vec![Complex::default(); self.length.max(self.inverse.get_scratch_len())],
            transform: vec![Complex::default(); self.forward.scratch_len()],
            time: vec![T::zero(); self.length.max(low)],
        }
    }

    /// Delay between two windows: the highest peak of their correlation, of either sign.
    ///
    /// Two silent windows, or one, give a peak of value 0: at lag 0, and without a weight and decimation at the earliest lag, as in
    /// the reference program.
    ///
    /// # Errors
    /// A window of another length than planned, a sample that is not finite, scratch of another correlation.
    pub fn correlate(&self, reference: &[f32], target: &[f32], scratch: &mut GccScratch<T>) -> Result<Peak, DspError> {
        let cross = self.transformed(reference, target, scratch)?;
        let scale = self.scale(&cross);
        if let Some((_, search)) = &self.coarse {
            return Ok(Peak { spread_bins: cross.spread_bins, ..search.run(&mut scratch.time[..self.length], scale) });
        }
        let search = peak::Search {
            lags: LagRange {
                length: self.length,
                latest: *self.lags().end() as usize,
                earliest: self.lags().start().unsigned_abs() as usize,
            },
            exclusion: self.exclusion(1),
            fit: self.options.peak,
            score: self.options.weighting.score(),
        };
        let mut peak = Peak { spread_bins: cross.spread_bins, ..search.run(&mut scratch.time[..self.length], scale) };
        if peak.value == 0.0 && self.options.weighting == Weighting::Plain {
            peak.lag_samples = *self.lags().start() as f64;
        }
        Ok(peak)
    }

    /// The correlation for a plot: (lag in samples, height on the scale of [`Peak::value`]) in order of lag, at the rate that is
    /// correlated at.
    ///
    /// # Errors
    /// As [`Gcc::correlate`].
    pub fn curve(
        &self,
        reference: &[f32],
        target: &[f32],
        scratch: &mut GccScratch<T>,
    ) -> Result<Vec<(i64, f64)>, DspError> {
        let cross = self.transformed(reference, target, scratch)?;
        let (scale, step, length) = (self.scale(&cross), self.decimation() as i64, self.length as i64);
        let (first, last) = (*self.lags().start() / step, *self.lags().end() / step);
        let height = |k: i64| scratch.time[k.rem_euclid(length) as usize].to_f64().unwrap_or(0.0);
        Ok((first..=last).map(|k| (k * step, scale.share(height(k)))).collect())
    }

    /// Leaves the correlation in `scratch.time`.
    fn transformed(&self, reference: &[f32], target: &[f32], scratch: &mut GccScratch<T>) -> Result<Cross, DspError> {
        self.check(Side::Reference, reference, self.len_ref)?;
        self.check(Side::Target, target, self.len_tgt)?;
        if scratch.length != self.length {
            return Err(DspError::ForeignScratch { planned: self.length, got: scratch.length });
        }
        let GccScratch { pair, spectrum, transform, time, .. } = scratch;
        if !self.load([reference, target], time, pair)? {
            time.fill(T::zero());
            return Ok(Cross::default());
        }
        let both = &mut spectrum[..self.length];
        self.forward.run(pair, both, transform);
        let product = &mut pair[..self.length / 2 + 1];
        let cross = spectrum::weigh_pair(&self.forward, both, product, self.options.weighting, &self.bins, &self.gains);
        // As they are but for rounding, which the transform does not take.
        product[0].im = T::zero();
        if self.length.is_multiple_of(2) {
            product[self.length / 2].im = T::zero();
        }
        let done = self.inverse.process_with_scratch(product, &mut time[..self.length], spectrum);
        done.map_err(DspError::of_transform(self.length))?;
        Ok(cross)
    }

    /// Lags that are looked at (samples): what the windows can give, within `max_lag`.
    pub fn lags(&self) -> RangeInclusive<i64> {
        let limit = self.options.max_lag.unwrap_or(usize::MAX);
        let (earliest, latest) = (limit.min(self.len_tgt - 1), limit.min(self.len_ref - 1));
        -(earliest as i64)..=latest as i64
    }

    /// Lags on either side of a peak that belong to it (samples).
    fn exclusion(&self, decimation: usize) -> usize {
        self.options.weighting.exclusion(weighting::share(&self.bins, self.length), decimation, self.options.rate_hz)
    }

    /// What the correlation would be at lag 0 if all bins agreed, and its bandwidth.
    fn scale(&self, cross: &Cross) -> Scale {
        let full = match self.options.weighting {
            Weighting::Plain => cross.energy,
            Weighting::Phat | Weighting::Scot | Weighting::Whiten => weighting::share(&self.bins, self.length),
        };
        Scale { full, bandwidth: cross.bandwidth }
    }

    /// Samples of both windows at the lower rate; none if the correlation is not decimated.
    fn low_lengths(&self) -> [usize; 2] {
        let low = |len: usize| self.coarse.as_ref().map_or(0, |(decimator, _)| decimator.samples(len));
        [low(self.len_ref), low(self.len_tgt)]
    }

    /// Puts both windows into the zero-padded buffer that is transformed; false if one of them is silent.
    fn load(&self, windows: [&[f32]; 2], low: &mut [T], pair: &mut [Complex<T>]) -> Result<bool, DspError> {
        let fades = [&self.fade_ref, &self.fade_tgt];
        let loaded = match &self.coarse {
            None => {
                let windowed = |side: usize| Windowed {
                    samples: windows[side],
                    mean: self.mean(windows[side]),
                    fade: fades[side],
                };
                self.forward.load([0, 1].map(windowed), pair)
            }
            Some((decimator, _)) => {
                let [of_reference, of_target] = self.low_lengths();
                let (reference, target) = low[..of_reference + of_target].split_at_mut(of_reference);
                decimator.run(windows[0], fades[0], reference);
                decimator.run(windows[1], fades[1], target);
                // A pass band holds no constant part.
                let windowed = |samples| Windowed { samples, mean: 0.0, fade: &[] };
                let loaded = self.forward.load([windowed(&*reference), windowed(&*target)], pair);
                loaded.map_err(|(side, low)| (side, first_damaged(windows[side]).unwrap_or(low)))
            }
        };
        loaded.map_err(|(side, index)| {
            let side = if side == 0 { Side::Reference } else { Side::Target };
            DspError::NonFiniteSample { side, index }
        })
    }

    /// What is taken off a window: its mean, unless each bin weighs the same and the one of the mean is but one of them.
    fn mean(&self, window: &[f32]) -> f64 {
        match self.options.weighting {
            Weighting::Plain => window.iter().map(|&s| f64::from(s)).sum::<f64>() / window.len() as f64,
            Weighting::Phat | Weighting::Scot | Weighting::Whiten => 0.0,
        }
    }

    fn check(&self, side: Side, window: &[f32], planned: usize) -> Result<(), DspError> {
        if window.len() != planned {
            return Err(DspError::WindowLength { side, planned, got: window.len() });
        }
        Ok(())
    }
}

impl<T: Precision> Planned for Gcc<T> {
    type Scratch = GccScratch<T>;

    fn scratch(&self) -> GccScratch<T> {
        Gcc::scratch(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FftLength, PeakFit, Taper, made_up::noise, sub_sample};
    use proptest::prelude::*;

    const RATE_HZ: f64 = 48_000.0;
    const LEN: usize = 6000;

    /// `source` heard `delay` samples early, by windowed-sinc interpolation.
    fn early(source: &[f32], delay: f64) -> Vec<f32> {
        let whole = delay.floor();
        (0..LEN)
            .map(|i| sub_sample::interpolate(source, 2000 + (i as f64 + whole) as usize, delay - whole) as f32)
            .collect()
    }

    fn smooth() -> GccOptions {
        GccOptions { fft_length: FftLength::Smooth, peak: PeakFit::SubSample, ..GccOptions::reference(RATE_HZ) }
    }

    fn correlate<T: Precision>(reference: &[f32], target: &[f32], options: GccOptions) -> Peak {
        let gcc = Gcc::<T>::new(reference.len(), target.len(), options).unwrap();
        gcc.correlate(reference, target, &mut gcc.scratch()).unwrap()
    }

    #[test]
    fn an_early_target_has_a_positive_delay() {
        let source = noise(LEN + 4000, 1);
        let peak =
            correlate::<f64>(&source[2000..2000 + LEN], &source[2480..2480 + LEN], GccOptions::reference(RATE_HZ));
        assert_eq!(peak.lag_samples, 480.0);
        assert_eq!(peak.delay_ms(RATE_HZ), 10.0);
        assert!(!peak.on_edge && peak.peak_ratio > 5.0);
    }

    #[test]
    fn identical_windows_agree_in_every_bin_that_counts() {
        let window = noise(LEN, 2);
        let pass_band = Band::Pass { low_hz: 300.0, high_hz: 3400.0 };
        for band in [Band::Whole, pass_band] {
            let peak = correlate::<f64>(&window, &window, GccOptions { band, ..smooth() });
            assert!((peak.value - 1.0).abs() < 1e-3 && peak.lag_samples.abs() < 1e-3, "{peak:?}");
        }
    }

    #[test]
    fn sound_of_a_few_tones_is_known_by_its_spread() {
        let spread = |window: &[f32]| correlate::<f32>(window, window, smooth()).spread_bins;
        let tone: Vec<f32> = (0..LEN).map(|i| (0.13 * i as f32).sin()).collect();
        assert!((1.0..8.0).contains(&spread(&tone)), "{}", spread(&tone));
        assert!(spread(&noise(LEN, 5)) > 1000.0);
        assert_eq!(spread(&[0.0; LEN]), 0.0);
    }

    #[test]
    fn windows_may_differ_in_length() {
        let source = noise(LEN, 3);
        for options in [smooth(), GccOptions::reference(RATE_HZ)] {
            let late = correlate::<f64>(&source, &source[4000..5000], options);
            assert!((late.lag_samples - 4000.0).abs() < 0.02, "{late:?}");
            let early = correlate::<f64>(&source[4000..5000], &source, options);
            assert!((early.lag_samples + 4000.0).abs() < 0.02, "{early:?}");
        }
    }

    #[test]
    fn where_levels_count_filters_may_be_left_to_the_spectrum() {
        let (lead_in, len) = (8000, 24_000);
        // Of the first order, it damps much of what it lets pass.
        let filters = [crate::band_pass::design(1000.0, 1400.0, 1, RATE_HZ).unwrap()];
        // Another sound at the edge of the band, and much louder below it.
        let slow = |seed| -> Vec<f32> {
            let sums: Vec<f32> = noise(lead_in + len + 400, seed).windows(300).map(|w| w.iter().sum()).collect();
            sums.iter().map(|sum| 0.1 * sum).collect()
        };
        let source = noise(lead_in + len + 100, 8);
        let mixed =
            |from: usize, seed| -> Vec<f32> { source[from..].iter().zip(slow(seed)).map(|(a, b)| a + b).collect() };
        let (reference, target) = (mixed(0, 9), mixed(37, 10));
        let band = Band::Pass { low_hz: 300.0, high_hz: 3400.0 };
        let options =
            GccOptions { weighting: Weighting::Plain, band, taper: Taper::Edges(0.005), decimate: true, ..smooth() };
        let gcc = Gcc::<f32>::new(len, len, options).unwrap();
        let filtered = |sound: &[f32]| {
            let mut samples = sound[..lead_in + len].to_vec();
            filters[0].apply(&mut samples, lead_in);
            samples
        };
        let before = gcc.correlate(&filtered(&reference), &filtered(&target), &mut gcc.scratch()).unwrap();
        let unfiltered = |sound: &[f32]| sound[lead_in..lead_in + len].to_vec();
        let (reference, target) = (unfiltered(&reference), unfiltered(&target));
        let without = gcc.correlate(&reference, &target, &mut gcc.scratch()).unwrap();
        let gcc = gcc.behind(&filters);
        let behind = gcc.correlate(&reference, &target, &mut gcc.scratch()).unwrap();
        assert!(
            (behind.lag_samples - before.lag_samples).abs() < 0.05 && (before.lag_samples - 37.0).abs() < 0.3,
            "{behind:?} {before:?}"
        );
        assert!((behind.match_pct - before.match_pct).abs() < 1.0, "{behind:?} {before:?}");
        assert!((without.match_pct - before.match_pct).abs() > 3.0, "{without:?} {before:?}");
    }

    #[test]
    fn one_sample_windows_are_windows() {
        for options in [smooth(), GccOptions::reference(RATE_HZ)] {
            assert!(correlate::<f32>(&[0.5], &[0.5], options).lag_samples.abs() < 1e-3);
        }
    }

    #[test]
    fn a_peak_at_the_end_of_the_range_is_flagged() {
        let source = noise(LEN + 1000, 4);
        let options = GccOptions { max_lag: Some(200), ..smooth() };
        let at = |delay: usize| correlate::<f32>(&source[..LEN], &source[delay..delay + LEN], options);
        assert!(at(200).on_edge && !at(150).on_edge);
        assert!(at(300).lag_samples.abs() < 201.0, "outside the range");
    }

    #[test]
    fn silence_has_no_peak() {
        let (sound, silence) = (noise(LEN, 5), vec![0.0; LEN]);
        for (r, t) in [(&sound, &silence), (&silence, &sound), (&silence, &silence)] {
            let peak = correlate::<f32>(r, t, smooth());
            assert_eq!((peak.lag_samples, peak.value, peak.peak_ratio, peak.match_pct), (0.0, 0.0, 0.0, 0.0));
            assert!(!peak.on_edge);
        }
    }

    #[test]
    fn what_cannot_be_correlated_is_an_error() {
        let gcc = Gcc::<f32>::new(100, 80, smooth()).unwrap();
        let mut scratch = gcc.scratch();
        let window = noise(100, 6);
        let wrong = gcc.correlate(&window, &window, &mut scratch).unwrap_err();
        assert!(matches!(wrong, DspError::WindowLength { side: Side::Target, planned: 80, got: 100 }));
        let mut damaged = window.clone();
        damaged[7] = f32::NAN;
        let wrong = gcc.correlate(&damaged, &window[..80], &mut scratch).unwrap_err();
        assert_eq!(wrong, DspError::NonFiniteSample { side: Side::Reference, index: 7 });
        let mut foreign = Gcc::<f32>::new(50, 50, smooth()).unwrap().scratch();
        let wrong = gcc.correlate(&window, &window[..80], &mut foreign).unwrap_err();
        assert!(matches!(wrong, DspError::ForeignScratch { .. }));
        assert!(Gcc::<f32>::new(0, 80, smooth()).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn fractional_delays_of_either_polarity_are_found(delay in -1500.0f64..1500.0, inverted: bool, hann: bool, is_banded: bool) {
            let source = noise(LEN + 4000, 7);
            let sign = if inverted { -1.0 } else { 1.0 };
            let target: Vec<f32> = early(&source, delay).iter().map(|s| sign * s).collect();
            let band = if is_banded { Band::Pass { low_hz: 300.0, high_hz: 12_000.0 } } else { Band::Whole };
            let taper = if hann { Taper::Hann } else { Taper::None };
            let options = GccOptions { taper, band, ..smooth() };
            let peak = correlate::<f32>(&source[2000..2000 + LEN], &target, options);
            // What the windows do not share is noise, which moves the peak a little.
            prop_assert!((peak.lag_samples - delay).abs() < 0.05, "{peak:?} for {delay}");
            prop_assert_eq!(peak.value < 0.0, inverted);
        }
    }

    #[test]
    fn a_constant_has_no_delay_however_large_or_small_it_is() {
        let banded = GccOptions::robust(RATE_HZ, 300.0, 3400.0);
        let forms = [smooth(), GccOptions::reference(RATE_HZ), banded, GccOptions { band: Band::Whole, ..banded }];
        for constant in [f32::MAX, 1e37, 0.5, f32::MIN_POSITIVE / 8.0] {
            for options in forms {
                let gcc = Gcc::<f32>::new(LEN, LEN, options).unwrap();
                match gcc.correlate(&noise(LEN, 1), &[constant; LEN], &mut gcc.scratch()) {
                    Ok(peak) => assert!(peak.value.abs() < 0.2 && peak.peak_ratio < 1.5, "{constant:e} {peak:?}"),
                    Err(error) => assert!(matches!(error, DspError::NonFiniteSample { .. }) && constant > 1.0),
                }
            }
        }
    }
}
