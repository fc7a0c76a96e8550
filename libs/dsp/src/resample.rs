//! A sound at another speed: values between samples, by a windowed sinc.
//!
//! Source: Smith, "Digital audio resampling home page" (bandlimited interpolation, 2002): the sinc under a Kaiser window, tabulated at
//! fine steps, of which the nearest one is taken.

use crate::dot::dot;
use std::f64::consts::PI;
use std::sync::LazyLock;

/// Samples on either side that a value is computed from.
const REACH: usize = 16;
/// Steps of the table between two samples: a place is off by a 2048th at most, which is 0.1 % of a tone at a third of the sample rate.
const STEPS: usize = 1024;
/// Shape of the Kaiser window.
const SHAPE: f64 = 9.0;
/// The band that passes, of half the sample rate; the filter is down at half the rate.
const BAND: f64 = 0.94;

/// Row k holds the weights of the `2 * REACH` samples around a place k steps behind a sample, oldest first.
type Rows = Vec<[f32; 2 * REACH]>;

static ROWS: LazyLock<Rows> = LazyLock::new(|| (0..=STEPS).map(row).collect());

fn row(step: usize) -> [f32; 2 * REACH] {
    let part = step as f64 / STEPS as f64;
    let mut weights: [f64; 2 * REACH] = std::array::from_fn(|tap| weight(tap as f64 - (REACH - 1) as f64 - part));
    // A constant stays what it is at any place.
    let sum: f64 = weights.iter().sum();
    weights.iter_mut().for_each(|w| *w /= sum);
    weights.map(|w| w as f32)
}

/// The values at `start`, `start + step`, `start + 2 * step`, … (places between samples, which may lie outside of them, where it is
/// silent), as many as `values` has room for.
pub fn fill(samples: &[f32], start: f64, step: f64, values: &mut [f32]) {
    let rows = &*ROWS;
    for (index, value) in values.iter_mut().enumerate() {
        *value = at(rows, samples, start + step * index as f64);
    }
}

/// The value at one place.
fn at(rows: &Rows, samples: &[f32], place: f64) -> f32 {
    let whole = place.floor();
    let step = ((place - whole) * STEPS as f64 + 0.5) as usize;
    let row = &rows[step.min(STEPS)];
    let first = (whole as i64).saturating_sub(REACH as i64 - 1);
    let inside = usize::try_from(first).ok().and_then(|first| samples.get(first..first + 2 * REACH));
    match inside {
        Some(around) => dot(row, around),
        None => {
            let sample = |at: i64| usize::try_from(at).ok().and_then(|at| samples.get(at)).copied().unwrap_or(0.0);
            let around: [f32; 2 * REACH] = std::array::from_fn(|tap| sample(first.saturating_add(tap as i64)));
            dot(row, &around)
        }
    }
}

fn weight(distance: f64) -> f64 {
    let inside = 1.0 - (distance / REACH as f64).powi(2);
    if inside <= 0.0 {
        return 0.0;
    }
    let window = crate::decimate::bessel_i0(SHAPE * inside.sqrt());
    let x = PI * BAND * distance;
    if x == 0.0 { window } else { window * x.sin() / x }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tone(cycles: f64, place: f64) -> f64 {
        (2.0 * PI * cycles * place + 0.7).sin()
    }

    proptest! {
        #[test]
        fn tones_come_back_between_their_samples(cycles in 0.0f64..0.38, start in 100.0f64..200.0, step in 0.9f64..1.1) {
            let samples: Vec<f32> = (0..1000).map(|i| tone(cycles, f64::from(i)) as f32).collect();
            let mut values = [0.0; 600];
            fill(&samples, start, step, &mut values);
            for (index, value) in values.iter().enumerate() {
                let expected = tone(cycles, start + step * index as f64);
                prop_assert!((f64::from(*value) - expected).abs() < 2e-3, "{index}: {value}, expected {expected}");
            }
        }
    }

    #[test]
    fn whole_places_are_samples_nearly_and_outside_is_silence() {
        let samples = crate::made_up::noise(500, 1);
        let low: Vec<f32> = samples.windows(8).map(|w| w.iter().sum::<f32>() / 8.0).collect();
        let value = |samples: &[f32], place: f64| at(&ROWS, samples, place);
        for at in 50..400 {
            assert!((value(&low, at as f64) - low[at]).abs() < 2e-2);
        }
        assert_eq!(value(&samples, -100.0), 0.0);
        assert_eq!(value(&samples, 1e12), 0.0);
        assert_eq!(value(&[], 0.5), 0.0);
    }
}
