//! `compare`: runs the variants of a pipeline, or several pipelines, on the same files, and tells how what they measure differs.

mod list;
mod pairs;
mod truth;

use super::{
    job::{Engine, Ran},
    load, print,
    results::{DEFAULT_OUTPUT, LOG_SIGN, PAGE_SIGN, Results, stem},
    sources::{remarks, usable_sources},
};
use crate::{
    Failure,
    cli::{CompareArgs, PipelineArgs},
    pipeline::{self, Comparison, JobFiles, Resolved},
    plugins::Plugins,
    report::compare::{self, Compared},
    run::Outcome,
};
use std::{
    collections::BTreeSet,
    io::{self, Write},
    path::{Path, PathBuf},
};

/// Endings of the names of results, and how each one begins if an earlier comparison wrote it.
const RESULTS: [(&str, Option<&str>); 3] =
    [("compare.log", Some(LOG_SIGN)), ("compare.json", Some("{\n  \"format\": ")), ("compare.html", Some(PAGE_SIGN))];

pub(super) fn compare(args: &CompareArgs, plugins: &Plugins) -> Result<(), Failure> {
    let (pipelines, files) = args.files.split_at(pipelines(&args.files));
    let resolved = resolve(args, pipelines, plugins)?;
    let Some(comparison) = &resolved.comparison else {
        return Err(Failure::arguments(
            format!("`{}` has no variants, so there is nothing to compare", resolved.file),
            "give several pipelines, or add `[compare]` and a `[variant.NAME]` for each variant",
        ));
    };
    let session = Session { resolved: &resolved, comparison, pipelines };
    let output = args.output.clone().or_else(|| resolved.job.output.clone());
    let output = output.unwrap_or_else(|| PathBuf::from(DEFAULT_OUTPUT));
    match &args.pairs {
        Some(list) if files.is_empty() => {
            let pairs = list::read(list)?;
            session.compare_pairs(pairs, &output, &Engine::new(&args.work, plugins, false)?, args.work.quiet)
        }
        Some(_) => Err(Failure::arguments(
            format!("files are given twice: by --pairs, and `{}`", files[0].display()),
            "give a list of pairs, or the files of one comparison; names of pipelines end in .toml",
        )),
        None => session.compare_one(args, files, &output, plugins),
    }
}

/// How many of the files are pipelines: the first one, and those after it whose names end in `.toml`.
fn pipelines(files: &[PathBuf]) -> usize {
    let is_toml = |file: &&PathBuf| file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("toml"));
    let others = files.iter().skip(1).take_while(is_toml).count();
    (1 + others).min(files.len())
}

/// One pipeline with variants, or several pipelines as the variants of a comparison.
fn resolve(args: &CompareArgs, files: &[PathBuf], plugins: &Plugins) -> Result<Resolved, Failure> {
    let load = |file: &PathBuf| load(&PipelineArgs { pipeline: file.clone(), sets: args.sets.clone() }, plugins);
    if let [file] = files {
        if !args.measure.is_empty() {
            return Err(Failure::arguments(
                format!("`{}` says itself what is measured", file.display()),
                "leave --measure out, or change it by --set 'compare.measure=[\"STAGE.OUTPUT\"]'",
            ));
        }
        return load(file);
    }
    let (mut named, mut names) = (Vec::new(), BTreeSet::new());
    for file in files {
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if !names.insert(name.clone()) {
            return Err(Failure::arguments(
                format!("two pipelines are named `{name}`, and variants are named after the files"),
                "give each file another name",
            ));
        }
        named.push((name, load(file)?));
    }
    Ok(pipeline::versus(named, &args.measure, &compare::KINDS)?)
}

/// What is compared.
struct Session<'s> {
    resolved: &'s Resolved,
    comparison: &'s Comparison,
    pipelines: &'s [PathBuf],
}

impl Session<'_> {
    /// Compares on the files of the command line, or of the pipeline.
    fn compare_one(
        &self,
        args: &CompareArgs,
        files: &[PathBuf],
        output: &Path,
        plugins: &Plugins,
    ) -> Result<(), Failure> {
        let mut typed = files.iter().cloned();
        let typed = JobFiles { reference: typed.next(), targets: typed.collect(), output: None };
        let job = typed.or(&self.resolved.job);
        let sources = sources(&job)?;
        let truths_ms = truth::truths(&args.truth, &sources)?;
        if !args.work.quiet {
            for note in remarks(&sources) {
                // A terminal that is gone is no reason to fail.
                let _ = writeln!(io::stderr(), "note: {note}");
            }
        }
        let engine = Engine::new(&args.work, plugins, false)?;
        let (compared, results) = self.measure(sources, &truths_ms, output, &engine)?;
        if !args.work.quiet {
            let files = files_text(&results, &["compare.html", "compare.json", "compare.log"]);
            print(&format!("{}{files}", compare::text(&compared)))?;
        }
        match compared.failure() {
            None => Ok(()),
            Some(message) => {
                Err(Failure::Run { message: format!("not everything was measured: {message}"), help: None })
            }
        }
    }

    /// Compares on some sources, the reference first, and writes the results. Failed variants are part of them.
    fn measure(
        &self,
        sources: Vec<PathBuf>,
        truths_ms: &[Option<f64>],
        output: &Path,
        engine: &Engine<'_>,
    ) -> Result<(Compared, Results), Failure> {
        let mut sources = sources.into_iter();
        let job = JobFiles { reference: sources.next(), targets: sources.collect(), output: None };
        let mut plan = pipeline::plan(self.resolved, &job)?;
        let results = Results::prepare(output, stem(&plan.sources), &RESULTS, &plan.sources)?;
        plan.output = Some(results.folder.clone());
        let pipelines: Vec<&Path> = self.pipelines.iter().map(PathBuf::as_path).collect();
        let pipeline = pipelines.first().copied().unwrap_or(Path::new(&self.resolved.file));
        let Ran { finished, logged } = engine.run(&plan, pipeline, &results.path("compare.log"), true, None)?;
        let compared = compare::gather(self.resolved, self.comparison, &plan, &finished, truths_ms, &pipelines);
        let json = serde_json::to_string_pretty(&compared).map_err(|error| results.unwritable(&error.into()))?;
        let written = logged
            .map_err(|error| results.unwritable(&error))
            .and(results.write("compare.json", &format!("{json}\n")))
            .and(results.write("compare.html", &compare::page(&results.stem, &compared)));
        match finished.outcome() {
            Outcome::Cancelled => Err(Failure::Cancelled),
            Outcome::Done | Outcome::Failed { .. } => written.map(|()| (compared, results)),
        }
    }
}

/// The sources of a job, which has to have a reference and a target.
fn sources(job: &JobFiles) -> Result<Vec<PathBuf>, Failure> {
    let help = "give the files: `vsg-host compare PIPELINE… REFERENCE TARGET… -o OUT`; `vsg-host sample` makes a pair to \
                try things on";
    match &job.reference {
        None => Err(Failure::arguments("there are no files to compare on", help)),
        Some(reference) if job.targets.is_empty() => {
            Err(Failure::arguments(format!("there is no target to compare with `{}`", reference.display()), help))
        }
        Some(reference) => usable_sources(&std::iter::once(reference).chain(&job.targets).cloned().collect::<Vec<_>>()),
    }
}

/// Where results are.
fn files_text(results: &Results, endings: &[&str]) -> String {
    let line =
        |ending: &&str| format!("  {:5} {}\n", ending.trim_start_matches("compare."), results.path(ending).display());
    format!("\n{}", endings.iter().map(line).collect::<String>())
}
