//! What a sync mode did to the subtitles of a source.

use crate::json_kind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The subtitles of one source, track by track.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct SyncReport {
    /// The source.
    pub source: String,
    /// Sync mode: the name of its stage within the plugin.
    pub mode: String,
    /// Its subtitle tracks.
    pub tracks: Vec<SyncedTrack>,
}
json_kind!(SyncReport, "sync-report/1");

/// One subtitle track.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct SyncedTrack {
    /// Id in mkvmerge.
    pub id: u64,
    /// Whether the mode wrote its timestamps; otherwise mkvmerge shifts the track as a whole.
    pub is_retimed: bool,
    /// Why it did not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_alone: Option<String>,
    /// Events.
    pub events: usize,
    /// The delay of the source, global shift included (ms).
    pub delay_ms: f64,
    /// What was added to the start of the first event (ms).
    pub first_moved_ms: i64,
    /// What was added to the start of the last event (ms).
    pub last_moved_ms: i64,
    /// Timestamps that would lie before 0 and are 0.
    pub clamped: usize,
}
