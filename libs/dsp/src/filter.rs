//! A filter that is applied to a range of a signal as if the whole signal had been filtered.
//!
//! Filtering is causal, forward only, from a state of zero before the signal's first sample; arithmetic is `f64`, the result
//! `f32`. To filter a range, read [`Filter::lead_in_samples`] more samples before it (fewer if the signal starts there) and
//! let [`Filter::apply`] cut them off again.

use std::f64::consts::TAU;

use num_complex::Complex64;

use crate::error::DspError;

/// What the output of a range may differ from the whole signal's (of full scale).
const REMAINDER: f64 = 1e-9;
/// Longest time in which a response may lose a decade (samples): 10 s at 48 kHz.
const LONGEST_DECADE: f64 = 480_000.0;

/// Coefficients of a filter; plain numbers, so that they can travel as JSON.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Filter {
    /// Second-order sections in the order they are applied: b0 b1 b2 a0 a1 a2 with a0 = 1.
    Sections(Vec<[f64; 6]>),
    /// Coefficients of a finite impulse response, the newest sample's first.
    Fir(Vec<f64>),
}

impl Filter {
    /// Checks coefficients that come from elsewhere.
    ///
    /// # Errors
    /// None at all, one that is not finite, a section whose a0 is not 1, a pole on or outside the unit circle.
    pub fn validate(&self) -> Result<(), DspError> {
        match self {
            Filter::Fir(taps) if taps.is_empty() => Err(DspError::NoCoefficients { form: "FIR", part: "tap" }),
            Filter::Fir(taps) if taps.iter().any(|h| !h.is_finite()) => {
                Err(DspError::Coefficients { section: 0, reason: "not all are finite numbers" })
            }
            Filter::Fir(_) => Ok(()),
            Filter::Sections(sections) => largest_radius(sections).map(|_| ()),
        }
    }

    /// Samples before a range that must be filtered along with it. FIR: taps - 1, after which the range is exact. Sections: as
    /// many as it takes until all earlier samples together, at full scale, add less than 1e-9 of full scale.
    ///
    /// # Errors
    /// As [`Filter::validate`].
    pub fn lead_in_samples(&self) -> Result<usize, DspError> {
        self.validate()?;
        match self {
            Filter::Fir(taps) => Ok(taps.len() - 1),
            Filter::Sections(sections) => settling_samples(sections),
        }
    }

    /// What becomes of a steady tone (the frequency response), at a frequency in cycles per sample.
    pub fn response(&self, frequency: f64) -> Complex64 {
        let z = Complex64::cis(-TAU * frequency);
        match self {
            Filter::Fir(taps) => taps.iter().rev().fold(Complex64::ZERO, |sum, tap| sum * z + tap),
            Filter::Sections(sections) => sections.iter().fold(Complex64::ONE, |product, [b0, b1, b2, _, a1, a2]| {
                product * ((z * *b2 + *b1) * z + *b0) / ((z * *a2 + *a1) * z + 1.0)
            }),
        }
    }

    /// Filters `samples` in place, starting from silence, and cuts off the first `lead_in` of them.
    pub fn apply(&self, samples: &mut Vec<f32>, lead_in: usize) {
        match self {
            Filter::Fir(taps) => run_fir(taps, samples, lead_in),
            Filter::Sections(sections) => {
                let mut cascade = Cascade::new(sections);
                for s in samples.iter_mut() {
                    *s = cascade.next(f64::from(*s)) as f32;
                }
            }
        }
        samples.drain(..lead_in.min(samples.len()));
    }
}

/// The share of the power of a steady tone that a chain of filters lets through, at a frequency in cycles per sample.
pub fn chain_power_gain(filters: &[Filter], frequency: f64) -> f64 {
    filters.iter().map(|filter| filter.response(frequency).norm_sqr()).product()
}

/// Newest sample last, so the output can replace the input from the end on.
fn run_fir(taps: &[f64], samples: &mut [f32], lead_in: usize) {
    for i in (lead_in..samples.len()).rev() {
        let past = samples[..=i].iter().rev();
        samples[i] = taps.iter().zip(past).map(|(h, &x)| h * f64::from(x)).sum::<f64>() as f32;
    }
}

/// Second-order sections one after the other, each in transposed direct form II.
struct Cascade<'a> {
    sections: &'a [[f64; 6]],
    state: Vec<[f64; 2]>,
}

