//! Mel cepstrum: the shape of a spectrum in a few numbers (MFCC).
//!
//! The orthonormal cosine transform (DCT-II) of the levels of all bands, of which the slowest are kept. The first is the loudness.

use std::f64::consts::PI;

use crate::features::frames::Frames;

/// A planned transform.
pub struct Cepstrum {
    bands: usize,
    /// A row of weights for each coefficient.
    weights: Vec<f64>,
}

impl Cepstrum {
    /// Plans the first `coefficients` of spectra of `bands` bands.
    pub fn new(bands: usize, coefficients: usize) -> Self {
        let weight = |k: usize, j: usize| {
            let scale = if k == 0 { 1.0 } else { 2.0 } / bands as f64;
            scale.sqrt() * (PI * k as f64 * (2 * j + 1) as f64 / (2 * bands) as f64).cos()
        };
        let weights = (0..coefficients).flat_map(|k| (0..bands).map(move |j| weight(k, j))).collect();
        Self { bands, weights }
    }

    /// The coefficients of each frame of a spectrum in decibels.
    pub fn run(&self, levels_db: &Frames) -> Frames {
        let coefficients = self.weights.len() / self.bands;
        let mut values = Vec::with_capacity(levels_db.count() * coefficients);
        for row in levels_db.rows() {
            let rows = self.weights.chunks_exact(self.bands);
            values.extend(rows.map(|weights| weights.iter().zip(row).map(|(w, level)| w * level).sum::<f64>()));
        }
        Frames::new(coefficients, values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flat_spectrum_is_loudness_alone() {
        let found = Cepstrum::new(16, 4).run(&Frames::new(16, vec![3.0; 32]));
        assert_eq!((found.count(), found.width()), (2, 4));
        for row in found.rows() {
            assert!((row[0] - 12.0).abs() < 1e-12 && row[1..].iter().all(|c| c.abs() < 1e-12), "{row:?}");
        }
    }
}
