//! Small traits that become stages: an author writes the one function that matters, the adapter does the rest.

pub mod corrector;
pub mod correlation;
mod subtitle_files;
pub mod sync_mode;
#[cfg(test)]
mod sync_mode_tests;
mod timing;

pub use corrector::{AudioTrack, Correction, Corrector, Measured};
pub use correlation::{CorrelationMethod, Peak, Scan, ScanMode, WindowPair, WindowTrain};
pub use sync_mode::SyncMode;
pub use timing::Timing;
