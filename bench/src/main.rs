//! Measures whole runs of vsg-host against ffmpeg's decodes of the same tracks, in turn, and prints medians and ratios.
//!
//! `vsg-bench HOST FOLDER [MINUTES …]` first prints what the framework and the arithmetic of a window cost by themselves. CPU seconds count the whole tree of processes;
//! memory is the largest sum of anonymous pages (`RssAnon`) of all processes of the tree that a look every 5 ms has seen. Linux only.

mod kernel;
mod methods;
mod overhead;
mod tree;

use std::{
    error::Error,
    ops::ControlFlow,
    path::{Path, PathBuf},
    process::Command,
};
use tree::{Measured, measure};

/// Runs of each command; the median counts, of ratios that of each round, because the speed of a shared machine changes under way.
const RUNS: usize = 9;
/// Limits that the ratios are shown against.
const CLASSIC_LIMIT: f64 = 1.3;
const DENSE_LIMIT: f64 = 2.0;
const MEMORY_LIMIT_MIB: f64 = 150.0;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let (Some(host), Some(folder)) = (arguments.next(), arguments.next()) else {
        return Err("usage: vsg-bench HOST FOLDER [MINUTES …]".into());
    };
    let mut minutes: Vec<u32> = arguments.filter_map(|text| text.to_str()?.parse().ok()).collect();
    if minutes.is_empty() {
        minutes = vec![24, 120];
    }
    // 0 minutes: what the framework costs alone.
    minutes.retain(|length| *length > 0);
    let (host, folder) = (PathBuf::from(host), PathBuf::from(folder));
    let idle = format!("{}misbehaving{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    overhead::overhead(&host, &host.with_file_name("bench-plugins").join(idle), &folder.join("overhead"))?;
    kernel::kernel()?;
    for length in minutes {
        whole_run(&host, &folder.join(format!("{length}min")), length)?;
    }
    Ok(())
}

fn whole_run(host: &Path, folder: &Path, minutes: u32) -> Result<(), Box<dyn Error>> {
    let tools = vsg_sample_media::Tools::default();
    let pair = vsg_sample_media::bench_pair(folder, 60.0 * f64::from(minutes), &tools, &|_| ControlFlow::Continue(()))?;
    let scans = [("classic", CLASSIC_LIMIT), ("dense", DENSE_LIMIT)];
    let mut ours = scans.map(|_| Vec::new());
    let mut decodes = Vec::new();
    for _ in 0..RUNS {
        for ((scan, _), ours) in scans.iter().zip(&mut ours) {
            let mut run = Command::new(host);
            run.args(["run", "--quiet", "--no-store", "pipelines/analyze.toml"]).args([&pair.reference, &pair.target]);
            run.arg("--output").arg(folder.join("out")).args(["--set", &format!("correlate.with.scan={scan}")]);
            ours.push(measure(&mut run)?);
        }
        let mut both = Measured::default();
        for file in [&pair.reference, &pair.target] {
            both = both.then(measure(&mut decode(file))?);
        }
        decodes.push(both);
    }
    let figure = |runs: &[Measured], of: fn(&Measured) -> f64| median(&mut runs.iter().map(of).collect::<Vec<_>>());
    println!("\n{minutes} minutes, AAC against AC-3, median of {RUNS} runs in turn");
    let (cpu, wall) = (figure(&decodes, |run| run.cpu_s), figure(&decodes, |run| run.wall_s));
    println!("  two ffmpeg decodes       {cpu:8.2} CPU s  {wall:8.2} s");
    for ((scan, limit), ours) in scans.iter().zip(&ours) {
        let (cpu, wall) = (figure(ours, |run| run.cpu_s), figure(ours, |run| run.wall_s));
        let memory = figure(ours, |run| run.anonymous_mib);
        let ratio =
            median(&mut ours.iter().zip(&decodes).map(|(ours, both)| ours.cpu_s / both.cpu_s).collect::<Vec<_>>());
        println!(
            "  analyze.toml, {scan:<8}   {cpu:8.2} CPU s  {wall:8.2} s  {ratio:5.2} times the decodes (limit {limit})  \
             {memory:4.0} MiB anonymous (limit {MEMORY_LIMIT_MIB})"
        );
    }
    methods::methods(host, folder, &pair, cpu)
}

/// What a decode alone costs: to mono at 48 kHz as the correlation needs it, and thrown away.
fn decode(file: &Path) -> Command {
    let mut command = Command::new("ffmpeg");
    command.args(["-nostdin", "-v", "error", "-i"]).arg(file);
    command.args(["-map", "0:a:0", "-ac", "1", "-ar", "48000", "-f", "null", "-"]);
    command
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
