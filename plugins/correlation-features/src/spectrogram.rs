//! `correlation-features/spectrogram`: how loud the bands of a spectrum are on the whole, over time.

use crate::form::Form;
use crate::levels::{Known, Levels, Series};
use std::marker::PhantomData;
use vsg_dsp::Precision;
use vsg_dsp::features::{self, FramesView, SeriesOptions, frames::FRAME_MS};
use vsg_plugin_api::prelude::*;

/// Of unrelated windows of 15 s behind the filter for dialogue, 3 in 1000 have a peak more than 1.72 times as high as the second
/// highest. Raised to this power, that is 1.6, the threshold of the phase transform.
const SOFTEN: f64 = 0.87;

params! {
    /// Settings of the correlation of spectrograms.
    pub struct Spectrogram {
        /// What is compared, and how.
        form: Form = Form::Robust,
        /// Over how much of the spectrum of its own changes the common sound has to be spread (%). What pulses evenly, such as a
        /// tremolo, fills hardly any of it, and tells no delay. 0 accepts any. Not asked for in the
        /// reference form.
        #[schemars(range(min = 0.0, max = 100.0))]
        min_spread_pct: f64 = 0.5,
        #[serde(skip)]
        known: Known = Known::default(),
    }
}

impl Spectrogram {
    fn levels(&self) -> Levels<'_, Self> {
        Levels {
            known: &self.known,
            series: PhantomData,
            form: self.form,
            soften: SOFTEN,
            robust: SeriesOptions::ROBUST_FADED,
            min_spread_pct: self.min_spread_pct,
        }
    }
}

impl Series for Spectrogram {
    const BANDS: usize = features::COARSE_BANDS;

    fn of<T: Precision>(levels_db: FramesView<'_, T>) -> Vec<f64> {
        features::loudness(levels_db)
    }
}

impl CorrelationMethod for Spectrogram {
    const ID: &'static str = "spectrogram";
    const SUMMARY: &'static str = "Delay from how loud all bands of the spectrum are over time.";
    const RESOLUTION_MS: Option<f64> = Some(FRAME_MS);

    fn wants_unfiltered(&self) -> bool {
        self.form.wants_unfiltered()
    }

    fn correlate(&self, windows: &WindowPair<'_>) -> Result<Peak> {
        self.levels().correlate(windows)
    }

    fn correlate_train(&self, train: &WindowTrain<'_>) -> Result<Vec<Peak>> {
        self.levels().correlate_train(train)
    }

    fn curve(&self, windows: &WindowPair<'_>) -> Result<Vec<(f64, f64)>> {
        self.levels().curve(windows)
    }
}
