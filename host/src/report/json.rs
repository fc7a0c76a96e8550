//! `report.json`: the facts that stages reported, and how the run went.

use crate::run::{Finished, Outcome};
use serde_json::{Map, Value, json};
use std::path::Path;
use vsg_plugin_api::report::Entry;

/// The report as JSON. What stages reported as facts is merged in at the top; status, error, issues and stages are the
/// host's own, but a stage may name the status of a run that was done (`merged`); without one it is `analyzed`.
#[must_use]
pub fn json(finished: &Finished, outcome: &Outcome, pipeline: &Path, sources: &[std::path::PathBuf]) -> Value {
    let mut report = json!({ "status": "analyzed", "error": null, "output": null, "delays": null, "targets": {} });
    for entry in &finished.entries {
        if let Entry::Facts(facts) = entry {
            merge(&mut report, facts);
        }
    }
    let error = match outcome {
        Outcome::Done => None,
        Outcome::Cancelled => Some("cancelled"),
        Outcome::Failed { error, .. } => Some(error.as_str()),
    };
    if let Some(error) = error {
        merge(&mut report, &json!({ "status": "failed", "error": error, "output": null }));
    }
    let issues: Vec<&String> = finished
        .entries
        .iter()
        .filter_map(|entry| match entry {
            Entry::Issue(issue) => Some(issue),
            _ => None,
        })
        .collect();
    let own = json!({
        "pipeline": pipeline.display().to_string(),
        "sources": sources.iter().map(|path| path.display().to_string()).collect::<Vec<_>>(),
        "version": env!("CARGO_PKG_VERSION"),
        "issues": issues,
        "stages": finished.stages,
        "not_run": finished.not_run,
    });
    merge(&mut report, &own);
    report
}

/// Puts `from` into `into`, object by object; anything else is replaced.
fn merge(into: &mut Value, from: &Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                merge(into.entry(key.clone()).or_insert_with(|| Value::Object(Map::new())), value);
            }
        }
        (into, from) => *into = from.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finished(entries: Vec<Entry>) -> Finished {
        Finished { entries, ..Finished::default() }
    }

    #[test]
    fn facts_of_several_stages_meet_in_one_object() {
        let entries = vec![
            Entry::Facts(json!({ "targets": { "Source 2": { "method": "phat" } } })),
            Entry::Facts(json!({ "targets": { "Source 2": { "windows": [1, 2] } }, "status": "merged" })),
            Entry::Issue("look here".into()),
        ];
        let report = json(&finished(entries), &Outcome::Done, Path::new("p.toml"), &[]);
        assert_eq!(report["targets"]["Source 2"], json!({ "method": "phat", "windows": [1, 2] }));
        assert_eq!(report["status"], "merged");
        assert_eq!(report["issues"], json!(["look here"]));
    }

    #[test]
    fn a_failed_run_is_failed_whatever_stages_said() {
        let entries = vec![Entry::Facts(json!({ "status": "merged", "output": "a.mkv" }))];
        let failed = Outcome::Failed { error: "disk full".into(), help: None };
        let report = json(&finished(entries), &failed, Path::new("p.toml"), &[]);
        assert_eq!((&report["status"], &report["output"]), (&json!("failed"), &Value::Null));
        assert_eq!(report["error"], "disk full");
    }
}
