//! A comparison as one page without outside files.

use super::{
    Compared, Cost, Pairs, Target,
    cells::{STORED, STORED_NOTE, cost_words, method_cells, method_headings, row_cells, row_headings},
    figures::{close_up, figure},
};
use crate::report::{
    html::document,
    plot::{colour, is_again},
};
use maud::{Markup, PreEscaped, html};

const STYLE: &str = "
body { max-width: 70rem; }
td + td, th + th { text-align: right; padding-left: .9rem; padding-right: 0; white-space: nowrap; }
.words td, .words th { text-align: left; padding-left: 0; padding-right: .9rem; white-space: normal; }
td:first-child { white-space: nowrap; } .words code { font-size: .85rem; }
.swatch { display: inline-block; width: .7rem; height: .7rem; border-radius: .35rem; margin-right: .5rem; }
.again { border-radius: 0; clip-path: polygon(50% 0, 100% 100%, 0 100%); }
.note { opacity: .75; font-size: .9rem; } .wide { overflow-x: auto; }
.failure { white-space: pre-line; color: #b3362b; } @media (prefers-color-scheme: dark) { .failure { color: #ff8a7a; } }
";

/// The page of one comparison.
#[must_use]
pub fn page(title: &str, compared: &Compared) -> String {
    let body = html! {
        (variants(compared))
        @for target in &compared.targets { (target_section(compared, target)) }
        (others(compared))
        (explanation())
        details { summary { "All facts (compare.json)" } pre { (pretty(compared)) } }
    };
    document(title, status(compared.failure().is_some()), STYLE, &body)
}

/// The page of a list of pairs.
#[must_use]
pub fn pairs_page(title: &str, pairs: &Pairs) -> String {
    let has_truth = pairs.methods.iter().any(|method| method.true_within_1_ms_pct.is_some());
    let rows: Vec<Vec<String>> =
        pairs.methods.iter().map(|method| method_cells(method, &pairs.baseline, has_truth)).collect();
    let body = html! {
        h2 { "Methods" }
        (table(&method_headings(&pairs.baseline, has_truth), &rows))
        p class="note" {
            "Differences and errors are without sign: the median, and the greatest. What could not be measured counts as \
             not within 1 ms of the truth."
        }
        @for pair in &pairs.pairs {
            h2 { (pair.name) }
            @match &pair.compared {
                None => (failure(pair.failure.as_deref().unwrap_or_default())),
                Some(compared) => @for target in &compared.targets { (target_section(compared, target)) },
            }
        }
        (explanation())
        p class="note" { "All facts are in " code { "pairs.compare.json" } ", and those of a pair in the folder of its name." }
    };
    document(title, status(pairs.pairs.iter().any(|pair| pair.failure.is_some())), STYLE, &body)
}

fn status(has_failed: bool) -> &'static str {
    if has_failed { "failed" } else { "compared" }
}

fn variants(compared: &Compared) -> Markup {
    html! {
        h2 { "Variants" }
        p { "Reference " code { (compared.reference) } }
        table class="words" {
            tr { th { "variant" } th { "what it is" } th { "different from the baseline" } }
            @for (nth, about) in compared.variants.iter().enumerate() {
                tr {
                    td { (swatch(nth)) (about.name) }
                    td { (about.description.as_deref().unwrap_or_default()) }
                    td {
                        @if about.name == compared.baseline { "the baseline" }
                        @for line in &about.differences { div { code { (line) } } }
                    }
                }
            }
        }
    }
}

