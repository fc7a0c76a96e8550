//! A comparison on the terminal.

use super::{
    Compared, Cost, Pairs, Target,
    cells::{STORED, STORED_NOTE, cost_words, method_cells, method_headings, row_cells, row_headings},
};
use crate::report::text::{Columns, aligned};

/// A table for each target.
#[must_use]
pub fn text(compared: &Compared) -> String {
    let mut text: String = compared.targets.iter().map(|target| target_text(compared, target)).collect();
    if text.contains(STORED) {
        text.push_str(&format!("\n{STORED_NOTE}\n"));
    }
    text
}

fn target_text(compared: &Compared, target: &Target) -> String {
    let has_truth = target.truth_ms.is_some();
    let truth = target.truth_ms.map_or(String::new(), |truth_ms| format!(", in truth {truth_ms:.3} ms"));
    let mut rows = vec![row_headings(&compared.baseline, has_truth)];
    rows.extend(target.variants.iter().map(|row| row_cells(row, &compared.baseline, has_truth)));
    let mut text = format!("\n{}: {}{truth}\n{}", target.source, target.file, aligned(&rows, Columns::Numbers));
    for row in &target.variants {
        if let Some(failure) = &row.failure {
            text.push_str(&failed(&row.variant, failure));
        }
    }
    if target.shared != Cost::default() {
        text.push_str(&format!("  shared by all: {}\n", cost_words(&target.shared)));
    }
    text
}

/// A table of the methods, and the pairs of which not everything was measured.
#[must_use]
pub fn pairs_text(pairs: &Pairs) -> String {
    let has_truth = pairs.methods.iter().any(|method| method.true_within_1_ms_pct.is_some());
    let mut rows = vec![method_headings(&pairs.baseline, has_truth)];
    rows.extend(pairs.methods.iter().map(|method| method_cells(method, &pairs.baseline, has_truth)));
    let mut text =
        format!("\n{} pairs, medians and worst of all\n{}", pairs.pairs.len(), aligned(&rows, Columns::Numbers));
    for pair in &pairs.pairs {
        if let Some(failure) = &pair.failure {
            text.push_str(&failed(&pair.name, failure));
        }
    }
    if text.contains(STORED) {
        text.push_str(&format!("\n{STORED_NOTE}\n"));
    }
    text
}

/// Why something failed, with lines after the first one set in.
fn failed(name: &str, reason: &str) -> String {
    format!("  ✗ {name}: {}\n", reason.trim_end().replace('\n', "\n    "))
}
