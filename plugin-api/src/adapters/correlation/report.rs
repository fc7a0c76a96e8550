//! What a scan adds to the report: delays over time, confidence, correlation curves, the table of windows.

use crate::{
    Result,
    kinds::{Correlation as Measured, Explanation, Verdict, Window},
    report::{Entry, Figure, Mark, Series, Table},
};
use serde::Serialize;

/// Most points of a curve; more can not be told apart in a plot.
const CURVE_POINTS: usize = 1200;

/// A target's measurements in the report.
#[derive(Serialize)]
pub(super) struct Facts<'a> {
    pub(super) method: &'a str,
    pub(super) windows: &'a [Window],
    /// What an equaliser on one side had added to all delays, and was taken out (ms).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) equaliser_ms: Option<f64>,
}

/// What the report says of a target of which not a single window could be measured.
pub(super) fn refused(source: &str, error: &str) -> Result<Entry> {
    let selection = serde_json::json!({ "verdict": Verdict::Refused, "accepted": 0, "measured": 0, "error": error });
    let explain = Explanation { because: error.to_owned(), ..Explanation::default() };
    Entry::facts(&["targets", source], &serde_json::json!({ "selection": selection, "explain": explain }))
}

/// Delay of each window over time.
pub(super) fn delay_over_time(measured: &Measured) -> Figure {
    over_time(measured, "delay over time", "delay (ms)", |window| Some(window.delay_ms))
}

/// How far each window stands out over time: by its peak ratio if the method tells one, by its match otherwise.
pub(super) fn confidence_over_time(measured: &Measured) -> Figure {
    if measured.windows.iter().any(|window| window.peak_ratio.is_some()) {
        over_time(measured, "how far each window stands out", "peak against the second", |window| window.peak_ratio)
    } else {
        over_time(measured, "how well each window matches", "match (%)", |window| Some(window.match_pct))
    }
}

fn over_time(measured: &Measured, title: &str, y_label: &str, of: impl Fn(&Window) -> Option<f64>) -> Figure {
    let points = |accepted: bool| -> Vec<(f64, f64)> {
        let chosen = measured.windows.iter().filter(|window| window.accepted == accepted);
        chosen.filter_map(|window| Some((measured.middle_s(window), of(window)?))).collect()
    };
    Figure {
        title: format!("{}: {title}", measured.source),
        x_label: "time in the reference (s)".into(),
        y_label: y_label.into(),
        series: vec![
            Series { name: "accepted".into(), mark: Mark::Point, points: points(true) },
            Series { name: "rejected".into(), mark: Mark::Cross, points: points(false) },
        ],
    }
}

/// The correlation of one window; `expected_ms` is where the target was read. `None` without a curve.
pub(super) fn curve(source: &str, name: &str, window: &Window, curve: &[(f64, f64)]) -> Option<Figure> {
    let expected_ms = window.expected_ms.unwrap_or(0.0);
    let thinned = thinned(curve);
    if thinned.len() < 2 {
        return None;
    }
    let verdict = if window.accepted { "accepted" } else { "rejected" };
    Some(Figure {
        title: format!("{source}: correlation of its {name} window ({:.0} s, {verdict})", window.start_s),
        x_label: "delay (ms)".into(),
        y_label: "correlation".into(),
        series: vec![Series {
            name: format!("peak at {:+.3} ms", window.delay_ms),
            mark: Mark::Line,
            points: thinned.into_iter().map(|(delay_ms, height)| (delay_ms + expected_ms, height)).collect(),
        }],
    })
}

/// The lowest and the highest of every few points.
fn thinned(curve: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let every = (2 * curve.len()).div_ceil(CURVE_POINTS).max(1);
    if every <= 2 {
        return curve.to_vec();
    }
    let ends = |part: &[(f64, f64)]| {
        let low = part.iter().copied().min_by(|a, b| a.1.total_cmp(&b.1));
        let high = part.iter().copied().max_by(|a, b| a.1.total_cmp(&b.1));
        let mut ends: Vec<(f64, f64)> = low.into_iter().chain(high).collect();
        ends.sort_by(|a, b| a.0.total_cmp(&b.0));
        ends
    };
    curve.chunks(every).flat_map(ends).collect()
}

/// The windows whose curves tell most: the one that stands out furthest, and the one that does so least.
pub(super) fn best_and_worst(windows: &[Window]) -> Option<(usize, usize)> {
    let weight = |window: &Window| window.peak_ratio.unwrap_or(window.match_pct);
    let numbers = || 0..windows.len();
    let best = numbers().max_by(|a, b| weight(&windows[*a]).total_cmp(&weight(&windows[*b])))?;
    let worst = numbers().min_by(|a, b| weight(&windows[*a]).total_cmp(&weight(&windows[*b])))?;
    Some((best, worst))
}

