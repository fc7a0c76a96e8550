//! What became of the subtitles of one target.

use crate::json_kind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a sync mode did with each subtitle track of a target.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct SyncReport {
    /// The target.
    pub source: String,
    /// Mode that was used: the name of its stage within the plugin, such as `time-based`.
    pub mode: String,
    /// Its subtitle tracks, in the order of the output.
    pub tracks: Vec<SyncedTrack>,
}
json_kind!(SyncReport, "sync-report/1");

/// One subtitle track.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct SyncedTrack {
    /// Id in mkvmerge.
    pub id: u64,
    /// Codec id in Matroska.
    pub codec_id: String,
    /// Who moves it.
    pub outcome: SyncOutcome,
    /// What the mode was given to add to all times (ms), global shift included.
    pub raw_delay_ms: f64,
    /// Events of the file, comments among them; 0 if nobody looked.
    pub events: usize,
    /// How far the timestamp in the middle moved, when all are sorted by that (ms).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset_ms: Option<i64>,
    /// Timestamps that would have been before 0 and are 0.
    pub clamped: usize,
    /// Why the track was left alone, and what is odd about its file.
    pub notes: Vec<String>,
}

/// Who moves a subtitle track.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SyncOutcome {
    /// The mode did: its file has other timestamps now.
    Moved,
    /// An earlier stage did.
    MovedBefore,
    /// The muxer will, by the delay of its source.
    #[default]
    LeftToMux,
}
