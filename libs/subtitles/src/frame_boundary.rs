//! Keeps events on the frames on which they start and end, although the format can not write every time.
//!
//! Times of ASS are hundredths of a second. One that is rounded may fall to the other side of a frame's boundary, and the event then
//! starts or ends a frame early or late. Frames have a constant rate and are counted from 0 ms; what the reference program calls
//! CFR correction.

use crate::{EventKind, Format, Subtitles};

/// Steps that are tried to get back onto the frame (ms), the nearest first, later before earlier.
const STEPS_MS: [i64; 6] = [10, 20, 30, -10, -20, -30];
/// Added before a time is divided, so that the exact start of a frame belongs to it (ms).
const EXACT_MS: f64 = 1e-6;

/// What was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Corrected {
    /// Events whose start was moved.
    pub starts: usize,
    /// Events whose end was moved by itself.
    pub ends: usize,
    /// Events that were moved as a whole.
    pub duration_preserved: usize,
    /// Events whose length changed.
    pub duration_changed: usize,
}

/// Moves starts and ends that would be written on another frame, of all events. `frame_rate_hz` is that of the picture; one that is not
/// above 0 changes nothing.
pub fn correct(subtitles: &mut Subtitles, frame_rate_hz: f64) -> Corrected {
    let mut corrected = Corrected::default();
    if !frame_rate_hz.is_finite() || frame_rate_hz <= 0.0 {
        return corrected;
    }
    let format = subtitles.format();
    let kept = |ms| on_its_frame(ms, frame_rate_hz, format);
    subtitles.retime(|_: EventKind, start_ms, end_ms| {
        let moved_ms = kept(start_ms) - start_ms;
        let (start_ms, end_ms) = (start_ms + moved_ms, end_ms + moved_ms);
        let new_end_ms = kept(end_ms);
        let is_end_moved = new_end_ms != end_ms;
        corrected.starts += usize::from(moved_ms != 0);
        corrected.ends += usize::from(is_end_moved);
        corrected.duration_changed += usize::from(is_end_moved);
        corrected.duration_preserved += usize::from(moved_ms != 0 && !is_end_moved);
        (start_ms, new_end_ms)
    });
    corrected
}

/// The time nearest to `ms` that is written on the same frame; `ms` itself if none of those that are tried is.
#[must_use]
pub fn on_its_frame(ms: i64, frame_rate_hz: f64, format: Format) -> i64 {
    let frame = |ms: i64| ((ms as f64 + EXACT_MS) / (1000.0 / frame_rate_hz)).trunc();
    let is_kept = |candidate: i64| frame(format.written_ms(candidate)) == frame(ms);
    let steps = std::iter::once(0).chain(STEPS_MS);
    steps.map(|step| ms + step).find(|candidate| is_kept(*candidate)).unwrap_or(ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_that_would_fall_onto_the_frame_before_is_moved_to_its_own() {
        // Frame 5 at 23.976 Hz starts at 208.542 ms; 213 ms is on it and is written as 210 ms, which is, too. Frame 1 starts at
        // 41.709 ms; 44 ms is written as 40 ms, which is frame 0.
        let rate_hz = 24_000.0 / 1001.0;
        assert_eq!(on_its_frame(213, rate_hz, Format::Ass), 213);
        assert_eq!(on_its_frame(44, rate_hz, Format::Ass), 54);
        assert_eq!(on_its_frame(44, rate_hz, Format::Srt), 44, "a format that can write it needs no help");
    }

    #[test]
    fn an_event_keeps_its_length_where_it_can() {
        let text = b"[Events]\nDialogue: 0,0:00:00.044,0:00:01.004,Default,,0,0,0,,x\nDialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,x\n";
        let mut subtitles = Subtitles::parse(text, Format::Ass).unwrap();
        let corrected = correct(&mut subtitles, 24_000.0 / 1001.0);
        assert_eq!((corrected.starts, corrected.duration_preserved + corrected.duration_changed), (1, 1));
        assert_eq!(correct(&mut subtitles, f64::NAN), Corrected::default());
    }
}
