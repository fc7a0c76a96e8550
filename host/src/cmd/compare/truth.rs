//! True delays that a comparison is judged by: numbers, or the `truth.json` of a sample pair.

use crate::Failure;
use serde::Deserialize;
use std::{fs, path::Path, path::PathBuf};

/// What is read of a `truth.json`.
#[derive(Deserialize)]
struct TruthFile {
    /// Between the decoded samples of both files (ms).
    delay_ms: f64,
    reference_bytes: Option<u64>,
    target_bytes: Option<u64>,
}

/// The true delay of each target (ms). `typed` has one entry for each target, or none at all.
///
/// # Errors
/// There are more or fewer than targets, or one is neither a number nor a file that tells the delay of these very files.
pub(super) fn truths(typed: &[String], sources: &[PathBuf]) -> Result<Vec<Option<f64>>, Failure> {
    let Some((reference, targets)) = sources.split_first() else { return Ok(Vec::new()) };
    if typed.is_empty() {
        return Ok(vec![None; targets.len()]);
    }
    if typed.len() != targets.len() {
        return Err(Failure::arguments(
            format!("--truth is given {} times for {} targets", typed.len(), targets.len()),
            "give it once for each target, in their order",
        ));
    }
    typed.iter().zip(targets).map(|(typed, target)| truth(typed, reference, target).map(Some)).collect()
}

fn truth(typed: &str, reference: &Path, target: &Path) -> Result<f64, Failure> {
    if let Ok(delay_ms) = typed.parse::<f64>() {
        return is_delay(delay_ms).ok_or_else(|| {
            Failure::arguments(format!("--truth {typed} is no delay"), "give a number of milliseconds")
        });
    }
    let help = "give a number of milliseconds, or the truth.json that `vsg-host sample` wrote";
    let unusable =
        |reason: String| Failure::arguments(format!("the true delay can not be taken from `{typed}`: {reason}"), help);
    let text = fs::read_to_string(typed).map_err(|error| unusable(error.to_string()))?;
    let file: TruthFile = serde_json::from_str(&text).map_err(|error| unusable(error.to_string()))?;
    let delay_ms = is_delay(file.delay_ms).ok_or_else(|| unusable("its delay is no delay".into()))?;
    for (bytes, path) in [(file.reference_bytes, reference), (file.target_bytes, target)] {
        let found = fs::metadata(path).map(|metadata| metadata.len()).ok();
        if bytes.is_some() && bytes != found {
            return Err(unusable(format!("it is about another file than `{}`, whose size differs", path.display())));
        }
    }
    Ok(delay_ms)
}

/// A number that can be a delay (ms): less than 100 days.
pub(super) fn is_delay(delay_ms: f64) -> Option<f64> {
    (delay_ms.abs() < 1e10).then_some(delay_ms)
}
