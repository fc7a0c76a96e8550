//! The results of the reference program that clusters and diagnoses must equal: read from the folder that `VSG_GOLDEN` names, or from
//! the project's own copy.
//!
//! Where the reference program is wrong, what is right is asserted instead: its log shows a match of 0 for all clusters, and warns
//! about it. Modes that it does not know have names here.

use crate::{
    dbscan::labels,
    diagnose::{CorrectionMode, Diagnose, FallbackMode, QualityMode},
    reference::{self, Facts},
};
use golden_reader::{count, json, list, number, text};
use serde_json::Value;
use vsg_plugin_api::kinds::{Diagnosis, DiagnosisKind, Window};

fn windows(records: &Value) -> Vec<Window> {
    let windows = list(records).iter().enumerate().map(|(index, record)| Window {
        number: index + 1,
        start_s: number(&record["start"]),
        delay_ms: number(&record["raw_delay"]),
        match_pct: number(&record["match"]),
        accepted: record["accepted"] == true,
        ..Window::default()
    });
    let windows: Vec<Window> = windows.collect();
    for (window, record) in windows.iter().zip(list(records)) {
        assert_eq!(Some(window.rounded_ms()), record["delay"].as_i64(), "{record}");
    }
    windows
}

/// A reply of ffprobe about the frame rate, as the reference program reads it.
fn frame_rate_hz(reply: &Value) -> f64 {
    let parts: Vec<Option<f64>> = reply.as_str().unwrap_or("").split('/').map(|part| part.parse().ok()).collect();
    match parts[..] {
        [Some(numerator), Some(denominator)] if denominator != 0.0 => numerator / denominator,
        _ => 0.0,
    }
}

/// The stage with settings of the reference program, by their keys.
fn stage(setting: impl Fn(&str) -> Option<Value>) -> Diagnose {
    let number_of = |key: &str, default: f64| setting(key).map_or(default, |value| number(&value));
    let count_of = |key: &str, default: usize| setting(key).map_or(default, |value| count(&value));
    let name_of = |key: &str| setting(key).map_or(String::new(), |value| text(&value).to_owned());
    let plain = Diagnose::default();
    Diagnose {
        epsilon_ms: number_of("detection_dbscan_epsilon_ms", plain.epsilon_ms),
        min_samples: count_of("detection_dbscan_min_samples", plain.min_samples),
        slope_lossless_ms_per_s: number_of("drift_detection_slope_threshold_lossless", plain.slope_lossless_ms_per_s),
        slope_lossy_ms_per_s: number_of("drift_detection_slope_threshold_lossy", plain.slope_lossy_ms_per_s),
        r_squared_lossless: number_of("drift_detection_r2_threshold_lossless", plain.r_squared_lossless),
        r_squared_lossy: number_of("drift_detection_r2_threshold", plain.r_squared_lossy),
        correction_mode: match name_of("stepping_correction_mode").as_str() {
            "" | "full" => CorrectionMode::Full,
            "strict" => CorrectionMode::Strict,
            "filtered" => CorrectionMode::Filtered,
            "disabled" => CorrectionMode::Disabled,
            _ => CorrectionMode::Unchecked,
        },
        quality_mode: match name_of("stepping_quality_mode").as_str() {
            "strict" => QualityMode::Strict,
            "lenient" => QualityMode::Lenient,
            "custom" => QualityMode::Custom,
            _ => QualityMode::Normal,
        },
        fallback_mode: match name_of("stepping_filtered_fallback").as_str() {
            "" | "nearest" => FallbackMode::Nearest,
            "interpolate" => FallbackMode::Interpolate,
            "uniform" => FallbackMode::Uniform,
            "skip" => FallbackMode::Skip,
            "reject" => FallbackMode::Reject,
            other => panic!("unknown fallback {other}"),
        },
        min_windows_per_cluster: count_of("stepping_min_chunks_per_cluster", plain.min_windows_per_cluster),
        min_cluster_pct: number_of("stepping_min_cluster_percentage", plain.min_cluster_pct),
        min_cluster_s: number_of("stepping_min_cluster_duration_s", plain.min_cluster_s),
        min_cluster_match_pct: number_of("stepping_min_match_quality_pct", plain.min_cluster_match_pct),
        min_clusters: count_of("stepping_min_total_clusters", plain.min_clusters),
        verbose: setting("stepping_diagnostics_verbose").is_none_or(|value| value == true),
        ..plain
    }
}

