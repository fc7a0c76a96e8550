//! Runs every instance of a plan once, after its inputs, as many at a time as there are processors.

use super::{
    folder::RunFolder,
    job_log::JobLog,
    progress::Progress,
    stage_host::{StageHost, file_value, is_raised},
};
use crate::{
    pipeline::{Feed, Instance, Plan},
    plugins::Plugins,
};
use std::{
    collections::BTreeMap,
    sync::{
        Mutex,
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
    pub(super) entries: Mutex<Vec<Vec<Entry>>>,
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

/// Outputs of one instance, by port.
type Outputs = BTreeMap<String, Value>;

/// What a worker thread reports back.
struct Ended {
    instance: usize,
    elapsed: Duration,
    outcome: Result<Outputs, Error>,
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
        let entries = Mutex::new(vec![Vec::new(); plan.instances.len()]);
        Self { plan, plugins, folder, log, progress, pool, cancelled, failed: AtomicBool::new(false), entries }
    }

    pub(super) fn is_stopping(&self) -> bool {
        is_raised(self.cancelled) || is_raised(&self.failed)
    }

    /// Runs until everything is done, something fails, or the user stops it.
    #[must_use]
    pub fn execute(self) -> Finished {
        let count = self.plan.instances.len();
        let mut missing: Vec<usize> = (0..count).map(|instance| self.plan.reads(instance).len()).collect();
        let mut ready: Vec<usize> = (0..count).rev().filter(|instance| missing[*instance] == 0).collect();
        let mut outputs: Vec<Option<Outputs>> = vec![None; count];
        let mut finished = Finished::default();
        let mut records: Vec<(usize, StageRecord)> = Vec::new();
        let at_once = self.pool.current_num_threads().max(1);

        std::thread::scope(|scope| {
            let (sender, receiver) = mpsc::channel::<Ended>();
            let mut running = 0;
            loop {
                while running < at_once && !self.is_stopping() {
                    let Some(instance) = ready.pop() else { break };
                    let inputs = self.inputs(instance, &outputs);
                    let (sender, run) = (sender.clone(), &self);
                    self.progress.started(instance, &self.plan.instances[instance].name);
                    scope.spawn(move || {
                        let start = Instant::now();
                        let outcome = inputs.and_then(|inputs| run.call(instance, inputs));
                        // The receiver lives as long as anything runs.
                        let _ = sender.send(Ended { instance, elapsed: start.elapsed(), outcome });
                    });
                    running += 1;
                }
                if running == 0 {
                    break;
                }
                let Ok(ended) = receiver.recv() else { break };
                running -= 1;
                self.record(&ended, &mut records, &mut finished);
                if let Ok(values) = ended.outcome {
                    outputs[ended.instance] = Some(values);
                    for reader in self.plan.readers(ended.instance) {
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
        finished.entries = self.entries.into_inner().unwrap_or_default().into_iter().flatten().collect();
        finished.undone = outputs.iter().filter(|outputs| outputs.is_none()).count();
        finished.cancelled = is_raised(self.cancelled);
        finished
    }

    fn record(&self, ended: &Ended, records: &mut Vec<(usize, StageRecord)>, finished: &mut Finished) {
        let instance = &self.plan.instances[ended.instance];
        let mark = match &ended.outcome {
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
            from_store: false,
        };
        records.push((ended.instance, record));
    }

    fn inputs(&self, instance: usize, outputs: &[Option<Outputs>]) -> Result<Vec<RawInput>, Error> {
        let value = |feed: &Feed| match feed {
            Feed::File { source } => file_value(*source, &self.plan.sources[*source]),
            Feed::Output { instance, port } => {
                outputs[*instance].as_ref().and_then(|ports| ports.get(port)).cloned().ok_or_else(|| {
                    Error::new(format!("output `{port}` of `{}` is missing", self.plan.instances[*instance].name))
                })
            }
        };
        let ports = &self.plan.instances[instance].inputs;
        ports
            .iter()
            .map(|(port, feeds)| {
                let values = feeds.iter().map(|feed| Ok(value(feed)?.into_raw())).collect::<Result<Vec<_>, Error>>()?;
                Ok(RawInput { port: port.as_str().into(), values: values.into() })
            })
            .collect()
    }

    /// Calls the plugin and checks what comes back.
    fn call(&self, index: usize, inputs: Vec<RawInput>) -> Result<Outputs, Error> {
        let instance: &Instance = &self.plan.instances[index];
        let (Some(stage), Some(signature)) =
            (self.plugins.stage(&instance.uses), self.plugins.catalog().get(&instance.uses))
        else {
            return Err(Error::new(format!("no plugin has the stage `{}`", instance.uses)));
        };
        let host = StageHost { run: self, instance: index };
        let parameters = instance.parameters.to_string();
        let reply = stage.run(host_ref(&host), parameters.as_str().into(), RVec::from(inputs));
        let returned = reply.into_result().map_err(|error| Error::from_json(&error))?;
        let mut outputs = Outputs::new();
        for output in returned {
            let port = output.port.into_string();
            outputs.insert(port, Value::from_raw(output.value)?);
        }
        check_outputs(signature, &outputs)?;
        Ok(outputs)
    }
}

fn host_ref<'a>(host: &'a StageHost<'_, '_>) -> HostRef<'a> {
    RawHost_TO::from_ptr(vsg_plugin_api::abi::RRef::new(host), vsg_plugin_api::abi::TD_Opaque)
}

/// Every declared output is there, with its kind, and no other.
fn check_outputs(signature: &Signature, outputs: &Outputs) -> Result<(), Error> {
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
