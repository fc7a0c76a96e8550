//! Random graphs: every stage runs once, after its inputs, and never after a failed one.

use crate::program::{built, library};
use proptest::prelude::*;
use serde_json::json;
use std::{
    collections::BTreeMap,
    path::Path,
    sync::{
        LazyLock,
        atomic::{AtomicBool, Ordering},
    },
};
use vsg_host::{
    pipeline::{Feed, Instance, Plan},
    plugins::Plugins,
    run::{Detail, Finished, JobLog, Progress, Run, RunFolder, Watch},
};
use vsg_plugin_api::report::Entry;

/// A stage that adds up what it reads.
#[derive(Debug, Clone)]
struct Node {
    /// Earlier nodes, each once.
    reads: Vec<usize>,
    plus: u64,
    loops: usize,
    fails: bool,
}

fn node(index: usize) -> impl Strategy<Value = Node> {
    let reads = proptest::sample::subsequence((0..index).collect::<Vec<_>>(), 0..=index.min(4));
    let fails = proptest::bool::weighted(0.03);
    (reads, 0..100_u64, 0..40_usize, fails).prop_map(|(reads, plus, loops, fails)| Node { reads, plus, loops, fails })
}

fn graph() -> impl Strategy<Value = Vec<Node>> {
    (1..30_usize).prop_flat_map(|count| (0..count).map(node).collect::<Vec<_>>())
}

/// The graph as a plan whose stages write into `journal`.
fn plan(graph: &[Node], journal: &Path) -> Plan {
    let instances = graph.iter().enumerate().map(|(index, node)| {
        let name = format!("node-{index}");
        let feed = |read: &usize| Feed::Output { instance: *read, port: "number".into() };
        Instance {
            parameters: json!({ "name": name, "plus": node.plus, "loops": node.loops, "fails": node.fails, "journal": journal }),
            stage: name.clone(),
            name,
            source: None,
            uses: "misbehaving/count".into(),
            inputs: vec![("numbers".into(), node.reads.iter().map(feed).collect())],
            isolate: false,
            timeout_s: None,
            memory_limit_mb: None,
        }
    });
    Plan { description: None, sources: vec!["film.mkv".into()], output: None, instances: instances.collect() }
}

/// What a run did, and the journal of its stages.
struct Outcome {
    finished: Finished,
    journal: Vec<String>,
}

fn run(graph: &[Node], threads: usize, cancelled: &AtomicBool) -> Outcome {
    static PLUGINS: LazyLock<Plugins> = LazyLock::new(|| Plugins::find(&[library(built(), "misbehaving")]));
    let place = tempfile::tempdir().unwrap();
    let journal = place.path().join("journal");
    let plan = plan(graph, &journal);
    let folder = RunFolder::create(&place.path().join("work")).unwrap();
    let log = JobLog::create(&place.path().join("log"), vec![None; graph.len()]).unwrap();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let progress = Progress::new(Detail::Quiet);
    let watch = Watch { log: &log, progress: &progress, events: None };
    let finished = Run::new(&plan, &PLUGINS, &folder, watch, &pool, cancelled).execute();
    let journal = std::fs::read_to_string(&journal).unwrap_or_default().lines().map(str::to_owned).collect();
    Outcome { finished, journal }
}

/// Values by definition: what the graph must compute.
fn values(graph: &[Node]) -> Vec<u64> {
    graph.iter().fold(Vec::new(), |mut values, node| {
        let read: u64 = node.reads.iter().map(|read| values[*read]).sum();
        values.push(node.plus + (0..node.loops as u64).sum::<u64>() + read);
        values
    })
}

/// What the stages reported, by name.
fn reported(finished: &Finished) -> BTreeMap<String, u64> {
    let facts = finished.entries.iter().filter_map(|entry| match entry {
        Entry::Facts(facts) => facts["numbers"].as_object(),
        _ => None,
    });
    facts.flatten().map(|(name, value)| (name.clone(), value.as_u64().unwrap())).collect()
}

/// Nothing ran twice, before its inputs, or after an input that failed; what succeeded has its value.
fn is_sound(graph: &[Node], outcome: &Outcome) {
    let place = |line: String| {
        let mut places =
            outcome.journal.iter().enumerate().filter(|(_, other)| **other == line).map(|(place, _)| place);
        let first = places.next();
        assert_eq!(places.next(), None, "{line} more than once");
        first
    };
    let (values, reported) = (values(graph), reported(&outcome.finished));
    for (index, node) in graph.iter().enumerate() {
        let (start, end) = (place(format!("starts node-{index}")), place(format!("ends node-{index}")));
        assert_eq!(
            start.is_some(),
            outcome.finished.stages.iter().any(|stage| stage.instance == format!("node-{index}"))
        );
        for read in node.reads.iter().filter(|_| start.is_some()) {
            assert!(!graph[*read].fails, "node-{index} ran after node-{read} failed");
            assert!(place(format!("ends node-{read}")) < start, "node-{index} ran before node-{read} had ended");
        }
        let value = reported.get(&format!("node-{index}"));
        assert!(value.is_none() || value == Some(&values[index]), "node-{index}");
        assert!(value.is_none() || end.is_some());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn stages_run_once_after_their_inputs_and_never_after_a_failed_one(graph in graph(), threads in 1..5_usize) {
        let outcome = run(&graph, threads, &AtomicBool::new(false));
        is_sound(&graph, &outcome);
        prop_assert!(!outcome.finished.cancelled);
        if graph.iter().any(|node| node.fails) {
            prop_assert!(!outcome.finished.failures.is_empty());
        } else {
            prop_assert_eq!(outcome.finished.stages.len(), graph.len());
            prop_assert_eq!(reported(&outcome.finished).len(), graph.len());
        }
    }

    #[test]
    fn any_number_of_threads_gives_the_same(graph in graph()) {
        let graph: Vec<Node> = graph.into_iter().map(|node| Node { fails: false, ..node }).collect();
        let one = run(&graph, 1, &AtomicBool::new(false)).finished;
        let many = run(&graph, 16, &AtomicBool::new(false)).finished;
        prop_assert_eq!(one.entries, many.entries);
    }

    #[test]
    fn a_run_that_is_cancelled_at_any_moment_is_sound(graph in graph(), threads in 1..5_usize) {
        let cancelled = AtomicBool::new(false);
        let outcome = std::thread::scope(|scope| {
            scope.spawn(|| cancelled.store(true, Ordering::Relaxed));
            run(&graph, threads, &cancelled)
        });
        is_sound(&graph, &outcome);
        let finished = outcome.finished;
        // The flag may also be raised too late.
        prop_assert!(finished.cancelled || finished.stages.len() == graph.len() || !finished.failures.is_empty());
        prop_assert!(finished.failures.iter().all(|failure| failure.error.message().contains("on purpose")));
    }
}
