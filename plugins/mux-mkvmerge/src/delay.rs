//! What mkvmerge is told to add to the timestamps of each track.

use crate::item::{Bytes, Item};
use vsg_plugin_api::prelude::*;

/// Milliseconds for `--sync`, rounded half to even.
///
/// A track in a file of its own starts at 0, so it gets its whole delay; `origin_ms` is where 0 of the reference lies in the
/// output. A track that is read in its source keeps its timestamps and moves with its file. Subtitles that a stage adjusted
/// stay where they are.
pub(crate) fn sync_ms(item: &Item, delays: &Delays, origin: &Origin) -> i64 {
    match &item.bytes {
        Bytes::Own(_) => own_file_ms(item, delays) + round(origin.reference_start_ms),
        Bytes::Source { mux_offset_ms, .. } => {
            let shift_ms = delays.file_shift_ms.get(&item.source).copied().unwrap_or(delays.global_shift_ms as f64);
            round(shift_ms + origin.mux_offset_ms - mux_offset_ms)
        }
    }
}

/// Where the output's timeline starts.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Origin {
    /// Start of the reference's video in the output, without global shift (ms): 0 if it is in a file of its own.
    reference_start_ms: f64,
    /// What mkvmerge adds to the timestamps of the reference's video by itself (ms).
    mux_offset_ms: f64,
}

impl Origin {
    /// The origin that the first video of the reference sets, or without video its first track.
    pub(crate) fn of(items: &[Item], reference: &str) -> Self {
        let mut of_reference = items.iter().filter(|item| item.source == reference);
        let video = items.iter().find(|item| item.source == reference && item.kind == TrackType::Video);
        match video.or_else(|| of_reference.next()) {
            Some(Item { bytes: Bytes::Source { mux_offset_ms, .. }, kind, container_delay_ms, .. }) => {
                let reference_start_ms = if *kind == TrackType::Video { *container_delay_ms } else { 0.0 };
                Self { reference_start_ms, mux_offset_ms: *mux_offset_ms }
            }
            _ => Self::default(),
        }
    }
}

/// The reference program's rules for tracks that start at their first sample.
fn own_file_ms(item: &Item, delays: &Delays) -> i64 {
    let delay_of = |source: &str| delays.source_delays_ms.get(source).copied().unwrap_or(0);
    match (item.source.as_str(), item.kind) {
        ("Source 1", TrackType::Audio) => round(item.container_delay_ms) + delays.global_shift_ms,
        ("Source 1", TrackType::Video) => delays.global_shift_ms,
        (_, TrackType::Subtitles) if item.is_adjusted => 0,
        ("External", _) => item.sync_to.as_deref().map_or(0, delay_of),
        (source, _) => delay_of(source),
    }
}

fn round(ms: f64) -> i64 {
    ms.round_ties_even() as i64
}
