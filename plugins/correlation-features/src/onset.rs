//! `correlation-features/onset`: when notes, syllables and noises begin.

use crate::form::Form;
use crate::levels::{Known, Levels, Series};
use std::marker::PhantomData;
use vsg_dsp::Precision;
use vsg_dsp::features::{self, FramesView, SeriesOptions, frames::FRAME_MS};
use vsg_plugin_api::prelude::*;

/// Of unrelated windows of 15 s behind the filter for dialogue, 3 in 1000 have a peak more than 1.86 times as high as the second
/// highest. Raised to this power, that is 1.6, the threshold of the phase transform.
const SOFTEN: f64 = 0.75;

params! {
    /// Settings of the correlation of onsets.
    pub struct Onset {
        /// What is compared, and how.
        form: Form = Form::Robust,
        /// Over how much of the spectrum of its own changes the common sound has to be spread (%). What pulses evenly, such as a
        /// tremolo, fills hardly any of it, and tells no delay. 0 accepts any. Not asked for in the
        /// reference form.
        #[schemars(range(min = 0.0, max = 100.0))]
        min_spread_pct: f64 = 4.0,
        #[serde(skip)]
        known: Known = Known::default(),
    }
}

impl Onset {
    fn levels(&self) -> Levels<'_, Self> {
        Levels {
            known: &self.known,
            series: PhantomData,
            form: self.form,
            soften: SOFTEN,
            robust: SeriesOptions::ROBUST,
            min_spread_pct: self.min_spread_pct,
        }
    }
}

impl Series for Onset {
    const BANDS: usize = features::FINE_BANDS;

    fn of<T: Precision>(levels_db: FramesView<'_, T>) -> Vec<f64> {
        features::onsets(levels_db)
    }
}

impl CorrelationMethod for Onset {
    const ID: &'static str = "onset";
    const SUMMARY: &'static str = "Delay from when notes, syllables and noises begin (onset detection).";
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
