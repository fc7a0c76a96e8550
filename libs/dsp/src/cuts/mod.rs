//! Where a target is cut, from its sound: the delays on both sides are known, the time of the cut is not.
//!
//! Frame by frame, phases of the reference are compared with those of the target at the one delay and at the other ([`phases`]). Before the
//! cut the first agrees, behind it the second; the most likely change-point, and how far it may be off, follows from how well they do
//! where there is no doubt ([`mod@place`]).

pub mod phases;
pub mod place;

pub use phases::{Phases, Row};
pub use place::{Place, place};