impl<'a> Cascade<'a> {
    fn new(sections: &'a [[f64; 6]]) -> Self {
        Self { sections, state: vec![[0.0; 2]; sections.len()] }
    }

    fn next(&mut self, sample: f64) -> f64 {
        self.sections.iter().zip(&mut self.state).fold(sample, |x, ([b0, b1, b2, _, a1, a2], z)| {
            let y = b0 * x + z[0];
            z[0] = b1 * x - a1 * y + z[1];
            z[1] = b2 * x - a2 * y;
            y
        })
    }
}

/// Radius of the pole that rings longest.
fn largest_radius(sections: &[[f64; 6]]) -> Result<f64, DspError> {
    if sections.is_empty() {
        return Err(DspError::NoCoefficients { form: "second-order-section", part: "section" });
    }
    let mut largest = 0f64;
    for (section, c) in sections.iter().enumerate() {
        if c.iter().any(|v| !v.is_finite()) {
            return Err(DspError::Coefficients { section, reason: "not all are finite numbers" });
        }
        if c[3] != 1.0 {
            return Err(DspError::Coefficients { section, reason: "a0 is not 1" });
        }
        let half = -c[4] / 2.0;
        let root = Complex64::new(half * half - c[5], 0.0).sqrt();
        let radius = (half + root).norm().max((half - root).norm());
        if radius >= 1.0 {
            return Err(DspError::Unstable { section, radius });
        }
        largest = largest.max(radius);
    }
    Ok(largest)
}