/// The lines that the reference program means: with the matches of the windows, and without a warning where they are good.
fn meant(lines: &Value, accepted: &[&Window]) -> Vec<String> {
    let mut low = 0;
    let mut meant = Vec::new();
    for line in list(lines).iter().map(text) {
        if let Some((before, after)) = line.split_once("match=0.0% (min=0.0%)") {
            let chunks = before.split_once("chunks ").unwrap().1.split(' ').next().unwrap();
            let members = chunks.split(',').flat_map(|run| {
                let (first, last) = run.split_once('-').unwrap_or((run, run));
                first.parse::<usize>().unwrap()..=last.parse().unwrap()
            });
            let matches: Vec<f64> = members.map(|number| accepted[number - 1].match_pct).collect();
            let mean = matches.iter().sum::<f64>() / matches.len() as f64;
            let least = matches.iter().copied().fold(f64::INFINITY, f64::min);
            low += usize::from(least < 70.0);
            meant.push(format!("{before}match={mean:.1}% (min={least:.1}%){after}"));
        } else if line.ends_with("clusters have chunks with match < 70%") {
            meant.extend((low > 0).then(|| format!("  ⚠ {low} clusters have chunks with match < 70%")));
        } else if !line.starts_with("  → Possible silence sections") || low > 0 {
            meant.push(line.replace("legacy-unknown", "unchecked").replace("nonsense", "normal"));
        }
    }
    meant
}

fn kind(name: &Value) -> DiagnosisKind {
    match text(name) {
        "UNIFORM" => DiagnosisKind::Uniform,
        "STEPPING" => DiagnosisKind::Stepping,
        "PAL_DRIFT" => DiagnosisKind::PalDrift,
        "LINEAR_DRIFT" => DiagnosisKind::LinearDrift,
        other => panic!("unknown diagnosis {other}"),
    }
}

/// Compares all that both name; the rate is that of another formula for the same line.
fn check(what: &str, found: &Diagnosis, log: &[String], accepted: &[&Window], expected: &Value, rate: &Value) {
    assert_eq!(found.kind, kind(&expected["diagnosis"]), "{what}");
    assert_eq!(log, meant(&expected["log"], accepted), "{what}");
    match rate.as_f64() {
        Some(rate) => {
            assert!((found.rate_ms_per_s - rate).abs() <= 1e-9, "{what}: {} instead of {rate}", found.rate_ms_per_s);
        }
        None => assert_eq!(found.rate_ms_per_s, 0.0, "{what}"),
    }
}

/// Compares clusters, as far as a target that steps has them.
fn check_clusters(what: &str, found: &Diagnosis, details: &Value) {
    let Some(expected) = details["cluster_details"].as_array() else { return };
    assert_eq!(found.clusters.len(), expected.len(), "{what}");
    for wanted in expected {
        let cluster = found.clusters.iter().find(|cluster| cluster.label == count(&wanted["cluster_id"])).unwrap();
        let numbers: Vec<usize> = cluster.members.iter().map(|index| index + 1).collect();
        assert_eq!(numbers, list(&wanted["chunk_numbers"]).iter().map(count).collect::<Vec<_>>(), "{what}");
        assert_eq!(cluster.members.len(), count(&wanted["chunk_count"]), "{what}");
        assert!((cluster.mean_delay_ms - number(&wanted["mean_delay_ms"])).abs() <= 1e-9, "{what}");
        assert!((cluster.std_delay_ms - number(&wanted["std_delay_ms"])).abs() <= 1e-9, "{what}");
        let range = [cluster.time_range_s.0, cluster.time_range_s.1];
        assert_eq!(range.to_vec(), list(&wanted["time_range"]).iter().map(number).collect::<Vec<_>>(), "{what}");
        if let Some(valid) = details["valid_clusters"].as_object() {
            let members = valid.get(&cluster.label.to_string());
            assert_eq!(cluster.is_valid, members.is_some(), "{what}");
            let members = members.map(|members| list(members).iter().map(count).collect::<Vec<_>>());
            assert_eq!(members.unwrap_or_else(|| cluster.members.clone()), cluster.members, "{what}");
        }
    }
    let valid = found.clusters.iter().filter(|cluster| cluster.is_valid).count();
    if details["valid_clusters"].is_object() {
        assert_eq!(valid, count(&details["clusters"]), "{what}");
    }
    assert_eq!(found.correction_mode, details["correction_mode"].as_str().unwrap_or_default(), "{what}");
    assert_eq!(found.fallback_mode, details["fallback_mode"].as_str().unwrap_or_default(), "{what}");
}

