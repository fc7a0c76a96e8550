//! Turns a correlation method into a stage: where windows lie, parallel loop, acceptance, log and report.

mod equaliser;
mod lines;
mod measure;
mod method;
mod report;
mod scan;
mod scanner;
mod stage;

pub use method::{CorrelationMethod, Peak, WindowPair, WindowTrain};
pub use scan::{Scan, ScanMode};
pub use stage::Correlation;
