//! Runs a plan: stages in parallel as their inputs arrive, each behind the plugin boundary.

mod folder;
mod job_log;
mod progress;
mod scheduler;
mod stage_host;

pub use folder::RunFolder;
pub use job_log::JobLog;
pub use progress::{Detail, Progress};
pub use scheduler::{Finished, Outcome, Run, StageFailure, StageRecord};
