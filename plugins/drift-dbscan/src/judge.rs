//! What the lines through the windows of a target mean: the diagnosis, and how it is told.

use crate::{
    clusters::cluster,
    segments::{self, Found, Limits, Point},
    speed::{self, Speed},
};
use vsg_dsp::peak::HALF_A_SAMPLE_MS;
use vsg_plugin_api::{Result, kinds::*};

/// Share of the accepted windows that has to lie on the lines.
const LEAST_SHARE: f64 = 0.4;

/// Fewer coincidences happen by chance.
const LEAST_COINCIDENCES: usize = 3;

/// Half a sample as a standard error (ms): no delay is known better.
const FINEST_SIGMA_MS: f64 = HALF_A_SAMPLE_MS / 1.96;

/// What is known beside the windows.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Frames {
    /// Frame rate of the reference (Hz).
    pub(crate) reference_hz: Option<f64>,
    /// Frame rate of the target (Hz).
    pub(crate) target_hz: Option<f64>,
}

/// What is asked of the windows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Asked {
    /// Windows that are needed.
    pub(crate) min_windows: usize,
    /// Steps below are not told (ms).
    pub(crate) min_step_ms: f64,
    /// Drift below is not told (ms/s).
    pub(crate) min_rate_ms_per_s: f64,
}

/// The diagnosis of a target. Fails if a delay is not finite.
pub(crate) fn diagnose(correlation: &Correlation, frames: Frames, asked: &Asked) -> Result<Diagnosis> {
    let accepted: Vec<&Window> = correlation.windows.iter().filter(|window| window.accepted).collect();
    if accepted.len() < asked.min_windows {
        let (count, needed) = (accepted.len(), asked.min_windows);
        return Ok(unknown(correlation, format!("{count} windows were accepted, and {needed} are needed to tell")));
    }
    let resolution_ms = correlation.resolution_ms.filter(|ms| *ms > 0.0).unwrap_or(0.0);
    let limits = Limits {
        window_s: correlation.window_s.max(0.0),
        resolution_ms,
        min_step_ms: asked.min_step_ms,
        min_rate_ms_per_s: asked.min_rate_ms_per_s,
        assumed_rate_ms_per_s: correlation.rate_ms_per_s,
    };
    let mut order: Vec<usize> = (0..accepted.len()).collect();
    order.sort_by(|one, other| accepted[*one].start_s.total_cmp(&accepted[*other].start_s));
    let points: Vec<Point> = order
        .iter()
        .map(|index| Point {
            at_s: correlation.middle_s(accepted[*index]),
            delay_ms: accepted[*index].delay_ms,
            sigma_ms: sigma_ms(accepted[*index], resolution_ms),
        })
        .collect();
    let is_enough = |found: &Found| {
        found.coincidences() >= LEAST_COINCIDENCES && found.explained() as f64 >= LEAST_SHARE * points.len() as f64
    };
    let Some(found) = segments::find(&points, &limits)?.filter(is_enough) else {
        return Ok(unknown(correlation, format!("the {} accepted windows agree on nothing", accepted.len())));
    };
    let segments = segments::segments(&found, &points, &limits, correlation.reference_duration_s);
    let speed = speed::named(found.rate_ms_per_s, found.rate_error_ms_per_s).filter(|_| found.rate_ms_per_s != 0.0);
    let is_contradicted =
        speed.is_some_and(|speed| speed.is_pal && speed.is_contradicted(frames.reference_hz, frames.target_hz));
    let kind = match speed {
        _ if segments.len() > 1 => DiagnosisKind::Stepping,
        _ if found.rate_ms_per_s == 0.0 => DiagnosisKind::Uniform,
        Some(speed) if speed.is_pal && !is_contradicted => DiagnosisKind::PalDrift,
        _ => DiagnosisKind::LinearDrift,
    };
    let reason = reason(&found, &segments, speed, is_contradicted, points.len());
    Ok(Diagnosis {
        source: correlation.source.clone(),
        kind,
        reason,
        rate_ms_per_s: found.rate_ms_per_s,
        rate_error_ms_per_s: found.rate_error_ms_per_s,
        speed_name: speed.map(|speed| speed.name.to_owned()),
        clusters: found
            .pieces
            .iter()
            .enumerate()
            .map(|(label, piece)| segment_cluster(label, &piece.members, &order, &accepted))
            .collect(),
        correction_mode: if kind == DiagnosisKind::Stepping { "full".into() } else { String::new() },
        fallback_mode: String::new(),
        segments,
    })
}

