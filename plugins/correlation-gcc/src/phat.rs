//! `correlation-gcc/phat`: the phase transform of Knapp and Carter, in the form that `vsg_dsp::gcc` explains.

use std::sync::{Mutex, OnceLock};
use vsg_dsp::{FftLength, GccOptions, GccPhat, GccScratch, PeakFit, Weighting};
use vsg_plugin_api::prelude::*;

choice! {
    /// Fade at the edges of a window.
    pub enum Taper {
        /// Hard edges, as the reference program has.
        None,
        /// Raised cosine over the whole window; keeps the edges from leaking into every bin.
        Hann,
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
    pub enum Bins {
        /// All of them, equally.
        WholeBand,
        /// Those that the filters before let pass; all of them if there is no filter.
        PassBand,
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

params! {
    /// Settings of GCC-PHAT. The defaults were chosen by measurement; see the book, "Accuracy".
    pub struct Phat {
        /// Fade at the edges of a window.
        taper: Taper = Taper::Hann,
        /// Length of the Fourier transforms.
        fft_length: Length = Length::Smooth,
        /// Which bins of the spectrum count.
        weighting: Bins = Bins::PassBand,
        /// How finely the peak is placed.
        peak: Fit = Fit::SubSample,
        #[serde(skip)]
        engine: OnceLock<Result<Engine, String>> = OnceLock::new(),
    }
}

/// The plan for one size of window, and buffers that are not in use.
pub(crate) struct Engine {
    gcc: GccPhat<f64>,
    idle: Mutex<Vec<GccScratch<f64>>>,
}

impl CorrelationMethod for Phat {
    const ID: &'static str = "phat";
    const SUMMARY: &'static str = "Delay from the phases of the cross-spectrum (GCC-PHAT).";

    fn correlate(&self, windows: &WindowPair<'_>) -> Result<Peak> {
        let engine = self.engine.get_or_init(|| self.plan(windows)).as_ref().map_err(|error| Error::new(error))?;
        let mut scratch = engine.idle.lock().ok().and_then(|mut idle| idle.pop()).unwrap_or_else(|| engine.gcc.scratch());
        let found = engine.gcc.correlate(windows.reference, windows.target, &mut scratch);
        if let Ok(mut idle) = engine.idle.lock() {
            idle.push(scratch);
        }
        let found = found?;
        let to_ms = 1000.0 / windows.sample_rate_hz;
        Ok(Peak {
            delay_ms: found.delay_ms(windows.sample_rate_hz),
            match_pct: found.match_pct,
            peak_ratio: Some(found.peak_ratio),
            runner_up_ms: Some(found.runner_up_lag_samples as f64 * to_ms),
            on_edge: found.on_edge,
        })
    }
}

impl Phat {
    /// Plans for windows of this size; all windows of a scan have the same.
    fn plan(&self, windows: &WindowPair<'_>) -> Result<Engine, String> {
        let options = GccOptions {
            rate_hz: windows.sample_rate_hz,
            taper: match self.taper {
                Taper::None => vsg_dsp::Taper::None,
                Taper::Hann => vsg_dsp::Taper::Hann,
            },
            fft_length: match self.fft_length {
                Length::Exact => FftLength::Exact,
                Length::Smooth => FftLength::Smooth,
            },
            weighting: match (self.weighting, windows.pass_band_hz) {
                (Bins::PassBand, Some((low_hz, high_hz))) => Weighting::PassBand { low_hz: low_hz.max(1.0), high_hz },
                (Bins::WholeBand, _) | (Bins::PassBand, None) => Weighting::WholeBand,
            },
            peak: match self.peak {
                Fit::Sample => PeakFit::Sample,
                Fit::SubSample => PeakFit::SubSample,
            },
            max_lag: None,
        };
        let gcc = GccPhat::new(windows.reference.len(), windows.target.len(), options).map_err(|e| e.to_string())?;
        Ok(Engine { gcc, idle: Mutex::default() })
    }
}
