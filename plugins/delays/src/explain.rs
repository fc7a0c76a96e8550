//! How a delay was chosen, as a table of the report.

use vsg_plugin_api::{
    kinds::{Explanation, Verdict, Vote},
    report::Table,
};

/// Other delays that get a row.
const OTHERS: usize = 5;

/// What windows voted for, which did not count, and the verdict.
pub(crate) fn table(source: &str, verdict: Verdict, explanation: &Explanation) -> Table {
    let row = |cells: [String; 4]| cells.to_vec();
    let vote = |vote: &Vote, what: &str| {
        let span = format!("{:.0} s to {:.0} s", vote.first_s, vote.last_s);
        row([format!("{:+.3}", vote.delay_ms), vote.windows.to_string(), span, what.to_owned()])
    };
    let is_refused = verdict == Verdict::Refused;
    let mut rows: Vec<Vec<String>> = Vec::new();
    for (index, voted) in explanation.votes.iter().take(1 + OTHERS).enumerate() {
        rows.push(vote(voted, if index == 0 && !is_refused { "selected" } else { "another delay" }));
    }
    let left: usize = explanation.votes.iter().skip(1 + OTHERS).map(|vote| vote.windows).sum();
    if explanation.alone + left > 0 {
        rows.push(row([String::new(), (explanation.alone + left).to_string(), String::new(), "astray".into()]));
    }
    for rejection in &explanation.rejected {
        let (count, because) = (rejection.windows.len(), &rejection.because);
        rows.push(row([String::new(), count.to_string(), String::new(), format!("rejected: {because}")]));
    }
    rows.push(row([
        String::new(),
        String::new(),
        String::new(),
        format!("{}: {}", name(verdict), explanation.because),
    ]));
    let columns = ["delay (ms)", "windows", "when", "what it is"];
    Table {
        title: format!("{source}: how the delay was chosen"),
        columns: columns.map(String::from).to_vec(),
        rows,
        is_detail: true,
    }
}

/// The verdict for people.
pub(crate) fn name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Refused => "refused",
        Verdict::Ambiguous => "ambiguous",
        Verdict::Likely => "likely",
        Verdict::Certain => "certain",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vsg_plugin_api::kinds::Rejection;

    #[test]
    fn the_table_shows_what_was_selected_what_else_there_was_and_what_did_not_count() {
        let vote = |delay_ms, windows| Vote { delay_ms, windows, first_s: 60.0, last_s: 300.0 };
        let explanation = Explanation {
            because: "so it is".into(),
            votes: vec![vote(100.25, 6), vote(731.0, 2)],
            alone: 1,
            rejected: vec![Rejection { because: "below 5.0".into(), windows: vec![3] }],
        };
        let table = table("Source 2", Verdict::Likely, &explanation);
        assert_eq!(table.title, "Source 2: how the delay was chosen");
        assert_eq!(table.rows[0], ["+100.250", "6", "60 s to 300 s", "selected"]);
        assert_eq!(table.rows[1], ["+731.000", "2", "60 s to 300 s", "another delay"]);
        assert_eq!(table.rows[2], ["", "1", "", "astray"]);
        assert_eq!(table.rows[3], ["", "1", "", "rejected: below 5.0"]);
        assert_eq!(table.rows[4], ["", "", "", "likely: so it is"]);
        assert!(table.rows.iter().all(|row| row.len() == table.columns.len()));
    }
}
