//! Compares pipelines that were written by themselves: one against the other.

use super::cause::Cause;
use super::comparison::{Comparison, locate, measured};
use super::join::{Candidate, join};
use super::nearest::list;
use super::problem::{Problem, Problems};
use super::resolve::Resolved;

/// Compares pipelines that were written by themselves: those that are given, by name, the first as the baseline. What is
/// measured are the outputs that `measure` names, or else those of `kinds` that all of them have.
///
/// # Errors
/// A measured output is not in all of them, or they have nothing to measure in common, or one is a comparison itself.
pub fn versus(pipelines: Vec<(String, Resolved)>, measure: &[String], kinds: &[&str]) -> Result<Resolved, Problems> {
    if let Some((_, resolved)) = pipelines.iter().find(|(_, resolved)| resolved.comparison.is_some()) {
        let problem = Problem::new(Cause::ComparisonOfComparison { file: resolved.file.clone() });
        return Err(problem.help("give it alone, or give pipelines only").into());
    }
    let Some((_, first)) = pipelines.first() else {
        return Err(Problem::new(Cause::NothingInCommon).into());
    };
    let (file, job) = (first.file.clone(), first.job.clone());
    let mut candidates: Vec<Candidate> = pipelines
        .into_iter()
        .map(|(name, resolved)| Candidate {
            name,
            description: resolved.description,
            stages: resolved.stages,
            measured: Vec::new(),
        })
        .collect();
    let mut problems = Problems::default();
    let wanted = if measure.is_empty() {
        kinds.iter().flat_map(|kind| common(&candidates, kind)).collect()
    } else {
        measure.iter().filter_map(|output| named(&candidates, output, &mut problems)).collect::<Vec<_>>()
    };
    if wanted.is_empty() && problems.is_empty() {
        let help = format!(
            "name what to measure by --measure STAGE.OUTPUT; without, it is what is {}",
            list(kinds.iter().copied())
        );
        problems.push(Problem::new(Cause::NothingInCommon).help(help));
    }
    let mut outputs = Vec::new();
    for (nth, (output, places)) in wanted.into_iter().enumerate() {
        for (candidate, place) in candidates.iter_mut().zip(places) {
            candidate.measured.push(place);
        }
        match measured(&output, nth, &candidates) {
            Ok(output) => outputs.push(output),
            Err(cause) => problems.push(Problem::new(cause).help("measure something else by --measure STAGE.OUTPUT")),
        }
    }
    problems.or(())?;
    let (stages, variants) = join(candidates);
    let comparison = Some(Comparison { measure: outputs, baseline: 0, variants });
    Ok(Resolved { file, description: None, job, stages, comparison })
}

/// An output in each of several pipelines: its stage and port.
type Places = Vec<(usize, String)>;

/// Outputs of a kind that all pipelines have under one name; if there are none, the only one of this kind in each.
fn common(candidates: &[Candidate], kind: &str) -> Vec<(String, Places)> {
    let all: Vec<Vec<(usize, String, String)>> = candidates.iter().map(|candidate| outputs(candidate, kind)).collect();
    let Some(first) = all.first() else { return Vec::new() };
    let same = |name: &str| -> Option<Places> {
        let place = |outputs: &Vec<(usize, String, String)>| {
            outputs.iter().find(|output| output.2 == name).map(|(stage, port, _)| (*stage, port.clone()))
        };
        all.iter().map(place).collect()
    };
    let named: Vec<(String, Places)> =
        first.iter().filter_map(|(_, _, name)| Some((name.clone(), same(name)?))).collect();
    if !named.is_empty() || all.iter().any(|outputs| outputs.len() != 1) {
        return named;
    }
    let only = all.iter().flatten().map(|(stage, port, _)| (*stage, port.clone())).collect();
    vec![(first[0].2.clone(), only)]
}

/// Stage, port and name of the outputs of a kind.
fn outputs(candidate: &Candidate, kind: &str) -> Vec<(usize, String, String)> {
    let stages = candidate.stages.iter().enumerate();
    let outputs = stages.flat_map(|(index, stage)| {
        let ports = stage.signature.outputs.iter().filter(|port| port.kind == kind);
        ports.map(move |port| (index, port.name.clone(), format!("{}.{}", stage.name, port.name)))
    });
    outputs.collect()
}

/// An output by its name, which all pipelines must have.
fn named(candidates: &[Candidate], output: &str, problems: &mut Problems) -> Option<(String, Places)> {
    let mut places = Vec::new();
    for candidate in candidates {
        let (stage, port) = output.split_once('.').unwrap_or((output, ""));
        match locate(&candidate.stages, stage, port) {
            Ok(place) => places.push(place),
            Err(problem) => problems.add_new(*problem, Some(&format!("in pipeline `{}`", candidate.name))),
        }
    }
    (places.len() == candidates.len()).then(|| (output.to_owned(), places))
}
