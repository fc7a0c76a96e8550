//! Made-up values for tests.

use vsg_plugin_api::kinds::{Delay, Layout, LayoutTrack, Media, MediaTrack, TrackType, Window};

/// A media file with these tracks: type, id and start (ms).
pub(crate) fn media(source: &str, tracks: &[(TrackType, u64, i64)]) -> Media {
    let tracks = tracks.iter().map(|&(kind, id, container_delay_ms)| MediaTrack {
        id,
        kind,
        container_delay_ms,
        start_ms: container_delay_ms as f64,
        ..MediaTrack::default()
    });
    Media { source: source.into(), tracks: tracks.collect(), ..Media::default() }
}

/// A layout of these tracks: source, type and id.
pub(crate) fn layout(tracks: &[(&str, TrackType, u64)]) -> Layout {
    let tracks = tracks.iter().map(|&(source, kind, id)| LayoutTrack {
        source: source.into(),
        id,
        kind,
        ..LayoutTrack::default()
    });
    Layout { tracks: tracks.collect(), ..Layout::default() }
}

/// A delay of whole and fractional milliseconds, measured against track 1 of the reference.
pub(crate) fn delay(source: &str, raw_ms: f64) -> Delay {
    Delay {
        source: source.into(),
        rounded_ms: raw_ms.round_ties_even() as i64,
        raw_ms,
        label: "mode".into(),
        accepted: 9,
        measured: 10,
        start_ms: 0.0,
        reference_start_ms: 0.0,
        reference_track_id: 1,
        ..Delay::default()
    }
}

/// Accepted windows with these delays (ms), 10 s apart.
pub(crate) fn windows(delays_ms: &[f64]) -> Vec<Window> {
    let windows = delays_ms.iter().enumerate().map(|(index, delay_ms)| Window {
        number: index + 1,
        start_s: 10.0 * index as f64,
        delay_ms: *delay_ms,
        match_pct: 90.0,
        peak_ratio: None,
        runner_up_ms: None,
        accepted: true,
        rejected_because: None,
        ..Window::default()
    });
    windows.collect()
}

/// Random numbers that are the same on every machine (SplitMix64 of Steele, Lea and Flood, 2014).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Evenly between two numbers.
    pub(crate) fn between(&mut self, low: f64, high: f64) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        low + (high - low) * ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A normal error with this standard deviation (Box and Muller, 1958).
    pub(crate) fn error(&mut self, sigma: f64) -> f64 {
        let (radius, turn) = (self.between(1e-12, 1.0), self.between(0.0, std::f64::consts::TAU));
        sigma * (-2.0 * radius.ln()).sqrt() * turn.cos()
    }
}