fn target_section(compared: &Compared, target: &Target) -> Markup {
    let has_truth = target.truth_ms.is_some();
    let rows: Vec<Vec<String>> =
        target.variants.iter().map(|row| row_cells(row, &compared.baseline, has_truth)).collect();
    html! {
        h2 { (target.source) " " code { (target.file) } }
        @if let Some(truth_ms) = target.truth_ms { p { "The true delay is " (format!("{truth_ms:.3}")) " ms." } }
        @let baseline = target.variants.iter().find(|row| row.variant == compared.baseline);
        @match figure(target, None) {
            Some(svg) => {
                (PreEscaped(svg))
                @if let Some(close) = baseline.and_then(|row| close_up(target, row.delay_ms?)) {
                    p class="note" { "The same, only what is within 1 ms of the baseline:" }
                    (PreEscaped(close))
                }
                p { @for (nth, row) in target.variants.iter().enumerate() { (swatch(nth)) (row.variant) " \u{2003}" } }
                p class="note" { "Dots are accepted windows, crosses rejected ones. Those of one window lie side by side." }
            }
            None => p { "No windows were measured." },
        }
        (table(&row_headings(&compared.baseline, has_truth), &rows))
        @for row in &target.variants {
            @if let Some(reason) = &row.failure { (failure(&format!("{}: {reason}", row.variant))) }
        }
        @if target.shared != Cost::default() { p class="note" { "Shared by all: " (cost_words(&target.shared)) "." } }
    }
}

fn others(compared: &Compared) -> Markup {
    html! {
        @if !compared.others.is_empty() {
            h2 { "Values that belong to no target" }
            @for other in &compared.others {
                details {
                    summary { (other.variant) ": " (other.output) @if let Some(source) = &other.source { " of " (source) } }
                    pre { (format!("{:#}", other.value)) }
                }
            }
        }
    }
}

fn explanation() -> Markup {
    html! {
        p class="note" {
            "Delay: what to add to the target's timestamps; positive means that it plays too early. Spread: the median distance \
             of accepted windows from their median. Range: from the smallest to the greatest of them. Within 1 ms: the share of \
             accepted windows that close to the variant's delay. CPU and wall: what the variant's own stages took; stages that \
             run side by side slow each other's wall time down."
        }
    }
}

fn table(headings: &[String], rows: &[Vec<String>]) -> Markup {
    html! {
        div class="wide" {
            table {
                tr { @for heading in headings { th { (heading) } } }
                @for (nth, row) in rows.iter().enumerate() {
                    tr { @for (column, cell) in row.iter().enumerate() { td { @if column == 0 { (swatch(nth)) } (cell) } } }
                }
            }
        }
        @if rows.iter().flatten().any(|cell| cell.contains(STORED)) { p class="note" { (STORED_NOTE) } }
    }
}

fn failure(reason: &str) -> Markup {
    html! { p class="failure" { "✗ " (reason) } }
}

fn swatch(nth: usize) -> Markup {
    let shape = if is_again(nth) { "swatch again" } else { "swatch" };
    html! { span class=(shape) style=(format!("background:{}", colour(nth))) {} }
}

fn pretty(compared: &Compared) -> String {
    serde_json::to_string_pretty(compared).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::compare::{Pair, Row};

    fn compared() -> Compared {
        let row = Row { variant: "a".into(), failure: Some("<script>alert(1)</script>".into()), ..Row::default() };
        let target = Target {
            source: "Source 2".into(),
            file: "<b>.mkv".into(),
            truth_ms: Some(-0.5),
            shared: Cost::default(),
            variants: vec![row],
        };
        Compared {
            format: 1,
            version: String::new(),
            pipelines: Vec::new(),
            reference: "<i>.mkv".into(),
            baseline: "a".into(),
            measure: Vec::new(),
            variants: Vec::new(),
            targets: vec![target],
            others: Vec::new(),
        }
    }

    #[test]
    fn text_from_files_is_escaped_and_nothing_measured_is_said() {
        let pair = Pair {
            name: "<u>".into(),
            reference: "<i>.mkv".into(),
            target: "<b>.mkv".into(),
            truth_ms: Some(-0.5),
            failure: Some("gone".into()),
            compared: Some(compared()),
        };
        let pairs = Pairs::new(&["a".into()], "a", vec![pair]);
        for page in [page("<s>", &compared()), pairs_page("<s>", &pairs)] {
            for tag in ["<script>", "<b>", "<i>", "<u>", "<s>"] {
                assert!(!page.contains(tag), "{tag} in {page}");
            }
            assert!(page.contains("&lt;script&gt;") && page.contains("No windows were measured."));
            assert!(page.contains("class=\"status failed\"") && page.contains("-0.500 ms"));
        }
    }
}
