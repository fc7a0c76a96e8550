//! Running ffmpeg, mkvmerge and the like: logging, progress, cancellation, errors.
//!
//! A [`Command`] runs one program to its end, in its own process group, with standard input closed and
//! standard error kept apart from standard output. Whoever starts it may hand in an [`Observer`], which
//! receives log lines and progress and is asked whether the work is still wanted.
//!
//! ```no_run
//! use vsg_tools::{Command, Tool};
//!
//! let answer = Command::tool(Tool::Mkvmerge)?.arg("-J").arg("film.mkv").output()?;
//! println!("{} bytes of JSON", answer.stdout.len());
//! # Ok::<(), vsg_tools::Error>(())
//! ```
//!
//! The lines that reach the log are those of the reference program (see [`runlog`]), except where that
//! program is wrong: exit code 1 of mkvtoolnix is success with warnings, and nothing a tool writes to
//! standard error can get into its data.

mod command;
pub mod doctor;
mod error;
mod exit;
mod follow;
mod install;
mod lines;
mod observer;
mod platform;
mod progress;
mod quote;
pub mod runlog;
mod search;
mod supervise;
mod tool;
mod transcript;
mod usage;
mod version;

pub use command::{Command, Finished, Output};
pub use error::Error;
pub use exit::{Exit, Verdict};
pub use install::PackageManager;
pub use lines::LineSplitter;
pub use observer::{Observer, Unobserved};
pub use quote::{command_line, quote};
pub use runlog::LogStyle;
pub use search::Search;
pub use tool::{Family, Tool};
pub use usage::{CpuTime, Usage};
pub use version::Version;

/// Variable of the environment that says what limit of memory a tool gets back (bytes, or `none`), in a process that has limited its
/// own for what it does itself.
pub const DATA_LIMIT: &str = "VSG_DATA_LIMIT";

/// Result with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;
