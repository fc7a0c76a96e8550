//! A file, as mkvmerge describes it.

use serde::{Deserialize, Serialize};

use crate::{Track, TrackKind};

/// Everything that `mkvmerge -J` says about a file, as far as it is of use.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Media {
    /// The file, as it was named on the command line.
    pub file_name: Option<String>,
    /// What the tracks are packed in.
    pub container: Container,
    /// The tracks, in the file's order.
    pub tracks: Vec<Track>,
    /// Files that travel along, such as fonts.
    pub attachments: Vec<Attachment>,
    /// Number of chapters, over all editions.
    pub chapters: u64,
    /// Number of tags that are about the whole file.
    pub global_tags: u64,
    /// What mkvmerge warned about.
    pub warnings: Vec<String>,
}

/// What the tracks are packed in.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Container {
    /// Its kind in words, e.g. `Matroska`.
    pub kind: Option<String>,
    /// Playing time (ns).
    pub duration_ns: Option<u64>,
    /// Title of the film.
    pub title: Option<String>,
    /// Unit of timestamps (ns); Matroska's usual one is 1,000,000.
    pub timestamp_scale_ns: Option<u64>,
    /// Library that wrote the file.
    pub muxing_application: Option<String>,
    /// Program that wrote the file.
    pub writing_application: Option<String>,
}

/// A file that travels along.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Attachment {
    /// mkvextract's number of it, from 1.
    pub id: u64,
    /// Its name.
    pub file_name: String,
    /// MIME type.
    pub content_type: String,
    /// What its maker says about it.
    pub description: String,
    /// Length (bytes).
    pub size: u64,
    /// Number that identifies it in the file.
    pub uid: Option<u64>,
}

impl Media {
    /// The tracks of one kind, in the file's order.
    pub fn of_kind(&self, kind: TrackKind) -> impl Iterator<Item = &Track> {
        self.tracks.iter().filter(move |track| track.kind == kind)
    }

    /// The track with this number.
    #[must_use]
    pub fn track(&self, id: u64) -> Option<&Track> {
        self.tracks.iter().find(|track| track.id == id)
    }
}
