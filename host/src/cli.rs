//! The command line: one definition gives parser, help and completions.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Puts several releases of the same video in sync.
#[derive(Debug, Parser)]
#[command(name = "vsg-host", version, max_term_width = 110)]
pub struct Cli {
    /// Folder or library with plugins, searched before the standard folders; may be given more than once.
    #[arg(long, global = true, value_name = "PATH")]
    pub plugins: Vec<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Run a pipeline.
    Run(RunArgs),
    /// Check a pipeline without running it; reports every error with its place.
    Check(PipelineArgs),
    /// Draw a pipeline as a graph.
    Graph(GraphArgs),
    /// List all plugins and their stages, broken ones with the reason, and where they were looked for.
    Plugins,
    /// Explain a stage: ports and parameters with defaults, ranges and help.
    Inspect {
        /// Stage, such as correlation-gcc/phat; a plugin's name lists its stages.
        stage: String,
        /// Print the signature as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Check the tools that stages use: found, version, what is lost without, how to install.
    Doctor,
    /// Tell why a stage had to run again in the last run.
    Why {
        /// Stage, such as correlate, or one of its instances, such as "correlate@Source 2".
        stage: String,
        /// Where values are kept.
        #[command(flatten)]
        store: StoreArgs,
    },
    /// Show what is kept of earlier runs, and remove it.
    Store {
        /// Where it is.
        #[command(flatten)]
        store: StoreArgs,
        /// What to do; without it, how much there is and where.
        #[command(subcommand)]
        verb: Option<StoreVerb>,
    },
    /// Print the JSON Schema of pipeline files, for editors.
    Schema,
    /// Make a pair of releases with a known delay to try things on.
    Sample {
        /// Folder for the pair.
        #[arg(default_value = "media")]
        folder: PathBuf,
        /// Make a plain pair of this length instead, to measure with.
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=600))]
        minutes: Option<u32>,
    },
    /// Print shell completions.
    Completions {
        /// Shell.
        shell: clap_complete::Shell,
    },
}

/// A pipeline and changes to it.
#[derive(Debug, Args)]
pub struct PipelineArgs {
    /// Pipeline file.
    pub pipeline: PathBuf,
    /// Change a setting, such as correlate.with.windows=30 or correlate.use=acme/mine.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub sets: Vec<String>,
}

/// What `run` takes.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// The pipeline.
    #[command(flatten)]
    pub pipeline: PipelineArgs,
    /// Source 1, then Source 2, Source 3, …; without any, those of the pipeline's job table.
    #[arg(value_name = "REFERENCE TARGET")]
    pub files: Vec<PathBuf>,
    /// Folder for the results.
    #[arg(short, long, value_name = "FOLDER")]
    pub output: Option<PathBuf>,
    /// Where values are kept.
    #[command(flatten)]
    pub store: StoreArgs,
    /// Compute everything afresh, and keep nothing.
    #[arg(long)]
    pub no_store: bool,
    /// Look at the whole content of source files, not at samples of it, to see if they have changed.
    #[arg(long)]
    pub strict: bool,
    /// Threads; 0 takes all processors.
    #[arg(short = 'j', long, default_value_t = 0, value_name = "N", value_parser = clap::value_parser!(u16).range(0..=512))]
    pub threads: u16,
    /// Show every line of the log.
    #[arg(short, long, conflicts_with = "quiet")]
    pub verbose: bool,
    /// Show warnings and errors only.
    #[arg(short, long)]
    pub quiet: bool,
}

/// Where values are kept, and how many.
#[derive(Debug, Args)]
pub struct StoreArgs {
    /// Folder for values, and for bulk data while a job runs; decoded audio takes 12 MB a minute and source.
    #[arg(long, value_name = "FOLDER", env = "VSG_STORE")]
    pub store: Option<PathBuf>,
    /// Room for values (GB); what has not been of use for longest goes when a run ends.
    #[arg(long, value_name = "GB", env = "VSG_STORE_LIMIT", default_value_t = 20.0)]
    pub store_limit: f64,
}

impl StoreArgs {
    /// The folder: the one that was named, or one in the user's cache.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        self.store.clone().unwrap_or_else(|| crate::platform::cache_dir().join("store"))
    }

    /// The limit (bytes).
    #[must_use]
    pub fn limit_bytes(&self) -> u64 {
        (self.store_limit.max(0.0) * 1e9) as u64
    }
}

/// What `store` does.
#[derive(Debug, Subcommand)]
pub enum StoreVerb {
    /// Remove what has not been of use for longest, down to the limit.
    Gc,
    /// Remove everything.
    Clear,
}

/// What `graph` takes.
#[derive(Debug, Args)]
pub struct GraphArgs {
    /// The pipeline.
    #[command(flatten)]
    pub pipeline: PipelineArgs,
    /// Language of the drawing.
    #[arg(long, value_enum, default_value_t = GraphFormat::Mermaid)]
    pub format: GraphFormat,
    /// Draw every instance for this many sources instead of every stage.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=100))]
    pub sources: Option<u16>,
}

/// Language of a drawing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum GraphFormat {
    /// Mermaid, for Markdown.
    Mermaid,
    /// DOT, for Graphviz.
    Dot,
}
