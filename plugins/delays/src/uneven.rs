//! Targets that one delay does not put in sync: which delay they get all the same, and what stays wrong.

use vsg_plugin_api::{
    Error, Result,
    kinds::{Diagnosis, DiagnosisKind, Segment},
};

/// No film is played at half or at twice its speed (ms/s).
const LARGEST_RATE_MS_PER_S: f64 = 500.0;

/// The lines that the windows of a target lie on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lines<'a> {
    diagnosis: &'a Diagnosis,
    first: &'a Segment,
}

impl<'a> Lines<'a> {
    /// The lines of a target that drifts or steps, if the diagnosis knows them. The first one is that of the first segment with enough
    /// windows.
    pub(crate) fn of(diagnosis: &'a Diagnosis, min_windows: usize) -> Option<Self> {
        let stable = diagnosis.segments.iter().find(|segment| segment.windows >= min_windows);
        let first = stable.or(diagnosis.segments.first())?;
        diagnosis.is_uneven().then_some(Self { diagnosis, first })
    }

    /// The delay of the target's first sample once its speed is that of the reference (ms). With the delay d(t) = a + b·t at the time t of the
    /// reference, that sample is heard at t = a + b·t.
    pub(crate) fn first_ms(&self) -> f64 {
        self.first.delay_ms * self.stretch()
    }

    /// Half of the range that holds the true one in 95 % of all cases (ms).
    pub(crate) fn error_ms(&self) -> f64 {
        self.first.error_ms * self.stretch()
    }

    fn stretch(&self) -> f64 {
        1.0 / (1.0 - self.diagnosis.rate_ms_per_s / 1000.0)
    }

    /// How the delay was selected.
    pub(crate) fn label(&self) -> &'static str {
        match (self.diagnosis.kind, self.diagnosis.rate_ms_per_s != 0.0) {
            (DiagnosisKind::Stepping, true) => "first segment, drift taken out",
            (DiagnosisKind::Stepping, false) => "first segment",
            _ => "first sample, drift taken out",
        }
    }

    /// A delay without what drift adds until then (ms).
    pub(crate) fn level_ms(&self, delay_ms: f64, at_s: f64) -> f64 {
        delay_ms - self.diagnosis.rate_ms_per_s * at_s
    }

    /// Whether a level is that of the segment at this time, or of one whose cut may lie there.
    pub(crate) fn agrees(&self, level_ms: f64, at_s: f64, within_ms: f64) -> bool {
        let segments = &self.diagnosis.segments;
        let near = |index: usize| {
            let after_s = segments.get(index + 1).map_or(f64::INFINITY, |next| next.start_s + next.start_error_s);
            let before_s = index
                .checked_sub(1)
                .map_or(f64::NEG_INFINITY, |before| segments[before].end_s - segments[index].start_error_s);
            (before_s..=after_s).contains(&at_s) && (level_ms - segments[index].delay_ms).abs() <= within_ms
        };
        (0..segments.len()).any(near)
    }
}

/// Fails if a diagnosis is of another target, or has numbers that are none of a film.
pub(crate) fn require_sane(diagnosis: &Diagnosis, source: &str) -> Result<()> {
    if diagnosis.source != source {
        return Err(Error::new(format!(
            "the diagnosis is that of {}, the windows are those of {source}",
            diagnosis.source
        ))
        .help("connect the diagnosis of the same target; a stage between that joins targets loses their order"));
    }
    for segment in &diagnosis.segments {
        let times_ms = [
            segment.delay_ms,
            segment.error_ms,
            1000.0 * segment.start_s,
            1000.0 * segment.end_s,
            1000.0 * segment.start_error_s,
        ];
        for ms in times_ms {
            crate::require_time(|| format!("a segment in the diagnosis of {source}"), ms)?;
        }
    }
    let rates = [diagnosis.rate_ms_per_s, diagnosis.rate_error_ms_per_s];
    if rates.iter().all(|rate| rate.abs() <= LARGEST_RATE_MS_PER_S) {
        return Ok(());
    }
    Err(Error::new(format!("{source} is said to drift by {} ms/s, which no film does", diagnosis.rate_ms_per_s))
        .help("the stage that diagnosed it is defective, or its input is damaged"))
}

