//! What a running stage may ask of its host.

use crate::{
    Error, Result,
    abi::{Blob, HostRef, LoopBody},
    bridge,
    report::Entry,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::{
    fs::File,
    path::{Path, PathBuf},
    sync::Mutex,
};
use vsg_tools::{Command, Observer, Tool};

/// The host, seen from one running stage.
pub struct Ctx<'a> {
    host: HostRef<'a>,
}

/// The files of the job; only stages with effects outside of the store should need them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// The file of Source 1.
    pub reference: PathBuf,
    /// The files of Source 2, Source 3, …
    pub targets: Vec<PathBuf>,
    /// Where results go.
    pub output: PathBuf,
}

/// What a tool cost that a stage ran. What the system does not tell is absent.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ToolUse {
    /// Name of the program.
    pub tool: String,
    /// Wall time (s).
    pub seconds: f64,
    /// Processor time (s).
    pub cpu_seconds: Option<f64>,
    /// Largest resident memory (bytes).
    pub peak_memory_bytes: Option<u64>,
    /// Bytes read.
    pub read_bytes: Option<u64>,
    /// Bytes written.
    pub written_bytes: Option<u64>,
}

impl<'a> Ctx<'a> {
    pub(crate) fn new(host: HostRef<'a>) -> Self {
        Self { host }
    }

    pub(crate) fn host(&self) -> &HostRef<'a> {
        &self.host
    }

    /// Writes a line of the job's log.
    pub fn log(&self, message: impl AsRef<str>) {
        self.log_level(3, message.as_ref());
    }

    /// Writes a warning into the job's log.
    pub fn warn(&self, message: impl AsRef<str>) {
        self.log_level(2, message.as_ref());
    }

    fn log_level(&self, level: u8, message: &str) {
        self.host.log(level, message.into());
    }

    /// Reports how much of the stage's work is done (0..=1). Fails if the run was cancelled, so that `?` stops the stage.
    pub fn progress(&self, fraction: f64) -> Result<()> {
        self.host.progress(fraction);
        self.check_cancelled()
    }

    /// Fails if the run was cancelled.
    pub fn check_cancelled(&self) -> Result<()> {
        if self.host.cancelled() { Err(Error::cancelled()) } else { Ok(()) }
    }

    /// Calls `body` once for every index below `count`, on the host's threads, and returns the results in order.
    ///
    /// Stops early at the first error, a panic, or when the run is cancelled; of several errors the one with the lowest
    /// index is returned.
    pub fn for_each<T: Send>(&self, count: usize, body: impl Fn(usize) -> Result<T> + Sync) -> Result<Vec<T>> {
        let slots: Vec<Mutex<Option<Result<T>>>> = (0..count).map(|_| Mutex::new(None)).collect();
        let failed = std::sync::atomic::AtomicBool::new(false);
        let run = |index: usize| {
            if failed.load(std::sync::atomic::Ordering::Relaxed) || self.host.cancelled() {
                return;
            }
            let outcome = bridge::guarded(&self.host, || body(index)).and_then(|result| result);
            if outcome.is_err() {
                failed.store(true, std::sync::atomic::Ordering::Relaxed);
            }
            if let Some(Ok(mut slot)) = slots.get(index).map(Mutex::lock) {
                *slot = Some(outcome);
            }
        };
        self.host.for_each(count, LoopBody::new(&run));
        self.check_cancelled()?;
        let outcomes: Vec<_> = slots.into_iter().map(|slot| slot.into_inner().ok().flatten()).collect();
        let mut values = Vec::with_capacity(count);
        let mut missing = false;
        for outcome in outcomes {
            match outcome {
                Some(Ok(value)) => values.push(value),
                Some(Err(error)) => return Err(error),
                None => missing = true,
            }
        }
        if missing { Err(Error::new("the host did not run every index of a loop")) } else { Ok(values) }
    }

    /// A child process of a known tool that honours cancellation and reports to this stage's log and progress. Fails if the
    /// tool is not installed.
    pub fn command(&self, tool: Tool) -> Result<Command<'_>> {
        Ok(Command::tool(tool)?.observer(self))
    }

    /// A tool that answers a question about a file on its standard output; one that is silent for two minutes counts as hung.
    pub fn question(&self, tool: Tool) -> Result<Command<'_>> {
        Ok(self.command(tool)?.binary().timeout_idle(std::time::Duration::from_secs(120)))
    }

    /// The same as [`command`](Self::command) for any other program.
    pub fn program(&self, program: impl Into<PathBuf>) -> Command<'_> {
        Command::program(program).observer(self)
    }

    /// A file of the store that bulk data can be streamed into.
    pub fn blob_writer(&self) -> Result<BlobWriter> {
        let path: PathBuf = self.service("blob-file", &())?;
        let file = File::create_new(&path).map_err(|error| {
            Error::new(format!("can not create `{}` for bulk data: {error}", path.display()))
                .help("choose a folder with more room by --store")
        })?;
        Ok(BlobWriter { path, file })
    }

    /// An empty folder for this stage's files; it lives until the run ends.
    pub fn scratch_dir(&self) -> Result<PathBuf> {
        self.service("scratch-dir", &())
    }

    /// Says that `file`, outside of the store, is about to be written and will be renamed when it is complete. If the run dies
    /// before that, the file is removed. Removing it after an ordinary error is up to the stage.
    pub fn note_unfinished(&self, file: &Path) -> Result<()> {
        self.service("unfinished-file", &file)
    }

    /// The files of the job.
    pub fn job(&self) -> Result<Job> {
        self.service("job", &())
    }

    /// Adds something to the report of the run.
    pub fn report(&self, entry: &Entry) -> Result<()> {
        self.service("report", entry)
    }

    /// Asks the host for a service by name. A host that does not know it returns an error.
    pub fn service<T: DeserializeOwned>(&self, name: &str, request: &impl Serialize) -> Result<T> {
        let request = serde_json::to_string(request)?;
        let reply = self.host.service(name.into(), request.as_str().into()).into_result();
        let reply = reply.map_err(|error| Error::from_json(&error))?;
        Ok(serde_json::from_str(&reply)?)
    }
}

