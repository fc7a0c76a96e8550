//! The reference program's confidence figure for a correlation peak (0 to 100).
//!
//! The reference program made it up. The figure combines three ratios of the peak: to the median, to the
//! highest value elsewhere and to the spread of the background. It saturates at 100 for anything related and is about 25
//! for two unrelated noises, so it tells silence from sound rather than right from wrong; `Peak::peak_ratio` is the figure
//! to judge by.

use std::ops::Range;

use multiversion::multiversion;
use realfft::num_traits::Float;

use crate::peak::loudest;
use crate::spectrum::Precision;
use crate::stats;

const EPS: f64 = 1e-9;
const BACKGROUND_PERCENTILE: f64 = 0.9;
/// Values that are counted before it is asked whether they are enough.
const BLOCK: usize = 1 << 15;

/// Confidence of the peak at index `peak` of a correlation, whose values count by their magnitudes.
///
/// Reorders and overwrites `correlation`, so that no copy and no full sort is needed (O(n)). 0 for silence, for NaN anywhere and for a
/// `peak` outside.
pub fn match_pct<T: Precision>(correlation: &mut [T], peak: usize) -> f64 {
    if peak >= correlation.len() || correlation.iter().any(|v| v.is_nan()) {
        return 0.0;
    }
    let second = highest(correlation, outside(correlation.len(), peak));
    match_pct_over(correlation, peak, second)
}

/// The highest magnitude in two parts of a correlation.
pub(crate) fn highest<T: Precision>(correlation: &[T], parts: [Range<usize>; 2]) -> f64 {
    let [before, after] = parts.map(|part| loudest(&correlation[part]));
    before.max(after).to_f64().unwrap_or(0.0)
}

/// The indices further than 1 % of `length` from the peak; the zone does not wrap round the ends.
pub(crate) fn outside(length: usize, peak: usize) -> [Range<usize>; 2] {
    let width = (length / 100).max(1);
    [0..peak.saturating_sub(width), (peak + width + 1).min(length)..length]
}

/// The same of a correlation without NaN whose highest magnitude [`outside`] of the peak is `second`.
pub(crate) fn match_pct_over<T: Precision>(correlation: &mut [T], peak: usize, second: f64) -> f64 {
    let Some(height) = correlation.get(peak).and_then(|v| v.abs().to_f64()) else {
        return 0.0;
    };
    let is_alone = outside(correlation.len(), peak).iter().all(Range::is_empty);
    let second = (!is_alone).then_some(second);
    if is_beyond_doubt(correlation, height, second) {
        return 100.0;
    }
    correlation.iter_mut().for_each(|v| *v = v.abs());
    let magnitudes = correlation;
    let Some(median) = stats::median(magnitudes) else {
        return 0.0;
    };
    let Some(limit) = stats::percentile(magnitudes, BACKGROUND_PERCENTILE) else {
        return 0.0;
    };

    let (background, spread) = stats::std_dev_below(magnitudes, limit);
    let spread = if background > 10 { spread } else { EPS };

    let prominence = height / (median + EPS);
    let uniqueness = height / (second.unwrap_or(median) + EPS);
    let snr = height / (spread + EPS);
    let confidence = (5.0 * prominence + 8.0 * uniqueness + 1.5 * snr) / 3.0;
    if confidence.is_nan() { 0.0 } else { confidence.clamp(0.0, 100.0) }
}

/// Whether the ratios to the median and to the second highest value make 100 by themselves: the median need not be known for that,
/// only that it is low enough, which takes a fraction of the time.
fn is_beyond_doubt<T: Precision>(correlation: &[T], height: f64, second: Option<f64>) -> bool {
    let Some(second) = second else { return false };
    let uniqueness = height / (second + EPS);
    let needed = (300.0 - 8.0 * uniqueness) / 5.0;
    let low_enough = if needed > 0.0 { height / needed - EPS } else { f64::MAX };
    let Some(limit) = T::from(low_enough) else { return false };
    most_are_below(correlation, limit)
}

/// Whether more than half of these values are smaller than `limit`.
#[multiversion(targets("x86_64+avx+avx2+fma"))]
fn most_are_below<T: Precision>(correlation: &[T], limit: T) -> bool {
    let mut low = 0;
    correlation.chunks(BLOCK).any(|block| {
        // Counted in 32 bits within a block, which are as wide as the values.
        low += block.iter().fold(0u32, |low, value| low + u32::from(value.abs() < limit)) as usize;
        2 * low > correlation.len() + 1
    })
}

/// The reference program's figure for GCC-SCOT (0 to 100): ten times the peak at index `peak` of this correlation over the mean of its
/// magnitudes. 0 for silence, for NaN anywhere and for a `peak` outside.
pub fn scot_match_pct<T: Float>(correlation: &[T], peak: usize) -> f64 {
    let Some(height) = correlation.get(peak).and_then(|v| v.abs().to_f64()) else {
        return 0.0;
    };
    let sum: f64 = correlation.iter().filter_map(|v| v.abs().to_f64()).sum();
    let figure = height / (sum / correlation.len() as f64 + EPS) * 10.0;
    if figure.is_nan() { 0.0 } else { figure.min(100.0) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn silence_scores_nothing() {
        assert_eq!(match_pct(&mut [0.0; 40], 0), 0.0);
        assert_eq!(match_pct::<f64>(&mut [], 0), 0.0);
        assert_eq!((scot_match_pct(&[0.0; 40], 0), scot_match_pct::<f64>(&[], 0)), (0.0, 0.0));
    }

    #[test]
    fn nan_scores_nothing() {
        assert_eq!(match_pct(&mut [1.0, f64::NAN, 0.2], 0), 0.0);
        assert_eq!(scot_match_pct(&[1.0, f64::NAN, 0.2], 0), 0.0);
    }

    #[test]
    fn a_lone_peak_scores_everything() {
        let mut values = vec![1e-3; 500];
        values[77] = 1.0;
        assert_eq!(match_pct(&mut values, 77), 100.0);
    }

    proptest! {
        #[test]
        fn the_short_way_tells_what_the_long_way_would(
            mut values in proptest::collection::vec(0.0f64..1.0, 1..400), peak in 0usize..400, height in 0.0f64..100.0,
        ) {
            let peak = peak % values.len();
            values[peak] = height;
            let mut sorted = values.clone();
            sorted.sort_by(f64::total_cmp);
            let at = |position: f64| {
                let (below, above) = (sorted[position.floor() as usize], sorted[position.ceil() as usize]);
                below + (above - below) * position.fract()
            };
            let last = (values.len() - 1) as f64;
            let (median, limit) = (at(0.5 * last), at(BACKGROUND_PERCENTILE * last));
            let (count, spread) = stats::std_dev_below(&values, limit);
            let spread = if count > 10 { spread } else { EPS };
            let beside = outside(values.len(), peak).into_iter().flatten().map(|index| values[index]);
            let second = beside.reduce(f64::max).unwrap_or(median);
            let sum = 5.0 * height / (median + EPS) + 8.0 * height / (second + EPS) + 1.5 * height / (spread + EPS);
            let expected = (sum / 3.0).min(100.0);
            prop_assert!((match_pct(&mut values, peak) - expected).abs() < 1e-6);
        }

        #[test]
        fn stays_between_0_and_100(mut values in proptest::collection::vec(0.0f64..1.0, 1..300), peak in 0usize..300) {
            let got = match_pct(&mut values, peak);
            prop_assert!((0.0..=100.0).contains(&got));
        }
    }
}
