//! What a sync mode is told about the times of a subtitle track.

use crate::kinds::{Delays, Media, TrackType, Tracks};

/// What is known about the times of one subtitle track.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Timing {
    pub(super) source: String,
    pub(super) track_id: u64,
    pub(super) delay_raw_ms: f64,
    pub(super) global_shift_ms: f64,
    pub(super) reference: Option<Media>,
    pub(super) target: Option<Media>,
}

impl Timing {
    /// Delay with global shift, and global shift (ms), of a target whose video nobody knows; for tests of modes.
    #[must_use]
    pub fn new(source: &str, delay_raw_ms: f64, global_shift_ms: f64) -> Self {
        Self { source: source.to_owned(), delay_raw_ms, global_shift_ms, ..Self::default() }
    }

    /// Delay and shift of what `tracks` is of. Subtitles have the timestamps of their source's file. In a job that extracts all
    /// tracks first, everything counts from the first sample of the measured audio instead.
    pub(super) fn of(tracks: &Tracks, delays: &Delays) -> Self {
        let source = &tracks.source;
        if !delays.from_first_sample {
            let shift_ms = delays.global_shift_ms() as f64;
            Self::new(source, delays.file_shift_ms.get(source).copied().unwrap_or(shift_ms), shift_ms)
        } else {
            let delay_ms = delays.raw_ms(source).unwrap_or(0.0);
            Self::new(source, delay_ms, delays.raw_global_shift_ms())
        }
    }

    /// The target that the track is of.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Id of the track in mkvmerge.
    #[must_use]
    pub fn track_id(&self) -> u64 {
        self.track_id
    }

    /// What to add to every timestamp of the file (ms) so that it lines up with the reference, unrounded, global shift included.
    #[must_use]
    pub fn delay_raw_ms(&self) -> f64 {
        self.delay_raw_ms
    }

    /// The part of the delay by which everything is shifted, the reference, too (ms).
    #[must_use]
    pub fn global_shift_ms(&self) -> f64 {
        self.global_shift_ms
    }

    /// The file that the events are to fit, if the stage is connected to it.
    #[must_use]
    pub fn reference(&self) -> Option<&Media> {
        self.reference.as_ref()
    }

    /// The file that the subtitles were made for, if the stage is connected to it.
    #[must_use]
    pub fn target(&self) -> Option<&Media> {
        self.target.as_ref()
    }

    /// Frame rate of the reference's first video track (Hz).
    #[must_use]
    pub fn reference_rate_hz(&self) -> Option<f64> {
        frame_rate_hz(self.reference())
    }

    /// Frame rate of the target's first video track (Hz).
    #[must_use]
    pub fn target_rate_hz(&self) -> Option<f64> {
        frame_rate_hz(self.target())
    }
}

fn frame_rate_hz(media: Option<&Media>) -> Option<f64> {
    let video = media?.tracks.iter().find(|track| track.kind == TrackType::Video)?;
    video.frame_rate_hz.filter(|rate_hz| rate_hz.is_finite() && *rate_hz > 0.0)
}