/// All windows.
pub(super) fn table(measured: &Measured) -> Table {
    let optional = |value: Option<f64>, decimals: usize| value.map_or(String::new(), |v| format!("{v:.decimals$}"));
    let rows = measured.windows.iter().map(|window| {
        vec![
            window.number.to_string(),
            format!("{:.1}", window.start_s),
            format!("{:+.3}", window.delay_ms),
            optional(window.error_ms, 3),
            format!("{:.1}", window.match_pct),
            optional(window.peak_ratio, 2),
            optional(window.runner_up_ms, 3),
            window.rejected_because.clone().map_or("accepted".into(), |reason| format!("rejected: {reason}")),
        ]
    });
    let columns =
        ["window", "start (s)", "delay (ms)", "± (ms)", "match (%)", "peak ratio", "runner-up (ms)", "verdict"];
    Table {
        title: format!("{}: windows", measured.source),
        columns: columns.map(String::from).to_vec(),
        rows: rows.collect(),
        is_detail: true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Windows 20 s long, 10 s apart, with these peak ratios; those below 1.5 are rejected.
    fn measured(ratios: &[Option<f64>]) -> Measured {
        let window = |(index, ratio): (usize, &Option<f64>)| Window {
            start_s: 10.0 * index as f64,
            delay_ms: 100.0,
            match_pct: 80.0 + index as f64,
            peak_ratio: *ratio,
            accepted: ratio.is_none_or(|ratio| ratio >= 1.5),
            ..Window::default()
        };
        let windows = ratios.iter().enumerate().map(window).collect();
        Measured { source: "Source 2".into(), window_s: 20.0, windows, ..Measured::default() }
    }

    #[test]
    fn confidence_over_time_is_that_of_each_window_in_its_middle() {
        let figure = confidence_over_time(&measured(&[Some(3.0), Some(1.25), Some(4.0)]));
        assert_eq!(figure.title, "Source 2: how far each window stands out");
        assert_eq!(
            (figure.x_label.as_str(), figure.y_label.as_str()),
            ("time in the reference (s)", "peak against the second")
        );
        let series: Vec<_> = figure.series.iter().map(|series| (series.name.as_str(), &series.points[..])).collect();
        assert_eq!(series, [("accepted", &[(10.0, 3.0), (30.0, 4.0)][..]), ("rejected", &[(20.0, 1.25)][..])]);
        // A method that tells no peak ratio.
        let figure = confidence_over_time(&measured(&[None, None]));
        assert_eq!(
            (figure.y_label.as_str(), &figure.series[0].points[..]),
            ("match (%)", &[(10.0, 80.0), (20.0, 81.0)][..])
        );
    }

    #[test]
    fn the_best_and_the_worst_window_are_those_that_stand_out_most_and_least() {
        assert_eq!(best_and_worst(&measured(&[Some(3.0), Some(1.25), Some(4.0)]).windows), Some((2, 1)));
        assert_eq!(best_and_worst(&measured(&[None, None]).windows), Some((1, 0)), "by the match");
        assert_eq!(best_and_worst(&[]), None);
    }

    #[test]
    fn a_curve_counts_from_where_the_target_was_read() {
        let window = Window { delay_ms: 5001.0, start_s: 30.0, expected_ms: Some(5000.0), ..Window::default() };
        let figure = curve("Source 2", "worst", &window, &[(-1.0, 0.25), (0.0, 0.5), (1.0, 1.0)]).unwrap();
        assert_eq!(figure.title, "Source 2: correlation of its worst window (30 s, rejected)");
        let series = &figure.series[0];
        assert_eq!((series.name.as_str(), series.mark), ("peak at +5001.000 ms", Mark::Line));
        assert_eq!(series.points, [(4999.0, 0.25), (5000.0, 0.5), (5001.0, 1.0)]);
        assert_eq!(curve("Source 2", "worst", &window, &[(0.0, 1.0)]), None);
    }

    #[test]
    fn a_thinned_curve_keeps_its_peaks() {
        let mut points: Vec<(f64, f64)> = (0..100_000).map(|i| (f64::from(i), 0.0)).collect();
        (points[7].1, points[50_001].1) = (-2.0, 9.0);
        let thinned = thinned(&points);
        assert!(thinned.len() <= CURVE_POINTS + 2 && thinned.is_sorted_by(|a, b| a.0 <= b.0));
        assert!(thinned.contains(&(7.0, -2.0)) && thinned.contains(&(50_001.0, 9.0)));
        assert_eq!(super::thinned(&points[..10]), points[..10]);
    }
}
