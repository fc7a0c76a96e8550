//! Where the windows of a scan lie: evenly spread over a part of the reference.
//!
//! The plan is that of the reference program, to the sample.

/// Which part of a file is scanned, and with how many windows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scan {
    /// Number of windows.
    pub windows: usize,
    /// Length of a window (s).
    pub window_s: f64,
    /// Where the scan starts (percent of the reference's length).
    pub start_pct: f64,
    /// Where the last window ends (percent of the reference's length).
    pub end_pct: f64,
}

impl Default for Scan {
    fn default() -> Self {
        Self { windows: 10, window_s: 15.0, start_pct: 5.0, end_pct: 95.0 }
    }
}

/// One window of a plan; it covers the same clock time of reference and target.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlannedWindow {
    /// Position in the plan, from 0; windows that were left out leave gaps.
    pub index: usize,
    /// Where it starts (s), not rounded to a sample.
    pub start_s: f64,
    /// First sample.
    pub first_sample: usize,
    /// Number of samples.
    pub len: usize,
}

/// Windows of a scan over two signals of `ref_samples` and `tgt_samples` samples at `rate_hz`.
///
/// The reference's length alone places them; one that reaches past the end of either signal is left out. A percentage pair
/// that is out of order or outside 0 to 100 counts as 5 and 95. A reference hardly longer than one window gives the same
/// window `scan.windows` times over. A window length that is not a positive number gives no windows.
pub fn plan_windows(ref_samples: usize, tgt_samples: usize, rate_hz: f64, scan: &Scan) -> Vec<PlannedWindow> {
    let in_order = 0.0 <= scan.start_pct && scan.start_pct < scan.end_pct && scan.end_pct <= 100.0;
    let (start_pct, end_pct) = if in_order { (scan.start_pct, scan.end_pct) } else { (5.0, 95.0) };

    let duration_s = ref_samples as f64 / rate_hz;
    let scan_start_s = duration_s * (start_pct / 100.0);
    let scan_end_s = duration_s * (end_pct / 100.0);
    let range_s = ((scan_end_s - scan_start_s) - scan.window_s).max(0.0);
    // The order of these operations is part of the contract: it decides the last bit of a start, and so a sample.
    let step_s = range_s / scan.windows.saturating_sub(1).max(1) as f64;
    let len = (scan.window_s * rate_hz).round_ties_even();
    if !(len.is_finite() && len >= 1.0) {
        return Vec::new();
    }

    let shorter = ref_samples.min(tgt_samples);
    (0..scan.windows)
        .map(|index| (index, scan_start_s + step_s * index as f64))
        .map(|(index, start_s)| PlannedWindow {
            index,
            start_s,
            first_sample: (start_s * rate_hz).round_ties_even() as usize,
            len: len as usize,
        })
        .filter(|w| w.first_sample.saturating_add(w.len) <= shorter)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const RATE: usize = 48_000;

    fn plan(seconds: usize, scan: &Scan) -> Vec<PlannedWindow> {
        plan_windows(seconds * RATE, seconds * RATE, RATE as f64, scan)
    }

    #[test]
    fn spans_the_scanned_part_from_edge_to_edge() {
        let windows = plan(1440, &Scan::default());
        assert_eq!(windows.len(), 10);
        assert_eq!(windows[0].start_s, 72.0);
        assert_eq!(windows[9].start_s + 15.0, 1440.0 * 0.95);
    }

    #[test]
    fn a_file_hardly_longer_than_a_window_gives_copies_of_it() {
        let windows = plan(16, &Scan::default());
        assert_eq!(windows.len(), 10);
        assert!(windows.iter().all(|window| window.first_sample == windows[0].first_sample));
    }

    #[test]
    fn windows_past_the_end_of_the_target_are_left_out() {
        let windows = plan_windows(62 * RATE, 40 * RATE, RATE as f64, &Scan::default());
        assert!(!windows.is_empty() && windows.len() < 10);
    }

    #[test]
    fn nonsense_lengths_give_no_windows() {
        for window_s in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(plan(100, &Scan { window_s, ..Scan::default() }).is_empty(), "{window_s}");
        }
    }

    proptest! {
        #[test]
        fn every_window_lies_inside_both_signals(
            reference in 0usize..20_000_000, target in 0usize..20_000_000, windows in 0usize..30,
            window_s in 0.01f64..40.0, start_pct in -10.0f64..110.0, end_pct in -10.0f64..110.0,
        ) {
            let scan = Scan { windows, window_s, start_pct, end_pct };
            let plan = plan_windows(reference, target, RATE as f64, &scan);
            prop_assert!(plan.len() <= windows);
            prop_assert!(plan.is_sorted_by_key(|w| w.first_sample));
            for w in &plan {
                prop_assert!(w.first_sample + w.len <= reference.min(target));
            }
        }
    }
}
