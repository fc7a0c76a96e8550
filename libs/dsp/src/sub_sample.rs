//! Where between two samples a band-limited signal has its extreme: windowed-sinc interpolation and a 1-D search.

use std::f64::consts::PI;

use realfft::num_traits::Float;

/// Samples on either side of a point that its interpolated value is made from.
const HALF_WIDTH: i64 = 48;
/// Points per sample of the first, coarse search.
const COARSE: i64 = 8;
/// Steps of the golden-section search after it; each one narrows the bracket to 0.618 of it (here to 1e-6 samples).
const GOLDEN_STEPS: usize = 26;

/// Number of samples that an interpolated value is made from.
const SPAN: usize = 2 * HALF_WIDTH as usize + 1;

/// Weights of the samples from 48 before a point to 48 after it.
pub(crate) type Weights = [f64; SPAN];

/// Value of the periodic signal `g` at position `index + offset` (samples), `|offset| <= 1`.
///
/// Sinc interpolation with a Hann window of ±48 samples.
#[cfg(test)]
pub(crate) fn interpolate<T: Float>(g: &[T], index: usize, offset: f64) -> f64 {
    weighted(&neighbourhood(g, index), &weights(offset))
}

/// The samples of the periodic signal `g` that interpolation near `index` needs.
pub(crate) fn neighbourhood<T: Float>(g: &[T], index: usize) -> [f64; SPAN] {
    let half = HALF_WIDTH as usize;
    let value = |v: &T| v.to_f64().unwrap_or(0.0);
    match index.checked_sub(half).and_then(|start| g.get(start..start + SPAN)) {
        Some(inside) => std::array::from_fn(|i| value(&inside[i])),
        None => {
            let first = index as i64 - HALF_WIDTH;
            std::array::from_fn(|i| value(&g[(first + i as i64).rem_euclid(g.len() as i64) as usize]))
        }
    }
}

/// What the samples around a point count for its value `offset` samples further on.
pub(crate) fn weights(offset: f64) -> Weights {
    std::array::from_fn(|i| kernel(offset + (HALF_WIDTH - i as i64) as f64))
}

/// An interpolated value from a neighbourhood.
pub(crate) fn weighted(samples: &[f64; SPAN], weights: &Weights) -> f64 {
    let mut sums = [0.0; 8];
    for (samples, weights) in samples.chunks(8).zip(weights.chunks(8)) {
        for ((sum, sample), weight) in sums.iter_mut().zip(samples).zip(weights) {
            *sum += sample * weight;
        }
    }
    sums.iter().sum()
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
pub(crate) fn refine<T: Float>(g: &[T], index: usize) -> (f64, f64) {
    refine_within(g, index, g[index] < T::zero(), 0.0, 1.0)
}

/// Second derivative, of the opposite sign, of the periodic signal `g` at `index + offset`, per sample squared: how sharp a peak
/// is there. From the heights `step` to either side.
pub(crate) fn curvature<T: Float>(g: &[T], index: usize, offset: f64, step: f64) -> f64 {
    let samples = neighbourhood(g, index);
    let height = |x: f64| weighted(&samples, &weights(x));
    (2.0 * height(offset) - height(offset - step) - height(offset + step)) / (step * step)
}

/// Refines the maximum, if `inverted` the minimum, of the periodic signal `g` within `reach` samples of `index + centre`:
/// returns (offset in samples from `index`; value there). Positions further than 1 from `index` are out of reach.
pub(crate) fn refine_within<T: Float>(g: &[T], index: usize, inverted: bool, centre: f64, reach: f64) -> (f64, f64) {
    let sign = if inverted { -1.0 } else { 1.0 };
    let samples = neighbourhood(g, index);
    let height = |offset: f64| sign * weighted(&samples, &weights(offset));

    let start = (-COARSE..=COARSE)
        .map(|i| centre + reach * (i as f64 / COARSE as f64))
        .map(|x| (x, height(x)))
        .fold((centre, f64::NEG_INFINITY), |best, now| if now.1 > best.1 { now } else { best })
        .0;

    let golden = (5f64.sqrt() - 1.0) / 2.0;
    let (mut low, mut high) =
        ((start - reach / COARSE as f64).max(centre - reach), (start + reach / COARSE as f64).min(centre + reach));
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
