//! Runs every instance of a plan once, after its inputs, as many at a time as there are processors.

use super::{
    folder::RunFolder,
    job_log::JobLog,
    progress::Progress,
    stage_host::{StageHost, file_value, is_raised},
};
use crate::{
    pipeline::{Feed, Instance, Plan, source_name},
    plugins::Plugins,
    store::{Kept, PastInstance, Recipe, Store, content_key, file_key},
};
use std::{
    collections::BTreeMap,
    sync::{
        Mutex, OnceLock,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    time::{Duration, Instant},
};
use vsg_plugin_api::{
    Error, Signature, Value,
    abi::{HostRef, RawHost_TO, RawInput, std_types::RVec},
    report::Entry,
};

/// One execution of a plan.
pub struct Run<'p> {
    pub(super) plan: &'p Plan,
    plugins: &'p Plugins,
    pub(super) folder: &'p RunFolder,
    pub(super) log: &'p JobLog,
    pub(super) progress: &'p Progress,
    pub(super) pool: &'p rayon::ThreadPool,
    cancelled: &'p AtomicBool,
    failed: AtomicBool,
    store: Option<&'p Store>,
    is_strict: bool,
    /// What each instance has said and reported so far.
    pub(super) said: Vec<Mutex<Said>>,
}

/// What an instance says beside its outputs.
#[derive(Debug, Default)]
pub(super) struct Said {
    /// Messages for the log, with their levels.
    pub(super) messages: Vec<(u8, String)>,
    /// Additions to the report.
    pub(super) entries: Vec<Entry>,
}

/// What a run did.
#[derive(Debug, Default)]
pub struct Finished {
    /// Instances that ran, in the order of the plan.
    pub stages: Vec<StageRecord>,
    /// What stages added to the report, in the order of the plan.
    pub entries: Vec<Entry>,
    /// Why the run failed; the first one counts, others may have followed before everything stopped.
    pub failures: Vec<StageFailure>,
    /// What the outputs of instances were made of, by name; those with effects are left out.
    pub made: BTreeMap<String, PastInstance>,
    /// Instances that did not come to a good end.
    pub undone: usize,
    /// Whether the user asked to stop.
    pub cancelled: bool,
}

/// How a run went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Everything ran.
    Done,
    /// The user stopped it.
    Cancelled,
    /// It did not, and this is why.
    Failed {
        /// The first failure.
        error: String,
        /// What to do about it.
        help: Option<String>,
    },
}

impl Finished {
    /// How it went. Who asks to stop when everything is done comes too late.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        match self.failures.first() {
            _ if self.undone == 0 => Outcome::Done,
            _ if self.cancelled => Outcome::Cancelled,
            Some(failure) => Outcome::Failed {
                error: format!("{}: {}", failure.instance, failure.error),
                help: failure.error.help_text().map(str::to_owned),
            },
            None => Outcome::Failed { error: format!("{} stage(s) did not run", self.undone), help: None },
        }
    }
}

/// One instance that ran.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct StageRecord {
    /// Name, `correlate@Source 2`.
    pub instance: String,
    /// Implementation.
    #[serde(rename = "use")]
    pub uses: String,
    /// Wall time (s).
    pub seconds: f64,
    /// Whether its outputs came from an earlier run.
    pub from_store: bool,
}

/// One instance that failed.
#[derive(Debug, Clone)]
pub struct StageFailure {
    /// Name of the instance.
    pub instance: String,
    /// What went wrong.
    pub error: Error,
}

/// A value and its key.
#[derive(Debug, Clone)]
struct Keyed {
    value: Value,
    key: String,
}

/// Outputs of one instance, by port.
type Outputs = BTreeMap<String, Keyed>;

/// What an instance did.
struct Done {
    outputs: Outputs,
    from_store: bool,
    /// What the outputs were made of, if that decides what they are.
    recipe: Option<Recipe>,
}

/// What a worker thread reports back.
struct Ended {
    instance: usize,
    elapsed: Duration,
    outcome: Result<Done, Error>,
}

