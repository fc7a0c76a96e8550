//! Against the reference program's results, and against files of which only the timestamps were changed.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "clippy exempts test functions only, not what they call")]

use golden_reader::{json, path};
use serde_json::Value;
use std::path::{Path, PathBuf};
use vsg_subtitles::{EventKind, Format, Subtitles, frame_boundary};

/// Cases of an operation whose inputs are there, with their results.
fn cases(op: &str) -> Vec<(String, String, Value)> {
    let plan = json("subtitles/plan.json");
    let cases = plan["cases"].as_array().unwrap().iter().filter(|case| case["op"] == op);
    let found: Vec<_> = cases
        .filter_map(|case| {
            let id = case["id"].as_str().unwrap();
            let result = format!("subtitles/expected/{id}/result.json");
            let input = case["input"].as_str().unwrap_or_default().to_owned();
            path(&result).exists().then(|| (id.to_owned(), input, json(&result)))
        })
        .collect();
    assert!(!found.is_empty(), "no cases of {op}");
    found
}

fn read(name: &str) -> Subtitles {
    Subtitles::read(&path("subtitles/inputs").join(name)).unwrap()
}

fn inputs() -> Vec<PathBuf> {
    let files = std::fs::read_dir(path("subtitles/inputs")).unwrap().map(|entry| entry.unwrap().path());
    let inputs: Vec<PathBuf> = files.filter(|path| Format::of_path(path).is_some()).collect();
    assert!(inputs.len() > 20);
    inputs
}

#[test]
fn what_is_not_edited_stays_byte_for_byte() {
    for path in inputs() {
        let bytes = std::fs::read(&path).unwrap();
        let mut subtitles = Subtitles::parse(&bytes, Format::of_path(&path).unwrap()).unwrap();
        assert_eq!(subtitles.to_bytes(), bytes, "{}", path.display());
        subtitles.shift_ms(0.0);
        assert_eq!(subtitles.to_bytes(), bytes, "{}", path.display());
    }
}

#[test]
fn a_shift_changes_timestamps_and_nothing_else() {
    let plan = json("subtitles/plan.json");
    for (name, shifts) in plan["ideal_shifts"].as_object().unwrap() {
        for shift in shifts.as_array().unwrap() {
            let shift_ms = shift.as_i64().unwrap();
            let mut subtitles = read(name);
            assert_eq!(subtitles.shift_ms(shift_ms as f64), shift_ms);
            let ideal = std::fs::read(path(&format!("subtitles/ideal/shift{shift_ms:+}-{name}"))).unwrap();
            let found = subtitles.to_bytes();
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            assert_eq!(text(&found), text(&ideal), "{name} {shift_ms:+} ms");
            assert_eq!(found, ideal);
        }
    }
}

/// Start and end of each event of the reference program's result.
fn times(events: &Value) -> Vec<(i64, i64)> {
    let of = |event: &Value| (event["start"].as_i64().unwrap(), event["end"].as_i64().unwrap());
    events.as_array().unwrap().iter().map(of).collect()
}

#[test]
fn events_are_those_of_the_reference_program() {
    for (id, input, result) in cases("parse") {
        if !result["error"].is_null() {
            // What the reference program refuses is read.
            read(&input);
            continue;
        }
        let format = Format::of_path(Path::new(&input)).unwrap();
        let subtitles = read(&input);
        // Deliberate differences: the reference program takes events of any section, cuts hours of SRT to two digits, takes WebVTT
        // with a mark for SRT, and text with two timestamps for a cue.
        if ["heading_edges.ass", "messy.srt", "cues_bom.vtt", "cues.vtt"].contains(&input.as_str()) {
            continue;
        }
        let events = || subtitles.events().filter(|event| event.kind != EventKind::Other);
        let found: Vec<(i64, i64)> = events().map(|event| (event.start_ms, event.end_ms)).collect();
        assert_eq!(found, times(&result["report"]["events"]), "{id}");
        if matches!(format, Format::Ass | Format::Ssa) {
            let texts: Vec<String> = events().map(|event| event.text.into_owned()).collect();
            for (found, event) in texts.iter().zip(result["report"]["events"].as_array().unwrap()) {
                assert_eq!(found.trim_end(), event["text"].as_str().unwrap().trim_end(), "{id}");
            }
        }
    }
}

