//! Subtitles whose files a sync mode changes: their timestamps and nothing else, and what a player shows of their tracks.

use crate::{
    media::{self, Pair},
    program::{Job, Ran, shipped},
    tracks::{identify, menu, output},
};
use serde_json::Value;
use std::{ffi::OsString, fs, path::Path};

/// Half a step of ASS (ms).
const HALF_A_HUNDREDTH_MS: i64 = 5;

/// The default pipeline, which writes subtitles anew.
fn raw_values(pair: &Pair, target: &Path) -> Job {
    let job = Job::new(shipped("default.toml")).quick().set("subtitles.with.use_raw_values=true");
    job.sources([pair.reference.as_path(), target])
}

/// A subtitle track as mkvextract writes it.
fn extracted(file: &Path, id: u64, folder: &Path) -> String {
    let place = folder.join(format!("{id}.text"));
    let mut argument = OsString::from(format!("{id}:"));
    argument.push(&place);
    output("mkvextract", [file.as_os_str(), "tracks".as_ref(), &argument]);
    fs::read_to_string(place).unwrap()
}

/// Subtitle tracks, in the order of a file.
fn subtitle_tracks(file: &Path) -> Vec<Value> {
    let tracks = identify(file)["tracks"].as_array().unwrap().clone();
    tracks.into_iter().filter(|track| track["type"] == "subtitles").collect()
}

/// A text with `#` for each timestamp, and the timestamps (ms).
fn parted(text: &str) -> (String, Vec<i64>) {
    let (mut rest, mut times) = (String::new(), Vec::new());
    for word in text.split_inclusive([' ', ',', '\n']) {
        // The comma of an SRT timestamp stands before its milliseconds.
        let fraction = word.trim_end_matches(['\n', ' ']);
        if rest.ends_with("#,") && fraction.len() == 3 && fraction.bytes().all(|byte| byte.is_ascii_digit()) {
            *times.last_mut().unwrap() += fraction.parse::<i64>().unwrap();
            rest.push_str(&word[3..]);
            continue;
        }
        let stamp = word.trim_end_matches([' ', ',', '\n']);
        match ms(stamp) {
            Some(ms) => {
                times.push(ms);
                rest.push('#');
                rest.push_str(&word[stamp.len()..]);
            }
            None => rest.push_str(word),
        }
    }
    (rest, times)
}

/// The time of `H:MM:SS` or `H:MM:SS.cc` (ms).
fn ms(stamp: &str) -> Option<i64> {
    let parts: Vec<&str> = stamp.split(':').collect();
    let [hours, minutes, seconds] = parts[..] else { return None };
    let seconds: f64 = seconds.parse().ok()?;
    Some((hours.parse::<i64>().ok()? * 60 + minutes.parse::<i64>().ok()?) * 60_000 + (seconds * 1000.0).round() as i64)
}

#[test]
fn a_text_is_parted_into_timestamps_and_the_rest() {
    assert_eq!(
        parted("1\n00:00:01,002 --> 00:01:02,500\nHi, you\n"),
        ("1\n#, --> #,\nHi, you\n".into(), vec![1002, 62_500])
    );
    assert_eq!(
        parted("Dialogue: 0,0:00:01.05,1:00:02.50,D,,a\n"),
        ("Dialogue: 0,#,#,D,,a\n".into(), vec![1050, 3_602_500])
    );
}

/// Frame of the reference at a time.
fn frame(ms: i64, rate_hz: f64) -> i64 {
    ((ms as f64 + 1e-6) * rate_hz / 1000.0) as i64
}

fn facts(ran: &Ran) -> Vec<Value> {
    let report = ran.succeeded();
    assert_eq!(report["status"], "merged");
    report["targets"]["Source 2"]["subtitles"]["tracks"].as_array().unwrap().clone()
}

