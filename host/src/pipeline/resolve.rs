//! Gives every stage its implementation: signature, parameters with defaults, and edges that fit.

use super::cause::Cause;
use super::comparison::{self, Comparison};
use super::edges::Edges;
use super::job::JobFiles;
use super::nearest::{list, nearest, suggest};
use super::order;
use super::origin::At;
use super::parameters;
use super::parse::{Field, Parsed, ParsedStage};
use super::problem::{Problem, Problems};
use std::collections::BTreeMap;
use vsg_plugin_api::Signature;

/// A pipeline in which everything fits. Stages are in topological order, and in the order of the file where that leaves
/// a choice.
#[derive(Debug, Clone)]
pub struct Resolved {
    /// The pipeline file, as it was named.
    pub file: String,
    /// What the pipeline says about itself.
    pub description: Option<String>,
    /// Files that the pipeline names itself.
    pub job: JobFiles,
    /// The stages. Those of a comparison are the stages of all variants; what several of them have in common is there once.
    pub stages: Vec<Stage>,
    /// What is compared, if the pipeline is a comparison.
    pub comparison: Option<Comparison>,
}

/// One step of a pipeline.
#[derive(Debug, Clone)]
pub struct Stage {
    /// Name in the file.
    pub name: String,
    /// Names of the variants that it belongs to; none when it belongs to all of them, or when nothing is compared.
    pub variants: Vec<String>,
    /// Implementation, `plugin/stage`.
    pub uses: String,
    /// What the implementation says about itself.
    pub signature: Signature,
    /// Parameters with defaults filled in, keys sorted.
    pub parameters: serde_json::Value,
    /// For what the stage is repeated.
    pub each: Each,
    /// Connected inputs, in the order of the signature.
    pub inputs: Vec<Input>,
    /// Whether to run in a process of its own.
    pub isolate: bool,
    /// Time limit of one run (s).
    pub timeout_s: Option<f64>,
    /// Limit of the memory of one run (MB).
    pub memory_limit_mb: Option<f64>,
}

impl Stage {
    /// What tells it from the same stage of other variants: ` [scc]`, or nothing when it belongs to all of them.
    #[must_use]
    pub fn of_variants(&self) -> String {
        match self.variants.as_slice() {
            [] => String::new(),
            [one] => format!(" [{one}]"),
            [one, other] => format!(" [{one}, {other}]"),
            [first, others @ ..] => format!(" [{first} and {} more]", others.len()),
        }
    }
}

/// An input port and what feeds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// Name of the port.
    pub port: String,
    /// One edge for a port of one value, any number for a `many` port.
    pub edges: Vec<Edge>,
}

/// What feeds an input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    /// Whose values.
    pub producer: Producer,
    /// Which of them.
    pub take: Take,
}

/// Something that gives values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Producer {
    /// The source files, `job.file`.
    Job,
    /// A stage.
    Stage {
        /// Index into [`Resolved::stages`].
        index: usize,
        /// Name of the output.
        port: String,
    },
}

/// Which values of a producer an edge takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Take {
    /// That of the source for which the reader runs.
    Same,
    /// That of the reference, `@reference`.
    Reference,
    /// All of a repeated producer, in the order of the sources.
    Every,
    /// The only one of a producer that is not repeated.
    Only,
}

/// For what a stage is repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Each {
    /// It runs once.
    Once,
    /// For every source.
    Sources,
    /// For every target.
    Targets,
}

impl Each {
    /// The source of each run; a stage that is not repeated has one run, for no source.
    #[must_use]
    pub fn runs(self, sources: usize) -> Vec<Option<usize>> {
        match self {
            Each::Once => vec![None],
            Each::Sources => (0..sources).map(Some).collect(),
            Each::Targets => (1..sources).map(Some).collect(),
        }
    }
}

/// Resolves what was typed against the signatures of the implementations, by their ids.
///
/// # Errors
///
/// All mistakes of form that [`load`](super::load) kept, and everything that does not exist or does not fit.
pub fn resolve(parsed: Parsed, catalog: &BTreeMap<String, Signature>) -> Result<Resolved, Problems> {
    let Parsed { origin, description, job, stages, comparison, mut problems } = parsed;
    let file = origin.name().to_owned();
    let (stages, comparison) = match comparison {
        None => (resolve_stages(&stages, catalog, &mut problems), None),
        Some(compared) => {
            let (stages, comparison) = comparison::resolve(compared, catalog, &mut problems);
            (stages, Some(comparison))
        }
    };
    problems.or(Resolved { file, description, job, stages, comparison })
}