#[test]
fn timestamps_are_written_as_the_reference_program_writes_them() {
    let (_, _, result) = cases("timestamps").swap_remove(0);
    let written = |text: &str, format: Format, ms: i64| {
        let mut subtitles = Subtitles::parse(text.as_bytes(), format).unwrap();
        subtitles.set_times(0, ms, ms);
        String::from_utf8(subtitles.to_bytes()).unwrap()
    };
    for row in result["report"]["write"].as_array().unwrap() {
        let ms = row["ms"].as_i64().unwrap();
        let stamp = |name: &str| row[name].as_str().unwrap();
        // More hours than the reference program can write are written all the same.
        if ms < 35_999_995 {
            let text = written("[Events]\nDialogue: 0,7:00:00.00,7:00:00.00,D,,0,0,0,,x", Format::Ass, ms);
            assert!(text.contains(&format!(",{},{},D", stamp("ass"), stamp("ass"))), "{ms}: {text}");
        }
        if ms < 360_000_000 {
            let text = written("07:00:00,000 --> 07:00:00,000", Format::Srt, ms);
            assert_eq!(text, format!("{0} --> {0}", stamp("srt")), "{ms}");
            let text = written("07:00:00.000 --> 07:00:00.000", Format::Vtt, ms);
            assert_eq!(text, format!("{0} --> {0}", stamp("vtt")), "{ms}");
        }
    }
}

#[test]
fn timestamps_are_read_as_the_reference_program_reads_valid_ones() {
    let (_, _, result) = cases("timestamps").swap_remove(0);
    let first = |text: String, format: Format| {
        let subtitles = Subtitles::parse(text.as_bytes(), format).unwrap();
        subtitles.events().next().map(|event| (event.start_ms, event.end_ms))
    };
    let mut read = 0;
    for row in result["report"]["read"].as_array().unwrap() {
        let cue = row["cue"].as_array().map(|cue| (cue[0].as_i64().unwrap(), cue[1].as_i64().unwrap()));
        let text = ["ass", "srt", "vtt"].iter().find_map(|name| row[*name].as_str()).unwrap();
        // Deliberate differences: what has no arrow, too many decimals or too few, a sign, or something behind it, is nonsense that
        // the reference program reads a part of; hours that it cuts off are read whole.
        let different = ["abc", "01:50", "0005", "->00", " -> ", "-00:", ":01.05 ", "100:00", "10000:"];
        let (wanted, found) = if row["ass"].is_string() {
            let event = format!("[Events]\nDialogue: 0,{text},{text},D,,0,0,0,,x");
            (row["ms"].as_i64().map(|ms| (ms, ms)), first(event, Format::Ass))
        } else {
            (cue, first(text.to_owned(), if row["srt"].is_string() { Format::Srt } else { Format::Vtt }))
        };
        // What the reference program refuses may be read.
        if wanted.is_some() && !different.iter().any(|sign| text.contains(sign)) {
            assert_eq!(found, wanted, "{row}");
            read += 1;
        }
    }
    assert!(read > 12, "{read}");
}

#[test]
fn raw_delays_move_events_as_the_reference_program_does() {
    for (id, input, result) in cases("raw_delay") {
        let (parameters, report) = (&result["params"], &result["report"]);
        let mut subtitles = read(&input);
        let applied_ms = subtitles.shift_ms(parameters["total"].as_f64().unwrap());
        assert_eq!(
            report["final_offset_applied"].as_i64().unwrap(),
            if subtitles.is_empty() { 0 } else { applied_ms },
            "{id}"
        );
        assert_eq!(report["total_events"].as_u64().unwrap(), subtitles.len() as u64, "{id}");
        // SRT can write every millisecond, so nothing falls off its frame; the reference program corrects it for hundredths.
        if subtitles.format() == Format::Srt {
            continue;
        }
        if let Some(frame_rate_hz) = parameters["fps"].as_f64() {
            let corrected = frame_boundary::correct(&mut subtitles, frame_rate_hz);
            assert_eq!(report["frame_boundary_correction"]["corrected_starts"], corrected.starts, "{id}");
        }
        let file = path(&format!("subtitles/expected/{id}/{input}"));
        if file.exists() {
            let wanted = Subtitles::read(&file).unwrap();
            let times = |subtitles: &Subtitles| -> Vec<(i64, i64)> {
                let written = |ms| subtitles.format().written_ms(ms);
                subtitles.events().map(|event| (written(event.start_ms), written(event.end_ms))).collect()
            };
            let (mut wanted, mut found) = (times(&wanted), times(&subtitles));
            // The reference program moves comments in front.
            wanted.sort_unstable();
            found.sort_unstable();
            assert_eq!(found, wanted, "{id}");
        }
    }
}
