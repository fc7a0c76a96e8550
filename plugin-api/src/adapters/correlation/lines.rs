//! Where windows lie: pure arithmetic over lines of expected delays.

use super::scan::Scan;
use crate::kinds::Alignment;
use vsg_dsp::window_plan::{self, PlannedWindow};

/// A search tells delays to some milliseconds: windows of a film that it finds at the end of its range lie a little beyond.
const SEARCH_MS: f64 = 5.0;

/// A stretch of the reference, and the delays that are expected in it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Line {
    /// Start (s of the reference).
    pub(super) start_s: f64,
    /// End (s of the reference).
    pub(super) end_s: f64,
    /// Delay at the start of the reference (ms).
    pub(super) delay_ms: f64,
    /// Growth of the delay (ms for each second of the reference).
    pub(super) rate_ms_per_s: f64,
    /// Longest delay at the start of the reference that counts, in either direction (ms).
    pub(super) longest_ms: f64,
}

impl Line {
    /// The lines of an alignment, or none.
    pub(super) fn of(alignment: &Alignment) -> Vec<Self> {
        let rate_ms_per_s = alignment.rate_ms_per_s();
        let longest_ms = longest_ms(Some(alignment));
        let line = |piece: &crate::kinds::AlignedPiece| Self {
            start_s: piece.start_s,
            end_s: piece.end_s,
            delay_ms: piece.delay_ms,
            rate_ms_per_s,
            longest_ms,
        };
        alignment.pieces.iter().map(line).collect()
    }

    /// The same clock time in both, over all of a reference. An alignment that found nothing still says how far delays count.
    pub(super) fn same_clock(duration_s: f64, alignment: Option<&Alignment>) -> Self {
        Self { start_s: 0.0, end_s: duration_s, delay_ms: 0.0, rate_ms_per_s: 0.0, longest_ms: longest_ms(alignment) }
    }

    /// Whether a delay at a time of the reference is one that was looked for, as finely as a search tells.
    pub(super) fn is_in_reach(&self, delay_ms: f64, at_s: f64) -> bool {
        (delay_ms - self.rate_ms_per_s * at_s).abs() <= self.longest_ms + SEARCH_MS
    }

    /// The delay at a time of the reference (ms).
    pub(super) fn delay_ms(&self, at_s: f64) -> f64 {
        self.delay_ms + self.rate_ms_per_s * at_s
    }

    /// The part of the reference between two times that the target has at this line's delays (s); empty if the end is not later.
    fn covered_s(&self, (from_s, to_s): (f64, f64), files: &Lengths) -> (f64, f64) {
        let pace = 1.0 - self.rate_ms_per_s / 1000.0;
        let first_s = self.delay_ms / 1000.0 / pace;
        let last_s = (files.target_s + self.delay_ms / 1000.0) / pace;
        (from_s.max(first_s).max(0.0), to_s.min(last_s).min(files.reference_s))
    }
}

fn longest_ms(alignment: Option<&Alignment>) -> f64 {
    alignment.and_then(|alignment| alignment.max_offset_s).map_or(f64::INFINITY, |longest_s| 1000.0 * longest_s)
}

/// How long both sounds are (s), and how many samples they have in a second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Lengths {
    pub(super) reference_s: f64,
    pub(super) target_s: f64,
    pub(super) rate_hz: f64,
}

/// A window, and the line on which the target is read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Placed {
    pub(super) window: PlannedWindow,
    /// Number of the line.
    pub(super) line: usize,
}

/// The windows of a classic scan, spread evenly over the parts of the reference that the target has.
pub(super) fn classic(lines: &[Line], files: &Lengths, scan: &Scan) -> Vec<Placed> {
    let spans: Vec<(f64, f64)> = lines.iter().map(|line| line.covered_s((line.start_s, line.end_s), files)).collect();
    let total_s: f64 = spans.iter().map(|(from, to)| (to - from).max(0.0)).sum();
    let samples = |seconds: f64| (seconds * files.rate_hz).round().max(0.0) as usize;
    let windows = window_plan::plan_windows(samples(total_s), samples(total_s), files.rate_hz, &scan.classic());
    let place = |window: PlannedWindow| {
        // The plan is for the spans one behind the other.
        let mut middle_s = window.start_s + scan.window_s / 2.0;
        let line = spans.iter().position(|(from, to)| {
            let is_here = middle_s <= (to - from).max(0.0);
            middle_s -= if is_here { 0.0 } else { (to - from).max(0.0) };
            is_here
        })?;
        let (from, to) = spans[line];
        let latest = to - scan.window_s;
        let start_s = (from + middle_s - scan.window_s / 2.0).min(latest).max(from);
        (latest >= from).then(|| Placed { window: at(start_s, &window, files), line })
    };
    windows.into_iter().filter_map(place).collect()
}

