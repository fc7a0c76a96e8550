//! What mkvmerge is told to add to the timestamps of each track.

use crate::item::{Bytes, Item};
use vsg_plugin_api::prelude::*;

/// Milliseconds for `--sync`, rounded half to even.
///
/// A track that is read in its source keeps its timestamps and moves with its file. Audio and video in a file of their own
/// start at 0 there, so they get their whole delay. Subtitles keep the timestamps of their source even in a file of their own,
/// and those that a stage adjusted to the reference stay with it.
pub(crate) fn sync_ms(item: &Item, delays: &Delays, timeline: &Timeline) -> i64 {
    match (&item.bytes, item.kind) {
        (Bytes::Source { mux_offset_ms, .. }, _) => {
            round(file_shift_ms(&item.source, delays) + timeline.container_ms - mux_offset_ms)
        }
        (Bytes::Own(_), TrackType::Subtitles) if timeline.is_kept => match (item.is_adjusted, item.source.as_str()) {
            (true, _) => round(timeline.container_ms),
            (false, "External") => item
                .sync_to
                .as_deref()
                .and_then(|source| delays.file_shift_ms.get(source))
                .map_or(0, |shift_ms| round(shift_ms + timeline.container_ms)),
            (false, source) => round(file_shift_ms(source, delays) + timeline.container_ms),
        },
        (Bytes::Own(_), _) => own_file_ms(item, delays) + round(timeline.video_ms),
    }
}

/// Where the timestamps of the reference end up in the output, without global shift.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Timeline {
    /// Whether the reference is read in its source, so that its timestamps are kept.
    is_kept: bool,
    /// Added to a timestamp of the reference's file (ms).
    container_ms: f64,
    /// Start of the reference's video (ms).
    video_ms: f64,
}

impl Timeline {
    /// The timeline that the first video of the reference sets, or without video its first track.
    pub(crate) fn of(items: &[Item], reference: &str) -> Self {
        let of_reference = || items.iter().filter(|item| item.source == reference);
        let video = of_reference().find(|item| item.kind == TrackType::Video);
        let Some(item) = video.or_else(|| of_reference().next()) else {
            return Self::default();
        };
        let start_ms = if item.kind == TrackType::Video { item.container_delay_ms } else { 0.0 };
        match item.bytes {
            Bytes::Source { mux_offset_ms, .. } => {
                Self { is_kept: true, container_ms: mux_offset_ms, video_ms: start_ms }
            }
            Bytes::Own(_) => Self { is_kept: false, container_ms: -start_ms, video_ms: 0.0 },
        }
    }
}

fn file_shift_ms(source: &str, delays: &Delays) -> f64 {
    delays.file_shift_ms.get(source).copied().unwrap_or(delays.global_shift_ms() as f64)
}

/// The reference program's rules for tracks in files of their own.
fn own_file_ms(item: &Item, delays: &Delays) -> i64 {
    let delay_of = |source: &str| delays.rounded_ms(source).unwrap_or(0);
    match (item.source.as_str(), item.kind) {
        (REFERENCE, TrackType::Audio) => round(item.container_delay_ms) + delays.global_shift_ms(),
        (REFERENCE, TrackType::Video) => delays.global_shift_ms(),
        (_, TrackType::Subtitles) if item.is_adjusted => 0,
        ("External", _) => item.sync_to.as_deref().map_or(0, delay_of),
        (source, _) => delay_of(source),
    }
}

fn round(ms: f64) -> i64 {
    ms.round_ties_even() as i64
}
