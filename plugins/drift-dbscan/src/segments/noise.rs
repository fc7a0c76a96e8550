//! How far windows scatter, whatever their slope and steps: medians, which strays do not move.

use super::{Scan, levels::MANY};

/// Windows that scatter more than this (ms) measure nothing.
pub(super) const LARGEST_MS: f64 = 15.0;

/// Median distance of normal errors from their running median of 3 and of 5, in standard deviations.
const TYPICAL: [f64; 2] = [0.32, 0.49];

/// The median; `None` of nothing.
pub(super) fn median(values: Vec<f64>) -> Option<f64> {
    let mut values = values;
    vsg_dsp::stats::median(&mut values)
}

/// How many windows a running median takes: more where each stretch has many.
pub(super) fn width(scan: &Scan<'_>) -> usize {
    if scan.is_dense() { 5 } else { 3 }
}

/// The window of indices around each value that its running median is taken of.
pub(super) fn around(count: usize, width: usize, index: usize) -> std::ops::Range<usize> {
    let width = width.min(count);
    let first = index.saturating_sub(width / 2).min(count - width);
    first..first + width
}

/// The running median.
pub(super) fn running(values: &[f64], width: usize) -> Vec<f64> {
    let median_at = |index| median(values[around(values.len(), width, index)].to_vec()).unwrap_or(0.0);
    (0..values.len()).map(median_at).collect()
}

/// How much larger errors are than windows say, at least 1. Few windows tell it badly, and are believed less.
pub(super) fn scale(scan: &Scan<'_>, residuals_ms: &[f64]) -> f64 {
    let width = width(scan);
    let off = residuals_ms.iter().zip(running(residuals_ms, width)).zip(scan.points);
    let off = off.map(|((residual, median), point)| (residual - median).abs() / point.sigma_ms);
    let typical = TYPICAL[usize::from(width == 5)];
    let largest = if residuals_ms.len() < MANY { 2.0 } else { 10.0 };
    (median(off.collect()).unwrap_or(1.0) / typical).clamp(1.0, largest)
}
