//! The command lines of the reference program, for tracks in files of their own. They are read from the folder that
//! `VSG_GOLDEN` names, or from the project's own copy.

use crate::{
    delay::{Timeline, sync_ms},
    item::{self, Bytes, Item},
    options::{self, Settings},
    options_file,
};
use serde_json::Value;
use std::path::PathBuf;
use vsg_plugin_api::prelude::*;

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn strings(value: &Value) -> Vec<String> {
    list(value).iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

/// A text; what the reference program leaves empty is not set here.
fn text(value: &Value) -> Option<String> {
    value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

fn flag(value: &Value) -> bool {
    value.as_bool().unwrap_or_default()
}

/// A number of milliseconds. The reference program rounds where it uses a delay; here the delays of a job are whole from
/// where they are made, rounded the same way.
fn whole_ms(value: &Value) -> i64 {
    value.as_f64().unwrap_or_default().round_ties_even() as i64
}

fn delays(case: &Value) -> Delays {
    let delays = &case["delays"];
    let whole = |(source, ms): (&String, &Value)| (source.clone(), SourceDelay::of_raw(whole_ms(ms) as f64));
    Delays {
        sources: delays["source_delays_ms"]
            .as_object()
            .map_or_else(Default::default, |map| map.iter().map(whole).collect()),
        global_shift: GlobalShift::new(SourceDelay::of_raw(whole_ms(&delays["global_shift_ms"]) as f64)).unwrap(),
        ..Delays::default()
    }
}

fn settings(case: &Value) -> Settings {
    let given = |key: &str, default: bool| case["settings"].get(key).map_or(default, flag);
    Settings {
        chapters: text(&case["chapters_xml"]).map(PathBuf::from),
        attachments: strings(&case["attachments"]).into_iter().map(PathBuf::from).collect(),
        disable_track_statistics_tags: given("disable_track_statistics_tags", false),
        disable_header_compression: given("disable_header_compression", true),
        remove_dialog_normalization_gain: given("apply_dialog_norm_gain", false),
    }
}

fn kind(item: &Value) -> TrackType {
    serde_json::from_value(item["type"].clone()).unwrap()
}

fn item(item: &Value) -> Item {
    Item {
        source: text(&item["source"]).unwrap(),
        id: item["id"].as_u64().unwrap(),
        kind: kind(item),
        codec_id: text(&item["codec_id"]).unwrap_or_default(),
        language: text(&item["lang"]).unwrap_or_default(),
        name: text(&item["name"]).unwrap_or_default(),
        keeps_name: flag(&item["apply_track_name"]),
        custom_language: text(&item["custom_lang"]),
        custom_name: text(&item["custom_name"]),
        default: flag(&item["is_default"]),
        forced: flag(&item["is_forced_display"]),
        other_flags: Vec::new(),
        is_preserved: flag(&item["is_preserved"]),
        bytes: Bytes::Own(text(&item["extracted_path"]).unwrap().into()),
        container_delay_ms: item["container_delay_ms"].as_f64().unwrap_or_default(),
        aspect_ratio: text(&item["aspect_ratio"]),
        is_adjusted: flag(&item["stepping_adjusted"]) || flag(&item["frame_adjusted"]),
        sync_to: text(&item["sync_to"]),
    }
}

#[test]
fn command_lines_equal_the_reference_program() {
    let cases = golden_reader::json("mux/tokens.json");
    let complete = list(&cases).iter().filter(|case| case.get("error").is_none());
    for case in complete.clone() {
        let name = &case["name"];
        let (items, delays): (Vec<Item>, Delays) = (list(&case["items"]).iter().map(item).collect(), delays(case));
        let timeline = Timeline::of(&items, "Source 1");
        let sync: Vec<i64> = items.iter().map(|item| sync_ms(item, &delays, &timeline)).collect();
        assert_eq!(Value::from(sync), case["effective_delay_ms"], "{name}");

        let mut tokens = options::tokens(&item::in_final_order(items), &[], &delays, &settings(case)).unwrap();
        assert_eq!(tokens, strings(&case["tokens"]), "{name}");
        let output = text(&case["output"]).unwrap_or_else(|| "/job/work/temp_out.mkv".into());
        tokens.splice(0..0, ["--output".into(), output]);
        assert_eq!(options_file::json(&tokens).unwrap(), case["options_json"].as_str().unwrap(), "{name}");
        let messages = options_file::log_messages(&tokens).unwrap();
        assert_eq!(messages[0], case["options_log_json"].as_str().unwrap(), "{name}");
        assert_eq!(messages[1], case["options_log_pretty"].as_str().unwrap(), "{name}");
    }
    assert!(complete.count() >= 30);
}

#[test]
fn a_track_without_a_file_is_an_error() {
    let cases = golden_reader::json("mux/tokens.json");
    let broken: Vec<&Value> = list(&cases).iter().filter(|case| case.get("error").is_some()).collect();
    assert!(!broken.is_empty());
    for case in broken {
        let (present, missing): (Vec<&Value>, Vec<&Value>) =
            list(&case["items"]).iter().partition(|item| item["extracted_path"].is_string());
        let layout_track = |wanted: &Value| LayoutTrack {
            source: text(&wanted["source"]).unwrap(),
            id: wanted["id"].as_u64().unwrap(),
            kind: kind(wanted),
            codec_id: String::new(),
            language: String::new(),
            custom_language: None,
            name: text(&wanted["name"]).unwrap_or_default(),
            custom_name: None,
            default: false,
            forced: false,
        };
        let layout = Layout { tracks: list(&case["items"]).iter().map(layout_track).collect(), ..Layout::default() };
        let tracks = present.iter().map(|item| Track {
            id: item["id"].as_u64().unwrap(),
            kind: kind(item),
            codec_id: String::new(),
            data: TrackData::File(text(&item["extracted_path"]).unwrap().into()),
            container_delay_ms: 0,
            mux_offset_ms: 0.0,
            aspect_ratio: None,
            stepping_adjusted: false,
            frame_adjusted: false,
        });
        let source = Tracks { source: "Source 1".into(), path: "/src/a.mkv".into(), tracks: tracks.collect() };
        let error = item::items(&layout, &[source]).unwrap_err();
        let named = format!("track {} of {}", missing[0]["id"], missing[0]["source"].as_str().unwrap());
        assert!(error.message().starts_with(&named), "{}: {error}", case["name"]);
    }
}
