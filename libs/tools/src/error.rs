//! What can go wrong when a tool is run, named by cause.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use crate::Exit;

/// A command that did not do its work. Every message can be shown to a user as it is.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The program is not installed, or not where it is looked for.
    #[error("cannot run {tool}: {looked}. {hint}")]
    NotFound {
        /// What the tool is called, and what it was doing if the caller told.
        tool: String,
        /// Where it was looked for and not found.
        looked: String,
        /// How to get it.
        hint: String,
    },

    /// There is a file of that name, and it cannot be run.
    #[error(
        "cannot run {tool}: '{}' is not a program that may be run. Check its permissions (chmod +x), or reinstall it",
        path.display()
    )]
    NotExecutable {
        /// What the tool is called, and what it was doing if the caller told.
        tool: String,
        /// The file.
        path: PathBuf,
    },

    /// The tool ran and said no.
    #[error("{tool} {exit}{}", told(tail))]
    Failed {
        /// What the tool is called, and what it was doing if the caller told.
        tool: String,
        /// How it ended.
        exit: Exit,
        /// The last lines of what it wrote, separated by newlines; may be empty.
        tail: String,
    },

    /// The observer asked for the end.
    #[error("{tool} was stopped because the job was cancelled")]
    Cancelled {
        /// What the tool is called, and what it was doing if the caller told.
        tool: String,
    },

    /// Nothing was heard from the tool for too long.
    #[error(
        "{tool} was stopped: it gave no sign of life for {} s. The file may be damaged or its drive may not answer; \
         check both, or allow more time",
        idle.as_secs_f64()
    )]
    Hung {
        /// What the tool is called, and what it was doing if the caller told.
        tool: String,
        /// How long it was waited for.
        idle: Duration,
    },

    /// The disk is full.
    #[error("the disk is full: {tool} could not {doing} ({detail}). Free some space and run the job again")]
    StorageFull {
        /// What the tool is called, and what it was doing if the caller told.
        tool: String,
        /// What was being done, e.g. `write its output`.
        doing: String,
        /// The line or system error that said so.
        detail: String,
    },

    /// The tool wrote more than could be useful.
    #[error(
        "{tool} was stopped: it wrote more than {limit} bytes where an answer was expected. \
         The file is probably not what it seems; check it with the tool by hand"
    )]
    OutputTooLarge {
        /// What the tool is called, and what it was doing if the caller told.
        tool: String,
        /// The limit that was passed (bytes).
        limit: usize,
    },

    /// The system refused something.
    #[error("could not {doing} while running {tool}: {source}")]
    Io {
        /// What the tool is called, and what it was doing if the caller told.
        tool: String,
        /// What was being done, e.g. `start the program`.
        doing: String,
        /// What the system said.
        source: io::Error,
    },
}

impl Error {
    /// The name of the tool this is about, and what it was doing if the caller told.
    #[must_use]
    pub fn tool(&self) -> &str {
        match self {
            Error::NotFound { tool, .. }
            | Error::NotExecutable { tool, .. }
            | Error::Failed { tool, .. }
            | Error::Cancelled { tool }
            | Error::Hung { tool, .. }
            | Error::StorageFull { tool, .. }
            | Error::OutputTooLarge { tool, .. }
            | Error::Io { tool, .. } => tool,
        }
    }

    /// Whether the end was asked for rather than suffered.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        matches!(self, Error::Cancelled { .. })
    }

    /// The error for a system call that failed; a full disk gets its own variant.
    #[must_use]
    pub fn from_io(tool: &str, doing: &str, source: io::Error) -> Error {
        let (tool, doing) = (tool.to_owned(), doing.to_owned());
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Error::StorageFull { tool, doing, detail: source.to_string() }
            }
            _ => Error::Io { tool, doing, source },
        }
    }
}

fn told(tail: &str) -> String {
    if tail.is_empty() { " and did not say why".to_owned() } else { format!(". It said:\n{tail}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_recognised_among_system_errors() {
        let full = Error::from_io("ffmpeg", "write its output", io::ErrorKind::StorageFull.into());
        assert!(matches!(full, Error::StorageFull { .. }));
        let other = Error::from_io("ffmpeg", "start the program", io::ErrorKind::Interrupted.into());
        assert!(matches!(other, Error::Io { .. }));
    }

    #[test]
    fn a_failure_tells_what_the_tool_said() {
        let error = Error::Failed { tool: "ffmpeg".into(), exit: Exit::Code(1), tail: "moov atom not found".into() };
        assert_eq!(error.to_string(), "ffmpeg ended with exit code 1. It said:\nmoov atom not found");
    }
}
