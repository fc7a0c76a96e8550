//! `media/extract`: where the bytes of each output track are.

use crate::{
    PATIENCE,
    first_sample::{first_packets, first_sample_ms, offset_by_bytes_ms, offset_by_position_ms},
};
use std::path::{Path, PathBuf};
use vsg_matroska_info as info;
use vsg_plugin_api::{ToolError, prelude::*};

choice! {
    /// Where a track's bytes come from.
    pub enum Mode {
        /// mkvmerge reads them in the source, with their timestamps; nothing is copied before.
        Passthrough,
        /// They are extracted into a file of their own first, as the reference program does. Timestamps of the container,
        /// such as gaps and variable frame rates, are lost.
        Files,
    }
}

params! {
    /// How tracks are taken out of their source.
    pub struct Extract {
        /// Where a track's bytes come from.
        mode: Mode = Mode::Passthrough,
    }
}

impl Stage for Extract {
    const ID: &'static str = "extract";

    fn signature() -> Signature {
        Signature::new("Finds or extracts the tracks of one source that the output needs.")
            .phase("Extraction")
            .input::<Media>("media", "the source")
            .input::<Layout>("layout", "the tracks of the output")
            .output::<Tracks>("tracks", "this source's tracks")
            .with_effects()
    }

    fn run(&self, inputs: &Inputs, ctx: &Ctx<'_>) -> Result<Outputs> {
        let media: Media = inputs.one("media")?;
        let layout: Layout = inputs.one("layout")?;
        let chosen: Vec<&MediaTrack> = media
            .tracks
            .iter()
            .filter(|track| layout.tracks.iter().any(|wanted| wanted.source == media.source && wanted.id == track.id))
            .collect();
        let (data, offsets) = match self.mode {
            Mode::Passthrough => {
                let offsets = mux_offsets_ms(&media, &chosen, ctx)?;
                (vec![TrackData::Passthrough; chosen.len()], offsets)
            }
            Mode::Files => {
                let files = extract(&media, &chosen, ctx)?;
                (files.into_iter().map(TrackData::File).collect(), vec![0.0; chosen.len()])
            }
        };
        let video_ms = if media.source == REFERENCE { media.video_delay_ms() } else { 0 };
        let tracks = chosen.iter().zip(data).zip(offsets).map(|((track, data), mux_offset_ms)| Track {
            id: track.id,
            kind: track.kind,
            codec_id: track.codec_id.clone(),
            data,
            container_delay_ms: match track.kind {
                TrackType::Audio => track.container_delay_ms - video_ms,
                _ => track.container_delay_ms,
            },
            mux_offset_ms,
            aspect_ratio: track.aspect_ratio.clone(),
            stepping_adjusted: false,
            frame_adjusted: false,
        });
        let tracks = tracks.collect();
        Outputs::new().with("tracks", Tracks { source: media.source.clone(), path: media.path.clone(), tracks })
    }
}

/// What mkvmerge will add to the timestamps of each track (ms). It depends on which tracks are copied together, so the first
/// seconds are copied on trial. Subtitles move with the track that moves least, because only encoder delays differ.
fn mux_offsets_ms(media: &Media, chosen: &[&MediaTrack], ctx: &Ctx<'_>) -> Result<Vec<f64>> {
    // Matroska's timestamps are copied as they are, except for Vorbis, where they are computed anew from the packets.
    let is_copied = |track: &MediaTrack| media.is_matroska() && !track.codec_id.starts_with("A_VORBIS");
    let mut tried: Vec<&MediaTrack> = chosen.iter().copied().filter(|track| !is_copied(track)).collect();
    if tried.is_empty() {
        return Ok(vec![0.0; chosen.len()]);
    }
    // Subtitles alone tell nothing in the first seconds; picture or sound of the same file moves as they do.
    let moves = |track: &&MediaTrack| matches!(track.kind, TrackType::Video | TrackType::Audio);
    if !tried.iter().any(moves) {
        tried.extend(media.tracks.iter().find(moves));
        tried.sort_by_key(|track| track.id);
    }
    let tried_offsets = offsets_on_trial(media, &tried, ctx).map_err(|error| {
        if error.is_cancelled() || error.help_text().is_some() { error } else { error.help(copy_anew(media)) }
    });
    let offsets = tried.iter().map(|track| track.id).zip(tried_offsets?);
    let offsets: std::collections::BTreeMap<u64, f64> = offsets.collect();
    Ok(chosen.iter().map(|track| offsets.get(&track.id).copied().unwrap_or(0.0)).collect())
}

