//! Turns a sync mode into a stage: the loop over the subtitle tracks of a source, their files, flags, log and report.

use crate::{
    Ctx, Error, Inputs, Outputs, Params, Result, Signature, Stage, Tool,
    kinds::{Delays, Media, SyncReport, SyncedTrack, Track, TrackData, TrackType, Tracks},
    report::Entry,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use vsg_subtitles::{Format, Subtitles};

/// What a sync mode knows of the subtitles' source beside the subtitles.
#[derive(Debug, Clone, PartialEq)]
pub struct Timing {
    source: String,
    track_id: u64,
    delay_ms: f64,
    global_shift_ms: f64,
    reference_frame_rate_hz: Option<f64>,
    target_frame_rate_hz: Option<f64>,
}

impl Timing {
    /// The source, `Source 2`.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The track (id in mkvmerge).
    #[must_use]
    pub fn track_id(&self) -> u64 {
        self.track_id
    }

    /// What to add to the timestamps of this track so that it lines up with the reference (ms), unrounded; the global shift of
    /// the job is in it.
    #[must_use]
    pub fn delay_raw_ms(&self) -> f64 {
        self.delay_ms
    }

    /// What is added to everything in the job, the reference too, so that nothing starts before 0 (ms).
    #[must_use]
    pub fn global_shift_ms(&self) -> f64 {
        self.global_shift_ms
    }

    /// Frame rate of the reference's picture, onto which the subtitles go (Hz); none if it is not known.
    #[must_use]
    pub fn reference_frame_rate_hz(&self) -> Option<f64> {
        self.reference_frame_rate_hz
    }

    /// Frame rate of the picture that the subtitles were made for (Hz); none if it is not known.
    #[must_use]
    pub fn target_frame_rate_hz(&self) -> Option<f64> {
        self.target_frame_rate_hz
    }
}

/// Puts subtitles in sync. The implementing type is its parameters: see [`params!`](crate::params).
pub trait SyncMode: Params {
    /// Name within the plugin.
    const ID: &'static str;
    /// One sentence.
    const SUMMARY: &'static str;

    /// Whether this mode, with these parameters, leaves all tracks to mkvmerge, which shifts each one by whole milliseconds. Then
    /// nothing is taken out of the source, and [`sync`](Self::sync) is not called.
    fn leaves_it_to_mkvmerge(&self) -> bool {
        false
    }

    /// Gives the events of one track their times in the output, by [`Subtitles::shift_ms`], [`Subtitles::retime`] or
    /// [`Subtitles::set_times`]. An error fails the job; who can go on changes nothing and says so by [`Ctx::warn`].
    fn sync(&self, subtitles: &mut Subtitles, timing: &Timing, ctx: &Ctx<'_>) -> Result<()>;
}

/// The stage that a sync mode becomes.
#[derive(Default, Serialize, Deserialize, JsonSchema)]
#[serde(transparent, bound(deserialize = "M: Params"))]
#[schemars(transparent, bound = "M: Params")]
pub struct Synced<M>(M);

impl<M: SyncMode> Stage for Synced<M> {
    const ID: &'static str = M::ID;

    fn signature() -> Signature {
        Signature::new(M::SUMMARY)
            .phase("Subtitles")
            .input::<Tracks>("tracks", "the tracks of a target")
            .input::<Delays>("delays", "the delays of the job")
            .optional_input::<Media>("reference", "the reference, whose frame rate some modes need")
            .optional_input::<Media>("target", "the source of the tracks")
            .output::<Tracks>("tracks", "the same tracks, subtitles with their times in the output")
            .output::<SyncReport>("report", "what was done to each subtitle track")
            // New subtitles are files of the run.
            .with_effects()
    }

    fn run(&self, inputs: &Inputs, ctx: &Ctx<'_>) -> Result<Outputs> {
        let mut tracks: Tracks = inputs.one("tracks")?;
        let delays: Delays = inputs.one("delays")?;
        let (reference, target): (Option<Media>, Option<Media>) =
            (inputs.optional("reference")?, inputs.optional("target")?);
        let source = tracks.source.clone();
        let mut ways: Vec<Option<Way>> =
            tracks.tracks.iter().map(|track| self.way(track, target.as_ref(), ctx)).collect::<Result<_>>()?;
        take_out(&tracks, &mut ways, ctx)?;

        let count = tracks.tracks.len().max(1) as f64;
        let mut report = SyncReport { source: source.clone(), mode: M::ID.to_owned(), tracks: Vec::new() };
        for (index, (track, way)) in tracks.tracks.iter_mut().zip(ways).enumerate() {
            ctx.progress(index as f64 / count)?;
            let Some(way) = way else { continue };
            let timing = Timing {
                source: source.clone(),
                track_id: track.id,
                delay_ms: delay_ms(track, &source, &delays)?,
                global_shift_ms: delays.raw_global_shift_ms,
                reference_frame_rate_hz: reference.as_ref().and_then(frame_rate_hz),
                target_frame_rate_hz: target.as_ref().and_then(frame_rate_hz),
            };
            report.tracks.push(match way {
                Way::Leave(why) => left_alone(&timing, why),
                Way::Read(path) => self.sync_file(track, &path, &timing, ctx)?,
            });
        }
        ctx.report(&Entry::facts(&["targets", &source, "subtitles"], &report)?)?;
        Outputs::new().with("tracks", tracks)?.with("report", report)
    }
}

/// What becomes of a subtitle track.
enum Way {
    /// It is left to mkvmerge, and why.
    Leave(String),
    /// It is read in this file; none yet if it has to be taken out of its source.
    Read(PathBuf),
}

impl<M: SyncMode> Synced<M> {
    /// What becomes of a track; none if it is no subtitles.
    fn way(&self, track: &Track, target: Option<&Media>, ctx: &Ctx<'_>) -> Result<Option<Way>> {
        if track.kind != TrackType::Subtitles {
            return Ok(None);
        }
        let leave = |why: &str| Ok(Some(Way::Leave(why.to_owned())));
        if track.stepping_adjusted || track.frame_adjusted {
            return leave("its times are set already");
        }
        if self.0.leaves_it_to_mkvmerge() {
            return leave("mkvmerge shifts it by whole milliseconds");
        }
        if Format::of_codec(&track.codec_id).is_none() {
            let id = track.id;
            ctx.log(format!(
                "[{}] Skipping track {id} - format {} not supported (bitmap subtitle)",
                M::ID,
                track.codec_id
            ));
            return leave("its format is not text; mkvmerge shifts it by whole milliseconds");
        }
        match (&track.data, target) {
            (TrackData::File(path), _) => Ok(Some(Way::Read(path.clone()))),
            (TrackData::Passthrough, Some(media)) if !media.is_matroska() => {
                let why = format!(
                    "subtitles can not be taken out of {}; mkvmerge shifts them by whole milliseconds",
                    media.container
                );
                warn(ctx, &format!("{}, track {}: {why}", media.source, track.id))?;
                Ok(Some(Way::Leave(why)))
            }
            (TrackData::Passthrough, _) => Ok(Some(Way::Read(PathBuf::new()))),
        }
    }

    /// Gives the events of a file their times, in a new file that the track then is.
    fn sync_file(&self, track: &mut Track, path: &Path, timing: &Timing, ctx: &Ctx<'_>) -> Result<SyncedTrack> {
        let place = format!("{}, track {}", timing.source, track.id);
        let mut subtitles = match read(track, path) {
            Ok(subtitles) => subtitles,
            Err(error) => {
                warn(ctx, &format!("{place}: {error}; mkvmerge shifts it by whole milliseconds"))?;
                return Ok(left_alone(timing, error.message().to_owned()));
            }
        };
        for warning in subtitles.warnings() {
            ctx.warn(format!("{place}: {warning}"));
        }
        if subtitles.is_empty() {
            warn(ctx, &format!("{place}: there are no events in it"))?;
            return Ok(left_alone(timing, "there are no events in it".into()));
        }
        let starts = |subtitles: &Subtitles| -> Vec<i64> { subtitles.events().map(|event| event.start_ms).collect() };
        let before = starts(&subtitles);
        self.0
            .sync(&mut subtitles, timing, ctx)
            .map_err(|error| if error.is_cancelled() { error } else { error.context(&place) })?;
        if let Some(refused_ms) = subtitles.refused_delay_ms() {
            return Err(Error::new(format!(
                "{place}: the mode `{}` moved events by {refused_ms} ms, which is no delay",
                M::ID
            ))
            .help("this is a defect of the plugin, or of a setting of it"));
        }
        let after = starts(&subtitles);
        let moved_ms = |index: usize| after[index] - before[index];
        if subtitles.clamped() > 0 {
            ctx.warn(format!(
                "{place}: {} times lie before the start of the output and are 0 now",
                subtitles.clamped()
            ));
        }
        let name =
            format!("{}_track_{}.synced.{}", timing.source.replace(' ', "_"), track.id, subtitles.format().extension());
        let new = ctx.scratch_dir()?.join(name);
        std::fs::write(&new, subtitles.to_utf8())?;
        (track.data, track.frame_adjusted) = (TrackData::File(new), true);
        let done = SyncedTrack {
            id: track.id,
            is_retimed: true,
            left_alone: None,
            events: before.len(),
            delay_ms: timing.delay_ms,
            first_moved_ms: moved_ms(0),
            last_moved_ms: moved_ms(before.len() - 1),
            clamped: subtitles.clamped(),
        };
        log_report(M::ID, &done, timing, ctx);
        Ok(done)
    }
}

fn warn(ctx: &Ctx<'_>, text: &str) -> Result<()> {
    ctx.warn(text);
    ctx.report(&Entry::Issue(text.to_owned()))
}

fn left_alone(timing: &Timing, why: String) -> SyncedTrack {
    SyncedTrack { id: timing.track_id, left_alone: Some(why), delay_ms: timing.delay_ms, ..SyncedTrack::default() }
}

/// The block of the reference program's log.
fn log_report(mode: &str, done: &SyncedTrack, timing: &Timing, ctx: &Ctx<'_>) {
    ctx.log(format!("--- {mode} Sync Report ---"));
    ctx.log(format!("  - Track: {}", done.id));
    ctx.log(format!("  - Total Events: {}", done.events));
    ctx.log(format!("  - Pure Correlation Ms: {:.3}", timing.delay_ms - timing.global_shift_ms));
    ctx.log(format!("  - Global Shift Ms: {:.3}", timing.global_shift_ms));
    ctx.log(format!("  - Final Offset Ms: {:.3}", timing.delay_ms));
    ctx.log(format!("  - Final Offset Applied: {} to {}", done.first_moved_ms, done.last_moved_ms));
    ctx.log("------------------------------------------");
}

/// What to add to the timestamps of a track (ms). One that is read in its source has the timestamps of that file; one that was
/// taken out of it as the reference program does follows that program's rule.
fn delay_ms(track: &Track, source: &str, delays: &Delays) -> Result<f64> {
    let (of_file, raw) = (delays.file_shift_ms.get(source), delays.raw_source_delays_ms.get(source));
    let delay_ms = match track.data {
        TrackData::Passthrough => of_file.or(raw),
        TrackData::File(_) => raw.or(of_file),
    };
    // A job without targets has no delays, and then nothing but the global shift moves.
    let delay_ms = delay_ms.copied().unwrap_or(delays.raw_global_shift_ms);
    if delay_ms.is_finite() { Ok(delay_ms) } else { Err(Error::new(format!("the delay of {source} is not a number"))) }
}

fn frame_rate_hz(media: &Media) -> Option<f64> {
    let video = media.tracks.iter().find(|track| track.kind == TrackType::Video);
    video.and_then(|track| track.frame_rate_hz).filter(|rate_hz| rate_hz.is_finite() && *rate_hz > 0.0)
}

fn read(track: &Track, path: &Path) -> Result<Subtitles> {
    let format = Format::of_codec(&track.codec_id).or_else(|| Format::of_path(path));
    let format = format.ok_or_else(|| Error::new(format!("`{}` is no subtitles of text", track.codec_id)))?;
    let bytes =
        std::fs::read(path).map_err(|error| Error::new(format!("can not read `{}`: {error}", path.display())))?;
    Ok(Subtitles::parse(&bytes, format)?)
}

/// Takes the tracks that have no file out of their source, all at once.
fn take_out(tracks: &Tracks, ways: &mut [Option<Way>], ctx: &Ctx<'_>) -> Result<()> {
    let needs = |way: &Option<Way>| matches!(way, Some(Way::Read(path)) if path.as_os_str().is_empty());
    if !ways.iter().any(needs) {
        return Ok(());
    }
    let folder = ctx.scratch_dir()?;
    let mut command =
        ctx.command(Tool::Mkvextract)?.doing(format!("taking subtitles out of `{}`", tracks.path.display()));
    command = command.timeout_idle(std::time::Duration::from_secs(600)).arg(&tracks.path).arg("tracks");
    for (track, way) in tracks.tracks.iter().zip(ways) {
        if needs(way) {
            let extension = Format::of_codec(&track.codec_id).map_or("txt", Format::extension);
            let path = folder.join(format!("{}_track_{}.{extension}", tracks.source.replace(' ', "_"), track.id));
            let mut argument = std::ffi::OsString::from(format!("{}:", track.id));
            argument.push(&path);
            command = command.arg(argument);
            *way = Some(Way::Read(path));
        }
    }
    command.run()?;
    Ok(())
}
