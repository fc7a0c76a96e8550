//! What the adapter accepts of a correlation method by default: related windows of generated films, and no others.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use vsg_dsp::{Filter, band_pass, peak::RELATED_PEAK_RATIO};
use vsg_plugin_api::prelude::*;
use vsg_sample_media::{Mix, Pcm, Programme};

const RATE_HZ: u32 = 48_000;
const BAND_HZ: (f64, f64) = (300.0, 3400.0);
const WINDOW: usize = 15 * RATE_HZ as usize;
/// Where windows begin in their films (s).
const STARTS_S: [i64; 3] = [10, 40, 75];

fn filters() -> [Filter; 1] {
    [band_pass::design(BAND_HZ.0, BAND_HZ.1, 5, f64::from(RATE_HZ)).unwrap()]
}

/// A window of a film's mix, behind the filter if the method wants one.
fn window(seed: u64, mix: &Mix, delay_ms: f64, start_s: i64, filtered: bool) -> Vec<f32> {
    let chain = filters();
    let lead_in: usize = chain.iter().map(|filter| filter.lead_in_samples().unwrap()).sum();
    let first = start_s * i64::from(RATE_HZ) - lead_in as i64;
    let mut samples = vec![0.0; lead_in + WINDOW];
    Pcm::new(Programme::new(seed), mix, vsg_sample_media::Layout::Mono, RATE_HZ, delay_ms, first).read(&mut samples);
    chain.iter().filter(|_| filtered).for_each(|filter| filter.apply(&mut samples, 0));
    samples.drain(..lead_in);
    samples
}

/// Quieter by 10 dB, and under noise as loud as itself.
fn worn(mut samples: Vec<f32>) -> Vec<f32> {
    let power = samples.iter().map(|s| f64::from(s * s)).sum::<f64>() / samples.len() as f64;
    let mut state = 1u32;
    for sample in &mut samples {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let noise = (state >> 8) as f32 / (1 << 23) as f32 - 1.0;
        *sample = 0.316 * (*sample + (3.0 * power).sqrt() as f32 * noise);
    }
    samples
}

fn correlate(method: &impl CorrelationMethod, reference: &[f32], target: &[f32]) -> (Peak, bool) {
    let left_out = if method.wants_unfiltered() { filters().to_vec() } else { Vec::new() };
    let windows = WindowPair {
        pass_band_hz: Some(BAND_HZ),
        filters_left_out: &left_out,
        ..WindowPair::new(reference, target, f64::from(RATE_HZ))
    };
    let peak = method.correlate(&windows).unwrap();
    let counts = peak.delay_ms.is_finite() && !peak.on_edge && peak.match_pct >= 5.0;
    (peak, counts && peak.peak_ratio >= Some(RELATED_PEAK_RATIO))
}

/// Checks that windows of the same mix and at least `dubs` of a dub are accepted, all at their delay, and none of other films.
///
/// Not all of a dub is: where somebody speaks, little of what both have in common is left.
///
/// # Panics
/// If it is not so.
pub fn separates<M: CorrelationMethod>(dubs: usize, exact_ms: f64) {
    let (method, delay_ms) = (M::default(), 731.25);
    let filtered = !method.wants_unfiltered();
    let (original, dub) = (Mix::original("jpn"), Mix::dub("eng", -6.0));
    let mut accepted_dubs = 0;
    for start_s in STARTS_S {
        let reference = window(7, &original, 0.0, start_s, filtered);
        let is_right = |peak: &Peak| (peak.delay_ms - delay_ms).abs() < exact_ms;
        let (peak, accepted) = correlate(&method, &reference, &worn(window(7, &original, delay_ms, start_s, filtered)));
        assert!(accepted && is_right(&peak), "{}, same mix at {start_s}: {peak:?}", M::ID);
        let (peak, accepted) = correlate(&method, &reference, &window(7, &dub, delay_ms, start_s, filtered));
        assert!(!accepted || is_right(&peak), "{}, dub at {start_s}: {peak:?}", M::ID);
        accepted_dubs += usize::from(accepted);
        for (seed, mix) in [(8, &original), (9, &dub)] {
            let (peak, accepted) = correlate(&method, &reference, &window(seed, mix, delay_ms, start_s, filtered));
            assert!(!accepted, "{}, film {seed} at {start_s}: {peak:?}", M::ID);
        }
    }
    assert!(accepted_dubs >= dubs, "{}: {accepted_dubs} of the dub", M::ID);
}
