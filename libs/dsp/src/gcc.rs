//! GCC-PHAT: the delay between two windows from the phases of their cross-spectrum.
//!
//! Source: Knapp & Carter, "The generalized correlation method for estimation of time delay" (1976), with the phase
//! transform; the form of section 7 of the analysis specification is [`GccOptions::reference`].
//!
//! With R, T the spectra of both windows, zero-padded to the FFT length n, and G = R·conj(T), the correlation is the inverse
//! transform of G / (|G| + 1e-9). Only phases count, so loudness, equalisation and codecs hardly matter. The price: a bin
//! that holds nothing but leakage or rounding noise weighs as much as any other. A window with hard edges leaks into all
//! of them, and that leakage itself correlates, at lag 0 or at ± the window length. So filtered audio needs a weighting
//! restricted to what the filter lets through, a taper, or both.

use std::ops::Range;
use std::sync::Arc;

use realfft::num_complex::Complex;
use realfft::num_traits::{Float, Zero};
use realfft::{FftNum, RealFftPlanner, RealToComplex};

use crate::error::{DspError, Side};
use crate::fft_length::FftLength;
use crate::peak::{self, LagRange, Peak, PeakFit};
use crate::taper::Taper;

/// Keeps a bin without energy from being divided by zero.
const EPS: f64 = 1e-9;

/// Arithmetic that a correlation is done in: `f32` is faster and needs half the memory, `f64` equals the reference.
pub trait Precision: FftNum + Float {}

impl Precision for f32 {}
impl Precision for f64 {}

/// Which bins of the spectrum count.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Weighting {
    /// All of them, equally.
    WholeBand,
    /// Those from `low_hz` to `high_hz`, equally; the others not at all.
    PassBand {
        /// Lowest frequency that counts.
        low_hz: f64,
        /// Highest frequency that counts.
        high_hz: f64,
    },
}

/// How two windows are correlated.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GccOptions {
    /// Sample rate of both windows.
    pub rate_hz: f64,
    /// Fade at the edges of both windows.
    pub taper: Taper,
    /// Length of the Fourier transforms.
    pub fft_length: FftLength,
    /// Which bins count.
    pub weighting: Weighting,
    /// How finely the peak is placed.
    pub peak: PeakFit,
    /// Largest delay that is looked for, in either direction (samples); `None`: all that the windows can give.
    pub max_lag: Option<usize>,
}

impl GccOptions {
    /// The reference program's form, bit for bit in what it decides: no taper, exact length, whole band, whole samples.
    pub fn reference(rate_hz: f64) -> Self {
        Self {
            rate_hz,
            taper: Taper::None,
            fft_length: FftLength::Exact,
            weighting: Weighting::WholeBand,
            peak: PeakFit::Sample,
            max_lag: None,
        }
    }
}

/// A planned correlation of windows of given lengths. Shared by all threads, each of which brings a [`GccScratch`].
pub struct GccPhat<T: Precision = f32> {
    len_ref: usize,
    len_tgt: usize,
    options: GccOptions,
    length: usize,
    fade_ref: Vec<f32>,
    fade_tgt: Vec<f32>,
    /// Bins of the one-sided spectrum that count.
    bins: Range<usize>,
    /// The one transform there is; the way back is made of it and [`fold`].
    transform: Arc<dyn RealToComplex<T>>,
}

/// The buffers that one thread correlates in; made by [`GccPhat::scratch`], used again for every window.
pub struct GccScratch<T: Precision = f32> {
    length: usize,
    time: Vec<T>,
    reference: Vec<Complex<T>>,
    target: Vec<Complex<T>>,
    transform: Vec<Complex<T>>,
}

impl<T: Precision> GccScratch<T> {
    /// Memory that these buffers hold (bytes).
    pub fn bytes(&self) -> usize {
        let complex = self.reference.len() + self.target.len() + self.transform.len();
        std::mem::size_of::<T>() * (self.time.len() + 2 * complex)
    }
}

