//! What a variant does differently from the baseline, in words.

use crate::pipeline::{Comparison, Producer, Resolved, Stage, Take, Variant};
use serde_json::Value;

/// What is different about a variant: implementations, parameters and inputs of its stages, one line each; nothing for the
/// baseline. Stages that are different only because of what they read through others are left out.
pub(super) fn differences(resolved: &Resolved, comparison: &Comparison, variant: &Variant) -> Vec<String> {
    let Some(baseline) = comparison.variants.get(comparison.baseline) else { return Vec::new() };
    let stages =
        |of: &Variant| -> Vec<&Stage> { of.stages.iter().filter_map(|index| resolved.stages.get(*index)).collect() };
    let (before, after) = (stages(baseline), stages(variant));
    let mut lines = Vec::new();
    for stage in &after {
        match before.iter().find(|other| other.name == stage.name) {
            None => lines.push(format!("{}: {}", stage.name, stage.uses)),
            Some(other) if other.uses != stage.uses => lines.push(format!("{}: {}", stage.name, stage.uses)),
            Some(other) => {
                lines.extend(parameters(&stage.name, &other.parameters, &stage.parameters));
                lines.extend(inputs(resolved, other, stage));
            }
        }
    }
    let gone = before.iter().filter(|stage| !after.iter().any(|other| other.name == stage.name));
    lines.extend(gone.map(|stage| format!("without {}", stage.name)));
    lines
}

/// Parameters that have other values.
fn parameters(stage: &str, before: &Value, after: &Value) -> Vec<String> {
    let after = after.as_object().into_iter().flatten();
    let changed = after.filter(|(name, value)| before.get(name.as_str()) != Some(value));
    changed.map(|(name, value)| format!("{stage}.{name} = {value}")).collect()
}

/// Inputs that read other outputs.
fn inputs(resolved: &Resolved, before: &Stage, after: &Stage) -> Vec<String> {
    let edges = |stage: &Stage, port: &str| -> Vec<String> {
        let input = stage.inputs.iter().find(|input| input.port == port);
        let edges = input.iter().flat_map(|input| &input.edges);
        let text = edges.map(|edge| {
            let output = match &edge.producer {
                Producer::Job => "job.file".to_owned(),
                Producer::Stage { index, port } => {
                    format!("{}.{port}", resolved.stages.get(*index).map_or("", |stage| stage.name.as_str()))
                }
            };
            if edge.take == Take::Reference { format!("{output}@reference") } else { output }
        });
        text.collect()
    };
    let mut ports: Vec<&str> = before.inputs.iter().chain(&after.inputs).map(|input| input.port.as_str()).collect();
    ports.sort_unstable();
    ports.dedup();
    let changed = ports.into_iter().filter(|port| edges(before, port) != edges(after, port));
    changed.map(|port| format!("{}.{port} from {}", after.name, edges(after, port).join(", "))).collect()
}
