//! The main job on generated pairs: delays against the truth, sync and bytes of the output.

use crate::{
    media::{self, Pair},
    program::{Job, Ran, shipped},
    tracks::{Packet, attachments, chapters, container_delay_ms, identify, menu, packets},
};
use serde_json::Value;
use std::path::Path;
use vsg_sample_media::{Release, Tools, decoded_offset};

/// Half a sample at 48 kHz (ms).
const HALF_A_SAMPLE_MS: f64 = 0.011;
/// What whole milliseconds of delay and of timestamps can cost (ms).
const RESIDUAL_MS: f64 = 0.6;
/// How far timestamps can be off that were rounded in the source, and again in the output with what was added (ms).
const ROUNDED_TWICE_MS: f64 = 1.5;

/// The main job with fewer and shorter windows than by default, because that is quicker.
fn merge(pair: &Pair) -> Ran {
    let job = Job::new(shipped("default.toml")).set("correlate.with.windows=6").set("correlate.with.window_s=10");
    job.sources(pair.files()).run()
}

/// Asserts that everything of the output is as it should be, whatever the pair; gives the report.
fn is_right(pair: &Pair, ran: &Ran) -> Value {
    let report = ran.succeeded();
    assert_eq!(report["status"], "merged");
    nothing_to_look_at(&report);
    delays_are_true(pair, &report);
    let output = ran.result(".mkv");
    assert_eq!(report["output"], output.canonicalize().unwrap().to_str().unwrap());
    let shift_ms = report["delays"]["global_shift_ms"].as_f64().unwrap();
    reference_is_untouched(&pair.reference, &output, shift_ms);
    target_is_in_sync(pair, &output);
    report
}

/// There is no issue, but that releases which are made alike have tracks of the same unique number.
fn nothing_to_look_at(report: &Value) {
    let issues = report["issues"].as_array().unwrap();
    let others: Vec<&Value> = issues.iter().filter(|issue| !issue.to_string().contains("track's UID")).collect();
    assert_eq!(others, [&Value::Null; 0]);
}

fn delays_are_true(pair: &Pair, report: &Value) {
    let selected_ms = report["targets"]["Source 2"]["selection"]["raw_ms"].as_f64().unwrap();
    let error_ms = selected_ms - pair.truth.delay_ms;
    assert!(error_ms.abs() <= HALF_A_SAMPLE_MS, "{selected_ms} ms measured, {:?}", pair.truth);
    let delays = &report["delays"];
    let raw_ms = delays["raw_source_delays_ms"]["Source 2"].as_f64().unwrap();
    let shift_ms = delays["raw_global_shift_ms"].as_f64().unwrap();
    let wanted_ms = pair.truth.delay_ms + container_delay_ms(&pair.reference) + shift_ms;
    assert!((raw_ms - wanted_ms).abs() <= HALF_A_SAMPLE_MS, "{raw_ms} ms in the report, {wanted_ms} ms wanted");
    let rounded_ms = delays["source_delays_ms"]["Source 2"].as_f64().unwrap();
    assert!((rounded_ms - raw_ms).abs() <= 1.0 && rounded_ms >= 0.0, "{rounded_ms} for {raw_ms}");
}

/// Every packet of every track of the reference is in the output with its bytes, and its time plus the shift of all.
fn reference_is_untouched(reference: &Path, output: &Path, shift_ms: f64) {
    let tracks = identify(reference)["tracks"].as_array().unwrap().clone();
    // Only a Matroska file has timestamps that mkvmerge keeps as they are.
    let is_matroska = reference.extension().is_some_and(|extension| extension == "mkv");
    let mut wanted_ms = is_matroska.then_some(shift_ms);
    for (letter, kind) in [("v", "video"), ("a", "audio"), ("s", "subtitles")] {
        for index in 0..tracks.iter().filter(|track| track["type"] == kind).count() {
            let stream = format!("{letter}:{index}");
            let (before, after) = (packets(reference, &stream), packets(output, &stream));
            assert!(!before.is_empty(), "{stream}");
            let hashes = |packets: &[Packet]| packets.iter().map(|packet| packet.hash.clone()).collect::<Vec<_>>();
            assert_eq!(hashes(&before), hashes(&after), "{stream} is not byte-identical");
            for (before, after) in before.iter().zip(&after) {
                let moved_ms = after.pts_ms - before.pts_ms;
                let wanted_ms = *wanted_ms.get_or_insert(moved_ms);
                assert!(
                    (moved_ms - wanted_ms).abs() <= ROUNDED_TWICE_MS,
                    "{stream} moved by {moved_ms} ms, not {wanted_ms}"
                );
            }
        }
    }
}

/// Where both soundtracks lie in the output, by a measurement that shares nothing with the program.
fn target_is_in_sync(pair: &Pair, output: &Path) {
    let (reference, target) = &pair.releases;
    let second = reference.audio.len();
    let mut audio = reference.audio.clone();
    audio.push(target.audio[0].clone());
    let late_ms = |of: &Release, track: usize| {
        let described = Release { audio: audio.clone(), delay_ms: of.delay_ms, ..of.clone() };
        let found = decoded_offset(&described, output, track, &Tools::default()).unwrap();
        found.offset_ms + found.first_timestamp_ms - of.delay_ms
    };
    let residual_ms = late_ms(target, second) - late_ms(reference, 0);
    assert!(residual_ms.abs() <= RESIDUAL_MS, "the target is {residual_ms:+.3} ms late; {:?}", pair.truth);
}

