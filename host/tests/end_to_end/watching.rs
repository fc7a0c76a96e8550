//! What others can see of a run: events, traces, costs, and the values of past runs.

use crate::{
    media,
    program::{Job, Ran, shipped, vsg_host},
};
use serde_json::Value;
use std::{collections::BTreeMap, path::Path};

fn events(ran: &Ran) -> Vec<Value> {
    ran.stdout().lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no event: {line}"))).collect()
}

fn of<'e>(events: &'e [Value], name: &'e str) -> impl Iterator<Item = &'e Value> {
    events.iter().filter(move |event| event["event"] == name)
}

#[test]
fn a_front_end_can_follow_a_run_line_by_line() {
    let pair = media::small();
    let ran = Job::new(shipped("default.toml")).quick().arg("--json").sources(pair.files()).run();
    let report = ran.succeeded();
    let events = events(&ran);
    assert_eq!((&events[0]["event"], &events[0]["version"]), (&"run-started".into(), &1.into()));
    let planned: Vec<&Value> = events[0]["stages"].as_array().unwrap().iter().map(|stage| &stage["instance"]).collect();
    let mut started: BTreeMap<&str, usize> = BTreeMap::new();
    for (place, event) in events.iter().enumerate() {
        let name = event["instance"].as_str().unwrap_or_default();
        match event["event"].as_str().unwrap() {
            "stage-started" => assert_eq!(started.insert(name, place), None, "{name} starts twice"),
            "stage-progress" | "stage-finished" | "report" => assert!(started.contains_key(name), "{event}"),
            _ => {}
        }
    }
    assert_eq!(started.len(), planned.len());
    assert_eq!(of(&events, "stage-finished").count(), planned.len());
    assert!(of(&events, "stage-progress").any(|event| event["fraction"] == 1.0));
    assert!(of(&events, "log").any(|event| event["message"].as_str().unwrap().contains("ACCEPTED")));
    assert!(of(&events, "report").any(|event| event["entry"]["facts"].is_object()));
    let last = events.last().unwrap();
    assert_eq!((&last["event"], &last["status"], &last["exit_code"]), (&"result".into(), &"merged".into(), &0.into()));
    assert_eq!(last["output"], report["output"]);
    for file in ["report", "html", "log"] {
        assert!(Path::new(last[file].as_str().unwrap()).is_file(), "{last:#}");
    }
}

#[test]
fn every_event_satisfies_the_schema_that_the_program_prints() {
    let pair = media::small();
    let ran = Job::new(shipped("analyze.toml")).quick().arg("--json").sources(pair.files()).run();
    let printed = vsg_host(ran.folder.path()).args(["schema", "--events"]).output().unwrap();
    let validator = jsonschema::validator_for(&serde_json::from_slice(&printed.stdout).unwrap()).unwrap();
    for event in events(&ran) {
        assert!(validator.is_valid(&event), "{event:#}");
    }
}

#[test]
fn a_failure_is_an_event_too_and_the_exit_code_is_the_same() {
    let ran = Job::of_stages("[stage.odd]\nuse = \"misbehaving/fail\"\n").arg("--json").run();
    ran.failed(1, &["odd: the moon is not in the right place"]);
    let events = events(&ran);
    let finished = of(&events, "stage-finished").next().unwrap();
    assert_eq!(
        (&finished["outcome"], &finished["error"]),
        (&"failed".into(), &"the moon is not in the right place".into())
    );
    let last = events.last().unwrap();
    assert_eq!((&last["exit_code"], &last["help"]), (&1.into(), &"wait for another night".into()));
    assert_eq!(last["status"], "failed");
}

#[test]
fn the_report_tells_what_each_stage_cost() {
    let pair = media::small();
    let ran = Job::new(shipped("default.toml")).quick().sources(pair.files()).run();
    let report = ran.succeeded();
    let stages = report["stages"].as_array().unwrap();
    let audio = stages.iter().find(|stage| stage["instance"] == "audio@Source 1").unwrap();
    assert_eq!(audio["tools"][0]["tool"], "ffmpeg");
    if cfg!(target_os = "linux") {
        assert!(stages.iter().all(|stage| stage["cpu_seconds"].as_f64().is_some_and(|s| s >= 0.0)), "{stages:#?}");
        // 24 s at 48 kHz in 32 bits.
        assert!(audio["written_bytes"].as_u64().unwrap() > 24 * 48_000 * 4 * 9 / 10, "{audio:#}");
        assert!(audio["read_bytes"].as_u64().unwrap() > 10_000, "{audio:#}");
        assert!(audio["peak_memory_bytes"].as_u64().unwrap() > 1_000_000, "{audio:#}");
    }
}

#[test]
fn a_trace_shows_stages_and_tools_where_they_were() {
    let pair = media::small();
    let job = Job::new(shipped("default.toml")).quick();
    let file = job.path("trace.json");
    let ran = job.arg("--trace").arg(&file).sources(pair.files()).run();
    ran.succeeded();
    let trace: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    let events = trace["traceEvents"].as_array().unwrap();
    let span = |category: &str, name: &str| {
        let event = events.iter().find(|event| event["cat"] == category && event["name"] == name).unwrap();
        let start = event["ts"].as_f64().unwrap();
        (event["tid"].clone(), start, start + event["dur"].as_f64().unwrap())
    };
    let (mux, tool) = (span("stage", "mux"), events.iter().rfind(|event| event["name"] == "mkvmerge").unwrap());
    assert!(tool["ts"].as_f64().unwrap() >= mux.1 && tool["tid"] == mux.0, "{tool}");
    assert!(span("stage", "delays").2 <= mux.1);
}

