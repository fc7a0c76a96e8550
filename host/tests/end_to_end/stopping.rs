//! How a run ends before its time: Ctrl-C once and twice, a kill, a failure beside work that goes on.

use crate::{
    media,
    program::{Job, Ran, decoder, new_folder, run_folders, shipped},
};
use std::{
    io::{BufRead, BufReader, Read},
    process::{Command, Stdio},
};

const SLEEP: &str = "[stage.sleep]\nuse = \"misbehaving/sleep\"\n";

/// Starts a job, sends signals when it has said `sign`, and waits for the end.
fn interrupted(job: Job, sign: &str, signals: &[&str]) -> Ran {
    let (folder, mut command) = (job.folder, job.command);
    command.arg("--verbose").stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut text = String::new();
    wait_for(&mut stderr, sign, &mut text);
    for (earlier, signal) in signals.iter().enumerate() {
        if earlier > 0 {
            wait_for(&mut stderr, "once more to stop at once", &mut text);
        }
        let sent = Command::new("kill").arg(signal).arg(child.id().to_string()).status();
        assert!(sent.unwrap().success());
    }
    stderr.read_to_string(&mut text).unwrap();
    let mut output = child.wait_with_output().unwrap();
    output.stderr = text.into_bytes();
    Ran { folder, output }
}

fn wait_for(stderr: &mut impl BufRead, sign: &str, text: &mut String) {
    while !text.contains(sign) {
        assert_ne!(stderr.read_line(text).unwrap(), 0, "it ended without `{sign}`:\n{text}");
    }
}

fn is_cancelled(ran: &Ran) {
    assert_eq!(ran.output.status.code(), Some(130), "{}", ran.stderr());
    assert!(ran.stderr().ends_with("cancelled\n"), "{}", ran.stderr());
    ran.left_nothing_half_done();
    assert!(!ran.results().iter().any(|name| name.ends_with(".mkv")), "{:?}", ran.results());
    assert_eq!((&ran.report()["status"], &ran.report()["error"]), (&"failed".into(), &"cancelled".into()));
}

#[test]
fn ctrl_c_stops_a_stage_that_asks() {
    is_cancelled(&interrupted(Job::of_stages(SLEEP), "asleep", &["-INT"]));
}

#[test]
fn the_terminate_signal_is_the_same() {
    is_cancelled(&interrupted(Job::of_stages(SLEEP), "asleep", &["-TERM"]));
}

#[test]
fn ctrl_c_stops_a_child_process() {
    let job = Job::of_stages(&format!("{SLEEP}with = {{ program = \"sleep\" }}\n"));
    is_cancelled(&interrupted(job, "asleep", &["-INT"]));
}

#[test]
fn ctrl_c_while_audio_is_decoded() {
    let script = decoder("head -c 100000 /dev/zero; exec sleep 3600");
    let job = Job::new(shipped("default.toml")).fake("VSG_FFMPEG", &script);
    let ran = interrupted(with_sources(job), "f32le", &["-INT"]);
    is_cancelled(&ran);
}

#[test]
fn ctrl_c_while_the_output_is_written() {
    let script = "case \"$1\" in @*) mkvmerge \"$@\"; exec sleep 3600;; *) exec mkvmerge \"$@\";; esac";
    let job = Job::new(shipped("default.toml")).quick().fake("VSG_MKVMERGE", script);
    let ran = interrupted(with_sources(job), "Progress: 100%", &["-INT"]);
    is_cancelled(&ran);
}

#[test]
fn ctrl_c_during_a_later_pair_stops_the_comparison_and_keeps_what_was_measured() {
    let pair = media::small();
    let folder = new_folder();
    let pipeline = folder.path().join("compared.toml");
    let variants =
        "[compare]\nmeasure = [\"delay.delay\"]\n[variant.one]\n[stage.correlate.with]\nwindows = 4\nwindow_s = 5.0\n";
    std::fs::write(&pipeline, format!("extends = {:?}\n{variants}", shipped("analyze.toml"))).unwrap();
    std::fs::copy(&pair.target, folder.path().join("second.mkv")).unwrap();
    let (reference, target) = (pair.reference.display(), pair.target.display());
    let list = format!("name,reference,target\nfirst,{reference},{target}\nsecond,{reference},second.mkv\n");
    let pairs = folder.path().join("pairs.csv");
    std::fs::write(&pairs, list).unwrap();
    let script = "case \"$*\" in *second.mkv*f32le*) exec sleep 3600;; *) exec ffmpeg \"$@\";; esac";
    let job = Job::of_verb("compare", folder, [pipeline]).arg("--pairs").arg(pairs).fake("VSG_FFMPEG", script);
    // From when it is mentioned first, the pair can only end by the signal.
    let ran = interrupted(job, "second.mkv", &["-INT"]);
    assert_eq!(ran.output.status.code(), Some(130), "{}", ran.stderr());
    assert!(ran.stderr().ends_with("cancelled\n"), "{}", ran.stderr());
    ran.left_nothing_half_done();
    let first = ran.folder.path().join("out/first/film.compare.json");
    let facts: serde_json::Value = serde_json::from_slice(&std::fs::read(first).unwrap()).unwrap();
    assert!(facts["targets"][0]["variants"][0]["delay_ms"].is_f64(), "{facts:#}");
    assert!(!ran.folder.path().join("out/pairs.compare.json").exists());
}

