//! The tracks of the output in their final order, with everything that mkvmerge has to be told of them.

use std::path::{Path, PathBuf};
use vsg_plugin_api::prelude::*;

/// One output track.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Item {
    pub(crate) source: String,
    pub(crate) id: u64,
    pub(crate) kind: TrackType,
    pub(crate) codec_id: String,
    pub(crate) language: String,
    pub(crate) name: String,
    /// Whether `name` is written at all.
    pub(crate) keeps_name: bool,
    pub(crate) custom_language: Option<String>,
    pub(crate) custom_name: Option<String>,
    pub(crate) default: bool,
    pub(crate) forced: bool,
    /// Options for further flags, and whether each is set.
    pub(crate) other_flags: Vec<(&'static str, bool)>,
    /// An original that is kept beside its corrected twin; goes behind all others of its type.
    pub(crate) is_preserved: bool,
    pub(crate) bytes: Bytes,
    pub(crate) container_delay_ms: f64,
    pub(crate) aspect_ratio: Option<String>,
    /// Its timestamps were moved by the stage that adjusted it.
    pub(crate) is_adjusted: bool,
    /// Source whose delay an external track takes.
    pub(crate) sync_to: Option<String>,
}

/// Where mkvmerge reads a track.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Bytes {
    /// In a file of its own: audio and video from their first sample on, subtitles with the timestamps of their source.
    Own(PathBuf),
    /// In the source; `mux_offset_ms` is what mkvmerge adds to ffmpeg's timestamps by itself.
    Source { path: PathBuf, mux_offset_ms: f64 },
}

impl Bytes {
    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Own(path) | Self::Source { path, .. } => path,
        }
    }
}

/// Joins layout and tracks. Fails if a track of the layout is missing.
pub(crate) fn items(layout: &Layout, sources: &[Tracks]) -> Result<Vec<Item>> {
    layout
        .tracks
        .iter()
        .map(|wanted| {
            let source = sources.iter().find(|source| source.source == wanted.source);
            let found =
                source.and_then(|source| Some((source, source.tracks.iter().find(|track| track.id == wanted.id)?)));
            let (source, track) = found.ok_or_else(|| {
                Error::new(format!(
                    "track {} of {} is in the layout, but no stage delivers it",
                    wanted.id, wanted.source
                ))
                .help("connect the tracks of every source to the mux stage")
            })?;
            Ok(item(wanted, source, track))
        })
        .collect()
}

fn item(wanted: &LayoutTrack, source: &Tracks, track: &Track) -> Item {
    Item {
        source: wanted.source.clone(),
        id: wanted.id,
        kind: wanted.kind,
        codec_id: track.codec_id.clone(),
        language: wanted.language.clone(),
        name: wanted.name.clone(),
        keeps_name: true,
        custom_language: wanted.custom_language.clone(),
        custom_name: wanted.custom_name.clone(),
        default: wanted.default,
        forced: wanted.forced,
        other_flags: Vec::new(),
        is_preserved: false,
        bytes: match &track.data {
            TrackData::Passthrough => Bytes::Source { path: source.path.clone(), mux_offset_ms: track.mux_offset_ms },
            TrackData::File(path) => Bytes::Own(path.clone()),
        },
        container_delay_ms: track.container_delay_ms as f64,
        aspect_ratio: track.aspect_ratio.clone(),
        is_adjusted: track.stepping_adjusted || track.frame_adjusted,
        sync_to: None,
    }
}

/// The final order: preserved audio behind the last audio, preserved subtitles behind the last subtitles, else at the end.
pub(crate) fn in_final_order(items: Vec<Item>) -> Vec<Item> {
    let (preserved, mut ordered): (Vec<Item>, Vec<Item>) = items.into_iter().partition(|item| item.is_preserved);
    for kind in [TrackType::Audio, TrackType::Subtitles] {
        let place = ordered.iter().rposition(|item| item.kind == kind).map_or(ordered.len(), |last| last + 1);
        let of_kind: Vec<Item> = preserved.iter().filter(|item| item.kind == kind).cloned().collect();
        ordered.splice(place..place, of_kind);
    }
    ordered
}
