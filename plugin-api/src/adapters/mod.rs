//! Small traits that become stages: an author writes the one function that matters, the adapter does the rest.

pub mod correlation;
pub mod sync_mode;

pub use correlation::{CorrelationMethod, Peak, WindowPair};
pub use sync_mode::{SyncMode, Timing};
