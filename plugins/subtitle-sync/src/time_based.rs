//! `subtitle-sync/time-based`: every event moves by the delay of its source.

use vsg_plugin_api::{
    prelude::*,
    subtitles::{Format, frame_boundary, frame_boundary::Corrected},
};

params! {
    /// How the delay gets into subtitles.
    pub struct TimeBased {
        /// Whether the delay is written into the timestamps of each file: unrounded, then rounded down to whole milliseconds. Otherwise
        /// tracks stay untouched and the muxer moves them by the delay rounded to the nearest millisecond.
        use_raw_values: bool = false,
        /// With `use_raw_values`: whether times that the format would round onto another frame of the reference are moved back
        /// to their own. Only ASS and SSA round, to hundredths of a second.
        frame_boundary_correction: bool = true,
    }
}

/// What was done to a file.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Moved {
    /// Events that were moved.
    pub(crate) events: usize,
    /// Added to every time (ms).
    pub(crate) offset_ms: i64,
    /// The frame rate that times were held against (Hz), and what was moved back to its frame; `None` if nobody looked.
    pub(crate) corrected: Option<(f64, Corrected)>,
}

/// Moves all events by a delay, rounded down; then, if a frame rate is given, those back that would be written on another frame.
pub(crate) fn move_events(subtitles: &mut Subtitles, delay_ms: f64, frame_rate_hz: Option<f64>) -> Moved {
    let offset_ms = subtitles.shift_ms(delay_ms);
    let corrected = frame_rate_hz.map(|rate_hz| (rate_hz, frame_boundary::correct(subtitles, rate_hz)));
    Moved { events: subtitles.len(), offset_ms, corrected }
}

impl SyncMode for TimeBased {
    const ID: &'static str = "time-based";
    const SUMMARY: &'static str =
        "Moves subtitles by the delay of their source, when they are muxed or in their files.";
    const NAME: &'static str = "Time-Based Raw";

    fn leaves_to_mux(&self) -> bool {
        !self.use_raw_values
    }

    fn sync(&self, subtitles: &mut Subtitles, timing: &Timing, ctx: &Ctx<'_>) -> Result<()> {
        let rounds = matches!(subtitles.format(), Format::Ass | Format::Ssa);
        let rate_hz = timing.reference_rate_hz().filter(|_| self.frame_boundary_correction && rounds);
        let moved = move_events(subtitles, timing.delay_raw_ms(), rate_hz);
        told(timing.delay_raw_ms(), timing.global_shift_ms(), &moved).iter().for_each(|line| ctx.log(line));
        if rate_hz.is_none() && self.frame_boundary_correction && rounds {
            ctx.log("[Raw Delay Sync] No frame boundary correction: the frame rate of the reference is not known");
        }
        Ok(())
    }
}

/// Lines of the log, as the reference program writes them.
pub(crate) fn told(delay_ms: f64, global_shift_ms: f64, moved: &Moved) -> Vec<String> {
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
