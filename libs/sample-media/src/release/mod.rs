//! A release: which piece of a programme a file holds, how it is mixed and encoded, and what else is in the file.

mod audio;
mod chapters;
mod mux;
mod picture;
mod subtitles;
mod write;

pub use audio::{AudioTrack, Codec};
pub use chapters::{Chapter, chapters_at_cuts};
pub use picture::{FrameRate, Picture};
pub use subtitles::{SubtitleFormat, SubtitleLines, SubtitleTrack};

use serde::Serialize;

use crate::Programme;

/// What is to be written. Build one from [`Release::new`] with the struct update syntax.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Release {
    /// The film.
    pub programme: Programme,
    /// Length of the file (s).
    pub duration_s: f64,
    /// Milliseconds to *add* to this file's times to line up with a release of delay 0; fractions are exact. Positive:
    /// this file plays too early, what happens at `t` in the film happens at `t - delay_ms` in it.
    pub delay_ms: f64,
    /// Kind of file, and who writes it.
    pub container: Container,
    /// Title of the file.
    pub title: Option<String>,
    /// The picture, if there is one.
    pub picture: Option<Picture>,
    /// Audio tracks in file order.
    pub audio: Vec<AudioTrack>,
    /// Subtitle tracks in file order.
    pub subtitles: Vec<SubtitleTrack>,
    /// Chapters, in programme time.
    pub chapters: Vec<Chapter>,
    /// Attached files; Matroska only.
    pub attachments: Vec<Attachment>,
}

/// An attached file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Attachment {
    /// File name.
    pub name: String,
    /// Media type.
    pub mime: String,
    /// Content.
    pub content: String,
}

/// Kind of file, and who writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Container {
    /// Matroska by mkvmerge, from elementary streams.
    Matroska,
    /// Matroska by ffmpeg.
    MatroskaByFfmpeg,
    /// MP4 by ffmpeg.
    Mp4,
}

impl Release {
    /// A Matroska file of this piece, with delay 0 and nothing in it yet.
    pub fn new(programme: Programme, duration_s: f64) -> Self {
        Self {
            programme,
            duration_s,
            delay_ms: 0.0,
            container: Container::Matroska,
            title: None,
            picture: None,
            audio: Vec::new(),
            subtitles: Vec::new(),
            chapters: Vec::new(),
            attachments: Vec::new(),
        }
    }

    /// Time in this file (s) of a moment of the programme (s).
    pub fn time_in_file_s(&self, programme_s: f64) -> f64 {
        programme_s - self.delay_ms / 1000.0
    }
}
