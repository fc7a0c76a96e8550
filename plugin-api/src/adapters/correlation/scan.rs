//! Settings of a scan: where windows lie, and which of them count.

use super::method::Peak;
use crate::{choice, kinds::Window, params};
use vsg_dsp::{peak::EDGE, window_plan};

/// Windows without common sound that a dense scan has at least.
const DENSE_WINDOWS: f64 = 8.0;
/// Length that no window of a dense scan falls below for that (s).
const SHORTEST_S: f64 = 2.0;

choice! {
    /// How densely a target is measured.
    pub enum ScanMode {
        /// Some windows; if an alignment shows that the target is cut, or these windows do not lie on one line, many.
        Auto,
        /// Some windows, spread evenly.
        Classic,
        /// A short window every few seconds: what finds every cut.
        Dense,
    }
}

params! {
    /// Where the windows lie, and which of them count.
    pub struct Scan {
        /// How densely the target is measured. Without an alignment `auto` is `classic`.
        scan: ScanMode = ScanMode::Auto,
        /// Number of windows of a classic scan, spread evenly over the part of the reference that is scanned.
        #[schemars(range(min = 1, max = 10000))]
        windows: usize = 10,
        /// Length of a window of a classic scan (s).
        #[schemars(range(min = 1.0, max = 120.0))]
        window_s: f64 = 15.0,
        /// Length of a window of a dense scan (s). Of a film of less than eight of them it is an eighth, at least 2 s: long windows of a short film
        /// share their sound, and blur if it drifts.
        #[schemars(range(min = 1.0, max = 120.0))]
        dense_window_s: f64 = 10.0,
        /// From one window of a dense scan to the next (s).
        #[schemars(range(min = 0.1, max = 120.0))]
        dense_step_s: f64 = 2.0,
        /// Windows quieter than this are left out of a dense scan (dB of full scale).
        #[schemars(range(min = -200.0, max = 0.0))]
        dense_silence_db: f64 = -70.0,
        /// Where a classic scan starts (% of the reference, or of what the target has of it).
        #[schemars(range(min = 0.0, max = 99.0))]
        scan_start_pct: f64 = 5.0,
        /// Where a classic scan ends (%).
        #[schemars(range(min = 1.0, max = 100.0))]
        scan_end_pct: f64 = 95.0,
        /// Least match that is accepted (%).
        #[schemars(range(min = 0.0, max = 100.0))]
        min_match_pct: f64 = 5.0,
        /// How far the highest peak must stand above the second highest for a window to count; 0 does not ask.
        #[schemars(range(min = 0.0, max = 1000.0))]
        min_peak_ratio: f64 = vsg_dsp::peak::RELATED_PEAK_RATIO,
        /// Whether a peak on the edge of the search range counts, which may be the flank of one beyond. It is there to compare with what takes it.
        accept_edges: bool = false,
        /// Whether windows of a very short reference that fall on the same samples are measured only once.
        skip_duplicates: bool = true,
        /// Whether what an equaliser on one side does to phases is taken out of the delays; otherwise they are off by up to a sample or two.
        /// Of methods that tell less than a sample only.
        correct_equaliser: bool = true,
    }
}

impl Scan {
    /// How the windows of a classic scan are spread.
    pub(super) fn classic(&self) -> window_plan::Scan {
        window_plan::Scan {
            windows: self.windows,
            window_s: self.window_s,
            start_pct: self.scan_start_pct,
            end_pct: self.scan_end_pct,
        }
    }

    /// The same for films of this length (s): see `dense_window_s`.
    pub(super) fn fitted(&self, film_s: f64) -> Self {
        let longest_s = (film_s / DENSE_WINDOWS).max(SHORTEST_S);
        Self { dense_window_s: self.dense_window_s.min(longest_s), ..*self }
    }

    /// Why a window of `window_s` does not count, or `None`. The delay of `peak` counts from where the target was read.
    pub(super) fn objection(&self, peak: &Peak, window_s: f64) -> Option<String> {
        if !peak.delay_ms.is_finite() {
            return Some("no delay: silent, a few tones, or damaged".into());
        }
        if peak.match_pct.is_nan() || peak.match_pct < self.min_match_pct {
            return Some(format!("below {:.1}", self.min_match_pct));
        }
        let is_far = peak.delay_ms.abs() > EDGE * 1000.0 * window_s;
        if (peak.on_edge || is_far) && !self.accept_edges {
            return Some("peak on the edge of the search range".into());
        }
        let ratio = peak.peak_ratio.filter(|_| self.min_peak_ratio > 0.0)?;
        let stands_out = ratio >= self.min_peak_ratio;
        (!stands_out).then(|| format!("peak {ratio:.2} times the second, below {:.2}", self.min_peak_ratio))
    }
}

/// A window's line in the log; `count` windows were planned.
pub(super) fn log_line(window: &Window, count: usize) -> String {
    let verdict = match &window.rejected_because {
        None => "ACCEPTED".to_owned(),
        Some(reason) => format!("REJECTED ({reason})"),
    };
    format!(
        "  Chunk {}/{count} (@{:.1}s): delay = {:+} ms (raw={:+.3}, match={:.2}) — {verdict}",
        window.number,
        window.start_s,
        window.rounded_ms(),
        window.delay_ms,
        window.match_pct,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peak_on_the_edge_of_the_range_does_not_count_unless_asked_for() {
        let peak =
            |delay_ms, on_edge| Peak { delay_ms, match_pct: 99.0, peak_ratio: Some(9.0), on_edge, ..Peak::none() };
        for min_peak_ratio in [0.0, 1.6] {
            let scan = Scan { min_peak_ratio, ..Scan::default() };
            assert_eq!(scan.objection(&peak(3.0, false), 15.0), None);
            for on_edge in [peak(3.0, true), peak(-14_700.0, false), peak(14_700.0, false)] {
                let objection = scan.objection(&on_edge, 15.0).unwrap();
                assert_eq!(objection, "peak on the edge of the search range", "{on_edge:?}");
                assert_eq!(Scan { accept_edges: true, ..scan }.objection(&on_edge, 15.0), None, "{on_edge:?}");
            }
        }
    }

    #[test]
    fn a_peak_that_hardly_stands_out_counts_only_if_nobody_asks() {
        let peak = Peak { delay_ms: 3.0, match_pct: 99.0, peak_ratio: Some(1.2), ..Peak::none() };
        assert!(Scan::default().objection(&peak, 15.0).is_some_and(|objection| objection.contains("1.20 times")));
        assert_eq!(Scan { min_peak_ratio: 0.0, ..Scan::default() }.objection(&peak, 15.0), None);
        let nan = Peak { match_pct: f64::NAN, ..peak };
        assert!(Scan { min_peak_ratio: 0.0, ..Scan::default() }.objection(&nan, 15.0).is_some());
    }
}
