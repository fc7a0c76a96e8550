//! `run`: plans a pipeline for the files of a job, runs it, and writes log and reports.

use super::{load, print};
use crate::{
    Failure,
    cli::RunArgs,
    pipeline::{self, JobFiles, Plan},
    platform,
    plugins::Plugins,
    report,
    run::{
        Detail, Event, Events, Finished, Isolation, JobLog, Limits, Outcome, Progress, Run, RunFolder, Watch, trace,
    },
    store::{PastRun, Store, clean, remember},
};
use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use vsg_plugin_api::report::Entry;

/// Folder of the results if nobody names one.
const DEFAULT_OUTPUT: &str = "out";
/// Endings of the names of results, and how each one begins if a run wrote it. The video is looked after by its stage.
const RESULTS: [(&str, Option<&str>); 4] = [
    ("mkv", None),
    ("log", Some("=== Starting Job: ")),
    ("report.json", Some("{\n  \"status\": ")),
    ("report.html", Some("<!DOCTYPE html><html lang=\"en\">")),
];
/// Longest name of a file that file systems take (bytes).
const LONGEST_NAME: usize = 255;

pub(super) fn run(args: &RunArgs, plugins: &Plugins) -> Result<(), Failure> {
    let resolved = load(&args.pipeline, plugins)?;
    if resolved.comparison.is_some() {
        return Err(Failure::arguments(
            format!("`{}` compares variants; it is no single pipeline to run", resolved.file),
            "compare them: `vsg-host compare PIPELINE REFERENCE TARGET… -o OUT`",
        ));
    }
    let mut typed = args.files.iter().cloned();
    let typed = JobFiles { reference: typed.next(), targets: typed.collect(), output: args.output.clone() };
    let mut plan = pipeline::plan(&resolved, &typed.or(&resolved.job))?;
    plan.sources = usable_sources(&plan.sources)?;
    if !args.quiet && !args.json {
        for note in remarks(&plan.sources) {
            // A terminal that is gone is no reason to fail.
            let _ = writeln!(io::stderr(), "note: {note}");
        }
    }
    let output = plan.output.clone().unwrap_or_else(|| PathBuf::from(DEFAULT_OUTPUT));
    let results = Results::prepare(&output, &plan.sources)?;
    plan.output = Some(results.folder.clone());
    if let Some(trace) = &args.trace {
        spare_sources(trace, &plan.sources)?;
    }

    let events = args.json.then(|| Events::to(Box::new(io::stdout())));
    if let Some(events) = &events {
        events.send(&Event::run_started(&plan, &args.pipeline.pipeline.display().to_string(), results.folder.clone()));
    }
    let executed = execute(args, plugins, &plan, &results, events.as_ref());
    let ended = executed.and_then(|ran| conclude(args, &plan, &results, ran));
    if let Some(events) = &events {
        events.send(&result(ended.as_ref(), &results));
    }
    ended.and_then(|(_, failure)| failure.map_or(Ok(()), Err))
}

/// Writes what is left to write about a run, and tells how it went. The report, and why the program fails.
fn conclude(
    args: &RunArgs,
    plan: &Plan,
    results: &Results,
    (finished, logged): (Finished, io::Result<()>),
) -> Result<(serde_json::Value, Option<Failure>), Failure> {
    let outcome = finished.outcome();
    let report = report::json(&finished, &outcome, &args.pipeline.pipeline, &plan.sources);
    let written = logged
        .map_err(|error| results.unwritable(&error))
        .and(results.write("report.json", &format!("{report:#}\n")))
        .and(results.write("report.html", &report::html(&results.stem, &finished, &report)))
        .and(args.trace.as_ref().map_or(Ok(()), |file| write_trace(file, &trace(&finished, &results.stem))));
    let told = if args.quiet || args.json || outcome == Outcome::Cancelled {
        Ok(())
    } else {
        print(&summary(&finished, &report, results))
    };
    let failure = match outcome {
        Outcome::Done => written.and(told).err(),
        Outcome::Cancelled => Some(Failure::Cancelled),
        Outcome::Failed { error, help } => Some(Failure::Run { message: error, help }),
    };
    Ok((report, failure))
}

