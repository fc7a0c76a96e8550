//! The reference program's analysis step: container delays, sync mode and global shift, from measured windows to the delays
//! of the job.
//!
//! Where the reference program is wrong, what is right is asserted instead:
//! * the raw global shift is that of the track that gave the rounded one;
//! * a language of two letters chooses the same track for the delay and for the container delay;
//! * an unknown sync mode and a source of the output without a delay are errors.

use super::selection::{correlation, stage};
use super::{count, json, lines, list, mode, number, text, window};
use crate::{
    chain,
    plan::{self, SyncMode},
    select::{Select, SteppingDelay},
};
use serde_json::Value;
use std::collections::BTreeMap;
use vsg_matroska_info as info;
use vsg_plugin_api::kinds::{
    Delay, Delays, Diagnosis, DiagnosisKind, Layout, LayoutTrack, Media, MediaTrack, TrackType,
};

/// One case, with the settings that it leaves out.
struct Case<'a> {
    case: &'a Value,
    defaults: &'a Value,
}

impl Case<'_> {
    fn setting(&self, key: &str) -> Value {
        self.case["config"].get(key).unwrap_or(&self.defaults[key]).clone()
    }

    fn label(&self) -> &str {
        text(&self.case["label"])
    }

    /// Whether the windows are those of several methods.
    fn compares_methods(&self) -> bool {
        self.setting("multi_correlation_enabled") == true && self.case["and_merge"].as_bool() == Some(false)
    }

    /// What the log says of a target until its delay is known.
    fn log_of(&self, source: &str) -> Vec<String> {
        let log = lines(&self.case["log"]);
        let of_source = log.into_iter().skip_while(|line| *line != format!("\n[Analyzing {source}]")).skip(1);
        of_source.take_while(|line| !line.starts_with("[Delay Calculation]")).collect()
    }

    fn is_separated(&self, source: &str) -> bool {
        self.log_of(source).first().is_some_and(|line| line.starts_with("[Analysis Config]"))
    }

    fn has_audio(&self, source: &str) -> bool {
        list(&self.case["layout"]).iter().any(|track| track["source"] == source && track["type"] == "audio")
    }

    /// The diagnosis of a target, as far as it changes its delay: what becomes of steps where nothing is to be corrected, the reference
    /// program decides from the layout and from separation, which the stage does not know.
    fn diagnosis(&self, source: &str) -> Option<Diagnosis> {
        let is_stepping = self.log_of(source).iter().any(|line| line.contains("Stepping Accepted]"));
        let counts =
            !self.is_separated(source) && (self.has_audio(source) || self.setting("segmented_enabled") == false);
        (is_stepping && counts).then(|| Diagnosis {
            source: source.into(),
            kind: DiagnosisKind::Stepping,
            ..Diagnosis::default()
        })
    }

    /// The stage with the settings for a target.
    fn stage(&self, source: &str, diagnosis: Option<&Diagnosis>) -> Select {
        let mode_key = match self.is_separated(source) {
            true => "delay_selection_mode_source_separated",
            false => "delay_selection_mode",
        };
        let name = self.setting(mode_key);
        let mode = mode(name.as_str().unwrap_or("Mode (Clustered)"), |key| self.setting(key));
        let select = stage(mode, count(&self.setting("min_accepted_chunks")));
        let is_corrected = self.setting("segmented_enabled") == true;
        let stepping = if is_corrected { SteppingDelay::FirstSegment } else { SteppingDelay::Ignore };
        if diagnosis.is_none() {
            return select;
        }
        Select {
            stepping,
            first_stable_min_windows: self.setting("stepping_first_stable_min_chunks").as_u64().unwrap_or(3) as usize,
            first_stable_skip_unstable: self.setting("stepping_first_stable_skip_unstable") != false,
            ..select
        }
    }

    /// Targets, in the order in which the reference program analyses them.
    fn targets(&self) -> Vec<&str> {
        let mut targets: Vec<&str> = self.case["sources"].as_object().unwrap().keys().map(String::as_str).collect();
        targets.retain(|source| *source != "Source 1");
        targets.sort_unstable();
        targets
    }

    fn reference_tracks(&self) -> Vec<info::Track> {
        let tracks = &self.case["mkvmerge_tracks"][text(&self.case["sources"]["Source 1"])];
        // A text stands for an answer of mkvmerge that could not be read.
        let tracks = tracks.as_array().map_or_else(|| "[]".to_owned(), |_| tracks.to_string());
        info::Media::from_json(format!("{{\"tracks\": {tracks}}}").as_bytes()).unwrap().tracks
    }

    fn reference(&self) -> Media {
        let tracks = self.reference_tracks().into_iter().map(|track| MediaTrack {
            id: track.id,
            kind: kind(track.kind.name()),
            language: track.language.clone().unwrap_or_default(),
            container_delay_ms: info::container_delay_ms(&track),
            ..MediaTrack::default()
        });
        Media { source: "Source 1".into(), tracks: tracks.collect(), ..Media::default() }
    }

    fn layout(&self) -> Layout {
        let tracks = list(&self.case["layout"]).iter().map(|track| LayoutTrack {
            source: text(&track["source"]).into(),
            id: count(&track["id"]) as u64,
            kind: kind(text(&track["type"])),
            ..LayoutTrack::default()
        });
        // The reference program accepts a layout with tracks of a source that is not there, and ignores them.
        let tracks = tracks.filter(|track| self.case["sources"].get(&track.source).is_some());
        Layout { tracks: tracks.collect(), ..Layout::default() }
    }

    /// What is selected for a target, if its windows suffice.
    fn select(&self, source: &str) -> vsg_plugin_api::Result<Delay> {
        let raw_ms = list(&self.case["raw_delays"][source]);
        let accepted = |index: usize| self.case["accepted"].get(index).is_none_or(|accepted| accepted == 1);
        let match_pct = number(&self.case["match"]);
        let windows = raw_ms.iter().enumerate().map(|(index, raw_ms)| {
            window(index + 1, 30.0 + 100.0 * index as f64, number(raw_ms), match_pct, accepted(index))
        });
        let language = self.setting("analysis_lang_source1");
        let choice = info::choose_audio(&self.reference_tracks(), Some(text(&language)));
        let diagnosis = self.diagnosis(source);
        let mut log = Vec::new();
        let stage = self.stage(source, diagnosis.as_ref());
        let decision = stage.decide(&correlation(source, windows.collect()), diagnosis.as_ref(), &mut log);
        assert_eq!(log, self.selection_log(source, diagnosis.is_some()), "{}, {source}", self.label());
        Ok(Delay { reference_track_id: choice.map_or(0, |choice| choice.track_id), ..decision?.delay })
    }

    /// The lines of the log that the selection writes.
    fn selection_log(&self, source: &str, tells_steps: bool) -> Vec<String> {
        const STARTS: [&str; 5] =
            ["[ERROR] Analysis failed", "[First Stable]", "[WARNING] No stable", "[Delay Selection", "⚠️"];
        let is_ours = |line: &String| {
            STARTS.iter().any(|start| line.starts_with(start))
                || line.starts_with(&format!("{source} delay determined"))
                || (tells_steps
                    && ["[Stepping Detected]", "[Stepping Override]"].iter().any(|start| line.starts_with(start)))
        };
        self.log_of(source).into_iter().filter(is_ours).collect()
    }

    fn delays(&self) -> vsg_plugin_api::Result<Vec<Delay>> {
        let measured = |source: &&str| self.case["raw_delays"].get(source).is_some();
        self.targets().into_iter().filter(measured).map(|source| self.select(source)).collect()
    }
}

