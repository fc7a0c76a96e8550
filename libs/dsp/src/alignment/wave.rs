//! A wave that counts every pitch and every moment alike.
//!
//! With two languages over the same music the music decides then, however quiet it is, because it alone is the same at every moment.
//! Levelling the spectrum is the phase transform (Knapp & Carter 1976) with a level taken over neighbouring pitches.

use super::sketch::Sketch;
use super::transform::Transform;
use crate::error::DspError;
use crate::{fft_length, resample};

/// Lowest and highest frequency that counts (share of the rate): 22 to 165 Hz.
const BAND: (f64, f64) = (0.06, 0.44);
/// Width over which the spectrum is levelled (share of the rate): 4 Hz.
const LEVELLED: f64 = 0.01;
/// A pitch this far below the mean of all (power) was cut off, and is not lifted out of its noise.
const CUT_OFF: f64 = 1e-8;
/// Length over which the wave is brought to one loudness (s).
const SCALE_S: f64 = 1.0;
/// What is this far below the loudest second is silence.
const SILENCE: f32 = 1e-3;
/// The wave is clipped here, in units of its root mean square.
const CLIP: f32 = 2.0;

/// A levelled wave.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Wave {
    /// Values in a second.
    pub(super) rate_hz: f64,
    /// Values from -2 to 2; 0 in silence.
    pub(super) values: Vec<f32>,
}

impl Wave {
    /// Levels two sketches.
    ///
    /// # Errors
    /// Whatever the transform says.
    pub(super) fn pair(one: Sketch, other: Sketch) -> Result<(Self, Self), DspError> {
        let longest = one.values.len().max(other.values.len()).max(2);
        let transform = Transform::new(fft_length::smooth(longest));
        Ok((Self::new(one, &transform)?, Self::new(other, &transform)?))
    }

    fn new(sketch: Sketch, transform: &Transform) -> Result<Self, DspError> {
        let rate_hz = sketch.rate_hz;
        let mut values = whitened(sketch.values, transform)?;
        let scales = moving_rms(&values, (SCALE_S / 2.0 * rate_hz) as usize);
        let quiet = SILENCE * scales.iter().copied().fold(0.0, f32::max);
        for (value, scale) in values.iter_mut().zip(scales) {
            *value = if scale > quiet { (*value / scale).clamp(-CLIP, CLIP) } else { 0.0 };
        }
        Ok(Self { rate_hz, values })
    }

    /// Number of values.
    #[must_use]
    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there is no value.
    #[must_use]
    pub(super) fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Length (s).
    #[must_use]
    pub(super) fn duration_s(&self) -> f64 {
        self.len() as f64 / self.rate_hz
    }

    /// The same sound played `speed` times slower, so that a target that runs `speed` times too fast comes to the reference's speed.
    #[must_use]
    pub(super) fn stretched(&self, speed: f64) -> Self {
        if speed == 1.0 {
            return self.clone();
        }
        let mut values = vec![0.0; (self.len() as f64 * speed) as usize];
        resample::fill(&self.values, 0.0, 1.0 / speed, &mut values);
        Self { values, ..*self }
    }
}

/// The wave with all pitches of its band at one level.
fn whitened(wave: Vec<f32>, transform: &Transform) -> Result<Vec<f32>, DspError> {
    let length = transform.len();
    let mut room = transform.room();
    let count = wave.len();
    let mut spectrum = transform.spectrum(&wave, &mut room)?;
    drop(wave);
    let mut sums = Vec::with_capacity(spectrum.len() + 1);
    let mut sum = 0.0f64;
    sums.push(sum);
    for bin in &spectrum {
        sum += f64::from(bin.norm_sqr());
        sums.push(sum);
    }
    let bins = spectrum.len();
    let reach = (LEVELLED * length as f64 / 2.0) as usize;
    let band = (BAND.0 * length as f64) as usize..(BAND.1 * length as f64) as usize;
    let least = CUT_OFF * sums[bins] / bins as f64;
    for (bin, value) in spectrum.iter_mut().enumerate() {
        let (from, to) = (bin.saturating_sub(reach), (bin + reach + 1).min(bins));
        let level = (sums[to] - sums[from]).max(0.0) / (to - from) as f64;
        let gain = if band.contains(&bin) && level > least { 1.0 / level.sqrt() } else { 0.0 };
        *value *= gain as f32;
    }
    transform.values(&mut spectrum, &mut room)?;
    let mut values = room.into_values();
    values.truncate(count);
    Ok(values)
}

/// Root mean square of the values up to `reach` away, at each place.
fn moving_rms(values: &[f32], reach: usize) -> Vec<f32> {
    let square = |index: usize| f64::from(values[index]) * f64::from(values[index]);
    let (mut sum, mut from, mut to) = (0.0, 0, 0);
    let mut rms = Vec::with_capacity(values.len());
    for index in 0..values.len() {
        while to < (index + reach + 1).min(values.len()) {
            sum += square(to);
            to += 1;
        }
        while from + reach < index {
            sum -= square(from);
            from += 1;
        }
        rms.push((sum.max(0.0) / (to - from) as f64).sqrt() as f32);
    }
    rms
}

/// A wave of 100 values a second, for tests.
#[cfg(test)]
pub(super) fn made_up(values: &[f32]) -> Wave {
    Wave { rate_hz: 100.0, values: values.to_vec() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::made_up::noise;
    use num_complex::Complex64;

    fn levelled(values: Vec<f32>) -> Vec<f32> {
        let sketch = Sketch { values, ..Sketch::new(48_000.0) };
        Wave::pair(sketch.clone(), sketch).unwrap().0.values
    }

    #[test]
    fn gain_makes_no_difference_and_silence_stays_silent() {
        let sound = noise(4000, 1);
        let loud = sound.iter().map(|v| 1e4 * v).collect();
        for (one, other) in levelled(sound).iter().zip(levelled(loud)) {
            assert!((one - other).abs() < 1e-3 && one.abs() <= CLIP, "{one} {other}");
        }
        assert!(levelled(vec![0.0; 5000]).iter().all(|v| *v == 0.0));
        assert!(levelled(Vec::new()).is_empty());
    }

    #[test]
    fn stretching_makes_a_fast_sound_as_long_as_the_slow_one() {
        let tone = |cycle: f32| -> Vec<f32> { (0..5000).map(|i| (i as f32 / cycle).sin()).collect() };
        let fast = Wave { rate_hz: 100.0, values: tone(2.0)[..4000].to_vec() };
        let slow = fast.stretched(1.25);
        assert_eq!(slow.len(), 5000);
        for (got, expected) in slow.values[100..4900].iter().zip(&tone(2.5)[100..4900]) {
            assert!((got - expected).abs() < 0.01, "{got}, expected {expected}");
        }
        assert_eq!(fast.stretched(1.0), fast);
    }

    #[test]
    fn all_pitches_have_one_level() {
        let noise = noise(40_000, 3);
        let levelled = levelled(noise.windows(6).map(|w| w[0] + 3.0 * w.iter().sum::<f32>()).collect());
        let power = |turn: f64| -> f64 {
            let part = |(i, v): (usize, &f32)| Complex64::cis(turn * i as f64) * f64::from(*v);
            levelled.chunks(900).map(|c| c.iter().enumerate().map(part).sum::<Complex64>().norm_sqr()).sum()
        };
        let (low, high) = (power(0.6), power(2.2));
        assert!((0.5..2.0).contains(&(low / high)), "{low} {high}");
    }
}
