//! Runs plans: with the store, the threads and the terminal that the command line asks for.

use super::results::unwritable;
use crate::{
    Failure,
    cli::{IsolationArgs, WorkArgs},
    pipeline::Plan,
    platform,
    plugins::Plugins,
    run::{Detail, Events, Finished, Isolation, JobLog, Limits, Outcome, Progress, Run, RunFolder, Watch},
    store::{PastRun, Store, clean, remember},
};
use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

/// What runs plans, one after the other.
pub(super) struct Engine<'a> {
    args: &'a WorkArgs,
    plugins: &'a Plugins,
    place: PathBuf,
    pool: rayon::ThreadPool,
    isolation: Isolation,
    detail: Detail,
    stop: Stop,
}

/// A plan that ran. What went wrong with the log is told apart: whatever happened to the job counts more.
pub(super) struct Ran {
    pub(super) finished: Finished,
    pub(super) logged: io::Result<()>,
}

impl<'a> Engine<'a> {
    /// Gets ready to run plans; from now on signals stop them. `is_silent` shows nothing on the terminal.
    pub(super) fn new(args: &'a WorkArgs, plugins: &'a Plugins, is_silent: bool) -> Result<Self, Failure> {
        let place = args.store.folder();
        if place.to_str().is_none() {
            return Err(unusable(&place, &"its name is not valid UTF-8"));
        }
        let pool =
            rayon::ThreadPoolBuilder::new().num_threads(args.threads.into()).build().map_err(|error| Failure::Run {
                message: format!("can not start {} threads: {error}", args.threads),
                help: Some("choose fewer by --threads".into()),
            })?;
        let detail = match (args.quiet || is_silent, args.verbose) {
            (true, _) => Detail::Quiet,
            (_, true) => Detail::Verbose,
            _ => Detail::Normal,
        };
        let isolation = isolation(&args.isolation)?;
        Ok(Self { args, plugins, place, pool, isolation, detail, stop: Stop::on_signal() })
    }

    /// Runs a plan of a pipeline, and writes its log. `keeps_going` runs everything that does not depend on what failed.
    pub(super) fn run(
        &self,
        plan: &Plan,
        pipeline: &Path,
        log: &Path,
        keeps_going: bool,
        events: Option<&Events>,
    ) -> Result<Ran, Failure> {
        let (args, place) = (self.args, &self.place);
        let unusable = |error: &io::Error| unusable(place, error);
        let folder = Arc::new(RunFolder::create(&place.join("runs")).map_err(|error| unusable(&error))?);
        self.stop.clears(&folder);
        let store = if args.no_store { None } else { Some(Store::open(place).map_err(|error| unusable(&error))?) };
        let phases = plan
            .instances
            .iter()
            .map(|instance| self.plugins.catalog().get(&instance.uses).and_then(|signature| signature.phase.clone()))
            .collect();
        let log = JobLog::create(log, phases).map_err(|error| unwritable(log.parent().unwrap_or(log), &error))?;
        let progress = Progress::new(self.detail);

        let name = plan.sources[0].file_name().unwrap_or_default().to_string_lossy().into_owned();
        log.plain(&format!("=== Starting Job: {name} ==="));
        let watch = Watch { log: &log, progress: &progress, events };
        let run = Run::new(plan, self.plugins, &folder, watch, &self.pool, &self.stop.flag)
            .keep_going(keeps_going)
            .isolated(self.isolation.clone());
        let mut finished = match &store {
            None => run.execute(),
            Some(store) => run.with_store(store, args.strict).execute(),
        };
        if let Some(store) = store {
            drop(store);
            let now = jiff::ZonedDateTime::now();
            let past = PastRun {
                id: format!("{}-{}", now.strftime("%Y%m%d-%H%M%S.%3f"), std::process::id()),
                ended: now.strftime("%Y-%m-%d %H:%M:%S").to_string(),
                pipeline: pipeline.display().to_string(),
                sources: plan.sources.clone(),
                status: if finished.outcome() == Outcome::Done { "done" } else { "failed" }.to_owned(),
                instances: std::mem::take(&mut finished.made),
            };
            let has_grown = past.instances.values().any(|instance| instance.recipe.is_some() && !instance.from_store);
            // Without it only `why` and `show` have less to tell.
            let _ = remember(place, &past);
            // What can not be removed now, because another host is running, goes at the end of a later run.
            if has_grown {
                let _ = clean(place, args.store.limit_bytes());
            }
        }
        let logged = log.finish();
        match finished.outcome() {
            Outcome::Done => {}
            Outcome::Cancelled => log.plain("[FATAL ERROR] Job failed: cancelled"),
            Outcome::Failed { error, .. } => log.plain(&format!("[FATAL ERROR] Job failed: {error}")),
        }
        log.plain("=== Job Finished ===");
        Ok(Ran { finished, logged: logged.and_then(|()| log.finish()) })
    }
}

fn unusable(place: &Path, problem: &dyn std::fmt::Display) -> Failure {
    Failure::arguments(
        format!("can not use `{}` for values and bulk data: {problem}", place.display()),
        "choose another folder by --store",
    )
}

/// How stages are kept apart.
fn isolation(args: &IsolationArgs) -> Result<Isolation, Failure> {
    let program = std::env::current_exe().map_err(|error| Failure::Run {
        message: format!("can not find the program itself, to run stages apart: {error}"),
        help: None,
    })?;
    let limits = Limits {
        time: args.timeout.map(Duration::from_secs_f64),
        memory_bytes: args.memory_limit.map(|megabytes| (megabytes * 1e6) as u64),
    };
    Ok(Isolation { program, all: args.isolate, limits })
}

/// How the user stops the program: the first signal raises the flag, the second one ends everything at once.
struct Stop {
    flag: Arc<AtomicBool>,
    /// The folder of the run that goes on.
    folder: Arc<Mutex<Weak<RunFolder>>>,
}

impl Stop {
    fn on_signal() -> Self {
        let stop = Self { flag: Arc::new(AtomicBool::new(false)), folder: Arc::default() };
        let (flag, folder) = (Arc::clone(&stop.flag), Arc::clone(&stop.folder));
        platform::on_stop_signal(move || {
            if flag.swap(true, Ordering::Relaxed) {
                if let Some(folder) = folder.lock().ok().and_then(|folder| folder.upgrade()) {
                    // Whoever still writes into it may be faster than its removal.
                    (0..10).take_while(|_| folder.path().exists()).for_each(|_| folder.clear());
                }
                std::process::exit(130);
            }
            let _ = writeln!(std::io::stderr(), "stopping; once more to stop at once");
        });
        stop
    }

    /// Names the folder that the second signal removes.
    fn clears(&self, folder: &Arc<RunFolder>) {
        if let Ok(mut current) = self.folder.lock() {
            *current = Arc::downgrade(folder);
        }
    }
}
