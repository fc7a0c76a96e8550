//! Delay over time: one figure for each target, one colour for each variant.

use super::{AGREEMENT_MS, Target, Window, statistics::range};
use crate::report::plot::{Look, svg_with};
use vsg_plugin_api::report::{Figure, Mark, Series};

/// How much of the distance between two windows the points of all variants take.
const WIDTH: f64 = 0.5;

/// Range of all accepted windows from which on a close-up is of use (ms).
const FAR_MS: f64 = 4.0;

/// The windows of a target that are near a delay, if others are so far away that nothing can be told of these.
pub(super) fn close_up(target: &Target, delay_ms: f64) -> Option<String> {
    let accepted = target.variants.iter().flat_map(|row| &row.windows).filter(|window| window.accepted);
    let delays_ms: Vec<f64> = accepted.map(|window| window.delay_ms).collect();
    range(&delays_ms).filter(|range_ms| *range_ms > FAR_MS)?;
    figure(target, Some(delay_ms))
}

/// The windows of a target as an `svg` element; nothing if no variant has any. Points of one window lie side by side, so that
/// they do not hide each other. Rejected windows are crosses; the axis does not follow them. With `near_ms`, only those that
/// agree with this delay.
pub(super) fn figure(target: &Target, near_ms: Option<f64>) -> Option<String> {
    let is_shown = |window: &&Window| near_ms.is_none_or(|near_ms| (window.delay_ms - near_ms).abs() <= AGREEMENT_MS);
    let step_s = step_s(target);
    let count = target.variants.len().max(1) as f64;
    let (mut series, mut colours) = (Vec::new(), Vec::new());
    for (nth, row) in target.variants.iter().enumerate() {
        let beside_s = step_s * WIDTH * ((nth as f64 + 0.5) / count - 0.5);
        for (accepted, mark) in [(true, Mark::Point), (false, Mark::Cross)] {
            let windows = row.windows.iter().filter(|window| window.accepted == accepted).filter(is_shown);
            let points = windows.map(|window| (window.start_s + beside_s, window.delay_ms)).collect();
            series.push(Series { name: row.variant.clone(), mark, points });
            colours.push(nth);
        }
    }
    let (x_label, y_label) = ("position in the reference (s)".to_owned(), "delay (ms)".to_owned());
    let figure = Figure { title: target.source.clone(), x_label, y_label, series };
    svg_with(&figure, &Look { colours: &colours, has_legend: false })
}

/// The least distance between windows of one variant (s).
fn step_s(target: &Target) -> f64 {
    let steps = target.variants.iter().flat_map(|row| {
        row.windows.windows(2).map(|pair| pair[1].start_s - pair[0].start_s).filter(|step_s| *step_s > 0.0)
    });
    steps.reduce(f64::min).unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::compare::{Cost, Row};

    fn target(delays_ms: &[f64]) -> Target {
        let row = |delay_ms: &f64| {
            let window = |start_s| Window { start_s, delay_ms: *delay_ms, accepted: true };
            Row { windows: vec![window(10.0), window(20.0)], ..Row::default() }
        };
        let variants = delays_ms.iter().map(row).collect();
        Target { source: "Source 2".into(), file: String::new(), truth_ms: None, shared: Cost::default(), variants }
    }

    #[test]
    fn points_of_one_window_do_not_hide_each_other() {
        let drawn = figure(&target(&[5.0, 5.0, 5.0]), None).unwrap();
        let places: std::collections::BTreeSet<&str> =
            drawn.split("<circle cx=\"").skip(1).filter_map(|circle| circle.split('"').next()).collect();
        assert_eq!(places.len(), 6, "{places:?}");
    }

    #[test]
    fn what_is_far_away_makes_room_for_a_closer_look_at_the_rest() {
        assert!(close_up(&target(&[5.0, 5.5]), 5.0).is_none());
        let close = close_up(&target(&[5.0, 5.5, 900.0]), 5.0).unwrap();
        assert_eq!(close.matches("<circle").count(), 4);
    }
}
