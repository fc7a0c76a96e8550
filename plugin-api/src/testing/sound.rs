//! Made-up sound with a known delay: noise in irregular bursts, the same every time.

use crate::{
    Blob,
    kinds::{Audio, AudioHeader, AudioSketch},
};
use std::f64::consts::PI;
use vsg_dsp::alignment::Sketch;

/// Samples per second of all made-up sound.
pub(super) const RATE_HZ: u32 = 48_000;

/// Samples on either side that count for one between samples.
const REACH: isize = 32;

/// Numbers that look random (xorshift).
struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// Evenly spread over 0..1.
    fn roll(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// White noise under a loudness that changes as that of speech does: some syllables a second, pauses between them.
pub(super) fn bursts(seconds: f64, seed: u64) -> Vec<f32> {
    let mut dice = Dice::new(seed);
    let len = (seconds * f64::from(RATE_HZ)) as usize;
    let mut samples = Vec::with_capacity(len);
    let mut loudness = 0.0;
    while samples.len() < len {
        let syllable = (f64::from(RATE_HZ) * (0.04 + 0.2 * dice.roll())) as usize;
        let aim = if dice.roll() < 0.35 { 0.01 } else { 0.1 + 0.4 * dice.roll() };
        for _ in 0..syllable.min(len - samples.len()) {
            loudness += (aim - loudness) * 0.002;
            samples.push((loudness * (2.0 * dice.roll() - 1.0)) as f32);
        }
    }
    samples
}

/// White noise of one loudness.
pub(super) fn hiss(seconds: f64, seed: u64) -> Vec<f32> {
    let mut dice = Dice::new(seed);
    (0..(seconds * f64::from(RATE_HZ)) as usize).map(|_| (2.0 * dice.roll() - 1.0) as f32).collect()
}

/// What a target of this delay holds where the reference holds `samples`: the target at `t` is the reference at `t + delay`.
/// Samples from beyond either end are silent.
pub(super) fn early(samples: &[f32], delay_ms: f64) -> Vec<f32> {
    let shift = delay_ms / 1000.0 * f64::from(RATE_HZ);
    let (whole, part) = (shift.floor() as isize, shift - shift.floor());
    // Weights of the samples around one between samples: sin(x)/x under a raised cosine.
    let weights: Vec<(isize, f64)> = (1 - REACH..=REACH)
        .map(|place| {
            let x = place as f64 - part;
            let sinc = if x.abs() < 1e-9 { 1.0 } else { (PI * x).sin() / (PI * x) };
            (place, sinc * (0.5 + 0.5 * (PI * x / (REACH as f64 + 1.0)).cos()))
        })
        .filter(|(_, weight)| weight.abs() > 1e-12)
        .collect();
    let at = |index: isize| usize::try_from(index).ok().and_then(|index| samples.get(index)).copied().unwrap_or(0.0);
    (0..samples.len() as isize)
        .map(|n| weights.iter().map(|(place, weight)| weight * f64::from(at(n + whole + place))).sum::<f64>() as f32)
        .collect()
}

/// One sound on top of another, at this part of its loudness.
pub(super) fn mixed(samples: &[f32], other: &[f32], part: f32) -> Vec<f32> {
    samples.iter().zip(other).map(|(sample, other)| sample + part * other).collect()
}

/// Samples as an audio value. `source` counts from 1.
pub(super) fn audio(source: usize, samples: &[f32]) -> (AudioHeader, Blob) {
    let header = AudioHeader {
        source: format!("Source {source}"),
        track_id: 0,
        sample_rate_hz: RATE_HZ,
        samples: samples.len() as u64,
        start_ms: 0.0,
        stem: None,
        filters: Vec::new(),
    };
    let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    (header, Blob::from_bytes(&bytes))
}

/// The same as a value that can be read. `None` only if there are more samples than memory.
pub(super) fn readable(source: usize, samples: &[f32]) -> Option<Audio> {
    let (header, blob) = audio(source, samples);
    Audio::new(header, blob).ok()
}

/// The sketch of samples. `None` only if there are more than a computer has.
pub(super) fn sketch(source: usize, samples: &[f32]) -> Option<AudioSketch> {
    let mut sketch = Sketch::new(f64::from(RATE_HZ));
    sketch.add(samples);
    AudioSketch::of(&format!("Source {source}"), RATE_HZ, &sketch).ok()
}

/// A WAV file of one channel with 16 bits a sample.
pub(super) fn wav(samples: &[f32]) -> Vec<u8> {
    let bytes = (samples.len() * 2) as u32;
    let mut file = Vec::with_capacity(44 + samples.len() * 2);
    file.extend(b"RIFF");
    file.extend((36 + bytes).to_le_bytes());
    file.extend(b"WAVEfmt ");
    file.extend(16u32.to_le_bytes());
    file.extend([1, 0, 1, 0]);
    file.extend(RATE_HZ.to_le_bytes());
    file.extend((RATE_HZ * 2).to_le_bytes());
    file.extend([2, 0, 16, 0]);
    file.extend(b"data");
    file.extend(bytes.to_le_bytes());
    file.extend(samples.iter().flat_map(|sample| ((sample.clamp(-1.0, 1.0) * 32_767.0) as i16).to_le_bytes()));
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_of_a_positive_delay_plays_too_early() {
        let reference = bursts(0.2, 1);
        assert_eq!(early(&reference, 10.0)[..100], reference[480..580]);
        assert_eq!(early(&reference, -10.0)[480..580], reference[..100]);
    }

    #[test]
    fn a_shift_between_samples_is_undone_by_its_opposite() {
        let low: Vec<f32> = (0..4800).map(|n| (f64::from(n) * 0.3).sin() as f32).collect();
        let shifted = early(&low, 0.01);
        let expected = (2000.48f64 * 0.3).sin() as f32;
        assert!((shifted[2000] - expected).abs() < 1e-3, "{} {expected}", shifted[2000]);
    }

    #[test]
    fn sound_is_the_same_every_time_and_other_with_another_seed() {
        assert_eq!(bursts(0.1, 7), bursts(0.1, 7));
        assert_ne!(bursts(0.1, 7), bursts(0.1, 8));
        assert!(bursts(2.0, 7).iter().all(|sample| sample.abs() < 1.0));
    }
}