/// Leaves out all windows that fall on the same samples as the one before, so that no sound is counted twice. Where little sound is shared
/// all windows of a classic scan may be one.
pub(super) fn leave_out_copies(placed: &mut Vec<Placed>) {
    let place = |one: &Placed| (one.line, one.window.first_sample);
    placed.dedup_by(|next, last| place(next) == place(last));
}

fn at(start_s: f64, window: &PlannedWindow, files: &Lengths) -> PlannedWindow {
    PlannedWindow { start_s, first_sample: (start_s * files.rate_hz).round_ties_even() as usize, ..*window }
}

/// The windows of a dense scan, by line: all windows that a line's delays give, from one window before its stretch to one behind it.
/// A window near a cut is in two lines.
pub(super) fn dense(lines: &[Line], files: &Lengths, scan: &Scan) -> Vec<Vec<Placed>> {
    let (window_s, step_s) = (scan.dense_window_s, scan.dense_step_s);
    let len = (window_s * files.rate_hz).round_ties_even() as usize;
    // Whole samples from one window to the next, so that neighbours can share work.
    let step = (step_s * files.rate_hz).round_ties_even().max(1.0) as usize;
    let of_line = |(number, line): (usize, &Line)| {
        let (from, to) = line.covered_s((line.start_s - window_s, line.end_s + window_s), files);
        if to - from < window_s {
            return Vec::new();
        }
        let first = (from * files.rate_hz / step as f64).ceil().max(0.0) as usize;
        let end = ((to * files.rate_hz) as usize).saturating_sub(len);
        let windows = (first..).take_while(|index| index * step <= end);
        let window = |index: usize| Placed {
            window: PlannedWindow {
                index,
                start_s: (index * step) as f64 / files.rate_hz,
                first_sample: index * step,
                len,
            },
            line: number,
        };
        windows.map(window).collect()
    };
    lines.iter().enumerate().map(of_line).collect()
}

/// Pairs of windows that tell a slope.
const LEAST_APART: usize = 3;