#[test]
fn labels_equal_those_of_scikit_learn() {
    let set = json("analysis/dbscan.json");
    let cases = list(&set["cases"]);
    assert!(cases.len() >= 20);
    for case in cases {
        let delays: Vec<f64> = list(&case["delays"]).iter().map(number).collect();
        let found = labels(&delays, number(&case["eps"]), count(&case["min_samples"])).unwrap();
        let expected: Vec<i64> = list(&case["labels"]).iter().map(|label| label.as_i64().unwrap()).collect();
        let found: Vec<i64> = found.iter().map(|label| label.map_or(-1, |label| label as i64)).collect();
        assert_eq!(found, expected, "{}", case["label"]);
    }
}

#[test]
fn made_up_windows_give_the_diagnoses_of_the_reference_program() {
    let set = json("analysis/diagnose.json");
    let cases = list(&set["cases"]);
    assert!(cases.len() >= 80);
    for case in cases {
        let what = text(&case["label"]);
        let stage = stage(|key| case["config"].get(key).or(set["base_config"].get(key)).cloned());
        let facts = Facts {
            frame_rate_hz: frame_rate_hz(&case["fps_reply"]),
            codec_id: case["codec_id"].as_str().unwrap_or_default().to_owned(),
        };
        let windows = windows(&case["chunks"]);
        let accepted: Vec<&Window> = windows.iter().filter(|window| window.accepted).collect();
        let mut log = Vec::new();
        let found = reference::diagnose(&accepted, &facts, &stage.settings(), &mut log).unwrap();
        check(what, &found, &log, &accepted, case, &case["details"]["rate"]);
        check_clusters(what, &found, &case["details"]);
    }
}

#[test]
fn measured_windows_give_the_diagnoses_of_the_reference_program() {
    let (pairs, diagnoses) = (json("analysis/pairs.json"), json("analysis/pairs_diagnosis.json"));
    let mut checked = 0;
    for (set, methods) in diagnoses.as_object().unwrap() {
        for (method, circumstances) in methods.as_object().unwrap() {
            let windows = windows(&pairs["sets"][set]["methods"][method]);
            let accepted: Vec<&Window> = windows.iter().filter(|window| window.accepted).collect();
            for (circumstance, expected) in circumstances.as_object().unwrap() {
                let what = format!("{set}, {method}, {circumstance}");
                let (rate, codec_id) = circumstance.split_once(' ').unwrap();
                let facts = Facts { frame_rate_hz: frame_rate_hz(&rate.into()), codec_id: codec_id.into() };
                let mut log = Vec::new();
                let found = reference::diagnose(&accepted, &facts, &stage(|_| None).settings(), &mut log).unwrap();
                check(&what, &found, &log, &accepted, expected, &expected["rate"]);
                if let (Some(clusters), DiagnosisKind::Stepping) = (expected["clusters"].as_u64(), found.kind) {
                    let valid = found.clusters.iter().filter(|cluster| cluster.is_valid).count();
                    assert_eq!(valid as u64, clusters, "{what}");
                }
                checked += 1;
            }
        }
    }
    assert!(checked >= 200, "{checked}");
}