impl<'p> Run<'p> {
    /// Prepares to run a plan. `cancelled` is raised from outside to stop it.
    #[must_use]
    pub fn new(
        plan: &'p Plan,
        plugins: &'p Plugins,
        folder: &'p RunFolder,
        log: &'p JobLog,
        progress: &'p Progress,
        pool: &'p rayon::ThreadPool,
        cancelled: &'p AtomicBool,
    ) -> Self {
        let said = plan.instances.iter().map(|_| Mutex::default()).collect();
        let failed = AtomicBool::new(false);
        Self { plan, plugins, folder, log, progress, pool, cancelled, failed, store: None, is_strict: false, said }
    }

    /// Takes from the store what is there, and keeps what is not. `is_strict` looks at the whole content of source files.
    #[must_use]
    pub fn with_store(self, store: &'p Store, is_strict: bool) -> Self {
        Self { store: Some(store), is_strict, ..self }
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
        let files: Vec<OnceLock<Result<String, String>>> = self.plan.sources.iter().map(|_| OnceLock::new()).collect();
        let mut ready: Vec<usize> = (0..count).rev().filter(|instance| missing[*instance] == 0).collect();
        let mut outputs: Vec<Option<Outputs>> = vec![None; count];
        let mut finished = Finished::default();
        let mut records: Vec<(usize, StageRecord)> = Vec::new();
        let at_once = self.pool.current_num_threads().max(1);

        let (work, queue) = mpsc::channel::<(usize, Result<Vec<(String, Vec<Keyed>)>, Error>)>();
        let queue = Mutex::new(queue);

        std::thread::scope(|scope| {
            let (sender, receiver) = mpsc::channel::<Ended>();
            for _ in 0..at_once.min(count) {
                let (sender, run, files, queue) = (sender.clone(), &self, &files, &queue);
                scope.spawn(move || {
                    // Only one waits at a time; the others wait for it.
                    let next = || queue.lock().ok()?.recv().ok();
                    while let Some((instance, inputs)) = next() {
                        let start = Instant::now();
                        let outcome = inputs.and_then(|inputs| run.perform(instance, inputs, files));
                        // The receiver lives as long as anything runs.
                        let _ = sender.send(Ended { instance, elapsed: start.elapsed(), outcome });
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
                    self.progress.started(instance, &self.plan.instances[instance].name);
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
                self.record(&ended, &mut records, &mut finished);
                if let Ok(done) = ended.outcome {
                    if let Some(recipe) = done.recipe {
                        let name = self.plan.instances[ended.instance].name.clone();
                        finished.made.insert(name, PastInstance { recipe, from_store: done.from_store });
                    }
                    outputs[ended.instance] = Some(done.outputs);
                    for &reader in &readers[ended.instance] {
                        missing[reader] -= 1;
                        if missing[reader] == 0 {
                            ready.push(reader);
                        }
                    }
                    // The last of the list is next: what the plan has first.
                    ready.sort_unstable_by(|a, b| b.cmp(a));
                }
            }
        });

        records.sort_by_key(|(instance, _)| *instance);
        finished.stages = records.into_iter().map(|(_, record)| record).collect();
        let said = self.said.into_iter().filter_map(|said| said.into_inner().ok());
        finished.entries = said.flat_map(|said| said.entries).collect();
        finished.undone = outputs.iter().filter(|outputs| outputs.is_none()).count();
        finished.cancelled = is_raised(self.cancelled);
        finished
    }

    fn record(&self, ended: &Ended, records: &mut Vec<(usize, StageRecord)>, finished: &mut Finished) {
        let instance = &self.plan.instances[ended.instance];
        let mark = match &ended.outcome {
            Ok(Done { from_store: true, .. }) => "↺",
            Ok(_) => "✓",
            Err(error) if error.is_cancelled() && self.is_stopping() => "–",
            Err(error) => {
                self.failed.store(true, Ordering::Relaxed);
                self.log.message(ended.instance, &format!("[ERROR] {}: {error}", instance.name));
                finished.failures.push(StageFailure { instance: instance.name.clone(), error: error.clone() });
                "✗"
            }
        };
        self.log.ended(ended.instance);
        self.progress.ended(ended.instance, &instance.name, ended.elapsed, mark);
        let record = StageRecord {
            instance: instance.name.clone(),
            uses: instance.uses.clone(),
            seconds: ended.elapsed.as_secs_f64(),
            from_store: ended.outcome.as_ref().is_ok_and(|done| done.from_store),
        };
        records.push((ended.instance, record));
    }

    /// Values for each input port of an instance. Those of files have no key yet.
    fn inputs(&self, instance: usize, outputs: &[Option<Outputs>]) -> Result<Vec<(String, Vec<Keyed>)>, Error> {
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

    /// Takes the outputs of an instance from the store, or calls it and keeps what it gives.
    fn perform(
        &self,
        index: usize,
        mut inputs: Vec<(String, Vec<Keyed>)>,
        files: &[OnceLock<Result<String, String>>],
    ) -> Result<Done, Error> {
        let Some(store) = self.store else {
            let outputs = self.call(index, inputs)?;
            let unkeyed = outputs.into_iter().map(|(port, value)| (port, Keyed { value, key: String::new() }));
            return Ok(Done { outputs: unkeyed.collect(), from_store: false, recipe: None });
        };
        let instance = &self.plan.instances[index];
        for ((_, values), (_, feeds)) in inputs.iter_mut().zip(&instance.inputs) {
            for (value, feed) in values.iter_mut().zip(feeds) {
                if let Feed::File { source } = feed {
                    value.key = self.file_key(*source, files)?;
                }
            }
        }
        if !self.plugins.catalog().get(&instance.uses).is_some_and(|signature| signature.pure) {
            let outputs = self.call(index, inputs)?;
            let keyed = outputs.into_iter().map(|(port, value)| {
                let key = content_key(&value);
                (port, Keyed { value, key })
            });
            return Ok(Done { outputs: keyed.collect(), from_store: false, recipe: None });
        }
        let recipe = self.recipe(instance, &inputs);
        let key = recipe.key();
        let keyed = |kept: Kept, from_store| Done {
            outputs: kept
                .outputs
                .into_iter()
                .map(|(port, value)| {
                    let key = key.of_port(&port);
                    (port, Keyed { value, key })
                })
                .collect(),
            from_store,
            recipe: Some(recipe.clone()),
        };
        if let Some(mut kept) = store.load(&key) {
            self.repeat(index, &mut kept);
            return Ok(keyed(kept, true));
        }
        let outputs = self.call(index, inputs)?;
        let mut kept = Kept { outputs, ..Kept::default() };
        if let Ok(said) = self.said[index].lock() {
            kept.messages.clone_from(&said.messages);
            kept.entries.clone_from(&said.entries);
        }
        let kept = store.save(&key, recipe.clone(), kept, self.folder.path()).map_err(|error| {
            Error::new(format!("can not keep what `{}` gave: {error}", instance.name)).help(
                "make room for the store, limit it by --store-limit, move it by --store, or do without it by --no-store; \
                 `vsg-host store` shows where it is and what it holds",
            )
        })?;
        Ok(keyed(kept, false))
    }

    /// Says and reports again what an instance said when it ran.
    fn repeat(&self, index: usize, kept: &mut Kept) {
        for (level, message) in &kept.messages {
            self.say(index, *level, message);
        }
        if let Ok(mut said) = self.said[index].lock() {
            said.entries.append(&mut kept.entries);
        }
    }

    /// Leads a message of an instance to terminal and log.
    pub(super) fn say(&self, index: usize, level: u8, message: &str) {
        self.progress.message(level, &self.plan.instances[index].name, message);
        if level <= 3 {
            self.log.message(index, message);
        }
    }

    fn file_key(&self, source: usize, files: &[OnceLock<Result<String, String>>]) -> Result<String, Error> {
        let path = &self.plan.sources[source];
        let key = files[source]
            .get_or_init(|| file_key(&source_name(source), path, self.is_strict).map_err(|error| error.to_string()));
        key.clone().map_err(|error| Error::new(format!("`{}` can not be read: {error}", path.display())))
    }

    fn recipe(&self, instance: &Instance, inputs: &[(String, Vec<Keyed>)]) -> Recipe {
        let tools = self.plugins.catalog().get(&instance.uses).map(|signature| signature.tools.as_slice());
        let keys = |values: &Vec<Keyed>| values.iter().map(|value| value.key.clone()).collect();
        Recipe {
            stage: instance.uses.clone(),
            plugin: self.plugins.of_stage(&instance.uses).map(|plugin| plugin.hash().to_owned()).unwrap_or_default(),
            tools: tools.unwrap_or_default().iter().map(|tool| (tool.clone(), tool_print(tool))).collect(),
            parameters: instance.parameters.clone(),
            inputs: inputs.iter().map(|(port, values)| (port.clone(), keys(values))).collect(),
        }
    }

    /// Calls the plugin and checks what comes back.
    fn call(&self, index: usize, inputs: Vec<(String, Vec<Keyed>)>) -> Result<BTreeMap<String, Value>, Error> {
        let instance: &Instance = &self.plan.instances[index];
        let (Some(stage), Some(signature)) =
            (self.plugins.stage(&instance.uses), self.plugins.catalog().get(&instance.uses))
        else {
            return Err(Error::new(format!("no plugin has the stage `{}`", instance.uses)));
        };
        let inputs = inputs.into_iter().map(|(port, values)| RawInput {
            port: port.into(),
            values: values.into_iter().map(|keyed| keyed.value.into_raw()).collect(),
        });
        let host = StageHost { run: self, instance: index };
        let parameters = instance.parameters.to_string();
        let reply = stage.run(host_ref(&host), parameters.as_str().into(), inputs.collect::<RVec<_>>());
        let returned = reply.into_result().map_err(|error| Error::from_json(&error))?;
        let mut outputs = BTreeMap::new();
        for output in returned {
            let port = output.port.into_string();
            outputs.insert(port, Value::from_raw(output.value)?);
        }
        check_outputs(signature, &outputs)?;
        Ok(outputs)
    }
}

/// What tells one version of a tool from another without asking it: where it is, its size and its time.
fn tool_print(name: &str) -> String {
    static PRINTS: Mutex<BTreeMap<String, String>> = Mutex::new(BTreeMap::new());
    let print = |name: &str| {
        let tool = vsg_tools::Tool::ALL.into_iter().find(|tool| tool.name() == name)?;
        let path = vsg_tools::Search::from_env().find(tool).ok()?;
        let metadata = std::fs::metadata(&path).ok()?;
        Some(format!("{} {} {:?}", path.display(), metadata.len(), metadata.modified().ok()?))
    };
    let Ok(mut prints) = PRINTS.lock() else { return String::new() };
    prints.entry(name.to_owned()).or_insert_with(|| print(name).unwrap_or_default()).clone()
}

fn host_ref<'a>(host: &'a StageHost<'_, '_>) -> HostRef<'a> {
    RawHost_TO::from_ptr(vsg_plugin_api::abi::RRef::new(host), vsg_plugin_api::abi::TD_Opaque)
}

/// Every declared output is there, with its kind, and no other.
fn check_outputs(signature: &Signature, outputs: &BTreeMap<String, Value>) -> Result<(), Error> {
    let defect = |what: String| Error::new(what).help("this is a defect of the plugin; report it to its author");
    for port in &signature.outputs {
        match outputs.get(&port.name) {
            None => return Err(defect(format!("the stage returned nothing for its output `{}`", port.name))),
            Some(value) if value.kind != port.kind => {
                return Err(defect(format!(
                    "the stage returned a `{}` for its output `{}`, which is declared as `{}`",
                    value.kind, port.name, port.kind
                )));
            }
            Some(_) => {}
        }
    }
    match outputs.keys().find(|name| !signature.outputs.iter().any(|port| port.name == **name)) {
        Some(name) => Err(defect(format!("the stage returned an output `{name}` that it does not declare"))),
        None => Ok(()),
    }
}