/// Asserts that both subtitle tracks of the target are in the output with other timestamps only: moved by `shift_ms`, rounded down.
fn timestamps_alone_moved(target: &Path, ran: &Ran, shift_ms: f64, rate_hz: f64) {
    let offset_ms = shift_ms.floor() as i64;
    let (before, after) = (subtitle_tracks(target), subtitle_tracks(&ran.result(".mkv")));
    assert_eq!((before.len(), after.len()), (2, 2));
    for (before, after) in before.iter().zip(&after) {
        let codec = before["properties"]["codec_id"].as_str().unwrap();
        let text = |track: &Value, file: &Path| extracted(file, track["id"].as_u64().unwrap(), ran.folder.path());
        let (rest, times) = parted(&text(before, target));
        let (moved_rest, moved_times) = parted(&text(after, &ran.result(".mkv")));
        assert_eq!(moved_rest, rest, "{codec}");
        assert!(times.len() > 4 && times.len() == moved_times.len(), "{codec}: {times:?}");
        for (before_ms, after_ms) in times.iter().zip(&moved_times) {
            let wanted_ms = before_ms + offset_ms;
            if codec == "S_TEXT/ASS" {
                assert_eq!(frame(*after_ms, rate_hz), frame(wanted_ms, rate_hz), "{wanted_ms} ms is at {after_ms} ms");
                assert!((after_ms - wanted_ms).abs() <= 30 + HALF_A_HUNDREDTH_MS, "{wanted_ms} ms is at {after_ms} ms");
            } else {
                assert_eq!(*after_ms, wanted_ms, "{codec}");
            }
        }
    }
}

#[test]
fn raw_values_change_timestamps_and_nothing_else() {
    let pair = media::subtitled();
    let ran = raw_values(&pair, &pair.target).run();
    let facts = facts(&ran);
    // The file of the dub moves so that its sound, which starts at 40 ms there, meets that of the reference.
    let shift_ms = pair.truth.timeline_delay_ms;
    assert!(facts.iter().all(|track| (track["raw_delay_ms"].as_f64().unwrap() - shift_ms).abs() < 0.1), "{facts:#?}");
    assert!(facts.iter().all(|track| track["outcome"] == "moved"), "{facts:#?}");
    timestamps_alone_moved(&pair.target, &ran, facts[0]["raw_delay_ms"].as_f64().unwrap(), 24_000.0 / 1001.0);
    assert!(ran.log().contains("--- Time-Based Raw Sync Report ---"), "{}", ran.log());

    let by_muxer = Job::new(shipped("default.toml")).quick().sources(pair.files()).run();
    assert_eq!(menu(&ran.result(".mkv")), menu(&by_muxer.result(".mkv")));
    assert!(by_muxer.log().contains("[Subtitles] Source 2: 2 track(s) move when they are muxed (time-based)"));
}

#[test]
fn subtitles_move_with_the_global_shift_and_keep_what_their_source_says_of_them() {
    let pair = media::subtitled();
    // The dub is the reference now, so the other plays too late, and everything moves.
    let job = Job::new(shipped("default.toml")).quick().set("subtitles.with.use_raw_values=true");
    let target = job.path("subtitled.mkv");
    output(
        "mkvmerge",
        [
            "-o".as_ref(),
            target.as_os_str(),
            "-S".as_ref(),
            pair.reference.as_os_str(),
            "-A".as_ref(),
            "-D".as_ref(),
            pair.target.as_os_str(),
        ],
    );
    let edits =
        ["--edit", "track:s1", "--set", "language-ietf=pt-BR", "--set", "flag-commentary=1", "--set", "flag-enabled=0"];
    output("mkvpropedit", [target.as_os_str()].into_iter().chain(edits.map(AsRef::as_ref)));
    let ran = job.sources([&pair.target, &target]).run();
    let shift_ms = facts(&ran)[0]["raw_delay_ms"].as_f64().unwrap();
    let global_ms = ran.report()["delays"]["global_shift_ms"].as_f64().unwrap();
    assert!(
        global_ms > 500.0 && (shift_ms - (global_ms - pair.truth.timeline_delay_ms)).abs() < 0.1,
        "{shift_ms} {global_ms}"
    );

    let output = ran.result(".mkv");
    let tracks = subtitle_tracks(&output);
    let (before, after) = (&subtitle_tracks(&target)[0]["properties"], &tracks[2]["properties"]);
    for property in ["language_ietf", "flag_commentary", "enabled_track", "track_name", "codec_private_data"] {
        assert_eq!(before[property], after[property], "{property}");
    }
    assert_eq!((&after["language_ietf"], &after["flag_commentary"]), (&"pt-BR".into(), &true.into()));
    let time = |file: &Path, track: &Value| {
        let text = extracted(file, track["id"].as_u64().unwrap(), ran.folder.path());
        parted(&text).1[0]
    };
    let moved_ms = time(&output, &tracks[3]) - time(&target, &subtitle_tracks(&target)[1]);
    assert_eq!(moved_ms, shift_ms.floor() as i64);
}
