//! `correlation-scc/scc`: the correlation of both windows, without a weight. Loud sound counts more than quiet sound.

use vsg_dsp::{
    DspError, FftLength, Filter, Gcc, GccOptions, GccScratch, PeakFit, Plans, Taper, Train, TrainPlans, Weighting,
    unless_damaged,
};
use vsg_plugin_api::prelude::*;

choice! {
    /// Which frequencies count.
    pub enum Band {
        /// All that the filters before let pass, as in the reference program.
        Whole,
        /// Those between the edges of the filters before, at a rate that is just high enough for them; all of them if there
        /// is no filter. Levels count here, so each frequency counts with what the filters let through.
        Pass,
    }
}

choice! {
    /// How finely the peak is placed.
    pub enum Fit {
        /// On a whole sample.
        Sample,
        /// At the vertex of a parabola through the highest sample and its neighbours, as the reference program's peak fit.
        /// Within a pass band the peak is placed as by `sub-sample`.
        Parabola,
        /// Between samples, by band-limited interpolation.
        SubSample,
    }
}

choice! {
    /// Arithmetic of the transforms.
    pub enum Precision {
        /// 32 bit: half the memory and time.
        Single,
        /// 64 bit.
        Double,
    }
}

/// Share of a window that is faded at either end if only a pass band counts: 75 ms of 15 s. What is loud outside of the band
/// would leak into it.
const EDGE: f64 = 0.005;

/// What the height of a peak over that of the second highest is raised to.
///
/// The correlation of sounds is broader than that of their phases and has fewer peaks that could be high, but periods of music
/// on both sides of the true one. Of unrelated windows of 15 s behind the filter for dialogue, 2 in 1000 have a ratio
/// above 1.40; raised to this power, that is the 1.6 of the phase transform, and one threshold serves all methods.
const SHARPEN: f64 = 1.4;

