//! Extensions, PCM names and descriptions of tracks against the reference program (`mux/extraction.json`).
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod golden;

use golden::{media, stream, track};
use golden_reader::{bytes, json, list, text};
use serde_json::{Value, json as object};
use vsg_matroska_info::{Probe, TrackKind, describe, extension, pcm_codec, pcm_detail, reference_extension, stream_of};

#[test]
fn extensions_equal_the_reference_and_ours_only_replace_the_vague_ones() {
    for case in list(&json("mux/extraction.json")["ext_for_codec"]) {
        let (kind, codec_id) = (TrackKind::parse(text(&case[0])), case[1].as_str().unwrap_or_default());
        let reference = reference_extension(kind, codec_id);
        assert_eq!(reference, text(&case[2]), "{case}");
        let ours = extension(kind, codec_id);
        assert!(ours == reference || ["bin", "sub"].contains(&reference), "{case}");
    }
}

#[test]
fn pcm_names_equal_the_reference() {
    let document = json("mux/extraction.json");
    for case in list(&document["pcm_codec_from_bit_depth"]) {
        let properties = object!({ "audio_bits_per_sample": case[0] });
        let track = track(object!({ "type": "audio", "properties": properties }));
        assert_eq!(pcm_codec(track.bits_per_sample), text(&case[1]), "{case}");
    }
    for case in list(&document["parse_pcm_codec_name"]) {
        assert_eq!(pcm_detail(text(&case[0])).as_deref(), case[1].as_str(), "{case}");
    }
}

#[test]
fn descriptions_equal_the_reference() {
    for case in list(&json("mux/extraction.json")["descriptions"]) {
        let stream = stream(&case["track"]["ffprobe_info"]);
        assert_eq!(describe(&track(case["track"].clone()), stream.as_ref()), text(&case["description"]));
    }
}

#[test]
fn the_track_list_of_whole_files_equals_the_reference() {
    for case in list(&json("mux/extraction.json")["dialog"]) {
        for (source, records) in case["result"].as_object().unwrap() {
            let media = media(&case["mkvmerge_documents"][source]);
            let answer = bytes(&format!("mux/{}", text(&case["ffprobe_documents"][source])));
            let probe = Probe::from_json(&answer).unwrap();
            let ours: Vec<Value> = media
                .tracks
                .iter()
                .map(|track| {
                    object!({
                        "source": source,
                        "original_path": case["sources"][source],
                        "id": track.id,
                        "type": track.kind.name(),
                        "codec_id": track.codec_id.as_deref().unwrap_or("N/A"),
                        "lang": track.language_or_und(),
                        "name": track.name.as_deref().unwrap_or_default(),
                        "description": describe(track, stream_of(track, &media, &probe)),
                    })
                })
                .collect();
            assert_eq!(&ours, list(records), "{source}");
        }
    }
}