impl Observer for Ctx<'_> {
    fn log(&self, line: &str) {
        self.log_level(3, line);
    }

    fn progress(&self, fraction: f64) {
        self.host.progress(fraction);
    }

    fn cancelled(&self) -> bool {
        self.host.cancelled()
    }

    fn used(&self, tool: &str, usage: &vsg_tools::Usage) {
        let used = ToolUse {
            tool: tool.to_owned(),
            seconds: usage.elapsed.as_secs_f64(),
            cpu_seconds: usage.cpu.map(|cpu| cpu.user_s + cpu.system_s),
            peak_memory_bytes: usage.peak_rss_bytes,
            read_bytes: usage.read_bytes,
            written_bytes: usage.written_bytes,
        };
        // A host that does not count has no such service, and misses nothing.
        let _ = self.service::<()>("tool-used", &used);
    }
}

/// A file of the store while it is being written.
#[derive(Debug)]
pub struct BlobWriter {
    path: PathBuf,
    file: File,
}

impl BlobWriter {
    /// The open file; a clone of it can be a child process's standard output.
    #[must_use]
    pub fn file(&self) -> &File {
        &self.file
    }

    /// Where the file is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Ends writing and maps the bytes.
    pub fn finish(self) -> Result<Blob> {
        drop(self.file);
        // SAFETY: the file lies in a folder of the host, under a name that was given to this writer alone, and it is closed.
        #[allow(unsafe_code, reason = "mapping a file")]
        let mapped = unsafe { Blob::map_file(&self.path) };
        mapped.map_err(|error| Error::new(format!("can not map `{}`: {error}", self.path.display())))
    }
}
