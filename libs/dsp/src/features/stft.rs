//! The mel power spectrum of a window over time.
//!
//! Frames are weighted by a periodic Hann window and centred: before and after the window, silence is taken.

use std::f64::consts::TAU;
use std::sync::Arc;

use num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};

use crate::error::{DspError, Side};
use crate::features::frames::{Frames, Framing};
use crate::features::mel::MelBank;

/// A planned analysis, shared by all threads, each of which brings a [`MelScratch`].
pub struct MelSpectrum {
    framing: Framing,
    bank: MelBank,
    window: Vec<f64>,
    transform: Arc<dyn RealToComplex<f64>>,
}

/// The buffers that one thread analyses in.
pub struct MelScratch {
    frame: Vec<f64>,
    spectrum: Vec<Complex<f64>>,
    power: Vec<f64>,
    transform: Vec<Complex<f64>>,
}

impl MelSpectrum {
    /// Plans spectra of `bands` bands.
    pub fn new(framing: Framing, bands: usize) -> Self {
        let hann = |n: usize| 0.5 - 0.5 * (TAU * n as f64 / framing.length as f64).cos();
        Self {
            framing,
            bank: MelBank::new(&framing, bands),
            window: (0..framing.length).map(hann).collect(),
            transform: RealFftPlanner::new().plan_fft_forward(framing.length),
        }
    }

    /// How windows are cut into frames.
    pub fn framing(&self) -> &Framing {
        &self.framing
    }

    /// Buffers for one thread.
    pub fn scratch(&self) -> MelScratch {
        MelScratch {
            frame: self.transform.make_input_vec(),
            spectrum: self.transform.make_output_vec(),
            power: vec![0.0; self.framing.length / 2 + 1],
            transform: self.transform.make_scratch_vec(),
        }
    }

    /// Power in each band, a row for each of the `1 + len / hop` frames.
    ///
    /// # Errors
    /// A sample that is not finite (of the window of `side`), scratch of another analysis.
    pub fn run(&self, samples: &[f32], side: Side, scratch: &mut MelScratch) -> Result<Frames, DspError> {
        if let Some(index) = samples.iter().position(|s| !s.is_finite()) {
            return Err(DspError::NonFiniteSample { side, index });
        }
        let (length, hop) = (self.framing.length, self.framing.hop);
        if scratch.frame.len() != length {
            return Err(DspError::ForeignScratch { planned: length, got: scratch.frame.len() });
        }
        let count = self.framing.count(samples.len());
        let mut bands = Vec::with_capacity(count * self.bank.bands().len());
        for index in 0..count {
            self.load(samples, index * hop, &mut scratch.frame);
            let done =
                self.transform.process_with_scratch(&mut scratch.frame, &mut scratch.spectrum, &mut scratch.transform);
            done.map_err(|e| DspError::Transform { length, reason: e.to_string() })?;
            scratch.power.iter_mut().zip(&scratch.spectrum).for_each(|(power, c)| *power = c.norm_sqr());
            self.bank.extend(&scratch.power, &mut bands);
        }
        Ok(Frames::new(self.bank.bands().len(), bands))
    }

    /// Puts the weighted samples around `centre` into `frame`.
    fn load(&self, samples: &[f32], centre: usize, frame: &mut [f64]) {
        let half = frame.len() / 2;
        let (silent, first) = (half.saturating_sub(centre), centre.saturating_sub(half));
        frame.fill(0.0);
        let heard = frame.iter_mut().zip(&self.window).skip(silent).zip(samples.get(first..).unwrap_or_default());
        heard.for_each(|((to, weight), &sample)| *to = f64::from(sample) * weight);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::made_up::noise;

    fn spectrum() -> MelSpectrum {
        MelSpectrum::new(Framing::at(48_000.0).unwrap(), 64)
    }

    #[test]
    fn a_window_of_any_length_has_frames() {
        let mel = spectrum();
        for (len, frames) in [(0, 1), (1, 1), (511, 1), (512, 2), (5000, 10)] {
            let found = mel.run(&noise(len, 1), Side::Target, &mut mel.scratch()).unwrap();
            assert_eq!((found.count(), found.width()), (frames, 64), "{len}");
            assert!(found.values().iter().all(|p| p.is_finite() && *p >= 0.0));
        }
    }

    #[test]
    fn damage_and_foreign_scratch_are_errors() {
        let mel = spectrum();
        let mut samples = noise(5000, 2);
        let other = MelSpectrum::new(Framing::at(44_100.0).unwrap(), 64);
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
        let rows = whole.rows().skip(1).zip(later.rows());
        assert!(rows.skip(2).take(80).all(|(a, b)| a == b));
    }
}