#[test]
fn a_trace_replaces_neither_a_source_nor_what_somebody_else_wrote() {
    let pair = media::small();
    let job = Job::new(shipped("analyze.toml")).quick();
    let precious = job.path("precious.mkv");
    std::fs::copy(pair.files()[0], &precious).unwrap();
    let size = precious.metadata().unwrap().len();
    let ran = job.arg("--trace").arg(&precious).sources([&precious, pair.files()[1]]).run();
    ran.failed(2, &["--trace would replace the source file"]);
    assert_eq!(precious.metadata().unwrap().len(), size);
    let job = Job::new(shipped("analyze.toml")).quick();
    let text = job.path("thesis.txt");
    std::fs::write(&text, "years of work").unwrap();
    let ran = job.arg("--trace").arg(&text).sources(pair.files()).run();
    ran.failed(2, &["is there already, and this program did not write it"]);
    assert_eq!(std::fs::read(&text).unwrap(), b"years of work");
}

/// What `show` prints for a run, and its exit code.
fn show(ran: &Ran, words: &[&str]) -> (Option<i32>, String) {
    let folder = ran.folder.path();
    let mut command = vsg_host(folder);
    command.current_dir(folder).arg("show").args(words).arg("--store").arg(folder.join("store"));
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.code(), text)
}

#[test]
fn any_value_of_a_run_can_be_looked_at() {
    let pair = media::small();
    let ran = Job::new(shipped("default.toml")).quick().sources(pair.files()).run();
    ran.succeeded();
    let shown = |words: &[&str]| {
        let (code, text) = show(&ran, words);
        assert_eq!(code, Some(0), "{text}");
        text
    };
    assert!(shown(&[]).contains("default.toml"));
    let values = shown(&["last"]);
    assert!(values.contains("audio@Source 2.audio") && values.contains("tracks/1"), "{values}");
    let table = shown(&["last", "correlate.correlation"]);
    assert!(table.contains("windows (4)") && table.contains("delay_ms"), "{table}");
    let header: Value = serde_json::from_str(&shown(&["last", "correlate@Source 2.correlation", "--json"])).unwrap();
    assert_eq!(header["windows"].as_array().unwrap().len(), 4);
    assert!(shown(&["last", "correlate", "--plot"]).contains("across: start (s); up: delay (ms)"));
    assert!(shown(&["last", "mux.output"]).contains("mkv"), "of a stage with effects the header is remembered");
    shown(&["last", "correlate", "--plot", "delays.svg"]);
    shown(&["last", "audio@Source 1.audio", "--plot", "wave.svg"]);
    for file in ["delays.svg", "wave.svg"] {
        let svg = std::fs::read_to_string(ran.folder.path().join(file)).unwrap();
        assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"), "{svg}");
    }
    shown(&["last", "dialogue@Source 2", "--wav", "part.wav", "--from", "2", "--to", "3.5"]);
    let wav = std::fs::metadata(ran.folder.path().join("part.wav")).unwrap().len();
    assert!((288_000..288_200).contains(&wav), "1.5 s at 48 kHz in 32 bits and a header, not {wav} bytes");
}

#[test]
fn what_can_not_be_shown_is_told() {
    let pair = media::small();
    let ran = Job::new(shipped("analyze.toml")).quick().sources(pair.files()).run();
    ran.succeeded();
    let told = |words: &[&str], code: i32, part: &str| {
        let (found, text) = show(&ran, words);
        assert!(found == Some(code) && text.contains(part), "{found:?}: {text}");
    };
    told(&["1999"], 2, "no run `1999` is remembered");
    told(&["last", "corelate.correlation"], 2, "did you mean");
    told(&["last", "audio"], 2, "`audio` is several values");
    told(&["last", "audio@Source 1"], 2, "take one of \"audio@Source 1.audio\", \"audio@Source 1.sketch\"");
    told(&["last", "delay", "--wav", "a.wav"], 2, "not audio");
    told(&["last", "audio@Source 1.audio", "--wav", "a.wav", "--from", "100"], 1, "is no part of it");
    told(&["last", "audio@Source 1.audio", "--wav", "no/such/folder.wav"], 2, "can not write into the folder of");
    told(&["last", "--plot", "correlate"], 2, "which value is to be shown?");
    std::fs::write(ran.folder.path().join("thesis.txt"), "years of work").unwrap();
    told(&["last", "audio@Source 1.audio", "--wav", "thesis.txt"], 2, "this program did not write it");
    told(&["last", "correlate", "--plot", "thesis.txt"], 2, "this program did not write it");
    told(&["last", "correlate", "--plot", "--y", "dealy"], 2, "there are number, start_s, delay_ms");
    assert!(!ran.folder.path().join("a.wav").exists());
    let cleared =
        vsg_host(ran.folder.path()).args(["store", "clear", "--store"]).arg(ran.folder.path().join("store")).output();
    assert!(cleared.unwrap().status.success());
    told(&["last", "delay"], 2, "no run is remembered");
}

#[test]
fn a_kind_is_explained_with_its_fields_and_with_who_gives_and_takes_it() {
    let home = tempfile::tempdir().unwrap();
    let inspect = |words: &[&str]| {
        let output = vsg_host(home.path()).arg("inspect").args(words).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let (code, text) = inspect(&["audio/1"]);
    assert!(code == Some(0) && text.contains("sample_rate_hz") && text.contains("given by: audio-filter/"), "{text}");
    let (_, json) = inspect(&["delays/1", "--json"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["given_by"], serde_json::json!(["delays/plan"]));
    assert!(json["schema"]["properties"]["file_shift_ms"].is_object(), "{json:#}");
    assert_eq!(inspect(&["nothing/1"]).0, Some(2));
}
