//! What a diagnosis looks like: the windows, in the stretches or clusters that they belong to, and the line of delays through them that jumps
//! at cuts; and the sound around each cut.

use crate::clusters::mean;
use crate::sound::Cut;
use vsg_plugin_api::kinds::{Correlation, Diagnosis, DiagnosisKind, Window};
use vsg_plugin_api::report::{Figure, Mark, Series};

/// So many groups of windows have a colour of their own.
const GROUPS: usize = 4;

/// The picture of a target that drifts or is cut; none of one with a single delay, which needs no second plot.
pub(crate) fn picture(correlation: &Correlation, diagnosis: &Diagnosis) -> Option<Figure> {
    if matches!(diagnosis.kind, DiagnosisKind::Uniform | DiagnosisKind::InsufficientData) {
        return None;
    }
    let rate = diagnosis.rate_ms_per_s;
    let cuts = match (diagnosis.segments.len(), diagnosis.clusters.len()) {
        (0, clusters) => counted(clusters, "cluster"),
        (segments, _) => counted(segments - 1, "cut"),
    };
    let found = [Some("diagnosis".to_owned()), (rate != 0.0).then(|| format!("{rate:+.4} ms/s")), cuts];
    let found: Vec<String> = found.into_iter().flatten().collect();
    let line = Series { name: "fitted delay".into(), mark: Mark::Line, points: fitted(correlation, diagnosis) };
    let groups = groups(correlation, diagnosis).into_iter();
    let rejected = correlation.windows.iter().filter(|window| !window.accepted);
    let series = [line]
        .into_iter()
        .chain(groups.map(|(name, points)| Series { name, mark: Mark::Point, points }))
        .chain([Series {
            name: "rejected".into(),
            mark: Mark::Cross,
            points: rejected.map(|window| point(correlation, window)).collect(),
        }])
        .filter(|series| !series.points.is_empty());
    Some(Figure {
        title: format!("{}: {}", diagnosis.source, found.join(", ")),
        x_label: "time in the reference (s)".into(),
        y_label: "delay (ms)".into(),
        series: series.collect(),
    })
}

/// "1 cut", "2 cuts"; none is not worth a word.
fn counted(count: usize, what: &str) -> Option<String> {
    match count {
        0 => None,
        1 => Some(format!("1 {what}")),
        _ => Some(format!("{count} {what}s")),
    }
}

fn point(correlation: &Correlation, window: &Window) -> (f64, f64) {
    (correlation.middle_s(window), window.delay_ms)
}

/// The line through the windows, with its jumps. The reference program's way knows a rate alone.
fn fitted(correlation: &Correlation, diagnosis: &Diagnosis) -> Vec<(f64, f64)> {
    let rate = diagnosis.rate_ms_per_s;
    if diagnosis.segments.is_empty() && rate != 0.0 {
        let points: Vec<(f64, f64)> = accepted(correlation).map(|window| point(correlation, window)).collect();
        let level_ms = mean(&points.iter().map(|(at_s, delay_ms)| delay_ms - rate * at_s).collect::<Vec<_>>());
        let ends = points.first().into_iter().chain(points.last());
        return ends.map(|(at_s, _)| (*at_s, level_ms + rate * at_s)).collect();
    }
    let segments = diagnosis.segments.iter();
    segments
        .flat_map(|segment| [segment.start_s, segment.end_s].map(|at_s| (at_s, segment.delay_ms + rate * at_s)))
        .collect()
}

fn accepted(correlation: &Correlation) -> impl Iterator<Item = &Window> {
    correlation.windows.iter().filter(|window| window.accepted)
}

