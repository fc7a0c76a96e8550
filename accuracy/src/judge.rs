//! Whether an answer is right.

use crate::{Answer, Case, Class, Name, Truth, case::Stretch};
use serde::Serialize;

/// Half a sample at 48 kHz (ms): how wrong a delay may be.
pub(crate) const HALF_SAMPLE_MS: f64 = 0.5 / 48.0;
/// Half a frame of 512 samples (ms): how wrong it may be of a method that compares features.
pub(crate) const HALF_FRAME_MS: f64 = 256.0 / 48.0;
/// How wrong the delay of a stretch between cuts may be (ms).
const STRETCH_MS: f64 = 1.0;
/// How far a cut may lie from where it is (s).
const CUT_S: f64 = 2.0;
/// How wrong the delay at the start of a drifting pair may be (ms).
const INTERCEPT_MS: f64 = 2.0;

/// What became of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// As it is.
    Right,
    /// An answer that is not true.
    Wrong,
    /// No answer, where there is one.
    Refused,
    /// The program did not do what it promises: crashed, or left no report.
    Broken,
}

/// A case with its answer.
#[derive(Debug, Clone, Serialize)]
pub struct Judged {
    /// The case.
    pub name: Name,
    /// Row of the table within the class.
    pub group: &'static str,
    /// Whether limits count it.
    pub counts: bool,
    /// The pair in a few words.
    pub what: String,
    /// What is true of what was decoded.
    pub truth: Truth,
    /// What was answered.
    pub answer: Answer,
    /// Whether it is right.
    pub outcome: Outcome,
    /// Error of the delay, or the largest of those of the stretches (ms); none without one that can be compared.
    pub error_ms: Option<f64>,
    /// Error of the rate of drift (ppm).
    pub error_ppm: Option<f64>,
    /// Whether the truth lies within the error bar; none without an accepted delay or a bar.
    pub in_bar: Option<bool>,
    /// What is wrong.
    pub note: String,
}

/// Holds an answer against what is true of the decoded pair. A delay may be wrong by `within_ms`.
#[must_use]
pub fn judge(case: &Case, truth: Truth, answer: Answer, within_ms: f64) -> Judged {
    let mut judged = Judged {
        name: case.name,
        group: case.group,
        counts: case.counts,
        what: case.what.clone(),
        outcome: Outcome::Right,
        error_ms: None,
        error_ppm: None,
        in_bar: None,
        note: String::new(),
        truth,
        answer,
    };
    if judged.answer.is_broken() {
        judged.outcome = Outcome::Broken;
        judged.note = judged.answer.error.clone().unwrap_or_else(|| "no report".into());
        return judged;
    }
    match judged.truth.clone() {
        Truth::Unrelated => unrelated(&mut judged),
        Truth::Delay { delay_ms } => delay(&mut judged, delay_ms, within_ms),
        Truth::Drift { delay_ms, rate_ms_per_s, tolerance_ppm, kinds } => {
            drift(&mut judged, delay_ms, rate_ms_per_s, tolerance_ppm, kinds);
        }
        Truth::Steps { stretches } => steps(&mut judged, &stretches),
    }
    judged
}

impl Judged {
    fn is(&mut self, outcome: Outcome, note: impl Into<String>) {
        (self.outcome, self.note) = (outcome, note.into());
    }
}

fn unrelated(judged: &mut Judged) {
    if let Some(delay_ms) = judged.answer.delay_ms.filter(|_| judged.answer.is_accepted()) {
        judged.is(Outcome::Wrong, format!("accepted at {delay_ms:.3} ms"));
    }
}

fn delay(judged: &mut Judged, truth_ms: f64, within_ms: f64) {
    let Some(delay_ms) = judged.answer.delay_ms.filter(|_| judged.answer.is_accepted()) else {
        return judged.is(Outcome::Refused, judged.answer.error.clone().unwrap_or_default());
    };
    let error_ms = delay_ms - truth_ms;
    judged.error_ms = Some(error_ms);
    judged.in_bar = judged.answer.error_ms.map(|bar_ms| error_ms.abs() <= bar_ms);
    if error_ms.abs() > within_ms {
        let note = format!("{delay_ms:.4} ms instead of {truth_ms:.4} ms");
        // Where two answers are as good as each other, to say so is right.
        let honest = judged.name.class == Class::Loops && judged.answer.is_ambiguous();
        return judged.is(if honest { Outcome::Refused } else { Outcome::Wrong }, note);
    }
    if judged.name.class == Class::Uniform {
        match judged.answer.kind.as_deref() {
            Some("uniform") => {}
            None | Some("insufficient-data") => judged.is(Outcome::Refused, "no diagnosis"),
            Some(kind) => judged.is(Outcome::Wrong, format!("diagnosed as {kind}")),
        }
    }
}

