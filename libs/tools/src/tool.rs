//! The tools that first-party plugins call, and what there is to know about each.

use std::fmt;

/// A tool or library that some plugin needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tool {
    /// Decodes, encodes and converts.
    Ffmpeg,
    /// Describes streams.
    Ffprobe,
    /// Describes and writes Matroska files.
    Mkvmerge,
    /// Takes tracks, chapters and attachments out of Matroska files.
    Mkvextract,
    /// Edits the headers of Matroska files in place.
    Mkvpropedit,
    /// Changes the speed of audio without changing its pitch.
    Rubberband,
    /// The ONNX Runtime shared library, which runs neural networks.
    OnnxRuntime,
}

/// Tools with the same conventions for exit codes and output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// Any exit code but 0 is a failure; complaints go to standard error; progress comes as `key=value` lines.
    Ffmpeg,
    /// Exit code 1 is success with warnings; complaints go to standard output; progress comes as `Progress: N%`.
    Mkvtoolnix,
    /// Any exit code but 0 is a failure.
    Other,
}

impl Tool {
    /// All tools, the indispensable ones first.
    pub const ALL: [Tool; 7] = [
        Tool::Ffmpeg,
        Tool::Ffprobe,
        Tool::Mkvmerge,
        Tool::Mkvextract,
        Tool::Mkvpropedit,
        Tool::Rubberband,
        Tool::OnnxRuntime,
    ];

    /// What it is called, and the name of its program without `.exe`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Tool::Ffmpeg => "ffmpeg",
            Tool::Ffprobe => "ffprobe",
            Tool::Mkvmerge => "mkvmerge",
            Tool::Mkvextract => "mkvextract",
            Tool::Mkvpropedit => "mkvpropedit",
            Tool::Rubberband => "rubberband",
            Tool::OnnxRuntime => "onnxruntime",
        }
    }

    /// The environment variable that overrides where it is, e.g. `VSG_FFMPEG`.
    #[must_use]
    pub fn variable(self) -> &'static str {
        match self {
            Tool::Ffmpeg => "VSG_FFMPEG",
            Tool::Ffprobe => "VSG_FFPROBE",
            Tool::Mkvmerge => "VSG_MKVMERGE",
            Tool::Mkvextract => "VSG_MKVEXTRACT",
            Tool::Mkvpropedit => "VSG_MKVPROPEDIT",
            Tool::Rubberband => "VSG_RUBBERBAND",
            Tool::OnnxRuntime => "VSG_ONNXRUNTIME",
        }
    }

    /// Its conventions.
    #[must_use]
    pub fn family(self) -> Family {
        match self {
            Tool::Ffmpeg | Tool::Ffprobe => Family::Ffmpeg,
            Tool::Mkvmerge | Tool::Mkvextract | Tool::Mkvpropedit => Family::Mkvtoolnix,
            Tool::Rubberband | Tool::OnnxRuntime => Family::Other,
        }
    }

    /// Whether it is a shared library, which is loaded, rather than a program, which is run.
    #[must_use]
    pub fn is_library(self) -> bool {
        self == Tool::OnnxRuntime
    }

    /// Whether nothing useful can be done without it.
    #[must_use]
    pub fn is_required(self) -> bool {
        !matches!(self, Tool::Rubberband | Tool::OnnxRuntime)
    }

    /// The argument that makes it print its version; none for a library.
    #[must_use]
    pub fn version_argument(self) -> Option<&'static str> {
        match self {
            Tool::Ffmpeg | Tool::Ffprobe => Some("-version"),
            Tool::Mkvmerge | Tool::Mkvextract | Tool::Mkvpropedit | Tool::Rubberband => Some("--version"),
            Tool::OnnxRuntime => None,
        }
    }

    /// What cannot be done without it.
    #[must_use]
    pub fn lost_without(self) -> &'static str {
        match self {
            Tool::Ffmpeg => "audio cannot be decoded, so no delay can be measured and no audio corrected",
            Tool::Ffprobe => "frame rates, aspect ratios and stream details cannot be read",
            Tool::Mkvmerge => "sources cannot be opened and no output can be written",
            Tool::Mkvextract => "tracks, chapters and attachments cannot be taken out of sources",
            Tool::Mkvpropedit => "the headers of the finished file cannot be cleaned up",
            Tool::Rubberband => "drifting audio can only be corrected by resampling, which changes its pitch",
            Tool::OnnxRuntime => "voices and music cannot be separated before correlating",
        }
    }

    /// Where it can be downloaded.
    #[must_use]
    pub fn home_page(self) -> &'static str {
        match self {
            Tool::Ffmpeg | Tool::Ffprobe => "https://ffmpeg.org/download.html",
            Tool::Mkvmerge | Tool::Mkvextract | Tool::Mkvpropedit => "https://mkvtoolnix.download/downloads.html",
            Tool::Rubberband => "https://breakfastquay.com/rubberband/",
            Tool::OnnxRuntime => "https://github.com/microsoft/onnxruntime/releases",
        }
    }
}

impl fmt::Display for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
