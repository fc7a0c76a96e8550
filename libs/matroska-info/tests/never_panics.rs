//! Arbitrary bytes and arbitrary JSON are read or refused, and never crash anything.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use serde_json::{Map, Number, Value, json};
use vsg_matroska_info::{
    Media, Probe, choose_audio, container_delay_log, describe, extension, pcm_codec, relative_delays_ms, stream_of,
};

/// Does with an answer everything that can be done with one.
fn use_all(answer: &[u8]) {
    let (media, probe) = (Media::from_json(answer), Probe::from_json(answer).unwrap_or_default());
    let Ok(media) = media else { return };
    let mut texts = container_delay_log("Source 1", &media, &relative_delays_ms(&media));
    for track in &media.tracks {
        texts.push(describe(track, stream_of(track, &media, &probe)));
        texts.push(extension(track.kind, track.codec_id.as_deref().unwrap_or_default()).to_owned());
        texts.push(pcm_codec(track.bits_per_sample).to_owned());
        let choice = choose_audio(&media.tracks, track.language.as_deref());
        texts.extend(choice.and_then(|choice| choice.note()));
    }
    assert!(texts.iter().all(|text| !text.is_empty()));
    let again: Media = serde_json::from_str(&serde_json::to_string(&media).unwrap()).unwrap();
    assert_eq!(again, media, "what is stored is read back as it was");
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| Number::from_f64(number).map_or(Value::Null, Value::Number)),
        "[0-9./:x+-]{0,12}|N/A|nan|inf|\\PC{0,8}".prop_map(Value::String),
        prop_oneof![Just("audio"), Just("video"), Just("subtitles"), Just("de"), Just("pt-BR")].prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            prop::collection::vec((any_key(), inner), 0..6).prop_map(|entries| Value::Object(Map::from_iter(entries))),
        ]
    })
}

fn any_key() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "id",
        "type",
        "codec",
        "codec_id",
        "properties",
        "language",
        "language_ietf",
        "track_name",
        "minimum_timestamp",
        "audio_channels",
        "audio_sampling_frequency",
        "audio_bits_per_sample",
        "pixel_dimensions",
        "tag_duration",
        "uid",
        "recognized",
        "supported",
        "num_entries",
        "index",
        "codec_type",
        "codec_name",
        "level",
        "profile",
        "r_frame_rate",
        "bit_rate",
        "tags",
        "disposition",
        "side_data_list",
        "side_data_type",
        "other",
    ])
    .prop_map(str::to_owned)
}

/// A document with tracks and streams of which any field may be anything.
fn any_document() -> impl Strategy<Value = Value> {
    let fields = || prop::collection::vec((any_key(), any_value()), 0..8);
    let properties = (any::<u8>(), prop::sample::select(vec!["audio", "video", "subtitles", "buttons"]), fields());
    let tracks = prop::collection::vec((properties, fields()), 0..5);
    (tracks, any_value(), any_value(), any_value()).prop_map(|(tracks, container, chapters, attachments)| {
        let object = |fields: Vec<(String, Value)>| Value::Object(Map::from_iter(fields));
        let entries = tracks.into_iter().map(|((id, kind, fields), mut rest)| {
            rest.retain(|(key, _)| key != "id");
            rest.extend([
                ("id".to_owned(), id.into()),
                ("type".to_owned(), kind.into()),
                ("codec_type".to_owned(), kind.into()),
                ("properties".to_owned(), object(fields)),
            ]);
            object(rest)
        });
        let tracks: Vec<Value> = entries.collect();
        json!({ "tracks": tracks, "streams": tracks, "container": container, "chapters": chapters,
                "attachments": attachments })
    })
}

proptest! {
    #[test]
    fn bytes(bytes: Vec<u8>) {
        use_all(&bytes);
    }

    #[test]
    fn any_json(value in any_value()) {
        use_all(value.to_string().as_bytes());
    }

    #[test]
    fn documents(document in any_document()) {
        use_all(document.to_string().as_bytes());
    }

    #[test]
    fn documents_cut_short(document in any_document(), cut: prop::sample::Index) {
        let bytes = document.to_string().into_bytes();
        use_all(&bytes[..cut.index(bytes.len())]);
    }
}
