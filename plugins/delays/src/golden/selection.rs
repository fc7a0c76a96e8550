//! The four ways to select a delay that the reference program has.

use super::{count, json, lines, list, mode, text, windows};
use crate::{
    select::{Select, Selection},
    selection::{self, Mode},
};
use serde_json::Value;
use vsg_plugin_api::kinds::{Correlation, Window};

/// The stage with a mode of the reference program.
pub(super) fn stage(mode: Mode, min_accepted: usize) -> Select {
    let plain = Select { min_accepted, min_agreement_pct: 0.0, ..Select::default() };
    match mode {
        Mode::MostCommon => Select { mode: Selection::MostCommon, ..plain },
        Mode::Clustered => Select { mode: Selection::Clustered, ..plain },
        Mode::ClusterMedian { .. } => Select { mode: Selection::ClusterMedian, ..plain },
        Mode::EarlyCluster { .. } => Select { mode: Selection::EarlyCluster, ..plain },
        Mode::Average => Select { mode: Selection::Average, ..plain },
        Mode::FirstStable { min_windows, skip_unstable } => Select {
            mode: Selection::FirstStable,
            first_stable_min_windows: min_windows,
            first_stable_skip_unstable: skip_unstable,
            ..plain
        },
    }
}

pub(super) fn correlation(source: &str, windows: Vec<Window>) -> Correlation {
    Correlation {
        source: source.into(),
        track_id: 1,
        reference_track_id: 1,
        method: "golden".into(),
        start_ms: 0.0,
        reference_start_ms: 0.0,
        reference_duration_s: 1000.0,
        planned: windows.len(),
        min_match_pct: 5.0,
        windows,
        ..Correlation::default()
    }
}

/// What one mode makes of some windows; `expected` has the values and the lines of the log.
fn check(what: &str, windows: Vec<Window>, mode: Mode, min_accepted: usize, expected: &Value) {
    let (log, raw_log) = (lines(&expected["log"]), lines(&expected["raw_log"]));
    let accepted: Vec<&Window> = windows.iter().filter(|window| window.accepted).collect();
    if accepted.len() >= min_accepted {
        let selected = selection::select(&accepted, mode).unwrap();
        assert_eq!(Some(selected.rounded_ms), expected["rounded"].as_i64(), "{what}");
        assert_eq!(Some(selected.raw_ms), expected["raw"].as_f64(), "{what}");
        assert_eq!(selected.log, log[..log.len() - 1], "{what}");
        assert_eq!(selected.raw_log, raw_log, "{what}");
    }
    let mut own_log = Vec::new();
    let outcome = stage(mode, min_accepted).decide(&correlation("Source 2", windows), None, &mut own_log);
    let outcome = outcome.map(|decision| decision.delay);
    assert_eq!(own_log, [log, raw_log].concat(), "{what}");
    assert_eq!(outcome.as_ref().ok().map(|delay| delay.rounded_ms), expected["rounded"].as_i64(), "{what}");
    assert_eq!(outcome.ok().map(|delay| delay.raw_ms), expected["raw"].as_f64(), "{what}");
}

#[test]
fn made_up_windows_give_the_delays_of_the_reference_program() {
    let set = json("analysis/delay_selection.json");
    for case in list(&set["cases"]) {
        let setting = |key: &str| case["config"].get(key).unwrap_or(&set["defaults"][key]).clone();
        let selected = case["selected"].as_object().unwrap();
        assert_eq!(selected.len(), 4);
        for (name, expected) in selected {
            let what = format!("{}, {name}", text(&case["label"]));
            let min_accepted = count(&setting("min_accepted_chunks"));
            check(&what, windows(&case["results"]), mode(name, setting), min_accepted, expected);
        }
    }
}

#[test]
fn measured_windows_give_the_delays_of_the_reference_program() {
    let (pairs, selections, defaults) = (
        json("analysis/pairs.json"),
        json("analysis/pairs_delay_selection.json"),
        json("analysis/delay_selection.json")["defaults"].clone(),
    );
    let setting = |key: &str| defaults[key].clone();
    let min_accepted = count(&setting("min_accepted_chunks"));
    for (set, methods) in selections.as_object().unwrap() {
        for (method, selected) in methods.as_object().unwrap() {
            let set_of_pairs = &pairs["sets"][set];
            let is_single = method.contains("(SCC)") && set_of_pairs["config"]["audio_peak_fit"] == true;
            for (name, expected) in selected.as_object().unwrap() {
                let (what, mode) = (format!("{set}, {method}, {name}"), mode(name, setting));
                let windows = windows(&set_of_pairs["methods"][method]);
                if is_single {
                    check_single(&what, windows, mode, min_accepted, expected);
                } else {
                    check(&what, windows, mode, min_accepted, expected);
                }
            }
        }
    }
}

/// A fitted peak is a 32-bit number in the reference program, and so are its sums over them; here they are 64-bit.
fn check_single(what: &str, windows: Vec<Window>, mode: Mode, min_accepted: usize, expected: &Value) {
    let outcome = stage(mode, min_accepted).decide(&correlation("Source 2", windows), None, &mut Vec::new());
    let outcome = outcome.map(|decision| decision.delay);
    match (outcome, expected["raw"].as_f64()) {
        (Ok(delay), Some(raw_ms)) => {
            assert!((delay.raw_ms - raw_ms).abs() <= 1e-4, "{what}: {} ms, expected {raw_ms} ms", delay.raw_ms);
            assert_eq!(Some(delay.rounded_ms), expected["rounded"].as_i64(), "{what}");
        }
        (Err(_), None) => {}
        (outcome, raw_ms) => panic!("{what}: {outcome:?}, expected {raw_ms:?}"),
    }
}
