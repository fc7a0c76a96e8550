//! What the search of whole films and each correlation method cost: CPU seconds of their stages, as the report tells them.

use serde_json::Value;
use std::{
    error::Error,
    fs,
    path::Path,
    process::{Command, Stdio},
};
use vsg_sample_media::WrittenPair;

const METHODS: [&str; 7] = [
    "correlation-gcc/phat",
    "correlation-gcc/scot",
    "correlation-gcc/whiten",
    "correlation-scc/scc",
    "correlation-features/onset",
    "correlation-features/spectrogram",
    "correlation-features/dtw",
];

const SEARCH: &str = "alignment/search";
/// Share of the decodes that the search may cost (%).
const SEARCH_LIMIT_PCT: f64 = 10.0;

/// Prints a row for each of them. The audio is decoded once and kept; `decodes_s` is what both decodes alone cost (CPU seconds).
pub(crate) fn methods(host: &Path, folder: &Path, pair: &WrittenPair, decodes_s: f64) -> Result<(), Box<dyn Error>> {
    // Nothing of an earlier bench is left that would be taken from the store.
    for kept in [folder.join("store"), folder.join("methods")] {
        match fs::remove_dir_all(kept) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    let mut search_s = None;
    let mut rows = Vec::new();
    for method in METHODS {
        let mut cpu_s = Vec::new();
        for scan in ["classic", "dense"] {
            let stages = stages(host, folder, pair, method, scan)?;
            cpu_s.push(seconds(&stages, method)?);
            // Only the first run searches; the others find it in the store.
            if search_s.is_none() {
                search_s = Some(seconds(&stages, SEARCH)?);
            }
        }
        rows.push(format!("    {method:<34} {:8.2} {:8.2}", cpu_s[0], cpu_s[1]));
    }
    // The sketches that it searches are made while the audio is decoded.
    let search_s = search_s.unwrap_or_default();
    let search_pct = 100.0 * search_s / decodes_s;
    println!("  {SEARCH:<24} {search_s:8.2} CPU s  {search_pct:.1} % of the decodes (limit {SEARCH_LIMIT_PCT} %)");
    println!("  CPU seconds of the correlation alone   classic    dense\n{}", rows.join("\n"));
    Ok(())
}

/// The stages of a run with this method, as its report tells them.
fn stages(
    host: &Path,
    folder: &Path,
    pair: &WrittenPair,
    method: &str,
    scan: &str,
) -> Result<Vec<Value>, Box<dyn Error>> {
    let (out, store) = (folder.join("methods"), folder.join("store"));
    let mut run = Command::new(host);
    run.args(["run", "--quiet", "pipelines/analyze.toml"]).args([&pair.reference, &pair.target]);
    run.arg("--output").arg(&out).arg("--store").arg(&store);
    run.args(["--set", &format!("correlate.use={method}"), "--set", &format!("correlate.with.scan={scan}")]);
    run.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // A method that finds no delay has worked all the same.
    run.status()?;
    let mut files = fs::read_dir(&out)?.filter_map(|entry| Some(entry.ok()?.path()));
    let report = files.find(|path| path.to_string_lossy().ends_with(".report.json")).ok_or("a run left no report")?;
    let report: Value = serde_json::from_slice(&fs::read(report)?)?;
    fs::remove_dir_all(&out)?;
    report["stages"].as_array().cloned().ok_or_else(|| "a report without stages".into())
}

fn seconds(stages: &[Value], implementation: &str) -> Result<f64, Box<dyn Error>> {
    let stage = stages.iter().find(|stage| stage["use"] == implementation).ok_or("a report without its stage")?;
    stage["cpu_seconds"].as_f64().ok_or_else(|| "a stage without its cost".into())
}
