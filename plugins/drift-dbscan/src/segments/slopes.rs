//! Guesses at the drift of a target from pairs of its windows.
//!
//! Between cuts every pair has the same slope, up to errors; across a cut and with a stray window it has any other. So the
//! densest heaps of slopes are guesses. Pairs that are farther apart, and still agree with a guess, make it better.

use super::{LARGEST_RATE_MS_PER_S, Scan, levels::MANY, noise::median};

/// Heaps that are followed.
const HEAPS: usize = 3;

/// The slope of a pair of windows, and how far it may be off (ms/s).
#[derive(Clone, Copy)]
struct Slope {
    rate: f64,
    tolerance: f64,
}

/// Drifts that are worth a try (ms/s).
pub(super) fn candidates(scan: &Scan<'_>) -> Vec<f64> {
    // With few windows, pairs of neighbours alone are too few to make a heap.
    let nearest = if scan.points.len() < MANY { 3 } else { 2 };
    let mut near: Vec<Slope> = (1..=nearest).flat_map(|lag| slopes(scan, lag)).collect();
    near.sort_by(|one, other| one.rate.total_cmp(&other.rate));
    let width = 2.0 * median(near.iter().map(|slope| slope.tolerance).collect()).unwrap_or(0.0);
    let mut candidates = vec![0.0, scan.limits.assumed_rate_ms_per_s];
    for _ in 0..HEAPS {
        let Some(heap) = densest(&near, width) else { break };
        if let Some(rate) = median(near[heap.clone()].iter().map(|slope| slope.rate).collect()) {
            candidates.push(sharpen(scan, Slope { rate, tolerance: width / 2.0 }));
        }
        near.drain(heap);
    }
    let mut distinct: Vec<f64> = Vec::new();
    for rate in candidates {
        if !distinct.contains(&rate) {
            distinct.push(rate);
        }
    }
    distinct
}

/// Slopes of all windows with the one `lag` places later.
fn slopes(scan: &Scan<'_>, lag: usize) -> Vec<Slope> {
    let pairs = scan.points.iter().zip(scan.points.iter().skip(lag));
    let slopes = pairs.filter(|(one, other)| other.at_s > one.at_s).map(|(one, other)| {
        let apart_s = other.at_s - one.at_s;
        let sigma_ms = one.sigma_ms.hypot(other.sigma_ms).max(scan.limits.min_step_ms / 40.0);
        Slope { rate: (other.delay_ms - one.delay_ms) / apart_s, tolerance: 3.0 * sigma_ms / apart_s }
    });
    slopes.filter(|slope| slope.rate.abs() <= LARGEST_RATE_MS_PER_S).collect()
}

/// The most slopes, of at least two, that lie within `width`.
fn densest(sorted: &[Slope], width: f64) -> Option<std::ops::Range<usize>> {
    let mut end = 0;
    let heaps = (0..sorted.len()).map(|start| {
        end = end.max(start);
        while end < sorted.len() && sorted[end].rate - sorted[start].rate <= width {
            end += 1;
        }
        start..end
    });
    // Of equal heaps the first one.
    heaps.filter(|heap| heap.len() >= 2).reduce(|best, heap| if heap.len() > best.len() { heap } else { best })
}

/// Takes pairs that are twice as far apart, again and again, as long as enough of them agree with what is known.
fn sharpen(scan: &Scan<'_>, guess: Slope) -> f64 {
    let mut known = guess;
    let mut lag = 2;
    while lag < scan.points.len() {
        let all = slopes(scan, lag);
        let agree = |slope: &&Slope| (slope.rate - known.rate).abs() <= known.tolerance + slope.tolerance;
        let agreeing: Vec<Slope> = all.iter().filter(agree).copied().collect();
        if agreeing.len() < 3 || agreeing.len() * 10 < all.len() {
            break;
        }
        let rate = median(agreeing.iter().map(|slope| slope.rate).collect());
        let tolerance = median(agreeing.iter().map(|slope| slope.tolerance).collect());
        if let (Some(rate), Some(tolerance)) = (rate, tolerance) {
            known = Slope { rate, tolerance: tolerance.min(known.tolerance) };
        }
        lag *= 2;
    }
    known.rate
}