/// The diagnosis, if there is one; otherwise the case is settled.
fn diagnosed(judged: &mut Judged) -> Option<String> {
    match judged.answer.kind.clone() {
        Some(kind) if judged.answer.exit == Some(0) && kind != "insufficient-data" => Some(kind),
        _ => {
            let why = judged.answer.error.clone().unwrap_or_else(|| "no diagnosis".into());
            judged.is(Outcome::Refused, why);
            None
        }
    }
}

fn drift(judged: &mut Judged, delay_ms: f64, rate_ms_per_s: f64, tolerance_ppm: f64, kinds: &[&str]) {
    let Some(kind) = diagnosed(judged) else { return };
    let found = judged.answer.rate_ms_per_s.unwrap_or(0.0);
    let error_ppm = 1000.0 * (found - rate_ms_per_s);
    judged.error_ppm = Some(error_ppm);
    judged.error_ms = match judged.answer.segments[..] {
        [segment] => Some(segment.delay_ms - delay_ms),
        _ => None,
    };
    if !kinds.contains(&kind.as_str()) {
        judged.is(Outcome::Wrong, format!("diagnosed as {kind}, {found:.4} ms/s instead of {rate_ms_per_s:.4} ms/s"));
    } else if error_ppm.abs() > tolerance_ppm {
        judged.is(Outcome::Wrong, format!("{found:.5} ms/s instead of {rate_ms_per_s:.5} ms/s"));
    } else if judged.error_ms.is_none_or(|error_ms| error_ms.abs() > INTERCEPT_MS) {
        judged.is(Outcome::Wrong, format!("rate right, delay at the start wrong by {:?} ms", judged.error_ms));
    }
}

