//! The log of a command against that of the reference program (`mux/runner_log.json` of the golden data).
//!
//! Every case runs twice: through the pure log, and through a real process that prints the same bytes.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::ffi::OsStr;
use std::io;
use std::sync::Mutex;

use serde_json::Value;
use vsg_tools::runlog::RunLog;
use vsg_tools::{Command, Exit, Family, LineSplitter, LogStyle, Observer};

fn bytes(value: &Value) -> Vec<u8> {
    match value {
        Value::String(text) => text.clone().into_bytes(),
        _ => value.as_array().unwrap().iter().map(|byte| byte.as_u64().unwrap() as u8).collect(),
    }
}

/// The reference program's own fallbacks where a case has no setting.
fn style(case: &Value) -> LogStyle {
    let config = &case["config"];
    let number = |key: &str, fallback: u64| config[key].as_u64().unwrap_or(fallback);
    LogStyle {
        compact: config["log_compact"].as_bool().unwrap_or(true),
        progress_step: number("log_progress_step", 100) as u32,
        error_tail: number("log_error_tail", 20) as usize,
        tail_lines: number("log_tail_lines", 0) as usize,
    }
}

fn arguments(case: &Value) -> Vec<&str> {
    case["args"].as_array().map(|args| args.iter().map(|arg| arg.as_str().unwrap()).collect()).unwrap_or_default()
}

fn expected_log(case: &Value) -> Vec<String> {
    let log = case["log"].as_array().unwrap();
    log.iter().map(|line| line.as_str().unwrap().trim_start_matches("[HH:MM:SS] ").to_owned()).collect()
}

#[test]
fn the_pure_log_equals_the_reference() {
    for case in golden_reader::list(&golden_reader::json("mux/runner_log.json")["commands"]) {
        let name = case["name"].as_str().unwrap();
        let mut log = Vec::new();
        if case["missing"] == true {
            let program = OsStr::new("no-such-tool-xyz");
            log.push(RunLog::start(program, arguments(case)));
            log.push(RunLog::not_started(program, &io::Error::from_raw_os_error(2)));
        } else {
            let words = ["SCRIPT", "tool"].into_iter().chain(arguments(case));
            log.push(RunLog::start(OsStr::new("TOOL"), words));
            let mut run = RunLog::new(style(case));
            if case["binary"] != true {
                let mut splitter = LineSplitter::default();
                let stdout = bytes(&case["stdout"]);
                splitter.push(&stdout, |line| log.extend(run.line(line)));
                splitter.finish(|line| log.extend(run.line(line)));
            }
            let exit = Exit::Code(case["rc"].as_i64().unwrap() as i32);
            log.extend(run.end(exit, exit.verdict(Family::Other)));
        }
        assert_eq!(log, expected_log(case), "{name}");
    }
}

#[derive(Default)]
struct Log(Mutex<Vec<String>>);

impl Observer for Log {
    fn log(&self, message: &str) {
        self.0.lock().unwrap().push(message.to_owned());
    }

    fn progress(&self, _fraction: f64) {}

    fn cancelled(&self) -> bool {
        false
    }
}

#[cfg(unix)]
#[test]
fn a_real_command_logs_what_the_reference_logs() {
    let dir = tempfile::tempdir().unwrap();
    let script = dir.path().join("script");
    let (data, shell) = (dir.path().join("data"), "/bin/sh");
    for case in golden_reader::list(&golden_reader::json("mux/runner_log.json")["commands"]) {
        let name = case["name"].as_str().unwrap();
        std::fs::write(&data, bytes(&case["stdout"])).unwrap();
        std::fs::write(&script, format!("cat '{}'; exit {}\n", data.display(), case["rc"])).unwrap();

        let log = Log::default();
        let command = match case["missing"] == true {
            true => Command::program("no-such-tool-xyz"),
            false => Command::program(shell).arg(&script).arg("tool"),
        };
        let command = command.args(arguments(case)).observer(&log).log_style(style(case));
        let outcome = if case["binary"] == true { command.binary().output() } else { command.output() };

        let lines: Vec<String> = log.0.into_inner().unwrap();
        let renamed = |line: &String| line.replace(shell, "TOOL").replace(&*script.to_string_lossy(), "SCRIPT");
        assert_eq!(lines.iter().map(renamed).collect::<Vec<_>>(), expected_log(case), "{name}");
        assert_eq!(outcome.is_ok(), !case["result"].is_null(), "{name}");
        if let Ok(output) = outcome {
            assert_eq!(output.stdout, bytes(&case["stdout"]), "{name}: the bytes are handed over as they came");
        }
    }
}
