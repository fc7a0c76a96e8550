//! Makes the report of a comparison out of the values and records of its run.

use super::{
    AGREEMENT_MS, About, Compared, Cost, FORMAT, Other, Output, OwnStage, Row, Target, Window,
    differences::differences,
    reading::Reading,
    statistics::{median, range, share_pct, spread},
};
use crate::{
    pipeline::{Comparison, Plan, Resolved, Variant, source_name},
    run::Finished,
};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

/// The report of a comparison that was planned from `resolved` and has run. `truths_ms` are the true delays of the targets, as
/// far as they are known. Everything is there, whatever failed.
#[must_use]
pub fn gather(
    resolved: &Resolved,
    comparison: &Comparison,
    plan: &Plan,
    finished: &Finished,
    truths_ms: &[Option<f64>],
    pipelines: &[&Path],
) -> Compared {
    let ran = Ran::new(resolved, comparison, plan, finished);
    let file = |source: usize| plan.sources.get(source).map(|path| path.display().to_string()).unwrap_or_default();
    let target = |source: usize| {
        let truth_ms = truths_ms.get(source - 1).copied().flatten();
        ran.target(source, file(source), truth_ms)
    };
    let name = |variant: &Variant| variant.name.clone();
    Compared {
        format: FORMAT,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        pipelines: pipelines.iter().map(|path| path.display().to_string()).collect(),
        reference: file(0),
        baseline: comparison.variants.get(comparison.baseline).map(name).unwrap_or_default(),
        measure: comparison
            .measure
            .iter()
            .map(|measured| Output { output: measured.output.clone(), kind: measured.kind.clone() })
            .collect(),
        variants: comparison.variants.iter().map(|variant| about(resolved, comparison, variant)).collect(),
        targets: (1..plan.sources.len()).map(target).collect(),
        others: comparison.variants.iter().flat_map(|variant| ran.others(variant)).collect(),
    }
}

fn about(resolved: &Resolved, comparison: &Comparison, variant: &Variant) -> About {
    let own = variant.stages.iter().filter_map(|index| resolved.stages.get(*index));
    let own_stages = own.filter(|stage| !stage.variants.is_empty()).map(|stage| OwnStage {
        stage: stage.name.clone(),
        uses: stage.uses.clone(),
        parameters: stage.parameters.clone(),
    });
    About {
        name: variant.name.clone(),
        description: variant.description.clone(),
        differences: differences(resolved, comparison, variant),
        own_stages: own_stages.collect(),
    }
}

/// A run, with what is looked up in it.
struct Ran<'r> {
    comparison: &'r Comparison,
    plan: &'r Plan,
    finished: &'r Finished,
    /// What each instance took, by name.
    costs: BTreeMap<&'r str, Cost>,
    /// Whether each instance is one that all variants share.
    is_shared: Vec<bool>,
}

impl<'r> Ran<'r> {
    fn new(resolved: &Resolved, comparison: &'r Comparison, plan: &'r Plan, finished: &'r Finished) -> Self {
        let costs = finished.stages.iter().map(|record| {
            let (cpu_s, wall_s) = match record.earlier {
                Some(earlier) => (earlier.cpu_seconds, earlier.seconds),
                None => (record.usage.cpu_seconds, record.seconds),
            };
            let cost = Cost { stages: 1, from_store: usize::from(record.from_store), cpu_s, wall_s };
            (record.instance.as_str(), cost)
        });
        let mut is_shared = vec![false; plan.instances.len()];
        for (stage, instances) in resolved.stages.iter().zip(&plan.runs) {
            is_shared[instances.clone()].fill(stage.variants.is_empty());
        }
        Self { comparison, plan, finished, costs: costs.collect(), is_shared }
    }

    fn target(&self, source: usize, file: String, truth_ms: Option<f64>) -> Target {
        let mut needed = BTreeSet::new();
        let mut rows: Vec<Row> = Vec::new();
        for variant in &self.comparison.variants {
            let (row, instances) = self.row(variant, source, truth_ms);
            rows.push(row);
            needed.extend(instances);
        }
        let baseline_ms = rows.get(self.comparison.baseline).and_then(|row| row.delay_ms);
        for row in &mut rows {
            row.difference_ms = difference(row.delay_ms, baseline_ms);
            row.agrees_with_baseline = row.difference_ms.map(|difference_ms| difference_ms.abs() <= AGREEMENT_MS);
        }
        let shared = self.cost(needed.into_iter().filter(|instance| self.is_shared[*instance]));
        Target { source: source_name(source), file, truth_ms, shared, variants: rows }
    }

