//! What the doctor finds where one tool works, one is broken and the rest are missing.
//!
//! The only test of this file: a program that was just written cannot be run while another thread forks.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::os::unix::fs::PermissionsExt;

use vsg_tools::doctor::{State, examine};
use vsg_tools::{Error, PackageManager, Search, Tool};

#[test]
fn the_doctor_tells_what_works_and_how_to_get_the_rest() {
    let dir = tempfile::tempdir().unwrap();
    for (name, script) in [
        ("ffmpeg", "echo ffmpeg version 7.1 Copyright"),
        ("rubberband", "echo 3.1.2 >&2"),
        ("mkvmerge", "echo cannot load libebml.so.5 >&2; exit 127"),
        ("dnf", ""),
    ] {
        let path = dir.path().join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    let findings = examine(&Search::in_path(dir.path()));

    let of = |tool: Tool| findings.iter().find(|finding| finding.tool == tool).unwrap();
    let version = |tool: Tool| match &of(tool).state {
        State::Found { version, .. } => version.as_ref().unwrap().text.clone(),
        State::Unusable(error) => panic!("{error}"),
    };
    assert_eq!(findings.len(), Tool::ALL.len());
    assert_eq!((version(Tool::Ffmpeg), version(Tool::Rubberband)), ("7.1".into(), "3.1.2".into()));
    assert!(
        matches!(&of(Tool::Mkvmerge).state, State::Unusable(Error::Failed { tail, .. }) if tail.contains("libebml"))
    );
    assert!(matches!(of(Tool::Ffprobe).state, State::Unusable(Error::NotFound { .. })));
    assert_eq!(of(Tool::Mkvmerge).install[0], (PackageManager::Dnf, "sudo dnf install mkvtoolnix".to_owned()));
}
