//! The host's side: starts the child, hears what the stage says, and tells how it ended.

use super::{Limits, REPLY, REQUEST, Reply, Request, SAID, UNSERVED, too_much_memory, write_whole};
use crate::{
    run::{call::Ports, folder::RunFolder, meter::Meter, said::Said},
    store::Stored,
};
use std::{
    fs::{self, File},
    io::{Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    sync::Mutex,
    time::Instant,
};
use vsg_plugin_api::{Error, Job, ToolError, Value};
use vsg_tools::{Command, Exit, Observer};

/// One stage that is to run apart.
pub(in crate::run) struct Task<'t> {
    /// The program that serves requests.
    pub(in crate::run) program: &'t Path,
    /// The plugin's library.
    pub(in crate::run) library: PathBuf,
    pub(in crate::run) hash: String,
    /// Id of the stage.
    pub(in crate::run) stage: String,
    pub(in crate::run) parameters: serde_json::Value,
    pub(in crate::run) inputs: Vec<(String, Vec<Value>)>,
    pub(in crate::run) job: Job,
    pub(in crate::run) threads: usize,
    pub(in crate::run) limits: Limits,
}

/// Runs a stage in a child and waits for it.
pub(in crate::run) fn run(
    task: Task<'_>,
    files: &RunFolder,
    meter: &Meter,
    hear: &(dyn Fn(Said) + Sync),
    is_stopping: &(dyn Fn() -> bool + Sync),
) -> Result<Ports, Error> {
    let folder = files.isolated_dir()?;
    let Task { program, library, hash, stage, parameters, inputs, job, threads, limits } = task;
    let store = |value: &Value| Stored::of(value, || files.blob_file());
    let inputs = inputs
        .iter()
        .map(|(port, values)| Ok((port.clone(), values.iter().map(store).collect::<std::io::Result<Vec<_>>>()?)));
    let inputs = inputs.collect::<std::io::Result<Vec<_>>>()?;
    let request =
        Request { library, hash, stage, parameters, inputs, job, threads, memory_limit_bytes: limits.memory_bytes };
    write_whole(&folder, REQUEST, &request)?;
    meter.goes_elsewhere();

    let listener = Listener {
        said: Mutex::new((folder.join(SAID), 0)),
        // A moment that no clock can tell never comes.
        deadline: limits.time.and_then(|time| Instant::now().checked_add(time)),
        hear,
        is_stopping,
    };
    // Of what it prints the last lines are told, and those should say what happened.
    let child = Command::program(program).arg("isolated-stage").arg(&folder).env("RUST_BACKTRACE", "0");
    let child = child.envs(crate::platform::memory_limit_of_tools());
    let ended = child.observer(&listener).run();
    listener.catch_up();
    let reply = fs::read(folder.join(REPLY)).ok().and_then(|bytes| serde_json::from_slice::<Reply>(&bytes).ok());
    if let Some(reply) = reply {
        meter.add(&reply.usage);
        // A stage that was asked to stop and did so in time has still run out of it.
        if let (Err(error), Some(late)) = (&reply.outcome, listener.time_over(&limits))
            && error.is_cancelled()
            && !is_stopping()
        {
            return Err(late);
        }
        let value = |stored: &Stored| {
            stored.value(Path::new("")).ok_or_else(|| Error::new("bulk data of an output is not there"))
        };
        return reply.outcome?.iter().map(|(port, stored)| Ok((port.clone(), value(stored)?))).collect();
    }
    Err(match ended {
        Err(ToolError::Cancelled { .. }) if is_stopping() => Error::cancelled(),
        Err(ToolError::Cancelled { .. }) => listener.time_over(&limits).unwrap_or_else(Error::cancelled),
        Err(ToolError::Failed { exit: Exit::Code(code), tail, .. }) if code == i32::from(UNSERVED) => {
            Error::new(format!("its process could not read its task or leave its results: {tail}"))
                .help("make room for the store, or move it by --store; `vsg-host store` shows where it is")
        }
        Err(ToolError::Failed { exit, tail, .. }) => {
            let refused = tail.contains("memory allocation of") && tail.contains("failed");
            match limits.memory_bytes.filter(|_| refused) {
                Some(limit) => too_much_memory(limit),
                None => died(&exit.to_string(), &tail),
            }
        }
        Err(other) => Error::from(other).context("its process could not be run"),
        Ok(_) => died("ended with exit code 0", ""),
    })
}

fn died(how: &str, tail: &str) -> Error {
    let told = if tail.is_empty() { String::new() } else { format!("; its last words:\n{tail}") };
    Error::new(format!("its process {how} before the stage was done{told}"))
        .help("this is a defect of the plugin, or of a library that it uses; report it to its author")
}

/// Hears what the child says, and knows when its time is over.
struct Listener<'l> {
    /// The file, and how much of it was read.
    said: Mutex<(PathBuf, u64)>,
    deadline: Option<Instant>,
    hear: &'l (dyn Fn(Said) + Sync),
    is_stopping: &'l (dyn Fn() -> bool + Sync),
}

impl Listener<'_> {
    /// Takes all whole lines that are new.
    fn catch_up(&self) {
        let Ok(mut said) = self.said.lock() else { return };
        let mut bytes = Vec::new();
        let (path, read) = &mut *said;
        let reading = File::open(path).and_then(|mut file| {
            file.seek(SeekFrom::Start(*read))?;
            file.read_to_end(&mut bytes)
        });
        // It is there once the child has begun.
        if reading.is_err() {
            return;
        }
        let whole = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
        *read += whole as u64;
        for line in bytes[..whole].split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
            if let Ok(something) = serde_json::from_slice(line) {
                (self.hear)(something);
            }
        }
    }

    fn time_over(&self, limits: &Limits) -> Option<Error> {
        let time = limits.time.filter(|_| self.deadline.is_some_and(|deadline| Instant::now() >= deadline))?;
        Some(
            Error::new(format!("it was stopped because it took longer than its limit of {} s", time.as_secs_f64()))
                .help("raise timeout_s of the stage or --timeout, or find out what it waits for"),
        )
    }
}

impl Observer for Listener<'_> {
    /// What is printed by who should not print is a detail; the line of the command itself is none of the job's.
    fn log(&self, message: &str) {
        if !message.starts_with("$ ") && !message.starts_with("[!] ") {
            (self.hear)(Said::Message(4, message.to_owned()));
        }
    }

    fn progress(&self, _fraction: f64) {}

    fn cancelled(&self) -> bool {
        self.catch_up();
        (self.is_stopping)() || self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }
}
