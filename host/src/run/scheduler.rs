//! Runs every instance of a plan once, after its inputs, as many at a time as there are processors.

use super::{
    folder::RunFolder,
    isolation::Isolation,
    meter::{Meter, ToolRecord, Usage},
    perform::{Done, Files, Keyed, Outputs},
    record::{Finished, StageFailure, StageOutcome, StageRecord},
    said::Said,
    watch::Watch,
};
use crate::{
    pipeline::{Feed, Plan, source_name},
    plugins::Plugins,
    store::{PastInstance, Store},
};
use std::{
    path::PathBuf,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    time::Instant,
};
use vsg_plugin_api::{Error, Job, report::Entry};

/// One execution of a plan.
pub struct Run<'p> {
    pub(super) plan: &'p Plan,
    pub(super) plugins: &'p Plugins,
    pub(super) folder: &'p RunFolder,
    pub(super) watch: Watch<'p>,
    pub(super) pool: &'p rayon::ThreadPool,
    cancelled: &'p AtomicBool,
    failed: AtomicBool,
    pub(super) store: Option<&'p Store>,
    pub(super) is_strict: bool,
    keeps_going: bool,
    pub(super) isolation: Option<Isolation>,
    pub(super) job: Job,
    started: Instant,
    /// What each instance has said and reported so far.
    pub(super) kept: Vec<Mutex<KeptWords>>,
}

/// What is kept of what an instance said.
#[derive(Debug, Default)]
pub(super) struct KeptWords {
    /// Messages for the log, with their levels.
    pub(super) messages: Vec<(u8, String)>,
    /// Additions to the report.
    pub(super) entries: Vec<Entry>,
}

/// What a worker thread reports back.
struct Ended {
    instance: usize,
    start_s: f64,
    seconds: f64,
    usage: Usage,
    tools: Vec<ToolRecord>,
    outcome: Result<Done, Error>,
}

/// Values for each input port of an instance.
pub(super) type Inputs = Vec<(String, Vec<Keyed>)>;

impl<'p> Run<'p> {
    /// Prepares to run a plan. `cancelled` is raised from outside to stop it.
    #[must_use]
    pub fn new(
        plan: &'p Plan,
        plugins: &'p Plugins,
        folder: &'p RunFolder,
        watch: Watch<'p>,
        pool: &'p rayon::ThreadPool,
        cancelled: &'p AtomicBool,
    ) -> Self {
        let job = Job {
            reference: plan.sources.first().cloned().unwrap_or_default(),
            targets: plan.sources.iter().skip(1).cloned().collect(),
            output: plan.output.clone().unwrap_or_else(|| PathBuf::from(".")),
        };
        Self {
            plan,
            plugins,
            folder,
            watch,
            pool,
            cancelled,
            failed: AtomicBool::new(false),
            store: None,
            is_strict: false,
            keeps_going: false,
            isolation: None,
            job,
            started: Instant::now(),
            kept: plan.instances.iter().map(|_| Mutex::default()).collect(),
        }
    }

    /// Takes from the store what is there, and keeps what is not. `is_strict` looks at the whole content of source files.
    #[must_use]
    pub fn with_store(self, store: &'p Store, is_strict: bool) -> Self {
        Self { store: Some(store), is_strict, ..self }
    }

    /// After a failure, runs everything that does not depend on what failed.
    #[must_use]
    pub fn keep_going(self, keeps_going: bool) -> Self {
        Self { keeps_going, ..self }
    }

    /// Runs stages that ask for it, or all, in processes of their own. Without it none is, whatever it asks for.
    #[must_use]
    pub fn isolated(self, isolation: Isolation) -> Self {
        Self { isolation: Some(isolation), ..self }
    }

    pub(super) fn is_stopping(&self) -> bool {
        is_raised(self.cancelled) || is_raised(&self.failed)
    }

    /// Runs until everything is done, something fails, or the user stops it.
    #[must_use]
    pub fn execute(self) -> Finished {
        let count = self.plan.instances.len();
        let readers = self.plan.readers();
        let mut missing: Vec<usize> = (0..count).map(|instance| self.plan.reads(instance).len()).collect();
        let files = Files::of(self.plan.sources.len());
        let mut ready: Vec<usize> = (0..count).rev().filter(|instance| missing[*instance] == 0).collect();
        let mut outputs: Vec<Option<Outputs>> = vec![None; count];
        let mut finished = Finished::default();
        let mut records: Vec<Option<StageRecord>> = vec![None; count];
        let at_once = self.pool.current_num_threads().max(1);

        let (work, queue) = mpsc::channel::<(usize, Result<Inputs, Error>)>();
        let queue = Mutex::new(queue);

        std::thread::scope(|scope| {
            let (sender, receiver) = mpsc::channel::<Ended>();
            for _ in 0..at_once.min(count) {
                let (sender, run, files, queue) = (sender.clone(), &self, &files, &queue);
                scope.spawn(move || {
                    // Only one waits at a time; the others wait for it.
                    let next = || queue.lock().ok()?.recv().ok();
                    while let Some((instance, inputs)) = next() {
                        // The receiver lives as long as anything runs.
                        let _ = sender.send(run.work_on(instance, inputs, files));
                    }
                });
            }
            // Workers end when nobody can give them work any more.
            let work = work;
            let mut running = 0;
            loop {
                while running < at_once && !self.is_stopping() {
                    let Some(instance) = ready.pop() else { break };
                    let inputs = self.inputs(instance, &outputs);
                    let planned = &self.plan.instances[instance];
                    self.watch.started(instance, &planned.name, &planned.uses);
                    if work.send((instance, inputs)).is_err() {
                        break;
                    }
                    running += 1;
                }
                if running == 0 {
                    break;
                }
                let Ok(ended) = receiver.recv() else { break };
                running -= 1;
                let instance = ended.instance;
                let Some(done) = self.record(ended, &mut records, &mut finished) else { continue };
                let values = done.outputs.iter().map(|(port, keyed)| (port, &keyed.value));
                let past = PastInstance::new(done.recipe, done.from_store, values);
                finished.made.insert(self.plan.instances[instance].name.clone(), past);
                outputs[instance] = Some(done.outputs);
                for &reader in &readers[instance] {
                    missing[reader] -= 1;
                    if missing[reader] == 0 {
                        ready.push(reader);
                    }
                }
                // The last of the list is next: what the plan has first.
                ready.sort_unstable_by(|a, b| b.cmp(a));
            }
        });

        let ran = |index: &usize| records[*index].is_some();
        let names = (0..count).filter(|index| !ran(index)).map(|index| self.plan.instances[index].name.clone());
        finished.not_run = names.collect();
        finished.stages = records.into_iter().flatten().collect();
        let words = self.kept.into_iter().filter_map(|words| words.into_inner().ok());
        finished.entries = words.flat_map(|words| words.entries).collect();
        let unkeyed = |outputs: Outputs| outputs.into_iter().map(|(port, keyed)| (port, keyed.value)).collect();
        finished.outputs = outputs.into_iter().map(|outputs| outputs.map(unkeyed)).collect();
        finished.cancelled = is_raised(self.cancelled);
        finished
    }

