//! The files of subtitle tracks: which tracks are text, how one gets out of its source, and whether a mode left it whole.

use crate::{
    Ctx, Error, Result, Tool,
    kinds::{Track, TrackData, Tracks},
    subtitles::{Format, Subtitles},
};
use std::{
    ffi::OsString,
    io::Read,
    path::{Path, PathBuf},
    time::Duration,
};

/// How long mkvextract may stay silent before it counts as hung.
const PATIENCE: Duration = Duration::from_secs(120);
/// What every Matroska file begins with.
const MATROSKA: [u8; 4] = [0x1a, 0x45, 0xdf, 0xa3];

/// The format of a track; of one that is no text that can be edited, what is said instead.
pub(super) fn format(track: &Track) -> Result<Format, String> {
    let by_codec = || Format::of_codec(&track.codec_id);
    let found = match &track.data {
        TrackData::Passthrough => by_codec(),
        TrackData::File(path) => Format::of_path(path).or_else(by_codec),
    };
    found.ok_or_else(|| {
        let codec = track.codec_id.to_ascii_uppercase();
        let bitmaps = [("S_HDMV/PGS", ".sup"), ("S_VOBSUB", ".sub"), ("S_DVBSUB", ".sub")];
        match bitmaps.into_iter().find(|(name, _)| codec.contains(name)) {
            Some((_, extension)) => format!("format {extension} not supported (bitmap subtitle)"),
            None => format!("format {} not supported", track.codec_id),
        }
    })
}

/// Whether mkvextract takes tracks out of this file. One that can not be read is left for mkvextract to complain about.
pub(super) fn is_matroska(path: &Path) -> bool {
    let mut first = [0; MATROSKA.len()];
    std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut first)).map_or(true, |()| first == MATROSKA)
}

/// Files of these tracks, with the timestamps that they have in their source. Those that are still in the source are extracted
/// into `folder`, all in one go.
pub(super) fn files(
    tracks: &Tracks,
    chosen: &[(&Track, Format)],
    folder: &Path,
    ctx: &Ctx<'_>,
) -> Result<Vec<PathBuf>> {
    let place = |(track, format): &(&Track, Format)| match &track.data {
        TrackData::File(path) => path.clone(),
        TrackData::Passthrough => folder.join(format!("track_{}.{}", track.id, format.extension())),
    };
    let places: Vec<PathBuf> = chosen.iter().map(place).collect();
    let is_inside = |(track, _): &(&Track, Format)| track.data == TrackData::Passthrough;
    if !chosen.iter().any(is_inside) {
        return Ok(places);
    }
    let mut command = ctx
        .command(Tool::Mkvextract)?
        .doing(format!("taking subtitles out of `{}`", tracks.path.display()))
        .timeout_idle(PATIENCE)
        .arg(&tracks.path)
        .arg("tracks");
    for (chosen, place) in chosen.iter().zip(&places).filter(|(chosen, _)| is_inside(chosen)) {
        let mut argument = OsString::from(format!("{}:", chosen.0.id));
        argument.push(place);
        command = command.arg(argument);
    }
    command.run()?;
    match places.iter().find(|place| !place.is_file()) {
        None => Ok(places),
        Some(missing) => {
            Err(Error::new(format!("mkvextract ended without an error, but did not write `{}`", missing.display()))
                .help("run vsg-host doctor; the installed mkvextract may not be a working one"))
        }
    }
}

/// The file after a mode, if the mode kept to the rules: all events are there, with times that can be written.
pub(super) fn checked(before: &Subtitles, after: &Subtitles) -> Result<Vec<u8>> {
    if let Some(delay_ms) = after.refused_delay_ms() {
        return Err(Error::new(format!("it asked for a shift by {delay_ms} ms")));
    }
    if after.len() != before.len() || after.format() != before.format() {
        return Err(Error::new(format!(
            "the file had {} events, and {} after it; a mode moves events and does nothing else",
            before.len(),
            after.len()
        )));
    }
    // Of UTF-8 every byte stays, broken characters, too; mkvmerge would take other encodings for it.
    let bytes = if after.encoding() == "UTF-8" { after.to_bytes() } else { after.to_utf8() };
    let times = |subtitles: &Subtitles| -> Vec<(i64, i64)> {
        let format = subtitles.format();
        subtitles.events().map(|event| (format.written_ms(event.start_ms), format.written_ms(event.end_ms))).collect()
    };
    if times(&Subtitles::parse(&bytes, after.format())?) != times(after) {
        return Err(Error::new("it asked for times that are too long to be written"));
    }
    Ok(bytes)
}

/// How far the timestamp in the middle moved (ms), when all are sorted by that. Those that were stopped at 0 tell less than they were
/// to move, so they do not count unless there are no others.
pub(super) fn middle_offset_ms(before: &Subtitles, after: &Subtitles) -> Option<i64> {
    let times = before
        .events()
        .zip(after.events())
        .flat_map(|(before, after)| [(before.start_ms, after.start_ms), (before.end_ms, after.end_ms)]);
    let (stopped, mut moved): (Vec<_>, Vec<_>) = times.partition(|(before, after)| *after == 0 && *before != 0);
    if moved.is_empty() {
        moved = stopped;
    }
    let mut offsets_ms: Vec<i64> = moved.into_iter().map(|(before, after)| after.saturating_sub(before)).collect();
    offsets_ms.sort_unstable();
    offsets_ms.get(offsets_ms.len() / 2).copied()
}
