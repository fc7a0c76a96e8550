//! The lowest wave of a sound: sums of many samples each, at a small part of the rate.

/// Rate at which a sound is sketched (Hz), about.
const RATE_HZ: f64 = 375.0;

/// The wave of a sound below some 190 Hz, made part by part.
#[derive(Debug, Clone, PartialEq)]
pub struct Sketch {
    /// Values in a second.
    pub rate_hz: f64,
    /// Samples of sound for each value.
    pub(super) samples: usize,
    /// The wave.
    pub values: Vec<f32>,
}

impl Sketch {
    /// The sketch of no sound yet, of `rate_hz`.
    #[must_use]
    pub fn new(rate_hz: f64) -> Self {
        let samples = (rate_hz / RATE_HZ).round().max(1.0) as usize;
        Self { rate_hz: rate_hz / samples as f64, samples, values: Vec::new() }
    }

    /// Samples of sound for each value.
    #[must_use]
    pub fn samples_per_value(&self) -> usize {
        self.samples
    }

    /// Adds more sound. What does not fill a value is left out, so all parts but the last one have to fill theirs. A value of samples that
    /// are no numbers is silence.
    pub fn add(&mut self, samples: &[f32]) {
        let value = |whole: &[f32]| {
            let (lanes, rest) = whole.as_chunks::<8>();
            let sums = lanes.iter().fold([0.0f32; 8], |sums, lane| std::array::from_fn(|i| sums[i] + lane[i]));
            let sum = sums.iter().chain(rest).sum::<f32>();
            if sum.is_finite() { sum } else { 0.0 }
        };
        self.values.extend(samples.chunks_exact(self.samples).map(value));
    }

    /// Adds the sketch of the sound that follows.
    pub fn append(&mut self, mut next: Self) {
        self.values.append(&mut next.values);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::made_up::noise;

    #[test]
    fn parts_give_the_sketch_of_the_whole() {
        let sound = noise(10 * 128 + 77, 3);
        let (mut whole, mut first, mut second) = (Sketch::new(48_000.0), Sketch::new(48_000.0), Sketch::new(48_000.0));
        whole.add(&sound);
        first.add(&sound[..4 * 128]);
        second.add(&sound[4 * 128..]);
        first.append(second);
        assert_eq!(whole, first);
        assert_eq!((whole.values.len(), whole.rate_hz, whole.samples_per_value()), (10, 375.0, 128));
    }

    #[test]
    fn the_rate_is_about_the_same_for_any_sound() {
        for rate_hz in [8000.0, 22_050.0, 44_100.0, 96_000.0] {
            assert!((Sketch::new(rate_hz).rate_hz - RATE_HZ).abs() < 10.0, "{rate_hz}");
        }
        assert_eq!(Sketch::new(100.0).rate_hz, 100.0);
    }

    #[test]
    fn damage_is_silence() {
        let mut sketch = Sketch::new(48_000.0);
        let mut sound = vec![0.5; 3 * 128];
        sound[130] = f32::NAN;
        sketch.add(&sound);
        assert_eq!(sketch.values, [64.0, 0.0, 64.0]);
    }
}
