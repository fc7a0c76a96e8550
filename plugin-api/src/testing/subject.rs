//! The stage that is tested, and how it is run: on a thread of its own, with an eye on the clock.

use super::{
    Unmet, Verdict,
    host::{Stop, TestHost},
    outputs, world,
    world::World,
};
use crate::{
    Error, Example, Signature,
    abi::{RawInput, RawOutput, StageBox, std_types::RResult},
    bridge::PANICKED,
};
use serde_json::{Map, Value as Json};
use std::{
    path::PathBuf,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    time::{Duration, Instant},
};

/// How long a stage may take over made-up inputs, which are short, before it counts as hung.
const PATIENCE: Duration = Duration::from_secs(120);

/// How long a cancelled stage may take.
pub(super) const STOP_WITHIN: Duration = Duration::from_secs(1);

/// A stage with its signature and a job to run it on.
pub struct Subject {
    pub(super) signature: Signature,
    pub(super) stage: Arc<StageBox>,
    pub(super) world: World,
    working: OnceLock<Result<Case, String>>,
    /// How long a run may take.
    pub(super) patience: Duration,
    /// Whether a run did not end. It still goes on, and another one would not end either.
    hangs: AtomicBool,
}

/// Parameters and inputs of a run.
#[derive(Clone)]
pub(super) struct Case {
    /// What it is, for messages.
    pub(super) label: String,
    pub(super) parameters: Map<String, Json>,
    pub(super) inputs: Vec<RawInput>,
}

/// What became of a run that ended without a panic and in time.
pub(super) enum Ending {
    Outputs(Vec<RawOutput>),
    Refused(Error),
}

/// A run that has ended.
pub(super) struct Run {
    pub(super) ending: Ending,
    pub(super) folder: PathBuf,
    /// How long it went on after it was stopped.
    pub(super) stopped_for: Option<Duration>,
}

impl Subject {
    /// A stage that can be tested. Fails if it does not describe itself, or if there is no room for the files of a job.
    pub fn new(stage: StageBox) -> Result<Self, String> {
        let text = stage.signature();
        if text.is_empty() {
            return Err("it panicked while it described itself".into());
        }
        let signature =
            serde_json::from_str(&text).map_err(|error| format!("its signature is not readable: {error}"))?;
        let world = World::new().map_err(|error| format!("the files for the test can not be made: {error}"))?;
        Ok(Self {
            signature,
            stage: Arc::new(stage),
            world,
            working: OnceLock::new(),
            patience: PATIENCE,
            hangs: AtomicBool::new(false),
        })
    }

    /// The signature.
    #[must_use]
    pub fn signature(&self) -> &Signature {
        &self.signature
    }

    /// Runs the stage. Fails if it panics, or does not end, or says something else than it declares.
    pub(super) fn run(&self, case: &Case, threads: usize, stop: Stop) -> Result<Run, String> {
        let label = &case.label;
        if self.hangs.load(Ordering::Relaxed) {
            return Err(format!("{label}: not tried, because it did not end before"));
        }
        let folder = self.world.run_folder().map_err(|error| format!("no folder for a run: {error}"))?;
        let job = self.world.job(&folder);
        let host = Arc::new(TestHost::new(folder, job, threads, stop));
        let (sender, receiver) = mpsc::channel();
        let (stage, its_host, case) = (Arc::clone(&self.stage), Arc::clone(&host), case.clone());
        std::thread::spawn(move || {
            let parameters = Json::Object(case.parameters).to_string();
            let outcome = stage.run(its_host.seen(), parameters.as_str().into(), case.inputs.into());
            // Nobody listens any more to a stage that came too late.
            let _ = sender.send((outcome, its_host.stopped_for()));
        });
        let (outcome, stopped_for) =
            self.await_end(&receiver, &host).map_err(|problem| format!("{label}: {problem}"))?;
        let ending = match outcome {
            RResult::ROk(outputs) => {
                let outputs: Vec<RawOutput> = outputs.into();
                outputs::validate(&self.signature, &outputs).map_err(|problem| format!("{label}: {problem}"))?;
                Ending::Outputs(outputs)
            }
            RResult::RErr(text) => {
                let error = Error::from_json(&text);
                if error.message().starts_with(PANICKED) {
                    return Err(format!("{label}: {error}"));
                }
                if error.message().trim().is_empty() {
                    return Err(format!("{label}: it fails without a message"));
                }
                if error.is_cancelled() && host.stopped_for().is_none() {
                    return Err(format!("{label}: it says that it was cancelled, and it was not"));
                }
                Ending::Refused(error)
            }
        };
        Ok(Run { ending, folder: host.folder().to_owned(), stopped_for })
    }

