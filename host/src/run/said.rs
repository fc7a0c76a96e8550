//! What a stage says while it runs, beside its outputs.

use serde::{Deserialize, Serialize};
use vsg_plugin_api::{ToolUse, report::Entry};

/// One thing that a stage says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Said {
    /// A message, with its level (1 error … 5 trace).
    Message(u8, String),
    /// How much of the work is done (0..=1).
    Progress(f64),
    /// An addition to the report.
    Report(Entry),
    /// It asked for the files of the job, which are no part of its recipe.
    AskedForJob,
    /// A tool has ended.
    ToolUsed(ToolUse),
}