/// What one delay does not put right.
pub(crate) fn uncorrected(diagnosis: &Diagnosis, source: &str, reference_s: f64) -> Option<String> {
    let rate = diagnosis.rate_ms_per_s;
    let drift = || {
        let off_s = (rate * reference_s / 1000.0).abs();
        format!("{source} drifts by {rate:+.3} ms/s: sync that is right at its start is {off_s:.3} s off at its end")
    };
    let steps = || match &diagnosis.segments[..] {
        [first, _, ..] => {
            let (cuts, end_s) = (diagnosis.segments.len() - 1, first.end_s);
            let places = if cuts == 1 { "one place".to_owned() } else { format!("{cuts} places") };
            format!(
                "{source} is cut differently at {places}: sync that is right at its start is wrong from {end_s:.0} s on"
            )
        }
        _ => format!("{source} is cut differently: one delay is right for a part of it only"),
    };
    match diagnosis.kind {
        DiagnosisKind::Stepping if rate != 0.0 => Some(format!("{}; {}", steps(), drift())),
        DiagnosisKind::Stepping => Some(steps()),
        DiagnosisKind::PalDrift | DiagnosisKind::LinearDrift => Some(drift()),
        DiagnosisKind::Uniform | DiagnosisKind::InsufficientData => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(start_s: f64, end_s: f64, delay_ms: f64, windows: usize) -> Segment {
        Segment {
            start_s,
            end_s,
            start_error_s: if start_s > 0.0 { 10.0 } else { 0.0 },
            delay_ms,
            error_ms: 0.1,
            windows,
        }
    }

    fn diagnosis(kind: DiagnosisKind, rate_ms_per_s: f64, segments: Vec<Segment>) -> Diagnosis {
        Diagnosis { source: "Source 2".into(), kind, rate_ms_per_s, segments, ..Diagnosis::default() }
    }

    /// A target that plays 25/24 as fast and begins 2 s late: its sample at s is the reference's at 2 + s · 25/24.
    #[test]
    fn the_first_sample_of_a_target_at_another_speed_is_where_it_is_heard() {
        let rate = 1000.0 * (1.0 - 24.0 / 25.0);
        // An event at t of the reference is at (t - 2) · 24/25 of the target.
        let at_start_ms = 1000.0 * 2.0 * 24.0 / 25.0;
        let found = diagnosis(DiagnosisKind::PalDrift, rate, vec![segment(0.0, 1000.0, at_start_ms, 9)]);
        let lines = Lines::of(&found, 3).unwrap();
        assert!((lines.first_ms() - 2000.0).abs() < 1e-9, "{}", lines.first_ms());
        let at_100_s = 1000.0 * (100.0 - 98.0 * 24.0 / 25.0);
        assert!(lines.agrees(lines.level_ms(at_100_s, 100.0), 100.0, 1e-6));
    }

    #[test]
    fn the_first_stable_segment_of_a_target_that_steps_counts() {
        let segments =
            vec![segment(0.0, 50.0, 7.0, 2), segment(50.0, 500.0, 100.0, 5), segment(500.0, 900.0, 350.0, 4)];
        let found = diagnosis(DiagnosisKind::Stepping, 0.0, segments);
        assert_eq!(Lines::of(&found, 3).unwrap().first_ms(), 100.0);
        assert_eq!(Lines::of(&found, 2).unwrap().first_ms(), 7.0);
        assert_eq!(Lines::of(&found, 99).unwrap().first_ms(), 7.0, "none is stable, so the first one");
        let lines = Lines::of(&found, 3).unwrap();
        assert!(
            lines.agrees(350.4, 600.0, 1.0) && lines.agrees(100.4, 505.0, 1.0),
            "5 s after a cut that is known to 10 s"
        );
        assert!(!lines.agrees(100.0, 600.0, 1.0) && !lines.agrees(200.0, 505.0, 1.0));
        let text = uncorrected(&found, "Source 2", 900.0).unwrap();
        assert_eq!(
            text,
            "Source 2 is cut differently at 2 places: sync that is right at its start is wrong from 50 s on"
        );
    }

    #[test]
    fn one_delay_leaves_nothing_uncorrected() {
        let found = diagnosis(DiagnosisKind::Uniform, 0.0, vec![segment(0.0, 900.0, 7.0, 9)]);
        assert!(Lines::of(&found, 3).is_none());
        assert_eq!(uncorrected(&found, "Source 2", 900.0), None);
        let text = uncorrected(&diagnosis(DiagnosisKind::LinearDrift, 1.0, Vec::new()), "Source 2", 1440.0).unwrap();
        assert_eq!(text, "Source 2 drifts by +1.000 ms/s: sync that is right at its start is 1.440 s off at its end");
    }

    #[test]
    fn a_diagnosis_of_another_target_or_of_nonsense_is_refused() {
        let good = diagnosis(DiagnosisKind::LinearDrift, 1.0, vec![segment(0.0, 900.0, 7.0, 9)]);
        require_sane(&good, "Source 2").unwrap();
        assert!(require_sane(&good, "Source 3").is_err());
        assert!(require_sane(&diagnosis(DiagnosisKind::LinearDrift, 1e308, Vec::new()), "Source 2").is_err());
        let nowhere = vec![segment(0.0, 1e300, 7.0, 9)];
        assert!(require_sane(&diagnosis(DiagnosisKind::Stepping, 0.0, nowhere), "Source 2").is_err());
    }
}
