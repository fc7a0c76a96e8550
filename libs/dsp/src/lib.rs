//! Signal processing for delay measurement: correlation, confidence, filters, window plan.
//!
//! Plain functions over slices of samples; nothing here knows files, stages or the host. Conventions that hold for the
//! whole crate:
//!
//! - audio is mono `f32`, full scale ±1;
//! - a lag or delay is the time of an event in the *reference* minus the time of the same event in the *target*, so it is
//!   what must be ADDED to the target's timestamps: positive = the target plays too early;
//! - rounding to whole samples is to nearest, ties to even;
//! - the loops that cost most are compiled once more for processors with wide vector instructions (`multiversion`). They do the same
//!   operations in the same order, so results do not depend on the processor.

pub mod alignment;
pub mod band_pass;
mod coarse_peak;
pub mod confidence;
pub mod cuts;
mod damage;
mod decimate;
mod dot;
pub mod equaliser;
pub mod error;
pub mod features;
pub mod fft_length;
pub mod filter;
pub mod gcc;
pub mod gcc_train;
pub mod low_pass;
#[cfg(test)]
mod made_up;
pub mod options;
mod pair;
pub mod peak;
pub mod plans;
pub mod resample;
mod spectrum;
pub mod stats;
pub mod student;
mod sub_sample;
pub mod taper;
pub mod viterbi;
pub mod weighting;
pub mod window_plan;

pub use damage::unless_damaged;
pub use error::{DspError, Side};
pub use fft_length::FftLength;
pub use filter::Filter;
pub use gcc::{Gcc, GccScratch};
pub use gcc_train::{GccTrain, Train, TrainPlans};
pub use options::GccOptions;
pub use peak::{Peak, PeakFit};
pub use plans::{Planned, Plans, Shared};
pub use spectrum::Precision;
pub use taper::Taper;
pub use weighting::{Band, Weighting};
pub use window_plan::{PlannedWindow, Scan};
