//! Random graphs: every stage runs once, after its inputs, and never after a failed one.

use crate::program::{built, library};
use proptest::prelude::*;
use std::{
    collections::BTreeMap,
    fmt::Write,
    path::Path,
    sync::{
        LazyLock,
        atomic::{AtomicBool, Ordering},
    },
};
use vsg_host::{
    pipeline::{Each, Feed, JobFiles, Plan, load_text, plan, resolve, source_name},
    plugins::Plugins,
    run::{Detail, Finished, JobLog, Progress, Run, RunFolder, Watch},
    store::Store,
};
use vsg_plugin_api::report::Entry;

/// Most stages of a graph; each may be repeated for up to four sources.
const MOST_STAGES: usize = 60;

/// A stage that adds up what it reads.
#[derive(Debug, Clone)]
struct Node {
    each: Each,
    /// Earlier nodes, each once, and whether only their value for the reference is read.
    reads: Vec<(usize, bool)>,
    plus: u64,
    loops: usize,
    fails: bool,
}

/// A pipeline and the number of its sources.
#[derive(Debug, Clone)]
struct Graph {
    nodes: Vec<Node>,
    sources: usize,
}

fn node(index: usize) -> impl Strategy<Value = Node> {
    let each = prop_oneof![Just(Each::Once), Just(Each::Sources), Just(Each::Targets)];
    let reads = proptest::sample::subsequence((0..index).collect::<Vec<_>>(), 0..=index.min(4));
    let at_reference = proptest::collection::vec(any::<bool>(), 4);
    let fails = proptest::bool::weighted(0.01);
    (each, reads, at_reference, 0..100_u64, 0..40_usize, fails).prop_map(
        |(each, reads, at_reference, plus, loops, fails)| {
            let reads = reads.into_iter().zip(at_reference).collect();
            Node { each, reads, plus, loops, fails }
        },
    )
}

fn graph() -> impl Strategy<Value = Graph> {
    let nodes = (1..=MOST_STAGES).prop_flat_map(|count| (0..count).map(node).collect::<Vec<_>>());
    (nodes, 1..=4_usize).prop_map(|(mut nodes, sources)| {
        let each: Vec<Each> = nodes.iter().map(|node| node.each).collect();
        for node in &mut nodes {
            // A stage for every source can not read what there is for targets only, nor is there a target's value for the reference.
            node.reads.retain(|(read, _)| node.each != Each::Sources || each[*read] != Each::Targets);
            for (read, at_reference) in &mut node.reads {
                *at_reference &= each[*read] == Each::Sources && node.each != Each::Once;
            }
        }
        Graph { nodes, sources }
    })
}

/// The pipeline as it would be typed; its stages write into `journal`.
fn text(graph: &Graph, journal: &Path) -> String {
    let mut text = String::new();
    for (index, node) in graph.nodes.iter().enumerate() {
        let each = match node.each {
            Each::Once => "",
            Each::Sources => "each = \"sources\"\n",
            Each::Targets => "each = \"targets\"\n",
        };
        let edge = |(read, at_reference): &(usize, bool)| {
            format!("\"node-{read}.number{}\"", if *at_reference { "@reference" } else { "" })
        };
        let numbers: Vec<String> = node.reads.iter().map(edge).collect();
        let file = if node.each == Each::Once { "" } else { ", file = \"job.file\"" };
        let Node { plus, loops, fails, .. } = node;
        writeln!(
            text,
            "[stage.node-{index}]\nuse = \"misbehaving/count\"\n{each}from = {{ numbers = [{}]{file} }}\n\
             with = {{ name = \"node-{index}\", plus = {plus}, loops = {loops}, fails = {fails}, journal = {journal:?} }}",
            numbers.join(", ")
        )
        .unwrap();
    }
    text
}

/// What a run did, the plan of it, and the journal of its stages.
struct Outcome {
    plan: Plan,
    finished: Finished,
    journal: Vec<String>,
}

/// How a graph is run.
#[derive(Default, Clone, Copy)]
struct Way<'w> {
    threads: usize,
    keeps_going: bool,
    store: Option<&'w Path>,
}

fn run(graph: &Graph, way: Way<'_>, cancelled: &AtomicBool) -> Outcome {
    static PLUGINS: LazyLock<Plugins> = LazyLock::new(|| Plugins::find(&[library(built(), "misbehaving")]));
    let place = tempfile::tempdir().unwrap();
    // With a store the journal is part of what the values are made of, so it has to stay where it is.
    let place = way.store.unwrap_or(place.path());
    let journal = place.join("journal");
    let _ = std::fs::remove_file(&journal);
    let parsed = load_text(Path::new("graph.toml"), &text(graph, &journal), &[]).unwrap();
    let resolved = resolve(parsed, PLUGINS.catalog()).unwrap();
    let mut files = (0..graph.sources).map(|source| {
        let file = place.join(format!("{source}.mkv"));
        if !file.exists() {
            std::fs::create_dir_all(place).unwrap();
            std::fs::write(&file, "not looked into").unwrap();
        }
        file
    });
    let job = JobFiles { reference: files.next(), targets: files.collect(), output: None };
    let plan = plan(&resolved, &job).unwrap();
    let folder = RunFolder::create(&place.join("work")).unwrap();
    let log = JobLog::create(&place.join("log"), vec![None; plan.instances.len()]).unwrap();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(way.threads).build().unwrap();
    let progress = Progress::new(Detail::Quiet);
    let watch = Watch { log: &log, progress: &progress, events: None };
    let run = Run::new(&plan, &PLUGINS, &folder, watch, &pool, cancelled).keep_going(way.keeps_going);
    let store = way.store.map(|folder| Store::open(folder).unwrap());
    let finished = match &store {
        None => run.execute(),
        Some(store) => run.with_store(store, false).execute(),
    };
    let journal = std::fs::read_to_string(&journal).unwrap_or_default().lines().map(str::to_owned).collect();
    Outcome { plan, finished, journal }
}