fn kind(name: &str) -> TrackType {
    serde_json::from_value(name.into()).unwrap()
}

/// What the reference program found.
struct Expected {
    rounded_ms: BTreeMap<String, i64>,
    raw_ms: BTreeMap<String, f64>,
    global_shift_ms: i64,
    raw_global_shift_ms: f64,
    /// Whether the raw global shift was put right.
    is_corrected: bool,
}

impl Expected {
    /// The delays with their raw global shift put right: if it is not that of the track that gave the rounded one, that track is one of
    /// the reference, whose container delays are whole milliseconds.
    fn of(result: &Value) -> Self {
        let mut raw_ms: BTreeMap<String, f64> = serde_json::from_value(result["raw_source_delays_ms"].clone()).unwrap();
        let global_shift_ms = result["global_shift_ms"].as_i64().unwrap();
        let mut raw_global_shift_ms = number(&result["raw_global_shift_ms"]);
        let missing_ms = global_shift_ms as f64 - raw_global_shift_ms;
        let is_corrected = missing_ms.abs() > 0.5;
        if is_corrected {
            raw_ms.values_mut().for_each(|ms| *ms += missing_ms);
            raw_global_shift_ms = global_shift_ms as f64;
        }
        let rounded_ms = serde_json::from_value(result["source_delays_ms"].clone()).unwrap();
        Self { rounded_ms, raw_ms, global_shift_ms, raw_global_shift_ms, is_corrected }
    }

