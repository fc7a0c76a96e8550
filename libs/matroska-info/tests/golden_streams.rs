//! Language codes and the choice of the audio track against the reference program (`analysis/streams.json`).
//!
//! The reference program compares codes as text, so a German track tagged `ger` is not found as `de` or `deu`, and
//! the first track is taken. There we differ on purpose, and only there.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod golden;

use golden::media;
use golden_reader::{json, list, path, text};
use serde_json::{Value, json as object};
use vsg_matroska_info::{Matched, Media, choose_audio, is_same_language, normalise_language};

#[test]
fn the_table_equals_the_reference() {
    let document = json("analysis/streams.json");
    for (two, three) in document["table"].as_object().unwrap() {
        assert_eq!(normalise_language(Some(two)).as_deref(), three.as_str(), "{two}");
    }
    for (code, normal) in document["normalise"].as_object().unwrap() {
        // Keys are written as Python shows a value: 'text' or None.
        let code = code.strip_prefix('\'').and_then(|code| code.strip_suffix('\''));
        assert_eq!(normalise_language(code).as_deref(), normal.as_str(), "{code:?}");
    }
}

fn check_choices(media: &Media, cases: &[Value]) {
    for case in cases {
        let language = case["lang"].as_str();
        let choice = choose_audio(&media.tracks, language);
        let ours = choice.as_ref().map(|choice| [choice.position as u64, choice.track_id]);
        let expected = list(&case["index_and_track"]);
        let reference = expected[0].as_u64().map(|index| [index, expected[1].as_u64().unwrap()]);
        if ours == reference {
            continue;
        }
        let choice = choice.unwrap();
        let track = media.track(choice.track_id).unwrap();
        assert_eq!(reference.unwrap()[0], 0, "the reference found its track by text: {case}");
        assert_eq!(choice.matched, Matched::Language, "{case}");
        assert!(is_same_language(track.language_or_und(), language.unwrap()), "{case}");
        assert_ne!(normalise_language(track.language.as_deref()), normalise_language(language), "{case}");
    }
}

#[test]
fn choices_equal_the_reference_or_find_an_equivalent_code() {
    let document = json("analysis/streams.json");
    check_choices(&media(&object!({ "tracks": document["tracks"] })), list(&document["select"]));
}

#[test]
fn a_german_track_is_found_by_any_code() {
    let document = json("analysis/streams.json");
    let media = media(&object!({ "tracks": document["tracks"] }));
    for code in ["de", "deu", "ger"] {
        assert_eq!(choose_audio(&media.tracks, Some(code)).unwrap().track_id, 5, "{code}");
    }
}

#[test]
fn without_an_answer_or_audio_there_is_no_choice() {
    for answer in ["", "not json", "{}"] {
        assert!(Media::from_json(answer.as_bytes()).is_err());
    }
    let silent = Media::from_json(br#"{"tracks": [{"id": 0, "type": "video"}]}"#).unwrap();
    assert_eq!(choose_audio(&silent.tracks, None), None);
}

/// Needs mkvmerge, because the golden data holds the file and not what mkvmerge says about it.
#[test]
fn choices_in_a_real_file_equal_the_reference() {
    let document = json("analysis/streams.json");
    let file = path("analysis").join(text(&document["real_file"]));
    let Ok(answer) = std::process::Command::new("mkvmerge").arg("-J").arg(&file).output() else {
        eprintln!("skipped: mkvmerge is not installed");
        return;
    };
    let media = Media::from_json(&answer.stdout).unwrap();
    check_choices(&media, list(&document["real_select"]));
    for expected in list(&document["real_container_delays"]) {
        let track = media.track(expected["id"].as_u64().unwrap()).unwrap();
        assert_eq!(track.kind.name(), expected["type"]);
        assert_eq!(track.language_or_und(), expected["language"]);
        assert_eq!(track.minimum_timestamp_ns, expected["minimum_timestamp"].as_i64());
        assert_eq!(vsg_matroska_info::container_delay_ms(track), expected["container_delay_ms"].as_i64().unwrap());
    }
}
