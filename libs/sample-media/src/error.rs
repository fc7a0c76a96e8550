//! What can go wrong while sample media is made.

use std::path::{Path, PathBuf};

/// Beginning of the names of temporary folders.
pub(crate) const DRAFT: &str = ".sample-";

/// Result of everything in this crate that runs a tool or touches a file.
pub type Result<T> = std::result::Result<T, Error>;

/// Causes of failure. No file is left behind under its final name when one of these is returned.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The program could not be started because it is not there.
    #[error(
        "{doing}: `{program}` was not found; install {package} and make sure it is on the PATH \
         (check with `{program} {version_flag}`)"
    )]
    ToolMissing {
        /// What was being done.
        doing: String,
        /// The program as it was called.
        program: String,
        /// The package that usually has it.
        package: &'static str,
        /// Flag that prints its version.
        version_flag: &'static str,
    },
    /// The program ran and reported failure.
    #[error("{doing}: {program} failed ({status}); its last words were:\n{tail}")]
    ToolFailed {
        /// What was being done.
        doing: String,
        /// The program as it was called.
        program: String,
        /// How it ended.
        status: String,
        /// End of what it printed.
        tail: String,
    },
    /// No room for the output.
    #[error("{doing}: the disk that holds {} is full; free some space or choose another folder", folder.display())]
    DiskFull {
        /// What was being done.
        doing: String,
        /// Where the output goes.
        folder: PathBuf,
    },
    /// A file or folder could not be read or written.
    #[error("{doing}: {}: {source}", path.display())]
    Io {
        /// What was being done.
        doing: String,
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The description asks for something that the container or the codec cannot hold.
    #[error("cannot write {}: {what}", path.display())]
    Unsupported {
        /// The file that was asked for.
        path: PathBuf,
        /// What cannot be had, and what can.
        what: String,
    },
    /// The decoded audio does not contain the audio that the description says it has.
    #[error(
        "measuring {}, audio track {track}: its sound is not that of the given release (best match {best_match:.2} of 1); \
         it was made by another version or with other settings, so generate it again",
        path.display()
    )]
    Unrelated {
        /// The file.
        path: PathBuf,
        /// Which of its audio tracks, from 0.
        track: usize,
        /// Highest normalised correlation that was found.
        best_match: f64,
    },
    /// A file that is not ours has the name of one that would be written.
    #[error(
        "{} is already there and was not made by this generator; choose another folder, or move the file away",
        path.display()
    )]
    Occupied {
        /// The file.
        path: PathBuf,
    },
    /// The progress callback asked to stop.
    #[error("stopped on request")]
    Cancelled,
}

impl Error {
    /// An I/O failure in words; a full disk gets its own variant.
    pub(crate) fn io(doing: impl Into<String>, path: &Path, source: std::io::Error) -> Self {
        if source.kind() == std::io::ErrorKind::StorageFull {
            return Self::disk_full(doing, path);
        }
        Self::Io { doing: doing.into(), path: path.to_owned(), source }
    }

    /// Names the folder that the caller knows, not the temporary one inside it.
    pub(crate) fn disk_full(doing: impl Into<String>, path: &Path) -> Self {
        let is_draft =
            |path: &Path| path.components().any(|part| part.as_os_str().to_string_lossy().starts_with(DRAFT));
        let folder = path.ancestors().find(|path| path.is_dir() && !is_draft(path)).unwrap_or(path);
        Self::DiskFull { doing: doing.into(), folder: folder.to_owned() }
    }
}
