//! Tools that are missing, fail, hang or talk nonsense.

use crate::{
    media,
    program::{Job, decoder, shipped},
};

/// The main job on the small pair, with a quick scan.
fn job() -> Job {
    Job::new(shipped("default.toml")).quick()
}

/// Writes the output with the real mkvmerge, then does something else.
fn after_writing(then: &str) -> String {
    format!("case \"$1\" in @*) mkvmerge \"$@\"; {then};; *) exec mkvmerge \"$@\";; esac")
}

#[test]
fn a_missing_mkvmerge() {
    let ran = job().env("VSG_MKVMERGE", "/nonexistent").sources(media::small().files()).run();
    ran.failed(1, &["cannot run mkvmerge", "VSG_MKVMERGE says '/nonexistent'", "install"]);
}

#[test]
fn a_missing_ffmpeg() {
    let ran = job().env("VSG_FFMPEG", "/nonexistent").sources(media::small().files()).run();
    ran.failed(1, &["audio@Source", "cannot run ffmpeg", "VSG_FFMPEG says '/nonexistent'", "install"]);
}

#[test]
fn warnings_of_mkvmerge_are_told_and_the_file_counts() {
    let script = after_writing("echo 'Warning: the moon is full.'; exit 1");
    let ran = job().fake("VSG_MKVMERGE", &script).sources(media::small().files()).run();
    let report = ran.succeeded();
    assert_eq!(report["status"], "merged");
    assert!(report["issues"].as_array().unwrap().contains(&"mkvmerge: the moon is full.".into()), "{report:#}");
    assert!(ran.stdout().contains("! mkvmerge: the moon is full."), "{}", ran.stdout());
    assert!(std::fs::metadata(ran.result(".mkv")).unwrap().len() > 100_000);
}

#[test]
fn a_failing_mkvmerge_leaves_nothing() {
    let script = after_writing("echo 'Error: no more paper.'; exit 2");
    let ran = job().fake("VSG_MKVMERGE", &script).sources(media::small().files()).run();
    ran.failed(1, &["mux: mkvmerge", "ended with exit code 2", "no more paper"]);
}

#[test]
fn an_mkvmerge_that_crashes_leaves_nothing() {
    let script = after_writing("kill -SEGV $$");
    let ran = job().fake("VSG_MKVMERGE", &script).sources(media::small().files()).run();
    ran.failed(1, &["mux: mkvmerge", "crashed (signal 11, SIGSEGV)"]);
}

#[test]
fn an_mkvmerge_that_writes_nothing() {
    let script = "case \"$1\" in @*) exit 0;; *) exec mkvmerge \"$@\";; esac";
    let ran = job().fake("VSG_MKVMERGE", script).sources(media::small().files()).run();
    ran.failed(1, &["mux: mkvmerge ended without an error, but wrote nothing", "vsg-host doctor"]);
}

#[test]
fn an_mkvmerge_that_talks_nonsense() {
    for script in
        ["echo 'Segmentation fault (not really)'", "echo '{\"tracks\": 5'", "echo '[1, 2]'", "head -c 100000 /dev/zero"]
    {
        let ran = job().fake("VSG_MKVMERGE", script).sources(media::small().files()).run();
        ran.failed(1, &["probe@Source", "film.mkv", "mkvmerge"]);
    }
}

#[test]
fn an_ffprobe_that_talks_nonsense() {
    // mkvmerge tells enough of Matroska files.
    let pair = media::mp4_target();
    let ran = job().fake("VSG_FFPROBE", "echo no").sources(pair.files()).run();
    ran.failed(1, &["probe@Source 2", "film.mp4", "ffprobe"]);
    let script = "case \"$*\" in *show_packets*|*show_frames*) echo no;; *) exec ffprobe \"$@\";; esac";
    let ran = job().fake("VSG_FFPROBE", script).sources(pair.files()).run();
    ran.failed(1, &["extract@Source 2: can not read what ffprobe says about", "film.mp4", "vsg-host doctor"]);
}

#[test]
fn an_ffmpeg_that_hangs() {
    let ran =
        job().fake("VSG_FFMPEG", "sleep 3600").set("audio.with.patience_s=1").sources(media::small().files()).run();
    ran.failed(1, &["audio@Source", "was stopped: it gave no sign of life for 1 s"]);
}

#[test]
fn an_ffmpeg_that_fails() {
    let ran = job().fake("VSG_FFMPEG", "echo 'no such thing' >&2; exit 7").sources(media::small().files()).run();
    ran.failed(1, &["audio@Source", "ended with exit code 7", "no such thing"]);
}

#[test]
fn an_ffmpeg_that_gives_no_samples() {
    let ran = job().fake("VSG_FFMPEG", "exit 0").sources(media::small().files()).run();
    ran.failed(1, &["audio@Source", "it gave no samples"]);
    let ran = job().fake("VSG_FFMPEG", &decoder("printf abc")).sources(media::small().files()).run();
    ran.failed(1, &["audio@Source", "it gave no samples"]);
}

#[test]
fn bytes_that_fill_no_sample_are_cut_off() {
    let script = "for word; do [ \"$before\" = f32le ] && file=$word; before=$word; done
        ffmpeg \"$@\" && printf abc >> \"$file\"";
    let pair = media::small();
    let ran = job().fake("VSG_FFMPEG", script).sources(pair.files()).run();
    let raw_ms = ran.succeeded()["targets"]["Source 2"]["selection"]["raw_ms"].as_f64().unwrap();
    assert!((raw_ms - pair.truth.delay_ms).abs() < 0.011, "{raw_ms}; {:?}", pair.truth);
    // Both files are called film.mkv.
    let trimmed = "[BUFFER ALIGNMENT] Trimmed 3 bytes from film.mkv (likely Opus/other codec)";
    assert_eq!(ran.log().matches(trimmed).count(), 2, "{}", ran.log());
}

#[test]
fn samples_that_are_no_numbers() {
    // 24 s of NaN at 48 kHz, little-endian 32-bit floats.
    let script = decoder("head -c 4608000 /dev/zero | tr '\\0' '\\377'");
    let ran = job().fake("VSG_FFMPEG", &script).sources(media::small().files()).run();
    ran.failed(1, &["delay@Source 2", "Could not determine a reliable delay", "be silent or damaged"]);
    let windows = &ran.report()["targets"]["Source 2"]["windows"];
    assert_eq!(windows[0]["rejected_because"], "no delay: silent, a few tones, or damaged");
}
