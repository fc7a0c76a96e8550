//! The reference forms of all methods give the reference program's delays and match figures.
#![allow(clippy::unwrap_used, reason = "clippy exempts test functions only, not what they call")]

mod golden;

use std::collections::HashMap;

use golden::Settings;
use golden_reader::{json, list, number, numbers, text};
use serde_json::Value;
use vsg_dsp::features::{
    COARSE_BANDS, COEFFICIENTS, Cepstrum, FINE_BANDS, Framing, MelSpectrum, SeriesCorrelation, SeriesOptions,
    WarpingPath, WarpingScratch, cepstra, levels, loudness, onsets,
};
use vsg_dsp::window_plan::plan_windows;
use vsg_dsp::{FftLength, Gcc, GccOptions, Peak, PeakFit, Precision, Side, Weighting};

const SCC: &str = "Standard Correlation (SCC)";
const SCC_FITTED: &str = "Standard Correlation (SCC) peak_fit";
const ONSET: &str = "Onset Detection";
const PHAT: &str = "Phase Correlation (GCC-PHAT)";
const SCOT: &str = "GCC-SCOT";
const WHITEN: &str = "Whitened Cross-Correlation";
const DTW: &str = "DTW (Dynamic Time Warping)";
const SPECTROGRAM: &str = "Spectrogram Correlation";

/// The methods that correlate samples, by the names of the reference program.
const OF_SAMPLES: [(&str, Weighting, PeakFit); 5] = [
    (SCC, Weighting::Plain, PeakFit::Sample),
    (SCC_FITTED, Weighting::Plain, PeakFit::Parabola),
    (PHAT, Weighting::Phat, PeakFit::Sample),
    (SCOT, Weighting::Scot, PeakFit::Sample),
    (WHITEN, Weighting::Whiten, PeakFit::Sample),
];
const OF_FEATURES: [&str; 3] = [ONSET, DTW, SPECTROGRAM];

/// (delay in ms, match in %)
type Measured = (f64, f64);

/// How far off the figures may be: (delay in ms, match in %).
#[derive(Clone, Copy)]
struct Tolerance(f64, f64);

fn tolerance(method: &str, double: bool) -> Tolerance {
    let fitted = method == SCC_FITTED;
    let of = |in_double, in_single| if double { in_double } else { in_single };
    let of_match = match method {
        SCC | SCC_FITTED => of(1e-6, 1e-3),
        ONSET => of(0.05, 1.0),
        SPECTROGRAM => of(0.05, 3.0),
        DTW => 1e-5,
        _ => of(1e-4, 1e-3),
    };
    Tolerance(if fitted { of(1e-6, 1e-3) } else { 1e-9 }, of_match)
}

/// Plans by the length of the windows, and the method.
struct Plans<T: Precision> {
    gcc: HashMap<(usize, &'static str), Gcc<T>>,
}

impl<T: Precision> Plans<T> {
    fn new() -> Self {
        Self { gcc: HashMap::new() }
    }

    fn measure(&mut self, method: &str, reference: &[f32], target: &[f32], rate_hz: f64) -> Measured {
        let Some(&(name, weighting, peak)) = OF_SAMPLES.iter().find(|(name, ..)| *name == method) else {
            return of_features(method, reference, target, rate_hz);
        };
        // Without a weight, a result does not depend on the length of the transforms.
        let fft_length = if weighting == Weighting::Plain { FftLength::Smooth } else { FftLength::Exact };
        let options = GccOptions { weighting, peak, fft_length, ..GccOptions::reference(rate_hz) };
        let gcc = self.gcc.entry((reference.len(), name));
        let gcc = gcc.or_insert_with(|| Gcc::new(reference.len(), target.len(), options).unwrap());
        let peak = gcc.correlate(reference, target, &mut gcc.scratch()).unwrap();
        (peak.delay_ms(rate_hz), peak.match_pct)
    }
}

fn of_features(method: &str, reference: &[f32], target: &[f32], rate_hz: f64) -> Measured {
    let framing = Framing::at(rate_hz).unwrap();
    let bands = if method == SPECTROGRAM { COARSE_BANDS } else { FINE_BANDS };
    let mel = MelSpectrum::<f64>::new(framing, bands);
    let power = |samples: &[f32]| mel.run(samples, Side::Reference, &mut mel.scratch()).unwrap();
    let (reference, target) = (power(reference), power(target));
    let series = |reference: Vec<f64>, target: Vec<f64>| {
        let correlation = SeriesCorrelation::new(reference.len(), target.len(), SeriesOptions::REFERENCE).unwrap();
        let peak: Peak = correlation.correlate(&reference, &target).unwrap();
        (peak.lag_samples * framing.frame_ms(), peak.match_pct)
    };
    match method {
        ONSET => series(onsets(levels(reference).view()), onsets(levels(target).view())),
        SPECTROGRAM => series(loudness(levels(reference).view()), loudness(levels(target).view())),
        _ => {
            let cepstrum = Cepstrum::new(FINE_BANDS, COEFFICIENTS);
            let [reference, target] = [reference, target].map(|power| cepstra(levels(power).view(), &cepstrum));
            let aligned = WarpingPath::of(reference.view(), target.view(), &mut WarpingScratch::default());
            // The reference program's sign is that of the target against the reference, and its cost that of the first pair.
            let cost = aligned.first_cost / aligned.path.len() as f64;
            (-aligned.median_offset() * framing.frame_ms(), (100.0 - 0.5 * cost).clamp(0.0, 100.0))
        }
    }
}

fn assert_measured(measured: Measured, expected: &Value, Tolerance(ms, pct): Tolerance, what: &str) {
    let (delay_ms, match_pct) = (number(&expected["raw_delay"]), number(&expected["match"]));
    assert!((measured.0 - delay_ms).abs() <= ms, "{what}: {measured:?}, expected {delay_ms} ms");
    assert!((measured.1 - match_pct).abs() <= pct, "{what}: {measured:?}, expected {match_pct} %");
}

fn int16(value: &Value) -> Vec<f32> {
    numbers(value).iter().map(|v| (v / 32_768.0) as f32).collect()
}

#[test]
fn short_signals_equal_the_reference() {
    let set = json("analysis/methods_small.json");
    let rate_hz = number(&set["sample_rate"]);
    for case in list(&set["cases"]) {
        let (reference, target) = (int16(&case["ref"]), int16(&case["tgt"]));
        for (method, expected) in case["results"].as_object().unwrap() {
            let what = format!("{}, {method}", text(&case["label"]));
            let measured = Plans::<f64>::new().measure(method, &reference, &target, rate_hz);
            assert_measured(measured, &expected["f64"], tolerance(method, true), &what);
            if !OF_FEATURES.contains(&method.as_str()) {
                let measured = Plans::<f32>::new().measure(method, &reference, &target, rate_hz);
                assert_measured(measured, &expected["f32"], tolerance(method, false), &what);
            }
        }
    }
}

#[test]
fn silence_equals_the_reference() {
    let set = json("analysis/methods_small.json");
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
        for (method, expected) in expected.as_object().unwrap() {
            let what = format!("{name}, {method}");
            let measured = Plans::<f64>::new().measure(method, reference, target, rate_hz);
            assert_measured(measured, expected, tolerance(method, false), &what);
            let measured = Plans::<f32>::new().measure(method, reference, target, rate_hz);
            assert_measured(measured, expected, tolerance(method, false), &what);
        }
    }
}

