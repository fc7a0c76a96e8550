//! Fourier transforms of whole films: planned once for both directions and all films of one length, since a plan costs as much as a transform.

use std::sync::Arc;

use num_complex::Complex32;
use realfft::{RealFftPlanner, RealToComplex};

use crate::error::DspError;
use crate::spectrum::fold;

/// Values before or after a transform, and the room that it needs beside them.
pub(super) struct Room {
    values: Vec<f32>,
    scratch: Vec<Complex32>,
}

impl Room {
    /// The values alone.
    #[must_use]
    pub(super) fn into_values(self) -> Vec<f32> {
        self.values
    }
}

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

    /// Where to transform; made once, because of whole films it is large.
    #[must_use]
    pub(super) fn room(&self) -> Room {
        Room { values: self.forward.make_input_vec(), scratch: self.forward.make_scratch_vec() }
    }

    /// The spectrum of these values, behind which there is silence. What is in `room` is lost.
    ///
    /// # Errors
    /// More values than planned.
    pub(super) fn spectrum(&self, values: &[f32], room: &mut Room) -> Result<Vec<Complex32>, DspError> {
        if values.len() > room.values.len() {
            return Err(DspError::Transform { length: self.len(), reason: format!("{} values", values.len()) });
        }
        let (head, silence) = room.values.split_at_mut(values.len());
        head.copy_from_slice(values);
        silence.fill(0.0);
        let mut spectrum = self.forward.make_output_vec();
        self.run(room, &mut spectrum)?;
        Ok(spectrum)
    }

    /// Puts the values whose spectrum this is into `room.values`, `len()` times as large. The spectrum is used up.
    ///
    /// # Errors
    /// Another length than planned.
    pub(super) fn values(&self, spectrum: &mut [Complex32], room: &mut Room) -> Result<(), DspError> {
        fold(spectrum, &mut room.values);
        self.run(room, spectrum)?;
        fold(spectrum, &mut room.values);
        Ok(())
    }

    fn run(&self, room: &mut Room, spectrum: &mut [Complex32]) -> Result<(), DspError> {
        let done = self.forward.process_with_scratch(&mut room.values, spectrum, &mut room.scratch);
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
        assert!(room.values.iter().zip(sound.iter().chain(&[0.0; 100])).all(|(a, b)| (a / 1000.0 - b).abs() < 1e-5));
        assert!(transform.spectrum(&[0.0; 1001], &mut room).is_err());
    }
}
