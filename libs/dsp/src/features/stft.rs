//! The mel power spectrum of a window over time.
//!
//! Frames are weighted by a periodic Hann window and centred: before and after the window, silence is taken. Two frames are transformed at
//! once, as the real and the imaginary part of one, which are told apart by their symmetry.

use std::f64::consts::TAU;
use std::sync::Arc;

use num_complex::Complex;
use rustfft::{Fft, FftPlanner};

use crate::damage::first_damaged;
use crate::error::{DspError, Side};
use crate::features::frames::{Frames, Framing};
use crate::features::mel::MelBank;
use crate::filter::{self, Filter};
use crate::spectrum::Precision;

/// A planned analysis, shared by all threads, each of which brings a [`MelScratch`].
pub struct MelSpectrum<T: Precision = f64> {
    framing: Framing,
    bank: MelBank<T>,
    window: Vec<T>,
    transform: Arc<dyn Fft<T>>,
}

/// The buffers that one thread analyses in.
pub struct MelScratch<T = f64> {
    /// Samples of a pair of frames at an end of the window.
    padded: Vec<f32>,
    /// A pair of frames, then their spectrum.
    frames: Vec<Complex<T>>,
    power: [Vec<T>; 2],
    transform: Vec<Complex<T>>,
}

impl<T: Precision> MelSpectrum<T> {
    /// Plans spectra of `bands` bands.
    pub fn new(framing: Framing, bands: usize) -> Self {
        // At half its height, which `powers` asks for.
        let hann = |n: usize| 0.5 * (0.5 - 0.5 * (TAU * n as f64 / framing.length as f64).cos());
        Self {
            framing,
            bank: MelBank::new(&framing, bands),
            window: (0..framing.length).map(|n| T::from_f64(hann(n)).unwrap_or_else(T::zero)).collect(),
            transform: FftPlanner::new().plan_fft_forward(framing.length),
        }
    }

    /// The same of sounds as these filters leave them, without filtering: each frequency counts with the power that gets through.
    #[must_use]
    pub fn behind(mut self, filters: &[Filter]) -> Self {
        let length = self.framing.length as f64;
        self.bank.weigh(|bin| filter::chain_power_gain(filters, bin as f64 / length));
        self
    }

    /// How windows are cut into frames.
    pub fn framing(&self) -> &Framing {
        &self.framing
    }

    /// Buffers for one thread.
    pub fn scratch(&self) -> MelScratch<T> {
        MelScratch {
            padded: vec![0.0; self.framing.length + self.framing.hop],
            frames: vec![Complex::default(); self.framing.length],
            power: [(); 2].map(|()| vec![T::zero(); self.framing.length / 2 + 1]),
            transform: vec![Complex::default(); self.transform.get_inplace_scratch_len()],
        }
    }

    /// Power in each band, a row for each of the `1 + len / hop` frames.
    ///
    /// # Errors
    /// A sample that is not finite (of the window of `side`), scratch of another analysis.
    pub fn run(&self, samples: &[f32], side: Side, scratch: &mut MelScratch<T>) -> Result<Frames<T>, DspError> {
        if let Some(index) = first_damaged(samples) {
            return Err(DspError::NonFiniteSample { side, index });
        }
        let (length, hop) = (self.framing.length, self.framing.hop);
        let MelScratch { padded, frames, power, transform } = scratch;
        if frames.len() != length {
            return Err(DspError::ForeignScratch { planned: length, got: frames.len() });
        }
        let count = self.framing.count(samples.len());
        let mut bands = Vec::with_capacity(count * self.bank.bands().len());
        for index in (0..count).step_by(2) {
            self.load(around(samples, index * hop, length / 2, padded), frames);
            self.transform.process_with_scratch(frames, transform);
            powers(frames, power);
            for power in power.iter().take(count - index) {
                self.bank.extend(power, &mut bands);
            }
        }
        Ok(Frames::new(self.bank.bands().len(), bands))
    }

    /// Weights a pair of frames, which are a hop apart.
    fn load(&self, samples: &[f32], frames: &mut [Complex<T>]) {
        let sample = |value: f32| T::from_f32(value).unwrap_or_else(T::zero);
        let both = samples.iter().zip(&samples[self.framing.hop..]);
        for ((pair, &weight), (&first, &second)) in frames.iter_mut().zip(&self.window).zip(both) {
            *pair = Complex::new(sample(first) * weight, sample(second) * weight);
        }
    }
}