fn unknown(correlation: &Correlation, reason: String) -> Diagnosis {
    Diagnosis { source: correlation.source.clone(), reason, ..Diagnosis::default() }
}

/// The standard error of a window (ms): what it says itself, or else how finely the method measures.
fn sigma_ms(window: &Window, resolution_ms: f64) -> f64 {
    let said_ms = window.error_ms.filter(|ms| ms.is_finite()).map(|ms| ms / 1.96);
    said_ms.unwrap_or(resolution_ms / 2.0).max(FINEST_SIGMA_MS)
}

/// The windows of a segment as a cluster.
fn segment_cluster(label: usize, members: &[usize], order: &[usize], accepted: &[&Window]) -> Cluster {
    let mut members: Vec<usize> = members.iter().map(|index| order[*index]).collect();
    members.sort_unstable();
    Cluster { is_valid: true, ..cluster(label, members, accepted, |window| window.delay_ms) }
}

/// One sentence: what was found, by how many windows, and how far they scatter.
fn reason(found: &Found, segments: &[Segment], speed: Option<Speed>, is_contradicted: bool, accepted: usize) -> String {
    let mut parts: Vec<String> = Vec::new();
    let cuts = segments.len().saturating_sub(1);
    match cuts {
        0 if found.rate_ms_per_s == 0.0 => parts.push("one delay for the whole file".into()),
        0 => {}
        1 => parts.push("the target is cut differently at one place".into()),
        _ => parts.push(format!("the target is cut differently at {cuts} places")),
    }
    if found.rate_ms_per_s != 0.0 {
        let verb = if found.rate_ms_per_s > 0.0 { "grows" } else { "shrinks" };
        let (rate, error) = (found.rate_ms_per_s.abs(), found.rate_error_ms_per_s);
        let name = match speed {
            Some(speed) if speed.is_pal && is_contradicted => {
                format!(", as at the speed of PAL ({}), but the frame rates do not fit", speed.name)
            }
            Some(speed) if speed.is_pal => format!(", the speed of PAL ({})", speed.name),
            Some(speed) => format!(", the speed of {}", speed.name),
            None => String::new(),
        };
        parts.push(format!("the delay {verb} by {rate:.4} ± {error:.4} ms a second{name}"));
    }
    let (explained, spread_ms) = (found.explained(), found.spread_ms);
    format!("{}; {explained} of {accepted} windows say so, within {spread_ms:.3} ms", parts.join(", and "))
}

/// The lines of the log.
pub(crate) fn log(diagnosis: &Diagnosis) -> Vec<String> {
    let (source, reason) = (&diagnosis.source, &diagnosis.reason);
    let mut log = vec![format!("[Diagnosis] {source}: {} ({reason})", name(diagnosis.kind))];
    log.extend(cuts(diagnosis).map(|cut| format!("[Diagnosis]   cut {cut}")));
    log
}

fn name(kind: DiagnosisKind) -> &'static str {
    match kind {
        DiagnosisKind::Uniform => "uniform",
        DiagnosisKind::Stepping => "stepping",
        DiagnosisKind::PalDrift => "PAL drift",
        DiagnosisKind::LinearDrift => "linear drift",
        DiagnosisKind::InsufficientData => "insufficient data",
    }
}

/// Each cut: when it is, and what it does to the delay.
fn cuts(diagnosis: &Diagnosis) -> impl Iterator<Item = String> {
    diagnosis.segments.windows(2).map(|pair| {
        let (before, after) = (&pair[0], &pair[1]);
        let step_ms = after.delay_ms - before.delay_ms;
        let what = if step_ms > 0.0 { "the target lacks" } else { "the target has" };
        let more = if step_ms > 0.0 { "" } else { " more" };
        let digits = if after.start_error_s < 1.0 { 2 } else { 1 };
        format!(
            "at {} ± {:.digits$} s: {step_ms:+.3} ms, {what} {:.3} s{more}",
            clock(before.end_s, digits),
            after.start_error_s,
            step_ms.abs() / 1000.0
        )
    })
}