fn steps(judged: &mut Judged, stretches: &[Stretch]) {
    let Some(kind) = diagnosed(judged) else { return };
    let segments = judged.answer.segments.clone();
    if kind != "stepping" {
        return judged.is(Outcome::Wrong, format!("diagnosed as {kind}, with {} stretches", stretches.len()));
    }
    if segments.len() != stretches.len() {
        let note = format!("{} stretches instead of {}", segments.len(), stretches.len());
        return judged.is(Outcome::Wrong, note);
    }
    let errors_ms = segments.iter().zip(stretches).map(|(found, truth)| found.delay_ms - truth.delay_ms);
    judged.error_ms = errors_ms.max_by(|one, other| one.abs().total_cmp(&other.abs()));
    let cut_error_s = |found_s: f64, truth: &Stretch| (truth.from_s - found_s).max(found_s - truth.start_s).max(0.0);
    let cuts = segments.iter().zip(stretches).skip(1);
    let cuts = cuts.map(|(found, truth)| (cut_error_s(found.start_s, truth), found.start_error_s));
    let (worst_s, said_s) = cuts.max_by(|one, other| one.0.total_cmp(&other.0)).unwrap_or_default();
    if judged.error_ms.is_some_and(|error_ms| error_ms.abs() > STRETCH_MS) {
        judged.is(Outcome::Wrong, format!("a stretch is wrong by {:.3} ms", judged.error_ms.unwrap_or_default()));
    } else if worst_s > CUT_S {
        judged.is(Outcome::Wrong, format!("a cut is wrong by {worst_s:.2} s, which it says is known to {said_s:.2} s"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Segment, Sound};

    fn case(class: Class, truth: &Truth) -> Case {
        let sound = Sound::source("anullsrc".into(), 1.0);
        Case {
            name: Name { class, number: 0 },
            group: "",
            counts: true,
            what: String::new(),
            reference: sound.clone(),
            target: sound,
            truth: truth.clone(),
        }
    }

    fn outcome(class: Class, truth: &Truth, answer: Answer) -> Outcome {
        judge(&case(class, truth), truth.clone(), answer, HALF_SAMPLE_MS).outcome
    }

    fn accepted(delay_ms: f64) -> Answer {
        Answer { exit: Some(0), delay_ms: Some(delay_ms), error_ms: Some(0.002), ..Answer::default() }
    }

    #[test]
    fn half_a_sample_decides_about_a_delay() {
        let truth = Truth::Delay { delay_ms: 100.0 };
        assert_eq!(outcome(Class::Dub, &truth, accepted(100.0104)), Outcome::Right);
        assert_eq!(outcome(Class::Dub, &truth, accepted(100.0105)), Outcome::Wrong);
        assert_eq!(outcome(Class::Dub, &truth, Answer { exit: Some(1), ..Answer::default() }), Outcome::Refused);
        assert_eq!(outcome(Class::Dub, &truth, Answer { exit: None, ..Answer::default() }), Outcome::Broken);
        let judged = judge(&case(Class::Bars, &truth), truth, accepted(100.003), HALF_SAMPLE_MS);
        assert_eq!((judged.outcome, judged.in_bar), (Outcome::Right, Some(false)));
    }

    #[test]
    fn only_where_music_repeats_is_ambiguity_an_answer() {
        let truth = Truth::Delay { delay_ms: 100.0 };
        let ambiguous = Answer { verdict: Some("ambiguous".into()), ..accepted(200.0) };
        assert_eq!(outcome(Class::Loops, &truth, ambiguous.clone()), Outcome::Refused);
        assert_eq!(outcome(Class::Related, &truth, ambiguous), Outcome::Wrong);
        assert_eq!(outcome(Class::Loops, &truth, accepted(200.0)), Outcome::Wrong);
    }

    #[test]
    fn any_delay_of_an_unrelated_pair_is_wrong_and_a_refusal_right() {
        assert_eq!(outcome(Class::Unrelated, &Truth::Unrelated, accepted(5.0)), Outcome::Wrong);
        let refused = Answer { verdict: Some("refused".into()), ..accepted(5.0) };
        assert_eq!(outcome(Class::Unrelated, &Truth::Unrelated, refused), Outcome::Right);
    }

    #[test]
    fn a_drift_is_right_by_its_kind_rate_and_start() {
        let truth = Truth::Drift { delay_ms: 5.0, rate_ms_per_s: 0.5, tolerance_ppm: 1.0, kinds: &["linear-drift"] };
        let answer = |kind: &str, rate_ms_per_s, delay_ms| Answer {
            kind: Some(kind.into()),
            rate_ms_per_s: Some(rate_ms_per_s),
            segments: vec![Segment { start_s: 0.0, end_s: 600.0, start_error_s: 0.0, delay_ms }],
            ..accepted(5.0)
        };
        assert_eq!(outcome(Class::Drift, &truth, answer("linear-drift", 0.5009, 6.0)), Outcome::Right);
        assert_eq!(outcome(Class::Drift, &truth, answer("linear-drift", 0.5011, 6.0)), Outcome::Wrong);
        assert_eq!(outcome(Class::Drift, &truth, answer("linear-drift", 0.5, 8.0)), Outcome::Wrong);
        assert_eq!(outcome(Class::Drift, &truth, answer("uniform", 0.5, 5.0)), Outcome::Wrong);
        assert_eq!(outcome(Class::Drift, &truth, accepted(5.0)), Outcome::Refused);
    }

    #[test]
    fn a_cut_may_be_put_anywhere_into_what_is_missing() {
        let stretches = vec![
            Stretch { from_s: 0.0, start_s: 0.0, delay_ms: 0.0 },
            Stretch { from_s: 100.0, start_s: 130.0, delay_ms: 30_000.0 },
        ];
        let truth = Truth::Steps { stretches };
        let answer = |cut_s, delay_ms| Answer {
            kind: Some("stepping".into()),
            segments: vec![
                Segment { start_s: 0.0, end_s: cut_s, start_error_s: 0.0, delay_ms: 0.4 },
                Segment { start_s: cut_s, end_s: 900.0, start_error_s: 3.0, delay_ms },
            ],
            ..accepted(0.0)
        };
        assert_eq!(outcome(Class::Stepping, &truth, answer(98.5, 30_000.9)), Outcome::Right);
        assert_eq!(outcome(Class::Stepping, &truth, answer(115.0, 30_000.0)), Outcome::Right);
        assert_eq!(outcome(Class::Stepping, &truth, answer(132.1, 30_000.0)), Outcome::Wrong);
        assert_eq!(outcome(Class::Stepping, &truth, answer(115.0, 30_001.1)), Outcome::Wrong);
    }
}
