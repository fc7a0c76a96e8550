//! Generates releases of the same video with a known shift, for the demo, tests and benchmarks.
mod error;
mod pcm;
mod resample;
mod rng;
pub mod synth;
pub use error::{Error, Result};
pub use pcm::Pcm;
