//! Finds circles of stages, and the order in which stages can run.

use super::cause::Cause;
use super::parse::ParsedStage;
use super::problem::{Problem, Problems};
use super::reference::Reference;
use super::resolve::{Producer, Stage};
use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use std::collections::{BTreeSet, HashMap, VecDeque};

/// Reports the stages that read each other in a circle, one circle for each knot of them.
pub(super) fn report_cycles(stages: &[ParsedStage], problems: &mut Problems) {
    let indices: HashMap<&str, usize> =
        stages.iter().enumerate().map(|(index, stage)| (stage.name.value.as_str(), index)).collect();
    let mut graph: DiGraph<usize, &Reference> = DiGraph::new();
    let nodes: Vec<NodeIndex> = (0..stages.len()).map(|index| graph.add_node(index)).collect();
    for (reader, stage) in stages.iter().enumerate() {
        for edge in stage.from.iter().flat_map(|input| &input.edges) {
            if let Some(&read) = indices.get(edge.stage.value.as_str()).filter(|&&read| read != reader) {
                graph.add_edge(nodes[reader], nodes[read], edge);
            }
        }
    }
    for knot in kosaraju_scc(&graph).into_iter().filter(|knot| knot.len() > 1) {
        let Some(first) = knot.into_iter().min() else { continue };
        let circle = shortest_circle(&graph, first);
        let name = |node: &NodeIndex| stages[graph[*node]].name.value.clone();
        let path: Vec<String> = circle.iter().chain([&first]).map(name).collect();
        let edge = circle.get(1).and_then(|&second| graph.find_edge(first, second)).map(|edge| graph[edge]);
        let mut problem = Problem::new(Cause::Cycle { path }).help("each stage of the circle reads the next one");
        if let Some(edge) = edge {
            problem = problem.at(&edge.place, "part of the circle");
        }
        problems.push(problem);
    }
}

/// The shortest path from a node back to itself, without the node at its end.
fn shortest_circle(graph: &DiGraph<usize, &Reference>, first: NodeIndex) -> Vec<NodeIndex> {
    let mut came_from: HashMap<NodeIndex, NodeIndex> = HashMap::new();
    let mut queue = VecDeque::from([first]);
    while let Some(node) = queue.pop_front() {
        let mut read: Vec<NodeIndex> = graph.neighbors(node).collect();
        read.sort_unstable();
        if read.contains(&first) {
            let mut path = vec![node];
            while let Some(&before) = path.last().filter(|&&node| node != first).and_then(|node| came_from.get(node)) {
                path.push(before);
            }
            path.reverse();
            return path;
        }
        for next in read {
            if next != first && !came_from.contains_key(&next) {
                came_from.insert(next, node);
                queue.push_back(next);
            }
        }
    }
    vec![first]
}

/// The stages so that each comes after those it reads, and otherwise in the given order. There must be no circle.
pub(super) fn sorted(stages: Vec<Stage>) -> Vec<Stage> {
    let reads: Vec<BTreeSet<usize>> = stages.iter().map(|stage| producers(stage).collect()).collect();
    let mut readers = vec![Vec::new(); stages.len()];
    let mut unmet: Vec<usize> = reads.iter().map(BTreeSet::len).collect();
    for (reader, reads) in reads.iter().enumerate() {
        for &read in reads {
            readers[read].push(reader);
        }
    }
    let mut ready: BTreeSet<usize> = (0..stages.len()).filter(|&stage| unmet[stage] == 0).collect();
    let mut order = Vec::with_capacity(stages.len());
    while let Some(stage) = ready.pop_first() {
        order.push(stage);
        for &reader in &readers[stage] {
            unmet[reader] -= 1;
            if unmet[reader] == 0 {
                ready.insert(reader);
            }
        }
    }
    let positions: HashMap<usize, usize> =
        order.iter().enumerate().map(|(position, &stage)| (stage, position)).collect();
    let mut placed: Vec<(Option<&usize>, Stage)> =
        stages.into_iter().enumerate().map(|(index, stage)| (positions.get(&index), stage)).collect();
    placed.sort_by_key(|(position, _)| *position);
    let mut stages: Vec<Stage> = placed.into_iter().map(|(_, stage)| stage).collect();
    for edge in stages.iter_mut().flat_map(|stage| &mut stage.inputs).flat_map(|input| &mut input.edges) {
        if let Producer::Stage { index, .. } = &mut edge.producer {
            *index = positions.get(index).copied().unwrap_or(*index);
        }
    }
    stages
}

/// Indices of the stages that a stage reads.
fn producers(stage: &Stage) -> impl Iterator<Item = usize> {
    stage.inputs.iter().flat_map(|input| &input.edges).filter_map(|edge| match edge.producer {
        Producer::Stage { index, .. } => Some(index),
        Producer::Job => None,
    })
}
