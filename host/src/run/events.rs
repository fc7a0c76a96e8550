//! What a front end can follow: one JSON object a line for everything that happens in a run.

use super::{
    meter::Usage,
    record::{StageOutcome, StageRecord},
};
use crate::pipeline::Plan;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{collections::HashMap, io::Write, path::PathBuf, sync::Mutex};
use vsg_plugin_api::report::Entry;

/// Version of the events; it grows when one of them changes its meaning. New ones, and new fields, may come at any time.
pub const EVENTS_VERSION: u32 = 1;

/// Something that happened in a run. A line of `run --json` is one of these.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// The first one: what is going to run.
    RunStarted {
        /// Version of the events.
        version: u32,
        /// The pipeline file.
        pipeline: String,
        /// Source files; the first is the reference.
        sources: Vec<PathBuf>,
        /// Folder of the results.
        output: PathBuf,
        /// All instances, in the order of the plan.
        stages: Vec<PlannedStage>,
    },
    /// An instance starts.
    StageStarted {
        /// Name, `correlate@Source 2`.
        instance: String,
        /// Implementation.
        #[serde(rename = "use")]
        uses: String,
    },
    /// An instance has done a part of its work. Sent when a hundredth more is done.
    StageProgress {
        /// Name.
        instance: String,
        /// The part that is done (0..=1).
        fraction: f64,
    },
    /// An instance has ended.
    StageFinished {
        /// Name.
        instance: String,
        /// How.
        outcome: StageOutcome,
        /// Wall time (s).
        seconds: f64,
        /// What it cost.
        usage: Usage,
        /// Why it failed.
        error: Option<String>,
    },
    /// A message.
    Log {
        /// The instance that says it; none for the host.
        instance: Option<String>,
        /// How serious it is.
        level: Level,
        /// The text; it may have several lines.
        message: String,
    },
    /// An instance adds something to the report.
    Report {
        /// Name.
        instance: String,
        /// What.
        entry: Entry,
    },
    /// The last one: how it went.
    Result {
        /// As in `report.json`: `merged`, `analyzed` or `failed`.
        status: String,
        /// Exit code of the program.
        exit_code: u8,
        /// What went wrong.
        error: Option<String>,
        /// What to do about it.
        help: Option<String>,
        /// The finished video.
        output: Option<PathBuf>,
        /// The report, for programs.
        report: Option<PathBuf>,
        /// The report, for people.
        html: Option<PathBuf>,
        /// The log.
        log: Option<PathBuf>,
    },
}

/// An instance of the plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PlannedStage {
    /// Name, `correlate@Source 2`.
    pub instance: String,
    /// Implementation.
    #[serde(rename = "use")]
    pub uses: String,
    /// Names of the instances whose outputs it reads.
    pub reads: Vec<String>,
}

/// How serious a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Something failed.
    Error,
    /// Something should be looked at.
    Warning,
    /// A line of the log.
    Info,
    /// A detail that the log leaves out.
    Debug,
    /// A detail of a detail.
    Trace,
}

impl Event {
    /// The first event of a run.
    #[must_use]
    pub fn run_started(plan: &Plan, pipeline: &str, output: PathBuf) -> Self {
        let name = |index: usize| plan.instances[index].name.clone();
        let stages = plan.instances.iter().enumerate().map(|(index, instance)| PlannedStage {
            instance: instance.name.clone(),
            uses: instance.uses.clone(),
            reads: plan.reads(index).into_iter().map(name).collect(),
        });
        Self::RunStarted {
            version: EVENTS_VERSION,
            pipeline: pipeline.to_owned(),
            sources: plan.sources.clone(),
            output,
            stages: stages.collect(),
        }
    }

    /// A message; `level` as on the boundary of plugins, 1 error … 5 trace.
    pub(super) fn log(instance: Option<&str>, level: u8, message: &str) -> Self {
        let level = match level {
            1 => Level::Error,
            2 => Level::Warning,
            3 => Level::Info,
            4 => Level::Debug,
            _ => Level::Trace,
        };
        Self::Log { instance: instance.map(str::to_owned), level, message: message.to_owned() }
    }

    pub(super) fn finished(record: &StageRecord) -> Self {
        Self::StageFinished {
            instance: record.instance.clone(),
            outcome: record.outcome,
            seconds: record.seconds,
            usage: record.usage,
            error: record.error.clone(),
        }
    }
}

/// Writes events, one a line.
pub struct Events {
    out: Mutex<Out>,
}

struct Out {
    to: Box<dyn Write + Send>,
    /// The hundredth that was told last, for each instance at work.
    told: HashMap<String, u8>,
    /// Why an event could not be written.
    problem: Option<std::io::Error>,
}

impl Events {
    /// Events go there. A reader that has gone away is no reason to stop the run.
    #[must_use]
    pub fn to(to: Box<dyn Write + Send>) -> Self {
        Self { out: Mutex::new(Out { to, told: HashMap::new(), problem: None }) }
    }

    /// Why events were lost, if any were; told once. Of a reader that has gone away nobody wants to know.
    pub fn problem(&self) -> Option<std::io::Error> {
        self.out.lock().ok()?.problem.take()
    }

    /// Writes one.
    pub fn send(&self, event: &Event) {
        if let Ok(mut out) = self.out.lock() {
            if let Event::StageFinished { instance, .. } = event {
                out.told.remove(instance);
            }
            out.write(event);
        }
    }

    pub(super) fn progress(&self, instance: &str, fraction: f64) {
        let Ok(mut out) = self.out.lock() else { return };
        let fraction = if fraction.is_finite() { fraction.clamp(0.0, 1.0) } else { 0.0 };
        let hundredth = (fraction * 100.0) as u8;
        if out.told.get(instance).is_none_or(|told| *told < hundredth) {
            out.told.insert(instance.to_owned(), hundredth);
            out.write(&Event::StageProgress { instance: instance.to_owned(), fraction });
        }
    }
}

impl Out {
    fn write(&mut self, event: &Event) {
        let Ok(mut line) = serde_json::to_vec(event) else { return };
        line.push(b'\n');
        if let Err(error) = self.to.write_all(&line).and_then(|()| self.to.flush())
            && error.kind() != std::io::ErrorKind::BrokenPipe
        {
            self.problem.get_or_insert(error);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn progress_is_told_by_the_hundredth_and_never_backwards() {
        let lines = Lines::default();
        let events = Events::to(Box::new(lines.clone()));
        for fraction in [0.0, 0.001, 0.5, 0.502, 0.2, f64::NAN, 7.0, 1.0] {
            events.progress("a", fraction);
        }
        let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        let fractions: Vec<f64> = text
            .lines()
            .map(|line| match serde_json::from_str(line).unwrap() {
                Event::StageProgress { fraction, .. } => fraction,
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(fractions, [0.0, 0.5, 1.0]);
    }

    #[test]
    fn events_satisfy_their_schema() {
        let schema = schemars::schema_for!(Event).to_value();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let events = [
            Event::log(Some("a"), 2, "look"),
            Event::StageStarted { instance: "a".into(), uses: "x/y".into() },
            Event::Report { instance: "a".into(), entry: Entry::Issue("look".into()) },
            Event::StageFinished {
                instance: "a".into(),
                outcome: StageOutcome::FromStore,
                seconds: 0.5,
                usage: Usage::default(),
                error: None,
            },
        ];
        for event in events {
            let json = serde_json::to_value(&event).unwrap();
            assert!(validator.is_valid(&json), "{json}");
        }
        assert!(!validator.is_valid(&serde_json::json!({ "event": "unheard-of" })));
    }
}
