//! A host that runs one stage once, in a folder of its own, and may be stopped.

use crate::{
    Error, Job,
    abi::{
        HostRef, LoopBody, RRef, RawHost, RawHost_TO, TD_Opaque,
        std_types::{RResult, RStr, RString},
    },
    report::Entry,
};
use std::{
    path::{Path, PathBuf},
    sync::{
        OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

/// When the user stops the run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Stop {
    /// He does not.
    Never,
    /// Before the stage begins.
    AtStart,
    /// When the stage first says how far it is.
    AtFirstProgress,
    /// After this time.
    After(Duration),
}

/// The host of one run.
pub(super) struct TestHost {
    folder: PathBuf,
    job: Job,
    threads: usize,
    stop: Stop,
    started: Instant,
    stopped: OnceLock<Instant>,
    files: AtomicUsize,
}

impl TestHost {
    /// A host over an existing, empty folder.
    pub(super) fn new(folder: PathBuf, job: Job, threads: usize, stop: Stop) -> Self {
        let host = Self {
            folder,
            job,
            threads: threads.max(1),
            stop,
            started: Instant::now(),
            stopped: OnceLock::new(),
            files: AtomicUsize::new(0),
        };
        match stop {
            Stop::AtStart => host.stop_now(host.started),
            Stop::After(time) => host.stop_now(host.started + time),
            Stop::Never | Stop::AtFirstProgress => {}
        }
        host
    }

    /// The host as a stage takes it.
    pub(super) fn seen(&self) -> HostRef<'_> {
        RawHost_TO::from_ptr(RRef::new(self), TD_Opaque)
    }

    /// Where the run's files are.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// For how long the run has been stopped; `None` if it is not.
    pub(super) fn stopped_for(&self) -> Option<Duration> {
        self.stopped.get().and_then(|stopped| Instant::now().checked_duration_since(*stopped))
    }

    fn stop_now(&self, at: Instant) {
        // Only the first time counts.
        let _ = self.stopped.set(at);
    }

    fn new_path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}-{}", self.files.fetch_add(1, Ordering::Relaxed)))
    }

    fn serve(&self, name: &str, request: &str) -> Result<serde_json::Value, Error> {
        Ok(match name {
            "blob-file" => serde_json::to_value(self.new_path("blob"))?,
            "scratch-dir" => {
                let folder = self.new_path("scratch");
                std::fs::create_dir(&folder)?;
                serde_json::to_value(folder)?
            }
            "unfinished-file" => {
                let _: PathBuf = serde_json::from_str(request)?;
                serde_json::Value::Null
            }
            "job" => serde_json::to_value(&self.job)?,
            "report" => {
                let entry: Entry = serde_json::from_str(request)?;
                if matches!(&entry, Entry::Facts(facts) if !facts.is_object()) {
                    return Err(Error::new("facts for the report have to be an object"));
                }
                serde_json::Value::Null
            }
            other => return Err(Error::new(format!("this host has no service `{other}`")).help("use a newer vsg-host")),
        })
    }
}

impl RawHost for TestHost {
    fn log(&self, _level: u8, _message: RStr<'_>) {}

    fn progress(&self, _fraction: f64) {
        if self.stop == Stop::AtFirstProgress {
            self.stop_now(Instant::now());
        }
    }

    fn cancelled(&self) -> bool {
        self.stopped_for().is_some()
    }

    fn for_each(&self, count: usize, body: LoopBody<'_>) {
        let next = AtomicUsize::new(0);
        let work = || {
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                if index >= count {
                    break;
                }
                body.call(index);
            }
        };
        std::thread::scope(|scope| {
            // Even one thread is another than that of the stage, as in the real host.
            (0..self.threads.min(count)).for_each(|_| drop(scope.spawn(work)));
        });
    }

    fn service(&self, name: RStr<'_>, request: RStr<'_>) -> RResult<RString, RString> {
        match self.serve(name.as_str(), request.as_str()) {
            Ok(reply) => RResult::ROk(reply.to_string().into()),
            Err(error) => RResult::RErr(error.to_json().into()),
        }
    }
}
