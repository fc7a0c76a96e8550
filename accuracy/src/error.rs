//! What can go wrong beside wrong answers.

use std::path::{Path, PathBuf};

/// Result of everything in this crate that touches files or programs.
pub type Result<T> = std::result::Result<T, Error>;

/// Causes of failure.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Media could not be made or measured.
    #[error("making {what}: {source}")]
    Media {
        /// Which file.
        what: String,
        /// Why.
        source: vsg_sample_media::Error,
    },
    /// A program could not be started, or failed.
    #[error("{program}: {reason}")]
    Program {
        /// The program.
        program: String,
        /// Why.
        reason: String,
    },
    /// A file or folder could not be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A case was asked for that does not exist.
    #[error("there is no case `{0}`; names are those of the table with a number, such as related/17")]
    NoSuchCase(String),
}

impl Error {
    pub(crate) fn io(path: &Path, source: std::io::Error) -> Self {
        Self::Io { path: path.to_owned(), source }
    }
}
