//! What each class has to reach.

use super::Row;
use crate::{Class, Judged};

/// A limit and whether it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Limit {
    pub(super) text: String,
    pub(super) holds: bool,
}

/// Share of pairs with speed or cuts that have to be diagnosed right (%).
const DIAGNOSED_PCT: usize = 95;
/// Share of related pairs that have to be accepted (%).
const ACCEPTED_PCT: usize = 97;
/// Share of pairs whose truth has to lie within the error bar (%).
const IN_BAR_PCT: usize = 93;

/// How near an accepted delay has to be to the true one.
const NEAR: &str = "within half a sample (of features, half a frame)";

/// The limit of a class, for those of its cases that count.
pub(super) fn limit(class: Class, judged: &[&Judged]) -> Limit {
    let row = Row::of(judged);
    let (text, holds) = match class {
        Class::SameMix | Class::Dub => (format!("every accepted delay {NEAR}"), row.wrong == 0),
        Class::Unrelated => ("none accepted".into(), row.wrong == 0),
        Class::Related => {
            let enough = reaches(row.accepted, row.cases, ACCEPTED_PCT);
            (format!("{ACCEPTED_PCT} % accepted, each {NEAR}"), enough && row.wrong == 0)
        }
        Class::Bars => {
            let enough = row.with_bar > 0 && reaches(row.in_bar, row.with_bar, IN_BAR_PCT);
            (format!("{IN_BAR_PCT} % within the error bar"), enough)
        }
        Class::Offset | Class::Uniform => {
            let enough = reaches(row.right, row.cases, DIAGNOSED_PCT);
            (format!("{DIAGNOSED_PCT} % right, none wrong"), enough && row.wrong == 0)
        }
        Class::Drift | Class::Stepping => {
            (format!("{DIAGNOSED_PCT} % right"), reaches(row.right, row.cases, DIAGNOSED_PCT))
        }
        Class::Short | Class::Loops | Class::Music => ("none wrong".into(), row.wrong == 0),
        Class::Long => ("right".into(), row.right == row.cases),
    };
    Limit { text, holds: holds && row.broken == 0 }
}

fn reaches(count: usize, of: usize, pct: usize) -> bool {
    100 * count >= pct * of
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Answer, Name, Outcome, Truth};

    fn judged(class: Class, outcome: Outcome, in_bar: Option<bool>) -> Judged {
        let refused = outcome == Outcome::Refused;
        Judged {
            name: Name { class, number: 0 },
            group: "",
            counts: true,
            what: String::new(),
            truth: Truth::Unrelated,
            answer: Answer { exit: Some(i32::from(refused)), delay_ms: Some(1.0), ..Answer::default() },
            outcome,
            error_ms: None,
            error_ppm: None,
            in_bar,
            note: String::new(),
        }
    }

    fn holds(class: Class, right: usize, wrong: usize, refused: usize) -> bool {
        let counts = [(Outcome::Right, right), (Outcome::Wrong, wrong), (Outcome::Refused, refused)];
        let all: Vec<Judged> = counts
            .into_iter()
            .flat_map(|(outcome, count)| (0..count).map(move |_| judged(class, outcome, None)))
            .collect();
        limit(class, &all.iter().collect::<Vec<_>>()).holds
    }

    #[test]
    fn each_class_has_its_own_limit() {
        assert!(holds(Class::Related, 97, 0, 3));
        assert!(!holds(Class::Related, 96, 0, 4) && !holds(Class::Related, 99, 1, 0));
        assert!(holds(Class::SameMix, 1, 0, 9) && !holds(Class::SameMix, 9, 1, 0));
        assert!(holds(Class::Drift, 19, 1, 0) && !holds(Class::Drift, 18, 1, 1));
        assert!(!holds(Class::Bars, 10, 0, 0), "without bars");
    }

    #[test]
    fn bars_count_how_often_they_hold_the_truth() {
        let all: Vec<Judged> = (0..100).map(|number| judged(Class::Bars, Outcome::Right, Some(number < 93))).collect();
        let mut some: Vec<&Judged> = all.iter().collect();
        assert!(limit(Class::Bars, &some).holds);
        some.remove(0);
        assert!(!limit(Class::Bars, &some).holds);
    }

    #[test]
    fn what_broke_misses_every_limit() {
        let broken = judged(Class::SameMix, Outcome::Broken, None);
        assert!(!limit(Class::SameMix, &[&broken]).holds);
    }
}
