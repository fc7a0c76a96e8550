//! Draws a figure as inline SVG that is readable on light and on dark paper.

use plotters::{
    coord::Shift,
    prelude::*,
    style::text_anchor::{HPos, Pos, VPos},
};
use vsg_plugin_api::report::{Figure, Mark, Series};

/// Size of a figure (px).
const SIZE: (u32, u32) = (760, 320);
/// Around everything, and for the labels of the vertical axis (px).
const MARGIN: i32 = 8;
const LABELS: i32 = 84;
/// Height of a row of names, and how many there are in one (px).
const ROW: i32 = 16;
const COLUMNS: usize = 3;
/// Stands for the colour of the page's text until the page's own colour replaces it.
const INK: RGBColor = RGBColor(1, 2, 3);
const INK_IN_SVG: &str = "#010203";
/// Colours that stand out on white and on black.
const COLOURS: [RGBColor; 8] = [
    RGBColor(38, 139, 210),
    RGBColor(220, 80, 47),
    RGBColor(110, 160, 40),
    RGBColor(181, 120, 0),
    RGBColor(150, 105, 225),
    RGBColor(0, 160, 150),
    RGBColor(215, 75, 155),
    RGBColor(130, 130, 130),
];

/// How a figure is drawn.
pub(super) struct Look<'l> {
    /// The colour of each series, by number, see [`colour`].
    pub(super) colours: &'l [usize],
    /// Whether names of series are drawn, too.
    pub(super) has_legend: bool,
}

/// The figure as an `svg` element, or `None` if there is nothing finite to draw.
///
/// Axes follow points and lines; crosses (rejected measurements) that lie outside are drawn on the edge.
#[must_use]
pub fn svg(figure: &Figure) -> Option<String> {
    let colours: Vec<usize> = (0..figure.series.len()).collect();
    svg_with(figure, &Look { colours: &colours, has_legend: true })
}

/// The same with a look of its own.
pub(super) fn svg_with(figure: &Figure, look: &Look<'_>) -> Option<String> {
    let frame = Frame::of(figure)?;
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, SIZE).into_drawing_area();
        draw(&area, figure, &frame, look).ok()?;
    }
    Some(text.replace(INK_IN_SVG, "currentColor"))
}

/// As [`svg()`], for a file of its own: it brings the colours of the page with it.
#[must_use]
pub fn standalone_svg(figure: &Figure) -> Option<String> {
    const STYLE: &str = "<style>svg{color:#222;background:#fff}\
                         @media(prefers-color-scheme:dark){svg{color:#ddd;background:#181818}}</style>";
    let text = svg(figure)?;
    let start = text.find("<svg").and_then(|start| Some(start + text[start..].find('>')? + 1))?;
    Some(format!("{}{STYLE}{}", &text[..start], &text[start..]))
}