/// The band-pass as the reference program runs it: one recursion of all coefficients, which loses digits that second-order
/// sections keep. See `golden_filters.rs` for ours.
fn recursion(b: &[f64], a: &[f64], samples: &mut [f32]) {
    let mut state = vec![0.0; b.len()];
    for sample in samples {
        let x = f64::from(*sample);
        let y = b[0] * x + state[0];
        for i in 1..b.len() {
            state[i - 1] = state.get(i).copied().unwrap_or(0.0) + b[i] * x - a[i] * y;
        }
        *sample = y as f32;
    }
}

/// All windows of all pairs by these methods, in arithmetic `T`.
fn check_pairs<T: Precision>(methods: &[&str], double: bool) {
    let (pairs, config) = (json("analysis/pairs.json"), json("analysis/config.json"));
    let rate_hz = number(&pairs["sample_rate"]);
    let mut decoded: HashMap<String, Vec<f32>> = HashMap::new();
    let mut plans = Plans::<T>::new();
    let mut check = |set: &Value, method: &str, windows: &[Value], what: &str| {
        let settings = Settings::new(&config, &set["config"]);
        let mut side = |key: &str| {
            let name = text(&set[key]).to_owned();
            let mut audio = decoded.entry(name.clone()).or_insert_with(|| golden::audio(&name, rate_hz)).clone();
            match settings.single_recursion(&json("analysis/filters.json")) {
                Some((b, a)) => recursion(&b, &a, &mut audio),
                None => settings.filter(rate_hz).iter().for_each(|filter| filter.apply(&mut audio, 0)),
            }
            audio
        };
        let fitted = method == SCC && settings.get("audio_peak_fit").as_bool() == Some(true);
        let method = if fitted { SCC_FITTED } else { method };
        let (reference, target) = (side("ref"), side("target"));
        let plan = plan_windows(reference.len(), target.len(), rate_hz, &settings.scan());
        assert_eq!(plan.len(), windows.len(), "{what}");
        for (window, expected) in plan.iter().zip(windows) {
            assert_eq!(window.start_s, number(&expected["start"]), "{what}");
            let range = window.first_sample..window.first_sample + window.len;
            let measured = plans.measure(method, &reference[range.clone()], &target[range], rate_hz);
            let what = format!("{what}, {method}, window {} at {} s", window.index, window.start_s);
            let (figures, double) = match expected.get("f64") {
                Some(figures) if double => (figures, true),
                _ => (expected, false),
            };
            assert_measured(measured, figures, tolerance(method, double), &what);
            let accepted = measured.1 >= number(settings.get("min_match_pct"));
            assert_eq!(Some(accepted), expected["accepted"].as_bool(), "{what}");
        }
    };
    for (name, set) in pairs["sets"].as_object().unwrap() {
        for method in methods {
            check(set, method, list(&set["methods"][method]), name);
        }
    }
    let single = &pairs["single_method"];
    // Of one method alone, the reference program has no branch for `Whitened Cross-Correlation` and `VideoDiff`: it runs SCC.
    let runs = |name: &str| if [WHITEN, "VideoDiff"].contains(&name) { SCC.to_owned() } else { name.to_owned() };
    for (name, results) in single["results"].as_object().unwrap() {
        if methods.contains(&runs(name).as_str()) {
            check(single, &runs(name), list(&results["results"]), "single method");
        }
    }
}

#[test]
fn pairs_in_double_precision_equal_the_reference() {
    check_pairs::<f64>(&[SCC, PHAT], true);
}

#[test]
fn pairs_of_other_weights_in_double_precision_equal_the_reference() {
    check_pairs::<f64>(&[SCOT, WHITEN], true);
}

#[test]
fn pairs_in_single_precision_equal_the_reference() {
    check_pairs::<f32>(&[SCC, PHAT, SCOT, WHITEN], false);
}

#[test]
fn features_of_pairs_equal_the_reference() {
    check_pairs::<f64>(&OF_FEATURES, true);
    check_pairs::<f64>(&OF_FEATURES, false);
}
