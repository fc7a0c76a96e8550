//! What all methods of this plugin do.

use crate::{dtw::Dtw, form::Form, onset::Onset, spectrogram::Spectrogram};
use vsg_dsp::peak::RELATED_PEAK_RATIO;
use vsg_plugin_api::prelude::*;

const RATE_HZ: f64 = 48_000.0;

/// Numbers that look random, -1 to 1.
fn dice(seed: u32) -> impl FnMut() -> f32 {
    let mut state = seed.wrapping_mul(0x9E37_79B9) | 1;
    move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    }
}

/// Noise in syllables.
fn speech(seed: u32) -> Vec<f32> {
    let mut roll = dice(seed);
    let mut samples = Vec::new();
    while samples.len() < 7 * 48_000 {
        let length = 2_000 + (roll().abs() * 9_000.0) as usize;
        let level = if roll() < 0.3 { 0.4 * roll().abs() + 0.02 } else { 0.01 };
        samples.extend((0..length).map(|_| level * roll()));
    }
    samples
}

fn noise(seed: u32) -> Vec<f32> {
    let mut roll = dice(seed);
    (0..7 * 48_000).map(|_| 0.2 * roll()).collect()
}

fn pair<'a>(reference: &'a [f32], target: &'a [f32]) -> WindowPair<'a> {
    WindowPair::new(reference, target, RATE_HZ)
}

/// Runs `check` with each method.
fn each(check: impl Fn(&dyn Fn(&WindowPair<'_>) -> Peak, &dyn Fn(&WindowPair<'_>) -> Vec<(f64, f64)>, &str)) {
    let (onset, dtw, spectrogram) = (Onset::default(), Dtw::default(), Spectrogram::default());
    check(&|pair| onset.correlate(pair).unwrap(), &|pair| onset.curve(pair).unwrap(), "onset");
    check(&|pair| dtw.correlate(pair).unwrap(), &|pair| dtw.curve(pair).unwrap(), "dtw");
    check(&|pair| spectrogram.correlate(pair).unwrap(), &|pair| spectrogram.curve(pair).unwrap(), "spectrogram");
}

#[test]
fn delays_are_found_to_half_a_frame_whatever_the_level() {
    let source = speech(1);
    for shift in [0, 100, 256, 24_000, 30_003] {
        let target: Vec<f32> = source[shift..shift + 288_000].iter().map(|s| -0.2 * s).collect();
        each(|correlate, curve, name| {
            let windows = pair(&source[..288_000], &target);
            let (peak, expected_ms) = (correlate(&windows), shift as f64 / 48.0);
            assert!((peak.delay_ms - expected_ms).abs() < 5.34, "{name}, {expected_ms}: {peak:?}");
            assert!(peak.peak_ratio > Some(1.6) && peak.match_pct > 40.0 && !peak.on_edge, "{name}: {peak:?}");
            let curve = curve(&windows);
            assert!(curve.is_sorted_by(|a, b| a.0 < b.0), "{name}");
            let highest = curve.iter().max_by(|a, b| a.1.total_cmp(&b.1)).unwrap();
            assert!((highest.0 - expected_ms).abs() < 11.0, "{name}, {expected_ms}: {highest:?}");
        });
    }
}

const TRAIN_MARGIN: usize = 24_000;

/// What a method finds in three windows that overlap, whose starts lie between frames.
fn of_train<M: CorrelationMethod>(reference: &[f32], target: &[f32]) -> Vec<Peak> {
    let (len, hop, count) = (144_000, 48_256, 3);
    let planned = (count - 1) * hop + len;
    let train = WindowTrain {
        reference: &reference[..planned],
        target: &target[..planned + 2 * TRAIN_MARGIN],
        count,
        len,
        hop,
        margin: TRAIN_MARGIN,
        sample_rate_hz: RATE_HZ,
        pass_band_hz: None,
        filters_left_out: &[],
    };
    let peaks = M::default().correlate_train(&train).unwrap();
    assert_eq!(peaks.len(), count, "{}", M::ID);
    peaks
}