    /// Does the work of one instance on this thread.
    fn work_on(&self, instance: usize, inputs: Result<Inputs, Error>, files: &Files) -> Ended {
        let (meter, start) = (Meter::start(), Instant::now());
        let outcome = meter.measure(|| inputs.and_then(|inputs| self.perform(instance, inputs, files, &meter)));
        let (usage, tools) = meter.total();
        let start_s = start.duration_since(self.started).as_secs_f64();
        Ended { instance, start_s, seconds: start.elapsed().as_secs_f64(), usage, tools, outcome }
    }

    /// Takes note of the end of an instance; gives back what it did if it came to a good one.
    fn record(&self, ended: Ended, records: &mut [Option<StageRecord>], finished: &mut Finished) -> Option<Done> {
        let instance = &self.plan.instances[ended.instance];
        let outcome = match &ended.outcome {
            Ok(Done { from_store: true, .. }) => StageOutcome::FromStore,
            Ok(_) => StageOutcome::Done,
            Err(error) if error.is_cancelled() && self.is_stopping() => StageOutcome::Cancelled,
            Err(error) => {
                if !self.keeps_going {
                    self.failed.store(true, Ordering::Relaxed);
                }
                finished.failures.push(StageFailure { instance: instance.name.clone(), error: error.clone() });
                StageOutcome::Failed
            }
        };
        let error = ended.outcome.as_ref().err().filter(|_| outcome == StageOutcome::Failed);
        let record = StageRecord {
            instance: instance.name.clone(),
            uses: instance.uses.clone(),
            outcome,
            start_s: ended.start_s,
            seconds: ended.seconds,
            usage: ended.usage,
            from_store: outcome == StageOutcome::FromStore,
            isolated: outcome != StageOutcome::FromStore && self.isolation_of(ended.instance).is_some(),
            tools: ended.tools,
            error: error.map(ToString::to_string),
        };
        self.watch.ended(ended.instance, &record);
        records[ended.instance] = Some(record);
        ended.outcome.ok()
    }

    /// Values for each input port of an instance. Those of files have no key yet.
    fn inputs(&self, instance: usize, outputs: &[Option<Outputs>]) -> Result<Inputs, Error> {
        let value = |feed: &Feed| match feed {
            Feed::File { source } => {
                Ok(Keyed { value: file_value(*source, &self.plan.sources[*source])?, key: String::new() })
            }
            Feed::Output { instance, port } => {
                outputs[*instance].as_ref().and_then(|ports| ports.get(port)).cloned().ok_or_else(|| {
                    Error::new(format!("output `{port}` of `{}` is missing", self.plan.instances[*instance].name))
                })
            }
        };
        let ports = &self.plan.instances[instance].inputs;
        ports
            .iter()
            .map(|(port, feeds)| Ok((port.clone(), feeds.iter().map(value).collect::<Result<_, Error>>()?)))
            .collect()
    }

    /// Leads what an instance says, now or when it ran, to whom it concerns.
    pub(super) fn hear(&self, index: usize, meter: &Meter, said: Said) {
        let name = &self.plan.instances[index].name;
        let keep = |keep: &dyn Fn(&mut KeptWords)| {
            if let Ok(mut words) = self.kept[index].lock() {
                keep(&mut words);
            }
        };
        match said {
            Said::Message(level, text) => {
                self.watch.message(index, name, level, &text);
                if level <= 3 {
                    keep(&|words| words.messages.push((level, text.clone())));
                }
            }
            Said::Progress(fraction) => self.watch.advanced(index, name, fraction),
            Said::Report(entry) => {
                self.watch.reported(name, &entry);
                keep(&|words| words.entries.push(entry.clone()));
            }
            Said::ToolUsed(used) => meter.add_tool(used),
        }
    }
}

/// The value of a source file.
fn file_value(source: usize, path: &std::path::Path) -> Result<vsg_plugin_api::Value, Error> {
    use vsg_plugin_api::{Data, kinds::SourceFile};
    SourceFile { source: source_name(source), path: path.to_owned() }.into_value()
}

/// Whether the flag was raised.
fn is_raised(flag: &AtomicBool) -> bool {
    flag.load(Ordering::Relaxed)
}
