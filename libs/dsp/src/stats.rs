//! Median, percentile and standard deviation of samples, without sorting them.

use std::cmp::Ordering;

use realfft::num_traits::Float;

fn ascending<T: Float>(a: &T, b: &T) -> Ordering {
    a.partial_cmp(b).unwrap_or(Ordering::Equal)
}

/// The value that would stand at `index` if `values` were sorted, and its right neighbour (itself at the end).
/// Reorders `values`; they must hold no NaN and `index` must be inside.
fn order_statistics<T: Float>(values: &mut [T], index: usize) -> (T, T) {
    let (_, &mut at, above) = values.select_nth_unstable_by(index, ascending);
    let next = above.iter().copied().min_by(ascending).unwrap_or(at);
    (at, next)
}

/// Median, the mean of the two middle values if their number is even. Reorders `values`. `None` if it is empty or holds a
/// NaN.
pub fn median<T: Float>(values: &mut [T]) -> Option<f64> {
    let n = values.len();
    if n == 0 || values.iter().any(|v| v.is_nan()) {
        return None;
    }
    if n % 2 == 1 {
        return order_statistics(values, n / 2).0.to_f64();
    }
    let (low, high) = order_statistics(values, n / 2 - 1);
    Some((low.to_f64()? + high.to_f64()?) / 2.0)
}

/// Percentile at `fraction` (0 to 1) with linear interpolation between neighbours, at position `fraction * (n - 1)`.
/// Reorders `values`. `None` if it is empty or holds a NaN.
pub(crate) fn percentile<T: Float>(values: &mut [T], fraction: f64) -> Option<f64> {
    let n = values.len();
    if n == 0 || values.iter().any(|v| v.is_nan()) {
        return None;
    }
    let position = fraction.clamp(0.0, 1.0) * (n - 1) as f64;
    let below = (position.floor() as usize).min(n - 1);
    let (low, high) = order_statistics(values, below);
    let (low, high, t) = (low.to_f64()?, high.to_f64()?, position - below as f64);
    // From the nearer end, so that both ends are met exactly.
    Some(if t < 0.5 { low + (high - low) * t } else { high - (high - low) * (1.0 - t) })
}

/// How many of these values are below `limit`, and their population standard deviation (divided by N), in two passes: 0 for no
/// values.
pub(crate) fn std_dev_below<T: Float>(values: &[T], limit: f64) -> (usize, f64) {
    // What lies above adds 0 rather than being skipped: unpredictable branches would cost more than the sums.
    let below = |v: &T| v.to_f64().filter(|&v| v < limit);
    let (count, sum) = values.iter().fold((0, 0.0), |(count, sum), v| {
        let v = below(v);
        (count + usize::from(v.is_some()), sum + v.unwrap_or(0.0))
    });
    let n = count.max(1) as f64;
    let mean = sum / n;
    let square = |v: f64| (v - mean) * (v - mean);
    let squares = values.iter().fold(0.0, |sum, v| sum + below(v).map_or(0.0, square));
    (count, (squares / n).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn median_of_an_even_number_is_the_mean_of_the_middle_two() {
        assert_eq!(median(&mut [4.0, 1.0, 3.0, 2.0]), Some(2.5));
        assert_eq!(median(&mut [4.0f32, 1.0, 3.0]), Some(3.0));
        assert_eq!(median::<f64>(&mut []), None);
        assert_eq!(median(&mut [1.0, f64::NAN]), None);
    }

    #[test]
    fn standard_deviation_divides_by_n() {
        assert_eq!(std_dev_below(&[1.0, 9.0, 3.0, 7.0], 7.0), (2, 1.0));
        assert_eq!(std_dev_below::<f32>(&[], 1.0), (0, 0.0));
    }

    proptest! {
        #[test]
        fn percentile_equals_that_of_the_sorted_values(
            mut values in proptest::collection::vec(-1e6f64..1e6, 1..200), fraction in 0.0f64..=1.0,
        ) {
            let got = percentile(&mut values.clone(), fraction).unwrap();
            values.sort_by(f64::total_cmp);
            let position = fraction * (values.len() - 1) as f64;
            let (low, high) = (values[position.floor() as usize], values[position.ceil() as usize]);
            prop_assert!((got - (low + (high - low) * position.fract())).abs() < 1e-6);
        }
    }
}
