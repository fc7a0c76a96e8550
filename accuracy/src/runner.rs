//! Makes the pairs, runs the host on several of them at once, and judges.

use crate::{
    Answer, Case, Error, Judged, Options, Outcome, Result, Summary, answers::Answers, classes, judge, offsets::Offsets,
    shelf::Shelf,
};
use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::Instant,
};

/// Runs everything that the options ask for, prints the summary, and writes results into the folder.
///
/// # Errors
/// Media that cannot be made, a host that cannot be started, a case that does not exist. Wrong answers are no error.
pub fn run(options: &Options) -> Result<Summary> {
    let start = Instant::now();
    let cases = classes::cases(options)?;
    let answers = Answers::new(options)?;
    let open = cases.iter().filter(|case| answers.of(case.name).is_none());
    let sounds = open.flat_map(|case| [&case.reference, &case.target]);
    let shelf = Shelf::new(&options.folder.join("media"), options.keep, sounds)?;
    let bench = Bench { options, shelf, answers, offsets: Offsets::new(&options.folder), count: cases.len() };
    let judged = bench.all(&cases)?;
    let results = options.folder.join("results.json");
    let text = serde_json::to_string_pretty(&judged).unwrap_or_default();
    fs::write(&results, text).map_err(|source| Error::io(&results, source))?;

    let summary = Summary::new(judged, options, start.elapsed());
    println!("{}", summary.text());
    if let Some(path) = &options.write {
        fs::write(path, summary.page()).map_err(|source| Error::io(path, source))?;
    }
    Ok(summary)
}

struct Bench<'a> {
    options: &'a Options,
    shelf: Shelf,
    answers: Answers,
    offsets: Offsets,
    count: usize,
}

impl Bench<'_> {
    /// All cases, in their order.
    fn all(&self, cases: &[Case]) -> Result<Vec<Judged>> {
        let processors = thread::available_parallelism().map_or(1, usize::from);
        let workers = if self.options.jobs == 0 { processors } else { self.options.jobs };
        let (next, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
        let done = Mutex::new(Vec::with_capacity(cases.len()));
        let work = || -> Result<()> {
            while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                let judged = self.one(case).inspect_err(|_| stop.store(true, Ordering::Relaxed))?;
                let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
                done.push(judged);
                self.tell(done.len(), done.last());
            }
            Ok(())
        };
        thread::scope(|scope| {
            let workers: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
            workers
                .into_iter()
                .map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
                .collect::<Result<Vec<()>>>()
        })?;
        let mut judged = done.into_inner().unwrap_or_else(PoisonError::into_inner);
        judged.sort_by_key(|judged| judged.name);
        Ok(judged)
    }

    fn one(&self, case: &Case) -> Result<Judged> {
        let truth = case.truth.clone().decoded(self.offsets.of(&case.reference)?, self.offsets.of(&case.target)?);
        if let Some(answer) = self.answers.of(case.name) {
            return Ok(judge(case, truth, answer.clone(), self.options.within_ms()));
        }
        let (reference, target) = (self.shelf.take(&case.reference)?, self.shelf.take(&case.target)?);
        let output = self.options.folder.join("out").join(case.name.to_string().replace('/', "-"));
        clear(&output)?;
        let exit = self.host(&reference, &target, &output)?;
        let answer = Answer::read(exit, &output);
        self.answers.keep(case.name, &answer)?;
        let judged = judge(case, truth, answer, self.options.within_ms());
        if !self.options.keep {
            clear(&output)?;
        }
        self.shelf.put_back(&case.reference);
        self.shelf.put_back(&case.target);
        Ok(judged)
    }

    fn host(&self, reference: &Path, target: &Path, output: &Path) -> Result<Option<i32>> {
        let mut command = Command::new(&self.options.host);
        command.args(["run", "--quiet", "--no-store"]).arg(&self.options.pipeline).args([reference, target]);
        command.arg("--output").arg(output);
        let method = self.options.method.iter().map(|method| format!("correlate.use={method}"));
        for setting in method.chain(self.options.set.iter().cloned()) {
            command.args(["--set", &setting]);
        }
        let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
        let failed =
            |error: std::io::Error| Error::Program { program: format!("{command:?}"), reason: error.to_string() };
        Ok(status.map_err(failed)?.code())
    }

    fn tell(&self, done: usize, judged: Option<&Judged>) {
        let Some(judged) = judged.filter(|_| !self.options.quiet) else { return };
        let Judged { name, what, outcome, note, .. } = judged;
        let mark = match outcome {
            Outcome::Right => "right",
            Outcome::Wrong => "WRONG",
            Outcome::Refused => "refused",
            Outcome::Broken => "BROKEN",
        };
        let note = if note.is_empty() { String::new() } else { format!(": {note}") };
        eprintln!("{done:4}/{} {name:<14} {mark:<8} {what}{note}", self.count);
    }
}

fn clear(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => Err(Error::io(folder, source)),
        _ => Ok(()),
    }
}
