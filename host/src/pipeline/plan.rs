//! Expands a resolved pipeline for the sources of a job: one instance for every run of a stage, in the order of work.

use super::cause::Cause;
use super::job::JobFiles;
use super::problem::{Problem, Problems};
use super::resolve::{Each, Edge, Producer, Resolved, Stage, Take};
use std::{ops::Range, path::PathBuf};

/// Everything that a job does: instances in topological order, those of one stage side by side, Source 1 first.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What the pipeline says about itself.
    pub description: Option<String>,
    /// Source files; the first is the reference.
    pub sources: Vec<PathBuf>,
    /// Folder of the results.
    pub output: Option<PathBuf>,
    /// What runs. An instance reads earlier instances only.
    pub instances: Vec<Instance>,
    /// For each stage of the pipeline the indices of its instances.
    pub runs: Vec<Range<usize>>,
}

/// One run of a stage.
#[derive(Debug, Clone, PartialEq)]
pub struct Instance {
    /// `correlate@Source 2`, or `layout` for a stage that is not repeated; in a comparison `correlate@Source 2 [scc]` if the
    /// stage does not belong to all variants.
    pub name: String,
    /// Name of the stage.
    pub stage: String,
    /// Index of the source that the run is for, 0 for the reference; none for a stage that is not repeated.
    pub source: Option<usize>,
    /// Implementation, `plugin/stage`.
    pub uses: String,
    /// Parameters with defaults filled in, keys sorted, so that equal settings are equal text.
    pub parameters: serde_json::Value,
    /// Input ports in the order of the signature, with the values that each one gets. A port that was left out is absent;
    /// a `many` port may be there with no values.
    pub inputs: Vec<(String, Vec<Feed>)>,
    /// Whether to run in a process of its own.
    pub isolate: bool,
    /// Time limit of the run (s).
    pub timeout_s: Option<f64>,
    /// Limit of the memory of the run (MB).
    pub memory_limit_mb: Option<f64>,
}

/// Where one input value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Feed {
    /// A source file, kind `file/1`.
    File {
        /// Index into [`Plan::sources`].
        source: usize,
    },
    /// An output of an earlier instance.
    Output {
        /// Index into [`Plan::instances`].
        instance: usize,
        /// Name of the output.
        port: String,
    },
}

impl Plan {
    /// Indices of the instances that `instance` reads, ascending, each once.
    #[must_use]
    pub fn reads(&self, instance: usize) -> Vec<usize> {
        let feeds = self.instances.get(instance).into_iter().flat_map(|reader| reader.inputs.iter());
        let mut read: Vec<usize> = feeds
            .flat_map(|(_, feeds)| feeds)
            .filter_map(|feed| match feed {
                Feed::Output { instance, .. } => Some(*instance),
                Feed::File { .. } => None,
            })
            .collect();
        read.sort_unstable();
        read.dedup();
        read
    }

    /// For each instance the indices of those that read it, ascending.
    #[must_use]
    pub fn readers(&self) -> Vec<Vec<usize>> {
        let mut readers = vec![Vec::new(); self.instances.len()];
        for reader in 0..self.instances.len() {
            self.reads(reader).into_iter().for_each(|read| readers[read].push(reader));
        }
        readers
    }
}

/// Name of a source as it is shown everywhere: `Source 1` for index 0.
#[must_use]
pub fn source_name(source: usize) -> String {
    format!("Source {}", source + 1)
}

/// Plans a job.
///
/// # Errors
///
/// The job names no reference.
pub fn plan(resolved: &Resolved, job: &JobFiles) -> Result<Plan, Problems> {
    let Some(reference) = &job.reference else {
        let help = "give the files on the command line, `vsg-host run PIPELINE REFERENCE TARGET… -o OUT`, \
                    or in the file under `[job]`; `vsg-host sample` makes a pair to try things on";
        return Err(Problem::new(Cause::NoReference { file: resolved.file.clone() }).help(help).into());
    };
    let sources: Vec<PathBuf> = std::iter::once(reference).chain(&job.targets).cloned().collect();
    let first_instances = first_instances(&resolved.stages, sources.len());
    let expansion = Expansion { stages: &resolved.stages, first_instances: &first_instances, sources: sources.len() };
    let instances: Vec<Instance> = resolved.stages.iter().flat_map(|stage| expansion.instances(stage)).collect();
    let ends = first_instances.iter().skip(1).copied().chain([instances.len()]);
    let runs = first_instances.iter().zip(ends).map(|(&first, end)| first..end).collect();
    Ok(Plan { description: resolved.description.clone(), sources, output: job.output.clone(), instances, runs })
}

/// Index of the first instance of every stage.
fn first_instances(stages: &[Stage], sources: usize) -> Vec<usize> {
    stages
        .iter()
        .scan(0, |next, stage| {
            let first = *next;
            *next += stage.each.runs(sources).len();
            Some(first)
        })
        .collect()
}

struct Expansion<'a> {
    stages: &'a [Stage],
    first_instances: &'a [usize],
    sources: usize,
}

impl Expansion<'_> {
    fn instances(&self, stage: &Stage) -> Vec<Instance> {
        let runs = stage.each.runs(self.sources);
        runs.into_iter().map(|source| self.instance(stage, source)).collect()
    }

    fn instance(&self, stage: &Stage, source: Option<usize>) -> Instance {
        let inputs = stage.inputs.iter().map(|input| {
            let feeds = input.edges.iter().flat_map(|edge| self.feeds(edge, source)).collect();
            (input.port.clone(), feeds)
        });
        Instance {
            name: match source {
                Some(source) => format!("{}@{}{}", stage.name, source_name(source), stage.of_variants()),
                None => format!("{}{}", stage.name, stage.of_variants()),
            },
            stage: stage.name.clone(),
            source,
            uses: stage.uses.clone(),
            parameters: stage.parameters.clone(),
            inputs: inputs.collect(),
            isolate: stage.isolate,
            timeout_s: stage.timeout_s,
            memory_limit_mb: stage.memory_limit_mb,
        }
    }

    /// What an edge gives to the run for `source`.
    fn feeds(&self, edge: &Edge, source: Option<usize>) -> Vec<Feed> {
        let each = match &edge.producer {
            Producer::Job => Each::Sources,
            Producer::Stage { index, .. } => self.stages.get(*index).map_or(Each::Once, |stage| stage.each),
        };
        let wanted = |run: &Option<usize>| match edge.take {
            Take::Same => *run == source,
            Take::Reference => *run == Some(0),
            Take::Every | Take::Only => true,
        };
        let runs = each.runs(self.sources).into_iter().enumerate().filter(|(_, run)| wanted(run));
        runs.filter_map(|(nth, run)| match &edge.producer {
            Producer::Job => run.map(|source| Feed::File { source }),
            Producer::Stage { index, port } => {
                let first = self.first_instances.get(*index)?;
                Some(Feed::Output { instance: first + nth, port: port.clone() })
            }
        })
        .collect()
    }
}
