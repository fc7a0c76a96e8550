//! `vsg-host test`: all plugins of the workspace keep their promises, and a plugin that does not is told so, whatever it does.

use crate::program::{built, library, vsg_host, workspace};
use serde_json::Value;
use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Output, Stdio},
};

/// Runs the conformance kit on a library.
fn test(library: &Path, args: &[&str]) -> Output {
    let home = tempfile::tempdir().unwrap();
    vsg_host(home.path()).arg("test").arg(library).args(args).output().unwrap()
}

/// Every check as stage, name and outcome.
fn checks(output: &Output) -> Vec<(String, String, Value)> {
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!("{error}: {}\n{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
    });
    let text = |check: &Value, field: &str| check[field].as_str().unwrap().to_owned();
    let checks = report["checks"].as_array().unwrap();
    checks.iter().map(|check| (text(check, "stage"), text(check, "name"), check["outcome"].clone())).collect()
}

/// Why a check may be left out. Everything else has to be shown.
const MAY_BE_LEFT_OUT: [&str; 3] = [
    "it has effects outside of its outputs, and always runs",
    "it never says how far it is (`ctx.progress`)",
    "it ended before that",
];

#[test]
fn all_plugins_of_the_workspace_keep_their_promises() {
    let folder = built();
    let names: Vec<String> = std::fs::read_dir(workspace().join("plugins"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(names.len() >= 5, "{names:?}");
    std::thread::scope(|scope| {
        names.iter().for_each(|name| drop(scope.spawn(|| keeps_its_promises(&library(folder, name)))));
    });
}

fn keeps_its_promises(library: &Path) {
    let output = test(library, &["--json"]);
    let checks = checks(&output);
    assert!(checks.len() > 10, "{checks:?}");
    for (stage, check, outcome) in &checks {
        let is_left_out = outcome["skipped"].as_str().is_some_and(|reason| MAY_BE_LEFT_OUT.contains(&reason));
        assert!(outcome == "passed" || is_left_out, "{stage}: {check}: {outcome}");
    }
    assert_eq!(output.status.code(), Some(0), "{}", library.display());
}

#[test]
fn a_stage_that_takes_its_process_along_fails_one_check_and_the_others_go_on() {
    let output = test(&library(built(), "misbehaving"), &["--stage", "crash", "--json"]);
    assert_eq!(output.status.code(), Some(1));
    let checks = checks(&output);
    let outcome = |name: &str| &checks.iter().find(|(_, check, _)| check == name).unwrap().2;
    let reason = outcome("parameters at their limits")["failed"].as_str().unwrap();
    assert!(reason.starts_with("the process that ran it crashed (signal 11, SIGSEGV)"), "{reason}");
    assert_eq!(outcome("signature"), "passed");
    assert_eq!(checks.iter().filter(|(_, name, _)| name == "signature").count(), 1);
    let last = outcome("damaged bulk data");
    assert!(last["failed"].is_null(), "{last}");
}

#[test]
fn a_program_that_a_stage_leaves_behind_is_not_waited_for() {
    let output = test(&library(built(), "misbehaving"), &["--stage", "leave", "--json"]);
    assert_eq!(output.status.code(), Some(1));
    let checks = checks(&output);
    let outcome = |name: &str| &checks.iter().find(|(_, check, _)| check == name).unwrap().2;
    assert_eq!(outcome("same inputs, same bytes")["failed"], "the process that ran it ended with exit code 7");
    assert_eq!(outcome("runs on made-up values"), "passed");
    assert_eq!(outcome("parameters at their limits"), "passed");
}

#[test]
fn ctrl_c_stops_the_checks() {
    let home = tempfile::tempdir().unwrap();
    let mut command = vsg_host(home.path());
    command.arg("test").arg(library(built(), "misbehaving")).args(["--stage", "sleep"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut text = String::new();
    while !text.contains("✓ signature") {
        assert_ne!(stdout.read_line(&mut text).unwrap(), 0, "it ended too early:\n{text}");
    }
    assert!(Command::new("kill").arg("-INT").arg(child.id().to_string()).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{stderr}");
    assert!(stderr.ends_with("cancelled\n"), "{stderr}");
}

#[test]
fn what_is_wrong_is_printed_in_place() {
    let output = test(&library(built(), "misbehaving"), &["--stage", "misbehaving/undeclared"]);
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(1), "{stdout}{stderr}");
    let wanted =
        "  ✗ runs on made-up values\n      made-up values: it returns an output `surprise` that it does not declare\n";
    assert!(stdout.starts_with("misbehaving/undeclared\n  ✓ signature\n") && stdout.contains(wanted), "{stdout}");
    assert!(stderr.starts_with("error: misbehaving does not keep "), "{stderr}");
}

#[test]
fn a_plugin_is_named_by_its_file_or_by_its_name() {
    let by_name = test(Path::new("delays"), &["--stage", "select"]);
    let stdout = String::from_utf8_lossy(&by_name.stdout);
    assert!(by_name.status.success() && stdout.starts_with("delays/select\n"), "{stdout}");

    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("text.so");
    std::fs::write(&text, "no library").unwrap();
    let refusals = [
        (folder.path().join("missing.so"), [].as_slice(), 3, "does not exist"),
        (text, &[], 3, "is not a library that can be loaded"),
        ("delay".into(), &[], 2, "there is no plugin `delay`"),
        ("delays".into(), &["--stage", "choose"], 2, "has no stage `choose`"),
    ];
    for (library, args, code, words) in refusals {
        let output = test(&library, args);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{stderr}");
        assert!(stderr.contains(words), "{stderr}");
    }
}