    /// Waits for the end of a run. A stage that does not end is left behind on its thread.
    fn await_end(&self, receiver: &mpsc::Receiver<Answer>, host: &TestHost) -> Result<Answer, String> {
        let started = Instant::now();
        loop {
            match receiver.recv_timeout(Duration::from_millis(20)) {
                Ok(answer) => return Ok(answer),
                Err(mpsc::RecvTimeoutError::Disconnected) => return Err("its thread died".into()),
                Err(mpsc::RecvTimeoutError::Timeout) => {}
            }
            // Ten times what is allowed tells a stage that ignores the user from a machine that is busy.
            if host.stopped_for().is_some_and(|time| time > 10 * STOP_WITHIN) {
                return Err(
                    "it does not stop when it is cancelled; call `ctx.progress(…)?` or `ctx.check_cancelled()?`".into(),
                );
            }
            if started.elapsed() > self.patience {
                self.hangs.store(true, Ordering::Relaxed);
                return Err(format!("it did not end within {} s", self.patience.as_secs()));
            }
        }
    }

    /// Runs it on two threads to its end.
    pub(super) fn run_once(&self, case: &Case) -> Result<Run, String> {
        self.run(case, 2, Stop::Never)
    }

    /// The case of an example; ports that it leaves out get made-up values.
    pub(super) fn example(&self, example: &Example) -> Result<Case, String> {
        let about = |problem: String| format!("example `{}`: {problem}", example.name);
        let mut inputs = Vec::new();
        for port in &self.signature.inputs {
            let given = example.inputs.iter().filter(|value| value.port == port.name);
            let values: Vec<_> =
                given.map(|value| value.value()).collect::<Result<_, _>>().map_err(|error| about(error.to_string()))?;
            let made = if values.is_empty() { self.made_up(&port.name) } else { None };
            match made {
                Some(input) => inputs.push(input),
                None if !values.is_empty() => inputs.push(world::raw_input(&port.name, values)),
                None if port.optional => {}
                None => return Err(about(format!("it gives nothing for `{}`, a kind that is not made up", port.name))),
            }
        }
        Ok(Case { label: format!("example `{}`", example.name), parameters: example.parameters.clone(), inputs })
    }

    fn made_up(&self, port: &str) -> Option<RawInput> {
        let alone = self.signature.inputs.iter().find(|known| known.name == port)?.clone();
        self.world.inputs(&Signature { inputs: vec![alone], ..Signature::new("") }).ok()?.into_iter().next()
    }

    /// The case of made-up values. Fails if there is a kind that the kit does not know.
    pub(super) fn made_up_case(&self) -> Result<Case, String> {
        let inputs = self.world.inputs(&self.signature).map_err(|kind| {
            format!("the kit has no values of kind `{kind}`; give an example in the signature (`Signature::example`)")
        })?;
        Ok(Case { label: "made-up values".into(), parameters: self.quick(), inputs })
    }

    /// Settings under which the adapter of correlation methods looks at short windows, if this stage has them.
    pub(super) fn quick(&self) -> Map<String, Json> {
        self.scan(4, 5.0)
    }

    /// The same for another number of windows, and other lengths (s).
    pub(super) fn scan(&self, windows: usize, window_s: f64) -> Map<String, Json> {
        let properties = &self.signature.parameters["properties"];
        let has = |name: &str| properties.get(name).is_some();
        if !(has("windows") && has("window_s")) {
            return Map::new();
        }
        Map::from_iter([("windows".into(), windows.into()), ("window_s".into(), window_s.into())])
    }

    /// A case that the stage has outputs for: made-up values, or else one of its examples.
    pub(super) fn working(&self) -> Result<&Case, Unmet> {
        let find = || {
            let made_up = self.made_up_case();
            let mut reason = made_up.as_ref().err().cloned().unwrap_or_default();
            let examples = self.signature.examples.iter().map(|example| self.example(example));
            for case in std::iter::once(made_up).chain(examples).flatten() {
                match self.run_once(&case).map(|run| run.ending) {
                    Ok(Ending::Outputs(_)) => return Ok(case),
                    Ok(Ending::Refused(error)) => reason = format!("{} are refused: {error}", case.label),
                    Err(problem) => reason = problem,
                }
            }
            Err(reason)
        };
        self.working
            .get_or_init(find)
            .as_ref()
            .map_err(|reason| Unmet::Skipped(format!("nothing to run it on: {reason}")))
    }

    /// The best case there is, whether the stage has outputs for it or not.
    pub(super) fn any_case(&self) -> Result<Case, Unmet> {
        self.working().cloned().or_else(|_| self.made_up_case().map_err(Unmet::Skipped))
    }
}

type Answer = (RResult<crate::abi::std_types::RVec<RawOutput>, crate::abi::std_types::RString>, Option<Duration>);

/// Turns a refusal of good inputs into a failure.
pub(super) fn outputs_of(case: &Case, run: Run) -> Result<(Vec<RawOutput>, PathBuf), String> {
    match run.ending {
        Ending::Outputs(outputs) => Ok((outputs, run.folder)),
        Ending::Refused(error) => Err(format!("{}: {error}", case.label)),
    }
}

/// Fails unless a run was refused.
pub(super) fn require_refusal(case: &Case, run: &Run, because: &str) -> Verdict {
    match run.ending {
        Ending::Refused(_) => Ok(()),
        Ending::Outputs(_) => Err(Unmet::Failed(format!("{}: it has outputs all the same; {because}", case.label))),
    }
}
