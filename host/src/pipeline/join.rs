//! Joins the variants of a comparison: a stage that several of them run in the same way is one.

use super::comparison::Variant;
use super::resolve::{Edge, Producer, Stage};
use std::collections::{BTreeSet, HashMap};

/// A variant by itself.
pub(super) struct Candidate {
    pub(super) name: String,
    pub(super) description: Option<String>,
    /// In topological order.
    pub(super) stages: Vec<Stage>,
    /// For each measured output its stage and its port.
    pub(super) measured: Vec<(usize, String)>,
}

impl Candidate {
    /// The stages that the `nth` measured output needs, ascending.
    pub(super) fn needed(&self, nth: usize) -> BTreeSet<usize> {
        needed(&self.stages, self.measured.get(nth).map(|(stage, _)| *stage))
    }
}

/// All stages that measured outputs need, those that are equal once, and where each variant has its own. They are equal when
/// implementation, parameters, inputs and the way of running are, whatever their names.
pub(super) fn join(candidates: Vec<Candidate>) -> (Vec<Stage>, Vec<Variant>) {
    let count = candidates.len();
    let mut joined: Vec<Stage> = Vec::new();
    // The variants of each joined stage.
    let mut owners: Vec<Vec<usize>> = Vec::new();
    let mut variants = Vec::new();
    for (nth, candidate) in candidates.into_iter().enumerate() {
        let Candidate { name, description, stages, measured } = candidate;
        let needed = needed(&stages, measured.iter().map(|(stage, _)| *stage));
        // Where each stage of this variant is among the joined ones.
        let mut places: HashMap<usize, usize> = HashMap::new();
        for (index, mut stage) in stages.into_iter().enumerate().filter(|(index, _)| needed.contains(index)) {
            for edge in stage.inputs.iter_mut().flat_map(|input| &mut input.edges) {
                if let Some(read) = producer_mut(edge)
                    && let Some(place) = places.get(read)
                {
                    *read = *place;
                }
            }
            // Two stages of one variant stay two.
            let is_free = |place: usize| owners[place].last() != Some(&nth);
            let place = joined.iter().enumerate().position(|(place, other)| is_free(place) && is_equal(other, &stage));
            let place = place.unwrap_or_else(|| {
                joined.push(stage);
                owners.push(Vec::new());
                joined.len() - 1
            });
            owners[place].push(nth);
            places.insert(index, place);
        }
        let measured = measured.into_iter().filter_map(|(stage, port)| Some((*places.get(&stage)?, port))).collect();
        let mut stages: Vec<usize> = places.into_values().collect();
        stages.sort_unstable();
        variants.push(Variant { name, description, measured, stages });
    }
    for (stage, owners) in joined.iter_mut().zip(owners) {
        if owners.len() < count {
            stage.variants = owners.into_iter().map(|owner| variants[owner].name.clone()).collect();
        }
    }
    (joined, variants)
}

/// The stages from which `ends` can be reached, those included.
fn needed(stages: &[Stage], ends: impl IntoIterator<Item = usize>) -> BTreeSet<usize> {
    let mut needed: BTreeSet<usize> = ends.into_iter().collect();
    // Stages come after those they read.
    for (index, stage) in stages.iter().enumerate().rev() {
        if needed.contains(&index) {
            needed.extend(stage.inputs.iter().flat_map(|input| &input.edges).filter_map(producer));
        }
    }
    needed
}

fn producer(edge: &Edge) -> Option<usize> {
    match edge.producer {
        Producer::Stage { index, .. } => Some(index),
        Producer::Job => None,
    }
}

fn producer_mut(edge: &mut Edge) -> Option<&mut usize> {
    match &mut edge.producer {
        Producer::Stage { index, .. } => Some(index),
        Producer::Job => None,
    }
}

fn is_equal(one: &Stage, other: &Stage) -> bool {
    one.uses == other.uses
        && one.each == other.each
        && one.inputs == other.inputs
        && one.parameters == other.parameters
        && one.isolate == other.isolate
        && one.timeout_s == other.timeout_s
        && one.memory_limit_mb == other.memory_limit_mb
}
