//! Takes out of measured delays what an equaliser on one side adds to them.

use super::lines::Line;
use super::measure::Pair;
use super::scanner::Scanned;
use crate::{Result, kinds::Window};
use vsg_dsp::{equaliser::Transfer, unless_damaged};

/// Windows that are looked at: those that stand out most.
const WINDOWS: usize = 2;
/// Share of what is taken out that the delays may still be off by.
const UNCERTAIN: f64 = 0.1;

/// Moves all delays by what an equaliser of minimum phase makes them too large; gives that (ms), or `None` if there is no such equaliser.
pub(super) fn take_out(scanned: &mut Scanned, pair: &Pair<'_>) -> Result<Option<f64>> {
    let mut best: Vec<_> = scanned.windows.iter().filter(|(_, window)| window.accepted).collect();
    best.sort_by(|(_, one), (_, other)| other.peak_ratio.unwrap_or(0.0).total_cmp(&one.peak_ratio.unwrap_or(0.0)));
    let mut transfer = Transfer::default();
    for (placed, window) in best.into_iter().take(WINDOWS) {
        let line = &scanned.lines[placed.line];
        // The line through what was measured, at the window's middle.
        let at_s = window.start_s + scanned.window_s / 2.0;
        let through = Line { delay_ms: window.delay_ms - line.rate_ms_per_s * at_s, ..*line };
        let added = pair.window(&placed.window, &through, |windows| {
            let left_ms = window.delay_ms - pair.expected_ms(&placed.window, &through);
            let lag = left_ms / 1000.0 * windows.sample_rate_hz;
            Ok(unless_damaged(transfer.add(windows.reference, windows.target, lag))?)
        })?;
        if added.is_none() {
            return Ok(None);
        }
    }
    let Some(excess_ms) = transfer.excess_lag()?.map(|samples| samples / pair.rate_hz() * 1000.0) else {
        return Ok(None);
    };
    for (_, window) in &mut scanned.windows {
        moved(window, excess_ms);
    }
    Ok(Some(excess_ms))
}

fn moved(window: &mut Window, excess_ms: f64) {
    window.delay_ms -= excess_ms;
    window.runner_up_ms = window.runner_up_ms.map(|ms| ms - excess_ms);
    window.error_ms = window.error_ms.map(|ms| ms + UNCERTAIN * excess_ms.abs());
}
