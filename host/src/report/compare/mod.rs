//! What a comparison leaves behind: a table for the terminal, `STEM.compare.json` and `STEM.compare.html`; of many pairs also
//! `pairs.compare.csv`.
//!
//! The types of this module are the JSON: field by field, in this order. `format` is 1; it changes when the meaning of a
//! field does. Delays follow the one sign convention: milliseconds to add to the target, positive when it plays too early.

mod cells;
mod differences;
mod figures;
mod gather;
mod page;
mod pairs;
mod reading;
mod statistics;
mod text;

pub use gather::gather;
pub use page::{page, pairs_page};
pub use pairs::{Method, Pair, Pairs, pairs_csv};
pub use reading::KINDS;
pub use text::{pairs_text, text};

use serde::Serialize;
use serde_json::{Map, Value};

/// How close two delays have to be to agree (ms).
pub const AGREEMENT_MS: f64 = 1.0;
/// Version of the JSON.
pub const FORMAT: u32 = 1;

/// One reference and its targets, measured by every variant.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Compared {
    /// [`FORMAT`].
    pub format: u32,
    /// Version of the host.
    pub version: String,
    /// The pipeline files.
    pub pipelines: Vec<String>,
    /// Source 1.
    pub reference: String,
    /// Name of the variant that the others are compared with.
    pub baseline: String,
    /// What was measured.
    pub measure: Vec<Output>,
    /// The variants, in the order of the pipeline.
    pub variants: Vec<About>,
    /// Source 2, Source 3, …
    pub targets: Vec<Target>,
    /// Measured values that belong to no target.
    pub others: Vec<Other>,
}

/// An output that was measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Output {
    /// `correlate.correlation`.
    pub output: String,
    /// Its kind.
    pub kind: String,
}

/// A variant.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct About {
    /// Its name.
    pub name: String,
    /// What it says about itself.
    pub description: Option<String>,
    /// What it does differently from the baseline, one line each: implementations, parameters, inputs.
    pub differences: Vec<String>,
    /// The stages that not all variants share.
    pub own_stages: Vec<OwnStage>,
}

/// A stage that not all variants share.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OwnStage {
    /// Its name.
    pub stage: String,
    /// Implementation.
    #[serde(rename = "use")]
    pub uses: String,
    /// Its parameters, defaults filled in.
    pub parameters: Value,
}

/// What was measured of one target.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Target {
    /// `Source 2`.
    pub source: String,
    /// The file.
    pub file: String,
    /// The true delay, if somebody knows it (ms).
    pub truth_ms: Option<f64>,
    /// What the stages took that all variants share and this target needed.
    pub shared: Cost,
    /// One row for each variant, in their order.
    pub variants: Vec<Row>,
}

/// What one variant measured of one target. What can not be told is null.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Row {
    /// The variant.
    pub variant: String,
    /// Why not everything was measured.
    pub failure: Option<String>,
    /// The delay: the one that was selected, or the median of the accepted windows where no `delay/1` is measured (ms).
    pub delay_ms: Option<f64>,
    /// The delay less that of the baseline (ms).
    pub difference_ms: Option<f64>,
    /// Whether that is at most 1 ms.
    pub agrees_with_baseline: Option<bool>,
    /// The delay less the true one (ms).
    pub error_ms: Option<f64>,
    /// Median distance of the accepted windows from their median (ms): half of them are closer.
    pub spread_ms: Option<f64>,
    /// Greatest less smallest delay of the accepted windows (ms).
    pub range_ms: Option<f64>,
    /// Windows that were measured.
    pub measured: Option<usize>,
    /// Windows that were accepted.
    pub accepted: Option<usize>,
    /// Share of the accepted windows whose delay is within 1 ms of the variant's (%).
    pub within_1_ms_pct: Option<f64>,
    /// What the stages took that this row needed and not all variants share.
    pub own: Cost,
    /// The windows.
    pub windows: Vec<Window>,
    /// Headers of everything that was measured, by output.
    pub values: Map<String, Value>,
}

/// One measured window.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Window {
    /// Start in the reference (s).
    pub start_s: f64,
    /// Delay (ms).
    pub delay_ms: f64,
    /// Whether it counts.
    pub accepted: bool,
}

/// A measured value that belongs to no target.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Other {
    /// The variant.
    pub variant: String,
    /// The output.
    pub output: String,
    /// `Source 1`, or null for a stage that is not repeated.
    pub source: Option<String>,
    /// Header of the value; null if it could not be measured.
    pub value: Value,
}

/// What stages took.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Cost {
    /// Stages that ran or were taken from the store.
    pub stages: usize,
    /// Those that were taken from the store; what they took is what the earlier run took that they came from.
    pub from_store: usize,
    /// Time of processors (s); null where the system does not tell.
    pub cpu_s: Option<f64>,
    /// Sum of the times from start to end of each stage (s). Stages that run side by side slow each other down.
    pub wall_s: f64,
}

impl Cost {
    /// Adds what another stage, or other stages, took.
    pub fn add(&mut self, other: &Cost) {
        self.cpu_s = match (self.cpu_s, other.cpu_s) {
            (Some(one), Some(other)) => Some(one + other),
            (None, cpu_s) if self.stages == 0 => cpu_s,
            (cpu_s, None) if other.stages == 0 => cpu_s,
            _ => None,
        };
        self.stages += other.stages;
        self.from_store += other.from_store;
        self.wall_s += other.wall_s;
    }
}

impl Compared {
    /// Why something was not measured, the first of it; nothing when everything was.
    #[must_use]
    pub fn failure(&self) -> Option<String> {
        let failed: Vec<String> = self
            .targets
            .iter()
            .flat_map(|target| &target.variants)
            .filter_map(|row| Some(format!("variant `{}`: {}", row.variant, row.failure.as_ref()?)))
            .collect();
        let missing = self.others.iter().filter(|other| other.value.is_null());
        let missing = missing.map(|other| format!("variant `{}`: `{}` was not measured", other.variant, other.output));
        failed.into_iter().chain(missing).next()
    }
}