/// How much faster the delay grows than a line says (ms for each second), judged by measured delays on it: (time in s, delay in ms, line).
/// `None` if they do not follow a straight line.
pub(super) fn steeper_ms_per_s(measured: &[(f64, f64, usize)], lines: &[Line], window_s: f64) -> Option<f64> {
    let rest = |(at_s, delay_ms, line): &(f64, f64, usize)| delay_ms - lines[*line].delay_ms(*at_s);
    // Of windows and their slopes: those that share no sound, and those that do.
    let (mut apart, mut overlapping) = (Vec::new(), Vec::new());
    for (index, one) in measured.iter().enumerate() {
        for other in measured[index + 1..].iter().filter(|other| other.2 == one.2) {
            let run_s = other.0 - one.0;
            let slopes = if run_s < window_s { &mut overlapping } else { &mut apart };
            if run_s > 0.0 {
                slopes.push((rest(other) - rest(one)) / run_s);
            }
        }
    }
    // The loudest sound of a blurred window gives its delay to all windows that have it.
    let mut slopes = apart;
    if slopes.len() < LEAST_APART {
        slopes.append(&mut overlapping);
    }
    if measured.len() < 4 || slopes.len() < LEAST_APART {
        return None;
    }
    let slope = vsg_dsp::stats::median(&mut slopes)?;
    let level = |line: usize| {
        let mut rests: Vec<f64> = measured.iter().filter(|m| m.2 == line).map(|m| rest(m) - slope * m.0).collect();
        vsg_dsp::stats::median(&mut rests)
    };
    let levels: Vec<Option<f64>> = (0..lines.len()).map(level).collect();
    let near = |m: &&(f64, f64, usize)| levels[m.2].is_some_and(|level| (rest(m) - slope * m.0 - level).abs() < 0.5);
    (3 * measured.iter().filter(near).count() >= 2 * measured.len()).then_some(slope)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FILES: Lengths = Lengths { reference_s: 1440.0, target_s: 1440.0, rate_hz: 48_000.0 };

    fn line(start_s: f64, end_s: f64, delay_ms: f64) -> Line {
        Line { start_s, end_s, delay_ms, rate_ms_per_s: 0.0, longest_ms: f64::INFINITY }
    }

    #[test]
    fn at_no_delay_windows_lie_where_the_classic_plan_puts_them() {
        let placed = classic(&[Line::same_clock(1440.0, None)], &FILES, &Scan::default());
        let plan = window_plan::plan_windows(1440 * 48_000, 1440 * 48_000, 48_000.0, &window_plan::Scan::default());
        assert_eq!(
            placed.iter().map(|p| p.window.first_sample).collect::<Vec<_>>(),
            plan.iter().map(|p| p.first_sample).collect::<Vec<_>>()
        );
    }

    #[test]
    fn what_is_farther_off_than_was_looked_for_does_not_count() {
        let looked_for = |max_offset_s, speed| Alignment {
            source: "Source 2".into(),
            speed,
            speed_name: None,
            pieces: vec![crate::kinds::AlignedPiece { start_s: 0.0, end_s: 1440.0, delay_ms: 4900.0 }],
            significance: 50.0,
            runner_up_ms: None,
            runner_up_significance: None,
            ambiguous: false,
            max_offset_s,
        };
        let is_in_reach = |line: &Line, delay_ms| line.is_in_reach(delay_ms, 700.0);
        // Whether something was found there or nothing.
        let bounded = looked_for(Some(5.0), 1.0);
        for line in [Line::of(&bounded)[0], Line::same_clock(1440.0, Some(&bounded))] {
            assert!(is_in_reach(&line, 5000.01) && is_in_reach(&line, -5000.01));
            assert!(!is_in_reach(&line, 5006.0) && !is_in_reach(&line, -5006.0) && !is_in_reach(&line, f64::NAN));
        }
        // What the speed adds on the way does not count.
        assert!(is_in_reach(&Line::of(&looked_for(Some(5.0), 25.0 / 24.0))[0], 4900.0 + 40.0 * 700.0));
        for line in [Line::of(&looked_for(None, 1.0))[0], Line::same_clock(1440.0, None)] {
            assert!(is_in_reach(&line, 1e9), "nothing says how far");
        }
    }

    #[test]
    fn windows_on_the_same_samples_are_left_out() {
        for (delay_ms, distinct) in [(0.0, 10), (1_424_000.0, 1), (-1_424_000.0, 1), (-1_400_000.0, 10)] {
            let mut placed = classic(&[line(0.0, 1440.0, delay_ms)], &FILES, &Scan::default());
            assert_eq!(placed.len(), 10);
            leave_out_copies(&mut placed);
            assert_eq!(placed.len(), distinct, "{delay_ms}");
            assert_eq!(placed[0].window.index, 0);
        }
        // At the cut between two lines the same samples are two pairs.
        let one = Placed { line: 0, ..classic(&[line(0.0, 1440.0, 0.0)], &FILES, &Scan::default())[0] };
        let mut placed = vec![one, Placed { line: 1, ..one }, Placed { line: 1, ..one }];
        leave_out_copies(&mut placed);
        assert_eq!(placed.len(), 2);
    }

    #[test]
    fn windows_lie_in_what_the_target_has() {
        for delay_ms in [900_000.0, -900_000.0] {
            let placed = classic(&[line(0.0, 1440.0, delay_ms)], &FILES, &Scan::default());
            assert_eq!(placed.len(), 10);
            for p in &placed {
                let target_s = p.window.start_s - delay_ms / 1000.0;
                assert!((0.0..=1425.0).contains(&target_s) && (0.0..=1425.0).contains(&p.window.start_s));
            }
        }
        assert!(classic(&[line(0.0, 1440.0, 2e6)], &FILES, &Scan::default()).is_empty());
    }

    #[test]
    fn a_faster_target_is_covered_at_its_own_pace() {
        let pal = Line { rate_ms_per_s: 40.959, ..line(0.0, 1440.0, 0.0) };
        let files = Lengths { target_s: 1440.0 / 1.042_708, ..FILES };
        let (from, to) = pal.covered_s((0.0, 2000.0), &files);
        assert!(from == 0.0 && (to - 1440.0).abs() < 0.01, "{to}");
    }

    #[test]
    fn dense_windows_reach_over_cuts_from_both_sides() {
        let lines = [line(0.0, 700.0, 0.0), line(700.0, 1440.0, 5000.0)];
        let placed = dense(&lines, &FILES, &Scan::default());
        assert_eq!((placed[0][0].window.start_s, placed[0][1].window.start_s), (0.0, 2.0));
        assert_eq!(placed[0].last().unwrap().window.start_s, 700.0);
        assert_eq!(placed[1].first().unwrap().window.start_s, 690.0);
        assert_eq!(placed[1].last().unwrap().window.start_s, 1430.0);
    }

    #[test]
    fn a_line_outside_of_both_files_has_no_windows() {
        for delay_ms in [2e6, -2e6, 1e308, -1e308] {
            let lines = [line(0.0, 1440.0, delay_ms)];
            assert!(classic(&lines, &FILES, &Scan::default()).is_empty(), "{delay_ms}");
            assert!(dense(&lines, &FILES, &Scan::default())[0].is_empty(), "{delay_ms}");
        }
    }

    #[test]
    fn a_line_that_is_too_flat_is_seen_and_strays_are_not() {
        let lines = [line(0.0, 1440.0, 100.0)];
        let mut measured: Vec<(f64, f64, usize)> =
            (0..10).map(|i| (100.0 * f64::from(i), 100.0 + 0.02 * 100.0 * f64::from(i), 0)).collect();
        assert!((steeper_ms_per_s(&measured, &lines, 15.0).unwrap() - 0.02).abs() < 1e-9);
        measured[3].1 = -700.0;
        assert!((steeper_ms_per_s(&measured, &lines, 15.0).unwrap() - 0.02).abs() < 1e-9);
        measured.iter_mut().enumerate().for_each(|(i, m)| m.1 = if i % 2 == 0 { 0.0 } else { 300.0 });
        assert_eq!(steeper_ms_per_s(&measured, &lines, 15.0), None);
        assert_eq!(steeper_ms_per_s(&measured[..2], &lines, 15.0), None);
        // Overlapping windows that all have the delay of one loud sound.
        let overlapping: Vec<_> = (0..7).map(|i| (2.0 * f64::from(i), 0.5 * f64::from(i / 5), 0)).collect();
        assert!((steeper_ms_per_s(&overlapping, &[line(0.0, 24.0, 0.0)], 10.0).unwrap() - 0.05).abs() < 0.01);
    }

    proptest! {
        #[test]
        fn all_windows_lie_in_both_files(
            reference_s in 0.0f64..5000.0, target_s in 0.0f64..5000.0, delay_ms in -3e6f64..3e6, rate in -45.0f64..45.0, cut in 0.0f64..5000.0,
        ) {
            let files = Lengths { reference_s, target_s, rate_hz: 48_000.0 };
            let one = Line { rate_ms_per_s: rate, ..line(0.0, cut, delay_ms) };
            let lines = [one, Line { start_s: cut, end_s: reference_s, delay_ms: delay_ms / 2.0, ..one }];
            let scan = Scan::default();
            let windows = classic(&lines, &files, &scan).into_iter().map(|p| (p, scan.window_s));
            let all = windows.chain(dense(&lines, &files, &scan).into_iter().flatten().map(|p| (p, scan.dense_window_s)));
            for (placed, window_s) in all {
                let (start_s, end_s) = (placed.window.start_s, placed.window.start_s + window_s);
                prop_assert!(start_s >= 0.0 && end_s <= reference_s + 0.001);
                for at_s in [start_s, end_s] {
                    let in_target = at_s - lines[placed.line].delay_ms(at_s) / 1000.0;
                    prop_assert!((-0.001..=target_s + 0.001).contains(&in_target), "{in_target}");
                }
            }
        }
    }
}
