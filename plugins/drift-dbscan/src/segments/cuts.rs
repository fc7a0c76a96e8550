//! When cuts are: between the last window of one stretch and the first of the next.
//!
//! A window across a cut shows the delay of the side that it has more of, so the middles of windows are what counts. Where the target
//! lacks something, the delay jumps up by its length, and the reference goes on without a counterpart for as long: the cut is a gap there,
//! and windows tell where its middle is.

use super::{Found, Limits, Point};
use vsg_plugin_api::kinds::Segment;

/// How unevenly the sides of a window may count, as a share of its length.
const UNEVEN: f64 = 0.1;

/// The stretches of the reference, from its start to its end.
pub(crate) fn segments(found: &Found, points: &[Point], limits: &Limits, reference_s: f64) -> Vec<Segment> {
    let mut segments: Vec<Segment> = Vec::new();
    for piece in &found.pieces {
        let (Some(first), Some(last)) = (piece.members.first(), piece.members.last()) else { continue };
        let next = Segment {
            start_s: 0.0,
            end_s: reference_s.max(points[*last].at_s),
            start_error_s: 0.0,
            delay_ms: piece.delay_ms,
            error_ms: piece.error_ms,
            windows: piece.members.len(),
        };
        let Some(previous) = segments.last_mut() else {
            segments.push(next);
            continue;
        };
        let before = last_before(found, *first);
        let (from_s, to_s) = (points[before].at_s, points[*first].at_s);
        let spacing_s = (points[*first].at_s - points[first.saturating_sub(1)].at_s).min(to_s - from_s);
        let gap_s = gap_s(previous.delay_ms, next.delay_ms, to_s - from_s, limits.window_s);
        let middle_s = f64::midpoint(from_s, to_s);
        previous.end_s = middle_s - gap_s / 2.0;
        segments.push(Segment {
            start_s: middle_s + gap_s / 2.0,
            start_error_s: (to_s - from_s - gap_s).max(spacing_s) / 2.0 + UNEVEN * limits.window_s,
            ..next
        });
    }
    segments
}

/// The last window of any stretch before this one.
fn last_before(found: &Found, first: usize) -> usize {
    let members = found.pieces.iter().flat_map(|piece| &piece.members);
    members.copied().filter(|member| *member < first).max().unwrap_or(first)
}

/// How long the reference has no counterpart. None if the delay falls, or if the windows leave no room for it: then the target
/// repeats something.
fn gap_s(before_ms: f64, after_ms: f64, apart_s: f64, window_s: f64) -> f64 {
    let missing_s = (after_ms - before_ms) / 1000.0;
    if missing_s > 0.0 && missing_s <= apart_s + window_s { missing_s } else { 0.0 }
}