/// The last event of a run.
fn result(ended: Result<&(serde_json::Value, Option<Failure>), &Failure>, results: &Results) -> Event {
    let (report, failure) = match ended {
        Ok((report, failure)) => (report, failure.as_ref()),
        Err(failure) => (&serde_json::Value::Null, Some(failure)),
    };
    let (error, help) = match failure {
        None => (None, None),
        Some(Failure::Run { message, help } | Failure::Arguments { message, help }) => {
            (Some(message.clone()), help.clone())
        }
        Some(other) => (Some(other.render()), None),
    };
    let there = |ending: &str| Some(results.path(ending)).filter(|path| !report.is_null() && path.is_file());
    Event::Result {
        status: report["status"].as_str().filter(|_| failure.is_none()).unwrap_or("failed").to_owned(),
        exit_code: failure.map_or(0, Failure::exit_code),
        error,
        help,
        output: report["output"].as_str().map(PathBuf::from),
        report: there("report.json"),
        html: there("report.html"),
        log: there("log"),
    }
}

/// Fails if a file that is going to be written is one of the sources.
fn spare_sources(file: &Path, sources: &[PathBuf]) -> Result<(), Failure> {
    match sources.iter().find(|source| platform::is_same(source, file)) {
        None => Ok(()),
        Some(source) => Err(Failure::arguments(
            format!("the trace would replace the source file `{}`", source.display()),
            "choose another file by --trace",
        )),
    }
}

fn write_trace(file: &Path, trace: &serde_json::Value) -> Result<(), Failure> {
    fs::write(file, format!("{trace}\n")).map_err(|error| Failure::Run {
        message: format!("can not write the trace into `{}`: {error}", file.display()),
        help: Some("choose another file by --trace".into()),
    })
}

/// Runs the plan. What went wrong with the log is told apart: whatever happened to the job counts more.
fn execute(
    args: &RunArgs,
    plugins: &Plugins,
    plan: &Plan,
    results: &Results,
    events: Option<&Events>,
) -> Result<(Finished, io::Result<()>), Failure> {
    let place = args.store.folder();
    let unusable = |problem: &dyn std::fmt::Display| {
        Failure::arguments(
            format!("can not use `{}` for values and bulk data: {problem}", place.display()),
            "choose another folder by --store",
        )
    };
    if place.to_str().is_none() {
        return Err(unusable(&"its name is not valid UTF-8"));
    }
    let folder = Arc::new(RunFolder::create(&place.join("runs")).map_err(|error| unusable(&error))?);
    let store = if args.no_store { None } else { Some(Store::open(&place).map_err(|error| unusable(&error))?) };
    let pool =
        rayon::ThreadPoolBuilder::new().num_threads(args.threads.into()).build().map_err(|error| Failure::Run {
            message: format!("can not start {} threads: {error}", args.threads),
            help: Some("choose fewer by --threads".into()),
        })?;
    let phases = plan
        .instances
        .iter()
        .map(|instance| plugins.catalog().get(&instance.uses).and_then(|signature| signature.phase.clone()))
        .collect();
    let log = JobLog::create(&results.path("log"), phases).map_err(|error| results.unwritable(&error))?;
    let detail = match (args.quiet || args.json, args.verbose) {
        (true, _) => Detail::Quiet,
        (_, true) => Detail::Verbose,
        _ => Detail::Normal,
    };
    let progress = Progress::new(detail);
    let cancelled = cancellation(&folder);

    let name = plan.sources[0].file_name().unwrap_or_default().to_string_lossy().into_owned();
    log.plain(&format!("=== Starting Job: {name} ==="));
    let watch = Watch { log: &log, progress: &progress, events };
    let run = Run::new(plan, plugins, &folder, watch, &pool, &cancelled)
        .keep_going(args.keep_going)
        .isolated(isolation(args)?);
    let mut finished = match &store {
        None => run.execute(),
        Some(store) => run.with_store(store, args.strict).execute(),
    };
    if let Some(store) = store {
        drop(store);
        let now = jiff::ZonedDateTime::now();
        let past = PastRun {
            id: format!("{}-{}", now.strftime("%Y%m%d-%H%M%S"), std::process::id()),
            ended: now.strftime("%Y-%m-%d %H:%M:%S").to_string(),
            pipeline: args.pipeline.pipeline.display().to_string(),
            sources: plan.sources.clone(),
            status: if finished.outcome() == Outcome::Done { "done" } else { "failed" }.to_owned(),
            instances: std::mem::take(&mut finished.made),
        };
        let has_grown = past.instances.values().any(|instance| instance.recipe.is_some() && !instance.from_store);
        // Without it only `why` and `show` have less to tell.
        let _ = remember(&place, &past);
        // What can not be removed now, because another host is running, goes at the end of a later run.
        if has_grown {
            let _ = clean(&place, args.store.limit_bytes());
        }
    }
    let logged = log.finish();
    match finished.outcome() {
        Outcome::Done => {}
        Outcome::Cancelled => log.plain("[FATAL ERROR] Job failed: cancelled"),
        Outcome::Failed { error, .. } => log.plain(&format!("[FATAL ERROR] Job failed: {error}")),
    }
    log.plain("=== Job Finished ===");
    Ok((finished, logged.and_then(|()| log.finish())))
}