/// The samples from `half` before `centre` on, as many as `padded` has room for, which is used where they reach past an end: there is silence.
fn around<'s>(samples: &'s [f32], centre: usize, half: usize, padded: &'s mut [f32]) -> &'s [f32] {
    let count = padded.len();
    if let Some(inside) = centre.checked_sub(half).and_then(|first| samples.get(first..first + count)) {
        return inside;
    }
    let (silent, first) = (half.saturating_sub(centre), centre.saturating_sub(half).min(samples.len()));
    let heard = &samples[first..samples.len().min(first + count - silent)];
    padded.fill(0.0);
    padded[silent..silent + heard.len()].copy_from_slice(heard);
    padded
}

/// The power spectra of both frames of a pair at half their height, up to half the rate.
fn powers<T: Precision>(spectrum: &[Complex<T>], [first, second]: &mut [Vec<T>; 2]) {
    let of_pair = |bin: Complex<T>, mirror: Complex<T>| {
        let (one, other) = ((bin.re + mirror.re, bin.im - mirror.im), (bin.im + mirror.im, mirror.re - bin.re));
        (one.0 * one.0 + one.1 * one.1, other.0 * other.0 + other.1 * other.1)
    };
    // Bin 0 is its own mirror image.
    (first[0], second[0]) = of_pair(spectrum[0], spectrum[0]);
    let count = first.len() - 1;
    let bins = spectrum[1..=count].iter().zip(spectrum[spectrum.len() - count..].iter().rev());
    for ((first, second), (&bin, &mirror)) in first[1..].iter_mut().zip(&mut second[1..]).zip(bins) {
        (*first, *second) = of_pair(bin, mirror);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features;
    use crate::made_up::noise;

    fn spectrum() -> MelSpectrum {
        MelSpectrum::new(Framing::at(48_000.0).unwrap(), 64)
    }

    #[test]
    fn a_window_of_any_length_has_frames() {
        let mel = spectrum();
        for (len, frames) in [(0, 1), (1, 1), (511, 1), (512, 2), (5000, 10)] {
            let found = mel.run(&noise(len, 1), Side::Target, &mut mel.scratch()).unwrap();
            assert_eq!((found.view().count(), found.view().width()), (frames, 64), "{len}");
            assert!(found.view().values().iter().all(|p| p.is_finite() && *p >= 0.0));
        }
    }

    #[test]
    fn damage_and_foreign_scratch_are_errors() {
        let mel = spectrum();
        let mut samples = noise(5000, 2);
        let other = MelSpectrum::<f64>::new(Framing::at(44_100.0).unwrap(), 64);
        let foreign = mel.run(&samples, Side::Target, &mut other.scratch());
        assert!(matches!(foreign, Err(DspError::ForeignScratch { .. })));
        samples[77] = f32::INFINITY;
        let damaged = mel.run(&samples, Side::Target, &mut mel.scratch());
        assert_eq!(damaged, Err(DspError::NonFiniteSample { side: Side::Target, index: 77 }));
    }

    #[test]
    fn what_moves_by_a_frame_moves_by_a_row() {
        let (mel, samples) = (spectrum(), noise(48_000, 3));
        let run = |samples: &[f32]| mel.run(samples, Side::Reference, &mut mel.scratch()).unwrap();
        let (whole, later) = (run(&samples), run(&samples[512..]));
        let rows = whole.view().rows().skip(1).zip(later.view().rows());
        let is_alike = |(a, b): (&f64, &f64)| (a - b).abs() <= 1e-12 * a;
        assert!(rows.skip(2).take(80).all(|(a, b)| a.iter().zip(b).all(is_alike)));
    }

    #[test]
    fn a_filter_may_be_left_to_the_spectrum() {
        let filters = [crate::band_pass::design(300.0, 3400.0, 5, 48_000.0).unwrap()];
        let sound = noise(60_000, 4);
        let mut filtered = sound.clone();
        filters[0].apply(&mut filtered, 0);
        let framing = Framing::at(48_000.0).unwrap();
        let run = |mel: MelSpectrum<f32>, samples: &[f32]| {
            features::levels(mel.run(samples, Side::Target, &mut mel.scratch()).unwrap())
        };
        let behind = run(MelSpectrum::new(framing, 64).behind(&filters), &sound);
        let before = run(MelSpectrum::new(framing, 64), &filtered);
        // A filter delays, so that single frames of noise differ; and far below the band, what a frame's ends let through from
        // elsewhere is all that is left behind it.
        let mean = |levels: &Frames<f32>, band: usize| {
            levels.view().rows().map(|row| f64::from(row[band])).sum::<f64>() / levels.view().count() as f64
        };
        let loudest = (0..64).map(|band| mean(&before, band)).fold(f64::NEG_INFINITY, f64::max);
        let heard: Vec<usize> = (0..64).filter(|&band| mean(&before, band) > loudest - 12.0).collect();
        assert!(heard.len() > 20, "{heard:?}");
        for band in heard {
            assert!((mean(&behind, band) - mean(&before, band)).abs() < 0.5, "{band}");
        }
    }
}
