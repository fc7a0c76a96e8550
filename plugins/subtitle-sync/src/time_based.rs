//! `subtitle-sync/time-based`: all subtitles of a source move by its delay.

use vsg_plugin_api::{
    prelude::*,
    subtitles::frame_boundary::{self, Corrected},
};

params! {
    /// All subtitles of a source move by its delay.
    pub struct TimeBased {
        /// Whether the unrounded delay is written into the subtitles. Otherwise mkvmerge shifts each track by whole milliseconds, and
        /// nothing in it changes.
        use_raw_values: bool = false,
        /// With raw values: whether times that ASS can only write on another frame of the reference's picture are moved to their
        /// own. Needs the frame rate of the reference.
        frame_boundary_correction: bool = true,
    }
}

impl SyncMode for TimeBased {
    const ID: &'static str = "time-based";
    const SUMMARY: &'static str = "Moves all subtitles of a source by its delay.";

    fn leaves_it_to_mkvmerge(&self) -> bool {
        !self.use_raw_values
    }

    fn sync(&self, subtitles: &mut Subtitles, timing: &Timing, ctx: &Ctx<'_>) -> Result<()> {
        let frame_rate_hz = timing.reference_frame_rate_hz().filter(|_| self.frame_boundary_correction);
        let moved = move_events(subtitles, timing.delay_raw_ms(), frame_rate_hz);
        told(timing.delay_raw_ms(), timing.global_shift_ms(), &moved).iter().for_each(|line| ctx.log(line));
        Ok(())
    }
}

/// What was done to the events of a track.
#[derive(Debug, Clone, PartialEq)]
struct Moved {
    events: usize,
    offset_ms: i64,
    /// The frame rate that times were held against (Hz), and what was corrected.
    corrected: Option<(f64, Corrected)>,
}

/// Adds a delay, rounded down, to all events. With a frame rate, times then stay on their frames.
fn move_events(subtitles: &mut Subtitles, delay_ms: f64, frame_rate_hz: Option<f64>) -> Moved {
    let offset_ms = subtitles.shift_ms(delay_ms);
    let corrected = frame_rate_hz.map(|rate_hz| (rate_hz, frame_boundary::correct(subtitles, rate_hz)));
    Moved { events: subtitles.len(), offset_ms, corrected }
}

/// Lines of the log, as the reference program writes them.
fn told(delay_ms: f64, global_shift_ms: f64, moved: &Moved) -> Vec<String> {
    let pure_ms = delay_ms - global_shift_ms;
    let events = moved.events;
    let (double, single) = ("═".repeat(39), "─".repeat(39));
    let mut lines = vec![
        double.clone(),
        "Raw Delay Mode (no scene detection)".into(),
        double.clone(),
        "Input values:".into(),
        format!("  Total delay (with global): {delay_ms:+.3}ms"),
        format!("  Global shift:              {global_shift_ms:+.3}ms"),
        format!("  Pure correlation:          {pure_ms:+.3}ms"),
        format!("Loaded {events} subtitle events"),
        single.clone(),
        "Final offset calculation:".into(),
        format!("  Pure correlation:     {pure_ms:+.3}ms"),
        format!("  + Global shift:       {global_shift_ms:+.3}ms"),
        format!("  {}", "─".repeat(37)),
        format!("  = Total delay:        {delay_ms:+.3}ms"),
        format!("  Floor applied:        {:+}ms", moved.offset_ms),
        single.clone(),
        format!("Applying offset to {events} events..."),
    ];
    if let Some((rate_hz, corrected)) = &moved.corrected {
        lines.extend([
            single.clone(),
            "Frame Boundary Correction (CFR)".into(),
            format!("  Target FPS: {}", shortest(*rate_hz)),
            format!("  Frame duration: {:.3}ms", 1000.0 / rate_hz),
        ]);
        lines.extend(corrections(corrected, events));
        lines.push(single);
    }
    lines.push(format!("Successfully synchronized {events} events"));
    lines.push(double);
    lines.into_iter().map(|line| format!("[Raw Delay Sync] {line}")).collect()
}

fn corrections(corrected: &Corrected, events: usize) -> Vec<String> {
    if corrected.starts == 0 && corrected.ends == 0 {
        return vec!["  No corrections needed (all times already frame-aligned)".into()];
    }
    let mut lines = vec![
        format!("  Corrected starts: {}/{events}", corrected.starts),
        format!("  Corrected ends:   {}/{events}", corrected.ends),
    ];
    let changed = corrected.duration_preserved + corrected.duration_changed;
    lines.push(format!("  Duration preserved: {}/{changed} events", corrected.duration_preserved));
    if corrected.duration_changed > 0 {
        lines.push(format!(
            "  Duration adjusted:  {}/{changed} events (end needed extra fix)",
            corrected.duration_changed
        ));
    }
    lines.push("  Prevented CS rounding from causing frame errors".into());
    lines
}

/// A number with no more decimals than it needs, and at least one.
fn shortest(value: f64) -> String {
    format!("{value:?}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;
    use std::path::{Path, PathBuf};

    /// A file of the folder that `VSG_GOLDEN` names, or of the project's own copy.
    fn golden(name: &str) -> PathBuf {
        let project = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/golden");
        std::env::var_os("VSG_GOLDEN").map_or_else(project, PathBuf::from).join("subtitles").join(name)
    }

    #[test]
    fn golden_logs_are_those_of_the_reference_program() {
        let mut compared = 0;
        for id in ["raw_delay-full-no_fps", "raw_delay-timing-23976"] {
            let result: Value =
                serde_json::from_slice(&std::fs::read(golden(&format!("expected/{id}/result.json"))).unwrap()).unwrap();
            let parameters = &result["params"];
            let delay_ms = parameters["total"].as_f64().unwrap();
            let mut subtitles = Subtitles::read(&golden("inputs").join(result["input"].as_str().unwrap())).unwrap();
            let moved = move_events(&mut subtitles, delay_ms, parameters["fps"].as_f64());
            let lines = told(delay_ms, parameters["global"].as_f64().unwrap_or(0.0), &moved);
            // Files are read and written by the adapter, and nothing has to be restored.
            let wanted: Vec<&str> = result["log"]
                .as_array()
                .unwrap()
                .iter()
                .filter_map(Value::as_str)
                .filter(|line| {
                    line.starts_with("[Raw Delay Sync]")
                        && !line.contains("Loading subtitle")
                        && !line.contains("Saving modified")
                })
                .collect();
            assert_eq!(lines, wanted, "{id}");
            compared += 1;
        }
        assert_eq!(compared, 2);
    }

    #[test]
    fn without_raw_values_everything_is_left_to_mkvmerge() {
        assert!(TimeBased::default().leaves_it_to_mkvmerge());
        assert!(!TimeBased { use_raw_values: true, ..TimeBased::default() }.leaves_it_to_mkvmerge());
    }
}
