//! Files whose tracks do not all begin at one time: broadcasts that begin anywhere, tracks that start late.

use crate::{
    media,
    program::{Job, shipped},
    tracks::{output, packets},
};
use std::{fs, path::Path};

/// Copies what ffmpeg reads into another container.
fn copied(arguments: &[&str], inputs: &[&Path], place: &Path) {
    let mut words: Vec<&std::ffi::OsStr> = ["-v", "error", "-y"].map(AsRef::as_ref).to_vec();
    for input in inputs {
        words.extend(["-i".as_ref(), input.as_os_str()]);
    }
    words.extend(arguments.iter().map(|word| -> &std::ffi::OsStr { word.as_ref() }));
    words.push(place.as_os_str());
    output("ffmpeg", words);
}

#[test]
fn a_broadcast_that_begins_between_whole_pictures_keeps_picture_and_sound_together() {
    let pair = media::small();
    let job = Job::new(shipped("default.toml")).quick();
    let (whole, cut) = (job.path("whole.ts"), job.path("film.ts"));
    let encoded =
        ["-c:v", "libx264", "-g", "120", "-sc_threshold", "0", "-bf", "0", "-preset", "ultrafast", "-c:a", "copy"];
    copied(&encoded, &[&pair.reference], &whole);
    let bytes = fs::read(&whole).unwrap();
    // Packets of a transport stream have 188 bytes; the first tenth ends somewhere between two pictures that stand alone.
    fs::write(&cut, &bytes[bytes.len() / 188 / 10 * 188..]).unwrap();

    let ran = job.sources([&cut, &pair.target]).run();
    ran.succeeded();
    let first_ms = |file: &Path, stream: &str, key_only: bool| {
        let packets = packets(file, stream);
        packets.iter().find(|packet| !key_only || packet.is_key).unwrap().pts_ms
    };
    let apart_ms = first_ms(&cut, "v:0", true) - first_ms(&cut, "a:0", false);
    let output = ran.result(".mkv");
    let found_ms = first_ms(&output, "v:0", true) - first_ms(&output, "a:0", false);
    assert!(apart_ms > 1000.0, "the sound begins before the first picture that stands alone: {apart_ms} ms");
    assert!((found_ms - apart_ms).abs() <= 1.5, "{found_ms} ms apart instead of {apart_ms} ms");
}

#[test]
fn nothing_of_a_targets_other_audio_is_cut_off() {
    let pair = media::small();
    let job = Job::new(shipped("default.toml")).quick();
    let (sound, target) = (job.path("sound.mka"), job.path("target.mkv"));
    copied(&["-map", "0:a:0", "-c", "copy"], &[&pair.target], &sound);
    // The track that is measured starts at 3 s, another one at 0.
    let late = job.path("late.mka");
    copied(&["-c", "copy", "-output_ts_offset", "3"], &[&sound], &late);
    copied(&["-copyts", "-map", "0:a", "-map", "1:a", "-c", "copy"], &[&late, &sound], &target);

    let ran = job.sources([&pair.reference, &target]).run();
    let report = ran.succeeded();
    let shift_ms = report["delays"]["global_shift_ms"].as_f64().unwrap();
    assert!((shift_ms - (3000.0 - pair.truth.delay_ms)).abs() < 30.0, "{report:#}");
    for (of_target, of_output) in [("a:0", "a:1"), ("a:1", "a:2")] {
        let (before, after) = (packets(&target, of_target), packets(&ran.result(".mkv"), of_output));
        assert_eq!(before.len(), after.len(), "{of_target}");
    }
}

#[test]
fn one_lost_packet_is_a_gap() {
    let pair = media::small();
    let job = Job::new(shipped("analyze.toml")).quick();
    let target = job.path("target.mkv");
    let lossy = ["-map", "0", "-c", "copy", "-bsf:a", "noise=amount=0:drop='eq(n,100)'"];
    copied(&lossy, &[&pair.target], &target);
    let report = job.sources([&pair.reference, &target]).run().succeeded();
    // Of AC-3 a packet is 32 ms.
    let found_ms = report["targets"]["Source 2"]["selection"]["raw_ms"].as_f64().unwrap();
    assert!((found_ms - pair.truth.delay_ms).abs() <= 0.011, "{found_ms} ms instead of {} ms", pair.truth.delay_ms);
}

#[test]
fn an_mp4_file_whose_list_of_edits_leaves_out_the_beginning_is_put_in_sync() {
    let pair = media::small();
    let job = Job::new(shipped("default.toml")).quick();
    let target = job.path("target.mp4");
    let words = ["-v", "error", "-ss", "1.7", "-i"].map(std::ffi::OsStr::new);
    let rest = ["-map", "0", "-c", "copy"].map(std::ffi::OsStr::new);
    let files = [pair.target.as_os_str(), target.as_os_str()];
    output("ffmpeg", words.into_iter().chain([files[0]]).chain(rest).chain([files[1]]));

    let ran = job.sources([&pair.reference, &target]).run();
    let report = ran.succeeded();
    let shift_ms = report["delays"]["global_shift_ms"].as_f64().unwrap();
    // The same packet of the target, where it is and where it should be.
    let found = packets(&ran.result(".mkv"), "a:1");
    let original = packets(&pair.target, "a:0");
    let (before, after) = original
        .iter()
        .find_map(|packet| Some((packet, found.iter().find(|other| other.hash == packet.hash)?)))
        .unwrap();
    let moved_ms = after.pts_ms - before.pts_ms - shift_ms;
    assert!((moved_ms - pair.truth.timeline_delay_ms).abs() <= 1.0, "{moved_ms} ms, {:?}", pair.truth);
}
