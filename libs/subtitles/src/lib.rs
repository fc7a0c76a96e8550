//! Subtitle files (ASS, SSA, SRT, WebVTT) of which only what is edited changes.
//!
//! A file is a list of physical lines, each with its own ending. What they mean is laid over them: an edit replaces the bytes of
//! its field and no others, and a file that is not edited is written as it was read, whatever it holds. A line that can not be
//! understood is kept, and told in [`Subtitles::warnings`].
//!
//! ```
//! use vsg_subtitles::{Format, Subtitles};
//! let mut subtitles = Subtitles::parse(b"1\r\n00:00:01,000 --> 00:00:02,500\r\nHi\r\n", Format::Srt)?;
//! subtitles.shift_ms(1500.7);
//! assert_eq!(subtitles.to_bytes(), b"1\r\n00:00:02,500 --> 00:00:04,000\r\nHi\r\n");
//! # Ok::<(), vsg_subtitles::Error>(())
//! ```
//!
//! Times are whole milliseconds. ASS and SSA keep hundredths of a second, half a hundredth rounds up.

mod ass;
mod blocks;
mod charset;
mod document;
mod error;
mod event;
mod format;
pub mod frame_boundary;
mod line;
mod stamp;

pub use document::Subtitles;
pub use error::Error;
pub use event::{Event, EventKind};
pub use format::Format;