#[test]
fn a_dub_is_put_in_sync_and_everything_of_the_reference_is_kept() {
    let pair = media::dub();
    let ran = Job::new(shipped("default.toml")).sources(pair.files()).run();
    let report = is_right(&pair, &ran);
    assert_eq!(report["delays"]["global_shift_ms"], 0);
    let output = ran.result(".mkv");

    let (reference, mut target) = (menu(&pair.reference), menu(&pair.target));
    target.iter_mut().for_each(|track| track.3 = false);
    let of = |tracks: &[(String, String, String, bool, bool)], kind: &str| -> Vec<_> {
        tracks.iter().filter(|track| track.0 == kind).cloned().collect()
    };
    let wanted: Vec<_> = [
        of(&reference, "video"),
        of(&reference, "audio"),
        of(&target, "audio"),
        of(&reference, "subtitles"),
        of(&target, "subtitles"),
    ]
    .concat();
    assert_eq!(menu(&output), wanted);
    assert_eq!(menu(&output)[3].2, "Synchronfassung");
    assert_eq!(chapters(&output), chapters(&pair.reference));
    assert_eq!(attachments(&output), ["letters.ttf", "about.txt"]);
    assert_eq!(identify(&output)["container"]["properties"]["title"], "A film");
    subtitles_of_the_target_move_with_its_sound(&pair, &output);
}

fn subtitles_of_the_target_move_with_its_sound(pair: &Pair, output: &Path) {
    let (before, after) = (packets(&pair.target, "s:0"), packets(output, "s:2"));
    assert_eq!(before.len(), after.len());
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(before.hash, after.hash);
        let moved_ms = after.pts_ms - before.pts_ms;
        assert!((moved_ms - pair.truth.timeline_delay_ms).abs() <= RESIDUAL_MS, "{moved_ms} ms");
    }
}

#[test]
fn a_target_that_plays_too_late_shifts_everything_else() {
    let pair = media::late();
    let ran = merge(&pair);
    let report = is_right(&pair, &ran);
    let shift_ms = report["delays"]["global_shift_ms"].as_f64().unwrap();
    assert!(shift_ms > 700.0, "{report:#}");
    let moved: Vec<f64> = chapters(&ran.result(".mkv"))
        .iter()
        .zip(&chapters(&pair.reference))
        .map(|(after, before)| after.0 - before.0)
        .collect();
    assert!(moved.len() > 1 && moved.iter().all(|ms| (ms - shift_ms).abs() < 0.01), "chapters moved by {moved:?} ms");
    let title = &identify(&ran.result(".mkv"))["container"]["properties"]["title"];
    assert!(title.is_null(), "the reference has no title: {title}");
}

#[test]
fn sample_rates_may_differ() {
    let pair = media::other_rate();
    is_right(&pair, &merge(&pair));
}

#[test]
fn a_target_may_be_an_mp4_file() {
    let pair = media::mp4_target();
    let ran = merge(&pair);
    is_right(&pair, &ran);
    let tracks = menu(&ran.result(".mkv"));
    let defaults: Vec<bool> = tracks.iter().filter(|track| track.0 == "audio").map(|track| track.3).collect();
    assert_eq!(defaults, [true, false], "mkvmerge would make both default");
}

#[test]
fn a_reference_may_be_an_mp4_file() {
    let pair = media::mp4_reference();
    is_right(&pair, &merge(&pair));
}

#[test]
fn delays_of_containers_are_kept_and_taken_into_account() {
    let pair = media::container_delays();
    let report = is_right(&pair, &merge(&pair));
    assert_eq!(container_delay_ms(&pair.reference), 250.0, "{report:#}");
}

#[test]
fn a_reference_alone_is_remuxed() {
    let pair = media::small();
    let ran = Job::new(shipped("default.toml")).sources([&pair.reference]).run();
    assert_eq!(ran.succeeded()["status"], "merged");
    reference_is_untouched(&pair.reference, &ran.result(".mkv"), 0.0);
}

#[test]
fn a_file_against_itself_has_no_delay() {
    let pair = media::small();
    let ran = Job::new(shipped("analyze.toml")).quick().sources([&pair.target, &pair.target]).run();
    let report = ran.succeeded();
    let raw_ms = report["delays"]["raw_source_delays_ms"]["Source 2"].as_f64().unwrap();
    assert!(raw_ms.abs() < 1e-6, "{raw_ms}");
}

#[test]
fn several_targets_each_get_their_own_delay() {
    let (pair, late) = (media::small(), media::late());
    let job = Job::new(shipped("analyze.toml")).set("correlate.with.windows=5").set("correlate.with.window_s=8");
    let ran = job.sources([&pair.reference, &pair.target, &late.target]).run();
    let report = ran.succeeded();
    let selected = |source: &str| report["targets"][source]["selection"]["raw_ms"].as_f64().unwrap();
    assert!((selected("Source 2") - pair.truth.delay_ms).abs() <= HALF_A_SAMPLE_MS, "{report:#}");
    assert!((selected("Source 3") + 731.29).abs() < 60.0, "{report:#}");
    let delays = &report["delays"]["source_delays_ms"];
    assert_eq!(delays["Source 3"], 0, "{delays}");
}
