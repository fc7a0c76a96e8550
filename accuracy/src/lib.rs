//! Puts generated pairs with known truth through the built `vsg-host`, and counts what it got right.
//!
//! A [`Case`] is a pair and what is true of it, drawn from a seed, a class and a number: the same three give the same case for
//! ever. [`run`] makes the files, runs the host on them as a user would, reads its report and judges the answer; a [`Summary`]
//! counts answers by class and holds them against the limits.

mod answer;
mod answers;
mod case;
mod classes;
mod error;
mod judge;
mod offsets;
mod options;
mod runner;
mod shelf;
mod sound;
mod summary;

pub use answer::{Answer, Segment};
pub use case::{Case, Class, Name, Truth};
pub use error::{Error, Result};
pub use judge::{Judged, Outcome, judge};
pub use options::Options;
pub use runner::run;
pub use sound::Sound;
pub use summary::Summary;
