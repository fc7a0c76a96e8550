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

const METHOD: &str = "Phase Correlation (GCC-PHAT)";

/// How far the match may be off: the reference program computes in 32 bit, the pipeline in 64.
const MATCH_PCT: f64 = 1e-3;

/// The shipped pipeline without the stages that write a video, in a file of its own.
fn analysis_alone(folder: &Path) -> PathBuf {
    let mut pipeline: toml::Table = fs::read_to_string(shipped("reference-program.toml")).unwrap().parse().unwrap();
    let stages = pipeline["stage"].as_table_mut().unwrap();
    for stage in ["extract", "subtitles", "mux"] {
        assert!(stages.remove(stage).is_some(), "the pipeline has no stage {stage} any more");
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
    // Filters are set below; the fit is another method's.
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

fn check(name: &str, set: &Value, expected: &[Value], sets: &[String], pipeline: &Path) {
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
        assert!((number(&window["match_pct"]) - number(&expected["match"])).abs() <= MATCH_PCT, "{what}");
        assert_eq!(window["accepted"], expected["accepted"], "{what}");
    }
}

#[test]
fn golden_windows_equal_the_reference_program() {
    let (pairs, defaults) = (json("analysis/pairs.json"), &json("analysis/config.json")["defaults"]);
    let folder = tempfile::tempdir().unwrap();
    let pipeline = analysis_alone(folder.path());
    let mut checked = 0;
    let mut try_one = |name: &str, set: &Value, expected: &Value| match settings(&set["config"], defaults) {
        Ok(sets) => {
            check(name, set, list(expected), &sets, &pipeline);
            checked += 1;
        }
        Err(setting) => eprintln!("{name}: left out, a pipeline has no word for {setting}"),
    };
    for (name, set) in pairs["sets"].as_object().unwrap() {
        try_one(name, set, &set["methods"][METHOD]);
    }
    let single = &pairs["single_method"];
    try_one("single method", single, &single["results"][METHOD]["results"]);
    assert!(checked >= 8, "{checked} sets");
}