    fn check(&self, label: &str, found: &Delays) {
        let rounded_ms = found.sources.iter().map(|(source, delay)| (source.clone(), delay.rounded_ms()));
        assert_eq!(rounded_ms.collect::<BTreeMap<_, _>>(), self.rounded_ms, "{label}");
        assert_eq!(found.global_shift_ms(), self.global_shift_ms, "{label}");
        assert_eq!(found.raw_global_shift_ms(), self.raw_global_shift_ms, "{label}");
        for (source, delay) in &found.sources {
            let (ms, expected_ms) = (delay.raw_ms(), self.raw_ms[source]);
            let most_ms = if self.is_corrected { 1e-9 } else { 0.0 };
            assert!((ms - expected_ms).abs() <= most_ms, "{label}: {source} {ms}, expected {expected_ms}");
        }
    }
}

/// The lines of a log that this plugin writes after the delays are selected. Where the raw shift was wrong, what depends on
/// it is cut off.
fn lines_of_the_chain(log: Vec<String>, without_raw_shift: bool) -> Vec<String> {
    const STARTS: [&str; 10] = [
        "===",
        "[SYNC MODE]",
        "--- Analysis Phase: Skipped",
        "--- Getting Source 1 Container Delays",
        "[Container Delay]",
        "[Delay Calculation]",
        "\n--- Calculating Global Shift",
        "[Global Shift]",
        "[Delay]",
        "  - ",
    ];
    let is_ours = |line: &String| STARTS.iter().chain(&["\n[Delay]", "\n[INFO]"]).any(|start| line.starts_with(start));
    let cut = |line: String| match line.find(" (rounded") {
        Some(end) if without_raw_shift && !line.starts_with("[Delay Calculation]") => line[..end].to_owned(),
        _ => line,
    };
    log.into_iter().filter(is_ours).map(cut).collect()
}

#[test]
fn delays_and_log_equal_the_reference_program_but_for_what_it_does_wrong() {
    let set = json("analysis/analysis_step.json");
    let cases: Vec<Case<'_>> =
        list(&set["cases"]).iter().map(|case| Case { case, defaults: &set["base_config"] }).collect();
    let (mut checked, mut corrected, mut languages, mut overridden) = (0, 0, 0, 0);
    for case in cases.iter().filter(|case| !case.compares_methods()) {
        let label = case.label();
        let (reference, layout) = (case.reference(), case.layout());
        let delays = match (case.delays(), case.case.get("message")) {
            (Ok(delays), None) => delays,
            (Err(error), Some(message)) => {
                assert!(text(message).starts_with(error.message()), "{label}: {error}, expected {message}");
                continue;
            }
            (outcome, message) => panic!("{label}: {outcome:?}, expected {message:?}"),
        };
        if delays.len() < case.targets().len() {
            let error = plan::require_complete(&reference, &delays, &layout).unwrap_err();
            assert!(error.message().starts_with("Analysis incomplete: No delay calculated for"), "{label}: {error}");
            continue;
        }

        // Where a language of two letters is asked for, the twin that asks with three has the right answer.
        let language = text(&case.setting("analysis_lang_source1")).to_owned();
        let normal = info::normalise_language(Some(&language)).unwrap_or_default();
        let twin = cases.iter().find(|twin| {
            twin.setting("analysis_lang_source1") == normal.as_str()
                && ["mkvmerge_tracks", "raw_delays", "layout", "sources"]
                    .iter()
                    .all(|key| twin.case[key] == case.case[key])
        });
        let answer = if normal == language { case } else { twin.unwrap_or_else(|| panic!("{label}: no twin")) };
        languages += usize::from(normal != language);

        let sync_mode = text(&case.setting("sync_mode")).to_owned();
        let (found, log) = chain::chain(&chain::Job {
            reference: &reference,
            delays: &delays,
            layout: &layout,
            sync_mode: if sync_mode == "allow_negative" { SyncMode::AllowNegative } else { SyncMode::PositiveOnly },
            always_shift_containers: false,
            kept_timestamps: None,
        })
        .unwrap();
        let expected = Expected::of(&answer.case["result"]);
        let is_corrected = expected.is_corrected;
        expected.check(label, &found);
        let is_known_mode = sync_mode == "positive_only" || sync_mode == "allow_negative";
        // With a source that is not in the job, the reference program also takes another sync mode.
        if is_known_mode && layout.tracks.len() == list(&case.case["layout"]).len() {
            let wanted = lines_of_the_chain(lines(&answer.case["log"]), is_corrected);
            assert_eq!(lines_of_the_chain(log, is_corrected), wanted, "{label}");
        }
        checked += 1;
        overridden += delays.iter().filter(|delay| delay.label == "first segment, stepping corrected").count();
        corrected += usize::from(is_corrected);
    }
    assert!(
        checked >= 40 && corrected >= 2 && languages >= 1 && overridden >= 3,
        "{checked} cases, {corrected} corrected, {languages} languages, {overridden} overridden by their first segment"
    );
}
