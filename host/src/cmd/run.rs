//! `run`: plans a pipeline for the files of a job, runs it, and writes log and reports.

use super::{
    job::{Engine, Ran},
    load,
    named_file::NamedFile,
    print,
    results::{DEFAULT_OUTPUT, LOG_SIGN, PAGE_SIGN, Results, stem},
    sources::{remarks, usable_sources},
    unprintable,
};
use crate::{
    Failure,
    cli::RunArgs,
    pipeline::{self, JobFiles, Plan},
    platform,
    plugins::Plugins,
    report,
    run::{Event, Events, Finished, Outcome, TRACE_SIGN, trace},
};
use std::{
    io::{self, Write},
    path::PathBuf,
};
use vsg_plugin_api::report::Entry;

/// Endings of the names of results, and how each one begins if a run wrote it. The video is looked after by its stage.
const RESULTS: [(&str, Option<&str>); 4] = [
    ("mkv", None),
    ("log", Some(LOG_SIGN)),
    ("report.json", Some("{\n  \"status\": ")),
    ("report.html", Some(PAGE_SIGN)),
];
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
    if !args.work.quiet && !args.json {
        for note in remarks(&plan.sources) {
            // A terminal that is gone is no reason to fail.
            let _ = writeln!(io::stderr(), "note: {note}");
        }
    }
    let output = plan.output.clone().unwrap_or_else(|| PathBuf::from(DEFAULT_OUTPUT));
    let results = Results::prepare(&output, stem(&plan.sources), &RESULTS, &plan.sources)?;
    plan.output = Some(results.folder.clone());
    let trace_file = match &args.trace {
        None => None,
        Some(file) => Some(NamedFile::prepare(file, "--trace", TRACE_SIGN, &plan.sources)?),
    };

    let events = args.json.then(|| Events::to(platform::own_stdout()));
    if let Some(events) = &events {
        events.send(&Event::run_started(&plan, &args.pipeline.pipeline.display().to_string(), results.folder.clone()));
    }
    let engine = Engine::new(&args.work, plugins, args.json);
    let executed = engine.and_then(|engine| {
        let log = results.path("log");
        engine.run(&plan, &args.pipeline.pipeline, &log, args.keep_going, events.as_ref())
    });
    let ended = executed.and_then(|ran| conclude(args, &plan, &results, trace_file.as_ref(), ran));
    if let Some(events) = &events {
        events.send(&result(ended.as_ref(), &results));
    }
    let lost = events.and_then(|events| events.problem());
    ended.and_then(|(_, failure)| failure.map_or(Ok(()), Err))?;
    lost.map_or(Ok(()), |error| Err(unprintable(&error)))
}

/// Writes what is left to write about a run, and tells how it went. The report, and why the program fails.
fn conclude(
    args: &RunArgs,
    plan: &Plan,
    results: &Results,
    trace_file: Option<&NamedFile<'_>>,
    Ran { finished, logged }: Ran,
) -> Result<(serde_json::Value, Option<Failure>), Failure> {
    let outcome = finished.outcome();
    let report = report::json(&finished, &outcome, &args.pipeline.pipeline, &plan.sources);
    let written = logged
        .map_err(|error| results.unwritable(&error))
        .and(results.write("report.json", &format!("{report:#}\n")))
        .and(results.write("report.html", &report::html(&results.stem, &finished, &report)))
        .and(trace_file.map_or(Ok(()), |file| file.write_text(&format!("{}\n", trace(&finished, &results.stem)))));
    let told = if args.work.quiet || args.json || outcome == Outcome::Cancelled {
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
