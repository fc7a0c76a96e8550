//! The cells of the tables of a comparison, the same in the terminal and on the page.

use super::{Cost, Method, Row};

/// Stands for what is not known.
const NOTHING: &str = "–";
/// Marks what took its time in an earlier run.
pub(super) const STORED: &str = "↺";
/// What [`STORED`] means.
pub(super) const STORED_NOTE: &str = "↺ some of it was taken from the store, and its times are those of the earlier run; --no-store takes the time afresh";

/// Headings of the rows of a target.
pub(super) fn row_headings(baseline: &str, has_truth: bool) -> Vec<String> {
    let error = has_truth.then_some("error ms");
    let to_baseline = format!("to {baseline} ms");
    let before = ["variant", "delay ms", to_baseline.as_str()];
    let after = ["spread ms", "range ms", "windows", "within 1 ms", "CPU s", "wall s"];
    before.into_iter().chain(error).chain(after).map(str::to_owned).collect()
}

/// A row of a target.
pub(super) fn row_cells(row: &Row, baseline: &str, has_truth: bool) -> Vec<String> {
    let is_baseline = row.variant == baseline;
    let windows = row.measured.zip(row.accepted).map(|(measured, accepted)| format!("{accepted}/{measured}"));
    let mut cells = vec![
        row.variant.clone(),
        number(row.delay_ms, 3),
        if is_baseline && row.delay_ms.is_some() { "baseline".to_owned() } else { signed(row.difference_ms) },
    ];
    cells.extend(has_truth.then(|| signed(row.error_ms)));
    cells.extend([
        number(row.spread_ms, 3),
        number(row.range_ms, 3),
        windows.unwrap_or_else(|| NOTHING.to_owned()),
        percent(row.within_1_ms_pct),
    ]);
    cells.extend(cost_cells(&row.own));
    cells
}

/// Headings of the summary of many pairs.
pub(super) fn method_headings(baseline: &str, has_truth: bool) -> Vec<String> {
    let truth = if has_truth { ["error ms", "worst ms", "true within 1 ms"].as_slice() } else { &[] };
    let to_baseline = format!("to {baseline} ms");
    let before = ["variant", "measured", "failed", to_baseline.as_str(), "farthest ms", "agree"];
    let after = ["windows", "CPU s", "wall s"];
    before.into_iter().chain(truth.iter().copied()).chain(after).map(str::to_owned).collect()
}

/// A row of the summary of many pairs.
pub(super) fn method_cells(method: &Method, baseline: &str, has_truth: bool) -> Vec<String> {
    let is_baseline = method.variant == baseline;
    let to_baseline = |text: String| if is_baseline { NOTHING.to_owned() } else { text };
    let mut cells = vec![
        method.variant.clone(),
        method.measured.to_string(),
        method.failed.to_string(),
        if is_baseline { "baseline".to_owned() } else { number(method.median_difference_ms, 3) },
        to_baseline(number(method.max_difference_ms, 3)),
        to_baseline(percent(method.agrees_with_baseline_pct)),
    ];
    if has_truth {
        cells.extend([
            number(method.median_error_ms, 3),
            number(method.max_error_ms, 3),
            percent(method.true_within_1_ms_pct),
        ]);
    }
    cells.push(percent(method.accepted_pct));
    cells.extend(cost_cells(&method.own));
    cells
}

/// What stages took, in a sentence: `6 stages, 12.3 s of processors, 8.1 s`.
pub(super) fn cost_words(cost: &Cost) -> String {
    let cpu = cost.cpu_s.map_or(String::new(), |cpu_s| format!(", {cpu_s:.2} CPU s"));
    let stored =
        if cost.from_store > 0 { format!(", {} from the store {STORED}", cost.from_store) } else { String::new() };
    format!("{} stages{cpu}, {:.2} s{stored}", cost.stages, cost.wall_s)
}

fn cost_cells(cost: &Cost) -> [String; 2] {
    if cost.stages == 0 {
        return [NOTHING.to_owned(), NOTHING.to_owned()];
    }
    let mark = if cost.from_store > 0 { format!(" {STORED}") } else { String::new() };
    [format!("{}{mark}", number(cost.cpu_s, 2)), format!("{:.2}{mark}", cost.wall_s)]
}

fn number(number: Option<f64>, decimals: usize) -> String {
    number.map_or(NOTHING.to_owned(), |number| without_signed_zero(format!("{number:.decimals$}"), ""))
}

fn signed(number: Option<f64>) -> String {
    number.map_or(NOTHING.to_owned(), |number| without_signed_zero(format!("{number:+.3}"), "+"))
}

/// What was rounded to zero from below has the sign of zero.
fn without_signed_zero(text: String, sign: &str) -> String {
    match text.strip_prefix('-') {
        Some(digits) if digits.chars().all(|digit| matches!(digit, '0' | '.')) => format!("{sign}{digits}"),
        _ => text,
    }
}

fn percent(share_pct: Option<f64>) -> String {
    share_pct.map_or(NOTHING.to_owned(), |share_pct| format!("{share_pct:.0} %"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_decimals_and_zero_no_sign() {
        assert_eq!(number(Some(-1250.5704), 3), "-1250.570");
        assert_eq!(
            (signed(Some(-0.0004)), signed(Some(0.0005)), signed(None)),
            ("+0.000".into(), "+0.001".into(), "–".into())
        );
    }

    #[test]
    fn headings_and_cells_are_as_many() {
        let method = crate::report::compare::Pairs::new(&["a".into()], "a", Vec::new()).methods.remove(0);
        for has_truth in [false, true] {
            assert_eq!(row_headings("a", has_truth).len(), row_cells(&Row::default(), "a", has_truth).len());
            assert_eq!(method_headings("a", has_truth).len(), method_cells(&method, "a", has_truth).len());
        }
    }
}