/// Lengths of trials (s). The first is long enough unless a list of edits leaves out the beginning, which ffmpeg honours and
/// mkvmerge does not.
const TRIALS_S: [u32; 2] = [8, 300];

fn offsets_on_trial(media: &Media, tried: &[&MediaTrack], ctx: &Ctx<'_>) -> Result<Vec<f64>> {
    // Only MP4 and Matroska hold packets as mkvmerge writes them; elsewhere headers come and go.
    let keeps_bytes = media.is_matroska() || media.container == "QuickTime/MP4";
    for seconds in TRIALS_S {
        let trial = copy_on_trial(media, tried, seconds, ctx)?;
        let offsets = tried.iter().enumerate().map(|(index, track)| {
            // mkvmerge numbers the tracks of each type in their order.
            let place = tried[..index].iter().filter(|other| other.kind == track.kind).count();
            offset_on_trial(media, track, (&trial, place), seconds, keeps_bytes, ctx)
        });
        if let Some(offsets) = offsets.collect::<Result<Option<Vec<_>>>>()? {
            // A file that holds nothing but subtitles has no other clock than theirs.
            let moved = offsets.iter().flatten().copied();
            let least = moved.min_by(|a, b| a.abs().total_cmp(&b.abs())).unwrap_or(0.0);
            return Ok(offsets.into_iter().map(|offset| offset.unwrap_or(least)).collect());
        }
    }
    Err(Error::new(format!(
        "mkvmerge and ffmpeg do not agree where `{}` begins: they have no packet in common",
        media.path.display()
    ))
    .help(copy_anew(media)))
}

/// What to do about a file that mkvmerge can not copy as it is.
fn copy_anew(media: &Media) -> String {
    format!(
        "mkvmerge may not be able to copy these tracks out of {}; make a new file of it, `ffmpeg -i OLD -map 0 -c copy NEW.mkv`, and \
         use that",
        media.container
    )
}

/// What mkvmerge adds to the timestamps of one track (ms): `Some(None)` for subtitles, which tell nothing; `None` if the trial is
/// too short to tell. `trial` is the file and the position among its tracks of the type.
fn offset_on_trial(
    media: &Media,
    track: &MediaTrack,
    trial: (&Path, usize),
    seconds: u32,
    keeps_bytes: bool,
    ctx: &Ctx<'_>,
) -> Result<Option<Option<f64>>> {
    let (trial, place) = trial;
    let letter = match track.kind {
        TrackType::Video => "v",
        TrackType::Audio => "a",
        _ => return Ok(Some(None)),
    };
    let before = first_packets(ctx, &media.path, &format!("{letter}:{}", track.type_index), seconds)?;
    let after = first_packets(ctx, trial, &format!("{letter}:{place}"), seconds)?;
    let is_audio = track.kind == TrackType::Audio;
    // Pictures are compared from the first packet; their container keeps whole milliseconds anyway.
    let first_ms = if is_audio { first_sample_ms(ctx, &media.path, track.type_index)? } else { f64::MIN };
    let by_bytes = offset_by_bytes_ms(&before, &after, first_ms);
    // Of pictures mkvmerge may leave out what only fills up, so in the end their position has to do.
    let insists = keeps_bytes && (is_audio || seconds == TRIALS_S[0]);
    let added = if insists { by_bytes } else { by_bytes.or_else(|| offset_by_position_ms(&before, &after)) };
    let Some(added) = added else { return Ok(None) };
    // An output with video holds whole milliseconds only, so the part that the first sample loses there counts as added, too.
    let first_after_ms = if is_audio { first_sample_ms(ctx, trial, place)? } else { 0.0 };
    Ok(Some(Some(added - (first_after_ms - first_after_ms.round_ties_even()))))
}

