//! Every way to measure, through the whole program, on generated pairs with known delays.

use crate::{
    media,
    program::{Job, new_folder, shipped},
};
use serde_json::Value;
use std::fs;
use vsg_sample_media::{Codec, Mix};

/// Half a sample at 48 kHz (ms).
const HALF_A_SAMPLE_MS: f64 = 0.0105;
/// Half a frame of the methods that compare features (ms).
const HALF_A_FRAME_MS: f64 = 5.34;

/// The methods, and how near to the truth they have to be (ms).
const METHODS: [(&str, f64); 7] = [
    ("correlation-gcc/phat", HALF_A_SAMPLE_MS),
    ("correlation-gcc/scot", HALF_A_SAMPLE_MS),
    ("correlation-gcc/whiten", HALF_A_SAMPLE_MS),
    ("correlation-scc/scc", HALF_A_SAMPLE_MS),
    ("correlation-features/onset", HALF_A_FRAME_MS),
    ("correlation-features/dtw", HALF_A_FRAME_MS),
    ("correlation-features/spectrogram", HALF_A_FRAME_MS),
];

/// The delay and the number of windows in a report, whose every accepted window is as near to the truth as `within_ms`.
fn measured(report: &Value, truth_ms: f64, within_ms: f64, what: &str) -> (f64, usize) {
    let found = &report["targets"]["Source 2"];
    let windows = found["windows"].as_array().unwrap();
    for window in windows.iter().filter(|window| window["accepted"] == true) {
        assert!((window["delay_ms"].as_f64().unwrap() - truth_ms).abs() <= within_ms, "{what}: {window}");
    }
    (found["selection"]["raw_ms"].as_f64().unwrap(), windows.len())
}

#[test]
fn every_method_scans_densely() {
    let pair = media::small();
    for (method, within_ms) in METHODS {
        let job = Job::new(shipped("analyze.toml")).set(&format!("correlate.use={method}"));
        let report = job.set("correlate.with.scan=dense").sources(pair.files()).run().succeeded();
        let (delay_ms, windows) = measured(&report, pair.truth.delay_ms, within_ms, method);
        assert!((delay_ms - pair.truth.delay_ms).abs() <= within_ms, "{method}: {delay_ms} ms");
        assert!(windows >= 8, "{method}: {windows} windows");
    }
}

#[test]
fn the_shipped_comparison_measures_with_all_methods() {
    let pair = media::small();
    let job = Job::of_verb("compare", new_folder(), [shipped("compare-correlation.toml")]);
    let job = job.arg("--truth").arg(pair.truth.delay_ms.to_string()).set("correlate.with.window_s=5");
    let ran = job.sources(pair.files()).run();
    let facts: Value = serde_json::from_slice(&fs::read(ran.result(".compare.json")).unwrap()).unwrap();
    let rows = facts["targets"][0]["variants"].as_array().unwrap();
    for (method, within_ms) in METHODS {
        let name = method.split('/').next_back().unwrap();
        let row = rows.iter().find(|row| row["variant"] == name).unwrap_or_else(|| panic!("{name}: {facts:#}"));
        let error_ms = row["error_ms"].as_f64().unwrap_or_else(|| panic!("{row:#}"));
        assert!(error_ms.abs() <= within_ms, "{name}: {error_ms} ms");
    }
    assert_eq!(rows.len(), METHODS.len() + 1, "and the reference program's way");
}

#[test]
fn a_search_without_sketches_reads_the_audio_and_finds_the_same() {
    let pair = media::small();
    let plain = Job::new(shipped("analyze.toml")).quick().sources(pair.files()).run().succeeded();
    let reading = |inputs: &str| Job::new(shipped("analyze.toml")).quick().set(&format!("align.from={{ {inputs} }}"));
    let both = "reference = \"audio.audio@reference\", target = \"audio.audio\"";
    let read = reading(both).sources(pair.files()).run().succeeded();
    let found = |report: &Value| report["targets"]["Source 2"]["alignment"].clone();
    assert_eq!(found(&read), found(&plain));
    assert!(found(&plain)["significance"].as_f64().unwrap() > 10.0, "{}", found(&plain));

    // The sketch of other audio is no answer.
    let foreign = format!("{both}, reference_sketch = \"audio.sketch\", target_sketch = \"audio.sketch\"");
    let ran = reading(&foreign).sources([pair.reference.as_path(), &media::snippet()]).run();
    ran.failed(1, &["align@Source 2", "a sketch of", "outputs audio and sketch of the same decode"]);
}

#[test]
fn a_delay_beyond_what_was_looked_for_is_refused() {
    let pair = media::small();
    let looking = |max_offset_s: f64| {
        let job = Job::new(shipped("analyze.toml")).quick().set(&format!("align.with.max_offset_s={max_offset_s}"));
        job.sources(pair.files()).run()
    };
    let truth_s = pair.truth.delay_ms.abs() / 1000.0;
    let ran = looking(truth_s - 0.03);
    ran.failed(
        1,
        &["delay@Source 2", &format!("shifted by more than {} s (max_offset_s of alignment/search)", truth_s - 0.03)],
    );
    let windows = ran.report()["targets"]["Source 2"]["windows"].clone();
    assert_eq!(windows[0]["rejected_because"], "farther off than max_offset_s");
    let selection = looking(truth_s).succeeded()["targets"]["Source 2"]["selection"].clone();
    assert_eq!((selection["accepted"].as_u64(), selection["measured"].as_u64()), (Some(4), Some(4)), "{selection:#}");
}

#[test]
fn a_low_pass_may_stand_in_the_place_of_the_band_pass() {
    let pair = media::small();
    let job = Job::new(shipped("analyze.toml")).set("dialogue.use=audio-filter/low-pass").quick();
    let report = job.sources(pair.files()).run().succeeded();
    let (delay_ms, _) = measured(&report, pair.truth.delay_ms, HALF_A_SAMPLE_MS, "low-pass");
    assert!((delay_ms - pair.truth.delay_ms).abs() <= HALF_A_SAMPLE_MS, "{delay_ms} ms");
}

#[test]
fn files_hardly_longer_than_a_window_are_measured_in_shorter_ones() {
    let of = |delay_ms, codec| media::release(16.0, delay_ms, Mix::original("eng"), codec);
    let pair = media::pair(of(0.0, Codec::Flac), of(212.5, Codec::Ac3));
    let ran = Job::new(shipped("analyze.toml")).sources(pair.files()).run();
    let report = ran.succeeded();
    let (delay_ms, windows) = measured(&report, pair.truth.delay_ms, HALF_A_SAMPLE_MS, "16 s");
    assert!((delay_ms - pair.truth.delay_ms).abs() <= HALF_A_SAMPLE_MS, "{delay_ms} ms");
    let starts: Vec<f64> = report["targets"]["Source 2"]["windows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|window| window["start_s"].as_f64().unwrap())
        .collect();
    assert!(windows >= 6 && starts.windows(2).all(|pair| pair[0] < pair[1]), "{starts:?}");
    assert!(ran.log().contains("too little sound for 10 windows of 15 s"), "{}", ran.log());

    // One window is no agreement.
    let classic = Job::new(shipped("analyze.toml")).set("correlate.with.scan=classic").sources(pair.files()).run();
    classic.failed(1, &["Accepted chunks: 1", "too short for that many windows"]);
    assert!(classic.log().contains("9 of 10 windows fall on the same samples"), "{}", classic.log());
}
