//! What a run did: its stages, what they said, what failed, and how it went as a whole.

use super::meter::{ToolRecord, Usage};
use crate::store::{Effort, PastInstance};
use serde::Serialize;
use std::collections::BTreeMap;
use vsg_plugin_api::{Error, Value, report::Entry};

/// What a run did.
#[derive(Debug, Default)]
pub struct Finished {
    /// Instances that ran, in the order of the plan.
    pub stages: Vec<StageRecord>,
    /// Names of the instances that did not run, in the order of the plan.
    pub not_run: Vec<String>,
    /// What stages added to the report, in the order of the plan.
    pub entries: Vec<Entry>,
    /// Why the run failed; the first one counts, others may have followed before everything stopped.
    pub failures: Vec<StageFailure>,
    /// What the outputs of instances were made of, by name.
    pub made: BTreeMap<String, PastInstance>,
    /// Outputs of each instance of the plan, by port; none of one that did not come to a good end.
    pub outputs: Vec<Option<BTreeMap<String, Value>>>,
    /// Whether the user asked to stop.
    pub cancelled: bool,
}

/// How a run went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Everything ran.
    Done,
    /// The user stopped it.
    Cancelled,
    /// It did not, and this is why.
    Failed {
        /// The first failure.
        error: String,
        /// What to do about it.
        help: Option<String>,
    },
}

impl Finished {
    /// How it went. Who asks to stop when everything is done comes too late.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        let undone = self.outputs.iter().filter(|outputs| outputs.is_none()).count();
        match self.failures.as_slice() {
            _ if undone == 0 => Outcome::Done,
            _ if self.cancelled => Outcome::Cancelled,
            [] => Outcome::Failed { error: format!("{undone} stage(s) did not run"), help: None },
            [failure] => Outcome::Failed {
                error: format!("{}: {}", failure.instance, failure.error),
                help: failure.error.help_text().map(str::to_owned),
            },
            [failure, others @ ..] => {
                let names: Vec<&str> = others.iter().map(|failure| failure.instance.as_str()).collect();
                Outcome::Failed {
                    error: format!("{}: {} (also failed: {})", failure.instance, failure.error, names.join(", ")),
                    help: failure.error.help_text().map(str::to_owned),
                }
            }
        }
    }
}

/// One instance that ran.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StageRecord {
    /// Name, `correlate@Source 2`.
    pub instance: String,
    /// Implementation.
    #[serde(rename = "use")]
    pub uses: String,
    /// How it ended.
    pub outcome: StageOutcome,
    /// When it started, from the start of the run (s).
    pub start_s: f64,
    /// Wall time (s).
    pub seconds: f64,
    /// What it cost.
    #[serde(flatten)]
    pub usage: Usage,
    /// Whether its outputs came from an earlier run.
    pub from_store: bool,
    /// What that earlier run took, if it was noted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub earlier: Option<Effort>,
    /// Whether it ran in a process of its own.
    pub isolated: bool,
    /// Tools that it ran, in the order of their ends.
    pub tools: Vec<ToolRecord>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// How an instance ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StageOutcome {
    /// It ran.
    Done,
    /// Its outputs came from an earlier run.
    FromStore,
    /// It failed.
    Failed,
    /// The run was stopped meanwhile.
    Cancelled,
}

impl StageOutcome {
    /// The sign of it on a terminal.
    #[must_use]
    pub fn mark(self) -> &'static str {
        match self {
            Self::Done => "✓",
            Self::FromStore => "↺",
            Self::Failed => "✗",
            Self::Cancelled => "–",
        }
    }
}

/// One instance that failed.
#[derive(Debug, Clone)]
pub struct StageFailure {
    /// Name of the instance.
    pub instance: String,
    /// What went wrong.
    pub error: Error,
}
