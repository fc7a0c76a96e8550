//! The kinds of values that the first-party plugins exchange, one file for each part of the job.
//!
//! Everything is named by source (`Source 1`, `Source 2`, …) and by the track id that mkvmerge uses. Times are in the unit
//! that the field's name ends in; a delay is what to ADD to a target's timestamps.

mod alignment;
pub(crate) mod audio;
mod correlation;
mod delays;
mod diagnosis;
mod media;
mod output;
pub mod reference;
mod sketch;
mod sync_report;
mod tracks;

pub use alignment::{AlignedPiece, Alignment};
pub use audio::{Audio, AudioFilter, AudioHeader};
pub use correlation::{Correlation, Window};
pub use delays::{
    Delay, Delays, DelaysHeader, Explanation, GlobalShift, Rejection, RunnerUp, SourceDelay, Verdict, Vote,
};
pub use diagnosis::{Cluster, Diagnosis, DiagnosisKind, Segment};
pub use media::{AttachmentInfo, Media, MediaTrack, REFERENCE, SourceFile, TrackFlags, TrackType};
pub use output::Output;
pub use sketch::{AudioSketch, AudioSketchHeader};
pub use sync_report::{SyncOutcome, SyncReport, SyncedTrack};
pub use tracks::{Layout, LayoutAttachment, LayoutTrack, Track, TrackData, Tracks};
