//! Small traits that become stages: an author writes the one function that matters, the adapter does the rest.

pub mod correlation;

pub use correlation::{CorrelationMethod, Peak, WindowPair};