/// How stages are kept apart.
fn isolation(args: &RunArgs) -> Result<Isolation, Failure> {
    let program = std::env::current_exe().map_err(|error| Failure::Run {
        message: format!("can not find the program itself, to run stages apart: {error}"),
        help: None,
    })?;
    let limits = Limits {
        time: args.isolation.timeout.map(Duration::from_secs_f64),
        memory_bytes: args.isolation.memory_limit.map(|megabytes| (megabytes * 1e6) as u64),
    };
    Ok(Isolation { program, all: args.isolation.isolate, limits })
}

/// A flag that the first signal raises; the second one ends the program at once.
fn cancellation(folder: &Arc<RunFolder>) -> Arc<AtomicBool> {
    let cancelled = Arc::new(AtomicBool::new(false));
    let (flag, folder) = (Arc::clone(&cancelled), Arc::downgrade(folder));
    platform::on_stop_signal(move || {
        if flag.swap(true, Ordering::Relaxed) {
            if let Some(folder) = folder.upgrade() {
                folder.clear();
            }
            std::process::exit(130);
        }
        let _ = writeln!(std::io::stderr(), "stopping; once more to stop at once");
    });
    cancelled
}

/// The absolute paths of sources that can be opened; of several that can not, all are named.
fn usable_sources(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let (mut usable, mut messages, mut advice) = (Vec::new(), Vec::new(), None);
    for path in paths {
        match usable_source(path) {
            Ok(path) => usable.push(path),
            Err((message, help)) => {
                messages.push(message);
                advice.get_or_insert(help);
            }
        }
    }
    match advice {
        None => Ok(usable),
        Some(help) => Err(Failure::arguments(messages.join("\n"), help)),
    }
}

/// What is odd about the sources, though it can be done.
fn remarks(sources: &[PathBuf]) -> Vec<String> {
    if sources.len() == 1 {
        return vec!["no target was given, so nothing is measured".into()];
    }
    let twins = (1..sources.len()).filter_map(|later| {
        let first = (0..later).find(|first| platform::is_same(&sources[*first], &sources[later]))?;
        Some(format!("{} is the same file as {}", pipeline::source_name(later), pipeline::source_name(first)))
    });
    twins.collect()
}

/// The absolute path of a source that can be opened, or what is wrong and what to do. What is in it is for the stages to find
/// out.
fn usable_source(path: &Path) -> Result<PathBuf, (String, String)> {
    let fail = |what: &str, help: &str| (format!("`{}` {what}", path.display()), help.to_owned());
    let metadata = fs::metadata(path).map_err(|error| {
        fail(
            &format!("can not be used as a source: {error}"),
            &format!(
                "give the files on the command line: `vsg-host run PIPELINE REFERENCE TARGET… -o OUT`; `vsg-host sample \
                 {}` makes a pair to try things on",
                path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")).display()
            ),
        )
    })?;
    if metadata.is_dir() {
        return Err(fail("is a folder, not a media file", "give a file"));
    }
    if path.to_str().is_none() {
        return Err(fail(
            "has a name that is not valid UTF-8; mkvmerge can not be told of it",
            "rename the file, or the folder it is in",
        ));
    }
    platform::plain_path(path).map_err(|error| fail(&error.to_string(), "give an absolute path"))
}

