//! A figure on a terminal, in dots.

use std::fmt::Write;
use textplots::{Chart, LabelBuilder, LabelFormat, Plot, Shape};
use vsg_plugin_api::report::{Figure, Mark};

/// Size of the drawing in dots; a character has two by four.
const SIZE: (u32, u32) = (160, 60);

/// The figure as text, or `None` if there is nothing finite to draw.
#[must_use]
pub fn terminal_plot(figure: &Figure) -> Option<String> {
    let finite = |points: &[(f64, f64)]| -> Vec<(f32, f32)> {
        let finite = points.iter().filter(|(x, y)| x.is_finite() && y.is_finite());
        finite.map(|(x, y)| (*x as f32, *y as f32)).collect()
    };
    let series: Vec<(Mark, Vec<(f32, f32)>)> =
        figure.series.iter().map(|series| (series.mark, finite(&series.points))).collect();
    let all = || series.iter().flat_map(|(_, points)| points);
    let range = |values: &mut dyn Iterator<Item = f32>| {
        values.fold(None, |range: Option<(f32, f32)>, value| {
            let (low, high) = range.unwrap_or((value, value));
            Some((low.min(value), high.max(value)))
        })
    };
    let (left, right) = padded(range(&mut all().map(|(x, _)| *x))?);
    let (low, high) = padded(range(&mut all().map(|(_, y)| *y))?);
    let shapes: Vec<Shape<'_>> = series
        .iter()
        .map(|(mark, points)| match mark {
            Mark::Line => Shape::Lines(points),
            Mark::Point | Mark::Cross => Shape::Points(points),
        })
        .collect();
    let mut chart = Chart::new_with_y_range(SIZE.0, SIZE.1, left, right, low, high);
    let mut drawing = chart
        .x_label_format(LabelFormat::Custom(Box::new(|value| format!("{value:.1}"))))
        .y_label_format(LabelFormat::Custom(Box::new(|value| format!("{value:.3}"))));
    for shape in &shapes {
        drawing = drawing.lineplot(shape);
    }
    drawing.axis();
    drawing.figures();
    let mut text = format!("{}\n", figure.title);
    // Writing to a string can not fail.
    let _ = writeln!(text, "{drawing}");
    let _ = writeln!(text, "across: {}; up: {}", figure.x_label, figure.y_label);
    Some(text)
}

/// Room around a range, so that no point is on the edge and no range is empty.
fn padded((low, high): (f32, f32)) -> (f32, f32) {
    let room = if high > low { 0.05 * (high - low) } else { low.abs().max(1.0) * 0.01 };
    (low - room, high + room)
}

#[cfg(test)]
mod tests {
    use super::*;
    use vsg_plugin_api::report::Series;

    #[test]
    fn points_are_drawn_and_nothing_is_none() {
        let figure = |points| Figure {
            title: "delays".into(),
            series: vec![Series { name: "a".into(), mark: Mark::Point, points }],
            ..Figure::default()
        };
        let text = terminal_plot(&figure(vec![(0.0, 5.0), (10.0, 5.0), (20.0, f64::NAN)])).unwrap();
        assert!(text.contains("delays") && text.chars().any(|c| ('\u{2801}'..='\u{28ff}').contains(&c)), "{text}");
        assert!(terminal_plot(&figure(vec![(f64::NAN, 1.0)])).is_none());
    }
}
