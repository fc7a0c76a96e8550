//! Whatever arrives as a value, reading it gives data or an error, never a panic. `PROPTEST_CASES=1000000` looks longer.
#![allow(clippy::unwrap_used, reason = "tests")]

use proptest::prelude::*;
use serde_json::json;
use std::collections::BTreeMap;
use vsg_plugin_api::{
    Error, Filter, Result,
    abi::RawValue,
    kinds::{
        Audio, AudioFilter, AudioHeader, Correlation, Delay, Delays, Layout, LayoutTrack, Media, MediaTrack, Output,
        SourceDelay, SourceFile, Track, TrackData, TrackType, Tracks, Window,
    },
    prelude::{Blob, Data, Value},
};

/// A good value of each kind.
fn good() -> Vec<Value> {
    let header = AudioHeader {
        source: "Source 1".into(),
        track_id: 1,
        sample_rate_hz: 48_000,
        samples: 4,
        start_ms: 0.0,
        stem: None,
        filters: vec![
            AudioFilter {
                description: "sections".into(),
                pass_band_hz: (300.0, 3400.0),
                filter: Filter::Sections(vec![[0.2, 0.0, -0.2, 1.0, -1.2, 0.5]]),
            },
            AudioFilter {
                description: "taps".into(),
                pass_band_hz: (0.0, 4000.0),
                filter: Filter::Fir(vec![0.5, 0.25, 0.25]),
            },
        ],
    };
    let window = Window {
        number: 1,
        start_s: 10.5,
        delay_ms: 1250.57,
        match_pct: 80.0,
        peak_ratio: Some(3.0),
        runner_up_ms: None,
        accepted: true,
        rejected_because: None,
        ..Window::default()
    };
    let correlation = Correlation {
        source: "Source 2".into(),
        track_id: 1,
        reference_track_id: 1,
        method: "phat".into(),
        start_ms: 0.0,
        reference_start_ms: 0.0,
        reference_duration_s: 100.0,
        planned: 10,
        min_match_pct: 5.0,
        windows: vec![window],
        ..Correlation::default()
    };
    let delay = Delay {
        source: "Source 2".into(),
        rounded_ms: 1251,
        raw_ms: 1250.57,
        label: "median".into(),
        accepted: 1,
        measured: 1,
        start_ms: 0.0,
        reference_start_ms: 0.0,
        reference_track_id: 1,
        ..Delay::default()
    };
    let delays = Delays {
        sources: BTreeMap::from([("Source 2".into(), SourceDelay::of_raw(1.5))]),
        file_shift_ms: BTreeMap::from([("Source 2".into(), 1.5)]),
        ..Delays::default()
    };
    let media = Media { source: "Source 1".into(), tracks: vec![MediaTrack::default()], ..Media::default() };
    let layout = Layout { tracks: vec![LayoutTrack::default()], ..Layout::default() };
    let track = Track {
        id: 0,
        kind: TrackType::Audio,
        codec_id: "A_AC3".into(),
        data: TrackData::File("a.ac3".into()),
        container_delay_ms: 0,
        mux_offset_ms: 0.0,
        aspect_ratio: None,
        stepping_adjusted: false,
        frame_adjusted: false,
    };
    let tracks = Tracks { source: "Source 2".into(), path: "b.mkv".into(), tracks: vec![track] };
    vec![
        Audio::new(header, Blob::from_bytes(&[0; 16])).unwrap().into_value().unwrap(),
        correlation.into_value().unwrap(),
        delay.into_value().unwrap(),
        delays.into_value().unwrap(),
        media.into_value().unwrap(),
        layout.into_value().unwrap(),
        tracks.into_value().unwrap(),
        Output { path: "a.mkv".into(), tokens: vec!["-o".into()] }.into_value().unwrap(),
        SourceFile { source: "Source 1".into(), path: "a.mkv".into() }.into_value().unwrap(),
    ]
}

