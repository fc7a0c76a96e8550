//! `correlation-gcc/scot`: the smoothed coherence transform, with the match figure that the reference program gives it.

use crate::settings::Settings;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vsg_dsp::Weighting;
use vsg_plugin_api::prelude::*;

/// GCC-SCOT: of single windows it finds the delays of the phase transform; its match is the peak against the mean.
#[derive(Default, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub(crate) struct Scot(Settings);

impl CorrelationMethod for Scot {
    const ID: &'static str = "scot";
    const SUMMARY: &'static str = "Delay from the coherence of both spectra (GCC-SCOT).";

    fn wants_unfiltered(&self) -> bool {
        self.0.wants_unfiltered()
    }

    fn correlate(&self, windows: &WindowPair<'_>) -> Result<Peak> {
        self.0.correlate(Weighting::Scot, windows)
    }

    fn correlate_train(&self, train: &WindowTrain<'_>) -> Result<Vec<Peak>> {
        self.0.correlate_train(Weighting::Scot, train)
    }

    fn curve(&self, windows: &WindowPair<'_>) -> Result<Vec<(f64, f64)>> {
        self.0.curve(Weighting::Scot, windows)
    }
}
