//! A decimated correlation measures what the correlation at the full rate measures.
#![allow(clippy::unwrap_used, reason = "clippy exempts test functions only, not what they call")]

#[path = "../src/made_up.rs"]
mod made_up;

use made_up::noise;
use proptest::prelude::*;
use vsg_dsp::peak::RELATED_PEAK_RATIO;
use vsg_dsp::{Band, Gcc, GccOptions, Peak, PeakFit, Precision, Taper};

const RATE_HZ: f64 = 48_000.0;
const LEN: usize = 24_000;
/// Samples of a source before and after its middle `LEN`.
const ROOM: usize = 25_000;

/// The middle of `source`, heard `delay` samples early, by windowed-sinc interpolation.
fn early(source: &[f32], delay: f64) -> Vec<f32> {
    let whole = delay.floor();
    let first = (ROOM as f64 + whole) as usize;
    let tap = |i: i32| {
        let x = std::f64::consts::PI * (delay - whole - f64::from(i));
        let sinc = if x.abs() < 1e-9 { 1.0 } else { x.sin() / x };
        (sinc * (0.5 + 0.5 * (x / 34.0).cos())) as f32
    };
    let taps: Vec<f32> = (-32..=33).map(tap).collect();
    let dot = |samples: &[f32]| samples.iter().zip(&taps).map(|(s, h)| s * h).sum();
    source[first - 32..].windows(taps.len()).take(LEN).map(dot).collect()
}

fn correlate<T: Precision>(reference: &[f32], target: &[f32], options: GccOptions) -> Peak {
    let gcc = Gcc::<T>::new(reference.len(), target.len(), options).unwrap();
    gcc.correlate(reference, target, &mut gcc.scratch()).unwrap()
}

/// (at the full rate, decimated)
fn both(reference: &[f32], target: &[f32], options: GccOptions) -> (Peak, Peak) {
    let full = GccOptions { decimate: false, ..options };
    let decimated = GccOptions { decimate: true, ..options };
    (correlate::<f32>(reference, target, full), correlate::<f32>(reference, target, decimated))
}

fn assert_alike((full, decimated): (Peak, Peak)) {
    let what = format!("full rate {full:?}, decimated {decimated:?}");
    assert!((full.lag_samples - decimated.lag_samples).abs() < 0.01, "{what}");
    assert!((full.value - decimated.value).abs() < 0.005, "{what}");
    assert!((full.peak_ratio / decimated.peak_ratio).ln().abs() < 0.03, "{what}");
    // The noise beside the peak, and how sharp that is.
    assert!((full.error_samples / decimated.error_samples).ln().abs() < 0.03, "{what}");
    assert!((full.match_pct - decimated.match_pct).abs() < 3.0, "{what}");
    assert_eq!(full.on_edge, decimated.on_edge, "{what}");
}

fn robust() -> GccOptions {
    GccOptions::robust(RATE_HZ, 300.0, 3400.0)
}

#[test]
fn transforms_are_a_sixth_of_the_length() {
    let plan = |options| Gcc::<f32>::new(720_000, 720_000, options).unwrap();
    let (full, decimated) = (plan(GccOptions { decimate: false, ..robust() }), plan(robust()));
    assert_eq!((full.fft_length(), full.decimation()), (1_440_000, 1));
    assert_eq!((decimated.fft_length(), decimated.decimation()), (240_000, 6));
    assert!(5 * decimated.scratch().bytes() < full.scratch().bytes());
}

#[test]
fn a_band_that_reaches_high_is_correlated_at_the_full_rate() {
    for options in
        [GccOptions::robust(RATE_HZ, 300.0, 12_000.0), GccOptions { decimate: true, ..GccOptions::reference(RATE_HZ) }]
    {
        assert_eq!(Gcc::<f32>::new(1000, 1000, options).unwrap().decimation(), 1);
    }
    assert!(Gcc::<f32>::new(1000, 1000, GccOptions::robust(RATE_HZ, 3400.0, 300.0)).is_err());
}

#[test]
fn delays_nearly_as_long_as_the_windows_are_found() {
    let source = noise(LEN + 2 * ROOM, 1);
    let reference = early(&source, 0.0);
    for delay in [18_000.0, -18_000.4, 20_000.3] {
        let found = both(&reference, &early(&source, delay), robust());
        assert!((found.1.lag_samples - delay).abs() < 0.2 && found.1.peak_ratio > 1.5, "{found:?}");
        assert_alike(found);
    }
}

#[test]
fn windows_may_differ_in_length() {
    let source = noise(LEN, 2);
    for (target, tolerance) in [(&source[15_000..21_000], 0.01), (&source[15_000..21_001], 0.1)] {
        // The last one has other bins at either rate.
        for (reference, target, delay) in [(&source[..], target, 15_000.0), (target, &source, -15_000.0)] {
            let (full, decimated) = both(reference, target, robust());
            assert!((decimated.lag_samples - delay).abs() < 0.05, "{decimated:?}");
            assert!((full.lag_samples - decimated.lag_samples).abs() < tolerance, "{full:?} {decimated:?}");
        }
    }
    for len in 320..340 {
        let one = correlate::<f32>(&source[..len], &source[..len], robust());
        assert!(one.lag_samples.abs() < 0.1, "{len}: {one:?}");
    }
}

