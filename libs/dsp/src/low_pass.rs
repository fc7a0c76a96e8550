//! Low-pass FIR filters: a sinc under a Hamming window.
//!
//! Source: the window method (Oppenheim & Schafer, "Discrete-Time Signal Processing"), with the defaults of the reference program.

use std::f64::consts::PI;

use crate::error::DspError;
use crate::filter::Filter;

/// The cutoff (Hz) that a filter at a sample rate can have: one at or above half of the rate counts as 1 Hz below it.
#[must_use]
pub fn possible_hz(cutoff_hz: f64, rate_hz: f64) -> f64 {
    cutoff_hz.min(rate_hz / 2.0 - 1.0)
}

/// Designs a low-pass filter of `taps` coefficients with its -6 dB point at `cutoff_hz`, or where that is possible
/// ([`possible_hz`]), unit gain at 0 Hz. The output lags by (taps - 1) / 2 samples.
///
/// # Errors
/// A cutoff that is not above 0 (NaN included), no taps, an impossible sample rate.
pub fn design(cutoff_hz: f64, taps: usize, rate_hz: f64) -> Result<Filter, DspError> {
    if !(rate_hz.is_finite() && rate_hz > 2.0) {
        return Err(DspError::Rate { rate_hz });
    }
    if cutoff_hz.is_nan() || cutoff_hz <= 0.0 {
        return Err(DspError::Cutoff { cutoff_hz });
    }
    if taps == 0 {
        return Err(DspError::NoCoefficients { form: "FIR", part: "tap" });
    }
    let cutoff = possible_hz(cutoff_hz, rate_hz) / (rate_hz / 2.0);
    let last = (taps - 1) as f64;
    let tap = |n: usize| {
        let hamming = if taps == 1 { 1.0 } else { 0.54 - 0.46 * (2.0 * PI * n as f64 / last).cos() };
        cutoff * sinc(cutoff * (n as f64 - last / 2.0)) * hamming
    };
    let raw: Vec<f64> = (0..taps).map(tap).collect();
    let sum: f64 = raw.iter().sum();
    Ok(Filter::Fir(raw.into_iter().map(|h| h / sum).collect()))
}

fn sinc(x: f64) -> f64 {
    if x == 0.0 { 1.0 } else { (PI * x).sin() / (PI * x) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn impossible_requests_are_errors() {
        for cutoff in [0.0, -5.0, f64::NAN] {
            assert!(matches!(design(cutoff, 101, 48_000.0), Err(DspError::Cutoff { .. })));
        }
        assert!(matches!(design(4000.0, 0, 48_000.0), Err(DspError::NoCoefficients { .. })));
        assert!(matches!(design(4000.0, 101, 0.0), Err(DspError::Rate { .. })));
    }

    proptest! {
        #[test]
        fn is_symmetric_with_unit_gain_at_0_hz(cutoff in 1.0f64..40_000.0, taps in 1usize..501) {
            let Filter::Fir(h) = design(cutoff, taps, 48_000.0).unwrap() else { panic!("not FIR") };
            prop_assert_eq!(h.len(), taps);
            prop_assert!((h.iter().sum::<f64>() - 1.0).abs() < 1e-12);
            for (a, b) in h.iter().zip(h.iter().rev()) {
                prop_assert!((a - b).abs() < 1e-12);
            }
        }
    }
}
