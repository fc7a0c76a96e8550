//! Counts of answers by class, held against the limits.

mod limits;
mod page;
mod roc;

use crate::{Class, Judged, Options, Outcome};
use limits::{Limit, limit};
use std::{collections::BTreeMap, fmt::Write, time::Duration};

/// What came out.
#[derive(Debug)]
pub struct Summary {
    judged: Vec<Judged>,
    /// What was measured, for people: the seed, the method.
    about: String,
    /// How wrong a delay may be (ms).
    within_ms: f64,
    took: Duration,
}

/// Counts of a row of the table.
#[derive(Debug, Default)]
struct Row {
    cases: usize,
    accepted: usize,
    right: usize,
    wrong: usize,
    refused: usize,
    broken: usize,
    worst_ms: Option<f64>,
    worst_ppm: Option<f64>,
    in_bar: usize,
    with_bar: usize,
    bars_ms: f64,
    verdicts: BTreeMap<String, usize>,
}

impl Summary {
    pub(crate) fn new(judged: Vec<Judged>, options: &Options, took: Duration) -> Self {
        let mut about = format!("seed {}, {}", options.seed, options.pipeline.display());
        if let Some(method) = &options.method {
            // Writing to a string cannot fail.
            let _ = write!(about, ", {method}");
        }
        for setting in &options.set {
            let _ = write!(about, ", {setting}");
        }
        Self { judged, about, within_ms: options.within_ms(), took }
    }

    /// Whether no limit is missed.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.limits().iter().all(|(_, limit)| limit.holds)
    }

    /// The answers, by class and number.
    #[must_use]
    pub fn judged(&self) -> &[Judged] {
        &self.judged
    }

    fn limits(&self) -> Vec<(Class, Limit)> {
        self.classes().map(|class| (class, limit(class, &self.of(class, |judged| judged.counts)))).collect()
    }

    fn classes(&self) -> impl Iterator<Item = Class> + '_ {
        Class::ALL.into_iter().filter(|class| self.judged.iter().any(|judged| judged.name.class == *class))
    }

    fn of(&self, class: Class, wanted: impl Fn(&Judged) -> bool) -> Vec<&Judged> {
        self.judged.iter().filter(|judged| judged.name.class == class && wanted(judged)).collect()
    }

    /// Groups of a class in order of their first case.
    fn groups(&self, class: Class) -> Vec<&'static str> {
        let mut groups = Vec::new();
        for judged in self.of(class, |_| true) {
            if !groups.contains(&judged.group) {
                groups.push(judged.group);
            }
        }
        groups
    }

    /// Cases that are not as they should be.
    fn failing(&self) -> impl Iterator<Item = &Judged> {
        self.judged.iter().filter(|judged| judged.outcome != Outcome::Right)
    }
}

impl Row {
    fn of(judged: &[&Judged]) -> Self {
        let mut row = Self { cases: judged.len(), ..Self::default() };
        let worse = |worst: Option<f64>, error: Option<f64>| match (worst, error.map(f64::abs)) {
            (Some(worst), Some(error)) => Some(worst.max(error)),
            (worst, error) => worst.or(error),
        };
        for judged in judged {
            *match judged.outcome {
                Outcome::Right => &mut row.right,
                Outcome::Wrong => &mut row.wrong,
                Outcome::Refused => &mut row.refused,
                Outcome::Broken => &mut row.broken,
            } += 1;
            row.worst_ms = worse(row.worst_ms, judged.error_ms);
            row.worst_ppm = worse(row.worst_ppm, judged.error_ppm);
            if let Some(in_bar) = judged.in_bar {
                row.with_bar += 1;
                row.in_bar += usize::from(in_bar);
                row.bars_ms += judged.answer.error_ms.unwrap_or_default();
            }
            if judged.answer.is_accepted() {
                row.accepted += 1;
            }
            if let Some(verdict) = &judged.answer.verdict {
                *row.verdicts.entry(verdict.clone()).or_default() += 1;
            }
        }
        row
    }
}
