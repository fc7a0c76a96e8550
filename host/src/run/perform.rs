//! Makes the outputs of one instance: takes them from the store, or runs the stage and keeps what it gives.

use super::{
    call::{Ports, call},
    isolation::{self, Isolation, Limits},
    meter::Meter,
    said::Said,
    scheduler::{Inputs, Run},
    stage_host::StageHost,
};
use crate::{
    pipeline::{Feed, Instance, source_name},
    platform,
    store::{Effort, Kept, Recipe, content_key, file_key},
};
use std::{
    collections::BTreeMap,
    sync::{Mutex, OnceLock},
    time::{Duration, Instant},
};
use vsg_plugin_api::{Error, Value};

/// A value and its key.
#[derive(Debug, Clone)]
pub(super) struct Keyed {
    pub(super) value: Value,
    pub(super) key: String,
}

/// Outputs of one instance, by port.
pub(super) type Outputs = BTreeMap<String, Keyed>;

/// What an instance did.
pub(super) struct Done {
    pub(super) outputs: Outputs,
    pub(super) from_store: bool,
    /// What the outputs were made of, if that decides what they are.
    pub(super) recipe: Option<Recipe>,
    /// What the earlier run took that they came from.
    pub(super) earlier: Option<Effort>,
}

/// Keys of source files, each computed once.
pub(super) struct Files(Vec<OnceLock<Result<String, String>>>);

impl Files {
    pub(super) fn of(sources: usize) -> Self {
        Self((0..sources).map(|_| OnceLock::new()).collect())
    }
}

/// Outputs that no recipe tells: they count by what they hold.
fn by_content(outputs: Ports) -> Done {
    let keyed = outputs.into_iter().map(|(port, value)| {
        let key = content_key(&value);
        (port, Keyed { value, key })
    });
    Done { outputs: keyed.collect(), from_store: false, recipe: None, earlier: None }
}

impl Run<'_> {
    /// Takes the outputs of an instance from the store, or runs it and keeps what it gives.
    pub(super) fn perform(
        &self,
        index: usize,
        mut inputs: Inputs,
        files: &Files,
        meter: &Meter,
    ) -> Result<Done, Error> {
        let Some(store) = self.store else {
            let outputs = self.run_stage(index, inputs, meter)?;
            let unkeyed = outputs.into_iter().map(|(port, value)| (port, Keyed { value, key: String::new() }));
            return Ok(Done { outputs: unkeyed.collect(), from_store: false, recipe: None, earlier: None });
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
            return Ok(by_content(self.run_stage(index, inputs, meter)?));
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
            earlier: kept.effort.filter(|_| from_store),
        };
        if let Some(mut kept) = store.load(&key) {
            for (level, text) in kept.messages.drain(..) {
                self.hear(index, meter, Said::Message(level, text));
            }
            for entry in kept.entries.drain(..) {
                self.hear(index, meter, Said::Report(entry));
            }
            return Ok(keyed(kept, true));
        }
        let (start, before) = (Instant::now(), platform::thread_cost().cpu_ns);
        let outputs = self.run_stage(index, inputs, meter)?;
        let own_s = platform::thread_cost().cpu_ns.saturating_sub(before) as f64 / 1e9;
        let elsewhere_s = meter.total().0.cpu_seconds;
        let cpu_seconds = elsewhere_s.map(|elsewhere_s| elsewhere_s + own_s);
        let effort = Some(Effort { seconds: start.elapsed().as_secs_f64(), cpu_seconds });
        let mut kept = Kept { outputs, effort, ..Kept::default() };
        if let Ok(words) = self.kept[index].lock() {
            if words.asked_for_job {
                return Ok(by_content(kept.outputs));
            }
            kept.messages.clone_from(&words.messages);
            kept.entries.clone_from(&words.entries);
        }
        let kept = store.save(&key, recipe.clone(), kept, self.folder.path()).map_err(|error| {
            Error::new(format!("can not keep what `{}` gave: {error}", instance.name)).help(
                "make room for the store, limit it by --store-limit, move it by --store, or do without it by --no-store; \
                 `vsg-host store` shows where it is and what it holds",
            )
        })?;
        Ok(keyed(kept, false))
    }

    /// Runs the stage, here or in a process of its own.
    fn run_stage(&self, index: usize, inputs: Inputs, meter: &Meter) -> Result<Ports, Error> {
        let instance = &self.plan.instances[index];
        let (Some(stage), Some(signature), Some(plugin)) = (
            self.plugins.stage(&instance.uses),
            self.plugins.catalog().get(&instance.uses),
            self.plugins.of_stage(&instance.uses),
        ) else {
            return Err(Error::new(format!("no plugin has the stage `{}`", instance.uses)));
        };
        let values = |keyed: Vec<Keyed>| keyed.into_iter().map(|keyed| keyed.value).collect();
        let inputs = inputs.into_iter().map(|(port, keyed)| (port, values(keyed))).collect();
        let is_stopping = || self.is_stopping();
        let Some((isolation, limits)) = self.isolation_of(index) else {
            let hear = |said| self.hear(index, meter, said);
            let (folder, job) = (self.folder, &self.job);
            let pool = || Some(self.pool);
            let host = StageHost { folder, pool: &pool, meter, job, hear: &hear, is_stopping: &is_stopping };
            return call(stage, signature, &instance.parameters, inputs, &host);
        };
        let task = isolation::Task {
            program: &isolation.program,
            library: plugin.path.clone(),
            hash: plugin.hash().to_owned(),
            stage: instance.uses.clone(),
            parameters: instance.parameters.clone(),
            inputs,
            job: self.job.clone(),
            threads: self.pool.current_num_threads(),
            limits,
        };
        // The child adds up what its tools cost.
        let hear = |said| match said {
            Said::ToolUsed(used) => meter.list_tool(used),
            other => self.hear(index, meter, other),
        };
        isolation::run(task, self.folder, meter, &hear, &is_stopping)
    }

    /// How an instance is kept apart, and its limits; `None` if it is not.
    pub(super) fn isolation_of(&self, index: usize) -> Option<(&Isolation, Limits)> {
        let isolation = self.isolation.as_ref()?;
        let instance = &self.plan.instances[index];
        let own = Limits {
            // The parser takes no time that is no duration.
            time: instance.timeout_s.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()),
            memory_bytes: instance.memory_limit_mb.map(|megabytes| (megabytes * 1e6) as u64),
        };
        let limits = own.or(isolation.limits);
        (isolation.all || instance.isolate || limits.is_any()).then_some((isolation, limits))
    }

    fn file_key(&self, source: usize, files: &Files) -> Result<String, Error> {
        let path = &self.plan.sources[source];
        let key = files.0[source]
            .get_or_init(|| file_key(&source_name(source), path, self.is_strict).map_err(|error| error.to_string()));
        key.clone().map_err(|error| Error::new(format!("`{}` can not be read: {error}", path.display())))
    }

    fn recipe(&self, instance: &Instance, inputs: &Inputs) -> Recipe {
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
