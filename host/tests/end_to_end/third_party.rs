//! A plugin of a stranger: built outside of the workspace, swapped in by one line.

use crate::{
    media,
    program::{Job, program, workspace},
};
use std::process::Command;

#[test]
fn a_method_of_a_stranger_takes_part_in_a_pipeline() {
    let example = workspace().join("examples/third-party-correlation");
    let target_dir = program().parent().unwrap().parent().unwrap().join("third-party");
    let built = Command::new(env!("CARGO"))
        .args(["build", "--locked"])
        .current_dir(&example)
        .env("CARGO_TARGET_DIR", &target_dir)
        .status();
    assert!(built.unwrap().success());

    let pair = media::small();
    let job = Job::new(example.join("pipeline.toml")).arg("--plugins").arg(target_dir.join("debug"));
    let ran = job.quick().sources(pair.files()).run();
    let report = ran.succeeded();
    assert_eq!(report["status"], "merged");
    assert_eq!(report["targets"]["Source 2"]["method"], "envelope");
    let raw_ms = report["delays"]["raw_source_delays_ms"]["Source 2"].as_f64().unwrap();
    assert!((raw_ms - pair.truth.delay_ms).abs() <= 1.0, "{raw_ms} ms; {:?}", pair.truth);
}
