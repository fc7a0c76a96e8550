//! What the stages of this plugin have in common: their parameters, and the correlation that these make.
//!
//! What was found for the phase transform (a fade, the pass band, decimation, peaks between samples; see the book, "Accuracy")
//! holds for the other weights just as well.

use vsg_dsp::{DspError, FftLength, Gcc, GccOptions, PeakFit, Plans, Train, TrainPlans, Weighting, unless_damaged};
use vsg_plugin_api::prelude::*;

choice! {
    /// Fade at the edges of a window.
    pub enum Taper {
        /// Hard edges, as the reference program has. They leak into every bin.
        None,
        /// A short fade at either end; keeps nearly the whole window, so that long delays are found, too. Windows of a dense scan that share
        /// their spectra have no ends to fade.
        Edges,
        /// Raised cosine over the whole window; loses delays beyond half a window.
        Hann,
    }
}

choice! {
    /// Arithmetic of the transforms.
    pub enum Precision {
        /// 32 bit: half the memory and time; delays are the same to a thousandth of a sample.
        Single,
        /// 64 bit.
        Double,
    }
}

choice! {
    /// Length of the Fourier transforms.
    pub enum Length {
        /// Just long enough, as in the reference program; slow when the length has large prime factors.
        Exact,
        /// The next length with no prime factor above 5.
        Smooth,
    }
}

choice! {
    /// Which bins of the spectrum count.
    pub enum Band {
        /// All of them, equally.
        Whole,
        /// Those that the filters before let pass, at a rate that is just high enough for them; all of them if there is no
        /// filter. The filters themselves are not applied: they would delay both sides alike.
        Pass,
    }
}

choice! {
    /// How finely the peak is placed.
    pub enum Fit {
        /// On a whole sample, as the reference program does.
        Sample,
        /// Between samples.
        SubSample,
    }
}

/// Share of a window that `Taper::Edges` fades at either end: 75 ms of 15 s.
const EDGE: f64 = 0.005;

params! {
    /// Settings of a generalised cross-correlation. The defaults were chosen by measurement; see the book, "Accuracy".
    pub struct Settings {
        /// Fade at the edges of a window.
        taper: Taper = Taper::Edges,
        /// Length of the Fourier transforms.
        fft_length: Length = Length::Smooth,
        /// Which bins of the spectrum count.
        band: Band = Band::Pass,
        /// How finely the peak is placed.
        peak_fit: Fit = Fit::SubSample,
        /// Over how many bins of the spectrum the common energy has to be spread. A single tone has 3, a chord 9, sparse music
        /// more than 20; the phases of a few tones tell no delay, and the others are noise. 0 accepts any.
        #[schemars(range(min = 0.0, max = 10000.0))]
        min_spread_bins: f64 = 12.0,
        /// Arithmetic of the transforms.
        precision: Precision = Precision::Single,
        #[serde(skip)]
        single: Known<f32> = Known::default(),
        #[serde(skip)]
        double: Known<f64> = Known::default(),
        #[serde(skip)]
        trains: TrainPlans = Plans::default(),
    }
}

/// Plans by the lengths of both windows and what else they depend on.
type Known<T> = Plans<(usize, usize, GccOptions), Gcc<T>>;

impl Settings {
    /// Bins outside the pass band do not count, and the phases that a filter turns inside are turned alike on both sides.
    pub(crate) fn wants_unfiltered(&self) -> bool {
        matches!(self.band, Band::Pass)
    }

    /// The delay between two windows.
    pub(crate) fn correlate(&self, weighting: Weighting, windows: &WindowPair<'_>) -> Result<Peak> {
        let options = self.options(weighting, windows);
        let found = match self.precision {
            Precision::Single => correlate(&self.single, options, windows),
            Precision::Double => correlate(&self.double, options, windows),
        };
        let described = |found| self.described(&found, windows.sample_rate_hz);
        Ok(unless_damaged(found)?.map_or_else(Peak::none, described))
    }

    /// The delays of windows that overlap: from spectra that they share if these settings allow it, else one by one.
    pub(crate) fn correlate_train(&self, weighting: Weighting, train: &WindowTrain<'_>) -> Result<Vec<Peak>> {
        let shape = Train { len: train.len, hop: train.hop, margin: train.margin };
        let options = self.options(weighting, &train.pair(0));
        let planned = match self.precision {
            Precision::Single => self.trains.shared(shape, options, &[])?,
            Precision::Double => None,
        };
        let Some(planned) = planned else {
            return train.pairs().map(|pair| self.correlate(weighting, &pair)).collect();
        };
        let found =
            planned.with(|plan, scratch| plan.correlate(train.reference, train.target, train.count, scratch))?;
        let peak = |found: Option<vsg_dsp::Peak>| {
            found.map_or_else(Peak::none, |found| self.described(&found, train.sample_rate_hz))
        };
        Ok(found.into_iter().map(peak).collect())
    }

    fn described(&self, found: &vsg_dsp::Peak, rate_hz: f64) -> Peak {
        if found.spread_bins < self.min_spread_bins {
            return Peak::none();
        }
        let ms = |samples: f64| samples / rate_hz * 1000.0;
        Peak {
            delay_ms: ms(found.lag_samples),
            match_pct: found.match_pct,
            peak_ratio: Some(found.peak_ratio),
            runner_up_ms: Some(ms(found.runner_up_lag_samples as f64)),
            error_ms: Some(ms(found.error_samples)),
            on_edge: found.on_edge,
        }
    }

