//! Files that are not what they should be: the exit code, the message, and nothing left half done.

use crate::{
    media,
    program::{Job, Ran, shipped},
    tracks::output,
};
use std::{
    fs,
    path::{Path, PathBuf},
};
use tempfile::TempDir;

/// Merges a reference and a target with a quick scan.
fn merge(reference: &Path, target: &Path) -> Ran {
    Job::new(shipped("default.toml")).quick().sources([reference, target]).run()
}

/// A bad target for the small pair, with this content.
fn against(content: &[u8], ending: &str) -> Ran {
    let folder = TempDir::new().unwrap();
    let target = folder.path().join(format!("target.{ending}"));
    fs::write(&target, content).unwrap();
    merge(&media::small().reference, &target)
}

#[test]
fn a_missing_file() {
    let reference = media::small().reference;
    let parts =
        ["`/nonexistent/film.mkv` can not be used as a source", "No such file", "REFERENCE TARGET", "vsg-host sample"];
    merge(&reference, Path::new("/nonexistent/film.mkv")).failed(2, &parts);
    merge(Path::new("/nonexistent/film.mkv"), &reference).failed(2, &parts);
}

#[test]
fn a_folder() {
    let parts = ["is a folder, not a media file", "help: give a file"];
    merge(&media::small().reference, &std::env::temp_dir()).failed(2, &parts);
}

#[test]
fn an_empty_file() {
    against(b"", "mkv").failed(1, &["probe@Source 2", "target.mkv", "is empty (0 bytes)", "help:"]);
}

#[test]
fn a_text_file() {
    let text = "All work and no play makes Jack a dull boy.\n".repeat(1000);
    against(text.as_bytes(), "mkv").failed(1, &["probe@Source 2", "target.mkv", "is not a media file", "help:"]);
    against(b"hello", "mkv").failed(1, &["probe@Source 2", "target.mkv", "is not a media file", "help:"]);
}

#[test]
fn noise() {
    let mut state = 1_u32;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    })
    .take(200_000)
    .collect();
    against(&noise, "mkv").failed(1, &["probe@Source 2", "target.mkv", "is not a media file", "help:"]);
}

#[test]
fn a_picture_without_sound() {
    let parts = ["audio@Source 2", "has no audio", "help: give a file with sound"];
    merge(&media::small().reference, &media::mute()).failed(1, &parts);
    merge(&media::mute(), &media::small().target).failed(1, &["audio@Source 1", "has no audio"]);
}

#[test]
fn a_file_that_was_cut_off() {
    let whole = fs::read(media::small().target).unwrap();
    against(&whole[..whole.len() * 6 / 10], "mkv").failed(1, &["audio@Source 2", "is cut short", "complete copy"]);
    let whole = fs::read(media::mp4_target().target).unwrap();
    against(&whole[..whole.len() * 6 / 10], "mp4").failed(1, &["Source 2", "target.mp4", "help:"]);
}

#[test]
fn a_file_that_is_damaged_in_the_middle_is_measured_and_reported() {
    let pair = media::lossless_target();
    let mut bytes = fs::read(&pair.target).unwrap();
    // Early enough for most of the sound to lie behind it.
    let place = bytes.len() / 4;
    bytes[place..place + 65_536]
        .iter_mut()
        .enumerate()
        .for_each(|(index, byte)| *byte = (index * 37 + index / 256) as u8);
    let folder = TempDir::new().unwrap();
    let target = folder.path().join("target.mkv");
    fs::write(&target, bytes).unwrap();
    let job = Job::new(shipped("default.toml")).set("correlate.with.windows=8").set("correlate.with.window_s=5");
    let ran = job.sources([&pair.reference, &target]).run();
    let report = ran.succeeded();
    let issues = report["issues"].to_string();
    assert!(issues.contains("Source 2") && issues.contains("of ffmpeg while decoding"), "{issues}");
    let raw_ms = report["targets"]["Source 2"]["selection"]["raw_ms"].as_f64().unwrap();
    // Timestamps behind the damage are whole milliseconds.
    assert!((raw_ms - pair.truth.delay_ms).abs() < 1.0, "{raw_ms}; {:?}", pair.truth);
}