/// The whole analysis of the reference program over made-up delays: what it flags for correction, and what it logs.
#[test]
fn whole_analyses_give_the_flags_of_the_reference_program() {
    let set = json("analysis/analysis_step.json");
    let (mut checked, mut flagged) = (0, 0);
    for case in list(&set["cases"]) {
        let windows_of = |delays: &Value| -> Vec<Window> {
            let accepted = |index: usize| case["accepted"].get(index).is_none_or(|accepted| accepted == 1);
            let window = |(index, delay): (usize, &Value)| Window {
                number: index + 1,
                start_s: 30.0 + 100.0 * index as f64,
                delay_ms: number(delay),
                match_pct: number(&case["match"]),
                accepted: accepted(index),
                ..Window::default()
            };
            list(delays).iter().enumerate().map(window).collect()
        };
        for (source, file) in case["sources"].as_object().unwrap() {
            let whole_log: Vec<&str> = list(&case["log"]).iter().map(text).collect();
            let heading = format!("\n[Analyzing {source}]");
            let Some(first) = whole_log.iter().position(|line| *line == heading) else { continue };
            let tracks = case["mkvmerge_tracks"][text(file)].as_array();
            let Some(track) = tracks.and_then(|tracks| tracks.iter().find(|track| track["type"] == "audio")) else {
                continue;
            };
            let what = format!("{}, {source}", text(&case["label"]));
            let facts = Facts {
                frame_rate_hz: frame_rate_hz(&case["fps_reply"]),
                codec_id: track["properties"]["codec_id"].as_str().unwrap_or_default().to_owned(),
            };
            let windows = windows_of(&case["raw_delays"][source]);
            let accepted: Vec<&Window> = windows.iter().filter(|window| window.accepted).collect();
            let stage = stage(|key| case["config"].get(key).or(set["base_config"].get(key)).cloned());
            let mut log = Vec::new();
            let found = reference::diagnose(&accepted, &facts, &stage.settings(), &mut log).unwrap();

            let rest: Vec<Value> = whole_log[first + 1..].iter().map(|line| (*line).into()).collect();
            let rest = meant(&rest.into(), &accepted);
            let is_there = log.is_empty() || rest.windows(log.len()).any(|lines| lines == log);
            assert!(is_there, "{what}: {log:#?}\n{rest:#?}");

            let key = format!("{source}_{}", track["id"]);
            let flags = &case["result"];
            for (name, kind) in
                [("pal_drift_flags", DiagnosisKind::PalDrift), ("linear_drift_flags", DiagnosisKind::LinearDrift)]
            {
                if let Some(flag) = flags[name].get(&key) {
                    assert_eq!(found.kind, kind, "{what}");
                    assert!((found.rate_ms_per_s - number(&flag["rate"])).abs() <= 1e-9, "{what}");
                    flagged += 1;
                }
            }
            if let Some(flag) = flags["segment_flags"].get(&key) {
                assert_eq!(found.kind, DiagnosisKind::Stepping, "{what}");
                assert_eq!(found.correction_mode, text(&flag["correction_mode"]), "{what}");
                let fallback = if found.fallback_mode.is_empty() { "nearest" } else { &found.fallback_mode };
                assert_eq!(fallback, text(&flag["fallback_mode"]), "{what}");
                assert_eq!(found.clusters.len(), count(&flag["clusters"]), "{what}");
                flagged += 1;
            }
            let detected = ["stepping_sources", "stepping_detected_disabled"]
                .iter()
                .flat_map(|list_name| flags[list_name].as_array().into_iter().flatten())
                .any(|name| name == source.as_str());
            assert!(!detected || found.kind == DiagnosisKind::Stepping, "{what}");
            checked += 1;
        }
    }
    assert!(checked >= 40 && flagged >= 8, "{checked} targets, {flagged} flagged");
}
