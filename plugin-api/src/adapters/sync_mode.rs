//! Turns a sync mode into a stage: the loop over the subtitle tracks of a target, their files, flags, log and report.

use super::{
    subtitle_files::{checked, files, format, is_matroska, middle_offset_ms},
    timing::Timing,
};
use crate::{
    Ctx, Error, Inputs, Outputs, Params, Result, Signature, Stage, Tool,
    kinds::{Delays, Media, SyncOutcome, SyncReport, SyncedTrack, Track, TrackData, TrackType, Tracks},
    report::Entry,
    subtitles::{Format, Subtitles},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Lines of a file that are told one by one; of more only the number.
const TOLD_LINES: usize = 5;

/// Moves the events of subtitles so that they line up with the reference. The implementing type is its parameters: see
/// [`params!`](crate::params).
pub trait SyncMode: Params {
    /// Name within the plugin.
    const ID: &'static str;
    /// One sentence.
    const SUMMARY: &'static str;
    /// What the log calls it.
    const NAME: &'static str = Self::ID;

    /// Whether this mode, with these parameters, leaves all tracks as they are: the muxer then adds the delay, in whole
    /// milliseconds. By default the mode gets the tracks that are text.
    fn leaves_to_mux(&self) -> bool {
        false
    }

    /// Moves the events of one file. Its timestamps are those of the target's file; nothing is added to them afterwards.
    fn sync(&self, subtitles: &mut Subtitles, timing: &Timing, ctx: &Ctx<'_>) -> Result<()>;
}

/// The stage that a sync mode becomes.
#[derive(Default, Serialize, Deserialize, JsonSchema)]
#[serde(transparent, bound(deserialize = "M: Params"))]
#[schemars(bound = "M: Params")]
pub struct Synced<M> {
    mode: M,
}

impl<M: SyncMode> Stage for Synced<M> {
    const ID: &'static str = M::ID;

    fn signature() -> Signature {
        Signature::new(M::SUMMARY)
            .phase("Subtitle Processing")
            .runs(Tool::Mkvextract)
            .input::<Tracks>("tracks", "tracks of the target")
            .input::<Delays>("delays", "the delays of the job")
            .optional_input::<Media>("reference", "the file that the events are to fit")
            .optional_input::<Media>("target", "the file that the subtitles were made for")
            .output::<Tracks>("tracks", "the same tracks, the subtitles in sync")
            .output::<SyncReport>("report", "what became of each subtitle track")
            .with_effects()
    }

    fn run(&self, inputs: &Inputs, ctx: &Ctx<'_>) -> Result<Outputs> {
        let mut tracks: Tracks = inputs.one("tracks")?;
        let delays: Delays = inputs.one("delays")?;
        let timing = Timing {
            reference: inputs.optional("reference")?,
            target: inputs.optional("target")?,
            ..Timing::of(&tracks, &delays)
        };
        let mut reports: Vec<SyncedTrack> = Vec::new();
        let mut chosen = Vec::new();
        for track in tracks.tracks.iter().filter(|track| track.kind == TrackType::Subtitles) {
            let mut report = SyncedTrack {
                id: track.id,
                codec_id: track.codec_id.clone(),
                raw_delay_ms: timing.delay_raw_ms,
                ..SyncedTrack::default()
            };
            match self.wants(track, &tracks, ctx)? {
                Wanted::Text(format) => chosen.push((reports.len(), track, format)),
                Wanted::No(outcome, note) => {
                    report.outcome = outcome;
                    report.notes.push(note);
                }
            }
            reports.push(report);
        }
        if self.mode.leaves_to_mux() && !reports.is_empty() {
            let (source, count) = (&tracks.source, reports.len());
            ctx.log(format!("[Subtitles] {source}: {count} track(s) move when they are muxed ({})", M::ID));
        }
        let moved =
            if chosen.is_empty() { Vec::new() } else { self.move_all(&tracks, &chosen, &timing, &mut reports, ctx)? };
        for (id, path) in moved {
            for track in tracks.tracks.iter_mut().filter(|track| track.id == id) {
                (track.data, track.frame_adjusted) = (TrackData::File(path.clone()), true);
            }
        }
        let report = SyncReport { source: tracks.source.clone(), mode: M::ID.to_owned(), tracks: reports };
        ctx.report(&Entry::facts(&["targets", &report.source, "subtitles"], &report)?)?;
        Outputs::new().with("tracks", tracks)?.with("report", report)
    }
}

/// Whether a track goes to the mode.
enum Wanted {
    Text(Format),
    No(SyncOutcome, String),
}

impl<M: SyncMode> Synced<M> {
    fn wants(&self, track: &Track, tracks: &Tracks, ctx: &Ctx<'_>) -> Result<Wanted> {
        let (name, id) = (M::NAME, track.id);
        if track.stepping_adjusted || track.frame_adjusted {
            ctx.log(format!("[{name}] Skipping track {id} - an earlier stage moved it"));
            return Ok(Wanted::No(SyncOutcome::MovedBefore, "an earlier stage moved it".into()));
        }
        if self.mode.leaves_to_mux() {
            return Ok(Wanted::No(SyncOutcome::LeftToMux, "this mode leaves tracks to the muxer".into()));
        }
        match format(track) {
            Err(note) => {
                ctx.log(format!("[{name}] Skipping track {id} - {note}"));
                Ok(Wanted::No(SyncOutcome::LeftToMux, note))
            }
            Ok(_) if track.data == TrackData::Passthrough && !is_matroska(&tracks.path) => {
                let note =
                    format!("{} is no Matroska file, so it can not be taken out as it is", tracks.path.display());
                left_to_mux(name, id, &tracks.source, &note, ctx)?;
                Ok(Wanted::No(SyncOutcome::LeftToMux, note))
            }
            Ok(format) => Ok(Wanted::Text(format)),
        }
    }

    /// Moves tracks, each known by its place among the reports; gives the new file of each one that was moved.
    fn move_all(
        &self,
        tracks: &Tracks,
        chosen: &[(usize, &Track, Format)],
        timing: &Timing,
        reports: &mut [SyncedTrack],
        ctx: &Ctx<'_>,
    ) -> Result<Vec<(u64, PathBuf)>> {
        let name = M::NAME;
        let shift_ms = timing.global_shift_ms;
        ctx.log(format!("[{name}] Total delay (with global): {:+.3}ms from {}", timing.delay_raw_ms, timing.source));
        ctx.log(format!("[{name}] Global shift: {shift_ms:+.3}ms"));
        if let (Some(reference), Some(rate_hz)) = (timing.reference(), timing.reference_rate_hz()) {
            let file = reference.path.file_name().unwrap_or_default().to_string_lossy();
            ctx.log(format!("[{name}] Target video: {file} ({rate_hz:.3} fps)"));
        }
        let folder = ctx.scratch_dir()?;
        let texts: Vec<(&Track, Format)> = chosen.iter().map(|(_, track, format)| (*track, *format)).collect();
        let files = files(tracks, &texts, &folder, ctx)?;
        let mut moved = Vec::new();
        for (done, ((place, track, format), file)) in chosen.iter().zip(&files).enumerate() {
            ctx.progress(done as f64 / chosen.len() as f64)?;
            ctx.log(format!("[{name}] Applying to track {}{}", track.id, title(timing.target(), track.id)));
            let timing = Timing { track_id: track.id, ..timing.clone() };
            let content = std::fs::read(file)
                .map_err(|error| Error::new(format!("can not read `{}`: {error}", file.display())))
                .and_then(|bytes| Ok(Subtitles::parse(&bytes, *format)?));
            let subtitles = match content {
                Ok(subtitles) => subtitles,
                Err(error) => {
                    reports[*place].notes.push(error.to_string());
                    left_to_mux(name, track.id, &timing.source, error.message(), ctx)?;
                    continue;
                }
            };
            if let Some(bytes) = self.move_one(subtitles, &timing, &mut reports[*place], ctx).map_err(|error| {
                error.context(format!("{name} sync failed for track {} of {}", track.id, timing.source))
            })? {
                let path = folder.join(format!("track_{}.synced.{}", track.id, format.extension()));
                std::fs::write(&path, bytes).map_err(|error| {
                    Error::new(format!("can not write the subtitles `{}`: {error}", path.display()))
                        .help("choose a folder with more room by --store")
                })?;
                moved.push((track.id, path));
            }
        }
        ctx.progress(1.0)?;
        Ok(moved)
    }

    /// The content of the new file of one track; `None` if nothing in it can be moved.
    fn move_one(
        &self,
        mut subtitles: Subtitles,
        timing: &Timing,
        report: &mut SyncedTrack,
        ctx: &Ctx<'_>,
    ) -> Result<Option<Vec<u8>>> {
        let name = M::NAME;
        report.events = subtitles.len();
        if subtitles.encoding() != "UTF-8" {
            ctx.log(format!("[Subtitles] Decoded track {} as {}", report.id, subtitles.encoding()));
        }
        tell_lines(subtitles.warnings(), name, &mut report.notes, ctx);
        if subtitles.is_empty() {
            ctx.log(format!("[{name}] Track {} has no events; it stays as it is", report.id));
            report.notes.push("no events".into());
            return Ok(None);
        }
        let before = subtitles.clone();
        self.mode.sync(&mut subtitles, timing, ctx)?;
        let bytes = checked(&before, &subtitles)?;
        report.outcome = SyncOutcome::Moved;
        report.offset_ms = middle_offset_ms(&before, &subtitles);
        report.clamped = subtitles.clamped();
        if report.clamped > 0 {
            let note = format!("{} timestamp(s) would be before 0 and are 0", report.clamped);
            ctx.warn(format!("[{name}] Track {}: {note}", report.id));
            report.notes.push(note);
        }
        let late = subtitles.past_ten_hours();
        if late > 0 {
            let note = format!("{late} event(s) end after ten hours, which some players can not read");
            ctx.warn(format!("[{name}] Track {}: {note}", report.id));
            report.notes.push(note);
        }
        log_block(name, report, timing, ctx);
        Ok(Some(bytes))
    }
}

/// The track's name in brackets, if it has one.
fn title(media: Option<&Media>, id: u64) -> String {
    let name = media.and_then(|media| media.track(id)).map_or("", |track| track.name.trim());
    if name.is_empty() { String::new() } else { format!(" ({name})") }
}

fn left_to_mux(name: &str, id: u64, source: &str, why: &str, ctx: &Ctx<'_>) -> Result<()> {
    let issue = format!("Subtitle track {id} of {source} moves when it is muxed, in whole milliseconds: {why}");
    ctx.warn(format!("[{name}] {issue}"));
    ctx.report(&Entry::Issue(issue))
}

fn tell_lines(lines: &[String], name: &str, notes: &mut Vec<String>, ctx: &Ctx<'_>) {
    let first = lines.iter().take(TOLD_LINES).map(|line| format!("{line}; kept as it is"));
    let more = lines.len().checked_sub(TOLD_LINES + 1).map(|more| format!("and {} more such lines", more + 1));
    for note in first.chain(more) {
        ctx.warn(format!("[{name}] {note}"));
        notes.push(note);
    }
}

fn log_block(name: &str, report: &SyncedTrack, timing: &Timing, ctx: &Ctx<'_>) {
    let (total_ms, shift_ms) = (timing.delay_raw_ms, timing.global_shift_ms);
    ctx.log(format!("--- {name} Sync Report ---"));
    ctx.log("  - Success: True");
    ctx.log(format!("  - Total Events: {}", report.events));
    ctx.log(format!("  - Pure Correlation Ms: {:?}", total_ms - shift_ms));
    ctx.log(format!("  - Global Shift Ms: {shift_ms:?}"));
    ctx.log(format!("  - Final Offset Ms: {total_ms:?}"));
    ctx.log(format!("  - Final Offset Applied: {}", report.offset_ms.unwrap_or(0)));
    ctx.log("------------------------------------------");
}