/// Reads a value as what its kind says, and does with it what stages do.
fn read(value: &Value) -> Result<()> {
    match value.kind.as_str() {
        Audio::KIND => {
            let audio = Audio::from_value(value)?;
            let _ = (audio.duration_s(), audio.pass_band_hz(), audio.is_empty());
            for range in [0..audio.len(), 0..0, audio.len()..audio.len() + 1, 1..2] {
                if let Ok(samples) = audio.samples(range.clone()) {
                    assert_eq!(samples.len(), range.len());
                }
            }
            Ok(())
        }
        Correlation::KIND => {
            let _: Vec<i64> = Correlation::from_value(value)?.windows.iter().map(Window::rounded_ms).collect();
            Ok(())
        }
        Delay::KIND => Delay::from_value(value).map(drop),
        Delays::KIND => Delays::from_value(value).map(drop),
        Media::KIND => {
            // It comes to an end without a panic, whatever the numbers are.
            Media::from_value(value).map(|media| {
                std::hint::black_box(media.video_delay_ms());
            })
        }
        Layout::KIND => Layout::from_value(value).map(|layout| assert!(!layout.has_audio_of("no source"))),
        Tracks::KIND => Tracks::from_value(value).map(drop),
        Output::KIND => Output::from_value(value).map(drop),
        SourceFile::KIND => SourceFile::from_value(value).map(drop),
        other => Err(Error::new(format!("no kind {other}"))),
    }
}

fn anything() -> impl Strategy<Value = serde_json::Value> {
    let number = prop_oneof![
        Just(json!(0)),
        Just(json!(-1)),
        Just(json!(u64::MAX)),
        Just(json!(i64::MIN)),
        Just(json!(1e308)),
        Just(json!(-1e-308)),
        any::<i64>().prop_map(|n| json!(n)),
        any::<f64>().prop_map(|n| json!(n)),
    ];
    let plain =
        prop_oneof![Just(json!(null)), any::<bool>().prop_map(|b| json!(b)), number, ".{0,8}".prop_map(|s| json!(s))];
    plain.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(|items| json!(items)),
            proptest::collection::btree_map("[a-z_]{1,8}", inner, 0..4).prop_map(|fields| json!(fields)),
        ]
    })
}

/// Puts `new` at a place of `value` that `choice` leads to, or takes away what is there.
fn change(value: &mut serde_json::Value, choice: u32, new: Option<serde_json::Value>) {
    let (digit, rest) = (choice as usize % 8, choice / 8);
    let inner = match value {
        serde_json::Value::Object(fields) if !fields.is_empty() && rest > 0 => {
            let key = fields.keys().nth(digit % fields.len()).unwrap().clone();
            if rest < 8 && new.is_none() {
                fields.remove(&key);
                return;
            }
            fields.get_mut(&key)
        }
        serde_json::Value::Array(items) if !items.is_empty() && rest > 0 => {
            let index = digit % items.len();
            items.get_mut(index)
        }
        _ => None,
    };
    match inner {
        Some(inner) => change(inner, rest, new),
        None => *value = new.unwrap_or_default(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_damaged_value_is_data_or_an_error(
        kind in 0..9_usize,
        changes in proptest::collection::vec((any::<u32>(), proptest::option::of(anything())), 0..4),
        blob in proptest::option::of(proptest::collection::vec(any::<u8>(), 0..40)),
    ) {
        let mut value = good().swap_remove(kind);
        changes.into_iter().for_each(|(choice, new)| change(&mut value.header, choice, new));
        if let Some(bytes) = blob {
            value.blob = Blob::from_bytes(&bytes);
        }
        // Either is fine; what counts is that it comes to an end.
        let _ = read(&value);
    }

    #[test]
    fn a_header_is_json_or_an_error(kind in ".{0,12}", header in "[\\[\\]{}\",:0-9eE.\\-truefalsn\\\\ \u{0}é]{0,40}") {
        let raw = RawValue { kind: kind.as_str().into(), header: header.as_str().into(), blob: Blob::empty() };
        let is_json = serde_json::from_str::<serde_json::Value>(&header).is_ok();
        prop_assert_eq!(Value::from_raw(raw).is_ok(), is_json);
    }
}

#[test]
fn good_values_are_read() {
    for value in good() {
        read(&value).unwrap();
    }
}

#[test]
fn audio_that_can_not_be_is_refused() {
    let with = |field: &str, new: serde_json::Value| {
        let mut value = good().swap_remove(0);
        value.header[field] = new;
        read(&value)
    };
    assert!(with("samples", json!(u64::MAX)).is_err());
    assert!(with("samples", json!(u64::MAX / 4 + 2)).is_err(), "four times that is four in 64 bits");
    assert!(with("sample_rate_hz", json!(0)).is_err());
    assert!(with("sample_rate_hz", json!(44_100)).is_ok());
}
