//! Subtitles of a target: left to mkvmerge, given their times by a sync mode, or by one of a stranger.

use crate::{
    media::{self, Pair},
    program::{Job, Ran, build_apart, shipped, workspace},
};
use std::{path::Path, process::Command};
use vsg_plugin_api::subtitles::{Format, Subtitles};
use vsg_sample_media::{Codec, Mix, SubtitleFormat, SubtitleTrack};

/// A target with styled and plain subtitles.
fn pair() -> Pair {
    let reference = media::release(24.0, 0.0, Mix::original("eng"), Codec::Aac);
    let mut target = media::release(24.0, 345.67, Mix::original("eng"), Codec::Ac3);
    target.subtitles =
        vec![SubtitleTrack::new(SubtitleFormat::Ass, "eng"), SubtitleTrack::new(SubtitleFormat::Srt, "ger")];
    media::pair(reference, target)
}

/// The subtitle tracks of a file, as mkvextract gives them.
fn extracted(file: &Path) -> Vec<(Format, Vec<u8>)> {
    let answer = Command::new("mkvmerge").arg("-J").arg(file).output().unwrap();
    let answer: serde_json::Value = serde_json::from_slice(&answer.stdout).unwrap();
    let tracks = answer["tracks"].as_array().unwrap().iter().filter(|track| track["type"] == "subtitles");
    let folder = tempfile::tempdir().unwrap();
    tracks
        .map(|track| {
            let format = Format::of_codec(track["properties"]["codec_id"].as_str().unwrap()).unwrap();
            let place = folder.path().join(format!("{}.{}", track["id"], format.extension()));
            let argument = format!("{}:{}", track["id"], place.display());
            let output = Command::new("mkvextract").arg(file).arg("tracks").arg(argument).output().unwrap();
            assert!(output.status.success());
            (format, std::fs::read(place).unwrap())
        })
        .collect()
}

fn output(ran: &Ran) -> Vec<(Format, Vec<u8>)> {
    extracted(Path::new(ran.report()["output"].as_str().unwrap()))
}

/// What the target's tracks are when they are moved by a delay (ms).
fn moved(pair: &Pair, delay_ms: f64) -> Vec<(Format, Vec<u8>)> {
    let tracks = extracted(&pair.target).into_iter();
    tracks
        .map(|(format, bytes)| {
            let mut subtitles = Subtitles::parse(&bytes, format).unwrap();
            assert!(subtitles.len() > 3);
            subtitles.shift_ms(delay_ms);
            (format, subtitles.to_bytes())
        })
        .collect()
}

fn is_same(found: &[(Format, Vec<u8>)], wanted: &[(Format, Vec<u8>)]) {
    let text = |tracks: &[(Format, Vec<u8>)]| -> Vec<String> {
        tracks.iter().map(|(_, bytes)| String::from_utf8_lossy(bytes).into_owned()).collect()
    };
    assert_eq!(text(found), text(wanted));
}

fn raw_delay_ms(report: &serde_json::Value) -> f64 {
    report["delays"]["raw_source_delays_ms"]["Source 2"].as_f64().unwrap()
}

#[test]
fn raw_values_change_the_timestamps_of_subtitles_and_nothing_else() {
    let pair = pair();
    let job = || Job::new(shipped("default.toml")).quick().set("subtitles.with.use_raw_values=true");
    let ran = job().set("subtitles.with.frame_boundary_correction=false").sources(pair.files()).run();
    let report = ran.succeeded();
    is_same(&output(&ran), &moved(&pair, raw_delay_ms(&report)));
    let tracks = report["targets"]["Source 2"]["subtitles"]["tracks"].as_array().unwrap();
    let applied_ms = raw_delay_ms(&report).floor() as i64;
    let is_moved = |track: &serde_json::Value| track["is_retimed"] == true && track["first_moved_ms"] == applied_ms;
    assert!(tracks.iter().all(is_moved), "{tracks:#?}");
    let log = ran.log();
    assert!(log.contains("--- time-based Sync Report ---"), "{log}");
    assert!(log.contains(&format!("Floor applied:        {applied_ms:+}ms")), "{log}");

    // With the correction times may be on another hundredth, but none is a frame off.
    let corrected = job().sources(pair.files()).run();
    corrected.succeeded();
    let starts = |tracks: &[(Format, Vec<u8>)]| -> Vec<i64> {
        let parse = |(format, bytes): &(Format, Vec<u8>)| Subtitles::parse(bytes, *format).unwrap();
        tracks.iter().flat_map(|track| parse(track).events().map(|event| event.start_ms).collect::<Vec<_>>()).collect()
    };
    let (plain, corrected) = (starts(&output(&ran)), starts(&output(&corrected)));
    assert_eq!(plain.len(), corrected.len());
    assert!(plain.iter().zip(&corrected).all(|(plain, corrected)| (plain - corrected).abs() <= 30));
}

#[test]
fn by_default_mkvmerge_shifts_subtitles_and_nothing_is_taken_out() {
    let pair = pair();
    let ran = Job::new(shipped("default.toml")).quick().sources(pair.files()).run();
    let report = ran.succeeded();
    is_same(&output(&ran), &moved(&pair, raw_delay_ms(&report).round_ties_even()));
    assert!(!ran.log().contains("mkvextract"));
    let track = &report["targets"]["Source 2"]["subtitles"]["tracks"][0];
    assert_eq!(
        (&track["is_retimed"], &track["left_alone"]),
        (&false.into(), &"mkvmerge shifts it by whole milliseconds".into())
    );
}

#[test]
fn a_sync_mode_of_a_stranger_is_swapped_in_by_one_line() {
    let example = workspace().join("examples/third-party-sync-mode");
    let plugins = build_apart(&example);
    let pair = pair();
    let jobs = [
        (Job::new(example.join("pipeline.toml")), 40.0),
        (
            Job::new(shipped("default.toml")).set("subtitles.use=acme-nudge/nudge").set("subtitles.with.extra_ms=-100"),
            -100.0,
        ),
    ];
    for (job, extra_ms) in jobs {
        let ran = job.arg("--plugins").arg(&plugins).quick().sources(pair.files()).run();
        let report = ran.succeeded();
        is_same(&output(&ran), &moved(&pair, raw_delay_ms(&report) + extra_ms));
        assert_eq!(report["targets"]["Source 2"]["subtitles"]["mode"], "nudge");
    }
    let source = std::fs::read_to_string(example.join("src/lib.rs")).unwrap();
    assert!(source.lines().count() <= 40, "an example that fits on a screen");
}