/// Resolves the stages of one pipeline, in topological order. Where there are problems, some are left out.
pub(super) fn resolve_stages(
    parsed: &[ParsedStage],
    catalog: &BTreeMap<String, Signature>,
    problems: &mut Problems,
) -> Vec<Stage> {
    let mut found = Problems::default();
    let signatures: Vec<Option<&Signature>> =
        parsed.iter().map(|stage| implementation(stage, catalog, &mut found)).collect();
    let mut edges = Edges { stages: parsed, signatures: &signatures, problems: Problems::default() };
    let inputs: Vec<Vec<Input>> = (0..parsed.len()).map(|reader| edges.inputs(reader)).collect();
    found.append(edges.problems);
    order::report_cycles(parsed, &mut found);

    let mut stages = Vec::new();
    for ((stage, signature), inputs) in parsed.iter().zip(signatures).zip(inputs) {
        let (Some(signature), Field::Given(uses)) = (signature, &stage.uses) else {
            continue;
        };
        let parameters = parameters::check(stage, uses, signature, &mut found);
        stages.push(Stage {
            name: stage.name.value.clone(),
            variants: Vec::new(),
            uses: uses.value.clone(),
            signature: signature.clone(),
            parameters,
            each: match &stage.each {
                Field::Given(each) => each.value,
                Field::Absent | Field::Wrong => Each::Once,
            },
            inputs,
            isolate: stage.isolate,
            timeout_s: stage.timeout_s,
            memory_limit_mb: stage.memory_limit_mb,
        });
    }
    // Indices of edges are those of the file, which hold only if every stage is there.
    let stages = if found.is_empty() && stages.len() == parsed.len() { order::sorted(stages) } else { Vec::new() };
    problems.append(found);
    stages
}

/// The signature of what a stage uses; reports when there is none.
fn implementation<'a>(
    stage: &ParsedStage,
    catalog: &'a BTreeMap<String, Signature>,
    problems: &mut Problems,
) -> Option<&'a Signature> {
    let uses = match &stage.uses {
        Field::Given(uses) => uses,
        Field::Wrong => return None,
        Field::Absent => {
            let problem = Problem::new(Cause::MissingUse { stage: stage.name.value.clone() });
            let help = "add `use = \"plugin/stage\"`; `vsg-host plugins` lists what can be used";
            problems.push(problem.at(&stage.name.place, "this stage").help(help));
            return None;
        }
    };
    let found = catalog.get(&uses.value);
    if found.is_none() {
        problems.push(unknown(uses, catalog));
    }
    found
}

fn unknown(uses: &At<String>, catalog: &BTreeMap<String, Signature>) -> Problem {
    let ids = || catalog.keys().map(String::as_str);
    let split = uses.value.split_once('/').filter(|(plugin, stage)| !plugin.is_empty() && !stage.is_empty());
    let Some((plugin, stage)) = split else {
        let named: Vec<&str> =
            ids().filter(|id| id.split_once('/').is_some_and(|(_, stage)| stage == uses.value)).collect();
        let form = "write `use = \"plugin/stage\"`; `vsg-host plugins` lists what can be used";
        let help = match (named.as_slice(), nearest(&uses.value, ids())) {
            ([], None) => form.to_owned(),
            ([], Some(id)) => format!("did you mean `{id}`?\n{form}"),
            (named, _) => format!("did you mean {}?\n{form}", list(named.iter().copied())),
        };
        let problem = Problem::new(Cause::MalformedUse { text: uses.value.clone() });
        return problem.at(&uses.place, "not `plugin/stage`").help(help);
    };
    let mut of_plugin = ids().filter_map(|id| id.split_once('/')).filter(|(name, _)| *name == plugin).peekable();
    if of_plugin.peek().is_some() {
        let help = suggest(stage, &format!("stages of `{plugin}`"), of_plugin.map(|(_, stage)| stage));
        let place = uses.place.within(&uses.value, plugin.len() + 1..uses.value.len());
        let cause = Cause::UnknownImplementation { plugin: plugin.to_owned(), stage: stage.to_owned() };
        return Problem::new(cause).at(&place, "unknown").help(help);
    }
    let run = "run `vsg-host plugins` to see what is loaded, and from where";
    let help = match nearest(&uses.value, ids()) {
        Some(id) => format!("did you mean `{id}`?\n{run}"),
        None => match nearest(plugin, ids().filter_map(|id| id.split_once('/')).map(|(plugin, _)| plugin)) {
            Some(plugin) => format!("did you mean plugin `{plugin}`?\n{run}"),
            None => run.to_owned(),
        },
    };
    let place = uses.place.within(&uses.value, 0..plugin.len());
    Problem::new(Cause::UnknownPlugin { plugin: plugin.to_owned() }).at(&place, "unknown").help(help)
}
