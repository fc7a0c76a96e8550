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
    /// Compare variants of a pipeline, or several pipelines, on the same files.
    Compare(CompareArgs),
    /// Check a pipeline without running it; reports every error with its place.
    Check(PipelineArgs),
    /// Draw a pipeline as a graph.
    Graph(GraphArgs),
    /// List all plugins and their stages, broken ones with the reason, and where they were looked for.
    Plugins,
    /// Explain a stage: ports and parameters with defaults, ranges and help; or a kind: its fields, who gives and who takes it.
    Inspect {
        /// Stage, such as correlation-gcc/phat, or kind, such as audio/1; a plugin's name lists its stages.
        stage: String,
        /// Print the signature as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Write the crate of a new plugin, which builds, passes its tests and loads as it is.
    New(NewArgs),
    /// Check that a built plugin keeps the promises of plugins: what it says of itself, bad input, threads, cancellation, known
    /// delays.
    Test(TestArgs),
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
    /// Look at any value of a run: as a table, JSON, a plot, or a sound file.
    Show(ShowArgs),
    /// Print the JSON Schema of pipeline files, for editors.
    Schema {
        /// Print that of the events of `run --json` instead.
        #[arg(long)]
        events: bool,
    },
    /// Run one stage for another host; the folder says what.
    #[command(hide = true)]
    IsolatedStage {
        /// Folder with the request; the reply goes there, too.
        folder: PathBuf,
    },
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

/// What `new` takes.
#[derive(Debug, Args)]
pub struct NewArgs {
    /// Folder that is made; its name is that of the plugin, such as acme-envelope.
    #[arg(value_name = "NAME")]
    pub path: PathBuf,
    /// What the plugin is to do.
    #[arg(long, value_enum)]
    pub kind: PluginKind,
    /// Folder `plugin-api` of the sources of vsg-host; without it, of those that this program was built from.
    #[arg(long, value_name = "FOLDER")]
    pub api: Option<PathBuf>,
}

/// What a new plugin is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PluginKind {
    /// Gives subtitles their times.
    SyncMode,
    /// Measures the delay between two sounds.
    Correlation,
    /// Corrects audio that one delay can not put in sync.
    Corrector,
    /// Anything else, with ports of its own.
    Stage,
}

/// What `test` takes.
#[derive(Debug, Args)]
pub struct TestArgs {
    /// Library such as target/debug/libacme.so, or the name of a plugin that is found.
    #[arg(value_name = "PLUGIN")]
    pub plugin: String,
    /// Look at this stage only.
    #[arg(long)]
    pub stage: Option<String>,
    /// Print the result as JSON.
    #[arg(long)]
    pub json: bool,
    /// Run the checks from this one on, in this process.
    #[arg(long, hide = true, value_name = "N", requires = "stage")]
    pub from_check: Option<usize>,
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
    /// After a failure, go on with everything that does not depend on what failed.
    #[arg(short, long)]
    pub keep_going: bool,
    /// How it is run.
    #[command(flatten)]
    pub work: WorkArgs,
    /// Print what happens as JSON, one object a line; `schema --events` describes it.
    #[arg(long, conflicts_with_all = ["verbose", "quiet"])]
    pub json: bool,
    /// Write where the time went, for Perfetto (ui.perfetto.dev) or Chrome.
    #[arg(long, value_name = "FILE")]
    pub trace: Option<PathBuf>,
}

/// What `compare` takes.
#[derive(Debug, Args)]
pub struct CompareArgs {
    /// A pipeline with variants, or several pipelines, the first of them the baseline; then Source 1, Source 2, …
    #[arg(required = true, value_name = "PIPELINE REFERENCE TARGET")]
    pub files: Vec<PathBuf>,
    /// Change a setting of all variants, such as correlate.with.windows=30; what a variant says itself stays.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub sets: Vec<String>,
    /// Measure this output of several pipelines, such as delay.delay; without, what they have in common of correlations and
    /// delays. May be given more than once.
    #[arg(long, value_name = "STAGE.OUTPUT")]
    pub measure: Vec<String>,
    /// True delay of a target, for errors: milliseconds, or the truth.json of a sample pair. Once for each target.
    #[arg(long, value_name = "MS|FILE", allow_hyphen_values = true, conflicts_with = "pairs")]
    pub truth: Vec<String>,
    /// Compare on many pairs: a CSV file with the columns reference, target, and if wanted truth_ms and name.
    #[arg(long, value_name = "FILE.csv")]
    pub pairs: Option<PathBuf>,
    /// Folder for the results.
    #[arg(short, long, value_name = "FOLDER")]
    pub output: Option<PathBuf>,
    /// How it is run.
    #[command(flatten)]
    pub work: WorkArgs,
}

