//! What runs keep for later ones.

use crate::{
    media,
    program::{Job, Ran, names, run_folders, shipped, vsg_host},
};
use serde_json::Value;
use std::{
    fs,
    process::{Command, Stdio},
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// Names of the instances that ran, not those that were taken from the store.
fn worked(ran: &Ran) -> Vec<String> {
    let report = ran.report();
    let stages = report["stages"].as_array().unwrap().iter();
    stages
        .filter(|stage| stage["from_store"] == false)
        .map(|stage| stage["instance"].as_str().unwrap().into())
        .collect()
}

fn again(folder: TempDir, pipeline: &str) -> Job {
    Job::in_folder(folder, shipped(pipeline)).quick()
}

/// The report without what differs from run to run.
fn lasting(mut report: Value) -> Value {
    report["stages"] = Value::Null;
    report
}

#[test]
fn a_second_run_does_nothing_again_but_says_the_same() {
    let pair = media::small();
    let files = pair.files();
    let first = Job::new(shipped("analyze.toml")).quick().sources(files).run();
    first.succeeded();
    let (report, log) = (first.report(), first.log());
    let second = again(first.folder, "analyze.toml").sources(files).run();
    second.succeeded();
    assert_eq!(worked(&second), [""; 0]);
    assert_eq!(lasting(second.report()), lasting(report));
    let lines = |log: &str| log.lines().map(|line| line.get(11..).unwrap_or(line).to_owned()).collect::<Vec<_>>();
    assert_eq!(lines(&second.log()), lines(&log));

    let afresh = again(second.folder, "analyze.toml").arg("--no-store").sources(files).run();
    assert_eq!(worked(&afresh).len(), 12);
    let muxed = again(afresh.folder, "default.toml").sources(files).run();
    muxed.succeeded();
    let others = ["delays", "extract@Source 1", "extract@Source 2", "subtitles@Source 2", "mux"];
    assert_eq!(worked(&muxed), others, "what has effects always runs, and drift is no longer only told");
}

#[test]
fn a_change_runs_what_depends_on_it_and_nothing_else() {
    let pair = media::small();
    let files = pair.files();
    let first = Job::new(shipped("analyze.toml")).quick().sources(files).run();
    first.succeeded();
    let changed = again(first.folder, "analyze.toml").set("delay.with.mode=average").sources(files).run();
    assert_eq!(worked(&changed), ["delay@Source 2", "delays"]);

    let touched = changed.folder.path().join("target.mkv");
    fs::copy(files[1], &touched).unwrap();
    let other = again(changed.folder, "analyze.toml").sources([files[0], &touched]).run();
    let of_target = |name: &String| !name.contains("Source 1");
    let worked_on = worked(&other);
    assert!(worked_on.iter().all(of_target) && worked_on.contains(&"audio@Source 2".to_owned()), "{worked_on:?}");
}

#[test]
fn it_is_told_why_a_stage_ran_again() {
    let pair = media::small();
    let first = Job::new(shipped("analyze.toml")).quick().sources(pair.files()).run();
    first.succeeded();
    let store = first.folder.path().join("store");
    let why = |stage: &str| {
        let output = vsg_host(&store).args(["why", stage, "--store"]).arg(&store).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    assert_eq!(
        why("probe"),
        (Some(0), "probe@Source 1: ran for the first time\nprobe@Source 2: ran for the first time\n".into())
    );
    let changed = again(first.folder, "analyze.toml").set("dialogue.with.order=4").sources(pair.files()).run();
    changed.succeeded();
    assert_eq!(why("audio@Source 1"), (Some(0), "audio@Source 1: taken from the store\n".into()));
    let (code, text) = why("correlate");
    assert_eq!(code, Some(0));
    assert!(text.starts_with("correlate@Source 2: differs from the run of 2"), "{text}");
    assert!(
        text.contains("  input `reference`: dialogue@Source 1\n    dialogue@Source 1: parameter order: 5 → 4\n"),
        "{text}"
    );
    assert_eq!(why("mux").0, Some(2), "it has effects");
}

#[test]
fn what_a_stage_made_of_the_files_of_the_job_is_not_kept() {
    let stages = "[stage.talk]\nuse = \"misbehaving/talk\"\nwith = { asks_for_job = true }\n\
                  [stage.apart]\nuse = \"misbehaving/talk\"\nwith = { asks_for_job = true }\nisolate = true\n\
                  [stage.plain]\nuse = \"misbehaving/talk\"\n";
    let first = Job::of_stages(stages).run();
    first.succeeded();
    let second = Job::in_folder(first.folder, "toy.toml").within().run();
    second.succeeded();
    assert_eq!(worked(&second), ["talk", "apart"], "no recipe tells which files a job has");
}

#[test]
fn failures_are_not_kept() {
    let job = Job::new(shipped("analyze.toml")).quick();
    let broken = job.fake("VSG_FFMPEG", "exit 7").sources(media::small().files()).run();
    broken.failed(1, &["audio@Source"]);
    let whole = again(broken.folder, "analyze.toml").sources(media::small().files()).run();
    whole.succeeded();
    assert!(worked(&whole).contains(&"audio@Source 1".to_owned()));
}

/// Moments all over the length of a run and a little beyond, in an order without order.
fn moments(count: u32, length: Duration) -> impl Iterator<Item = Duration> {
    // A multiplicative walk through the numbers below a prime visits each one once.
    (1..=count).scan(7_u32, move |state, _| {
        *state = *state * 29 % 101;
        Some(length * 11 / 10 * *state / 101)
    })
}

/// Kills a run of a pipeline at many moments, then lets one come to its end, which has to be what it always is.
fn killed_at_any_moment(pipeline: &str, kills: u32, arguments: &[&str]) {
    let pair = media::small();
    let files = pair.files();
    let job = |folder| {
        let job = Job::in_folder(folder, shipped(pipeline)).quick();
        arguments.iter().fold(job, |job, argument| job.arg(argument)).sources(files)
    };
    let start = Instant::now();
    let unhurried = job(tempfile::tempdir().unwrap()).run();
    let (truth, length) = (lasting(unhurried.succeeded()), start.elapsed());
    let mut folder = tempfile::tempdir().unwrap();
    let half_done = |folder: &TempDir| {
        let names = names(&folder.path().join("out"));
        names.into_iter().filter(|name| name.contains("partial") || name.starts_with('.')).count()
    };
    for moment in moments(kills, length) {
        let mut killed = job(folder);
        let mut child = killed.command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(moment);
        child.kill().unwrap();
        child.wait().unwrap();
        folder = killed.folder;
        assert!(run_folders(&folder.path().join("store")).len() <= 1, "only what the killed run was writing is left");
        assert!(half_done(&folder) <= 1, "only the file that the killed run was writing is left");
    }
    let after = job(folder).run();
    let report = after.succeeded();
    let comparable = |report: Value, folder: &TempDir| -> String {
        report.to_string().replace(folder.path().to_str().unwrap(), "FOLDER")
    };
    assert_eq!(comparable(lasting(report), &after.folder), comparable(truth, &unhurried.folder));
}

#[test]
fn an_analysis_that_is_killed_at_any_moment_leaves_nothing_wrong() {
    killed_at_any_moment("analyze.toml", 16, &[]);
}

#[test]
fn a_whole_job_that_is_killed_at_any_moment_leaves_nothing_wrong() {
    killed_at_any_moment("default.toml", 16, &[]);
    killed_at_any_moment("default.toml", 8, &["--isolate"]);
}

#[test]
fn two_runs_at_once_share_a_store() {
    let pair = media::small();
    let files = pair.files();
    let place = tempfile::tempdir().unwrap();
    let store = place.path().join("store");
    let runs: Vec<Job> = (0..3)
        .map(|_| {
            let mut job = Job::new(shipped("analyze.toml")).quick().sources(files);
            job.command.env("VSG_STORE", &store).stdout(Stdio::piped()).stderr(Stdio::piped());
            job
        })
        .collect();
    std::thread::scope(|scope| {
        for job in runs {
            scope.spawn(move || {
                job.run().succeeded();
            });
        }
    });
    assert_eq!(run_folders(&store), [""; 0]);
}

fn store_command(store: &std::path::Path, words: &[&str]) -> (Option<i32>, String) {
    let mut command: Command = vsg_host(store);
    let output = command.arg("store").arg("--store").arg(store).args(words).output().unwrap();
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

#[test]
fn what_others_keep_in_the_folder_of_a_store_stays() {
    let folder = tempfile::tempdir().unwrap();
    let foreign = ["values/x/thesis.txt", "values/a/thesis.json", "values/notes.pack", "film.mkv", "values/0/1.blob"];
    for name in foreign {
        let place = folder.path().join(name);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(place, "years of work").unwrap();
    }
    for words in [&["gc"][..], &["clear"]] {
        assert_eq!(store_command(folder.path(), words).0, Some(0));
    }
    for name in foreign {
        assert!(folder.path().join(name).is_file(), "{name}");
    }
    let empty = tempfile::tempdir().unwrap();
    assert_eq!(store_command(empty.path(), &["gc"]).0, Some(0));
    assert_eq!(names(empty.path()), [""; 0], "nothing is left in a folder that is no store");
}

#[test]
fn the_store_is_shown_limited_and_cleared() {
    let ran = Job::new(shipped("analyze.toml")).quick().sources(media::small().files()).run();
    ran.succeeded();
    let store = ran.folder.path().join("store");
    let (code, text) = store_command(&store, &[]);
    assert!(code == Some(0) && text.contains("12 results of stages, 4 with bulk data"), "{text}");
    // The sound of 24 s takes 9 MB; without it everything has room in 1 MB.
    let (code, text) = store_command(&store, &["--store-limit", "0.001", "gc"]);
    assert!(code == Some(0) && text.contains("removed 2 results"), "{text}");
    let partly = again(ran.folder, "analyze.toml").sources(media::small().files()).run();
    partly.succeeded();
    let done: Vec<String> = worked(&partly);
    assert!(done.contains(&"audio@Source 1".to_owned()) && !done.contains(&"probe@Source 1".to_owned()), "{done:?}");
    let (code, _) = store_command(&store, &["clear"]);
    assert_eq!(code, Some(0));
    let left: Vec<String> =
        names(&store.join("values")).iter().flat_map(|part| names(&store.join("values").join(part))).collect();
    assert_eq!(left, [""; 0]);
}
