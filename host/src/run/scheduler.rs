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
        Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
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
    /// Whether it looked at the files of the job, so that its recipe does not tell what it gave.
    pub(super) asked_for_job: bool,
}

/// How the work on an instance ended.
struct Ended {
    instance: usize,
    start_s: f64,
    seconds: f64,
    usage: Usage,
    tools: Vec<ToolRecord>,
    outcome: Result<Done, Error>,
}

/// Where a run stands; all workers look at it and change it.
#[derive(Default)]
struct State {
    /// Instances whose inputs are there, the next one last.
    ready: Vec<usize>,
    /// How many instances each one still waits for.
    missing: Vec<usize>,
    running: usize,
    outputs: Vec<Option<Outputs>>,
    records: Vec<Option<StageRecord>>,
    finished: Finished,
}

/// The state, and the sign that it has changed.
struct Board {
    state: Mutex<State>,
    changed: Condvar,
}

impl Board {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An instance that is being worked on. If that ends by a defect of the host, the others do not wait for it for ever.
struct Running<'b>(Option<&'b Board>);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        if let Some(board) = self.0 {
            board.lock().running -= 1;
            board.changed.notify_all();
        }
    }
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
        let missing: Vec<usize> = (0..count).map(|instance| self.plan.reads(instance).len()).collect();
        let ready = (0..count).rev().filter(|instance| missing[*instance] == 0).collect();
        let state =
            State { ready, missing, outputs: vec![None; count], records: vec![None; count], ..State::default() };
        let board = Board { state: Mutex::new(state), changed: Condvar::new() };
        let (readers, files) = (self.plan.readers(), Files::of(self.plan.sources.len()));
        std::thread::scope(|scope| {
            for _ in 0..self.pool.current_num_threads().clamp(1, count.max(1)) {
                scope.spawn(|| self.work(&board, &readers, &files));
            }
        });

        let State { outputs, records, mut finished, .. } =
            board.state.into_inner().unwrap_or_else(PoisonError::into_inner);
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

    /// Takes one instance after the other until there is nothing left to do.
    fn work(&self, board: &Board, readers: &[Vec<usize>], files: &Files) {
        let mut state = board.lock();
        loop {
            if self.is_stopping() {
                state.ready.clear();
            }
            let Some(instance) = state.ready.pop() else {
                if state.running == 0 {
                    // Whoever still waits waits for nothing.
                    board.changed.notify_all();
                    return;
                }
                state = board.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            state.running += 1;
            if !state.ready.is_empty() {
                board.changed.notify_one();
            }
            let inputs = self.inputs(instance, &state.outputs);
            drop(state);

            let planned = &self.plan.instances[instance];
            self.watch.started(instance, &planned.name, &planned.uses);
            let mut guard = Running(Some(board));
            let ended = self.work_on(instance, inputs, files);
            guard.0 = None;

            state = board.lock();
            state.running -= 1;
            let State { records, finished, outputs, missing, ready, .. } = &mut *state;
            let Some(done) = self.record(ended, records, finished) else { continue };
            let values = done.outputs.iter().map(|(port, keyed)| (port, &keyed.value));
            let past = PastInstance::new(done.recipe, done.from_store, values);
            finished.made.insert(planned.name.clone(), past);
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
    fn record(&self, mut ended: Ended, records: &mut [Option<StageRecord>], finished: &mut Finished) -> Option<Done> {
        let instance = &self.plan.instances[ended.instance];
        let outcome = match &ended.outcome {
            Ok(Done { from_store: true, .. }) => StageOutcome::FromStore,
            Ok(_) => StageOutcome::Done,
            Err(error) if error.is_cancelled() && self.is_stopping() => StageOutcome::Cancelled,
            Err(error) if error.is_cancelled() => {
                ended.outcome = Err(Error::new("it says that it was cancelled, and nobody did that")
                    .help("this is a defect of the plugin; report it to its author"));
                return self.record(ended, records, finished);
            }
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
            earlier: ended.outcome.as_ref().ok().and_then(|done| done.earlier),
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
            Said::AskedForJob => keep(&|words| words.asked_for_job = true),
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
