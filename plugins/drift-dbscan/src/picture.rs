//! What a diagnosis looks like: the accepted windows, and the line of delays through them that jumps at cuts; and the sound around each cut.

use crate::sound::Cut;
use vsg_plugin_api::kinds::{Correlation, Diagnosis, DiagnosisKind};
use vsg_plugin_api::report::{Figure, Mark, Series};

/// The picture of a target that drifts or is cut; none of one with a single delay, which needs no second plot.
pub(crate) fn picture(correlation: &Correlation, diagnosis: &Diagnosis) -> Option<Figure> {
    let tells = !matches!(diagnosis.kind, DiagnosisKind::Uniform | DiagnosisKind::InsufficientData);
    if !tells || diagnosis.segments.is_empty() {
        return None;
    }
    let accepted = correlation.windows.iter().filter(|window| window.accepted);
    let fitted = diagnosis.segments.iter().flat_map(|segment| {
        [segment.start_s, segment.end_s].map(|at_s| (at_s, segment.delay_ms + diagnosis.rate_ms_per_s * at_s))
    });
    let cuts = diagnosis.segments.len() - 1;
    let drift =
        if diagnosis.rate_ms_per_s == 0.0 { String::new() } else { format!(", {:+.4} ms/s", diagnosis.rate_ms_per_s) };
    Some(Figure {
        title: format!("{}: fitted delay{drift}, {cuts} cut(s)", diagnosis.source),
        x_label: "time in the reference (s)".into(),
        y_label: "delay (ms)".into(),
        series: vec![
            Series { name: "fitted, jumps at cuts".into(), mark: Mark::Line, points: fitted.collect() },
            Series {
                name: "accepted windows".into(),
                mark: Mark::Point,
                points: accepted.map(|window| (correlation.middle_s(window), window.delay_ms)).collect(),
            },
        ],
    })
}

/// The sound around a cut.
pub(crate) fn cut(source: &str, number: usize, cut: &Cut) -> Figure {
    let [before, after] = &cut.agreement;
    let series =
        |name: &str, points: &[(f64, f64)]| Series { name: name.into(), mark: Mark::Line, points: points.to_vec() };
    let edges = [cut.end_s, cut.start_s].map(|at_s| (at_s, 0.0));
    Figure {
        title: format!("{source}: cut {number}, how well the sound agrees before and behind it"),
        x_label: "time in the reference (s)".into(),
        y_label: "mean cosine of phases".into(),
        series: vec![
            series("at the delay before", before),
            series("at the delay behind", after),
            Series { name: "end before, start behind".into(), mark: Mark::Point, points: edges.to_vec() },
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vsg_plugin_api::kinds::Segment;

    #[test]
    fn the_line_follows_drift_and_jumps_at_cuts() {
        let segment = |start_s, end_s, delay_ms| Segment {
            start_s,
            end_s,
            start_error_s: 1.0,
            delay_ms,
            error_ms: 0.1,
            windows: 5,
        };
        let mut diagnosis = Diagnosis {
            kind: DiagnosisKind::Stepping,
            rate_ms_per_s: 0.5,
            segments: vec![segment(0.0, 100.0, 10.0), segment(100.0, 200.0, 1010.0)],
            ..Diagnosis::default()
        };
        let figure = picture(&Correlation::default(), &diagnosis).unwrap();
        assert_eq!(figure.series[0].points, [(0.0, 10.0), (100.0, 60.0), (100.0, 1060.0), (200.0, 1110.0)]);
        diagnosis.kind = DiagnosisKind::Uniform;
        assert_eq!(picture(&Correlation::default(), &diagnosis), None);
    }
}