/// Name of an instance in journal and report.
fn name(plan: &Plan, instance: usize) -> String {
    let instance = &plan.instances[instance];
    match instance.source {
        None => instance.stage.clone(),
        Some(source) => format!("{}@{}", instance.stage, source_name(source)),
    }
}

/// The node that an instance is of.
fn node_of(plan: &Plan, instance: usize) -> usize {
    plan.instances[instance].stage.trim_start_matches("node-").parse().unwrap()
}

/// Values by definition: what each instance must compute.
fn values(graph: &Graph, plan: &Plan) -> Vec<u64> {
    plan.instances.iter().enumerate().fold(Vec::new(), |mut values: Vec<u64>, (index, instance)| {
        let feeds = instance.inputs.iter().flat_map(|(_, feeds)| feeds);
        let read: u64 = feeds
            .filter_map(|feed| match feed {
                Feed::Output { instance, .. } => Some(values[*instance]),
                Feed::File { .. } => None,
            })
            .sum();
        let node = &graph.nodes[node_of(plan, index)];
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
fn is_sound(graph: &Graph, outcome: &Outcome) {
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    for (place, line) in outcome.journal.iter().enumerate() {
        assert_eq!(places.insert(line, place), None, "{line} more than once");
    }
    let place =
        |what: &str, instance: usize| places.get(format!("{what} {}", name(&outcome.plan, instance)).as_str()).copied();
    let (values, reported) = (values(graph, &outcome.plan), reported(&outcome.finished));
    for (index, wanted) in values.iter().enumerate() {
        let (start, end, name) = (place("starts", index), place("ends", index), name(&outcome.plan, index));
        let ran = outcome.finished.stages.iter().any(|stage| stage.instance == name);
        assert_eq!(start.is_some(), ran, "{name}");
        assert_eq!(!ran, outcome.finished.not_run.contains(&name), "{name}");
        for read in outcome.plan.reads(index).into_iter().filter(|_| ran) {
            assert!(!graph.nodes[node_of(&outcome.plan, read)].fails, "{name} ran after an input failed");
            assert!(place("ends", read) < start, "{name} ran before an input had ended");
        }
        let value = reported.get(&name);
        assert!(value.is_none() || value == Some(wanted), "{name}");
        assert!(value.is_none() || end.is_some(), "{name}");
        let output = outcome.finished.outputs[index].as_ref().map(|ports| ports["number"].header["value"].clone());
        assert_eq!(output, value.map(|value| (*value).into()), "{name}");
    }
}

const fn threads(threads: usize) -> Way<'static> {
    Way { threads, keeps_going: false, store: None }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn stages_run_once_after_their_inputs_and_never_after_a_failed_one(graph in graph(), count in 1..5_usize) {
        let outcome = run(&graph, threads(count), &AtomicBool::new(false));
        is_sound(&graph, &outcome);
        prop_assert!(!outcome.finished.cancelled);
        let plan = &outcome.plan;
        if (0..plan.instances.len()).any(|instance| graph.nodes[node_of(plan, instance)].fails) {
            prop_assert!(!outcome.finished.failures.is_empty());
        } else {
            prop_assert_eq!(reported(&outcome.finished).len(), plan.instances.len());
        }
    }

    #[test]
    fn who_keeps_going_runs_all_that_does_not_depend_on_a_failure(graph in graph(), count in 1..5_usize) {
        let outcome = run(&graph, Way { keeps_going: true, ..threads(count) }, &AtomicBool::new(false));
        is_sound(&graph, &outcome);
        let plan = &outcome.plan;
        let good = (0..plan.instances.len()).fold(Vec::new(), |mut good: Vec<bool>, instance| {
            let inputs = plan.reads(instance).into_iter().all(|read| good[read]);
            good.push(inputs && !graph.nodes[node_of(plan, instance)].fails);
            good
        });
        let done: Vec<bool> = outcome.finished.outputs.iter().map(Option::is_some).collect();
        prop_assert_eq!(done, good);
    }

    #[test]
    fn any_number_of_threads_gives_the_same_and_so_does_the_store(graph in graph()) {
        let mut graph = graph;
        graph.nodes.iter_mut().for_each(|node| node.fails = false);
        let one = run(&graph, threads(1), &AtomicBool::new(false)).finished;
        let many = run(&graph, threads(16), &AtomicBool::new(false)).finished;
        prop_assert_eq!(&one.entries, &many.entries);
        let store = tempfile::tempdir().unwrap();
        let stored = || run(&graph, Way { store: Some(store.path()), ..threads(4) }, &AtomicBool::new(false));
        prop_assert_eq!(&stored().finished.entries, &one.entries);
        let again = stored();
        prop_assert_eq!(&again.finished.entries, &one.entries);
        prop_assert!(again.journal.is_empty() && again.finished.stages.iter().all(|stage| stage.from_store));
    }

    #[test]
    fn a_run_that_is_cancelled_at_any_moment_is_sound(graph in graph(), count in 1..5_usize) {
        let cancelled = AtomicBool::new(false);
        let outcome = std::thread::scope(|scope| {
            scope.spawn(|| cancelled.store(true, Ordering::Relaxed));
            run(&graph, threads(count), &cancelled)
        });
        is_sound(&graph, &outcome);
        let finished = outcome.finished;
        // The flag may also be raised too late.
        prop_assert!(finished.cancelled || finished.not_run.is_empty() || !finished.failures.is_empty());
        prop_assert!(finished.failures.iter().all(|failure| failure.error.message().contains("on purpose")));
    }
}
