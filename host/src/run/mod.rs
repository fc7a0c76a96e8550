//! Runs a plan: stages in parallel as their inputs arrive, each behind the plugin boundary.

mod call;
mod events;
mod folder;
mod isolation;
mod job_log;
mod meter;
mod perform;
mod progress;
mod record;
mod said;
mod scheduler;
mod stage_host;
mod trace;
mod watch;

pub use events::{EVENTS_VERSION, Event, Events, Level, PlannedStage};
pub use folder::RunFolder;
pub use isolation::{Isolation, Limits, UNSERVED, serve as serve_isolated};
pub use job_log::JobLog;
pub use meter::{ToolRecord, Usage};
pub use progress::{Detail, Progress};
pub use record::{Finished, Outcome, StageFailure, StageOutcome, StageRecord};
pub use scheduler::Run;
pub use trace::{TRACE_SIGN, trace};
pub use watch::Watch;
