//! `correlation-gcc/phat`: the phase transform of Knapp and Carter, in the form that `vsg_dsp::gcc` explains.

use std::sync::{Mutex, OnceLock};
use vsg_dsp::{FftLength, GccOptions, GccPhat, GccScratch, PeakFit, Weighting};
use vsg_plugin_api::prelude::*;

choice! {
    /// Fade at the edges of a window.
    pub enum Taper {
        /// Hard edges, as the reference program has. They leak into every bin.
        None,
        /// A short fade at either end; keeps nearly the whole window, so that long delays are found, too.
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
    pub enum Bins {
        /// All of them, equally.
        WholeBand,
        /// Those that the filters before let pass, at a rate that is just high enough for them; all of them if there is no
        /// filter. The filters themselves are not applied: they would delay both sides alike.
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

/// Share of a window that `Taper::Edges` fades at either end: 75 ms of 15 s.
const EDGE: f64 = 0.005;

params! {
    /// Settings of GCC-PHAT. The defaults were chosen by measurement; see the book, "Accuracy".
    pub struct Phat {
        /// Fade at the edges of a window.
        taper: Taper = Taper::Edges,
        /// Length of the Fourier transforms.
        fft_length: Length = Length::Smooth,
        /// Which bins of the spectrum count.
        weighting: Bins = Bins::PassBand,
        /// How finely the peak is placed.
        peak: Fit = Fit::SubSample,
        /// Over how many bins of the spectrum the common energy has to be spread. A single tone has 3, a chord 9, sparse music
        /// more than 20; the phases of a few tones tell no delay, and the others are noise. 0 accepts any.
        #[schemars(range(min = 0.0, max = 10000.0))]
        min_spread_bins: f64 = 12.0,
        /// Arithmetic of the transforms.
        precision: Precision = Precision::Single,
        #[serde(skip)]
        engine: OnceLock<Result<Engine, String>> = OnceLock::new(),
    }
}

/// The plan for one size of window, in the arithmetic that was asked for.
pub(crate) enum Engine {
    Single(Plan<f32>),
    Double(Plan<f64>),
}

/// A plan, and buffers that are not in use.
pub(crate) struct Plan<T: vsg_dsp::Precision> {
    gcc: GccPhat<T>,
    idle: Mutex<Vec<GccScratch<T>>>,
}

impl CorrelationMethod for Phat {
    const ID: &'static str = "phat";
    const SUMMARY: &'static str = "Delay from the phases of the cross-spectrum (GCC-PHAT).";

    /// Bins outside the pass band do not count, and the phases that a filter turns inside are turned alike on both sides.
    fn wants_unfiltered(&self) -> bool {
        matches!(self.weighting, Bins::PassBand)
    }

    fn correlate(&self, windows: &WindowPair<'_>) -> Result<Peak> {
        let found = match self.engine.get_or_init(|| self.plan(windows)) {
            Ok(Engine::Single(plan)) => plan.correlate(windows),
            Ok(Engine::Double(plan)) => plan.correlate(windows),
            Err(error) => return Err(Error::new(error)),
        };
        let found = match found {
            Ok(found) => found,
            // Damage in one window is no reason to give up the others.
            Err(vsg_dsp::DspError::NonFiniteSample { .. }) => return Ok(Peak::none()),
            Err(error) => return Err(error.into()),
        };
        if found.spread_bins < self.min_spread_bins {
            return Ok(Peak::none());
        }
        Ok(Peak {
            delay_ms: found.delay_ms(windows.sample_rate_hz),
            match_pct: found.match_pct,
            peak_ratio: Some(found.peak_ratio),
            runner_up_ms: Some(found.runner_up_lag_samples as f64 / windows.sample_rate_hz * 1000.0),
            on_edge: found.on_edge,
            ..Peak::none()
        })
    }
}

impl<T: vsg_dsp::Precision> Plan<T> {
    fn new(windows: &WindowPair<'_>, options: GccOptions) -> Result<Self, String> {
        let gcc = GccPhat::new(windows.reference.len(), windows.target.len(), options);
        Ok(Self { gcc: gcc.map_err(|error| error.to_string())?, idle: Mutex::default() })
    }

    fn correlate(&self, windows: &WindowPair<'_>) -> Result<vsg_dsp::Peak, vsg_dsp::DspError> {
        let idle = self.idle.lock().ok().and_then(|mut idle| idle.pop());
        let mut scratch = idle.unwrap_or_else(|| self.gcc.scratch());
        let found = self.gcc.correlate(windows.reference, windows.target, &mut scratch);
        if let Ok(mut idle) = self.idle.lock() {
            idle.push(scratch);
        }
        found
    }
}

impl Phat {
    /// Plans for windows of this size; all windows of a scan have the same.
    fn plan(&self, windows: &WindowPair<'_>) -> Result<Engine, String> {
        let options = GccOptions {
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
            weighting: match (self.weighting, windows.pass_band_hz) {
                (Bins::PassBand, Some((low_hz, high_hz))) => Weighting::PassBand { low_hz: low_hz.max(1.0), high_hz },
                (Bins::WholeBand, _) | (Bins::PassBand, None) => Weighting::WholeBand,
            },
            peak: match self.peak {
                Fit::Sample => PeakFit::Sample,
                Fit::SubSample => PeakFit::SubSample,
            },
            decimate: true,
            max_lag: None,
        };
        Ok(match self.precision {
            Precision::Single => Engine::Single(Plan::new(windows, options)?),
            Precision::Double => Engine::Double(Plan::new(windows, options)?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_correlation_within_the_pass_band_does_without_filters() {
        assert!(Phat::default().wants_unfiltered());
        assert!(!Phat { weighting: Bins::WholeBand, ..Phat::default() }.wants_unfiltered());
    }

    #[test]
    fn a_delay_comes_out_in_milliseconds_at_the_full_rate() {
        let mut state = 1u32;
        let mut sample = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 23) as f32 - 1.0
        };
        let source: Vec<f32> = (0..49_000).map(|_| sample()).collect();
        let windows = WindowPair {
            reference: &source[..48_000],
            target: &source[481..48_481],
            sample_rate_hz: 48_000.0,
            pass_band_hz: Some((300.0, 3400.0)),
        };
        for precision in [Precision::Single, Precision::Double] {
            let peak = Phat { precision, ..Phat::default() }.correlate(&windows).unwrap();
            assert!((peak.delay_ms - 481.0 / 48.0).abs() < 1e-3, "{peak:?}");
            assert!(!peak.on_edge && peak.peak_ratio > Some(5.0), "{peak:?}");
        }
    }
}
