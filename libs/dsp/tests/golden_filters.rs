//! Filter designs and filtered samples equal the reference program's.
#![allow(clippy::unwrap_used, reason = "clippy exempts test functions only, not what they call")]

mod golden;

use golden_reader::{count, json, list, number, numbers, text};
use serde_json::Value;
use vsg_dsp::{Filter, band_pass, low_pass};

/// The signal that the set was made from; it is named in words: "first 480000 samples of ref.flac (...)".
fn input(set: &Value, rate_hz: f64) -> Vec<f32> {
    let words: Vec<&str> = text(&set["input"]).split_whitespace().collect();
    let samples: usize = words.iter().find_map(|w| w.parse().ok()).unwrap();
    let name = words.iter().find(|w| w.ends_with(".flac")).unwrap();
    let mut audio = golden::audio(name, rate_hz);
    audio.truncate(samples);
    audio
}

/// `tolerance` is relative to the highest sample.
fn compare(samples: &[f32], expected: &Value, tolerance: f64, what: &str) {
    let peak = number(&expected["max_abs"]);
    let check = |at: usize, key: &str| {
        for (i, e) in numbers(&expected[key]).iter().enumerate() {
            let got = f64::from(samples[at + i]);
            assert!((got - e).abs() <= tolerance * peak, "{what}: sample {} is {got}, expected {e}", at + i);
        }
    };
    check(0, "first64");
    check(100_000, "at_100000_16");
    check(samples.len() - list(&expected["last8"]).len(), "last8");
    let (sum, squares) = samples.iter().map(|&s| f64::from(s)).fold((0.0, 0.0), |(a, b), s| (a + s, b + s * s));
    let highest = samples.iter().fold(0.0, |m: f64, &s| m.max(f64::from(s).abs()));
    assert!((sum - number(&expected["sum"])).abs() <= tolerance * peak * samples.len() as f64, "{what}: sum {sum}");
    assert!((squares / number(&expected["sumsq"]) - 1.0).abs() <= 10.0 * tolerance, "{what}: energy {squares}");
    assert!((highest - peak).abs() <= tolerance * peak, "{what}: highest {highest}");
}

/// One long recursion with the same response: (numerator, denominator).
fn expand(filter: &Filter) -> (Vec<f64>, Vec<f64>) {
    let Filter::Sections(sections) = filter else { panic!("not sections") };
    let times = |poly: &[f64], by: &[f64]| {
        let mut product = vec![0.0; poly.len() + by.len() - 1];
        for (i, a) in poly.iter().enumerate() {
            for (j, b) in by.iter().enumerate() {
                product[i + j] += a * b;
            }
        }
        product
    };
    sections.iter().fold((vec![1.0], vec![1.0]), |(b, a), s| (times(&b, &s[..3]), times(&a, &s[3..])))
}

fn assert_coefficients(got: &[f64], expected: &[f64], tolerance: f64, what: &str) {
    assert_eq!(got.len(), expected.len(), "{what}");
    let scale = expected.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
    for (g, e) in got.iter().zip(expected) {
        assert!((g - e).abs() <= tolerance * scale, "{what}: {got:?}, expected {expected:?}");
    }
}

#[test]
fn band_passes_equal_the_reference() {
    let set = json("analysis/filters.json");
    let rate_hz = number(&json("analysis/pairs.json")["sample_rate"]);
    let signal = input(&set, rate_hz);
    for case in list(&set["bandpass"]) {
        let order = count(&case["order"]);
        let what = format!("{} to {} Hz, order {order}", case["low_hz"], case["high_hz"]);
        let design = band_pass::design(number(&case["low_hz"]), number(&case["high_hz"]), order, rate_hz);
        let mut filtered = signal.clone();
        match &design {
            Ok(filter) => {
                let (b, a) = expand(filter);
                assert_coefficients(&b, &numbers(&case["b"]), 1e-9, &what);
                assert_coefficients(&a, &numbers(&case["a"]), 1e-12, &what);
                filter.apply(&mut filtered, 0);
            }
            Err(e) => assert!(case["design_error"].as_bool().unwrap_or(false), "{what}: {e}"),
        }
        // Above order 5 the reference's single recursion is itself far off.
        if order <= 5 {
            compare(&filtered, &case["output"], 1e-5, &what);
        } else {
            assert!(filtered.iter().all(|s| s.is_finite()), "{what}");
        }
    }
}

#[test]
fn impulse_responses_equal_the_reference() {
    let set = json("analysis/filters.json");
    let rate_hz = number(&json("analysis/pairs.json")["sample_rate"]);
    let prefix = "bandpass_impulse_";
    for (key, expected) in set.as_object().unwrap().iter().filter(|(k, _)| k.starts_with(prefix)) {
        let parts: Vec<f64> = key[prefix.len()..].split('_').filter_map(|p| p.parse().ok()).collect();
        let filter = band_pass::design(parts[0], parts[1], parts[2] as usize, rate_hz).unwrap();
        let expected = numbers(expected);
        let mut response = vec![0.0; expected.len()];
        response[0] = 1.0;
        filter.apply(&mut response, 0);
        let peak = expected.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
        for (i, (got, e)) in response.iter().zip(&expected).enumerate() {
            assert!((f64::from(*got) - e).abs() <= 1e-5 * peak, "{key}: sample {i} is {got}, expected {e}");
        }
    }
}

#[test]
fn low_passes_equal_the_reference() {
    let set = json("analysis/filters.json");
    let rate_hz = number(&json("analysis/pairs.json")["sample_rate"]);
    let signal = input(&set, rate_hz);
    for case in list(&set["lowpass"]) {
        let what = format!("{} Hz, {} taps", case["cutoff_hz"], case["taps"]);
        let mut filtered = signal.clone();
        match low_pass::design(number(&case["cutoff_hz"]), count(&case["taps"]), rate_hz) {
            Ok(filter) => {
                let Filter::Fir(taps) = &filter else { panic!("not FIR") };
                assert_coefficients(taps, &numbers(&case["coefficients"]), 1e-12, &what);
                filter.apply(&mut filtered, 0);
            }
            Err(_) => assert!(case.get("coefficients").is_none(), "{what}"),
        }
        compare(&filtered, &case["output"], 1e-6, &what);
    }
}
