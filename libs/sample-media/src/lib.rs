//! Generates releases of the same video with a known shift, for the demo, tests and benchmarks.
//!
//! A [`Programme`] is an endless film made from a seed: music, effects, dialogue in any [`Language`], a picture with hard
//! cuts. A [`Release`] is a piece of it, mixed, shifted by [`Release::delay_ms`], encoded and put into a container.
//! A [`Treatment`] cuts a track's sound, changes its speed or gain. A [`Pair`] is two of them: it writes the files with a `truth.json` that says their delay; [`true_delay`] measures it for any two.
//!
//! The sign of every delay: milliseconds to *add* to the target's times so that it lines up with the reference. Positive
//! means that the target plays too early.
//!
//! ```no_run
//! # fn main() -> Result<(), vsg_sample_media::Error> {
//! use std::ops::ControlFlow;
//! use vsg_sample_media::{AudioTrack, Codec, Mix, Programme, Release, Tools};
//!
//! let release = Release {
//!     delay_ms: -81.25,
//!     audio: vec![AudioTrack::new(Mix::dub("ger", -12.0), Codec::Eac3)],
//!     ..Release::new(Programme::new(7), 30.0)
//! };
//! release.write("target.mkv".as_ref(), &Tools::default(), &|_| ControlFlow::Continue(()))?;
//! # Ok(())
//! # }
//! ```

mod align;
mod error;
mod oracle;
mod pair;
mod pcm;
mod presets;
mod progress;
mod release;
mod resample;
mod rng;
mod synth;
mod tape;
mod tools;
mod treatment;

pub use error::{Error, Result};
pub use oracle::{Offset, Truth, decoded_offset, true_delay};
pub use pair::{Pair, WrittenPair};
pub use pcm::Pcm;
pub use presets::{bench_pair, demo};
pub use progress::Progress;
pub use release::{
    Attachment, AudioTrack, Chapter, Codec, Container, FrameRate, Picture, Release, SubtitleFormat, SubtitleLines,
    SubtitleTrack, chapters_at_cuts,
};
pub use rng::Rng;
pub use synth::{Language, Layout, Line, Mix, Programme, RATE_HZ, Style};
pub use tools::Tools;
pub use treatment::{Splice, Treatment};

/// Version of everything that is generated; a file of another generation is made again.
pub const GENERATION: u32 = 1;