#[test]
fn windows_of_a_train_have_the_delays_that_they_have_by_themselves() {
    let source = speech(5);
    let (reference, mut target) = (&source[30_000..], source[30_000 + 2000 - TRAIN_MARGIN..].to_vec());
    for of_train in [of_train::<Onset>, of_train::<Dtw>, of_train::<Spectrogram>] {
        for peak in of_train(reference, &target) {
            assert!((peak.delay_ms - 2000.0 / 48.0).abs() < 5.34 && peak.peak_ratio > Some(1.6), "{peak:?}");
        }
    }
    // Damage in the first window alone.
    target[TRAIN_MARGIN + 100] = f32::NAN;
    for of_train in [of_train::<Onset>, of_train::<Dtw>, of_train::<Spectrogram>] {
        let found: Vec<bool> = of_train(reference, &target).iter().map(|peak| peak.delay_ms.is_finite()).collect();
        assert_eq!(found, [false, true, true]);
    }
}

#[test]
fn the_reference_form_of_time_warping_has_its_sign_and_its_match() {
    let (source, other) = (speech(1), speech(51));
    let dtw = Dtw { form: Form::Reference, ..Dtw::default() };
    let windows = pair(&source[..288_000], &source[24_000..312_000]);
    let peak = dtw.correlate(&windows).unwrap();
    assert!((peak.delay_ms + 500.0).abs() < 5.34, "{peak:?}");
    let curve = dtw.curve(&windows).unwrap();
    assert!(curve.is_sorted_by(|a, b| a.0 < b.0));
    let highest = curve.iter().max_by(|a, b| a.1.total_cmp(&b.1)).unwrap();
    assert!((highest.0 + 500.0).abs() < 11.0, "{highest:?}");
    let unrelated = dtw.correlate(&pair(&source[..288_000], &other[..288_000])).unwrap();
    assert!(unrelated.match_pct > 90.0, "{unrelated:?}");
}

#[test]
fn unrelated_sounds_do_not_stand_out() {
    // The thresholds are those of windows of 15 s; with shorter ones chance does more.
    const WINDOW: usize = 15 * 48_000;
    let long = |sound: fn(u32) -> Vec<f32>, seed: u32| [sound(seed), sound(seed + 20), sound(seed + 40)].concat();
    for seed in 1..4 {
        for (reference, target) in [
            (long(speech, seed), long(speech, seed + 100)),
            (long(noise, seed), long(noise, seed + 100)),
            (long(speech, seed), long(noise, seed + 200)),
        ] {
            each(|correlate, _, name| {
                let peak = correlate(&pair(&reference[..WINDOW], &target[..WINDOW]));
                let is_told = peak.delay_ms.is_nan() || peak.peak_ratio < Some(RELATED_PEAK_RATIO);
                assert!(is_told, "{name}, {seed}: {peak:?}");
            });
        }
    }
}

#[test]
fn silence_tones_and_damage_tell_no_delay() {
    let (sound, silence, damaged) = (speech(1), vec![0.0f32; 288_000], vec![f32::NAN; 288_000]);
    let tone = |phase: f32| -> Vec<f32> {
        (0..288_000).map(|i| 0.3 * (0.057_6 * i as f32 % std::f32::consts::TAU + phase).sin()).collect()
    };
    let (tone, other_tone) = (tone(0.0), tone(1.0));
    each(|correlate, _, name| {
        let sides = [&sound[..288_000], &silence, &damaged, &tone, &other_tone];
        for (r, reference) in sides.iter().enumerate() {
            for (t, target) in sides.iter().enumerate().filter(|(t, _)| (r, *t) != (0, 0)) {
                let peak = correlate(&pair(reference, target));
                let is_told = peak.delay_ms.is_nan() || peak.peak_ratio < Some(1.6) || peak.match_pct < 5.0;
                assert!(is_told || r == t, "{name}, {r} and {t}: {peak:?}");
            }
        }
    });
}
