//! Where between two samples a band-limited signal has its extreme: windowed-sinc interpolation and a 1-D search.

use std::f64::consts::PI;

use realfft::num_traits::Float;

/// Samples on either side of a point that its interpolated value is made from.
const HALF_WIDTH: i64 = 48;
/// Points per sample of the first, coarse search.
const COARSE: i64 = 8;
/// Steps of the golden-section search after it; each one narrows the bracket to 0.618 of it (here to 1e-6 samples).
const GOLDEN_STEPS: usize = 26;

/// Value of the periodic signal `g` at position `index + offset` (samples), `|offset| <= 1`.
///
/// Sinc interpolation with a Hann window of ±48 samples.
pub fn interpolate<T: Float>(g: &[T], index: usize, offset: f64) -> f64 {
    let n = g.len() as i64;
    (-HALF_WIDTH..=HALF_WIDTH)
        .map(|i| {
            let sample = g[(index as i64 + i).rem_euclid(n) as usize].to_f64().unwrap_or(0.0);
            sample * kernel(offset - i as f64)
        })
        .sum()
}

fn kernel(x: f64) -> f64 {
    let reach = HALF_WIDTH as f64 + 1.0;
    if x.abs() < 1e-12 {
        return 1.0;
    }
    if x.abs() >= reach {
        return 0.0;
    }
    let window = 0.5 + 0.5 * (PI * x / reach).cos();
    (PI * x).sin() / (PI * x) * window
}

/// Refines the extreme of the periodic signal `g` near the sample `index`: returns (offset in samples, within ±1 of `index`;
/// signed value there).
///
/// Looks for a maximum if `g[index]` is positive and for a minimum if it is negative, so material of inverted polarity is
/// refined just as well.
pub fn refine<T: Float>(g: &[T], index: usize) -> (f64, f64) {
    let sign = if g[index] < T::zero() { -1.0 } else { 1.0 };
    let height = |offset: f64| sign * interpolate(g, index, offset);

    let start = (-COARSE..=COARSE)
        .map(|i| i as f64 / COARSE as f64)
        .map(|x| (x, height(x)))
        .fold(
            (0.0, f64::NEG_INFINITY),
            |best, now| if now.1 > best.1 { now } else { best },
        )
        .0;

    let golden = (5f64.sqrt() - 1.0) / 2.0;
    let (mut low, mut high) = (
        (start - 1.0 / COARSE as f64).max(-1.0),
        (start + 1.0 / COARSE as f64).min(1.0),
    );
    let (mut left, mut right) = (high - golden * (high - low), low + golden * (high - low));
    let (mut at_left, mut at_right) = (height(left), height(right));
    for _ in 0..GOLDEN_STEPS {
        if at_left > at_right {
            (high, right, at_right) = (right, left, at_left);
            left = high - golden * (high - low);
            at_left = height(left);
        } else {
            (low, left, at_left) = (left, right, at_right);
            right = low + golden * (high - low);
            at_right = height(right);
        }
    }
    let offset = (low + high) / 2.0;
    (offset, sign * height(offset))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A periodic pulse at `centre` with all frequencies up to `highest` (in cycles per `n` samples) and equal strength.
    fn pulse(n: usize, centre: f64, lowest: usize, highest: usize) -> Vec<f64> {
        let scale = 1.0 / (highest - lowest + 1) as f64;
        (0..n)
            .map(|i| {
                let x = 2.0 * PI * (i as f64 - centre) / n as f64;
                scale * (lowest..=highest).map(|k| (k as f64 * x).cos()).sum::<f64>()
            })
            .collect()
    }

    #[test]
    fn a_whole_sample_peak_stays_where_it_is() {
        let (offset, value) = refine(&pulse(1000, 300.0, 1, 499), 300);
        assert!(offset.abs() < 1e-4 && (value - 1.0).abs() < 1e-3, "{offset} {value}");
    }

    #[test]
    fn works_across_the_ends_of_the_signal() {
        let (offset, _) = refine(&pulse(1000, 999.7, 1, 300), 0);
        assert!((offset + 0.3).abs() < 1e-3, "{offset}");
    }

    proptest! {
        #[test]
        fn finds_fractional_peaks_of_either_sign(centre in 100.0f64..900.0, highest in 80usize..480, inverted: bool) {
            let sign = if inverted { -1.0 } else { 1.0 };
            let g: Vec<f64> = pulse(1000, centre, 6, highest).into_iter().map(|v| sign * v).collect();
            let index = centre.round() as usize;
            let (offset, value) = refine(&g, index);
            prop_assert!((index as f64 + offset - centre).abs() < 0.01, "{} for {centre}", index as f64 + offset);
            prop_assert!((value - sign).abs() < 0.03, "{value}");
        }
    }
}
