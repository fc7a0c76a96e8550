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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moved {
    /// Added to every time (ms).
    pub(crate) offset_ms: i64,
    /// What was moved back to its frame; `None` if nobody looked.
    pub(crate) corrected: Option<Corrected>,
}

/// Moves all events by a delay, rounded down; then, if a frame rate is given, those back that would be written on another frame.
pub(crate) fn move_events(subtitles: &mut Subtitles, delay_ms: f64, frame_rate_hz: Option<f64>) -> Moved {
    let offset_ms = subtitles.shift_ms(delay_ms);
    Moved { offset_ms, corrected: frame_rate_hz.map(|rate_hz| frame_boundary::correct(subtitles, rate_hz)) }
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
        ctx.log(format!("[Raw Delay Sync]   Floor applied:        {:+}ms", moved.offset_ms));
        if let (Some(rate_hz), Some(corrected)) = (rate_hz, moved.corrected) {
            let total = subtitles.len();
            ctx.log("[Raw Delay Sync] Frame Boundary Correction (CFR)");
            ctx.log(format!("[Raw Delay Sync]   Target FPS: {rate_hz:.3}"));
            ctx.log(format!("[Raw Delay Sync]   Frame duration: {:.3}ms", 1000.0 / rate_hz));
            ctx.log(format!("[Raw Delay Sync]   Corrected starts: {}/{total}", corrected.starts));
            ctx.log(format!("[Raw Delay Sync]   Corrected ends:   {}/{total}", corrected.ends));
        } else if self.frame_boundary_correction && rounds {
            ctx.log("[Raw Delay Sync] No frame boundary correction: the frame rate of the reference is not known");
        }
        Ok(())
    }
}
