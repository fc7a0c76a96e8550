//! By how much the container makes a track start late.

use std::collections::BTreeMap;

use crate::{Media, Track, TrackKind};

/// A track's own first timestamp, as a delay (ms): rounded half to even for audio and video, 0 for the rest.
#[must_use]
pub fn container_delay_ms(track: &Track) -> i64 {
    match track.kind {
        TrackKind::Video | TrackKind::Audio => {
            let first_ns = track.minimum_timestamp_ns.unwrap_or_default();
            (first_ns as f64 / 1e6).round_ties_even() as i64
        }
        TrackKind::Subtitles | TrackKind::Buttons | TrackKind::Other => 0,
    }
}

/// The delays (ms) of all tracks, by track id, each on its own: how a target is read.
#[must_use]
pub fn container_delays_ms(media: &Media) -> BTreeMap<u64, i64> {
    media.tracks.iter().map(|track| (track.id, container_delay_ms(track))).collect()
}

/// The delays (ms) of all tracks, by track id, with audio relative to the first video track: how the reference
/// is read. Without video, audio stays as it is.
#[must_use]
pub fn relative_delays_ms(media: &Media) -> BTreeMap<u64, i64> {
    let video_ms = media.of_kind(TrackKind::Video).next().map_or(0, container_delay_ms);
    let relative = |track: &Track| match track.kind {
        TrackKind::Audio => container_delay_ms(track) - video_ms,
        _ => container_delay_ms(track),
    };
    media.tracks.iter().map(|track| (track.id, relative(track))).collect()
}

/// What the log says about a source: each delay that is not zero, on its own, even where `delays_ms` (one of the
/// two maps above) holds the relative one.
#[must_use]
pub fn container_delay_log(source: &str, media: &Media, delays_ms: &BTreeMap<u64, i64>) -> Vec<String> {
    let mut lines = vec![format!("[Container Delays] Reading delays from {source}:")];
    for track in &media.tracks {
        let delay_ms = container_delay_ms(track);
        if delay_ms == 0 {
            continue;
        }
        let language = match track.language_or_und() {
            "und" => String::new(),
            language => format!(", {language}"),
        };
        let name = match track.name.as_deref() {
            None | Some("") => String::new(),
            Some(name) => format!(", '{name}'"),
        };
        lines.push(format!("  Track {} ({}{language}{name}): {delay_ms:+}.0ms", track.id, track.kind));
    }
    if delays_ms.values().all(|delay_ms| *delay_ms == 0) {
        lines.push("  All tracks have zero container delay".to_owned());
    }
    lines
}
