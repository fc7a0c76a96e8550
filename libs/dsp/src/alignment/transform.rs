//! Fourier transforms of whole films: planned once for both directions and all films of one length, since a plan costs as much as a transform.

use std::sync::Arc;

use num_complex::Complex32;
use realfft::{RealFftPlanner, RealToComplex};

use crate::error::DspError;
use crate::spectrum::fold;

/// Transforms of one length.
pub(super) struct Transform {
    forward: Arc<dyn RealToComplex<f32>>,
}

impl Transform {
    /// Plans transforms of `length` values, an even number.
    #[must_use]
    pub(super) fn new(length: usize) -> Self {
        Self { forward: RealFftPlanner::new().plan_fft_forward(length) }
    }

    /// Number of values.
    #[must_use]
    pub(super) fn len(&self) -> usize {
        self.forward.len()
    }

    /// Room for `len()` values, all 0.
    #[must_use]
    pub(super) fn room(&self) -> Vec<f32> {
        self.forward.make_input_vec()
    }

    /// The spectrum of these values, behind which there is silence. `room` is used up.
    ///
    /// # Errors
    /// More values than planned.
    pub(super) fn spectrum(&self, values: &[f32], room: &mut [f32]) -> Result<Vec<Complex32>, DspError> {
        if values.len() > room.len() {
            return Err(DspError::Transform { length: self.len(), reason: format!("{} values", values.len()) });
        }
        let (head, silence) = room.split_at_mut(values.len());
        head.copy_from_slice(values);
        silence.fill(0.0);
        let mut spectrum = self.forward.make_output_vec();
        self.run(room, &mut spectrum)?;
        Ok(spectrum)
    }

    /// Puts the values whose spectrum this is into `values`, `len()` times as large. The spectrum is used up.
    ///
    /// # Errors
    /// Another length than planned.
    pub(super) fn values(&self, spectrum: &mut [Complex32], values: &mut [f32]) -> Result<(), DspError> {
        fold(spectrum, values);
        self.run(values, spectrum)?;
        fold(spectrum, values);
        Ok(())
    }

    fn run(&self, values: &mut [f32], spectrum: &mut [Complex32]) -> Result<(), DspError> {
        let done = self.forward.process(values, spectrum);
        done.map_err(DspError::of_transform(self.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::made_up::noise;

    #[test]
    fn values_come_back_from_their_spectrum() {
        let sound = noise(900, 1);
        let transform = Transform::new(1000);
        let mut room = transform.room();
        let mut spectrum = transform.spectrum(&sound, &mut room).unwrap();
        transform.values(&mut spectrum, &mut room).unwrap();
        assert!(room.iter().zip(sound.iter().chain(&[0.0; 100])).all(|(a, b)| (a / 1000.0 - b).abs() < 1e-5));
        assert!(transform.spectrum(&[0.0; 1001], &mut room).is_err());
    }
}
