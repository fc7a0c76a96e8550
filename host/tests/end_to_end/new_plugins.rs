//! `vsg-host new`: what it writes builds without warnings, tests green, loads, and keeps its promises, as it is.

use crate::program::{library, program, vsg_host};
use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Cargo in a folder of its own outside of the workspace, with one target folder for all.
fn cargo(folder: &Path, target_dir: &Path, verb: &str) {
    let mut command = Command::new(env!("CARGO"));
    command.args([verb, "--offline"]).current_dir(folder);
    command.env("CARGO_TARGET_DIR", target_dir).env("CARGO_PROFILE_DEV_DEBUG", "0");
    let output = command.output().unwrap();
    assert!(output.status.success(), "cargo {verb}: {}", text(&output));
    assert!(!text(&output).contains("warning"), "cargo {verb}: {}", text(&output));
}

fn host(home: &Path, args: &[&std::ffi::OsStr]) -> Output {
    vsg_host(home).args(args).output().unwrap()
}

/// Writes, builds, tests, checks and loads a plugin of this kind.
fn works(kind: &str, stage: &str) {
    let home = tempfile::tempdir().unwrap();
    let folder: PathBuf = home.path().join(format!("acme-{kind}"));
    let made = host(home.path(), &["new".as_ref(), folder.as_ref(), "--kind".as_ref(), kind.as_ref()]);
    assert!(made.status.success(), "{}", text(&made));

    let target_dir = program().parent().unwrap().parent().unwrap().join("third-party");
    cargo(&folder, &target_dir, "test");
    cargo(&folder, &target_dir, "build");

    let plugin = library(&target_dir.join("debug"), &format!("acme-{kind}"));
    let pipeline = folder.join("pipeline.toml");
    let checked = host(home.path(), &["--plugins".as_ref(), plugin.as_ref(), "check".as_ref(), pipeline.as_ref()]);
    assert!(checked.status.success(), "{}", text(&checked));
    let graph = host(home.path(), &["--plugins".as_ref(), plugin.as_ref(), "graph".as_ref(), pipeline.as_ref()]);
    assert!(text(&graph).contains(&format!("acme-{kind}/{stage}")), "{}", text(&graph));
    let tested = host(home.path(), &["test".as_ref(), plugin.as_ref()]);
    assert!(tested.status.success() && text(&tested).contains(" 0 failed"), "{}", text(&tested));
}

#[test]
fn a_new_sync_mode_works_as_it_is() {
    works("sync-mode", "nudge");
}

#[test]
fn a_new_correlation_method_works_as_it_is() {
    works("correlation", "envelope");
}

#[test]
fn a_new_corrector_works_as_it_is() {
    works("corrector", "drift");
}

#[test]
fn a_new_stage_works_as_it_is() {
    works("stage", "nudge");
}

#[test]
fn nothing_is_overwritten_and_bad_names_are_refused() {
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join("acme")).unwrap();
    for (name, words) in [("acme", "exists already"), ("Acme", "can not be the name"), ("fn", "keep that word")] {
        let folder = home.path().join(name);
        let made = host(home.path(), &["new".as_ref(), folder.as_ref(), "--kind".as_ref(), "stage".as_ref()]);
        assert_eq!(made.status.code(), Some(2), "{}", text(&made));
        assert!(text(&made).contains(words), "{}", text(&made));
    }
    assert_eq!(std::fs::read_dir(home.path().join("acme")).unwrap().count(), 0);
    let nowhere = home.path().join("no/such/folder/acme");
    let made = host(home.path(), &["new".as_ref(), nowhere.as_ref(), "--kind".as_ref(), "stage".as_ref()]);
    assert_eq!(made.status.code(), Some(1), "{}", text(&made));
}
