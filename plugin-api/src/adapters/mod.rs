//! Small traits that become stages: an author writes the one function that matters, the adapter does the rest.

pub mod corrector;
pub mod correlation;
pub mod sync_mode;

pub use corrector::{AudioTrack, Correction, Corrector, Measured};
pub use correlation::{CorrelationMethod, Peak, WindowPair};
pub use sync_mode::{SyncMode, Timing};
