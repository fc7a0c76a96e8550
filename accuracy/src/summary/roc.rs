//! How well a figure of a window tells whether its delay is right: the receiver operating characteristic over all windows.

use crate::{Class, Judged, Truth, answer::Measured};
use std::fmt::Write;

/// Shares of wrong windows that are let through, at which the share of right ones is told.
const WRONG_PCT: [f64; 5] = [0.0, 0.1, 1.0, 5.0, 20.0];

/// A figure of right windows and of wrong ones.
#[derive(Debug, Default)]
struct Figure {
    right: Vec<f64>,
    wrong: Vec<f64>,
}

impl Figure {
    /// The figure that `of` gives of each window; 0 of one that has none.
    fn of(windows: &[(Measured, bool)], of: impl Fn(&Measured) -> Option<f64>) -> Self {
        let mut figure = Self::default();
        for (window, is_right) in windows {
            let side = if *is_right { &mut figure.right } else { &mut figure.wrong };
            side.push(of(window).unwrap_or(0.0));
        }
        figure.right.sort_by(f64::total_cmp);
        figure.wrong.sort_by(f64::total_cmp);
        figure
    }

    /// Area under the curve: how often a right window has a higher figure than a wrong one; of equal ones, half.
    fn area(&self) -> f64 {
        let wrong_below = |value: &f64| {
            let less = self.wrong.partition_point(|wrong| wrong < value);
            let not_more = self.wrong.partition_point(|wrong| wrong <= value);
            (less + not_more) as f64 / 2.0
        };
        self.right.iter().map(wrong_below).sum::<f64>() / (self.right.len() * self.wrong.len()) as f64
    }

    /// Share of the right windows (%) above the lowest threshold that no more than this share of the wrong ones exceeds (%), and that threshold.
    fn right_pct(&self, wrong_pct: f64) -> (f64, f64) {
        let let_through = (wrong_pct / 100.0 * self.wrong.len() as f64).floor() as usize;
        let threshold = self.wrong[self.wrong.len() - 1 - let_through.min(self.wrong.len() - 1)];
        let kept = self.right.len() - self.right.partition_point(|right| *right <= threshold);
        (100.0 * kept as f64 / self.right.len() as f64, threshold)
    }
}

/// The windows of pairs with one delay, and whether they found it. All of unrelated pairs are wrong. Music that repeats itself is left out:
/// there, other delays are right for a window.
fn windows(judged: &[Judged], within_ms: f64) -> Vec<(Measured, bool)> {
    let of_pair = |judged: &Judged| -> Vec<(Measured, bool)> {
        let is_right = |window: &Measured| match judged.truth {
            Truth::Delay { delay_ms } => Some((window.delay_ms - delay_ms).abs() <= within_ms),
            Truth::Unrelated => Some(false),
            Truth::Drift { .. } | Truth::Steps { .. } => None,
        };
        judged.answer.each_window.iter().filter_map(|window| Some((*window, is_right(window)?))).collect()
    };
    let counts = |judged: &&Judged| judged.counts && judged.name.class != Class::Loops;
    judged.iter().filter(counts).flat_map(of_pair).collect()
}

/// The section about it, in Markdown; empty without right and wrong windows.
pub(super) fn section(judged: &[Judged], within_ms: f64) -> String {
    let windows = windows(judged, within_ms);
    let ratio = Figure::of(&windows, |window| window.peak_ratio);
    let matched = Figure::of(&windows, |window| Some(window.match_pct));
    if ratio.right.is_empty() || ratio.wrong.is_empty() {
        return String::new();
    }
    let mut text = format!(
        "\n## What tells right windows from wrong ones\n\n\
         Of {} windows of pairs with one delay or none, {} have the right delay and {} a wrong one, as all of unrelated pairs do. The table tells \
         how many right ones a threshold keeps that lets through this share of the wrong ones (the receiver operating characteristic), \
         and that threshold.\n\n| figure | area under the curve |",
        windows.len(),
        ratio.right.len(),
        ratio.wrong.len()
    );
    for wrong_pct in WRONG_PCT {
        // Writing to a string cannot fail.
        let _ = write!(text, " {wrong_pct} % wrong |");
    }
    text.push_str("\n|---|---|---|---|---|---|---|\n");
    for (name, figure) in [("`peak_ratio`", &ratio), ("`match_pct`", &matched)] {
        let _ = write!(text, "| {name} | {:.4} |", figure.area());
        for wrong_pct in WRONG_PCT {
            let (right_pct, threshold) = figure.right_pct(wrong_pct);
            let _ = write!(text, " {right_pct:.1} % (above {threshold:.3}) |");
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Answer, Name, Outcome};

    fn judged(truth: Truth, windows: &[(f64, f64)]) -> Judged {
        let window = |&(delay_ms, ratio): &(f64, f64)| Measured { delay_ms, match_pct: 50.0, peak_ratio: Some(ratio) };
        Judged {
            name: Name { class: Class::Related, number: 0 },
            group: "",
            counts: true,
            what: String::new(),
            truth,
            answer: Answer { each_window: windows.iter().map(window).collect(), ..Answer::default() },
            outcome: Outcome::Right,
            error_ms: None,
            error_ppm: None,
            in_bar: None,
            note: String::new(),
        }
    }

    #[test]
    fn a_figure_that_separates_has_all_of_the_area_and_one_that_does_not_half() {
        let judged = [
            judged(Truth::Delay { delay_ms: 5.0 }, &[(5.0, 3.0), (5.001, 2.0), (9.0, 1.5), (5.0, 1.1)]),
            judged(Truth::Unrelated, &[(5.0, 1.2), (7.0, 1.0)]),
            judged(Truth::Steps { stretches: Vec::new() }, &[(1.0, 9.0)]),
        ];
        let windows = windows(&judged, 0.01);
        let (ratio, matched) = (Figure::of(&windows, |w| w.peak_ratio), Figure::of(&windows, |w| Some(w.match_pct)));
        assert_eq!(
            (ratio.right.as_slice(), ratio.wrong.as_slice()),
            ([1.1, 2.0, 3.0].as_slice(), [1.0, 1.2, 1.5].as_slice())
        );
        assert!((ratio.area() - (3.0 + 3.0 + 1.0) / 9.0).abs() < 1e-12 && matched.area() == 0.5);
        assert_eq!((ratio.right_pct(0.0), ratio.right_pct(70.0)), ((200.0 / 3.0, 1.5), (100.0, 1.0)));
        assert!(section(&judged, 0.01).contains("| `match_pct` | 0.5000 | 0.0 % (above 50.000) |"));
        assert_eq!(section(&judged[2..], 0.01), "");
    }
}
