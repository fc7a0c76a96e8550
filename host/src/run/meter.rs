//! What a stage costs: processor time, memory and bytes, of its threads and of the tools that it runs.

use crate::platform;
use serde::{Deserialize, Serialize};
use std::{
    cell::Cell,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Instant,
};
use vsg_plugin_api::ToolUse;

/// What one run of a stage cost. What the system does not tell is absent.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Usage {
    /// Processor time (s): its own threads, its share of the host's threads, and its tools.
    pub cpu_seconds: Option<f64>,
    /// Largest resident memory (bytes) of a process that worked for it, as far as it was seen. In the host's own process other
    /// stages and mapped files count, too; in a process of its own the figure is exact.
    pub peak_memory_bytes: Option<u64>,
    /// Bytes that it and its tools read; mapped files do not count.
    pub read_bytes: Option<u64>,
    /// Bytes that it and its tools wrote.
    pub written_bytes: Option<u64>,
}

/// Adds up what a stage costs while it runs.
#[derive(Debug)]
pub(super) struct Meter {
    cpu_ns: AtomicU64,
    read_bytes: AtomicU64,
    written_bytes: AtomicU64,
    peak_memory_bytes: AtomicU64,
    /// Whether the work is done by another process, whose memory counts alone.
    is_elsewhere: AtomicBool,
    tools: Mutex<Vec<ToolRecord>>,
    started: Instant,
}

/// A tool that a stage ran.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ToolRecord {
    /// When it started, from the start of the stage (s).
    pub start_s: f64,
    /// What it cost.
    #[serde(flatten)]
    pub used: ToolUse,
}

thread_local! {
    /// Whether this thread is measured already: a loop within a loop counts once.
    static IS_MEASURED: Cell<bool> = const { Cell::new(false) };
}

impl Meter {
    /// A stage starts now.
    pub(super) fn start() -> Self {
        Self {
            cpu_ns: AtomicU64::new(0),
            read_bytes: AtomicU64::new(0),
            written_bytes: AtomicU64::new(0),
            peak_memory_bytes: AtomicU64::new(0),
            is_elsewhere: AtomicBool::new(false),
            tools: Mutex::default(),
            started: Instant::now(),
        }
    }

    /// Runs `body` and counts what it costs on this thread.
    pub(super) fn measure<T>(&self, body: impl FnOnce() -> T) -> T {
        if IS_MEASURED.replace(true) {
            return body();
        }
        let before = platform::thread_cost();
        self.sample_memory();
        let result = body();
        self.sample_memory();
        let after = platform::thread_cost();
        let add = |sum: &AtomicU64, before: u64, after: u64| {
            sum.fetch_add(after.saturating_sub(before), Ordering::Relaxed);
        };
        add(&self.cpu_ns, before.cpu_ns, after.cpu_ns);
        add(&self.read_bytes, before.read_bytes, after.read_bytes);
        add(&self.written_bytes, before.written_bytes, after.written_bytes);
        IS_MEASURED.set(false);
        result
    }

    /// Takes a look at how much memory the process has.
    pub(super) fn sample_memory(&self) {
        if self.is_elsewhere.load(Ordering::Relaxed) {
            return;
        }
        if let Some(bytes) = platform::resident_memory() {
            self.peak_memory_bytes.fetch_max(bytes, Ordering::Relaxed);
        }
    }

    /// Counts a tool that has ended.
    pub(super) fn add_tool(&self, used: ToolUse) {
        self.cpu_ns.fetch_add((used.cpu_seconds.unwrap_or(0.0).max(0.0) * 1e9) as u64, Ordering::Relaxed);
        self.read_bytes.fetch_add(used.read_bytes.unwrap_or(0), Ordering::Relaxed);
        self.written_bytes.fetch_add(used.written_bytes.unwrap_or(0), Ordering::Relaxed);
        self.peak_memory_bytes.fetch_max(used.peak_memory_bytes.unwrap_or(0), Ordering::Relaxed);
        self.list_tool(used);
    }

    /// Lists a tool that has ended, whose cost is counted elsewhere.
    pub(super) fn list_tool(&self, used: ToolUse) {
        if let Ok(mut tools) = self.tools.lock() {
            let start_s = (self.started.elapsed().as_secs_f64() - used.seconds).max(0.0);
            tools.push(ToolRecord { start_s, used });
        }
    }

    /// The work is about to be done by another process: from now on the memory of this one does not count.
    pub(super) fn goes_elsewhere(&self) {
        self.is_elsewhere.store(true, Ordering::Relaxed);
        self.peak_memory_bytes.store(0, Ordering::Relaxed);
    }

    /// Counts what a stage cost in another process.
    pub(super) fn add(&self, usage: &Usage) {
        self.cpu_ns.fetch_add((usage.cpu_seconds.unwrap_or(0.0).max(0.0) * 1e9) as u64, Ordering::Relaxed);
        self.read_bytes.fetch_add(usage.read_bytes.unwrap_or(0), Ordering::Relaxed);
        self.written_bytes.fetch_add(usage.written_bytes.unwrap_or(0), Ordering::Relaxed);
        self.peak_memory_bytes.fetch_max(usage.peak_memory_bytes.unwrap_or(0), Ordering::Relaxed);
    }

    /// All of it, and the tools one by one.
    pub(super) fn total(&self) -> (Usage, Vec<ToolRecord>) {
        let known = |value: u64, is_known: bool| is_known.then_some(value);
        let (peak, cost) = (self.peak_memory_bytes.load(Ordering::Relaxed), platform::thread_cost());
        let usage = Usage {
            cpu_seconds: cost.is_known.then(|| self.cpu_ns.load(Ordering::Relaxed) as f64 / 1e9),
            peak_memory_bytes: known(peak, peak > 0),
            read_bytes: known(self.read_bytes.load(Ordering::Relaxed), cost.is_known),
            written_bytes: known(self.written_bytes.load(Ordering::Relaxed), cost.is_known),
        };
        (usage, self.tools.lock().map(|tools| tools.clone()).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_of_a_process_that_only_waits_does_not_count() {
        let meter = Meter::start();
        meter.measure(|| {
            meter.goes_elsewhere();
            meter.add(&Usage { peak_memory_bytes: Some(1000), ..Usage::default() });
        });
        assert_eq!(meter.total().0.peak_memory_bytes, Some(1000));
    }

    #[test]
    fn work_and_tools_add_up_and_nested_work_counts_once() {
        let meter = Meter::start();
        let sum =
            meter.measure(|| meter.measure(|| (0..3_000_000_u64).map(|n| std::hint::black_box(n) % 7).sum::<u64>()));
        assert!(sum > 0);
        let (own, _) = meter.total();
        meter.add_tool(ToolUse {
            tool: "ffmpeg".into(),
            cpu_seconds: Some(2.0),
            read_bytes: Some(10),
            ..ToolUse::default()
        });
        let (all, tools) = meter.total();
        if let (Some(own), Some(all)) = (own.cpu_seconds, all.cpu_seconds) {
            assert!(own > 0.0 && own < 2.0, "{own}");
            assert!((all - own - 2.0).abs() < 1e-6);
        }
        assert_eq!(tools.len(), 1);
    }
}