params! {
    /// Settings of the standard cross-correlation.
    pub struct Scc {
        /// Which frequencies count.
        band: Band = Band::Pass,
        /// How finely the peak is placed.
        peak_fit: Fit = Fit::SubSample,
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
type Known<T> = Plans<(usize, usize, GccOptions, Vec<Filter>), Gcc<T>>;

impl CorrelationMethod for Scc {
    const ID: &'static str = "scc";
    const SUMMARY: &'static str = "Delay at which both windows are most alike (standard cross-correlation).";

    fn wants_unfiltered(&self) -> bool {
        matches!(self.band, Band::Pass)
    }

    fn correlate(&self, windows: &WindowPair<'_>) -> Result<Peak> {
        let found = match self.precision {
            Precision::Single => self.correlated(&self.single, windows),
            Precision::Double => self.correlated(&self.double, windows),
        };
        Ok(unless_damaged(found)?.map_or_else(Peak::none, |found| described(&found, windows.sample_rate_hz)))
    }

    fn correlate_train(&self, train: &WindowTrain<'_>) -> Result<Vec<Peak>> {
        let shape = Train { len: train.len, hop: train.hop, margin: train.margin };
        let options = self.options(&train.pair(0));
        let planned = match self.precision {
            Precision::Single => self.trains.shared(shape, options, train.filters_left_out)?,
            Precision::Double => None,
        };
        let Some(planned) = planned else {
            return train.pairs().map(|pair| self.correlate(&pair)).collect();
        };
        let found =
            planned.with(|plan, scratch| plan.correlate(train.reference, train.target, train.count, scratch))?;
        let peak = |found: Option<vsg_dsp::Peak>| {
            found.map_or_else(Peak::none, |found| described(&found, train.sample_rate_hz))
        };
        Ok(found.into_iter().map(peak).collect())
    }

    fn curve(&self, windows: &WindowPair<'_>) -> Result<Vec<(f64, f64)>> {
        let curve = match self.precision {
            Precision::Single => self.curve_of(&self.single, windows),
            Precision::Double => self.curve_of(&self.double, windows),
        };
        let ms = |lag: i64| lag as f64 / windows.sample_rate_hz * 1000.0;
        Ok(unless_damaged(curve)?.unwrap_or_default().into_iter().map(|(lag, height)| (ms(lag), height)).collect())
    }
}

fn described(found: &vsg_dsp::Peak, rate_hz: f64) -> Peak {
    let ms = |samples: f64| samples / rate_hz * 1000.0;
    Peak {
        delay_ms: ms(found.lag_samples),
        match_pct: found.match_pct,
        peak_ratio: Some(found.peak_ratio.powf(SHARPEN)),
        runner_up_ms: Some(ms(found.runner_up_lag_samples as f64)),
        error_ms: Some(ms(found.error_samples)),
        on_edge: found.on_edge,
    }
}

impl Scc {
    fn correlated<T: vsg_dsp::Precision>(
        &self,
        known: &Known<T>,
        windows: &WindowPair<'_>,
    ) -> Result<vsg_dsp::Peak, DspError> {
        self.planned(known, windows, |gcc, scratch| gcc.correlate(windows.reference, windows.target, scratch))
    }

    fn curve_of<T: vsg_dsp::Precision>(
        &self,
        known: &Known<T>,
        windows: &WindowPair<'_>,
    ) -> Result<Vec<(i64, f64)>, DspError> {
        self.planned(known, windows, |gcc, scratch| gcc.curve(windows.reference, windows.target, scratch))
    }

    /// Plans for windows of this size, unless it is done; all windows of a scan have the same.
    fn planned<T: vsg_dsp::Precision, R>(
        &self,
        known: &Known<T>,
        windows: &WindowPair<'_>,
        work: impl FnOnce(&Gcc<T>, &mut GccScratch<T>) -> Result<R, DspError>,
    ) -> Result<R, DspError> {
        let options = self.options(windows);
        let (reference, target, filters) = (windows.reference.len(), windows.target.len(), windows.filters_left_out);
        let plan = || Ok(Gcc::new(reference, target, options)?.behind(filters));
        known.get((reference, target, options, filters.to_vec()), plan)?.with(work)
    }

    fn options(&self, windows: &WindowPair<'_>) -> GccOptions {
        let (band, taper) = match (self.band, windows.pass_band_hz) {
            (Band::Pass, Some((low_hz, high_hz))) => {
                (vsg_dsp::Band::Pass { low_hz: low_hz.max(1.0), high_hz }, Taper::Edges(EDGE))
            }
            (Band::Whole, _) | (Band::Pass, None) => (vsg_dsp::Band::Whole, Taper::None),
        };
        GccOptions {
            rate_hz: windows.sample_rate_hz,
            taper,
            // Without a weight, the result does not depend on the length.
            fft_length: FftLength::Smooth,
            weighting: Weighting::Plain,
            band,
            peak: match self.peak_fit {
                Fit::Sample => PeakFit::Sample,
                Fit::Parabola => PeakFit::Parabola,
                Fit::SubSample => PeakFit::SubSample,
            },
            decimate: true,
            max_lag: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Noise of which neighbours are alike, as those of music.
    fn source() -> Vec<f32> {
        let (mut state, mut smooth) = (1u32, 0.0f32);
        let mut sample = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            smooth = 0.7 * smooth + (state >> 8) as f32 / (1 << 23) as f32 - 1.0;
            0.2 * smooth
        };
        (0..49_000).map(|_| sample()).collect()
    }

    fn windows<'a>(reference: &'a [f32], target: &'a [f32], pass_band_hz: Option<(f64, f64)>) -> WindowPair<'a> {
        WindowPair { pass_band_hz, ..WindowPair::new(reference, target, 48_000.0) }
    }

    #[test]
    fn every_form_finds_the_delay() {
        let source = source();
        let inverted: Vec<f32> = source[481..48_481].iter().map(|s| -0.3 * s).collect();
        for pass_band_hz in [None, Some((300.0, 3400.0))] {
            for peak_fit in [Fit::Sample, Fit::Parabola, Fit::SubSample] {
                for precision in [Precision::Single, Precision::Double] {
                    let scc = Scc { peak_fit, precision, ..Scc::default() };
                    for target in [&source[481..48_481], &inverted] {
                        let peak = scc.correlate(&windows(&source[..48_000], target, pass_band_hz)).unwrap();
                        assert!((peak.delay_ms - 481.0 / 48.0).abs() < 1e-3, "{peak_fit:?} {peak:?}");
                        assert!(peak.match_pct > 95.0 && peak.peak_ratio > Some(2.0) && !peak.on_edge, "{peak:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn the_curve_is_in_order_and_highest_at_the_delay() {
        let source = source();
        let pair = windows(&source[..48_000], &source[480..48_480], None);
        let curve = Scc::default().curve(&pair).unwrap();
        assert!(curve.is_sorted_by(|a, b| a.0 < b.0));
        let highest = curve.iter().max_by(|a, b| a.1.total_cmp(&b.1)).unwrap();
        assert!((highest.0 - 10.0).abs() < 1e-9 && (0.9..=1.0).contains(&highest.1), "{highest:?}");
    }

    #[test]
    fn silence_and_damage_match_nothing() {
        let (sound, silence) = (source(), vec![0.0; 48_000]);
        let scc = Scc::default();
        let silent = scc.correlate(&windows(&sound[..48_000], &silence, None)).unwrap();
        assert_eq!((silent.match_pct, silent.peak_ratio), (0.0, Some(0.0)));
        let damaged = vec![f32::NAN; 48_000];
        assert!(scc.correlate(&windows(&sound[..48_000], &damaged, None)).unwrap().delay_ms.is_nan());
    }
}