/// The `nth` colour as CSS writes it; after the last one the first one comes again.
pub(super) fn colour(nth: usize) -> String {
    let RGBColor(red, green, blue) = rgb(nth);
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// Whether another one has the `nth` colour, too, and points of it are triangles to tell them apart.
pub(super) fn is_again(nth: usize) -> bool {
    nth / COLOURS.len() % 2 == 1
}

fn rgb(nth: usize) -> RGBColor {
    COLOURS[nth % COLOURS.len()]
}

/// Ranges of both axes.
struct Frame {
    x: (f64, f64),
    y: (f64, f64),
}

impl Frame {
    fn of(figure: &Figure) -> Option<Self> {
        let all = || {
            figure.series.iter().flat_map(|series| series.points.iter()).filter(|(x, y)| x.is_finite() && y.is_finite())
        };
        let counted: Vec<f64> = figure
            .series
            .iter()
            .filter(|series| series.mark != Mark::Cross)
            .flat_map(|series| series.points.iter().map(|(_, y)| *y))
            .filter(|y| y.is_finite())
            .collect();
        let x = padded(range(all().map(|(x, _)| *x))?, 1.0);
        let y = if counted.is_empty() { range(all().map(|(_, y)| *y))? } else { range(counted.into_iter())? };
        Some(Self { x, y: padded(y, 0.05) })
    }
}

fn range(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values.fold(None, |range, value| match range {
        None => Some((value, value)),
        Some((low, high)) => Some((low.min(value), high.max(value))),
    })
}

/// The range with room on both sides, at least `least` in all.
fn padded((low, high): (f64, f64), least: f64) -> (f64, f64) {
    let room = ((high - low) * 0.08).max(least / 2.0);
    (low - room, high + room)
}

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

fn draw(area: &Area<'_>, figure: &Figure, frame: &Frame, look: &Look<'_>) -> Result<(), Box<dyn std::error::Error>> {
    let text = |size: i32| ("sans-serif", size).into_font().color(&INK);
    let names = if look.has_legend { named(figure, look) } else { Vec::new() };
    let mut chart = ChartBuilder::on(area)
        .margin(MARGIN)
        .margin_top(MARGIN + ROW * names.len().div_ceil(COLUMNS) as i32)
        .x_label_area_size(42)
        .y_label_area_size(LABELS)
        .build_cartesian_2d(frame.x.0..frame.x.1, frame.y.0..frame.y.1)?;
    let decimals = match frame.y.1 - frame.y.0 {
        small if small < 2.0 => 3,
        middling if middling < 50.0 => 1,
        _ => 0,
    };
    chart
        .configure_mesh()
        .axis_style(INK.mix(0.6))
        .bold_line_style(INK.mix(0.15))
        .light_line_style(INK.mix(0.05))
        .max_light_lines(1)
        .label_style(text(13))
        .x_desc(&figure.x_label)
        .y_desc(&figure.y_label)
        .axis_desc_style(text(14))
        .x_label_formatter(&|x| format!("{x:.0}"))
        .y_label_formatter(&|y| format!("{y:.decimals$}"))
        .draw()?;
    for (series, nth) in figure.series.iter().zip(look.colours) {
        let colour = rgb(*nth);
        let points: Vec<(f64, f64)> = series
            .points
            .iter()
            .filter(|(x, y)| x.is_finite() && y.is_finite())
            .map(|(x, y)| (*x, y.clamp(frame.y.0, frame.y.1)))
            .collect();
        match series.mark {
            Mark::Line => {
                chart.draw_series(LineSeries::new(points, colour.stroke_width(2)))?;
            }
            Mark::Point if is_again(*nth) => {
                let triangles = points.into_iter().map(|point| TriangleMarker::new(point, 5, colour.filled()));
                chart.draw_series(triangles)?;
            }
            Mark::Point => {
                chart.draw_series(points.into_iter().map(|point| Circle::new(point, 4, colour.filled())))?;
            }
            Mark::Cross => {
                chart.draw_series(points.into_iter().map(|point| Cross::new(point, 4, colour.stroke_width(2))))?;
            }
        }
    }
    legend(area, &names)
}

/// The series that have points, each with its colour.
fn named<'f>(figure: &'f Figure, look: &Look<'_>) -> Vec<(&'f Series, RGBColor)> {
    let colours = look.colours.iter().map(|nth| rgb(*nth));
    figure.series.iter().zip(colours).filter(|(series, _)| !series.points.is_empty()).collect()
}

