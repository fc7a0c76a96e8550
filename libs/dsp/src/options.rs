//! How two windows are correlated: the choices there are, and the two sets of them that matter.

use crate::fft_length::FftLength;
use crate::peak::PeakFit;
use crate::taper::Taper;
use crate::weighting::{Band, Weighting};

/// How two windows are correlated.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GccOptions {
    /// Sample rate of both windows.
    pub rate_hz: f64,
    /// Fade at the edges of both windows.
    pub taper: Taper,
    /// Length of the Fourier transforms.
    pub fft_length: FftLength,
    /// How the bins of the cross-spectrum are weighted against each other.
    pub weighting: Weighting,
    /// Which bins count.
    pub band: Band,
    /// How finely the peak is placed.
    pub peak: PeakFit,
    /// Correlate at the lowest rate that the weighting's pass band fits into: several times faster and smaller. Delays stay in
    /// samples of `rate_hz`; they and all figures are those of the full rate (measured: delays to 0.001 sample, peak ratios to
    /// 0.1 %, if both transforms have the same bins, as windows of whole seconds have at 48 kHz; with other bins, as much as
    /// any other FFT length changes them). A band that reaches too high is correlated at the full rate.
    /// The filter before decimation works in `f32`, whatever the transforms work in.
    pub decimate: bool,
    /// Largest delay that is looked for, in either direction (samples); `None`: all that the windows can give.
    pub max_lag: Option<usize>,
}

impl GccOptions {
    /// The form to use unless results must equal the reference program's: only the bins from `low_hz` to `high_hz` count,
    /// 0.5 % of the window are faded at each end, the FFT length is smooth, the rate no higher than the band needs and the
    /// peak placed between samples.
    ///
    /// 300 to 3400 Hz suits filtered and unfiltered audio of any codec, dubs included: where speech differs, music still
    /// agrees there, and no codec or resampler cuts anything off. The fade is long enough to keep the window's edges out of
    /// that band and short enough to keep what two windows share when the delay is nearly as long as they are (a Hann
    /// window is not). See [`RELATED_PEAK_RATIO`](crate::peak::RELATED_PEAK_RATIO) for what to accept.
    pub fn robust(rate_hz: f64, low_hz: f64, high_hz: f64) -> Self {
        Self {
            rate_hz,
            taper: Taper::Edges(0.005),
            fft_length: FftLength::Smooth,
            weighting: Weighting::Phat,
            band: Band::Pass { low_hz, high_hz },
            peak: PeakFit::SubSample,
            decimate: true,
            max_lag: None,
        }
    }

    /// The reference program's GCC-PHAT, bit for bit in what it decides: no taper, exact length, whole band, whole samples. With
    /// another `weight`, its GCC-SCOT, Whitened and Standard Correlation.
    pub fn reference(rate_hz: f64) -> Self {
        Self {
            rate_hz,
            taper: Taper::None,
            fft_length: FftLength::Exact,
            weighting: Weighting::Phat,
            band: Band::Whole,
            peak: PeakFit::Sample,
            decimate: false,
            max_lag: None,
        }
    }
}
