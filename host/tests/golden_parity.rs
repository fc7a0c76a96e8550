//! The whole program, set up like the reference program, measures what the reference program measures.
//!
//! The pipeline is `pipelines/reference-program.toml` as it is shipped, less the stages that write a video. The results to
//! compare with are in the folder that `VSG_GOLDEN` names, or in the project's own copy.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "end_to_end/program.rs"]
#[allow(dead_code, reason = "this test needs a part of what the other tests of the program need")]
mod program;

use golden_reader::{json, list, number, path, text};
use program::{Job, shipped};
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// A method of the reference program, and the stage that does the same.
struct Method {
    name: &'static str,
    stage: &'static str,
    /// Settings in the place of those that the shipped pipeline has for the phase transform alone.
    settings: Option<&'static str>,
    /// How far the match may be off (%). The reference program computes in 32 bit, and its filters lose digits that ours keep.
    match_pct: f64,
}

const OF_SPECTRA: f64 = 1e-3;
const FEATURES: Option<&str> = Some("form = \"reference\"");

const METHODS: [Method; 7] = [
    Method {
        name: "Phase Correlation (GCC-PHAT)",
        stage: "correlation-gcc/phat",
        settings: None,
        match_pct: OF_SPECTRA,
    },
    Method { name: "GCC-SCOT", stage: "correlation-gcc/scot", settings: None, match_pct: OF_SPECTRA },
    Method {
        name: "Whitened Cross-Correlation",
        stage: "correlation-gcc/whiten",
        settings: None,
        match_pct: OF_SPECTRA,
    },
    Method {
        name: "Standard Correlation (SCC)",
        stage: "correlation-scc/scc",
        settings: Some("band = \"whole\"\npeak_fit = \"sample\"\nprecision = \"double\""),
        match_pct: OF_SPECTRA,
    },
    Method { name: "Onset Detection", stage: "correlation-features/onset", settings: FEATURES, match_pct: 1.0 },
    Method {
        name: "Spectrogram Correlation",
        stage: "correlation-features/spectrogram",
        settings: FEATURES,
        match_pct: 3.0,
    },
    Method {
        name: "DTW (Dynamic Time Warping)",
        stage: "correlation-features/dtw",
        settings: FEATURES,
        match_pct: 1e-3,
    },
];

/// What only the stages of the phase transform know.
const OF_PHASES: [&str; 6] = ["taper", "fft_length", "band", "peak_fit", "min_spread_bins", "precision"];

/// The shipped pipeline with another method and without the stages that write a video, in a file of its own.
fn analysis_alone(folder: &Path, method: &Method) -> PathBuf {
    let mut pipeline: toml::Table = fs::read_to_string(shipped("reference-program.toml")).unwrap().parse().unwrap();
    let stages = pipeline["stage"].as_table_mut().unwrap();
    for stage in ["extract", "subtitles", "mux"] {
        assert!(stages.remove(stage).is_some(), "the pipeline has no stage {stage} any more");
    }
    let correlate = stages["correlate"].as_table_mut().unwrap();
    correlate.insert("use".into(), method.stage.into());
    if let Some(settings) = method.settings {
        let with = correlate["with"].as_table_mut().unwrap();
        OF_PHASES.iter().for_each(|key| assert!(with.remove(*key).is_some(), "{key} is set no more"));
        with.extend(settings.parse::<toml::Table>().unwrap());
    }
    let path = folder.join("analysis-alone.toml");
    fs::write(&path, pipeline.to_string()).unwrap();
    path
}

