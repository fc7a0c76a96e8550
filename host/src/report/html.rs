//! `report.html`: one page without outside files.

use super::plot::svg;
use crate::run::Finished;
use maud::{DOCTYPE, Markup, PreEscaped, html as page};
use serde_json::Value;
use vsg_plugin_api::report::{Entry, Figure, Table};

const STYLE: &str = "
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
table { border-collapse: collapse; } th, td { text-align: left; padding: .2rem .9rem .2rem 0; border-bottom: 1px solid #8886; }
td { font-variant-numeric: tabular-nums; }
.status { padding: .1rem .6rem; border-radius: .6rem; color: #fff; background: #3a7d34; }
.failed { background: #b3362b; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; } svg { max-width: 100%; height: auto; }
summary { cursor: pointer; margin-top: 1rem; }
";

/// The page for a report that [`json`](super::json()) made.
#[must_use]
pub fn html(title: &str, finished: &Finished, report: &Value) -> String {
    let status = report["status"].as_str().unwrap_or("unknown");
    let body = page! {
        @if let Some(error) = report["error"].as_str() { h2 { "Error" } pre { (error) } }
        @for entry in &finished.entries { (section(entry)) }
        (issues(&report["issues"]))
        (stages(finished))
        details { summary { "All facts (report.json)" } pre { (format!("{report:#}")) } }
    };
    document(title, status, "", &body)
}

/// A page with title and status above its body; `style` is added to that of all pages.
pub(super) fn document(title: &str, status: &str, style: &str, body: &Markup) -> String {
    let markup = page! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width";
                title { (title) ": " (status) }
                style { (PreEscaped(STYLE)) (PreEscaped(style)) }
            }
            body {
                h1 { (title) " " span class=(format!("status {status}")) { (status) } }
                (body)
            }
        }
    };
    markup.into_string()
}

fn section(entry: &Entry) -> Markup {
    match entry {
        Entry::Figure(figure) => figure_section(figure),
        Entry::Table(table) => table_section(table),
        Entry::Facts(_) | Entry::Issue(_) => page! {},
    }
}

fn figure_section(figure: &Figure) -> Markup {
    page! {
        h2 { (figure.title) }
        @match svg(figure) {
            Some(svg) => (PreEscaped(svg)),
            None => p { "Nothing was measured." },
        }
    }
}

fn table_section(table: &Table) -> Markup {
    let rows = page! {
        table {
            tr { @for column in &table.columns { th { (column) } } }
            @for row in &table.rows { tr { @for cell in row { td { (cell) } } } }
        }
    };
    page! {
        @if table.is_detail {
            details { summary { (table.title) } (rows) }
        } @else {
            h2 { (table.title) }
            (rows)
        }
    }
}

fn issues(issues: &Value) -> Markup {
    let issues: Vec<&str> = issues.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    page! {
        @if !issues.is_empty() {
            h2 { "Please look at" }
            ul { @for issue in issues { li { (issue) } } }
        }
    }
}

fn stages(finished: &Finished) -> Markup {
    let rows = finished
        .stages
        .iter()
        .map(|stage| vec![stage.instance.clone(), stage.uses.clone(), format!("{:.2}", stage.seconds)])
        .collect();
    let columns = ["stage", "implementation", "seconds"].map(String::from).to_vec();
    table_section(&Table { title: "Stages".into(), columns, rows, is_detail: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_files_is_escaped() {
        let report =
            serde_json::json!({ "status": "failed", "error": "<script>alert(1)</script>", "issues": ["a < b"] });
        let page = html("<b>.mkv", &Finished::default(), &report);
        assert!(!page.contains("<script>") && !page.contains("<b>.mkv"));
        assert!(page.contains("a &lt; b"));
    }
}
