//! Container delays against the reference program (`mux/container_delays.json`, `analysis/streams.json`).
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod golden;

use std::collections::BTreeMap;

use golden::{media, track};
use golden_reader::{json, list, text};
use serde_json::{Value, json as object};
use vsg_matroska_info::{container_delay_log, container_delay_ms, container_delays_ms, relative_delays_ms};

fn map(value: &Value) -> BTreeMap<u64, i64> {
    let entries = value.as_object().unwrap().iter();
    entries.map(|(id, delay)| (id.parse().unwrap(), delay.as_i64().unwrap())).collect()
}

#[test]
fn delays_equal_the_reference_as_reference_and_as_target() {
    for case in list(&json("mux/container_delays.json")) {
        let (name, media) = (text(&case["name"]), media(&case["document"]));
        let delays = container_delays_ms(&media);
        assert_eq!(delays, map(&case["container_delay_ms"]), "{name}");
        assert_eq!(relative_delays_ms(&media), map(&case["extract_step"]["Source 1"]), "{name}");
        assert_eq!(delays, map(&case["extract_step"]["Source 2"]), "{name}");
    }
}

#[test]
fn the_log_equals_the_reference() {
    for case in list(&json("mux/container_delays.json")) {
        let media = media(&case["document"]);
        let mut log = container_delay_log("Source 1", &media, &relative_delays_ms(&media));
        log.extend(container_delay_log("Source 2", &media, &container_delays_ms(&media)));
        let expected: Vec<&str> = list(&case["log"]).iter().map(text).filter(|line| !line.starts_with("---")).collect();
        assert_eq!(log, expected, "{}", case["name"]);
    }
}

#[test]
fn rounding_equals_the_reference() {
    for case in list(&json("analysis/streams.json")["container_delay_rounding"]) {
        let properties = object!({ "minimum_timestamp": case["minimum_timestamp"] });
        let track = track(object!({ "type": "audio", "properties": properties }));
        assert_eq!(container_delay_ms(&track), case["container_delay_ms"].as_i64().unwrap(), "{case}");
    }
}
