//! `test`: does a built plugin keep the promises of plugins? Its checks run in child processes, so that none can end this one.

use super::{find_plugins, print};
use crate::{
    Failure,
    cli::{Cli, TestArgs},
    platform,
    plugins::Plugin,
};
use serde::{Deserialize, Serialize};
use std::{
    io::Write,
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use vsg_plugin_api::testing::{Check, Conformance, Outcome, Subject};
use vsg_tools::{Command, Error, Exit, Observer};

/// What begins a line of a child process; a plugin may print lines of its own.
const MARK: &str = "vsg-host-check ";

/// How long a check may take. The kit gives up on a stage much earlier; this is for one that stops the whole process.
const PATIENCE: Duration = Duration::from_secs(1200);

/// Most characters of a reason that a child process tells, so that it fits into a line.
const LONGEST_REASON: usize = 4000;

/// Whether the user wants the checks to stop.
static STOPPED: AtomicBool = AtomicBool::new(false);

/// What a child process tells.
#[derive(Serialize, Deserialize)]
enum Told {
    /// The names of all checks.
    Names(Vec<String>),
    Done(Check),
    /// The stage can not be checked at all.
    Refused(String),
}

pub(super) fn test(cli: &Cli, args: &TestArgs) -> Result<(), Failure> {
    let path = locate(cli, &args.plugin)?;
    let plugin = Plugin::load(&path)?;
    if let (Some(stage), Some(first)) = (&args.stage, args.from_check) {
        return as_child(plugin, stage, first);
    }
    let ids: Vec<&str> = plugin.stages.iter().map(|(signature, _)| signature.id.as_str()).collect();
    let is_wanted =
        |id: &&str| args.stage.as_ref().is_none_or(|stage| id == stage || id.ends_with(&format!("/{stage}")));
    let wanted: Vec<&str> = ids.iter().copied().filter(is_wanted).collect();
    if wanted.is_empty() {
        return Err(Failure::arguments(
            format!("`{}` has no stage `{}`", path.display(), args.stage.as_deref().unwrap_or_default()),
            format!("it has {}", ids.join(", ")),
        ));
    }

    platform::on_stop_signal(|| {
        if STOPPED.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
    });
    let mut conformance = Conformance::default();
    for id in wanted {
        if !args.json {
            print(&format!("{id}\n"))?;
        }
        let mut told = |check: &Check| if args.json { Ok(()) } else { print(&check.to_string()) };
        conformance.checks.extend(check_stage(&path, id, &mut told)?);
    }
    let counts = conformance.counts();
    if args.json {
        print(&format!("{:#}\n", serde_json::json!(conformance)))?;
    } else {
        print(&format!("{counts}\n"))?;
    }
    if counts.failed == 0 {
        return Ok(());
    }
    Err(Failure::Run {
        message: format!("{} does not keep {} of its promises", plugin.name, counts.failed),
        help: Some("see the lines marked ✗; the book, \"Writing a plugin\", explains them".to_owned()),
    })
}

/// The library that is meant: a file, or the name of an installed plugin.
fn locate(cli: &Cli, plugin: &str) -> Result<PathBuf, Failure> {
    let path = PathBuf::from(plugin);
    let is_library = path.extension().is_some_and(|extension| extension == std::env::consts::DLL_EXTENSION);
    if path.is_file() || is_library || path.components().count() > 1 {
        return Ok(path);
    }
    let plugins = find_plugins(cli)?;
    match plugins.loaded.iter().find(|loaded| loaded.name == plugin) {
        Some(loaded) => Ok(loaded.path.clone()),
        None => Err(Failure::arguments(
            format!("there is no plugin `{plugin}`"),
            "name the library itself, such as target/debug/libacme.so; `vsg-host plugins` lists those that are found",
        )),
    }
}

/// All checks of one stage. A check that takes its process with it has failed, and the next process goes on after it.
fn check_stage(
    library: &Path,
    stage: &str,
    tell: &mut dyn FnMut(&Check) -> Result<(), Failure>,
) -> Result<Vec<Check>, Failure> {
    let mut checks: Vec<Check> = Vec::new();
    loop {
        let (mut names, mut refusal) = (Vec::new(), None);
        let end = converse(library, stage, checks.len(), |told| {
            match told {
                Told::Names(all) => names = all,
                Told::Refused(reason) => refusal = Some(reason),
                Told::Done(check) => {
                    tell(&check)?;
                    checks.push(check);
                }
            }
            Ok(())
        })?;
        let (name, reason) = match (refusal, names.get(checks.len())) {
            (Some(reason), _) => ("signature".to_owned(), reason),
            (None, Some(name)) => (name.clone(), end),
            (None, None) if names.is_empty() => ("signature".to_owned(), end),
            (None, None) => return Ok(checks),
        };
        let failed = Check { name, stage: stage.to_owned(), outcome: Outcome::Failed(reason) };
        tell(&failed)?;
        checks.push(failed);
        if names.len() <= checks.len() {
            return Ok(checks);
        }
    }
}

/// Runs a child process from the check `first` on, hands on what it tells, and says how it ended.
fn converse(
    library: &Path,
    stage: &str,
    first: usize,
    hear: impl FnMut(Told) -> Result<(), Failure>,
) -> Result<String, Failure> {
    let trouble = |what: &str, error: &dyn std::fmt::Display| Failure::Run {
        message: format!("can not {what} for the checks of `{stage}`: {error}"),
        help: None,
    };
    // The child's files go with it, however it ends.
    let folder = tempfile::tempdir().map_err(|error| trouble("make a folder", &error))?;
    let program = std::env::current_exe().map_err(|error| trouble("find this program", &error))?;
    let first = first.to_string();
    let mut command =
        Command::program(program).arg("test").arg(library).args(["--stage", stage, "--from-check", &first]);
    for variable in ["TMPDIR", "TEMP", "TMP"] {
        command = command.env(variable, folder.path());
    }
    // Where it died says the message; how it came there would hide it.
    command = command.env("RUST_BACKTRACE", "0");

    let listener = Listener::new();
    let mut heard = Heard { hear, outcome: Ok(()) };
    let ended = command.observer(&listener).lines(|line| heard.line(line, &listener));
    heard.outcome?;
    match ended {
        Ok(_) => Ok(format!("the process that ran it {}", Exit::Code(0))),
        Err(Error::Failed { exit, tail, .. }) => {
            // Its reports to this process are no last words.
            let words = tail.lines().filter(|line| !line.trim().is_empty() && !line.contains(MARK));
            let words: String = words.map(|line| format!("\n{line}")).collect();
            Ok(format!("the process that ran it {exit}{words}"))
        }
        Err(Error::Cancelled { .. }) if STOPPED.load(Ordering::Relaxed) => Err(Failure::Cancelled),
        Err(Error::Cancelled { .. }) => {
            Ok(format!("it stopped the whole process; killed after {} s", PATIENCE.as_secs()))
        }
        // It said so, whether or not that is why it ended.
        Err(error @ Error::StorageFull { .. }) => Ok(error.to_string()),
        Err(error) => Err(trouble("run a process", &error)),
    }
}

/// Whoever hears what a child process tells.
struct Heard<H> {
    hear: H,
    outcome: Result<(), Failure>,
}

impl<H: FnMut(Told) -> Result<(), Failure>> Heard<H> {
    fn line(&mut self, line: &str, listener: &Listener) {
        let told = line.find(MARK).and_then(|place| serde_json::from_str(&line[place + MARK.len()..]).ok());
        let Some(told) = told.filter(|_| self.outcome.is_ok()) else { return };
        listener.has_heard();
        self.outcome = (self.hear)(told);
        if self.outcome.is_err() {
            listener.is_useless.store(true, Ordering::Relaxed);
        }
    }
}

/// Knows when a child process is to be ended.
struct Listener {
    last_told: Mutex<Instant>,
    /// Nobody takes what it tells.
    is_useless: AtomicBool,
}

impl Listener {
    fn new() -> Self {
        Self { last_told: Mutex::new(Instant::now()), is_useless: AtomicBool::new(false) }
    }

    fn has_heard(&self) {
        *self.last_told.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }
}

impl Observer for Listener {
    fn log(&self, _message: &str) {}

    fn progress(&self, _fraction: f64) {}

    fn cancelled(&self) -> bool {
        let last_told = *self.last_told.lock().unwrap_or_else(PoisonError::into_inner);
        STOPPED.load(Ordering::Relaxed) || self.is_useless.load(Ordering::Relaxed) || last_told.elapsed() >= PATIENCE
    }
}

/// The child's side.
fn as_child(plugin: Plugin, stage: &str, first: usize) -> Result<(), Failure> {
    let Some((_, stage)) = plugin.stages.into_iter().find(|(signature, _)| signature.id == stage) else {
        return Err(Failure::arguments(format!("there is no stage `{stage}`"), "name one by --stage"));
    };
    match Subject::new(stage) {
        Err(reason) => say(&Told::Refused(reason)),
        Ok(subject) => {
            say(&Told::Names(subject.names().into_iter().map(str::to_owned).collect()));
            (first..).map_while(|index| subject.check(index)).for_each(|check| say(&Told::Done(shortened(check))));
        }
    }
    // A stage that did not end is still running on a thread.
    std::process::exit(0)
}

fn shortened(mut check: Check) -> Check {
    if let Outcome::Failed(reason) | Outcome::Skipped(reason) = &mut check.outcome
        && let Some((end, _)) = reason.char_indices().nth(LONGEST_REASON)
    {
        reason.truncate(end);
        reason.push('…');
    }
    check
}

fn say(told: &Told) {
    let mut stdout = std::io::stdout().lock();
    let text = in_ascii(&serde_json::to_string(told).unwrap_or_default());
    // Without a listener there is nobody to tell.
    let _ = writeln!(stdout, "\n{MARK}{text}").and_then(|()| stdout.flush());
}

/// JSON without the characters beyond ASCII, some of which would end a line.
fn in_ascii(json: &str) -> String {
    let escaped = |unit: u16| match u8::try_from(unit) {
        Ok(byte) if byte.is_ascii() => char::from(byte).to_string(),
        _ => format!("\\u{unit:04x}"),
    };
    json.encode_utf16().map(escaped).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_of_any_text_is_told_in_one_line() {
        let reason = "\u{2028}\u{85}\r\n\u{c}字\u{1f600}".repeat(LONGEST_REASON);
        let check = shortened(Check { name: "it".into(), stage: "a/b".into(), outcome: Outcome::Failed(reason) });
        let line = in_ascii(&serde_json::to_string(&check).unwrap());
        assert!(line.is_ascii() && !line.contains(char::is_control) && line.len() < 60_000, "{}", line.len());
        assert_eq!(serde_json::from_str::<Check>(&line).unwrap(), check);
    }
}
