//! What the terminal shows while a job runs: a bar for each stage at work, or plain lines where there is no terminal.

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::{
    collections::HashMap,
    io::{IsTerminal, Write},
    sync::Mutex,
    time::Duration,
};

/// How much is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    /// Nothing but warnings.
    Quiet,
    /// Stages.
    Normal,
    /// Stages and every line of the log.
    Verbose,
}

/// Shows progress on standard error.
pub struct Progress {
    detail: Detail,
    bars: Option<MultiProgress>,
    active: Mutex<HashMap<usize, ProgressBar>>,
}

impl Progress {
    /// Bars on a terminal, lines elsewhere.
    #[must_use]
    pub fn new(detail: Detail) -> Self {
        let draws = detail != Detail::Quiet && std::io::stderr().is_terminal();
        let bars = draws.then(|| MultiProgress::with_draw_target(ProgressDrawTarget::stderr_with_hz(10)));
        Self { detail, bars, active: Mutex::default() }
    }

    /// An instance starts.
    pub fn started(&self, instance: usize, name: &str) {
        let (Some(bars), Ok(mut active)) = (&self.bars, self.active.lock()) else {
            return;
        };
        let bar = bars.add(ProgressBar::new(1000));
        if let Ok(style) = ProgressStyle::with_template("  {msg:28} {bar:30} {percent:>3} % {elapsed}") {
            bar.set_style(style);
        }
        bar.set_message(name.to_owned());
        bar.enable_steady_tick(Duration::from_millis(200));
        active.insert(instance, bar);
    }

    /// An instance has done a part of its work (0..=1).
    pub fn advanced(&self, instance: usize, fraction: f64) {
        if let Ok(active) = self.active.lock()
            && let Some(bar) = active.get(&instance)
        {
            bar.set_position((fraction.clamp(0.0, 1.0) * 1000.0) as u64);
        }
    }

    /// An instance ended after `elapsed`; `mark` says how.
    pub fn ended(&self, instance: usize, name: &str, elapsed: Duration, mark: &str) {
        if let Ok(mut active) = self.active.lock()
            && let Some(bar) = active.remove(&instance)
        {
            bar.finish_and_clear();
        }
        // What takes no time needs no line.
        if self.detail != Detail::Quiet && (elapsed > Duration::from_millis(100) || mark != "✓") {
            self.line(&format!("  {mark} {name} ({:.1} s)", elapsed.as_secs_f64()));
        }
    }

    /// A message of an instance with its level (1 error … 5 trace).
    pub fn message(&self, level: u8, name: &str, text: &str) {
        if level <= 2 || self.detail == Detail::Verbose {
            self.line(&format!("{name}: {}", text.trim_matches('\n')));
        }
    }

    fn line(&self, text: &str) {
        match &self.bars {
            // A terminal that is gone is no reason to fail.
            Some(bars) => drop(bars.println(text)),
            None => drop(writeln!(std::io::stderr(), "{text}")),
        }
    }
}
