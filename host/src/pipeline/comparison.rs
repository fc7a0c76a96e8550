//! Several variants of a pipeline, what is measured of each, and which stages they have in common.

use super::cause::Cause;
use super::join::{Candidate, join};
use super::nearest::{list, suggest};
use super::problem::{Problem, Problems};
use super::reference::Reference;
use super::resolve::{Stage, resolve_stages};
use super::variants::ParsedComparison;
use std::collections::BTreeMap;
use vsg_plugin_api::{Port, Signature};

/// What is compared. The stages of all variants are those of the [`Resolved`](super::Resolved) that this belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// The outputs that are measured.
    pub measure: Vec<Measured>,
    /// Index of the variant that the others are compared with.
    pub baseline: usize,
    /// The variants, in the order of the file.
    pub variants: Vec<Variant>,
}

/// An output that is measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measured {
    /// `correlate.correlation`; of pipelines that name it differently, the name in the first one.
    pub output: String,
    /// Its kind, the same in all variants.
    pub kind: String,
}

/// One variant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    /// Its name.
    pub name: String,
    /// What it says about itself.
    pub description: Option<String>,
    /// For each measured output the stage, as an index into [`Resolved::stages`](super::Resolved::stages), and its port.
    pub measured: Vec<(usize, String)>,
    /// Every stage that these need, ascending; indices into [`Resolved::stages`](super::Resolved::stages).
    pub stages: Vec<usize>,
}

/// Resolves each variant by itself, then joins them. Where there are problems, stages are left out.
pub(super) fn resolve(
    compared: ParsedComparison,
    catalog: &BTreeMap<String, Signature>,
    problems: &mut Problems,
) -> (Vec<Stage>, Comparison) {
    let ParsedComparison { measure, baseline, variants } = compared;
    let mut candidates = Vec::new();
    let mut found = Vec::new();
    for variant in variants {
        let mut own = variant.problems;
        let stages = resolve_stages(&variant.stages, catalog, &mut own);
        let mut measured = Vec::new();
        if own.is_empty() {
            measured.extend(measure.iter().filter_map(|output| find(&stages, output, &mut own)));
        } else {
            // Stages with mistakes are left out, but their names are known.
            let names = || variant.stages.iter().map(|stage| stage.name.value.as_str());
            for output in measure.iter().filter(|output| !names().any(|name| name == output.stage.value)) {
                let problem = unknown_stage(&output.stage.value, names());
                own.push(problem.at(&output.stage.place, "no such stage"));
            }
        }
        found.push((variant.name.clone(), own));
        candidates.push(Candidate { name: variant.name, description: variant.description, stages, measured });
    }
    let is_whole = found.iter().all(|(_, own)| own.is_empty());
    gather(found, problems);
    let mut comparison = Comparison { measure: Vec::new(), baseline, variants: Vec::new() };
    if !is_whole || candidates.is_empty() {
        return (Vec::new(), comparison);
    }
    for (nth, output) in measure.iter().enumerate() {
        match measured(&output.text, nth, &candidates) {
            Ok(output) => comparison.measure.push(output),
            Err(cause) => {
                let help = match cause {
                    Cause::MeasuredEffects { .. } => "measure outputs of stages that come before it",
                    _ => "measure what is of one kind in all variants",
                };
                problems.push(Problem::new(cause).at(&output.place, "measured here").help(help));
            }
        }
    }
    let (stages, variants) = join(candidates);
    comparison.variants = variants;
    (stages, comparison)
}

/// The stage and port of a measured output; reports when it is not there.
fn find(stages: &[Stage], output: &Reference, problems: &mut Problems) -> Option<(usize, String)> {
    match locate(stages, &output.stage.value, &output.port.value) {
        Ok(place) => Some(place),
        Err(problem) => {
            let (place, label) = match problem.cause() {
                Cause::UnknownStage { .. } => (&output.stage.place, "no such stage"),
                _ => (&output.port.place, "unknown"),
            };
            problems.push(problem.at(place, label));
            None
        }
    }
}

/// The stage and port of an output, or what is wrong and what there is instead.
pub(super) fn locate(stages: &[Stage], stage: &str, port: &str) -> Result<(usize, String), Box<Problem>> {
    let Some((index, found)) = stages.iter().enumerate().find(|(_, known)| known.name == stage) else {
        return Err(Box::new(unknown_stage(stage, stages.iter().map(|stage| stage.name.as_str()))));
    };
    let ports = || found.signature.outputs.iter().map(|port| port.name.as_str());
    if !ports().any(|name| name == port) {
        let help = suggest(port, &format!("outputs of `{stage}`"), ports());
        let (stage, uses) = (stage.to_owned(), found.uses.clone());
        return Err(Box::new(Problem::new(Cause::UnknownOutput { stage, uses, port: port.to_owned() }).help(help)));
    }
    Ok((index, port.to_owned()))
}

fn unknown_stage<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Problem {
    Problem::new(Cause::UnknownStage { name: name.to_owned() }).help(suggest(name, "stages", known))
}

/// What the `nth` measured output of all variants is.
pub(super) fn measured(output: &str, nth: usize, candidates: &[Candidate]) -> Result<Measured, Cause> {
    let mut kinds = candidates.iter().filter_map(|candidate| Some((candidate, &candidate.port(nth)?.kind)));
    let Some((first, kind)) = kinds.next() else { return Err(Cause::NothingInCommon) };
    if let Some((other, other_kind)) = kinds.find(|(_, other)| *other != kind) {
        return Err(Cause::MeasuredKinds {
            edge: output.to_owned(),
            kind: kind.clone(),
            variant: first.name.clone(),
            other_kind: other_kind.clone(),
            other: other.name.clone(),
        });
    }
    let effects = candidates.iter().find_map(|candidate| {
        let needed = candidate.needed(nth);
        needed.into_iter().map(|index| &candidate.stages[index]).find(|stage| !stage.signature.pure)
    });
    match effects {
        Some(stage) => {
            Err(Cause::MeasuredEffects { edge: output.to_owned(), stage: stage.name.clone(), uses: stage.uses.clone() })
        }
        None => Ok(Measured { output: output.to_owned(), kind: kind.clone() }),
    }
}

impl Candidate {
    /// The `nth` output that is measured.
    fn port(&self, nth: usize) -> Option<&Port> {
        let (stage, name) = self.measured.get(nth)?;
        self.stages.get(*stage)?.signature.outputs.iter().find(|port| port.name == *name)
    }
}

/// Puts the problems of all variants together: what all of them have is said once, what some have is said with their names.
fn gather(found: Vec<(String, Problems)>, problems: &mut Problems) {
    let mut noted = Vec::new();
    for (_, own) in &found {
        let notes = own.iter().map(|problem| {
            let holders: Vec<&str> =
                found.iter().filter(|(_, other)| other.has(problem)).map(|(name, _)| name.as_str()).collect();
            let plural = if holders.len() == 1 { "" } else { "s" };
            (holders.len() < found.len()).then(|| format!("in variant{plural} {}", list(holders)))
        });
        noted.push(notes.collect::<Vec<_>>());
    }
    for ((_, own), notes) in found.into_iter().zip(noted) {
        for (problem, note) in own.into_iter().zip(notes) {
            problems.add_new(problem, note.as_deref());
        }
    }
}
