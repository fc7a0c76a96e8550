//! What can be wrong with an answer of mkvmerge or ffprobe, named by cause.

/// An answer that cannot be used. Every message can be shown to a user as it is.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The answer is not JSON at all, or was cut off.
    #[error("could not read what {tool} says about the file: its answer is no JSON ({source}). Run it by hand to see")]
    NotJson {
        /// Who answered.
        tool: &'static str,
        /// Where the text stops making sense.
        source: serde_json::Error,
    },

    /// It is JSON, and not of the expected shape.
    #[error(
        "could not read what {tool} says about the file: {what}. \
         Its version may be too old or too new; `vsg-host doctor` shows it"
    )]
    WrongShape {
        /// Who answered.
        tool: &'static str,
        /// What is missing or odd, e.g. `tracks[2] has no id`.
        what: String,
    },

    /// mkvmerge could not open or read the file.
    #[error("mkvmerge could not read the file: {said}")]
    Refused {
        /// What it said.
        said: String,
    },

    /// mkvmerge does not know what the file is.
    #[error("'{file}' is not a media file that mkvmerge knows. Check that it is complete and not empty")]
    NotRecognised {
        /// The file, as mkvmerge calls it.
        file: String,
    },

    /// mkvmerge knows what the file is and cannot read it.
    #[error("'{file}' is a {container} file, which mkvmerge cannot read. Convert it to Matroska first")]
    UnsupportedContainer {
        /// The file, as mkvmerge calls it.
        file: String,
        /// What it is.
        container: String,
    },
}
