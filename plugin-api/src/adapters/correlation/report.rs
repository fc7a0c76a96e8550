//! What a scan adds to the report: delays over time, confidence, correlation curves, the table of windows.

use crate::{
    kinds::{Correlation as Measured, Window},
    report::{Figure, Mark, Series, Table},
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
