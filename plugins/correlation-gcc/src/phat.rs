//! `correlation-gcc/phat`: the phase transform of Knapp and Carter, in the form that `vsg_dsp::gcc` explains.

use crate::settings::Settings;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vsg_dsp::Weighting;
use vsg_plugin_api::prelude::*;

/// GCC-PHAT.
#[derive(Default, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub(crate) struct Phat(Settings);

impl CorrelationMethod for Phat {
    const ID: &'static str = "phat";
    const SUMMARY: &'static str = "Delay from the phases of the cross-spectrum (GCC-PHAT).";

    fn wants_unfiltered(&self) -> bool {
        self.0.wants_unfiltered()
    }

    fn correlate(&self, windows: &WindowPair<'_>) -> Result<Peak> {
        self.0.correlate(Weighting::Phat, windows)
    }

    fn correlate_train(&self, train: &WindowTrain<'_>) -> Result<Vec<Peak>> {
        self.0.correlate_train(Weighting::Phat, train)
    }

    fn curve(&self, windows: &WindowPair<'_>) -> Result<Vec<(f64, f64)>> {
        self.0.curve(Weighting::Phat, windows)
    }
}
