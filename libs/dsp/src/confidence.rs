//! The reference program's confidence figure for a correlation peak (0 to 100).
//!
//! Source: section 8 of the analysis specification. The figure combines three ratios of the peak: to the median, to the
//! highest value elsewhere and to the spread of the background. It saturates at 100 for anything related and is about 25
//! for two unrelated noises, so it tells silence from sound rather than right from wrong; `Peak::peak_ratio` is the figure
//! to judge by.

use realfft::num_traits::Float;

use crate::stats;

const EPS: f64 = 1e-9;
const BACKGROUND_PERCENTILE: f64 = 0.9;

/// Confidence of the peak at index `peak` of the correlation magnitudes `magnitudes` (all >= 0).
///
/// Reorders `magnitudes`, so that no copy and no full sort is needed (O(n)). 0 for silence, for NaN anywhere and for a
/// `peak` outside.
pub fn match_pct<T: Float>(magnitudes: &mut [T], peak: usize) -> f64 {
    let Some(height) = magnitudes.get(peak).and_then(|p| p.to_f64()) else {
        return 0.0;
    };
    let second = highest_outside(magnitudes, peak);
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

/// The reference program's figure for GCC-SCOT (0 to 100): ten times the peak at index `peak` of these magnitudes over their
/// mean. 0 for silence, for NaN anywhere and for a `peak` outside.
pub fn scot_match_pct<T: Float>(magnitudes: &[T], peak: usize) -> f64 {
    let Some(height) = magnitudes.get(peak).and_then(|p| p.to_f64()) else {
        return 0.0;
    };
    let sum: f64 = magnitudes.iter().filter_map(|v| v.to_f64()).sum();
    let figure = height / (sum / magnitudes.len() as f64 + EPS) * 10.0;
    if figure.is_nan() { 0.0 } else { figure.min(100.0) }
}

/// Highest value further than 1 % of the length from the peak; the zone does not wrap round the ends.
fn highest_outside<T: Float>(magnitudes: &[T], peak: usize) -> Option<f64> {
    let width = (magnitudes.len() / 100).max(1);
    let left = &magnitudes[..peak.saturating_sub(width)];
    let right = magnitudes.get(peak + width + 1..).unwrap_or_default();
    left.iter().chain(right).copied().reduce(Float::max).and_then(|v| v.to_f64())
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
        fn stays_between_0_and_100(mut values in proptest::collection::vec(0.0f64..1.0, 1..300), peak in 0usize..300) {
            let got = match_pct(&mut values, peak);
            prop_assert!((0.0..=100.0).contains(&got));
        }
    }
}
