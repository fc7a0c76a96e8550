//! How well the phases of two sounds agree, frame by frame and band by band.

use std::f64::consts::TAU;
use std::ops::Range;
use std::sync::Arc;

use num_complex::Complex32;
use realfft::{RealFftPlanner, RealToComplex};

use crate::error::{DspError, Side};
use crate::fft_length;

/// Bands, each the same share of an octave wide.
pub const BANDS: usize = 20;
/// Length of a frame (s).
const FRAME_S: f64 = 0.0427;
/// The lowest and the highest frequency that counts (Hz): above, codecs make up what they left out.
const RANGE_HZ: (f64, f64) = (60.0, 9000.0);

/// Mean cosine of the differences in phase in each band of one frame: 1 for the same sound, about 0 for different ones.
pub type Row = [f32; BANDS];

/// A planned comparison. Frames overlap by half.
pub struct Phases {
    window: Vec<f32>,
    /// Bins of each band; empty where bins are wider than bands.
    bands: [Range<usize>; BANDS],
    forward: Arc<dyn RealToComplex<f32>>,
}

impl Phases {
    /// Plans a comparison at a sample rate (Hz).
    ///
    /// # Errors
    /// A rate at which no frame has samples.
    pub fn new(rate_hz: f64) -> Result<Self, DspError> {
        if !(rate_hz.is_finite() && (100.0..=1e7).contains(&rate_hz)) {
            return Err(DspError::Rate { rate_hz });
        }
        let length = fft_length::smooth((FRAME_S * rate_hz) as usize).next_multiple_of(4);
        let hann = |n: usize| (0.5 - 0.5 * (TAU * n as f64 / length as f64).cos()) as f32;
        let (low_hz, high_hz) = (RANGE_HZ.0, RANGE_HZ.1.min(0.45 * rate_hz));
        let edge = |band: usize| {
            let hz = low_hz * (high_hz / low_hz).powf(band as f64 / BANDS as f64);
            (hz * length as f64 / rate_hz).round() as usize
        };
        Ok(Self {
            window: (0..length).map(hann).collect(),
            bands: std::array::from_fn(|band| edge(band)..edge(band + 1)),
            forward: RealFftPlanner::new().plan_fft_forward(length),
        })
    }

    /// Samples of a frame.
    #[must_use]
    pub fn frame(&self) -> usize {
        self.window.len()
    }

    /// Samples from one frame to the next.
    #[must_use]
    pub fn hop(&self) -> usize {
        self.window.len() / 2
    }

    /// Bins in each band: what a row's value is the mean of.
    #[must_use]
    pub fn bins(&self) -> [usize; BANDS] {
        std::array::from_fn(|band| self.bands[band].len())
    }

    /// The rows of all whole frames of the reference against each target, which are as long. Frames with samples that are no numbers agree
    /// with nothing.
    ///
    /// # Errors
    /// A target of another length.
    pub fn rows<const N: usize>(&self, reference: &[f32], targets: [&[f32]; N]) -> Result<[Vec<Row>; N], DspError> {
        if let Some(target) = targets.iter().find(|target| target.len() != reference.len()) {
            return Err(DspError::WindowLength { side: Side::Target, planned: reference.len(), got: target.len() });
        }
        let starts = (0..reference.len().saturating_sub(self.frame() - 1)).step_by(self.hop());
        let mut rows: [Vec<Row>; N] = std::array::from_fn(|_| Vec::with_capacity(starts.len()));
        let mut frame = self.forward.make_input_vec();
        let mut scratch = self.forward.make_scratch_vec();
        let (mut r, mut t) = (self.forward.make_output_vec(), self.forward.make_output_vec());
        for start in starts {
            self.directions(&reference[start..], &mut frame, &mut r, &mut scratch)?;
            for (rows, target) in rows.iter_mut().zip(targets) {
                self.directions(&target[start..], &mut frame, &mut t, &mut scratch)?;
                rows.push(std::array::from_fn(|band| {
                    let bins = self.bands[band].clone();
                    let cosines = r[bins.clone()].iter().zip(&t[bins.clone()]).map(|(r, t)| r.re * t.re + r.im * t.im);
                    cosines.sum::<f32>() / bins.len().max(1) as f32
                }));
            }
        }
        Ok(rows)
    }

    /// The phases of the first frame as numbers of size 1; 0 where nothing sounds.
    fn directions(
        &self,
        samples: &[f32],
        frame: &mut [f32],
        spectrum: &mut [Complex32],
        scratch: &mut [Complex32],
    ) -> Result<(), DspError> {
        for ((to, sample), weight) in frame.iter_mut().zip(samples).zip(&self.window) {
            *to = sample * weight;
        }
        let done = self.forward.process_with_scratch(frame, spectrum, scratch);
        done.map_err(DspError::of_transform(self.window.len()))?;
        let (first, end) = (self.bands[0].start, self.bands[BANDS - 1].end);
        for bin in &mut spectrum[first..end] {
            let size = bin.norm_sqr().sqrt();
            *bin = if size > 0.0 && size.is_finite() { *bin / size } else { Complex32::ZERO };
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::made_up::noise;

    fn mean(rows: &[Row], phases: &Phases) -> f32 {
        let filled: Vec<usize> = (0..BANDS).filter(|band| phases.bins()[*band] > 2).collect();
        rows.iter().flat_map(|row| filled.iter().map(|band| row[*band])).sum::<f32>()
            / (rows.len() * filled.len()) as f32
    }

    #[test]
    fn the_same_sound_agrees_at_any_loudness_and_others_do_not() {
        for rate_hz in [8000.0, 44_100.0, 48_000.0, 192_000.0] {
            let phases = Phases::new(rate_hz).unwrap();
            let (sound, other) = (noise(rate_hz as usize, 1), noise(rate_hz as usize, 2));
            let quiet: Vec<f32> = sound.iter().map(|s| 0.01 * s).collect();
            let inverted: Vec<f32> = sound.iter().map(|s| -s).collect();
            let [same, unlike, opposite] = phases.rows(&sound, [&quiet, &other, &inverted]).unwrap();
            assert_eq!(same.len(), (sound.len() - phases.frame()) / phases.hop() + 1);
            assert!(mean(&same, &phases) > 0.999 && mean(&opposite, &phases) < -0.999);
            assert!(mean(&unlike, &phases).abs() < 0.05, "{rate_hz}");
        }
    }

    #[test]
    fn silence_and_damage_agree_with_nothing() {
        let phases = Phases::new(48_000.0).unwrap();
        let (mut sound, silence) = (noise(10_000, 3), vec![0.0; 10_000]);
        let [rows] = phases.rows(&sound, [&silence]).unwrap();
        assert!(rows.iter().flatten().all(|cosine| *cosine == 0.0));
        assert!(phases.rows(&sound, [&silence[1..]]).is_err());
        for damage in [f32::NAN, f32::INFINITY, f32::MAX] {
            sound[5000] = damage;
            let [rows] = phases.rows(&sound, [&sound]).unwrap();
            assert!(rows.iter().flatten().all(|cosine| cosine.is_finite()));
            assert!(rows[0][10] > 0.999 && rows[4][10] == 0.0, "{damage}");
        }
        assert!(phases.rows(&[], [&[]]).unwrap()[0].is_empty());
        assert!(Phases::new(f64::NAN).is_err() && Phases::new(1.0).is_err());
    }
}