/// How stages are run, and how much is shown of it.
#[derive(Debug, Args)]
pub struct WorkArgs {
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
    /// Which stages run in processes of their own, and their limits.
    #[command(flatten)]
    pub isolation: IsolationArgs,
    /// Show every line of the log.
    #[arg(short, long, conflicts_with = "quiet")]
    pub verbose: bool,
    /// Show warnings and errors only.
    #[arg(short, long)]
    pub quiet: bool,
}

/// Which stages run in processes of their own, and what they may use.
#[derive(Debug, Args)]
pub struct IsolationArgs {
    /// Run every stage in a process of its own: whatever it does, it can only fail.
    #[arg(long)]
    pub isolate: bool,
    /// Longest time that a stage may take (s); stages that name a limit of their own keep it. Includes --isolate.
    #[arg(long, value_name = "SECONDS", value_parser = more_than_nothing)]
    pub timeout: Option<f64>,
    /// Most memory that a stage may take (MB), without mapped files and tools; Linux only. Includes --isolate.
    #[arg(long, value_name = "MB", value_parser = more_than_nothing)]
    pub memory_limit: Option<f64>,
}

fn not_negative(typed: &str) -> Result<f64, String> {
    match typed.parse::<f64>() {
        Ok(amount) if (0.0..1e12).contains(&amount) => Ok(amount),
        _ => Err("it has to be a number that is not below 0".to_owned()),
    }
}

fn more_than_nothing(typed: &str) -> Result<f64, String> {
    match typed.parse::<f64>() {
        Ok(amount) if amount > 0.0 && amount < 1e12 => Ok(amount),
        _ => Err("it has to be a number above 0".to_owned()),
    }
}

/// What `show` takes.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// Run: `last`, or the beginning of an id. Without it, the runs that are remembered.
    pub run: Option<String>,
    /// Value: STAGE.PORT, such as correlate.correlation or "audio@Source 2.audio". Without it, all values of the run.
    pub value: Option<String>,
    /// Print the whole header as JSON.
    #[arg(long, conflicts_with_all = ["plot", "wav"])]
    pub json: bool,
    /// Draw numbers over each other: on the terminal, or as SVG into a file that is named.
    #[arg(long, value_name = "FILE.svg", num_args = 0..=1, default_missing_value = "-", conflicts_with = "wav")]
    pub plot: Option<PathBuf>,
    /// Horizontal axis of the plot: a column of the table.
    #[arg(long, value_name = "COLUMN", requires = "plot")]
    pub x: Option<String>,
    /// Vertical axis of the plot: a column of the table.
    #[arg(long, value_name = "COLUMN", requires = "plot")]
    pub y: Option<String>,
    /// Write audio into a WAV file.
    #[arg(long, value_name = "FILE.wav")]
    pub wav: Option<PathBuf>,
    /// Part of the audio: from here (s).
    #[arg(long, value_name = "SECONDS", default_value_t = 0.0)]
    pub from: f64,
    /// Part of the audio: up to here (s); to the end by default.
    #[arg(long, value_name = "SECONDS")]
    pub to: Option<f64>,
    /// Where values are kept.
    #[command(flatten)]
    pub store: StoreArgs,
}

/// Where values are kept, and how many.
#[derive(Debug, Args)]
pub struct StoreArgs {
    /// Folder for values, and for bulk data while a job runs; decoded audio takes 12 MB a minute and source.
    #[arg(long, global = true, value_name = "FOLDER", env = "VSG_STORE")]
    pub store: Option<PathBuf>,
    /// Room for values (GB); what has not been of use for longest goes when a run has added some.
    #[arg(long, global = true, value_name = "GB", env = "VSG_STORE_LIMIT", default_value_t = 20.0, value_parser = not_negative)]
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