/// Names of series in their colours, above what is drawn, where they hide nothing.
fn legend(area: &Area<'_>, names: &[(&Series, RGBColor)]) -> Result<(), Box<dyn std::error::Error>> {
    let width = (SIZE.0 as i32 - MARGIN - LABELS) / COLUMNS as i32;
    for (number, (series, colour)) in names.iter().enumerate() {
        let sign = match series.mark {
            Mark::Line => "—",
            Mark::Point => "●",
            Mark::Cross => "✕",
        };
        let style = ("sans-serif", 13).into_font().color(colour).pos(Pos::new(HPos::Left, VPos::Top));
        let (row, column) = ((number / COLUMNS) as i32, (number % COLUMNS) as i32);
        let place = (MARGIN + LABELS + column * width, MARGIN / 2 + ROW * row);
        area.draw_text(&format!("{sign} {} ({})", series.name, series.points.len()), &style, place)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(points: Vec<(f64, f64)>, crosses: Vec<(f64, f64)>) -> Figure {
        Figure {
            title: "delay".into(),
            x_label: "time (s)".into(),
            y_label: "delay (ms)".into(),
            series: vec![
                Series { name: "accepted".into(), mark: Mark::Point, points },
                Series { name: "rejected".into(), mark: Mark::Cross, points: crosses },
            ],
        }
    }

    #[test]
    fn ink_is_the_colour_of_the_page() {
        let svg = svg(&figure(vec![(0.0, 1.0), (10.0, 2.0)], vec![])).unwrap();
        assert!(svg.contains("currentColor") && !svg.contains(INK_IN_SVG) && !svg.contains("#000000"));
        assert!(svg.contains("delay (ms)"));
        let alone = standalone_svg(&figure(vec![(0.0, 1.0)], vec![])).unwrap();
        assert!(alone.contains("><style>svg{color:") && alone.contains("prefers-color-scheme:dark"), "{alone}");
    }

    #[test]
    fn names_stand_above_the_points() {
        let mut many = figure(vec![(0.0, 1.0), (1.0, 9.0)], vec![(0.5, 9.0)]);
        many.series = (0..4).flat_map(|_| many.series.clone()).collect();
        let drawn = svg(&many).unwrap();
        let height = |circle: &str| circle.split("cy=\"").nth(1)?.split('"').next()?.parse::<f64>().ok();
        let heights = drawn.split("<circle ").skip(1).filter_map(height);
        let names = drawn.matches("accepted (2)").count() + drawn.matches("rejected (1)").count();
        assert_eq!(names, 8);
        let highest = heights.fold(f64::INFINITY, f64::min);
        let lowest_row = f64::from(MARGIN / 2 + 2 * ROW);
        assert!(highest > lowest_row + f64::from(ROW), "{highest}");
    }

    #[test]
    fn series_of_one_colour_differ_in_shape() {
        let two =
            Figure { series: vec![figure(vec![(0.0, 1.0)], vec![]).series.remove(0); 2], ..figure(vec![], vec![]) };
        let drawn = svg_with(&two, &Look { colours: &[1, 1 + COLOURS.len()], has_legend: false }).unwrap();
        assert_eq!((drawn.matches("<circle").count(), drawn.matches("<polygon").count()), (1, 1));
        assert_eq!(colour(1), colour(1 + COLOURS.len()));
    }

    #[test]
    fn far_away_crosses_do_not_flatten_the_points() {
        let frame = Frame::of(&figure(vec![(0.0, 1234.5), (10.0, 1234.6)], vec![(5.0, -9000.0)])).unwrap();
        assert!(frame.y.0 > 1234.0 && frame.y.1 < 1235.0);
    }

    #[test]
    fn numbers_of_the_vertical_axis_have_as_many_decimals_as_its_length_needs() {
        let drawn = |high| svg(&figure(vec![(0.0, 0.0), (1.0, high)], vec![])).unwrap();
        for (high, number) in [(1.0, "0.500"), (10.0, "5.0"), (90_000.0, "50000")] {
            let drawn = drawn(high);
            assert!(drawn.lines().any(|line| line.trim() == number), "{number} is not in {drawn}");
        }
    }

    #[test]
    fn nothing_finite_is_no_figure_and_one_point_is_one() {
        assert!(svg(&figure(vec![], vec![])).is_none());
        assert!(svg(&figure(vec![(f64::NAN, 1.0)], vec![])).is_none());
        assert!(svg(&figure(vec![(3.0, 1.0)], vec![])).is_some());
    }
}
