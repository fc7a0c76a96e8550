//! `sample`: a pair of releases with a known delay, to try things on.

use super::print;
use crate::{
    Failure, platform,
    run::{Detail, Progress},
};
use std::{
    ops::ControlFlow,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    time::Instant,
};
use vsg_sample_media::{Error, Tools};
use vsg_tools::{Search, Tool};

pub(super) fn sample(folder: &Path, minutes: Option<u32>) -> Result<(), Failure> {
    static STOPPED: AtomicBool = AtomicBool::new(false);
    platform::on_stop_signal(|| {
        if STOPPED.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
    });
    let search = Search::from_env();
    let find = |tool: Tool| {
        search.find(tool).map_err(|error| Failure::Run {
            message: error.to_string(),
            help: Some("run vsg-host doctor to see which tools are missing".to_owned()),
        })
    };
    let tools = Tools { ffmpeg: find(Tool::Ffmpeg)?, mkvmerge: find(Tool::Mkvmerge)? };

    let (progress, start) = (Progress::new(Detail::Normal), Instant::now());
    progress.started(0, "sample");
    let advanced = |fraction: f64| {
        progress.advanced(0, fraction);
        if STOPPED.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let made = match minutes {
        None => vsg_sample_media::demo(folder, &tools, &advanced),
        Some(minutes) => vsg_sample_media::bench_pair(folder, 60.0 * f64::from(minutes), &tools, &advanced),
    };
    progress.ended(0, "sample", start.elapsed(), if made.is_ok() { "✓" } else { "✗" });
    let pair = match made {
        Ok(pair) => pair,
        Err(Error::Cancelled) => return Err(Failure::Cancelled),
        Err(error) => return Err(Failure::Run { message: error.to_string(), help: None }),
    };
    let delay_ms = pair.truth.timeline_delay_ms;
    let direction = if delay_ms < 0.0 { "late" } else { "early" };
    let state = if pair.fresh { "made" } else { "there already" };
    print(&format!(
        "sample pair ({state}):\n  {}\n  {}\n  {}\nThe target plays {:.3} ms too {direction}.\n",
        pair.reference.display(),
        pair.target.display(),
        pair.truth_file.display(),
        delay_ms.abs(),
    ))
}
