//! Plugins that misbehave behind the boundary.

use crate::program::{Job, Ran};

fn run(uses: &str) -> Ran {
    Job::of_stages(&format!("[stage.odd]\nuse = \"misbehaving/{uses}\"\n")).run()
}

#[test]
fn a_panic_is_an_error_of_the_stage() {
    let ran = run("panic");
    ran.failed(
        1,
        &[
            "odd: the plugin panicked at",
            "panics.rs:2",
            "nothing was to be seen",
            "help: this is a defect of the plugin",
        ],
    );
    assert!(ran.log().contains("[ERROR] odd: the plugin panicked at"), "{}", ran.log());
}

#[test]
fn a_panic_in_a_loop_is_an_error_of_the_stage() {
    let parts = ["odd: the plugin panicked at", "panics.rs:4", "this index is unlucky", "left: 42"];
    run("panic-in-loop").failed(1, &parts);
}

#[test]
fn outputs_must_be_as_declared() {
    let defect = "help: this is a defect of the plugin";
    run("nothing").failed(1, &["odd: the stage returned nothing for its output `number`", defect]);
    run("undeclared").failed(1, &["odd: the stage returned an output `surprise` that it does not declare", defect]);
    run("other-kind").failed(
        1,
        &["odd: the stage returned a `misbehaving.text/1` for its output `number`, which is declared as `misbehaving.number/1`", defect],
    );
}

#[test]
fn an_error_is_printed_with_its_help() {
    let ran = run("fail");
    ran.failed(1, &["error: odd: the moon is not in the right place", "help: wait for another night"]);
    assert_eq!(ran.report()["error"], "odd: the moon is not in the right place");
}

#[test]
fn everything_that_a_stage_says_reaches_the_log() {
    let ran = run("talk");
    let report = ran.succeeded();
    assert_eq!(report["issues"], serde_json::json!(["look at this"]));
    let log = ran.log();
    let lines: Vec<&str> = log.lines().filter_map(|line| line.split_once("] ").map(|(_, text)| text)).collect();
    let wanted = [
        "a line of the context",
        "[WARNING] a warning of the context",
        "an event answer=42 name=Source 2",
        "[WARNING] an event of a loop index=0",
    ];
    assert_eq!(lines, wanted, "{log}");
    assert!(log.contains("--- Talking Phase ---"), "{log}");
    let stderr = ran.stderr();
    assert!(stderr.contains("a warning of the context") && stderr.contains("an event of a loop"), "{stderr}");
    assert!(!stderr.contains("a line of the context"), "{stderr}");
}

#[test]
fn verbose_shows_details_too_and_quiet_only_warnings() {
    let stage = "[stage.odd]\nuse = \"misbehaving/talk\"\n";
    let verbose = Job::of_stages(stage).arg("--verbose").run();
    assert!(verbose.stderr().contains("a detail that the log leaves out"), "{}", verbose.stderr());
    assert!(!verbose.log().contains("a detail"), "{}", verbose.log());
    let quiet = Job::of_stages(stage).arg("--quiet").run();
    assert_eq!((quiet.stdout().as_str(), quiet.stderr().lines().count()), ("", 2), "{}", quiet.stderr());
}

#[test]
fn kinds_and_bulk_data_of_a_stranger_pass_through() {
    let ran = Job::of_stages(
        "[stage.bulk]\nuse = \"misbehaving/bulk\"\nwith = { length = 251000 }\n\
         [stage.measure]\nuse = \"misbehaving/measure\"\nfrom = { bytes = \"bulk.bytes\" }\n\
         [stage.count]\nuse = \"misbehaving/count\"\nfrom = { numbers = [\"measure.number\", \"measure.number\"] }\n\
         with = { name = \"sum\", loops = 1000 }\n",
    )
    .run();
    let report = ran.succeeded();
    let sum: u64 = 1000 * (0..251).sum::<u64>();
    assert!(ran.log().contains(&format!("251000 bytes in a mapped file add up to {sum}")), "{}", ran.log());
    assert_eq!(report["numbers"]["sum"], 1 + 2 * sum + (0..1000).sum::<u64>());
}
