//! Mel cepstrum: the shape of a spectrum in a few numbers (MFCC).
//!
//! The orthonormal cosine transform (DCT-II) of the levels of all bands, of which the slowest are kept. The first is the loudness.

use std::f64::consts::PI;

use crate::dot::dot;
use crate::features::decibel::larger;
use crate::features::frames::{Frames, FramesView};
use crate::spectrum::Precision;

/// A planned transform.
pub struct Cepstrum<T = f64> {
    bands: usize,
    /// A row of weights for each coefficient.
    weights: Vec<T>,
}

impl<T: Precision> Cepstrum<T> {
    /// Plans the first `coefficients` of spectra of `bands` bands.
    pub fn new(bands: usize, coefficients: usize) -> Self {
        let weight = |k: usize, j: usize| {
            let scale = if k == 0 { 1.0 } else { 2.0 } / bands as f64;
            let weight = scale.sqrt() * (PI * k as f64 * (2 * j + 1) as f64 / (2 * bands) as f64).cos();
            T::from_f64(weight).unwrap_or_else(T::zero)
        };
        let weights = (0..coefficients).flat_map(|k| (0..bands).map(move |j| weight(k, j))).collect();
        Self { bands, weights }
    }

    /// The coefficients of each frame of a spectrum in decibels; what is lower than the floor counts as that.
    pub fn run(&self, levels_db: FramesView<'_, T>, floor_db: T) -> Frames<T> {
        let coefficients = self.weights.len() / self.bands;
        let mut values = Vec::with_capacity(levels_db.count() * coefficients);
        let mut levels = vec![T::zero(); self.bands];
        for row in levels_db.rows() {
            levels.iter_mut().zip(row).for_each(|(to, level)| *to = larger(*level, floor_db));
            values.extend(self.weights.chunks_exact(self.bands).map(|weights| dot(weights, &levels)));
        }
        Frames::new(coefficients, values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flat_spectrum_is_loudness_alone() {
        let found = Cepstrum::<f64>::new(16, 4).run(Frames::new(16, vec![3.0; 32]).view(), -80.0);
        assert_eq!((found.view().count(), found.view().width()), (2, 4));
        for row in found.view().rows() {
            assert!((row[0] - 12.0).abs() < 1e-12 && row[1..].iter().all(|c| c.abs() < 1e-12), "{row:?}");
        }
        let raised = Cepstrum::<f32>::new(16, 4).run(Frames::new(16, vec![3.0; 16]).view(), 5.0);
        assert!((raised.view().values()[0] - 20.0).abs() < 1e-5);
    }
}
