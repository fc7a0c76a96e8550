//! Which tracks the output has, and where the bytes of each one are.

use super::TrackType;
use crate::json_kind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The tracks of the output in order, chosen from all sources.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Layout {
    /// Output tracks.
    pub tracks: Vec<LayoutTrack>,
    /// Attachments that are kept.
    pub attachments: Vec<LayoutAttachment>,
    /// Title of the output; empty for none.
    #[serde(default)]
    pub title: String,
    /// Whether the reference has chapters, which the output keeps.
    #[serde(default)]
    pub has_chapters: bool,
}
json_kind!(Layout, "layout/1");

impl Layout {
    /// Whether the output has audio of this source.
    #[must_use]
    pub fn has_audio_of(&self, source: &str) -> bool {
        self.tracks.iter().any(|track| track.source == source && track.kind == TrackType::Audio)
    }
}

/// One output track.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct LayoutTrack {
    /// Source it comes from.
    pub source: String,
    /// Id in mkvmerge.
    pub id: u64,
    /// Type.
    #[serde(rename = "type")]
    pub kind: TrackType,
    /// Codec id in Matroska.
    pub codec_id: String,
    /// Language in the source.
    pub language: String,
    /// Another language for the output.
    #[serde(default)]
    pub custom_language: Option<String>,
    /// Name in the source; empty if none.
    pub name: String,
    /// Another name for the output.
    #[serde(default)]
    pub custom_name: Option<String>,
    /// Whether players choose it by themselves.
    pub default: bool,
    /// Whether it is shown even if subtitles are off.
    pub forced: bool,
}

/// One attachment of the output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LayoutAttachment {
    /// Source it comes from.
    pub source: String,
    /// Id in mkvmerge.
    pub id: u64,
    /// Name.
    pub file_name: String,
}

/// The tracks of one source that go into the output.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Tracks {
    /// The source.
    pub source: String,
    /// Its file.
    pub path: PathBuf,
    /// Its tracks.
    pub tracks: Vec<Track>,
}
json_kind!(Tracks, "tracks/1");

/// One track on its way to the output.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Track {
    /// Id in mkvmerge.
    pub id: u64,
    /// Type.
    #[serde(rename = "type")]
    pub kind: TrackType,
    /// Codec id in Matroska.
    pub codec_id: String,
    /// Where its bytes are.
    pub data: TrackData,
    /// Start in its container (ms); of audio of the reference relative to the video.
    pub container_delay_ms: i64,
    /// What mkvmerge adds to the timestamps that ffmpeg reads when it copies this track out of its container (ms). Not 0 where
    /// the two see a container differently: the encoder delay in MP4, the first timestamp of a transport stream.
    #[serde(default)]
    pub mux_offset_ms: f64,
    /// Display aspect ratio of a video track.
    #[serde(default)]
    pub aspect_ratio: Option<String>,
    /// Whether stepping correction moved its timestamps already; then no delay is added any more.
    #[serde(default)]
    pub stepping_adjusted: bool,
    /// Whether a frame-locked sync mode moved its timestamps already; then no delay is added any more.
    #[serde(default)]
    pub frame_adjusted: bool,
}

/// Where the bytes of a track are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TrackData {
    /// In the source file, untouched: mkvmerge reads it there, with its own timestamps.
    Passthrough,
    /// In a file of its own that starts at its first sample.
    File(PathBuf),
}