/// The sources before the options, because more options follow.
fn with_sources(job: Job) -> Job {
    media::small().files().into_iter().fold(job, |job, file| job.arg(file))
}

#[test]
fn the_second_ctrl_c_ends_everything_at_once() {
    let job = Job::of_stages(&format!("{SLEEP}with = {{ deaf = true }}\n"));
    let ran = interrupted(job, "asleep", &["-INT", "-INT"]);
    assert_eq!(ran.output.status.code(), Some(130), "{}", ran.stderr());
    ran.left_nothing_half_done();
}

/// An mkvmerge that writes the output, and then neither ends nor lets itself be ended politely.
const DEAF_MKVMERGE: &str = "case \"$1\" in @*) trap '' TERM; echo $$ > \"$0.pid\"; mkvmerge \"$@\"; \
    while :; do sleep 1; done;; *) exec mkvmerge \"$@\";; esac";

fn is_gone(ran: &Ran) {
    let pid = std::fs::read_to_string(ran.folder.path().join("VSG_MKVMERGE.pid")).unwrap();
    for _ in 0..200 {
        if !std::path::Path::new("/proc").join(pid.trim()).exists() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    panic!("mkvmerge outlives the program");
}

#[cfg(target_os = "linux")]
#[test]
fn the_second_ctrl_c_takes_tools_and_half_an_output_along() {
    let job = Job::new(shipped("default.toml")).quick().fake("VSG_MKVMERGE", DEAF_MKVMERGE);
    let ran = interrupted(with_sources(job), "Progress: 100%", &["-INT", "-INT"]);
    assert_eq!(ran.output.status.code(), Some(130), "{}", ran.stderr());
    is_gone(&ran);
    ran.left_nothing_half_done();
}

#[cfg(target_os = "linux")]
#[test]
fn a_kill_takes_tools_along_and_the_next_run_removes_half_an_output() {
    let job = Job::new(shipped("default.toml")).quick().fake("VSG_MKVMERGE", DEAF_MKVMERGE);
    let ran = interrupted(with_sources(job), "Progress: 100%", &["-KILL"]);
    is_gone(&ran);
    assert!(ran.results().iter().any(|name| name.contains("partial")), "{:?}", ran.results());
    let again = Job::in_folder(ran.folder, shipped("default.toml")).quick().sources(media::small().files()).run();
    again.succeeded();
}

#[test]
fn the_next_run_cleans_up_after_a_killed_one() {
    let ran = interrupted(Job::of_stages(SLEEP), "asleep", &["-KILL"]);
    assert_eq!(ran.output.status.code(), None);
    let folder = ran.folder;
    let store = folder.path().join("store");
    assert_eq!(run_folders(&store).len(), 1, "the run that was cut off leaves its folder");
    std::fs::write(
        folder.path().join("toy.toml"),
        "[job]\nreference = \"film.mkv\"\n[stage.talk]\nuse = \"misbehaving/talk\"\n",
    )
    .unwrap();
    Job::in_folder(folder, "toy.toml").within().run().succeeded();
}

#[test]
fn a_failure_stops_what_runs_beside_it_and_names_the_cause() {
    let job = Job::of_stages(&format!("{SLEEP}[stage.odd]\nuse = \"misbehaving/fail\"\n")).arg("--threads").arg("4");
    job.run().failed(1, &["odd: the moon is not in the right place"]);
}

#[test]
fn a_stage_that_claims_to_be_cancelled_has_failed() {
    let ran = Job::of_stages("[stage.odd]\nuse = \"misbehaving/claim-cancelled\"\n").run();
    ran.failed(1, &["odd: it says that it was cancelled, and nobody did that"]);
}

#[test]
fn nothing_runs_after_a_failed_input() {
    let stages = "[stage.odd]\nuse = \"misbehaving/fail\"\n[stage.next]\nuse = \"misbehaving/count\"\n\
                  from = { numbers = \"odd.number\" }\n";
    let ran = Job::of_stages(stages).run();
    ran.failed(1, &["odd: the moon"]);
    let stages = ran.report()["stages"].as_array().unwrap().clone();
    assert_eq!(stages.iter().map(|stage| stage["instance"].clone()).collect::<Vec<_>>(), ["odd"]);
}
