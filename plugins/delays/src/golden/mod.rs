//! The results of the reference program that the delays must equal: read from the folder that `VSG_GOLDEN` names, or from
//! the project's own copy.

mod analysis_step;
mod selection;

use crate::selection::Mode;
use golden_reader::{count, json, lines, list, number, text};
use serde_json::Value;
use vsg_plugin_api::kinds::Window;

fn window(number: usize, start_s: f64, delay_ms: f64, match_pct: f64, accepted: bool) -> Window {
    Window {
        number,
        start_s,
        delay_ms,
        match_pct,
        peak_ratio: None,
        runner_up_ms: None,
        accepted,
        rejected_because: (!accepted).then(|| "below".into()),
        ..Window::default()
    }
}

/// Windows as the documents write them; their whole milliseconds must be the rounded ones.
fn windows(records: &Value) -> Vec<Window> {
    let windows = list(records).iter().enumerate().map(|(index, record)| {
        let accepted = record["accepted"].as_bool().unwrap_or_default();
        let window = window(
            index + 1,
            number(&record["start"]),
            number(&record["raw_delay"]),
            number(&record["match"]),
            accepted,
        );
        assert_eq!(Some(window.rounded_ms()), record["delay"].as_i64(), "{record}");
        window
    });
    windows.collect()
}

/// A mode by the name that the reference program's settings give it.
fn mode(name: &str, setting: impl Fn(&str) -> Value) -> Mode {
    match name {
        "Mode (Most Common)" => Mode::MostCommon,
        "Mode (Clustered)" => Mode::Clustered,
        "First Stable" => Mode::FirstStable {
            min_windows: count(&setting("first_stable_min_chunks")),
            skip_unstable: setting("first_stable_skip_unstable").as_bool().unwrap(),
        },
        "Average" => Mode::Average,
        other => panic!("unknown mode {other}"),
    }
}