    /// The correlation of two windows: (delay in ms, height); none of damaged windows.
    pub(crate) fn curve(&self, weighting: Weighting, windows: &WindowPair<'_>) -> Result<Vec<(f64, f64)>> {
        let options = self.options(weighting, windows);
        let curve = match self.precision {
            Precision::Single => curve(&self.single, options, windows),
            Precision::Double => curve(&self.double, options, windows),
        };
        Ok(unless_damaged(curve)?.unwrap_or_default())
    }

    fn options(&self, weighting: Weighting, windows: &WindowPair<'_>) -> GccOptions {
        GccOptions {
            rate_hz: windows.sample_rate_hz,
            taper: match self.taper {
                Taper::None => vsg_dsp::Taper::None,
                Taper::Edges => vsg_dsp::Taper::Edges(EDGE),
                Taper::Hann => vsg_dsp::Taper::Hann,
            },
            fft_length: match self.fft_length {
                Length::Exact => FftLength::Exact,
                Length::Smooth => FftLength::Smooth,
            },
            weighting,
            band: match (self.band, windows.pass_band_hz) {
                (Band::Pass, Some((low_hz, high_hz))) => vsg_dsp::Band::Pass { low_hz: low_hz.max(1.0), high_hz },
                (Band::Whole, _) | (Band::Pass, None) => vsg_dsp::Band::Whole,
            },
            peak: match self.peak_fit {
                Fit::Sample => PeakFit::Sample,
                Fit::SubSample => PeakFit::SubSample,
            },
            decimate: true,
            max_lag: None,
        }
    }
}

/// Plans for windows of this size, unless it is done; all windows of a scan have the same.
fn planned<T: vsg_dsp::Precision, R>(
    known: &Known<T>,
    options: GccOptions,
    windows: &WindowPair<'_>,
    work: impl FnOnce(&Gcc<T>, &mut vsg_dsp::GccScratch<T>) -> Result<R, DspError>,
) -> Result<R, DspError> {
    let (reference, target) = (windows.reference.len(), windows.target.len());
    known.get((reference, target, options), || Gcc::new(reference, target, options))?.with(work)
}

fn correlate<T: vsg_dsp::Precision>(
    known: &Known<T>,
    options: GccOptions,
    windows: &WindowPair<'_>,
) -> Result<vsg_dsp::Peak, DspError> {
    planned(known, options, windows, |gcc, scratch| gcc.correlate(windows.reference, windows.target, scratch))
}

fn curve<T: vsg_dsp::Precision>(
    known: &Known<T>,
    options: GccOptions,
    windows: &WindowPair<'_>,
) -> Result<Vec<(f64, f64)>, DspError> {
    let curve = planned(known, options, windows, |gcc, scratch| gcc.curve(windows.reference, windows.target, scratch))?;
    Ok(curve.into_iter().map(|(lag, height)| (lag as f64 / options.rate_hz * 1000.0, height)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEIGHTS: [Weighting; 3] = [Weighting::Phat, Weighting::Scot, Weighting::Whiten];

    fn noise(len: usize) -> Vec<f32> {
        let mut state = 1u32;
        let mut sample = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 23) as f32 - 1.0
        };
        (0..len).map(|_| sample()).collect()
    }

    fn windows(source: &[f32]) -> WindowPair<'_> {
        WindowPair {
            pass_band_hz: Some((300.0, 3400.0)),
            ..WindowPair::new(&source[..48_000], &source[481..48_481], 48_000.0)
        }
    }

    #[test]
    fn only_a_correlation_within_the_pass_band_does_without_filters() {
        assert!(Settings::default().wants_unfiltered());
        assert!(!Settings { band: Band::Whole, ..Settings::default() }.wants_unfiltered());
    }

    #[test]
    fn a_delay_comes_out_in_milliseconds_at_the_full_rate() {
        let source = noise(49_000);
        for precision in [Precision::Single, Precision::Double] {
            for weighting in WEIGHTS {
                let settings = Settings { precision, ..Settings::default() };
                let peak = settings.correlate(weighting, &windows(&source)).unwrap();
                assert!((peak.delay_ms - 481.0 / 48.0).abs() < 1e-3, "{weighting:?} {peak:?}");
                assert!(!peak.on_edge && peak.peak_ratio > Some(5.0), "{weighting:?} {peak:?}");
                assert!(peak.error_ms < Some(0.01), "{weighting:?} {peak:?}");
            }
        }
    }

    #[test]
    fn a_curve_is_in_order_and_highest_at_the_delay() {
        let source = noise(49_000);
        for weighting in WEIGHTS {
            let curve = Settings::default().curve(weighting, &windows(&source)).unwrap();
            assert!(curve.is_sorted_by(|a, b| a.0 < b.0) && curve.len() > 15_000);
            let highest = curve.iter().max_by(|a, b| a.1.total_cmp(&b.1)).unwrap();
            assert!((highest.0 - 481.0 / 48.0).abs() < 0.1 && highest.1 > 0.5, "{weighting:?} {highest:?}");
        }
    }

    #[test]
    fn damaged_windows_have_neither_delay_nor_curve() {
        let mut source = noise(49_000);
        source[24_000] = f32::NAN;
        let settings = Settings::default();
        assert!(settings.correlate(Weighting::Phat, &windows(&source)).unwrap().delay_ms.is_nan());
        assert!(settings.curve(Weighting::Phat, &windows(&source)).unwrap().is_empty());
    }
}
