//! Bands of equal width to the ear: a bank of triangles over the bins of a spectrum.
//!
//! Source: Slaney, "Auditory Toolbox" (1998), as librosa has it: a scale that is linear below 1 kHz and logarithmic above, and
//! triangles of equal area. Weights are rounded to 32 bits, as they are there.

use crate::dot::dot;
use crate::features::frames::Framing;
use crate::spectrum::Precision;

/// Hz for each step below [`BREAK_HZ`].
const LINEAR_HZ: f64 = 200.0 / 3.0;
/// Where the scale turns logarithmic.
const BREAK_HZ: f64 = 1000.0;
/// Steps up to [`BREAK_HZ`].
const BREAK: f64 = BREAK_HZ / LINEAR_HZ;

/// Natural logarithm of the ratio of a step above [`BREAK_HZ`].
fn log_step() -> f64 {
    6.4f64.ln() / 27.0
}

fn mel(hz: f64) -> f64 {
    if hz < BREAK_HZ { hz / LINEAR_HZ } else { BREAK + (hz / BREAK_HZ).ln() / log_step() }
}

fn hz(mel: f64) -> f64 {
    if mel < BREAK { mel * LINEAR_HZ } else { BREAK_HZ * (log_step() * (mel - BREAK)).exp() }
}

/// The weights of one band: those of the bins from `first` on; all others are 0.
#[derive(Debug, Clone, PartialEq)]
pub struct MelBand<T = f64> {
    /// First bin that counts.
    pub first: usize,
    /// Weights of it and the bins after it.
    pub weights: Vec<T>,
}

/// Triangles over the bins of a power spectrum.
#[derive(Debug, Clone)]
pub struct MelBank<T = f64> {
    bands: Vec<MelBand<T>>,
}

impl<T: Precision> MelBank<T> {
    /// `count` bands from 0 Hz to half the rate, over the spectra of these frames.
    pub fn new(framing: &Framing, count: usize) -> Self {
        let top = mel(framing.rate_hz / 2.0);
        let edges: Vec<f64> = (0..count + 2).map(|i| hz(top * i as f64 / (count + 1) as f64)).collect();
        let bin_hz = |bin: usize| bin as f64 * framing.rate_hz / framing.length as f64;
        let band = |edges: &[f64; 3]| {
            let [low, middle, high] = *edges;
            let area = 2.0 / (high - low);
            let weight = |bin: usize| {
                let (rising, falling) = ((bin_hz(bin) - low) / (middle - low), (high - bin_hz(bin)) / (high - middle));
                (f64::from(rising.min(falling).max(0.0) as f32) * area) as f32
            };
            let mut bins = (0..=framing.length / 2).skip_while(|&bin| weight(bin) <= 0.0).peekable();
            let first = bins.peek().copied().unwrap_or(0);
            let weights = bins.map(weight).take_while(|&w| w > 0.0);
            MelBand { first, weights: weights.map(|w| T::from_f32(w).unwrap_or_else(T::zero)).collect() }
        };
        Self { bands: edges.array_windows().map(band).collect() }
    }

    /// The bands, from low to high.
    pub fn bands(&self) -> &[MelBand<T>] {
        &self.bands
    }

    /// Gives each bin another weight in all bands: `gain` times what it had.
    pub fn weigh(&mut self, gain: impl Fn(usize) -> f64) {
        for band in &mut self.bands {
            for (bin, weight) in (band.first..).zip(&mut band.weights) {
                *weight = *weight * T::from_f64(gain(bin)).unwrap_or_else(T::one);
            }
        }
    }

    /// Appends the power in each band to `out`.
    pub fn extend(&self, power: &[T], out: &mut Vec<T>) {
        out.extend(self.bands.iter().map(|band| {
            let bins = power.get(band.first..band.first + band.weights.len()).unwrap_or_default();
            dot(bins, &band.weights)
        }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_and_its_inverse_agree() {
        for frequency in [0.0, 60.0, 999.0, 1000.0, 1001.0, 24_000.0] {
            assert!((hz(mel(frequency)) - frequency).abs() < 1e-9 * frequency.max(1.0));
        }
        assert!((mel(6400.0) - 42.0).abs() < 1e-12);
    }

    #[test]
    fn a_tone_is_loudest_in_its_own_band() {
        let framing = Framing::at(48_000.0).unwrap();
        let mut bank = MelBank::<f64>::new(&framing, 64);
        let mut power = vec![0.0; 1025];
        power[43] = 1.0;
        let mut bands = Vec::new();
        bank.extend(&power, &mut bands);
        let loudest = (0..64).max_by(|&a, &b| bands[a].total_cmp(&bands[b])).unwrap();
        assert_eq!(bands.iter().filter(|&&p| p > 0.0).count(), 2);
        assert!(bank.bands()[loudest].first < 43);
        bank.weigh(|bin| if bin == 43 { 0.5 } else { 1.0 });
        let mut weighed = Vec::new();
        bank.extend(&power, &mut weighed);
        assert!(bands.iter().zip(&weighed).all(|(before, after)| 0.5 * before == *after));
    }
}