    /// What a variant measured of a target, and the instances that it needed.
    fn row(&self, variant: &Variant, source: usize, truth_ms: Option<f64>) -> (Row, BTreeSet<usize>) {
        let mut row = Row { variant: variant.name.clone(), ..Row::default() };
        let (mut reading, mut measured) = (Reading::default(), Vec::new());
        for (output, (stage, port)) in self.comparison.measure.iter().zip(&variant.measured) {
            let Some(instance) = self.instance(*stage, Some(source)) else { continue };
            measured.push(instance);
            let value = self.value(instance, port);
            reading.take(&output.kind, value);
            row.values.insert(output.output.clone(), value.cloned().unwrap_or_default());
        }
        let needed = self.needed(&measured);
        row.failure = measured.iter().any(|instance| !self.is_done(*instance)).then(|| self.failure(&needed));
        row.own = self.cost(needed.iter().copied().filter(|instance| !self.is_shared[*instance]));
        fill(&mut row, reading);
        row.error_ms = difference(row.delay_ms, truth_ms);
        (row, needed)
    }

    /// Measured values of a variant that belong to no target.
    fn others(&self, variant: &Variant) -> Vec<Other> {
        let outputs = self.comparison.measure.iter().zip(&variant.measured);
        let of_source = |source: Option<usize>| {
            outputs.clone().filter_map(move |(output, (stage, port))| {
                let instance = self.instance(*stage, source)?;
                Some(Other {
                    variant: variant.name.clone(),
                    output: output.output.clone(),
                    source: source.map(source_name),
                    value: self.value(instance, port).cloned().unwrap_or_default(),
                })
            })
        };
        of_source(None).chain(of_source(Some(0))).collect()
    }

    /// The instance of a stage for a source.
    fn instance(&self, stage: usize, source: Option<usize>) -> Option<usize> {
        let mut instances = self.plan.runs.get(stage)?.clone();
        instances.find(|instance| self.plan.instances[*instance].source == source)
    }

    /// The header of an output.
    fn value(&self, instance: usize, port: &str) -> Option<&'r Value> {
        let outputs = self.finished.outputs.get(instance)?.as_ref()?;
        outputs.get(port).map(|value| &value.header)
    }

    fn is_done(&self, instance: usize) -> bool {
        self.finished.outputs.get(instance).is_some_and(Option::is_some)
    }

    /// These instances, and all that they read.
    fn needed(&self, ends: &[usize]) -> BTreeSet<usize> {
        let mut needed: BTreeSet<usize> = BTreeSet::new();
        let mut open = ends.to_vec();
        while let Some(instance) = open.pop() {
            if needed.insert(instance) {
                open.extend(self.plan.reads(instance));
            }
        }
        needed
    }

    /// Why not all of these instances came to a good end.
    fn failure(&self, needed: &BTreeSet<usize>) -> String {
        let names: BTreeSet<&str> =
            needed.iter().map(|instance| self.plan.instances[*instance].name.as_str()).collect();
        let failed = self.finished.failures.iter().filter(|failure| names.contains(failure.instance.as_str()));
        let reasons: Vec<String> = failed.map(|failure| format!("{}: {}", failure.instance, failure.error)).collect();
        if reasons.is_empty() { "stopped before it was measured".to_owned() } else { reasons.join("; ") }
    }

    fn cost(&self, instances: impl Iterator<Item = usize>) -> Cost {
        let mut cost = Cost::default();
        for instance in instances {
            if let Some(other) = self.costs.get(self.plan.instances[instance].name.as_str()) {
                cost.add(other);
            }
        }
        cost
    }
}

/// Works out what the windows and the delay of a row say.
fn fill(row: &mut Row, reading: Reading) {
    let windows: Vec<Window> = reading.windows.unwrap_or_default();
    let accepted: Vec<f64> = windows.iter().filter(|window| window.accepted).map(|window| window.delay_ms).collect();
    row.delay_ms = match reading.selected_ms {
        Some(selected_ms) => selected_ms,
        None => median(accepted.iter().copied()),
    };
    row.spread_ms = spread(&accepted);
    row.range_ms = range(&accepted);
    if !windows.is_empty() {
        row.measured = Some(windows.len());
        row.accepted = Some(accepted.len());
    }
    row.within_1_ms_pct = row.delay_ms.and_then(|delay_ms| {
        let close = accepted.iter().filter(|other| (**other - delay_ms).abs() <= AGREEMENT_MS).count();
        share_pct(close, accepted.len())
    });
    row.windows = windows;
}

fn difference(one_ms: Option<f64>, other_ms: Option<f64>) -> Option<f64> {
    Some(one_ms? - other_ms?)
}
