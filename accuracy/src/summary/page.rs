//! The table as Markdown.

use super::{Row, Summary, limits::Limit, roc};
use crate::{Class, Judged, Outcome, Truth};
use std::fmt::Write;

const HEAD: &str = "\
| class | pairs | accepted | right | wrong | refused | worst error | in the bar | mean bar | verdicts | limit | holds |
|---|---|---|---|---|---|---|---|---|---|---|---|
";

impl Summary {
    /// The table and the failing cases, for the terminal.
    #[must_use]
    pub fn text(&self) -> String {
        let minutes = self.took.as_secs_f64() / 60.0;
        let roc = roc::section(&self.judged, self.within_ms);
        format!("{}\n{}{roc}\n{}, {minutes:.1} minutes", self.table(), self.failures(), self.about)
    }

    /// The page of the documentation.
    #[must_use]
    pub fn page(&self) -> String {
        format!(
            "# Accuracy over generated pairs\n\n\
             Written by `make accuracy` ({}, {} pairs): pairs made from a seed, put through the built program with the real ffmpeg. \
             What is measured, and how the truth is known, is told in the chapter \"Accuracy\" of the book. Rows in italics \
             count for no limit.\n\n{}{}\n## Pairs that were not answered right\n\n{}",
            self.about,
            self.judged.len(),
            self.table(),
            roc::section(&self.judged, self.within_ms),
            self.failures()
        )
    }

    fn table(&self) -> String {
        let mut table = HEAD.to_owned();
        for (class, limit) in self.limits() {
            let counted = self.of(class, |judged| judged.counts);
            line(&mut table, &format!("**{}**", class.name()), &Row::of(&counted), class, Some(&limit));
            let groups = self.groups(class);
            if groups.len() < 2 {
                continue;
            }
            for group in groups {
                let judged = self.of(class, |judged| judged.group == group);
                let counts = judged.iter().all(|judged| judged.counts);
                let name = if counts { group.to_owned() } else { format!("*{group}*") };
                line(&mut table, &name, &Row::of(&judged), class, None);
            }
        }
        table
    }

    fn failures(&self) -> String {
        let mut list = String::new();
        for Judged { name, what, outcome, note, truth, .. } in self.failing() {
            let outcome = match outcome {
                Outcome::Wrong => "wrong",
                Outcome::Refused => "refused",
                _ => "broken",
            };
            let truth = match truth {
                Truth::Delay { delay_ms } => format!(", {delay_ms:.3} ms"),
                _ => String::new(),
            };
            // Writing to a string cannot fail.
            let _ = writeln!(list, "- `{name}` {outcome} ({what}{truth}): {note}");
        }
        if list.is_empty() { "None.\n".into() } else { list }
    }
}

fn line(table: &mut String, name: &str, row: &Row, class: Class, limit: Option<&Limit>) {
    let dash = || "–".to_owned();
    let worst = match (class, row.worst_ppm, row.worst_ms) {
        (Class::Drift, Some(ppm), _) => format!("{ppm:.3} ppm"),
        (_, _, Some(ms)) => format!("{ms:.4} ms"),
        _ => dash(),
    };
    let (in_bar, bar) = if row.with_bar == 0 {
        (dash(), dash())
    } else {
        let count = row.with_bar as f64;
        (format!("{:.1} %", 100.0 * row.in_bar as f64 / count), format!("{:.4} ms", row.bars_ms / count))
    };
    let verdicts: Vec<String> = row.verdicts.iter().map(|(verdict, count)| format!("{count} {verdict}")).collect();
    let refused =
        if row.broken == 0 { row.refused.to_string() } else { format!("{}, {} broken", row.refused, row.broken) };
    let (limit, holds) = limit.map_or(("", ""), |limit| (&limit.text, if limit.holds { "yes" } else { "**no**" }));
    let cells = [
        name.to_owned(),
        row.cases.to_string(),
        row.accepted.to_string(),
        row.right.to_string(),
        row.wrong.to_string(),
        refused,
        worst,
        in_bar,
        bar,
        verdicts.join(", "),
        limit.to_owned(),
        holds.to_owned(),
    ];
    // Writing to a string cannot fail.
    let _ = writeln!(table, "| {} |", cells.join(" | "));
}