/// Position from which on the impulse response adds up to less than [`REMAINDER`].
///
/// The slowest pole of radius r loses a decade every ln(10) / -ln(r) samples, so the response is taken in blocks of that
/// length until a block adds next to nothing; what follows is a tenth of it, a hundredth, and so on.
fn settling_samples(sections: &[[f64; 6]]) -> Result<usize, DspError> {
    let radius = largest_radius(sections)?;
    let decade = 10f64.ln() / -radius.max(0.1).ln();
    if decade > LONGEST_DECADE {
        return Err(DspError::Settling { radius });
    }
    let decade = decade.ceil() as usize;
    let mut cascade = Cascade::new(sections);
    let mut response = vec![cascade.next(1.0).abs()];
    loop {
        let start = response.len();
        response.extend((0..decade).map(|_| cascade.next(0.0).abs()));
        let sum: f64 = response[start..].iter().sum();
        if !sum.is_finite() {
            return Err(DspError::Coefficients { section: 0, reason: "together they overflow" });
        }
        if sum < REMAINDER / 100.0 {
            break;
        }
    }
    let mut rest = 0.0;
    let settled = response.iter().rposition(|h| {
        rest += h;
        rest >= REMAINDER
    });
    Ok(settled.map_or(0, |last| last + 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{band_pass, low_pass};
    use proptest::prelude::*;

    fn noise(len: usize) -> Vec<f32> {
        let mut state = 1u32;
        (0..len)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 8) as f32 / (1 << 23) as f32 - 1.0
            })
            .collect()
    }

    fn in_f64(filter: &Filter, samples: &[f32]) -> Vec<f64> {
        let Filter::Sections(sections) = filter else { panic!("not sections") };
        let mut cascade = Cascade::new(sections);
        samples.iter().map(|&s| cascade.next(f64::from(s))).collect()
    }

    #[test]
    fn fir_ranges_equal_the_whole_signal_exactly() {
        let filter = low_pass::design(4000.0, 101, 48_000.0).unwrap();
        let signal = noise(2000);
        let mut whole = signal.clone();
        filter.apply(&mut whole, 0);
        let lead_in = filter.lead_in_samples().unwrap();
        assert_eq!(lead_in, 100);
        for start in [100, 700, 1999] {
            let mut range = signal[start - lead_in..].to_vec();
            filter.apply(&mut range, lead_in);
            assert_eq!(range, whole[start..]);
        }
    }

    #[test]
    fn the_response_is_the_transform_of_that_to_an_impulse() {
        let chain =
            [low_pass::design(8000.0, 31, 48_000.0).unwrap(), band_pass::design(300.0, 3400.0, 3, 48_000.0).unwrap()];
        for filter in &chain {
            let mut impulse = vec![0.0; 20_000];
            impulse[0] = 1.0;
            filter.apply(&mut impulse, 0);
            for frequency in [0.0, 0.001, 0.01, 0.03, 0.2, 0.5] {
                let part = |(n, h): (usize, &f32)| Complex64::cis(-TAU * frequency * n as f64) * f64::from(*h);
                let expected: Complex64 = impulse.iter().enumerate().map(part).sum();
                assert!((filter.response(frequency) - expected).norm() < 1e-5, "{frequency}");
            }
        }
        let both = chain[0].response(0.02).norm_sqr() * chain[1].response(0.02).norm_sqr();
        assert_eq!((chain_power_gain(&chain, 0.02), chain_power_gain(&[], 0.02)), (both, 1.0));
    }

    #[test]
    fn a_filter_that_rings_for_minutes_is_refused() {
        let filter = band_pass::design(1.0, 1.001, 5, 48_000.0).unwrap();
        assert!(matches!(filter.lead_in_samples(), Err(DspError::Settling { .. })));
    }

    #[test]
    fn a_filter_of_two_integrating_poles_is_refused() {
        let filter = Filter::Sections(vec![[1.0, 0.0, 0.0, 1.0, -2.0, 1.0]]);
        assert!(matches!(filter.validate(), Err(DspError::Unstable { section: 0, .. })));
        assert!(Filter::Sections(vec![[1.0, 0.0, 0.0, 2.0, 0.0, 0.0]]).validate().is_err());
        assert!(Filter::Sections(vec![[f64::NAN, 0.0, 0.0, 1.0, 0.0, 0.0]]).validate().is_err());
        assert!(Filter::Sections(Vec::new()).validate().is_err());
        // Each of them is finite; a response of the whole is not.
        let huge = Filter::Sections(vec![[1e308, 0.0, 0.0, 1.0, 0.0, 0.0]; 2]);
        assert!(matches!(huge.lead_in_samples(), Err(DspError::Coefficients { .. })));
        assert!(Filter::Fir(Vec::new()).validate().is_err());
        assert!(Filter::Fir(vec![f64::INFINITY]).validate().is_err());
    }

    #[test]
    fn a_chain_needs_the_lead_in_of_all_its_filters() {
        let chain =
            [low_pass::design(8000.0, 31, 48_000.0).unwrap(), band_pass::design(300.0, 3400.0, 2, 48_000.0).unwrap()];
        let lead_in: usize = chain.iter().map(|filter| filter.lead_in_samples().unwrap()).sum();
        assert_eq!(lead_in, 30 + chain[1].lead_in_samples().unwrap());
        let signal = noise(lead_in + 500);
        let mut whole = signal.clone();
        chain.iter().for_each(|filter| filter.apply(&mut whole, 0));
        let mut range = signal[300..].to_vec();
        chain.iter().for_each(|filter| filter.apply(&mut range, 0));
        for (a, b) in range[lead_in..].iter().zip(&whole[300 + lead_in..]) {
            assert!((a - b).abs() <= 1e-9 + f32::EPSILON * b.abs());
        }
    }

    #[test]
    fn a_lead_in_longer_than_the_samples_leaves_none() {
        let mut samples = noise(10);
        low_pass::design(4000.0, 5, 48_000.0).unwrap().apply(&mut samples, 20);
        assert!(samples.is_empty());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn section_ranges_equal_the_whole_signal_to_1e_minus_9(
            low in 30.0f64..2000.0, ratio in 1.5f64..20.0, order in 1usize..=10, before in 0usize..5000,
        ) {
            let filter = band_pass::design(low, (low * ratio).min(23_000.0), order, 48_000.0).unwrap();
            let lead_in = filter.lead_in_samples().unwrap();
            // The worst signal there is: full scale, with the sign of the impulse response.
            let mut impulse = vec![0.0f32; lead_in + before + 1];
            impulse[0] = 1.0;
            let response = in_f64(&filter, &impulse);
            let signal: Vec<f32> = response.iter().rev().map(|h| if *h < 0.0 { -1.0 } else { 1.0 }).collect();
            let whole = in_f64(&filter, &signal);
            let range = in_f64(&filter, &signal[before..]);
            prop_assert!((range[lead_in] - whole[before + lead_in]).abs() < 1.05e-9);
        }
    }
}
