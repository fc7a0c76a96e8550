//! `correlation-gcc/whiten`: each spectrum whitened by itself, then correlated.

use crate::settings::Settings;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vsg_dsp::Weighting;
use vsg_plugin_api::prelude::*;

/// Whitened cross-correlation.
#[derive(Default, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub(crate) struct Whiten(Settings);

impl CorrelationMethod for Whiten {
    const ID: &'static str = "whiten";
    const SUMMARY: &'static str = "Delay from both spectra, each whitened by itself.";

    fn wants_unfiltered(&self) -> bool {
        self.0.wants_unfiltered()
    }

    fn correlate(&self, windows: &WindowPair<'_>) -> Result<Peak> {
        self.0.correlate(Weighting::Whiten, windows)
    }

    fn correlate_train(&self, train: &WindowTrain<'_>) -> Result<Vec<Peak>> {
        self.0.correlate_train(Weighting::Whiten, train)
    }

    fn curve(&self, windows: &WindowPair<'_>) -> Result<Vec<(f64, f64)>> {
        self.0.curve(Weighting::Whiten, windows)
    }
}
