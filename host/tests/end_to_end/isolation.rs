//! Stages in processes of their own: whatever they do, they only fail.

use crate::{
    media,
    program::{Job, Ran, shipped},
};
use serde_json::Value;

/// One stage that ends its process in some way.
fn crash(way: &str, more: &str) -> Job {
    Job::of_stages(&format!(
        "[stage.odd]\nuse = \"misbehaving/crash\"\nwith = {{ way = \"{way}\", says = \"here it comes\" }}\n{more}\n"
    ))
}

fn stage<'r>(report: &'r Value, name: &str) -> &'r Value {
    let stages = report["stages"].as_array().unwrap();
    stages.iter().find(|stage| stage["instance"] == name).unwrap_or_else(|| panic!("no {name} in {report:#}"))
}

/// It failed, said what it had to say before, and the report is there.
fn only_failed(ran: &Ran, parts: &[&str]) {
    ran.failed(1, parts);
    assert!(ran.log().contains("here it comes"), "{}", ran.log());
    let report = ran.report();
    let odd = stage(&report, "odd");
    assert_eq!((&odd["outcome"], &odd["isolated"]), (&"failed".into(), &true.into()));
}

#[test]
fn a_crash_is_a_failed_stage_that_names_the_signal() {
    only_failed(&crash("segfault", "isolate = true").run(), &["odd: its process crashed (signal 11, SIGSEGV)"]);
    only_failed(&crash("abort", "isolate = true").run(), &["odd: its process crashed (signal 6, SIGABRT)"]);
    let overflown = crash("overflow", "isolate = true").run();
    let report = overflown.report();
    let error = stage(&report, "odd")["error"].as_str().unwrap();
    assert!(error.contains("SIGABRT") && error.contains("has overflowed its stack"), "{error}");
}

#[test]
fn a_stage_that_ends_its_process_has_failed_whatever_the_exit_code() {
    only_failed(
        &crash("exit", "").arg("--isolate").run(),
        &["odd: its process ended with exit code 0 before the stage was done"],
    );
    only_failed(&crash("exit-seven", "").arg("--isolate").run(), &["odd: its process ended with exit code 7"]);
}

#[test]
fn a_stage_that_never_ends_is_stopped_when_its_time_is_over() {
    only_failed(
        &crash("endless", "timeout_s = 0.3").run(),
        &["odd: it was stopped because it took longer than its limit of 0.3 s"],
    );
    let polite = Job::of_stages("[stage.sleep]\nuse = \"misbehaving/sleep\"\n").arg("--timeout").arg("0.3");
    polite.run().failed(1, &["sleep: it was stopped because it took longer than its limit of 0.3 s"]);
}

#[test]
fn a_limit_that_no_clock_can_count_is_a_mistake_of_the_pipeline() {
    let stages = "[stage.odd]\nuse = \"misbehaving/count\"\ntimeout_s = 1e19\n";
    Job::of_stages(stages).run().failed(2, &["`timeout_s` of stage `odd` must be more than 0 seconds", "too large"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_stage_that_takes_too_much_memory_is_stopped() {
    let told = "odd: it was stopped because it needed more memory than its limit of 200 MB";
    only_failed(&crash("hoard", "memory_limit_mb = 200").run(), &[told]);
    only_failed(&crash("gulp", "").arg("--memory-limit").arg("200").run(), &[told]);
}

#[test]
fn after_a_crash_what_does_not_depend_on_it_runs_if_that_is_wanted() {
    let stages = "[stage.odd]\nuse = \"misbehaving/crash\"\nwith = { way = \"segfault\", says = \"here it comes\" }\n\
                  isolate = true\n[stage.after]\nuse = \"misbehaving/count\"\nfrom = { numbers = \"odd.number\" }\n\
                  [stage.other]\nuse = \"misbehaving/count\"\n[stage.last]\nuse = \"misbehaving/count\"\n\
                  from = { numbers = \"other.number\" }\n";
    let ran = Job::of_stages(stages).arg("--keep-going").run();
    only_failed(&ran, &["SIGSEGV"]);
    let report = ran.report();
    assert_eq!(stage(&report, "last")["outcome"], "done");
    assert_eq!(report["not_run"], serde_json::json!(["after"]));
}

#[test]
fn bulk_data_reaches_another_process_without_a_copy() {
    let stages = "[stage.bulk]\nuse = \"misbehaving/bulk\"\nwith = { length = 300000000 }\nisolate = true\n\
                  [stage.pass]\nuse = \"misbehaving/crash\"\nfrom = { bytes = \"bulk.bytes\" }\nisolate = true\n\
                  [stage.measure]\nuse = \"misbehaving/measure\"\nfrom = { bytes = \"pass.bytes\" }\n\
                  [stage.sum]\nuse = \"misbehaving/count\"\nwith = { name = \"private MB\", plus = 0 }\n\
                  from = { numbers = \"pass.number\" }\n";
    for no_store in [true, false] {
        let job = Job::of_stages(stages);
        let ran = if no_store { job.arg("--no-store") } else { job }.run();
        let report = ran.succeeded();
        assert!(ran.log().contains("300000000 bytes in a mapped file"), "{}", ran.log());
        let private_mb = report["numbers"]["private MB"].as_u64().unwrap();
        assert!(private_mb < 30, "{private_mb} MB of private memory for 300 MB of values");
    }
}

#[test]
fn the_main_job_gives_the_same_with_every_stage_apart() {
    let pair = media::small();
    let whole = Job::new(shipped("default.toml")).quick().sources(pair.files()).run();
    // The limit is that of stages, not of the tools that they run.
    let apart = Job::new(shipped("default.toml")).quick().arg("--isolate").arg("--memory-limit").arg("100");
    let apart = apart.sources(pair.files()).run();
    let (whole, report) = (whole.succeeded(), apart.succeeded());
    assert_eq!(report["delays"], whole["delays"]);
    assert_eq!(report["targets"], whole["targets"]);
    let stages = report["stages"].as_array().unwrap();
    assert!(stages.iter().all(|stage| stage["isolated"] == true), "{stages:#?}");
    let audio = stage(&report, "audio@Source 1");
    assert_eq!(audio["tools"][0]["tool"], "ffmpeg");
    if cfg!(target_os = "linux") {
        let samples_bytes = 24 * 48_000 * 4;
        let written = audio["written_bytes"].as_u64().unwrap();
        assert!((samples_bytes * 9 / 10..samples_bytes * 3 / 2).contains(&written), "each byte counts once: {audio:#}");
    }
    let lines = |text: String| text.lines().map(|line| line.get(11..).unwrap_or(line).to_owned()).collect::<Vec<_>>();
    assert!(lines(apart.log()).iter().any(|line| line.contains("ACCEPTED")), "{}", apart.log());
}

#[test]
fn an_isolated_stage_is_served_from_the_store_like_any_other() {
    let stages = "[stage.bulk]\nuse = \"misbehaving/bulk\"\nisolate = true\n";
    let first = Job::of_stages(stages).run();
    assert_eq!(stage(&first.succeeded(), "bulk")["from_store"], false);
    let second = Job::in_folder(first.folder, "toy.toml").within().run();
    let report = second.succeeded();
    assert_eq!(
        (&stage(&report, "bulk")["from_store"], &stage(&report, "bulk")["isolated"]),
        (&true.into(), &false.into())
    );
}
