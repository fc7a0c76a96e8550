//! What `mkvmerge -J` and ffprobe say about a media file, typed.
//!
//! This crate reads answers; it runs nothing. [`Media`] is mkvmerge's answer, [`Probe`] ffprobe's, and the
//! functions beside them say what follows from both: container delays, which audio track to analyse, which
//! stream belongs to which track, what to call a track and its file.
//!
//! ```
//! use vsg_matroska_info::{Media, TrackKind, choose_audio, container_delay_ms};
//!
//! let answer = br#"{"tracks": [
//!     {"id": 0, "type": "video", "properties": {"minimum_timestamp": 80000000}},
//!     {"id": 1, "type": "audio", "properties": {"language": "ger"}}]}"#;
//! let media = Media::from_json(answer)?;
//! assert_eq!(media.tracks[0].kind, TrackKind::Video);
//! assert_eq!(container_delay_ms(&media.tracks[0]), 80);
//! assert_eq!(choose_audio(&media.tracks, Some("de")).map(|choice| choice.track_id), Some(1));
//! # Ok::<(), vsg_matroska_info::Error>(())
//! ```

mod choice;
mod container_delay;
mod description;
mod error;
mod extension;
mod language;
mod lenient;
mod media;
mod media_json;
mod pairing;
mod pcm;
mod probe;
mod rational;
mod track;

pub use choice::{AudioChoice, Matched, choose_audio};
pub use container_delay::{container_delay_log, container_delay_ms, container_delays_ms, relative_delays_ms};
pub use description::describe;
pub use error::Error;
pub use extension::{extension, reference_extension};
pub use language::{is_same_language, normalise_language};
pub use media::{Attachment, Container, Media};
pub use pairing::{audio_position, stream_of};
pub use pcm::{pcm_codec, pcm_detail};
pub use probe::{Disposition, Format, Probe, Stream};
pub use rational::Rational;
pub use track::{Flags, Size, Track, TrackKind};

/// Result with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;
