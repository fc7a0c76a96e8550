//! Everything that the author of a vsg-host plugin needs, and nothing else.
//!
//! A plugin is a Rust `cdylib` that depends on this crate; on `serde` for kinds of its own, and on `tracing` for events of its
//! own, if it has any. It implements one of a few small traits and lists the
//! implementations in one [`export!`] line:
//!
//! * [`CorrelationMethod`]: measures the shift between two pieces of audio; window plan, threads, acceptance and log are done for it;
//! * [`SyncMode`]: moves the events of a subtitle file; the loop over tracks, files and flags are done for it;
//! * [`Corrector`]: corrects audio that one delay can not put in sync; the loop over tracks and their files are done for it;
//! * [`Stage`]: everything else, with named and typed ports.
//!
//! ```
//! use vsg_plugin_api::prelude::*;
//!
//! params! {
//!     /// Adds a constant to a measured delay.
//!     pub struct Nudge {
//!         /// Extra shift, added to the measured delay (ms).
//!         #[schemars(range(min = -60000.0, max = 60000.0))]
//!         extra_ms: f64 = 0.0,
//!     }
//! }
//!
//! impl Stage for Nudge {
//!     const ID: &'static str = "nudge";
//!
//!     fn signature() -> Signature {
//!         Signature::new("Adds a constant to a measured delay.")
//!             .input::<Delay>("delay", "the measured delay")
//!             .output::<Delay>("delay", "the delay with the constant added")
//!     }
//!
//!     fn run(&self, inputs: &Inputs, _ctx: &Ctx<'_>) -> Result<Outputs> {
//!         let mut delay: Delay = inputs.one("delay")?;
//!         delay.raw_ms += self.extra_ms;
//!         delay.rounded_ms = delay.raw_ms.round_ties_even() as i64;
//!         Outputs::new().with("delay", delay)
//!     }
//! }
//! # fn main() {}
//! ```
//!
//! Sign convention, everywhere: a delay is in milliseconds to ADD to a target's timestamps so that it lines up with the
//! reference; positive means that the target plays too early.

extern crate self as vsg_plugin_api;

pub mod abi;
pub mod adapters;
mod bridge;
mod ctx;
mod error;
mod example;
#[doc(hidden)]
pub mod export;
pub mod kinds;
mod params;
mod ports;
pub mod report;
mod signature;
mod stage;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod value;

pub use abi::Blob;
pub use adapters::{
    AudioTrack, Correction, Corrector, CorrelationMethod, Measured, Peak, SyncMode, Timing, WindowPair, WindowTrain,
};
pub use ctx::{BlobWriter, Ctx, Job, ToolUse};
pub use error::{Error, Result};
pub use example::{Example, ExampleValue};
pub use params::Params;
pub use ports::{Inputs, Outputs};
pub use signature::{Arity, Port, Signature};
pub use stage::Stage;
pub use value::{Data, Value};
pub use vsg_dsp::Filter;
pub use vsg_subtitles as subtitles;
pub use vsg_subtitles::Subtitles;
pub use vsg_tools::{Command, Error as ToolError, Tool};

/// What nearly every plugin uses.
pub mod prelude {
    pub use crate::{
        AudioTrack, Blob, Correction, Corrector, CorrelationMethod, Ctx, Data, Error, Example, Inputs, Job, Measured,
        Outputs, Params, Peak, Result, Signature, Stage, Subtitles, SyncMode, Timing, Tool, Value, WindowPair,
        WindowTrain, choice, export, json_kind, kinds::*, params,
    };
}

/// Crates that the macros of this one name, so that a plugin need not depend on them itself.
#[doc(hidden)]
pub mod __private {
    pub use {schemars, serde, serde_json};
}
