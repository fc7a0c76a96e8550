//! What the framework costs beside the work of stages: start and plan, a thousand stages of no work, a process for each stage.

use crate::median;
use std::{
    error::Error,
    fmt::Write,
    path::Path,
    process::{Command, Stdio},
    time::Instant,
};

/// Stages of the chain, each of which reads the one before.
const STAGES: usize = 1000;
/// Stages that run apart.
const APART: usize = 50;
/// How often each figure is measured; the median counts.
const RUNS: usize = 7;
/// Limits that the figures are shown against.
const START_LIMIT_MS: f64 = 50.0;
const CHAIN_LIMIT_MS: f64 = 100.0;
const STORED_LIMIT_MS: f64 = 0.1;
const APART_LIMIT_MS: f64 = 30.0;

/// Prints all of it. `idle` is the library of the plugin `misbehaving`, whose stage `count` only adds numbers up.
pub(crate) fn overhead(host: &Path, idle: &Path, folder: &Path) -> Result<(), Box<dyn Error>> {
    std::fs::create_dir_all(folder)?;
    let start_ms = median_of(|| timed(command(host, idle, &["check", "pipelines/analyze.toml"])))?;
    println!("start, plugins, plan: {start_ms:.1} ms (limit {START_LIMIT_MS} ms)");

    let (chain, apart) = (folder.join("chain.toml"), folder.join("apart.toml"));
    std::fs::write(folder.join("film.mkv"), "not looked into")?;
    std::fs::write(&chain, pipeline(STAGES))?;
    std::fs::write(&apart, pipeline(APART))?;
    let (store, out) = (folder.join("store"), folder.join("out"));
    let run = |pipeline: &Path, more: &[&str]| {
        let mut command = command(host, idle, &["run", "--quiet"]);
        command.arg(pipeline).arg("--output").arg(&out).arg("--store").arg(&store).args(more);
        command
    };
    let clear = || match std::fs::remove_dir_all(&store) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    };
    let plan = || {
        let mut check = command(host, idle, &["check"]);
        check.arg(&chain);
        timed(check)
    };
    // Each run beside one that it is compared with: what else the machine does is then in both.
    let unstored_ms = median_of(|| Ok(timed(run(&chain, &["--no-store"]))? - plan()?))?;
    let first_ms = median_of(|| {
        clear()?;
        Ok(timed(run(&chain, &[]))? - plan()?)
    })?;
    let stored_ms = median_of(|| Ok(timed(run(&chain, &[]))? - plan()?))?;
    println!("{STAGES} stages of no work, beside start and plan ({:.0} ms), median of {RUNS}", plan()?);
    println!("  without store        {unstored_ms:8.1} ms (limit {CHAIN_LIMIT_MS})");
    println!("  stored               {first_ms:8.1} ms (limit {CHAIN_LIMIT_MS})");
    println!("  from the store       {:8.3} ms a stage (limit {STORED_LIMIT_MS})", stored_ms / STAGES as f64);

    let apart_ms =
        median_of(|| Ok(timed(run(&apart, &["--no-store", "--isolate"]))? - timed(run(&apart, &["--no-store"]))?))?;
    println!("  in its own process   {:8.1} ms a stage (limit {APART_LIMIT_MS})", apart_ms / APART as f64);
    Ok(())
}

/// A chain of stages that add 1 to the number before.
fn pipeline(stages: usize) -> String {
    let mut text = "[job]\nreference = \"film.mkv\"\n".to_owned();
    for stage in 0..stages {
        // Writing to a string can not fail.
        let _ = write!(text, "[stage.s{stage}]\nuse = \"misbehaving/count\"\n");
        if stage > 0 {
            let _ = writeln!(text, "from = {{ numbers = \"s{}.number\" }}", stage - 1);
        }
    }
    text
}

fn command(host: &Path, idle: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(host);
    command.arg("--plugins").arg(idle).args(words).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// Wall time (ms) of a command.
fn timed(mut command: Command) -> Result<f64, Box<dyn Error>> {
    let start = Instant::now();
    if !command.status()?.success() {
        return Err(format!("{command:?} failed").into());
    }
    Ok(start.elapsed().as_secs_f64() * 1000.0)
}

/// Median of what is measured [`RUNS`] times.
fn median_of(mut measure: impl FnMut() -> Result<f64, Box<dyn Error>>) -> Result<f64, Box<dyn Error>> {
    let mut measured = (0..RUNS).map(|_| measure()).collect::<Result<Vec<_>, _>>()?;
    Ok(median(&mut measured))
}