/// Whether a file is missing, empty, or begins with this text.
fn begins_with(place: &Path, sign: &str) -> bool {
    use io::Read;
    let Ok(file) = fs::File::open(place) else { return !place.exists() };
    let mut start = Vec::new();
    file.take(sign.len() as u64).read_to_end(&mut start).is_ok_and(|_| start.is_empty() || start == sign.as_bytes())
}

/// Where the results of a run go.
struct Results {
    folder: PathBuf,
    stem: String,
}

impl Results {
    /// Makes the folder, and makes sure that it can be written and that no source would be replaced.
    fn prepare(folder: &Path, sources: &[PathBuf]) -> Result<Self, Failure> {
        let shown = folder.display();
        let refuse = |error: io::Error| {
            Failure::arguments(
                format!("can not write into the output folder `{shown}`: {error}"),
                "choose another folder by -o",
            )
        };
        if std::path::absolute(folder).map_err(refuse)?.to_str().is_none() {
            return Err(Failure::arguments(
                format!("the name of the output folder `{shown}` is not valid UTF-8"),
                "choose another folder by -o",
            ));
        }
        fs::create_dir_all(folder).map_err(refuse)?;
        let folder = folder.canonicalize().map_err(refuse)?;
        tempfile::tempfile_in(&folder).map_err(refuse)?;
        let stem = sources[0].file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let results = Self { folder, stem };
        for (ending, sign) in RESULTS {
            let place = results.path(ending);
            if place.file_name().is_some_and(|name| name.len() > LONGEST_NAME) {
                return Err(Failure::arguments(
                    format!("the name of the reference is too long to name results after it: `{}`", place.display()),
                    "rename the reference",
                ));
            }
            if sources.iter().any(|source| platform::is_same(source, &place)) {
                return Err(Failure::arguments(
                    format!("the output would replace the source file `{}`", place.display()),
                    "choose another output folder by -o",
                ));
            }
            if place.is_dir() || !sign.is_none_or(|sign| begins_with(&place, sign)) {
                return Err(Failure::arguments(
                    format!("`{}` is there already, and no earlier run wrote it", place.display()),
                    "move it, or choose another output folder by -o",
                ));
            }
        }
        Ok(results)
    }

    fn path(&self, ending: &str) -> PathBuf {
        self.folder.join(format!("{}.{ending}", self.stem))
    }

    /// Writes a file that is there only when it is complete.
    fn write(&self, ending: &str, text: &str) -> Result<(), Failure> {
        let write = || {
            let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
            file.write_all(text.as_bytes())?;
            platform::share(file.as_file())?;
            file.persist(self.path(ending)).map_err(|error| error.error)
        };
        write().map(drop).map_err(|error| self.unwritable(&error))
    }

    fn unwritable(&self, error: &io::Error) -> Failure {
        Failure::Run {
            message: format!("can not write the results into `{}`: {error}", self.folder.display()),
            help: Some("make room there, or choose another folder by -o".into()),
        }
    }
}

/// What is told at the end: tables of the stages, what to look at, where the results are.
fn summary(finished: &Finished, report: &serde_json::Value, results: &Results) -> String {
    let mut text = String::new();
    for entry in &finished.entries {
        match entry {
            Entry::Table(table) if !table.is_detail => text.push_str(&report::plain_table(table)),
            Entry::Issue(issue) => text.push_str(&format!("! {issue}\n")),
            Entry::Table(_) | Entry::Facts(_) | Entry::Figure(_) => {}
        }
    }
    text.push_str(&format!("\n{}\n", report["status"].as_str().unwrap_or_default()));
    if let Some(output) = report["output"].as_str() {
        text.push_str(&format!("  output  {output}\n"));
    }
    for ending in ["report.html", "report.json", "log"] {
        text.push_str(&format!("  {:7} {}\n", ending.trim_start_matches("report."), results.path(ending).display()));
    }
    text
}
