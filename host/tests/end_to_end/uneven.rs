//! Targets that one delay does not put in sync: told when they are measured, refused when they would be written.

use crate::{
    media,
    program::{Job, shipped},
    tracks::output,
};
use std::path::Path;

/// A copy of the target that plays a thousandth faster, as 24 frames a second against 23.976.
fn faster(target: &Path, place: &Path) {
    let before = ["-v", "error", "-y", "-i"].map(std::ffi::OsStr::new);
    let after = ["-map", "0:a:0", "-af", "asetrate=48048,aresample=48000", "-c:a", "flac"].map(std::ffi::OsStr::new);
    output("ffmpeg", before.into_iter().chain([target.as_os_str()]).chain(after).chain([place.as_os_str()]));
}

fn windows(job: Job) -> Job {
    job.set("correlate.with.windows=10").set("correlate.with.window_s=3")
}

#[test]
fn a_target_that_drifts_is_told_when_measured_and_refused_when_written() {
    let pair = media::small();
    let job = windows(Job::new(shipped("analyze.toml")));
    let target = job.path("faster.mka");
    faster(&pair.target, &target);
    let ran = job.sources([&pair.reference, &target]).run();
    let report = ran.succeeded();
    let found = &report["targets"]["Source 2"];
    assert_eq!(
        (&found["diagnosis"]["kind"], &found["diagnosis"]["speed_name"]),
        (&"linear-drift".into(), &"24/23.976".into())
    );
    let rate = found["diagnosis"]["rate_ms_per_s"].as_f64().unwrap();
    // A film of 24 s tells the rate badly; so does its error.
    let error = found["diagnosis"]["rate_error_ms_per_s"].as_f64().unwrap();
    assert!((rate - 0.999).abs() <= error && error < 0.5, "{rate} ± {error} ms/s");
    let selected = &found["selection"];
    assert!(selected["uncorrected"].as_str().unwrap().starts_with("Source 2 drifts by +"), "{selected:#}");
    assert!(found["explain"]["because"].as_str().unwrap().contains("agree within"), "{:#}", found["explain"]);
    assert!(report["issues"].to_string().contains("Source 2 runs 0.1"), "{:#}", report["issues"]);
    assert!(ran.log().contains("[Diagnosis] Source 2: linear drift"), "{}", ran.log());

    let written = windows(Job::new(shipped("default.toml"))).sources([&pair.reference, &target]).run();
    written.failed(1, &["delays", "Source 2 drifts by +", "no stage corrects that", "uncorrected = \"tell\""]);
    let told = windows(Job::new(shipped("default.toml"))).set("delays.with.uncorrected=tell");
    told.sources([&pair.reference, &target]).run().succeeded();
}

#[test]
fn a_target_that_is_refused_leaves_its_reasons_in_the_report() {
    let ran = windows(Job::new(shipped("analyze.toml")))
        .set("correlate.with.min_peak_ratio=1000")
        .sources(media::small().files())
        .run();
    let report = ran.report();
    assert_eq!(report["status"], "failed");
    let found = &report["targets"]["Source 2"];
    assert_eq!(
        (&found["selection"]["verdict"], &found["diagnosis"]["kind"]),
        (&"refused".into(), &"insufficient-data".into())
    );
    assert_eq!(found["explain"]["because"], "Analysis failed for Source 2: Could not determine a reliable delay.");
    let rejected = found["explain"]["rejected"].to_string();
    assert!(rejected.contains("times the second, below 1000.00"), "{rejected}");
}