impl<T: Precision> GccPhat<T> {
    /// Plans the correlation of reference windows of `len_ref` samples with target windows of `len_tgt` samples.
    ///
    /// # Errors
    /// An empty window, an impossible sample rate, a pass band that is out of order or holds no bin.
    pub fn new(len_ref: usize, len_tgt: usize, options: GccOptions) -> Result<Self, DspError> {
        if len_ref == 0 || len_tgt == 0 {
            return Err(DspError::EmptyWindow {
                reference: len_ref,
                target: len_tgt,
            });
        }
        let length = options.fft_length.samples(len_ref, len_tgt);
        let bins = counted_bins(&options, length)?;
        Ok(Self {
            len_ref,
            len_tgt,
            length,
            bins,
            fade_ref: options.taper.fade(len_ref),
            fade_tgt: options.taper.fade(len_tgt),
            transform: RealFftPlanner::new().plan_fft_forward(length),
            options,
        })
    }

    /// FFT length (samples).
    pub fn fft_length(&self) -> usize {
        self.length
    }

    /// What this correlation was planned with.
    pub fn options(&self) -> &GccOptions {
        &self.options
    }

    /// Buffers for one thread.
    pub fn scratch(&self) -> GccScratch<T> {
        GccScratch {
            length: self.length,
            time: self.transform.make_input_vec(),
            reference: self.transform.make_output_vec(),
            target: self.transform.make_output_vec(),
            transform: self.transform.make_scratch_vec(),
        }
    }

    /// Delay between two windows: the highest peak of their phase correlation, of either sign.
    ///
    /// Two silent windows, or one, give a peak of value 0 at lag 0.
    ///
    /// # Errors
    /// A window of another length than planned, a sample that is not finite, scratch of another correlation.
    pub fn correlate(&self, reference: &[f32], target: &[f32], scratch: &mut GccScratch<T>) -> Result<Peak, DspError> {
        self.correlation(reference, target, scratch)?;
        let two_sided =
            2 * self.bins.len() - self.bins.contains(&0) as usize - self.bins.contains(&self.nyquist()) as usize;
        let search = peak::Search {
            lags: self.lags(),
            exclusion: self.exclusion(),
            fit: self.options.peak,
            full_scale: two_sided as f64 / self.length as f64,
        };
        Ok(search.run(&mut scratch.time))
    }

    /// The phase correlation itself, `fft_length` values: lag `k` at index `k`, lag `-k` at index `fft_length - k`. Lags
    /// outside [`GccPhat::lags`] mean nothing.
    ///
    /// # Errors
    /// As [`GccPhat::correlate`].
    pub fn correlation<'s>(
        &self,
        reference: &[f32],
        target: &[f32],
        scratch: &'s mut GccScratch<T>,
    ) -> Result<&'s mut [T], DspError> {
        self.check(Side::Reference, reference, self.len_ref)?;
        self.check(Side::Target, target, self.len_tgt)?;
        if scratch.length != self.length {
            return Err(DspError::ForeignScratch {
                planned: self.length,
                got: scratch.length,
            });
        }
        let GccScratch {
            time,
            reference: ref_spectrum,
            target: tgt_spectrum,
            transform,
            ..
        } = scratch;
        let mut forward = |samples: &mut [T], spectrum: &mut [Complex<T>]| {
            let done = self.transform.process_with_scratch(samples, spectrum, transform);
            done.map_err(|e| DspError::Transform {
                length: self.length,
                reason: e.to_string(),
            })
        };
        load(time, reference, &self.fade_ref);
        forward(time, ref_spectrum)?;
        load(time, target, &self.fade_tgt);
        forward(time, tgt_spectrum)?;
        self.whiten(ref_spectrum, tgt_spectrum);
        fold(ref_spectrum, time);
        forward(time, tgt_spectrum)?;
        fold(tgt_spectrum, time);
        Ok(time)
    }

    /// Lags that are looked at: what the windows can give, within `max_lag`.
    pub fn lags(&self) -> LagRange {
        let limit = self.options.max_lag.unwrap_or(usize::MAX);
        LagRange {
            length: self.length,
            latest: limit.min(self.len_ref - 1),
            earliest: limit.min(self.len_tgt - 1),
        }
    }

    /// Lags on either side of a peak that belong to it (samples): 5 ms, or the side lobes of a narrow band until they are
    /// down to 2 %.
    fn exclusion(&self) -> usize {
        let share = self.bins.len() as f64 / (self.length as f64 / 2.0);
        let side_lobes = 16.0 / share;
        side_lobes.max(0.005 * self.options.rate_hz).ceil() as usize
    }

    fn nyquist(&self) -> usize {
        if self.length.is_multiple_of(2) {
            self.length / 2
        } else {
            usize::MAX
        }
    }

    /// Leaves G / (|G| + eps), scaled by 1/n, in `reference`; zero in bins that do not count.
    fn whiten(&self, reference: &mut [Complex<T>], target: &[Complex<T>]) {
        let eps = T::from_f64(EPS).unwrap_or_else(T::epsilon);
        let scale = T::from_f64(1.0 / self.length as f64).unwrap_or_else(T::one);
        for (bin, (r, t)) in reference.iter_mut().zip(target).enumerate() {
            if self.bins.contains(&bin) {
                let g = *r * t.conj();
                *r = g * (scale / (g.norm() + eps));
            } else {
                *r = Complex::zero();
            }
        }
    }

    fn check(&self, side: Side, window: &[f32], planned: usize) -> Result<(), DspError> {
        if window.len() != planned {
            return Err(DspError::WindowLength {
                side,
                planned,
                got: window.len(),
            });
        }
        match window.iter().position(|s| !s.is_finite()) {
            Some(index) => Err(DspError::NonFiniteSample { side, index }),
            None => Ok(()),
        }
    }
}

