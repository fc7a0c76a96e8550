//! File names that programs stumble over.

use crate::{
    media,
    program::{Job, shipped},
};
use std::{
    ffi::OsStr,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};

const NAMES: [&str; 9] = [
    "two words",
    "it's \"quoted\"",
    "new\nline",
    "-dash",
    "@options",
    "[brackets] {braces} (and more)",
    "colon: 100 %d #1 & 2 $HOME; *? \\",
    "ünïcödé 日本語 🎬",
    "dots.in.it",
];

#[test]
fn every_name_that_is_text_works() {
    let pair = media::small();
    for name in NAMES {
        let job =
            Job::new(shipped("default.toml")).set("correlate.with.windows=3").set("correlate.with.window_s=3").within();
        let folder = job.path(format!("{name} folder"));
        std::fs::create_dir(&folder).unwrap();
        // Named as a user would, in the folder where the files are.
        let (reference, target) = (format!("{name}.mkv"), PathBuf::from(format!("{name} folder/{name}.mkv")));
        std::os::unix::fs::symlink(&pair.reference, job.path(&reference)).unwrap();
        std::fs::copy(&pair.target, job.path(&target)).unwrap();
        let ran = job.sources([Path::new(&reference), &target]).run();
        let report = ran.succeeded();
        assert_eq!(report["status"], "merged", "{name}");
        assert!(ran.results().contains(&reference), "{:?}", ran.results());
        assert_eq!(ran.results().len(), 4, "{:?}", ran.results());
    }
}

#[test]
fn a_name_that_is_not_text_is_refused_before_anything_runs() {
    let pair = media::small();
    let job = Job::new(shipped("default.toml"));
    let target = job.path(OsStr::from_bytes(b"caf\xe9.mkv"));
    std::fs::copy(&pair.target, &target).unwrap();
    let ran = job.sources([&pair.reference, &target]).run();
    ran.failed(2, &["caf\u{fffd}.mkv", "is not valid UTF-8", "help: rename the file"]);
    assert_eq!(ran.results(), [""; 0], "nothing was written");
}

#[test]
fn a_folder_that_is_not_text_is_refused_before_anything_runs() {
    let pair = media::small();
    let job = Job::new(shipped("default.toml"));
    let folder = job.path(OsStr::from_bytes(b"caf\xe9"));
    std::fs::create_dir(&folder).unwrap();
    std::fs::copy(&pair.target, folder.join("film.mkv")).unwrap();
    let ran = job.sources([pair.reference, folder.join("film.mkv")]).run();
    ran.failed(2, &["is not valid UTF-8", "or the folder it is in"]);
}
