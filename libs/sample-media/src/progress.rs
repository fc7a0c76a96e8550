//! How far the work is, and the way to stop it.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::{Error, Result};

/// Called with the finished fraction (0 to 1), from any thread; `Break` stops the work with [`Error::Cancelled`].
pub type Progress<'a> = &'a (dyn Fn(f64) -> ControlFlow<()> + Sync);

/// Adds up the seconds of media that are done, from several threads.
pub(crate) struct Meter<'a> {
    progress: Progress<'a>,
    total_ms: f64,
    done_ms: AtomicU64,
    stopped: AtomicBool,
}

impl<'a> Meter<'a> {
    /// `total_s`: seconds of media in the whole job, every track counted.
    pub(crate) fn new(progress: Progress<'a>, total_s: f64) -> Self {
        Self {
            progress,
            total_ms: (total_s * 1000.0).max(1.0),
            done_ms: AtomicU64::new(0),
            stopped: AtomicBool::new(false),
        }
    }

    /// Counts `seconds` of media; fails when the caller, or another thread of this job, wants to stop.
    pub(crate) fn add(&self, seconds: f64) -> Result<()> {
        let step_ms = (seconds * 1000.0) as u64;
        let done_ms = self.done_ms.fetch_add(step_ms, Ordering::Relaxed) + step_ms;
        if self.stopped.load(Ordering::Relaxed) {
            return Err(Error::Cancelled);
        }
        match (self.progress)((done_ms as f64 / self.total_ms).min(1.0)) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(Error::Cancelled),
        }
    }

    /// Makes the next [`Meter::add`] of every thread fail.
    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }
}
