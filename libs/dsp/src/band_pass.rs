//! Butterworth band-pass filters as second-order sections.
//!
//! Source: the usual design (analogue prototype, pre-warped edges, low-pass to band-pass, bilinear transform; Oppenheim & Schafer,
//! "Discrete-Time Signal Processing"). Sections keep the poles apart, so every order is stable; the one long recursion of the same design loses
//! about two digits per order.

use std::f64::consts::PI;

use num_complex::Complex64;

use crate::error::DspError;
use crate::filter::Filter;

/// Highest order of the prototype.
pub const MAX_ORDER: usize = 10;

/// Designs a band-pass filter that is 3 dB down at `low_hz` and `high_hz`; `order` is that of the low-pass prototype, so the
/// filter has `order` sections and 2 * `order` poles. Unit gain in the middle of the band.
///
/// # Errors
/// An order outside 1..=10, or edges not 0 < low < high < half of `rate_hz` (NaN included).
pub fn design(low_hz: f64, high_hz: f64, order: usize, rate_hz: f64) -> Result<Filter, DspError> {
    if !(1..=MAX_ORDER).contains(&order) {
        return Err(DspError::Order { order, max: MAX_ORDER });
    }
    if !(rate_hz.is_finite() && rate_hz > 0.0) {
        return Err(DspError::Rate { rate_hz });
    }
    let nyquist_hz = rate_hz / 2.0;
    if !(0.0 < low_hz && low_hz < high_hz && high_hz < nyquist_hz) {
        return Err(DspError::BandEdges { low_hz, high_hz, nyquist_hz });
    }
    // Frequencies of the analogue filter, for a bilinear transform at a sample rate of 2.
    let warp = |hz: f64| 4.0 * (PI * (hz / nyquist_hz) / 2.0).tan();
    let width = warp(high_hz) - warp(low_hz);
    let centre = (warp(low_hz) * warp(high_hz)).sqrt();
    let to_digital = |s: Complex64| (4.0 + s) / (4.0 - s);
    let middle = to_digital(Complex64::new(0.0, centre));

    let mut sections = Vec::with_capacity(order);
    for k in 0..order {
        let angle = PI * (2 * k + order + 1) as f64 / (2 * order) as f64;
        // The upper half of the prototype's poles; the middle one of an odd order is real.
        let is_real = 2 * k + 1 == order;
        if 2 * k + 1 > order {
            break;
        }
        let prototype = if is_real { Complex64::new(-1.0, 0.0) } else { Complex64::from_polar(1.0, angle) };
        let half = prototype * (width / 2.0);
        let root = (half * half - centre * centre).sqrt();
        let (upper, lower) = (to_digital(half + root), to_digital(half - root));
        if is_real {
            sections.push(section(upper, lower, middle));
        } else {
            sections.push(section(upper, upper.conj(), middle));
            sections.push(section(lower, lower.conj(), middle));
        }
    }
    Ok(Filter::Sections(sections))
}

/// Zeros at 0 Hz and at half the sample rate, the poles `p` and `q` (a conjugate pair, or both real), unit gain at `middle`.
fn section(p: Complex64, q: Complex64, middle: Complex64) -> [f64; 6] {
    let (a1, a2) = (-(p + q).re, (p * q).re);
    let back = middle.inv();
    let gain = ((1.0 + back * (a1 + back * a2)) / (1.0 - back * back)).norm();
    [gain, 0.0, -gain, 1.0, a1, a2]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn gain(filter: &Filter, hz: f64) -> f64 {
        filter.response(hz / 48_000.0).norm()
    }

    #[test]
    fn passes_the_band_and_nothing_else() {
        let filter = design(300.0, 3400.0, 5, 48_000.0).unwrap();
        let half_power = 0.5f64.sqrt();
        assert!((gain(&filter, 300.0) - half_power).abs() < 1e-9);
        assert!((gain(&filter, 3400.0) - half_power).abs() < 1e-9);
        assert!((gain(&filter, 1000.0) - 1.0).abs() < 1e-3);
        assert!(gain(&filter, 50.0) < 1e-4 && gain(&filter, 15_000.0) < 1e-4);
    }

    #[test]
    fn impossible_requests_are_errors() {
        for order in [0, 11] {
            assert_eq!(design(300.0, 3400.0, order, 48_000.0), Err(DspError::Order { order, max: 10 }));
        }
        for (low, high) in [(0.0, 3400.0), (-1.0, 3400.0), (3400.0, 300.0), (300.0, 300.0), (300.0, 24_000.0)] {
            assert!(matches!(design(low, high, 5, 48_000.0), Err(DspError::BandEdges { .. })), "{low} {high}");
        }
        assert!(matches!(design(f64::NAN, 3400.0, 5, 48_000.0), Err(DspError::BandEdges { .. })));
        assert!(matches!(design(300.0, f64::NAN, 5, 48_000.0), Err(DspError::BandEdges { .. })));
        assert!(matches!(design(300.0, 3400.0, 5, f64::NAN), Err(DspError::Rate { .. })));
    }

    proptest! {
        #[test]
        fn every_design_is_stable_with_half_power_edges(low in 20.0f64..10_000.0, ratio in 1.1f64..30.0, order in 1usize..=10) {
            let high = (low * ratio).min(23_900.0);
            let filter = design(low, high, order, 48_000.0).unwrap();
            prop_assert!(matches!(&filter, Filter::Sections(s) if s.len() == order));
            prop_assert!(filter.lead_in_samples().is_ok());
            for edge in [low, high] {
                prop_assert!((gain(&filter, edge) - 0.5f64.sqrt()).abs() < 1e-6);
            }
        }
    }
}