fn counted_bins(options: &GccOptions, length: usize) -> Result<Range<usize>, DspError> {
    let rate_hz = options.rate_hz;
    if !(rate_hz.is_finite() && rate_hz > 0.0) {
        return Err(DspError::Rate { rate_hz });
    }
    let end = length / 2 + 1;
    let Weighting::PassBand { low_hz, high_hz } = options.weighting else {
        return Ok(0..end);
    };
    let nyquist_hz = rate_hz / 2.0;
    if !(0.0 < low_hz && low_hz < high_hz && high_hz < nyquist_hz) {
        return Err(DspError::BandEdges {
            low_hz,
            high_hz,
            nyquist_hz,
        });
    }
    let bin = |hz: f64| hz / rate_hz * length as f64;
    let bins = (bin(low_hz).ceil() as usize)..(bin(high_hz).floor() as usize + 1).min(end);
    if bins.is_empty() {
        return Err(DspError::NoBins {
            low_hz,
            high_hz,
            length,
        });
    }
    Ok(bins)
}

/// Puts a faded window at the start of the padded buffer.
fn load<T: Precision>(padded: &mut [T], window: &[f32], fade: &[f32]) {
    let (head, padding) = padded.split_at_mut(window.len());
    for (to, &from) in head.iter_mut().zip(window) {
        *to = T::from_f32(from).unwrap_or_else(T::zero);
    }
    padding.fill(T::zero());
    let weights = || fade.iter().map(|&w| T::from_f32(w).unwrap_or_else(T::one));
    head.iter_mut().zip(weights()).for_each(|(s, w)| *s = *s * w);
    head.iter_mut().rev().zip(weights()).for_each(|(s, w)| *s = *s * w);
}

/// Half of an inverse transform: the real sequence re + im of a whole spectrum, given its lower half.
///
/// The forward transform of that sequence, folded the same way once more, is the inverse transform of the spectrum (as
/// in a Hartley transform). So no second set of twiddle factors is needed.
fn fold<T: Precision>(spectrum: &[Complex<T>], folded: &mut [T]) {
    let n = folded.len();
    folded[0] = spectrum[0].re;
    for (k, c) in spectrum.iter().enumerate().skip(1) {
        folded[n - k] = c.re - c.im;
        folded[k] = c.re + c.im;
    }
    if n.is_multiple_of(2) {
        folded[n / 2] = spectrum[n / 2].re;
    }
}