/// The accepted windows by the stretch or the cluster that they belong to; those of the last ones together if there are many.
fn groups(correlation: &Correlation, diagnosis: &Diagnosis) -> Vec<(String, Vec<(f64, f64)>)> {
    let Diagnosis { segments, clusters, .. } = diagnosis;
    let home = |window: &Window| {
        let home = diagnosis.segment_at(correlation.middle_s(window))?;
        segments.iter().position(|segment| std::ptr::eq(segment, home))
    };
    let in_cluster = |index: usize| clusters.iter().position(|cluster| cluster.members.contains(&index));
    let (kind, delays_ms): (_, Vec<f64>) = match clusters.is_empty() {
        true => ("stretch", segments.iter().map(|segment| segment.delay_ms).collect()),
        false => ("cluster", clusters.iter().map(|cluster| cluster.mean_delay_ms).collect()),
    };
    let named = (1..).zip(&delays_ms).map(|(number, ms)| format!("{kind} {number}, {ms:+.3} ms"));
    let later = (delays_ms.len() > GROUPS).then(|| "later ones".to_owned());
    let names = named.take(GROUPS).chain(later);
    let mut groups: Vec<(String, Vec<(f64, f64)>)> = names.map(|name| (name, Vec::new())).collect();
    let last = groups.len().saturating_sub(1);
    let mut alone = Vec::new();
    for (index, window) in accepted(correlation).enumerate() {
        let group = if clusters.is_empty() { home(window) } else { in_cluster(index) };
        match group {
            Some(group) => groups[group.min(last)].1.push(point(correlation, window)),
            None => alone.push(point(correlation, window)),
        }
    }
    groups.push(("accepted, in none".into(), alone));
    groups
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
    use vsg_plugin_api::kinds::{Cluster, Segment};

    fn window(start_s: f64, delay_ms: f64, accepted: bool) -> Window {
        Window { start_s, delay_ms, accepted, ..Window::default() }
    }

    fn points<'f>(figure: &'f Figure, name: &str) -> &'f [(f64, f64)] {
        let names: Vec<&String> = figure.series.iter().map(|series| &series.name).collect();
        let series = figure.series.iter().find(|series| series.name.starts_with(name));
        &series.unwrap_or_else(|| panic!("{name} is none of {names:?}")).points
    }

    #[test]
    fn the_line_follows_drift_and_jumps_at_cuts_and_windows_are_in_their_stretch() {
        let segment = |start_s, end_s, delay_ms| Segment {
            start_s,
            end_s,
            start_error_s: 1.0,
            delay_ms,
            error_ms: 0.1,
            windows: 5,
        };
        let correlation = Correlation {
            windows: vec![window(50.0, 35.0, true), window(60.0, -999.0, false), window(150.0, 1085.0, true)],
            ..Correlation::default()
        };
        let mut diagnosis = Diagnosis {
            kind: DiagnosisKind::Stepping,
            rate_ms_per_s: 0.5,
            segments: vec![segment(0.0, 100.0, 10.0), segment(100.0, 200.0, 1010.0)],
            ..Diagnosis::default()
        };
        let figure = picture(&correlation, &diagnosis).unwrap();
        assert_eq!(points(&figure, "fitted"), [(0.0, 10.0), (100.0, 60.0), (100.0, 1060.0), (200.0, 1110.0)]);
        assert_eq!(points(&figure, "stretch 1, +10"), [(50.0, 35.0)]);
        assert_eq!(points(&figure, "stretch 2, +1010"), [(150.0, 1085.0)]);
        assert_eq!(points(&figure, "rejected"), [(60.0, -999.0)]);
        assert_eq!(figure.series.len(), 4);
        assert!(figure.title.ends_with(": diagnosis, +0.5000 ms/s, 1 cut"), "{}", figure.title);
        diagnosis.kind = DiagnosisKind::Uniform;
        assert_eq!(picture(&correlation, &diagnosis), None);
    }

    #[test]
    fn clusters_of_the_reference_program_and_its_rate_are_drawn() {
        let cluster = |label, mean_delay_ms, members| Cluster {
            label,
            mean_delay_ms,
            std_delay_ms: 0.0,
            members,
            time_range_s: (0.0, 0.0),
            mean_match_pct: 90.0,
            min_match_pct: 90.0,
            is_valid: true,
        };
        let correlation = Correlation {
            windows: vec![
                window(0.0, 5.0, true),
                window(5.0, 77.0, false),
                window(10.0, 905.0, true),
                window(20.0, 5.0, true),
                window(30.0, -400.0, true),
            ],
            ..Correlation::default()
        };
        let diagnosis = Diagnosis {
            kind: DiagnosisKind::Stepping,
            clusters: vec![cluster(0, 5.0, vec![0, 2]), cluster(1, 905.0, vec![1])],
            ..Diagnosis::default()
        };
        let figure = picture(&correlation, &diagnosis).unwrap();
        assert!(figure.title.ends_with(": diagnosis, 2 clusters"), "{}", figure.title);
        assert_eq!(points(&figure, "cluster 1"), [(0.0, 5.0), (20.0, 5.0)]);
        assert_eq!(points(&figure, "cluster 2, +905.000 ms"), [(10.0, 905.0)]);
        assert_eq!(points(&figure, "accepted, in none"), [(30.0, -400.0)]);

        let windows = vec![window(0.0, 10.0, true), window(10.0, 30.0, true)];
        let correlation = Correlation { windows, ..Correlation::default() };
        let kind = DiagnosisKind::LinearDrift;
        let figure = picture(&correlation, &Diagnosis { kind, rate_ms_per_s: 2.0, ..Diagnosis::default() }).unwrap();
        assert!(figure.title.ends_with(": diagnosis, +2.0000 ms/s"), "{}", figure.title);
        assert_eq!(points(&figure, "fitted"), [(0.0, 10.0), (10.0, 30.0)]);
    }

    #[test]
    fn many_stretches_share_their_last_colour() {
        let segments: Vec<Segment> = (0..20)
            .map(|number| f64::from(number) * 10.0)
            .map(|start_s| Segment {
                start_s,
                end_s: start_s + 10.0,
                start_error_s: 0.0,
                delay_ms: start_s,
                error_ms: 0.1,
                windows: 1,
            })
            .collect();
        let windows = segments.iter().map(|segment| window(segment.start_s + 5.0, segment.delay_ms, true)).collect();
        let correlation = Correlation { windows, ..Correlation::default() };
        let diagnosis = Diagnosis { kind: DiagnosisKind::Stepping, segments, ..Diagnosis::default() };
        let figure = picture(&correlation, &diagnosis).unwrap();
        assert_eq!((figure.series.len(), points(&figure, "later ones").len()), (GROUPS + 2, 16));
    }
}
