//! The reference form of GCC-PHAT gives the reference program's delays and confidences.
#![allow(clippy::unwrap_used, reason = "clippy exempts test functions only, not what they call")]

mod golden;

use std::collections::HashMap;

use golden::{PHAT, Settings, json, list, number, numbers, text};
use serde_json::Value;
use vsg_dsp::peak::RELATED_PEAK_RATIO;
use vsg_dsp::window_plan::plan_windows;
use vsg_dsp::{GccOptions, GccPhat, Peak, Precision};

fn correlate<T: Precision>(reference: &[f32], target: &[f32], rate_hz: f64) -> Peak {
    let gcc = GccPhat::<T>::new(reference.len(), target.len(), GccOptions::reference(rate_hz)).unwrap();
    gcc.correlate(reference, target, &mut gcc.scratch()).unwrap()
}

fn assert_peak(peak: &Peak, rate_hz: f64, expected: &Value, match_tolerance: f64, what: &str) {
    let (delay_ms, match_pct) = (number(&expected["raw_delay"]), number(&expected["match"]));
    assert!((peak.delay_ms(rate_hz) - delay_ms).abs() <= 1e-9, "{what}: {peak:?}, expected {delay_ms} ms");
    let off = (peak.match_pct - match_pct).abs();
    assert!(off <= match_tolerance, "{what}: {peak:?}, expected {match_pct} %");
}

fn int16(value: &Value) -> Vec<f32> {
    numbers(value).iter().map(|v| (v / 32_768.0) as f32).collect()
}

#[test]
fn short_signals_equal_the_reference() {
    let set = json("methods_small.json");
    let rate_hz = number(&set["sample_rate"]);
    for case in list(&set["cases"]) {
        let (reference, target) = (int16(&case["ref"]), int16(&case["tgt"]));
        let (label, expected) = (text(&case["label"]), &case["results"][PHAT]);
        let peak = correlate::<f64>(&reference, &target, rate_hz);
        assert_peak(&peak, rate_hz, &expected["f64"], 1e-4, label);
        let peak = correlate::<f32>(&reference, &target, rate_hz);
        assert_peak(&peak, rate_hz, &expected["f32"], 1e-3, label);
    }
}

#[test]
fn silence_equals_the_reference() {
    let set = json("methods_small.json");
    let rate_hz = number(&set["sample_rate"]);
    let sound = int16(&set["edge_signal_int16"]);
    let silence = vec![0.0; sound.len()];
    for (name, expected) in set["edge"].as_object().unwrap() {
        let (reference, target) = match name.as_str() {
            "ref_silent" => (&silence, &sound),
            "tgt_silent" => (&sound, &silence),
            "both_silent" => (&silence, &silence),
            "identical" => (&sound, &sound),
            other => panic!("unknown case {other}"),
        };
        assert_peak(&correlate::<f64>(reference, target, rate_hz), rate_hz, &expected[PHAT], 1e-4, name);
        assert_peak(&correlate::<f32>(reference, target, rate_hz), rate_hz, &expected[PHAT], 1e-3, name);
    }
}

/// All windows of all pairs, in arithmetic `T`; `figures` picks the expected figures of a window.
fn check_pairs<T: Precision>(figures: fn(&Value) -> &Value, match_tolerance: f64) {
    let (pairs, config) = (json("pairs.json"), json("config.json"));
    let rate_hz = number(&pairs["sample_rate"]);
    let mut decoded: HashMap<String, Vec<f32>> = HashMap::new();
    let mut plans: HashMap<usize, GccPhat<T>> = HashMap::new();
    let mut check = |set: &Value, windows: &[Value], what: &str| {
        let settings = Settings::new(&config, &set["config"]);
        let mut side = |key: &str| {
            let name = text(&set[key]).to_owned();
            let mut audio = decoded.entry(name.clone()).or_insert_with(|| golden::audio(&name, rate_hz)).clone();
            if let Some(filter) = settings.filter(rate_hz) {
                filter.apply(&mut audio, 0);
            }
            audio
        };
        let (reference, target) = (side("ref"), side("target"));
        let plan = plan_windows(reference.len(), target.len(), rate_hz, &settings.scan());
        assert_eq!(plan.len(), windows.len(), "{what}");
        for (window, expected) in plan.iter().zip(windows) {
            assert_eq!(window.start_s, number(&expected["start"]), "{what}");
            let range = window.first_sample..window.first_sample + window.len;
            let gcc = plans
                .entry(window.len)
                .or_insert_with(|| GccPhat::new(window.len, window.len, GccOptions::reference(rate_hz)).unwrap());
            let peak = gcc.correlate(&reference[range.clone()], &target[range], &mut gcc.scratch()).unwrap();
            let what = format!("{what}, window {} at {} s", window.index, window.start_s);
            assert_peak(&peak, rate_hz, figures(expected), match_tolerance, &what);
            let accepted = peak.match_pct >= number(settings.get("min_match_pct"));
            assert_eq!(Some(accepted), expected["accepted"].as_bool(), "{what}");
        }
    };
    for (name, set) in pairs["sets"].as_object().unwrap() {
        check(set, list(&set["methods"][PHAT]), name);
    }
    let single = &pairs["single_method"];
    check(single, list(&single["results"][PHAT]["results"]), "single method");
}

#[test]
fn pairs_in_double_precision_equal_the_reference() {
    check_pairs::<f64>(|window| window.get("f64").unwrap_or(window), 1e-4);
}

#[test]
fn pairs_in_single_precision_equal_the_reference() {
    check_pairs::<f32>(|window| window, 1e-3);
}

/// The delays are those that were built into the audio, not what the reference program makes of it.
#[test]
fn the_robust_form_finds_the_true_delays_whatever_the_filter() {
    let (pairs, config, versions) = (json("pairs.json"), json("config.json"), json("versions.json"));
    let rate_hz = number(&pairs["sample_rate"]);
    let (low_hz, high_hz) = ("filter_bandpass_lowcut_hz", "filter_bandpass_highcut_hz");
    for (name, set) in pairs["sets"].as_object().unwrap() {
        let Some(delay) = name.split('_').next().and_then(|p| versions["audio"].get(format!("{p}_delay_samples")))
        else {
            continue;
        };
        // A list of delays belongs to audio that steps.
        if delay.is_array() {
            continue;
        }
        let settings = Settings::new(&config, &set["config"]);
        let mut reference = golden::audio(text(&set["ref"]), rate_hz);
        let mut target = golden::audio(text(&set["target"]), rate_hz);
        if let Some(filter) = settings.filter(rate_hz) {
            filter.apply(&mut reference, 0);
            filter.apply(&mut target, 0);
        }
        let options = GccOptions::robust(rate_hz, number(settings.get(low_hz)), number(settings.get(high_hz)));
        let plan = plan_windows(reference.len(), target.len(), rate_hz, &settings.scan());
        let gcc = GccPhat::<f32>::new(plan[0].len, plan[0].len, options).unwrap();
        let mut scratch = gcc.scratch();
        for window in plan {
            let range = window.first_sample..window.first_sample + window.len;
            let peak = gcc.correlate(&reference[range.clone()], &target[range], &mut scratch).unwrap();
            let what = format!("{name}, window {} at {} s: {peak:?}", window.index, window.start_s);
            // A treble tilt turns phases: such a target is more than a sample late in this band.
            assert!((peak.lag_samples - number(delay)).abs() < 2.0, "{what}, expected {delay}");
            assert!(peak.peak_ratio > RELATED_PEAK_RATIO && !peak.on_edge, "{what}");
        }
    }
}
