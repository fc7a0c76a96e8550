//! Times of the reference program. They are read from the folder that `VSG_GOLDEN` names, or from the project's own copy.

use crate::time_based::{Moved, TimeBased, move_events, told};
use golden_reader::{json, path};
use serde_json::Value;
use vsg_plugin_api::{
    Subtitles,
    subtitles::{Format, frame_boundary::Corrected},
};

fn read(name: &str) -> Subtitles {
    Subtitles::read(&path(&format!("subtitles/{name}"))).unwrap()
}

/// Times as they are written, sorted, because the reference program moves comments to the front.
fn times(subtitles: &Subtitles) -> Vec<(i64, i64)> {
    let written = |ms| subtitles.format().written_ms(ms);
    let mut times: Vec<_> = subtitles.events().map(|event| (written(event.start_ms), written(event.end_ms))).collect();
    times.sort_unstable();
    times
}

/// Moves a file as the mode does, with its defaults but for `use_raw_values`, and compares its times with what was expected of `case`.
fn moves_like(case: &str, file: &str, delay_ms: f64, rate_hz: Option<f64>) -> Moved {
    let mode = TimeBased { use_raw_values: true, ..TimeBased::default() };
    let mut subtitles = read(&format!("inputs/{file}"));
    let moved = move_events(&mut subtitles, delay_ms, rate_hz.filter(|_| mode.frame_boundary_correction));
    let expected = format!("expected/{case}/{file}");
    if path(&format!("subtitles/{expected}")).exists() {
        assert_eq!(times(&subtitles), times(&read(&expected)), "{case}");
    } else {
        assert!(subtitles.is_empty(), "{case}");
    }
    moved
}

#[test]
fn raw_delays_move_events_to_the_times_of_the_reference_program() {
    for case in ["raw_delay-full-no_fps", "raw_delay-timing-23976", "raw_delay-empty"] {
        let result = json(&format!("subtitles/expected/{case}/result.json"));
        let (parameters, report) = (&result["params"], &result["report"]);
        let delay_ms = parameters["total"].as_f64().unwrap();
        let moved = moves_like(case, result["input"].as_str().unwrap(), delay_ms, parameters["fps"].as_f64());
        if report["total_events"] != 0 {
            assert_eq!(report["final_offset_applied"], moved.offset_ms, "{case}");
            let corrected = moved.corrected.map(|(_, corrected)| corrected).unwrap_or_default();
            let told = &report["frame_boundary_correction"];
            assert_eq!(
                (&told["corrected_starts"], &told["corrected_ends"]),
                (&corrected.starts.into(), &corrected.ends.into())
            );
        }
    }
}

#[test]
fn the_subtitle_step_with_raw_values_gives_the_times_of_the_reference_program() {
    let moved = moves_like("step-raw_values", "timing.ass", 1001.4, Some(23.976));
    let corrected = Corrected { starts: 1, duration_preserved: 1, ..Corrected::default() };
    assert_eq!(moved, Moved { events: 18, offset_ms: 1001, corrected: Some((23.976, corrected)) });
    let moved = moves_like("step-raw_values-external", "timing.srt", -700.2, None);
    assert_eq!((moved.offset_ms, moved.corrected), (-701, None));
}

#[test]
fn a_format_that_can_write_every_millisecond_is_moved_by_the_delay_alone() {
    let mut subtitles = read("inputs/clean.srt");
    let before = times(&subtitles);
    assert_eq!(subtitles.format(), Format::Srt);
    let moved = move_events(&mut subtitles, 33.7, Some(25.0));
    assert_eq!((moved.offset_ms, moved.corrected), (33, Some((25.0, Corrected::default()))));
    let wanted: Vec<_> = before.into_iter().map(|(start, end)| (start + 33, end + 33)).collect();
    assert_eq!(times(&subtitles), wanted);
}

#[test]
fn logs_are_those_of_the_reference_program() {
    for case in ["raw_delay-full-no_fps", "raw_delay-timing-23976", "step-raw_values"] {
        let result = json(&format!("subtitles/expected/{case}/result.json"));
        let parameters = &result["params"];
        let delay_ms = parameters["total"].as_f64().or(parameters["delays"]["Source 2"].as_f64()).unwrap();
        let input = result["input"].as_str().unwrap_or("timing.ass");
        let mut subtitles = read(&format!("inputs/{input}"));
        let moved = move_events(&mut subtitles, delay_ms, parameters["fps"].as_f64());
        let lines = told(delay_ms, parameters["global"].as_f64().unwrap_or(0.0), &moved);
        // Files are read and written elsewhere.
        let is_ours = |line: &&str| {
            line.starts_with("[Raw Delay Sync]")
                && !line.contains("Loading subtitle")
                && !line.contains("Saving modified")
        };
        let wanted: Vec<&str> =
            result["log"].as_array().unwrap().iter().filter_map(Value::as_str).filter(is_ours).collect();
        assert_eq!(lines, wanted, "{case}");
    }
}