#[test]
fn a_peak_at_the_end_of_the_range_is_flagged() {
    let source = noise(LEN + 2 * ROOM, 3);
    let reference = early(&source, 0.0);
    for limit in 198..206 {
        let options = GccOptions { max_lag: Some(limit), ..robust() };
        for delay in [limit, limit - 1, limit - 2, limit - 40] {
            for delay in [delay as f64, -(delay as f64)] {
                let (full, decimated) = both(&reference, &early(&source, delay), options);
                assert_eq!(decimated.on_edge, delay.abs() as usize == limit, "{limit} {decimated:?}");
                assert!((full.lag_samples - decimated.lag_samples).abs() < 0.01);
            }
        }
        let (full, beyond) = both(&reference, &early(&source, limit as f64 + 3.0), options);
        assert_eq!(full.on_edge, beyond.on_edge);
        assert!(beyond.lag_samples.abs() < limit as f64 + 1.0, "outside the range");
    }
}

#[test]
fn silence_has_no_peak_and_damage_is_an_error() {
    let (sound, silence) = (noise(LEN, 4), vec![0.0; LEN]);
    for (r, t) in [(&sound, &silence), (&silence, &sound), (&silence, &silence)] {
        let peak = correlate::<f32>(r, t, robust());
        assert_eq!((peak.lag_samples, peak.peak_ratio, peak.match_pct), (0.0, 0.0, 0.0));
        assert!(!peak.on_edge);
    }
    let mut damaged = sound.clone();
    damaged[20_001] = f32::NAN;
    let gcc = Gcc::<f32>::new(LEN, LEN, robust()).unwrap();
    assert!(gcc.correlate(&sound, &damaged, &mut gcc.scratch()).is_err());
}

#[test]
fn unrelated_windows_are_told_alike() {
    for seed in 10..30 {
        let found = both(&noise(LEN, seed), &noise(LEN, seed + 100), robust());
        assert!(found.1.peak_ratio < RELATED_PEAK_RATIO);
        assert_alike(found);
    }
}

#[test]
fn loud_sound_just_above_the_band_does_not_matter() {
    let source = noise(LEN + 2 * ROOM, 5);
    let whistle = |hz: f64, i: usize| (std::f64::consts::TAU * hz / RATE_HZ * i as f64).sin() as f32;
    let reference: Vec<f32> =
        early(&source, 0.0).iter().enumerate().map(|(i, s)| 0.1 * s + whistle(4700.0, i)).collect();
    let target: Vec<f32> = early(&source, 77.7).iter().enumerate().map(|(i, s)| 0.1 * s + whistle(4650.0, i)).collect();
    let (full, decimated) = both(&reference, &target, robust());
    assert!((full.lag_samples - decimated.lag_samples).abs() < 0.01, "{full:?} {decimated:?}");
    assert!((full.value - decimated.value).abs() < 0.01, "{full:?} {decimated:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn fractional_delays_of_either_polarity_equal_those_of_the_full_rate(
        delay in -10_000.0f64..10_000.0, inverted: bool, snr in 0.1f32..10.0, seed in 1u64..1000,
        low_hz in 50.0f64..600.0, high_hz in 1500.0f64..9000.0, rate in 0usize..4, taper in 0usize..3, sample: bool,
    ) {
        let source = noise(LEN + 2 * ROOM, seed);
        let sign = if inverted { -snr } else { snr };
        let other = noise(LEN, seed + 5000);
        let target: Vec<f32> = early(&source, delay).iter().zip(&other).map(|(s, o)| sign * s + o).collect();
        let options = GccOptions {
            taper: [Taper::None, Taper::Edges(0.005), Taper::Hann][taper],
            peak: if sample { PeakFit::Sample } else { PeakFit::SubSample },
            band: Band::Pass { low_hz, high_hz },
            rate_hz: [32_000.0, 44_100.0, RATE_HZ, 96_000.0][rate],
            ..robust()
        };
        assert_alike(both(&early(&source, 0.0), &target, options));
    }

    #[test]
    fn double_precision_gives_the_same(delay in -2000.0f64..2000.0) {
        let source = noise(LEN + 2 * ROOM, 6);
        let (reference, target) = (early(&source, 0.0), early(&source, delay));
        let (single, double) = (correlate::<f32>(&reference, &target, robust()), correlate::<f64>(&reference, &target, robust()));
        prop_assert!((single.lag_samples - double.lag_samples).abs() < 1e-3);
        prop_assert!((single.peak_ratio / double.peak_ratio - 1.0).abs() < 0.01);
    }
}