/// Copies the first seconds of tracks as the mux will copy them, with timestamps of 10 µs.
fn copy_on_trial(media: &Media, chosen: &[&MediaTrack], seconds: u32, ctx: &Ctx<'_>) -> Result<PathBuf> {
    let trial = ctx.scratch_dir()?.join("trial.mkv");
    let command = |split: &[&str]| -> Result<_> {
        let mut command = ctx
            .command(Tool::Mkvmerge)?
            .doing(format!("looking at the timestamps of `{}`", media.path.display()))
            .timeout_idle(PATIENCE)
            .args(["--timestamp-scale", "10000", "--output"])
            .arg(&trial)
            .args(split);
        for (kind, select, none) in
            [(TrackType::Video, "-d", "-D"), (TrackType::Audio, "-a", "-A"), (TrackType::Subtitles, "-s", "-S")]
        {
            let of_kind = chosen.iter().filter(|track| track.kind == kind);
            let ids: Vec<String> = of_kind.map(|track| track.id.to_string()).collect();
            command = if ids.is_empty() { command.arg(none) } else { command.args([select, &ids.join(",")]) };
        }
        let rest = ["-B", "-M", "--no-chapters", "--no-global-tags", "--no-track-tags"];
        Ok(command.args(rest).arg(&media.path))
    };
    // mkvmerge can not split some codecs, FLAC among them; those files are copied whole.
    match command(&["--split", &format!("parts:00:00:00-00:{:02}:{:02}", seconds / 60, seconds % 60)])?.run() {
        Err(ToolError::Failed { .. }) => command(&[])?.run()?,
        outcome => outcome?,
    };
    Ok(trial)
}

/// Extracts tracks with mkvextract, one file each.
fn extract(media: &Media, chosen: &[&MediaTrack], ctx: &Ctx<'_>) -> Result<Vec<PathBuf>> {
    if !media.is_matroska() {
        return Err(Error::new(format!("tracks of a {} file can not be extracted by mkvextract", media.container))
            .help("use mode = \"passthrough\" on media/extract"));
    }
    if let Some(track) = chosen.iter().find(|track| track.codec_id == "A_MS/ACM") {
        return Err(Error::new(format!("track {} ({}) can not be extracted by mkvextract", track.id, track.codec_id))
            .help("use mode = \"passthrough\" on media/extract, or leave the track out of the layout"));
    }
    let role = media.source.replace(' ', "_");
    let stem = media.path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let folder = ctx.scratch_dir()?;
    let paths: Vec<PathBuf> = chosen
        .iter()
        .map(|track| {
            let extension = info::extension(kind(track.kind), &track.codec_id);
            folder.join(format!("{role}_track_{stem}_{}.{extension}", track.id))
        })
        .collect();
    if chosen.is_empty() {
        return Ok(paths);
    }
    ctx.log(format!("[{}] Extracting {} track(s) with mkvextract...", media.source, chosen.len()));
    let mut command = ctx.command(Tool::Mkvextract)?.timeout_idle(PATIENCE).arg(&media.path).arg("tracks");
    for (track, path) in chosen.iter().zip(&paths) {
        let mut argument = std::ffi::OsString::from(format!("{}:", track.id));
        argument.push(path);
        command = command.arg(argument);
    }
    command.run()?;
    for (track, path) in chosen.iter().zip(&paths) {
        require_content(track, path)?;
    }
    ctx.log(format!("[{}] ✓ Successfully extracted {} track(s)", media.source, chosen.len()));
    Ok(paths)
}

fn require_content(track: &MediaTrack, path: &Path) -> Result<()> {
    let problem = match std::fs::metadata(path) {
        Ok(metadata) if metadata.len() > 0 => return Ok(()),
        Ok(_) => "empty (0 bytes)",
        Err(_) => "not created",
    };
    Err(Error::new(format!(
        "track {} ({}) was not extracted: {} is {problem}",
        track.id,
        track.codec_id,
        path.display()
    )))
}

fn kind(kind: TrackType) -> info::TrackKind {
    match kind {
        TrackType::Video => info::TrackKind::Video,
        TrackType::Audio => info::TrackKind::Audio,
        TrackType::Subtitles => info::TrackKind::Subtitles,
        TrackType::Other => info::TrackKind::Other,
    }
}
