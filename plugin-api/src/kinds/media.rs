//! Source files and what is inside them.

use crate::json_kind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Name of the source that all others are aligned to.
pub const REFERENCE: &str = "Source 1";

/// One input file of the job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SourceFile {
    /// `Source 1` is the reference, the others are targets.
    pub source: String,
    /// Where the file is.
    pub path: PathBuf,
}
json_kind!(SourceFile, "file/1");

/// A media file as mkvmerge and ffprobe describe it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Media {
    /// `Source 1`, `Source 2`, …
    pub source: String,
    /// The file.
    pub path: PathBuf,
    /// Name of the container format.
    pub container: String,
    /// Title; empty if none.
    #[serde(default)]
    pub title: String,
    /// Length (s), if the container knows it.
    pub duration_s: Option<f64>,
    /// Tracks in the order of the file.
    pub tracks: Vec<MediaTrack>,
    /// Attached files.
    pub attachments: Vec<AttachmentInfo>,
    /// Number of chapter entries.
    pub chapters: u64,
}
json_kind!(Media, "media/1");

impl Media {
    /// Start of the first video track (ms, rounded half to even); 0 without video.
    #[must_use]
    pub fn video_delay_ms(&self) -> i64 {
        self.tracks.iter().find(|track| track.kind == TrackType::Video).map_or(0, |track| track.container_delay_ms)
    }

    /// Whether mkvmerge copies timestamps as they are, because the container is Matroska already.
    #[must_use]
    pub fn is_matroska(&self) -> bool {
        self.container == "Matroska"
    }

    /// The track with this id.
    #[must_use]
    pub fn track(&self, id: u64) -> Option<&MediaTrack> {
        self.tracks.iter().find(|track| track.id == id)
    }
}

/// One track of a media file.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct MediaTrack {
    /// Id in mkvmerge.
    pub id: u64,
    /// Video, audio, subtitles or something that is not muxed.
    #[serde(rename = "type")]
    pub kind: TrackType,
    /// Position among the tracks of the same type, from 0; ffmpeg's `0:a:N`.
    pub type_index: usize,
    /// Codec id in Matroska, such as `A_AC3`.
    pub codec_id: String,
    /// Name of the codec for people.
    pub codec: String,
    /// ISO 639-2 code, `und` if unknown.
    pub language: String,
    /// BCP 47 tag, if the file has one.
    pub language_ietf: Option<String>,
    /// Track name; empty if none.
    pub name: String,
    /// Flags of the track.
    pub flags: TrackFlags,
    /// Earliest timestamp (ms, rounded half to even) of an audio or video track; 0 for others.
    pub container_delay_ms: i64,
    /// First timestamp as ffmpeg reads the container (ms); 0 if unknown.
    #[serde(default)]
    pub start_ms: f64,
    /// Length (s), if the file tells.
    pub duration_s: Option<f64>,
    /// Channels of an audio track.
    pub channels: Option<u64>,
    /// Sample rate of an audio track (Hz).
    pub sample_rate_hz: Option<f64>,
    /// Display aspect ratio of a video track, such as `16:9`.
    pub aspect_ratio: Option<String>,
    /// Frame rate of a video track (Hz).
    pub frame_rate_hz: Option<f64>,
}

/// Flags of a track.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct TrackFlags {
    /// Played unless the user chooses otherwise.
    pub default: bool,
    /// Shown even if subtitles are off.
    pub forced: bool,
}

/// Type of a track.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TrackType {
    /// Pictures.
    Video,
    /// Sound.
    Audio,
    /// Text or bitmaps over the picture.
    Subtitles,
    /// Buttons and what else there is; not muxed.
    #[default]
    #[serde(other)]
    Other,
}

impl std::fmt::Display for TrackType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Video => "video",
            Self::Audio => "audio",
            Self::Subtitles => "subtitles",
            Self::Other => "other",
        })
    }
}

/// A file attached to a container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AttachmentInfo {
    /// Id in mkvmerge.
    pub id: u64,
    /// Name.
    pub file_name: String,
    /// MIME type.
    pub content_type: String,
    /// Length (bytes).
    pub size: u64,
}
