//! The delay between two windows by a series of levels, one for each frame: what onsets and spectrogram have in common.

use crate::form::Form;
use crate::train::TrainLevels;
use std::sync::Arc;
use vsg_dsp::features::{self, Frames, Framing, MelScratch, MelSpectrum, SeriesCorrelation, SeriesOptions};
use vsg_dsp::{DspError, Planned, Plans, Shared, Side, unless_damaged};
use vsg_plugin_api::prelude::*;

/// How a series comes out of the levels of the bands of a spectrum (dB).
pub(crate) type Series = fn(Frames) -> Vec<f64>;

/// Plans by the lengths of both windows, their rate and the form.
pub(crate) type Known = Plans<(usize, usize, f64, Form), Plan>;

/// The analysis and correlation of windows of one kind.
pub(crate) struct Plan {
    mel: MelSpectrum,
    correlation: SeriesCorrelation,
}

impl Plan {
    fn new(windows: &WindowPair<'_>, bands: usize, form: Form, robust: SeriesOptions) -> Result<Self, DspError> {
        let framing = Framing::at(windows.sample_rate_hz)?;
        let options = match form {
            Form::Robust => robust,
            Form::Reference => SeriesOptions::REFERENCE,
        };
        let (reference, target) = (framing.count(windows.reference.len()), framing.count(windows.target.len()));
        let correlation = SeriesCorrelation::new(reference, target, options)?;
        Ok(Self { mel: MelSpectrum::new(framing, bands), correlation })
    }
}

impl Planned for Plan {
    type Scratch = MelScratch;

    fn scratch(&self) -> MelScratch {
        self.mel.scratch()
    }
}

/// A method that compares series of levels.
pub(crate) struct Levels<'a> {
    pub(crate) known: &'a Known,
    pub(crate) bands: usize,
    pub(crate) series: Series,
    pub(crate) form: Form,
    /// What the height of a peak over that of the second highest is raised to, so that one threshold serves all methods. The
    /// correlation of series has few values, so that chance makes higher peaks than in that of samples.
    pub(crate) soften: f64,
    /// How series are correlated in the robust form.
    pub(crate) robust: SeriesOptions,
    /// Least share of the spectrum of the series that the common energy is spread over (%).
    pub(crate) min_spread_pct: f64,
}

impl Levels<'_> {
    /// The delay between two windows.
    pub(crate) fn correlate(&self, windows: &WindowPair<'_>) -> Result<Peak> {
        let found = self.compared(windows, |plan, reference, target| self.peak(plan, reference, target));
        Ok(unless_damaged(found)?.unwrap_or_else(Peak::none))
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
        self.plan(&train.pair(0))?.with(|plan, scratch| {
            let levels = TrainLevels::new(&plan.mel, train, scratch)?;
            let peak = |(reference, target)| self.peak(plan, &(self.series)(reference), &(self.series)(target));
            levels.windows().map(peak).collect()
        })
    }

    /// The peak of two series.
    fn peak(&self, plan: &Plan, reference: &[f64], target: &[f64]) -> Result<Peak, DspError> {
        let found = plan.correlation.correlate(reference, target)?;
        let frame_ms = plan.mel.framing().frame_ms();
        if 100.0 * found.spread_bins / (reference.len().max(1) as f64) < self.min_spread_pct {
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
        let curve = self.compared(windows, |plan, reference, target| {
            let curve = plan.correlation.curve(reference, target)?;
            Ok((curve, plan.mel.framing().frame_ms()))
        });
        let (curve, frame_ms) = unless_damaged(curve)?.unwrap_or_default();
        Ok(curve.into_iter().map(|(lag, height)| (lag as f64 * frame_ms, height)).collect())
    }

    fn compared<R>(
        &self,
        windows: &WindowPair<'_>,
        compare: impl FnOnce(&Plan, &[f64], &[f64]) -> Result<R, DspError>,
    ) -> Result<R, DspError> {
        self.plan(windows)?.with(|plan, scratch| {
            let reference = features::levels(plan.mel.run(windows.reference, Side::Reference, scratch)?);
            let target = features::levels(plan.mel.run(windows.target, Side::Target, scratch)?);
            compare(plan, &(self.series)(reference), &(self.series)(target))
        })
    }

    /// Plans for windows of this size, unless it is done; all windows of a scan have the same.
    fn plan(&self, windows: &WindowPair<'_>) -> Result<Arc<Shared<Plan>>, DspError> {
        let kind = (windows.reference.len(), windows.target.len(), windows.sample_rate_hz, self.form);
        self.known.get(kind, || Plan::new(windows, self.bands, self.form, self.robust))
    }
}