/// The settings of a case as arguments of `--set`, or the name of one that a pipeline has no word for. `defaults` are those
/// of the reference program.
fn settings(config: &Value, defaults: &Value) -> Result<Vec<String>, String> {
    const SCAN: [(&str, &str); 5] = [
        ("scan_chunk_count", "windows"),
        ("scan_chunk_duration", "window_s"),
        ("scan_start_percentage", "scan_start_pct"),
        ("scan_end_percentage", "scan_end_pct"),
        ("min_match_pct", "min_match_pct"),
    ];
    // Filters and the fit are set below.
    const NEEDED: [&str; 7] = [
        "filtering_method",
        "filter_bandpass_lowcut_hz",
        "filter_bandpass_highcut_hz",
        "filter_bandpass_order",
        "audio_bandlimit_hz",
        "filter_lowpass_taps",
        "audio_peak_fit",
    ];
    let mut sets = Vec::new();
    for (key, value) in config.as_object().unwrap() {
        match SCAN.iter().find(|(theirs, _)| theirs == key) {
            Some((_, ours)) => sets.push(format!("correlate.with.{ours}={value}")),
            None if NEEDED.contains(&key.as_str()) => {}
            None => return Err(key.clone()),
        }
    }
    let setting = |key: &str| config.get(key).unwrap_or(&defaults[key]);
    match text(setting("filtering_method")) {
        "None" => {
            sets.push("correlate.from.reference=audio.audio@reference".into());
            sets.push("correlate.from.target=audio.audio".into());
        }
        "Dialogue Band-Pass Filter" => {
            sets.push(format!("dialogue.with.low_hz={}", setting("filter_bandpass_lowcut_hz")));
            sets.push(format!("dialogue.with.high_hz={}", setting("filter_bandpass_highcut_hz")));
            sets.push(format!("dialogue.with.order={}", setting("filter_bandpass_order")));
        }
        "Low-Pass Filter" => {
            let (cutoff_hz, taps) = (number(setting("audio_bandlimit_hz")), setting("filter_lowpass_taps"));
            sets.push("dialogue.use=audio-filter/low-pass".into());
            sets.push(format!("dialogue.with={{ cutoff_hz = {cutoff_hz:?}, taps = {taps} }}"));
        }
        other => return Err(other.to_owned()),
    }
    Ok(sets)
}

fn check(name: &str, set: &Value, expected: &[Value], sets: &[String], pipeline: &Path, method: &Method) {
    let sources = ["ref", "target"].map(|key| path(&format!("analysis/{}", text(&set[key]))));
    let job = sets.iter().fold(Job::new(pipeline), |job, setting| job.set(setting));
    // Where too few windows are accepted the job fails, but what was measured is in the report all the same.
    let ran = job.sources(sources).run();
    let report = ran.report();
    let windows =
        report["targets"]["Source 2"]["windows"].as_array().unwrap_or_else(|| panic!("{name}: {}", ran.stderr()));
    assert_eq!(windows.len(), expected.len(), "{name}");
    for (window, expected) in windows.iter().zip(expected) {
        let what = format!("{name}: {window}, expected {expected}");
        assert_eq!(window["start_s"], expected["start"], "{what}");
        assert!((number(&window["delay_ms"]) - number(&expected["raw_delay"])).abs() <= 1e-3, "{what}");
        assert!((number(&window["match_pct"]) - number(&expected["match"])).abs() <= method.match_pct, "{what}");
        assert_eq!(window["accepted"], expected["accepted"], "{what}");
    }
}

/// All sets by one method; how many.
fn check_sets(method: &Method) -> usize {
    let (pairs, defaults) = (json("analysis/pairs.json"), &json("analysis/config.json")["defaults"]);
    let folder = tempfile::tempdir().unwrap();
    let pipeline = analysis_alone(folder.path(), method);
    let mut checked = 0;
    let mut try_one = |name: &str, set: &Value, expected: &Value| match settings(&set["config"], defaults) {
        Ok(mut sets) => {
            if method.stage == "correlation-scc/scc" && set["config"]["audio_peak_fit"] == true {
                sets.push("correlate.with.peak_fit=parabola".into());
            }
            check(&format!("{name}, {}", method.name), set, list(expected), &sets, &pipeline, method);
            checked += 1;
        }
        Err(setting) => eprintln!("{name}: left out, a pipeline has no word for {setting}"),
    };
    for (name, set) in pairs["sets"].as_object().unwrap() {
        try_one(name, set, &set["methods"][method.name]);
    }
    let single = &pairs["single_method"];
    if let Some(found) = single["results"].get(method.name) {
        // A single run of the reference program takes SCC when it is asked for whitening.
        if method.name != "Whitened Cross-Correlation" {
            try_one("single method", single, &found["results"]);
        }
    }
    checked
}

fn check_methods(plugin: &str) {
    let of_plugin: Vec<&Method> = METHODS.iter().filter(|method| method.stage.starts_with(plugin)).collect();
    assert!(!of_plugin.is_empty());
    for method in of_plugin {
        let checked = check_sets(method);
        assert!(checked >= 8, "{}: {checked} sets", method.name);
    }
}

#[test]
fn golden_windows_of_weighted_correlations_equal_the_reference_program() {
    check_methods("correlation-gcc/");
}

#[test]
fn golden_windows_of_the_standard_correlation_equal_the_reference_program() {
    check_methods("correlation-scc/");
}

#[test]
fn golden_windows_of_compared_features_equal_the_reference_program() {
    check_methods("correlation-features/");
}
