//! The delay between two windows by a series of levels, one for each frame: what onsets and spectrogram have in common.

use crate::form::Form;
use crate::train::TrainLevels;
use std::marker::PhantomData;
use std::sync::Arc;
use vsg_dsp::features::{self, FramesView, Framing, MelScratch, MelSpectrum, SeriesCorrelation, SeriesOptions};
use vsg_dsp::{DspError, Filter, Planned, Plans, Precision, Shared, Side, unless_damaged};
use vsg_plugin_api::prelude::*;

/// How a series comes out of the levels of the bands of a spectrum (dB).
pub(crate) trait Series {
    /// Number of bands.
    const BANDS: usize;

    /// One number for each frame.
    fn of<T: Precision>(levels_db: FramesView<'_, T>) -> Vec<f64>;
}

/// Plans by the lengths of both windows, their rate and the filters that are left to them.
type PlansOf<T> = Plans<(usize, usize, f64, Vec<Filter>), Plan<T>>;

/// All plans. The form of the reference program takes double precision.
#[derive(Default)]
pub(crate) struct Known {
    robust: PlansOf<f32>,
    reference: PlansOf<f64>,
}

/// The analysis and correlation of windows of one kind.
struct Plan<T: Precision> {
    mel: MelSpectrum<T>,
    correlation: SeriesCorrelation,
}

impl<T: Precision> Plan<T> {
    fn new(windows: &WindowPair<'_>, bands: usize, options: SeriesOptions) -> Result<Self, DspError> {
        let framing = Framing::at(windows.sample_rate_hz)?;
        let (reference, target) = (framing.count(windows.reference.len()), framing.count(windows.target.len()));
        let correlation = SeriesCorrelation::new(reference, target, options)?;
        Ok(Self { mel: MelSpectrum::new(framing, bands).behind(windows.filters_left_out), correlation })
    }
}

impl<T: Precision> Planned for Plan<T> {
    type Scratch = MelScratch<T>;

    fn scratch(&self) -> MelScratch<T> {
        self.mel.scratch()
    }
}

/// A method that compares series of levels.
pub(crate) struct Levels<'a, S> {
    pub(crate) known: &'a Known,
    pub(crate) series: PhantomData<S>,
    pub(crate) form: Form,
    /// What the height of a peak over that of the second highest is raised to, so that one threshold serves all methods. The
    /// correlation of series has few values, so that chance makes higher peaks than in that of samples.
    pub(crate) soften: f64,
    /// How series are correlated in the robust form.
    pub(crate) robust: SeriesOptions,
    /// Least share of the spectrum of the series that the common energy is spread over (%).
    pub(crate) min_spread_pct: f64,
}

impl<S: Series> Levels<'_, S> {
    /// The delay between two windows.
    pub(crate) fn correlate(&self, windows: &WindowPair<'_>) -> Result<Peak> {
        let found = match self.form {
            Form::Robust => self.peak_of(&self.known.robust, windows),
            Form::Reference => self.peak_of(&self.known.reference, windows),
        };
        Ok(unless_damaged(found)?.unwrap_or_else(Peak::none))
    }

    fn peak_of<T: Precision>(&self, known: &PlansOf<T>, windows: &WindowPair<'_>) -> Result<Peak, DspError> {
        self.compared(known, windows, |plan, reference, target| self.peak(plan, reference, target))
    }

    /// The delays of windows that overlap; a train with damage, and one in the reference form, window by window.
    pub(crate) fn correlate_train(&self, train: &WindowTrain<'_>) -> Result<Vec<Peak>> {
        let together = match self.form {
            Form::Reference => None,
            Form::Robust => unless_damaged(self.together(train))?,
        };
        let one_by_one = || train.pairs().map(|pair| self.correlate(&pair)).collect();
        together.map_or_else(one_by_one, Ok)
    }

    fn together(&self, train: &WindowTrain<'_>) -> Result<Vec<Peak>, DspError> {
        self.plan(&self.known.robust, &train.pair(0))?.with(|plan, scratch| {
            let levels = TrainLevels::new(&plan.mel, train, 0, scratch)?;
            let peak = |(reference, target)| self.peak(plan, &S::of(reference), &S::of(target));
            levels.windows().map(peak).collect()
        })
    }

    /// The peak of two series.
    fn peak<T: Precision>(&self, plan: &Plan<T>, reference: &[f64], target: &[f64]) -> Result<Peak, DspError> {
        let found = plan.correlation.correlate(reference, target)?;
        let frame_ms = plan.mel.framing().frame_ms();
        let spread_pct = 100.0 * found.spread_bins / reference.len().max(1) as f64;
        if self.form == Form::Robust && spread_pct < self.min_spread_pct {
            return Ok(Peak::none());
        }
        Ok(Peak {
            delay_ms: found.lag_samples * frame_ms,
            match_pct: found.match_pct,
            peak_ratio: Some(found.peak_ratio.powf(self.soften)),
            runner_up_ms: Some(found.runner_up_lag_samples as f64 * frame_ms),
            error_ms: Some(0.5 * frame_ms),
            on_edge: found.on_edge,
        })
    }

    /// The correlation of both series: (delay in ms, height); none of damaged windows.
    pub(crate) fn curve(&self, windows: &WindowPair<'_>) -> Result<Vec<(f64, f64)>> {
        let curve = match self.form {
            Form::Robust => self.curve_of(&self.known.robust, windows),
            Form::Reference => self.curve_of(&self.known.reference, windows),
        };
        Ok(unless_damaged(curve)?.unwrap_or_default())
    }

    fn curve_of<T: Precision>(
        &self,
        known: &PlansOf<T>,
        windows: &WindowPair<'_>,
    ) -> Result<Vec<(f64, f64)>, DspError> {
        self.compared(known, windows, |plan, reference, target| {
            let (curve, frame_ms) = (plan.correlation.curve(reference, target)?, plan.mel.framing().frame_ms());
            Ok(curve.into_iter().map(|(lag, height)| (lag as f64 * frame_ms, height)).collect())
        })
    }

    fn compared<T: Precision, R>(
        &self,
        known: &PlansOf<T>,
        windows: &WindowPair<'_>,
        compare: impl FnOnce(&Plan<T>, &[f64], &[f64]) -> Result<R, DspError>,
    ) -> Result<R, DspError> {
        self.plan(known, windows)?.with(|plan, scratch| {
            let reference = features::levels(plan.mel.run(windows.reference, Side::Reference, scratch)?);
            let target = features::levels(plan.mel.run(windows.target, Side::Target, scratch)?);
            compare(plan, &S::of(reference.view()), &S::of(target.view()))
        })
    }

    /// Plans for windows of this size, unless it is done; all windows of a scan have the same.
    fn plan<T: Precision>(
        &self,
        known: &PlansOf<T>,
        windows: &WindowPair<'_>,
    ) -> Result<Arc<Shared<Plan<T>>>, DspError> {
        let WindowPair { reference, target, sample_rate_hz, filters_left_out, .. } = windows;
        let options = match self.form {
            Form::Robust => self.robust,
            Form::Reference => SeriesOptions::REFERENCE,
        };
        let kind = (reference.len(), target.len(), *sample_rate_hz, filters_left_out.to_vec());
        known.get(kind, || Plan::new(windows, S::BANDS, options))
    }
}
