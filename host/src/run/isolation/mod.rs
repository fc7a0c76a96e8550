//! Runs a stage in a process of its own, so that a crash, an endless loop or too much memory is a failure of this stage and
//! not the end of the run.
//!
//! There is no second protocol. The values of a stage are descriptions and mapped files, as in the store: the host writes the
//! [`Request`] into a folder of the run, the child maps the bulk data that it names, runs the stage, and leaves its
//! [`Reply`] there. What the stage says meanwhile goes into a file that only grows, a line for each thing said.

mod child;
mod parent;

pub use child::serve;
pub(super) use parent::{Task, run};

use super::{meter::Usage, said::Said};
use crate::store::Stored;
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};
use vsg_plugin_api::{Error, Job};

/// Names within the folder of one isolated run.
const REQUEST: &str = "request.json";
const REPLY: &str = "reply.json";
const SAID: &str = "said.jsonl";

/// Exit code of a child that could not do its part, whatever the stage did.
pub const UNSERVED: u8 = 74;

/// How stages are kept apart.
#[derive(Debug, Clone)]
pub struct Isolation {
    /// This program, which is run again for each of them.
    pub program: PathBuf,
    /// Whether all stages are, not only those that ask for it.
    pub all: bool,
    /// Limits of stages that name none of their own.
    pub limits: Limits,
}

/// What one run of a stage may use.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Limits {
    /// Wall time.
    pub time: Option<Duration>,
    /// Memory of its process that is not mapped from files (bytes).
    pub memory_bytes: Option<u64>,
}

impl Limits {
    /// These, and where one is missing that of `other`.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self { time: self.time.or(other.time), memory_bytes: self.memory_bytes.or(other.memory_bytes) }
    }

    /// Whether there is any.
    #[must_use]
    pub fn is_any(self) -> bool {
        self != Self::default()
    }
}

/// What the child is to do.
#[derive(Debug, Serialize, Deserialize)]
struct Request {
    /// The plugin's library.
    library: PathBuf,
    /// Its hash: another one would give values that are kept under the name of this one.
    hash: String,
    /// Id of the stage.
    stage: String,
    parameters: serde_json::Value,
    inputs: Vec<(String, Vec<Stored>)>,
    job: Job,
    threads: usize,
    memory_limit_bytes: Option<u64>,
}

/// What came of it.
#[derive(Debug, Serialize, Deserialize)]
struct Reply {
    outcome: Result<BTreeMap<String, Stored>, Error>,
    usage: Usage,
}

/// Writes a file that is there only when it is complete.
fn write_whole(folder: &Path, name: &str, content: &impl Serialize) -> std::io::Result<()> {
    let unfinished = folder.join(format!("{name}.unfinished"));
    std::fs::write(&unfinished, serde_json::to_vec(content)?)?;
    std::fs::rename(unfinished, folder.join(name))
}

fn too_much_memory(limit_bytes: u64) -> Error {
    Error::new(format!("it was stopped because it needed more memory than its limit of {} MB", limit_bytes / 1_000_000))
        .help("raise memory_limit_mb of the stage or --memory-limit, or make the stage's work smaller")
}

/// A line of what was said.
fn said_line(said: &Said) -> Option<Vec<u8>> {
    let mut line = serde_json::to_vec(said).ok()?;
    line.push(b'\n');
    Some(line)
}