/// Hours, minutes, and seconds with so many digits behind the point.
fn clock(at_s: f64, digits: usize) -> String {
    let unit = 10f64.powi(digits as i32);
    let at_s = (at_s.max(0.0) * unit).round() / unit;
    let minutes = (at_s / 60.0).floor();
    let (hours, minute, width) = ((minutes / 60.0).floor(), minutes % 60.0, digits + 3);
    format!("{hours}:{minute:02}:{:0width$.digits$}", at_s - 60.0 * minutes)
}

/// What the user should know of a target that one delay does not put in sync.
pub(crate) fn issue(diagnosis: &Diagnosis) -> Option<String> {
    let (source, rate) = (&diagnosis.source, diagnosis.rate_ms_per_s);
    let drift = (rate != 0.0).then(|| {
        let speed = diagnosis.speed_name.as_ref().map_or(String::new(), |name| format!(" ({name})"));
        let (verb, percent) = (if rate > 0.0 { "faster" } else { "slower" }, 100.0 * (1.0 / (1.0 - rate / 1000.0) - 1.0).abs());
        format!("{source} runs {percent:.4} % {verb} than the reference{speed}: its delay changes by {rate:+.4} ms each second")
    });
    let cuts: Vec<String> = cuts(diagnosis).collect();
    let steps = match cuts.len() {
        0 if diagnosis.kind == DiagnosisKind::Stepping => {
            Some(format!("{source} is cut differently from the reference"))
        }
        0 => None,
        1 => Some(format!("{source} is cut differently from the reference, {}", cuts[0])),
        count => Some(format!("{source} is cut differently from the reference at {count} places: {}", cuts.join("; "))),
    };
    let found: Vec<String> = steps.into_iter().chain(drift).collect();
    (!found.is_empty() && diagnosis.is_uneven())
        .then(|| format!("{}. One delay can not put all of it in sync.", found.join("; ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKED: Asked = Asked { min_windows: 6, min_step_ms: 4.0, min_rate_ms_per_s: 0.005 };

    /// Ten windows of 15 s, 120 s apart, with these delays in their middles (ms).
    fn measured(delay_ms: impl Fn(f64) -> f64) -> Correlation {
        let windows = (0..10).map(|index| {
            let start_s = 52.5 + 120.0 * index as f64;
            Window {
                number: index + 1,
                start_s,
                delay_ms: delay_ms(start_s + 7.5),
                accepted: true,
                ..Window::default()
            }
        });
        Correlation {
            source: "Source 2".into(),
            reference_duration_s: 1200.0,
            window_s: 15.0,
            windows: windows.collect(),
            ..Correlation::default()
        }
    }

    fn of(delay_ms: impl Fn(f64) -> f64, frames: Frames) -> Diagnosis {
        diagnose(&measured(delay_ms), frames, &ASKED).unwrap()
    }

    #[test]
    fn one_delay_is_no_issue() {
        let found = of(|_| -437.25, Frames::default());
        assert_eq!((found.kind, found.rate_ms_per_s, found.segments.len()), (DiagnosisKind::Uniform, 0.0, 1));
        assert_eq!((found.segments[0].start_s, found.segments[0].end_s), (0.0, 1200.0));
        assert_eq!(issue(&found), None);
        let line =
            "[Diagnosis] Source 2: uniform (one delay for the whole file; 10 of 10 windows say so, within 0.000 ms)";
        assert_eq!(log(&found), [line]);
    }

    #[test]
    fn a_cut_is_told_with_its_time_and_what_is_missing() {
        let found = of(|at_s| if at_s < 600.0 { 100.0 } else { 2100.0 }, Frames::default());
        assert_eq!((found.kind, found.correction_mode.as_str()), (DiagnosisKind::Stepping, "full"));
        let [before, after] = &found.segments[..] else { panic!("{found:?}") };
        // Of the windows at 540 s and 660 s one shows either side; the target lacks 2 s between.
        assert!((before.end_s - 599.0).abs() < 1e-6 && (after.start_s - 601.0).abs() < 1e-6, "{found:?}");
        assert!((after.start_error_s - 61.5).abs() < 1e-6, "{after:?}");
        assert_eq!(log(&found)[1], "[Diagnosis]   cut at 0:09:59.0 ± 61.5 s: +2000.000 ms, the target lacks 2.000 s");
        let told = issue(&found).unwrap();
        assert!(told.starts_with("Source 2 is cut differently from the reference, at 0:09:59.0"), "{told}");
        let found = of(|at_s| if at_s < 600.0 { 100.0 } else { -900.0 }, Frames::default());
        assert_eq!(found.segments[0].end_s, found.segments[1].start_s);
        assert!(log(&found)[1].ends_with("-1000.000 ms, the target has 1.000 s more"), "{:?}", log(&found));
    }

    #[test]
    fn a_drift_is_told_in_percent_and_by_name() {
        let found = of(|at_s| 50.0 + at_s * 40.959, Frames::default());
        assert_eq!((found.kind, found.speed_name.as_deref()), (DiagnosisKind::PalDrift, Some("25/23.976")));
        let told = issue(&found).unwrap();
        assert!(told.starts_with("Source 2 runs 4.2708 % faster than the reference (25/23.976)"), "{told}");
        assert!(told.ends_with("One delay can not put all of it in sync."), "{told}");
        let found = of(|at_s| 50.0 - at_s * 1.001, Frames::default());
        assert_eq!((found.kind, found.speed_name.as_deref()), (DiagnosisKind::LinearDrift, Some("23.976/24")));
        assert!(found.reason.contains("the delay shrinks by 1.0010 ± "), "{}", found.reason);
    }

    #[test]
    fn frame_rates_that_do_not_fit_make_pal_speed_a_plain_drift() {
        let frames = Frames { reference_hz: Some(23.976), target_hz: Some(23.976) };
        let found = of(|at_s| at_s * 40.959, frames);
        assert_eq!((found.kind, found.speed_name.as_deref()), (DiagnosisKind::LinearDrift, Some("25/23.976")));
        assert!(found.reason.contains("the frame rates do not fit"), "{}", found.reason);
        let found = of(|at_s| at_s * 40.959, Frames { target_hz: Some(25.0), ..frames });
        assert_eq!(found.kind, DiagnosisKind::PalDrift);
    }

    #[test]
    fn the_frames_of_a_coarse_method_are_no_steps() {
        let mut correlation = measured(|at_s| (at_s * 0.06 / 10.0).round() * 10.0);
        correlation.resolution_ms = Some(10.0);
        let found = diagnose(&correlation, Frames::default(), &ASKED).unwrap();
        assert_eq!((found.kind, found.segments.len()), (DiagnosisKind::LinearDrift, 1));
        assert!((found.rate_ms_per_s - 0.06).abs() <= found.rate_error_ms_per_s, "{found:?}");
        let mut correlation = measured(|at_s| if (at_s as i64 / 120) % 2 == 0 { 0.0 } else { 10.0 });
        correlation.resolution_ms = Some(10.0);
        assert_eq!(diagnose(&correlation, Frames::default(), &ASKED).unwrap().kind, DiagnosisKind::Uniform);
    }

    #[test]
    fn neighbours_that_share_sound_make_no_cut_where_few_windows_are_accepted() {
        let cut_from = |cut_s: f64| {
            let starts_s = [828.0, 1122.0, 1190.0, 1196.0, 1250.0, 1296.0, 1362.0, 1400.0, 1402.0];
            let windows = starts_s.iter().zip(1..).map(|(start_s, number)| Window {
                number,
                start_s: *start_s,
                delay_ms: 24.8 + 40.959 * (start_s + 5.0) + if *start_s >= cut_s { 4.9 } else { 0.0 },
                accepted: true,
                ..Window::default()
            });
            let correlation = Correlation {
                window_s: 10.0,
                reference_duration_s: 1440.0,
                windows: windows.collect(),
                ..measured(|_| 0.0)
            };
            diagnose(&correlation, Frames::default(), &ASKED).unwrap()
        };
        let found = cut_from(1400.0);
        assert_eq!((found.kind, found.segments.len()), (DiagnosisKind::PalDrift, 1), "{found:?}");
        assert!(found.reason.contains("7 of 9 windows say so"), "{}", found.reason);
        // Windows that are apart do.
        assert_eq!(cut_from(1296.0).segments.len(), 2);
    }

    #[test]
    fn fewer_than_six_windows_tell_nothing() {
        let mut correlation = measured(|_| 5.0);
        correlation.windows.iter_mut().skip(5).for_each(|window| window.accepted = false);
        let found = diagnose(&correlation, Frames::default(), &ASKED).unwrap();
        assert_eq!((found.kind, found.segments.len()), (DiagnosisKind::InsufficientData, 0));
        assert_eq!(found.reason, "5 windows were accepted, and 6 are needed to tell");
        assert_eq!(issue(&found), None);
    }
}
