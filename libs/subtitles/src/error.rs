//! What can go wrong with a subtitle file.

use std::{io, path::PathBuf};

/// Why a file is no subtitles.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The system can not read the file.
    #[error("can not read the subtitles `{}`: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The name does not end as that of a text format does.
    #[error("`{}` is not named like subtitles of text; known are .ass, .ssa, .srt and .vtt", path.display())]
    UnknownFormat {
        /// The file.
        path: PathBuf,
    },
    /// A byte order mark says UTF-16, and the rest does not keep to it.
    #[error("the subtitles begin as UTF-16 does, but are damaged: {reason}; convert them to UTF-8")]
    DamagedUtf16 {
        /// What is wrong.
        reason: &'static str,
    },
}
