//! The command line.

use crate::judge::{HALF_FRAME_MS, HALF_SAMPLE_MS};
use crate::{Class, Name};
use clap::Parser;
use std::path::PathBuf;

/// Puts generated pairs with known truth through vsg-host and counts what it got right.
///
/// Ends with 1 if a limit is missed. Everything follows from the seed: a case is the same whenever it is made.
#[derive(Debug, Clone, Parser)]
#[command(name = "vsg-accuracy", version)]
pub struct Options {
    /// The built vsg-host, with its plugins beside it
    pub host: PathBuf,
    /// Folder for media and results
    pub folder: PathBuf,
    /// Seed of everything
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Only this class; may be given more than once
    #[arg(long, value_name = "CLASS")]
    pub only: Vec<Class>,
    /// Only this case, such as related/17; may be given more than once
    #[arg(long, value_name = "CLASS/N")]
    pub case: Vec<Name>,
    /// Cases of each class, instead of the usual number
    #[arg(long, value_name = "N")]
    pub cases: Option<usize>,
    /// A two-hour pair as well
    #[arg(long)]
    pub long: bool,
    /// Pipeline that is run
    #[arg(long, default_value = "pipelines/analyze.toml")]
    pub pipeline: PathBuf,
    /// Correlation method in the place of the pipeline's, such as correlation-scc/scc
    #[arg(long = "use", value_name = "STAGE")]
    pub method: Option<String>,
    /// Setting that is handed to vsg-host; may be given more than once
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Pairs at a time; 0 takes all processors
    #[arg(short, long, default_value_t = 0)]
    pub jobs: usize,
    /// Keep media and reports; later runs use them again
    #[arg(long)]
    pub keep: bool,
    /// Take the answers that interrupted runs with the same settings left in the folder, and run the other cases
    #[arg(long)]
    pub resume: bool,
    /// Folder with recordings of music that become further cases
    #[arg(long, value_name = "FOLDER")]
    pub music: Option<PathBuf>,
    /// Markdown file for the table
    #[arg(long, value_name = "FILE")]
    pub write: Option<PathBuf>,
    /// Print nothing but the table
    #[arg(short, long)]
    pub quiet: bool,
}

impl Options {
    /// How wrong a delay may be (ms): half a sample, or half a frame of a method that compares features.
    pub(crate) fn within_ms(&self) -> f64 {
        let of_features = self.method.as_deref().is_some_and(|method| method.starts_with("correlation-features/"));
        if of_features { HALF_FRAME_MS } else { HALF_SAMPLE_MS }
    }
}