#[test]
fn a_clock_that_jumps_is_no_gap() {
    let pair = media::small();
    let folder = TempDir::new().unwrap();
    let piece = |name: &str, options: &[&str]| {
        let place = folder.path().join(name);
        let arguments = ["-v", "error", "-i", pair.target.to_str().unwrap(), "-map", "0:a", "-c", "copy"];
        output("ffmpeg", arguments.iter().chain(options).map(AsRef::as_ref).chain([place.as_os_str()]));
        fs::read(place).unwrap()
    };
    let (first, second) = (piece("1.ts", &["-t", "18"]), piece("2.ts", &["-ss", "18", "-output_ts_offset", "600"]));
    let target = folder.path().join("target.ts");
    fs::write(&target, [first, second].concat()).unwrap();
    let ran = Job::new(shipped("analyze.toml")).quick().sources([&pair.reference, &target]).run();
    let report = ran.succeeded();
    let decoded_s = report["audio"]["Source 2"]["decoded_s"].as_f64().unwrap();
    assert!((decoded_s - 24.0).abs() < 1.0, "{decoded_s} s were decoded");
    let raw_ms = report["targets"]["Source 2"]["selection"]["raw_ms"].as_f64().unwrap();
    assert!((raw_ms - pair.truth.delay_ms).abs() < 0.011, "{raw_ms}; {:?}", pair.truth);
}

#[test]
fn silence() {
    let silence = silent_file();
    let parts = ["delay@Source 2", "Could not determine a reliable delay", "Accepted chunks: 0", "silent"];
    merge(&media::small().reference, &silence).failed(1, &parts);
    merge(&silence, &media::small().reference).failed(1, &parts);
    merge(&silence, &silence).failed(1, &parts);
    let job = Job::new(shipped("default.toml")).quick().set("correlate.with.scan=dense");
    let densely = job.sources([&media::small().reference, &silence]).run();
    densely.failed(1, &["correlate@Source 2", "every window of", "is silent in the reference or in Source 2"]);
    assert_eq!(densely.report()["targets"]["Source 2"]["selection"]["verdict"], "refused");
}

/// Twenty-four seconds of nothing.
fn silent_file() -> PathBuf {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("silence.mka");
    let unfinished = place.with_extension(format!("{:?}.mka", std::thread::current().id()));
    let source = ["-v", "error", "-f", "lavfi", "-i", "anullsrc=r=48000:cl=stereo", "-t", "24", "-c:a", "flac", "-y"];
    output("ffmpeg", source.iter().map(AsRef::as_ref).chain([unfinished.as_os_str()]));
    fs::rename(unfinished, &place).unwrap();
    place
}

#[test]
fn another_film() {
    let parts = ["delay@Source 2", "Could not determine a reliable delay", "different material"];
    merge(&media::small().reference, &media::unrelated()).failed(1, &parts);
    let ran = Job::new(shipped("default.toml")).sources([media::small().reference, media::unrelated()]).run();
    ran.failed(1, &parts);
}

#[test]
fn a_target_that_is_shorter_than_a_window() {
    let ran = Job::new(shipped("default.toml")).sources([media::small().reference, media::snippet()]).run();
    ran.failed(1, &["correlate@Source 2", "no window of 15 s fits", "has 3.", "shorter window_s"]);
    let target = &ran.report()["targets"]["Source 2"];
    assert_eq!(target["selection"]["verdict"], "refused");
    assert!(target["explain"]["because"].as_str().is_some_and(|because| because.contains("no window")), "{target:#}");
}

#[test]
fn an_output_folder_that_can_not_be_made() {
    let pair = media::small();
    let job = Job::new(shipped("default.toml")).sources(pair.files());
    fs::write(job.path("out"), "a file in its place").unwrap();
    let ran = job.run();
    ran.failed(2, &["can not write into the output folder", "choose another folder by -o"]);
    assert_eq!(fs::read_to_string(ran.folder.path().join("out")).unwrap(), "a file in its place");
}

#[test]
fn a_log_that_would_replace_a_source() {
    let job = Job::new(shipped("analyze.toml"));
    let place = job.path("out").join("film.log");
    fs::create_dir_all(place.parent().unwrap()).unwrap();
    fs::copy(&media::small().target, &place).unwrap();
    let ran = job.sources([&media::small().reference, &place]).run();
    ran.failed(2, &["the output would replace the source file", "film.log"]);
    assert_eq!(fs::read(&place).unwrap(), fs::read(&media::small().target).unwrap());
}

#[test]
fn an_output_that_would_replace_a_source() {
    for of_target in [false, true] {
        let pair = media::small();
        let job = Job::new(shipped("default.toml")).quick();
        let place = job.path("out").join("film.mkv");
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        let (own, other) = if of_target { (&pair.target, &pair.reference) } else { (&pair.reference, &pair.target) };
        fs::copy(own, &place).unwrap();
        let ran = if of_target { job.sources([other, &place]) } else { job.sources([&place, other]) }.run();
        assert_eq!(ran.output.status.code(), Some(2), "{}", ran.stderr());
        assert!(ran.stderr().contains("the output would replace the source file"), "{}", ran.stderr());
        assert!(ran.stderr().contains("choose another output folder by -o"), "{}", ran.stderr());
        assert_eq!(fs::read(&place).unwrap(), fs::read(own).unwrap());
        ran.left_nothing_half_done();
    }
}
