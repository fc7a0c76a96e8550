//! What a run leaves behind beside the output: log, report.json, report.html.

use crate::{
    media,
    program::{Job, shipped},
};

#[test]
fn an_analysis_leaves_log_and_reports_and_no_video() {
    let pair = media::small();
    let ran = Job::new(shipped("analyze.toml")).quick().sources(pair.files()).run();
    let report = ran.succeeded();
    assert_eq!(ran.results(), ["film.log", "film.report.html", "film.report.json"]);
    assert_eq!(report["status"], "analyzed");
    assert!(report["output"].is_null() && report["issues"].as_array().unwrap().is_empty());

    let delays = &report["delays"];
    for map in ["source_delays_ms", "raw_source_delays_ms"] {
        let sources: Vec<&String> = delays[map].as_object().unwrap().keys().collect();
        assert_eq!(sources, ["Source 1", "Source 2"]);
    }
    assert!(delays["global_shift_ms"].is_i64() && delays["raw_global_shift_ms"].is_f64());
    let target = &report["targets"]["Source 2"];
    assert_eq!(target["method"], "phat");
    let windows = target["windows"].as_array().unwrap();
    assert_eq!(windows.len(), 4);
    for window in windows {
        assert!(["start_s", "delay_ms", "match_pct"].iter().all(|key| window[key].is_f64()), "{window}");
        assert!(window["accepted"].is_boolean(), "{window}");
    }
    let stages = report["stages"].as_array().unwrap();
    let names: Vec<&str> = stages.iter().map(|stage| stage["instance"].as_str().unwrap()).collect();
    assert!(names.contains(&"correlate@Source 2") && names.contains(&"audio@Source 1"), "{names:?}");
    for stage in stages {
        assert!(stage["use"].is_string() && stage["seconds"].is_f64() && stage["from_store"] == false, "{stage}");
    }

    is_a_log(&ran.log());
    is_a_page(&std::fs::read_to_string(ran.result(".report.html")).unwrap());
}

/// Lines carry the time, but for section marks and the further lines of a message that begins with an empty one.
fn is_a_log(log: &str) {
    let lines: Vec<&str> = log.lines().collect();
    assert_eq!(lines.first(), Some(&"=== Starting Job: film.mkv ==="));
    assert_eq!(lines.last(), Some(&"=== Job Finished ==="));
    let is_mark = |line: &str| ["=== ", "--- "].iter().any(|mark| line.starts_with(mark));
    for (before, line) in lines.iter().zip(&lines[1..]) {
        let continues = has_time(before) && before.len() <= "[00:00:00] ".len();
        assert!(has_time(line) || is_mark(line) || continues, "{line:?} after {before:?}");
    }
    assert!(log.contains("--- Analysis Phase ---\n"));
    assert_eq!(log.matches("  Chunk ").count(), 4, "{log}");
    assert!(log.contains("[Delay Calculation] Source 2 delay chain:"));
}

/// Whether a line begins with `[HH:MM:SS] `.
fn has_time(line: &str) -> bool {
    let shape: String = line.chars().take(11).map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    shape == "[00:00:00] " || shape == "[00:00:00]"
}

/// Every element is closed, nothing is fetched or executed, and there is a plot.
fn is_a_page(page: &str) {
    const VOID: [&str; 2] = ["meta", "br"];
    let mut open: Vec<&str> = Vec::new();
    for tag in page.split('<').skip(1) {
        let (inside, _) = tag.split_once('>').unwrap_or_else(|| panic!("an open tag: <{tag}"));
        let name = inside.split_whitespace().next().unwrap().trim_end_matches('/');
        match name.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name)),
            None if inside.starts_with('!') || inside.ends_with('/') || VOID.contains(&name) => {}
            None => open.push(name),
        }
    }
    assert_eq!(open, [""; 0]);
    assert!(page.starts_with("<!DOCTYPE html>") && page.contains("<svg") && page.contains("<circle"));
    for outside in ["<script", "<link", "src=", "@import", "javascript:"] {
        assert!(!page.contains(outside), "{outside}");
    }
}

#[test]
fn a_second_run_into_the_same_folder_replaces_the_first() {
    let pair = media::small();
    let first = Job::new(shipped("default.toml")).quick().sources(pair.files()).run();
    first.succeeded();
    let output = first.result(".mkv");
    let older = std::fs::read(&output).unwrap();
    let again = Job::in_folder(first.folder, shipped("default.toml")).quick().sources(pair.files()).run();
    again.succeeded();
    let newer = std::fs::read(&output).unwrap();
    assert!(newer.len() > 100_000 && newer != older, "every output has a UID of its own");
}

#[test]
fn a_file_that_no_run_wrote_is_not_replaced() {
    let pair = media::small();
    let job = Job::new(shipped("default.toml")).quick().sources(pair.files());
    let precious = job.path("out").join("film.mkv");
    std::fs::create_dir_all(precious.parent().unwrap()).unwrap();
    std::fs::write(&precious, "precious").unwrap();
    let ran = job.run();
    assert_eq!(ran.output.status.code(), Some(1), "{}", ran.stderr());
    assert!(ran.stderr().contains("film.mkv` is there already"), "{}", ran.stderr());
    assert_eq!(std::fs::read_to_string(&precious).unwrap(), "precious");
    ran.left_nothing_half_done();
}
