//! A few pairs through the built program: what has to hold at every change. `make accuracy` measures all of them.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests may fail as tests do")]

use std::{
    path::{Path, PathBuf},
    process::Command,
};
use vsg_accuracy::{Options, Outcome, Summary};

/// The program and its plugins as they are now, in the profile of this test.
fn host() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let folder = test.parent().and_then(Path::parent).unwrap();
    let mut cargo = Command::new(env!("CARGO"));
    // With the features that the whole workspace has, so that nothing is built twice.
    cargo.args(["build", "--locked", "--quiet", "--workspace"]).current_dir(workspace());
    if folder.ends_with("release") {
        cargo.arg("--release");
    }
    assert!(cargo.status().unwrap().success(), "vsg-host can not be built");
    folder.join("vsg-host")
}

fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn measure(cases: &[&str]) -> Summary {
    let folder = tempfile::tempdir().unwrap();
    let options = Options {
        host: host(),
        folder: folder.path().to_owned(),
        seed: 1,
        only: Vec::new(),
        case: cases.iter().map(|case| case.parse().unwrap()).collect(),
        cases: None,
        long: false,
        pipeline: workspace().join("pipelines/analyze.toml"),
        method: None,
        set: Vec::new(),
        jobs: 0,
        keep: false,
        resume: false,
        music: None,
        write: None,
        quiet: true,
    };
    vsg_accuracy::run(&options).unwrap()
}

/// Asserts that all of these are answered right.
fn are_right(cases: &[&str]) {
    let summary = measure(cases);
    assert_eq!(summary.judged().len(), cases.len());
    for judged in summary.judged() {
        assert_eq!(judged.outcome, Outcome::Right, "{}: {}", judged.name, judged.note);
    }
    assert!(summary.holds());
}

#[test]
fn equalisers_shifts_by_minutes_other_speeds_and_cuts_are_measured() {
    // Shelves for bass and treble; an excerpt; film at PAL speed, a clock that is off; a target with cuts.
    are_right(&["same-mix/9", "offset/1", "drift/6", "drift/7", "stepping/1"]);
}

#[test]
fn related_pairs_and_dubs_are_measured_and_unrelated_ones_refused() {
    are_right(&[
        "same-mix/0",
        "same-mix/2",
        "same-mix/4",
        "dub/3",
        "dub/4",
        "related/0",
        "related/3",
        "related/5",
        "unrelated/2",
        "unrelated/4",
        "unrelated/9",
        "unrelated/69",
    ]);
}
