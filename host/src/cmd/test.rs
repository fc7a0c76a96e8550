//! `test`: does a built plugin keep the promises of plugins? Its checks run in child processes, so that none can end this one.

use super::{find_plugins, print};
use crate::{
    Failure,
    cli::{Cli, TestArgs},
    plugins::Plugin,
};
use serde::{Deserialize, Serialize};
use std::{
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc,
    time::Duration,
};
use vsg_plugin_api::testing::{Check, Conformance, Outcome, Subject};

/// What begins a line of a child process; a plugin may print lines of its own.
const MARK: &str = "vsg-host-check ";

/// How long a check may take. The kit gives up on a stage much earlier; this is for one that stops the whole process.
const PATIENCE: Duration = Duration::from_secs(1200);

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

    let mut conformance = Conformance::default();
    for id in wanted {
        if !args.json {
            print(&format!("{id}\n"))?;
        }
        let mut told = |check: &Check| if args.json { Ok(()) } else { print(&line(check)) };
        conformance.checks.extend(check_stage(&path, id, &mut told)?);
    }
    let failed = conformance.checks.iter().filter(|check| matches!(check.outcome, Outcome::Failed(_))).count();
    if args.json {
        print(&format!("{:#}\n", serde_json::json!(conformance)))?;
    } else {
        let skipped = conformance.checks.iter().filter(|check| matches!(check.outcome, Outcome::Skipped(_))).count();
        let passed = conformance.checks.len() - failed - skipped;
        print(&format!("{passed} passed, {failed} failed, {skipped} not applicable\n"))?;
    }
    if failed == 0 {
        return Ok(());
    }
    Err(Failure::Run {
        message: format!("{} does not keep {failed} of its promises", plugin.name),
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
    mut hear: impl FnMut(Told) -> Result<(), Failure>,
) -> Result<String, Failure> {
    let trouble = |what: &str, error: std::io::Error| Failure::Run {
        message: format!("can not {what} for the checks of `{stage}`: {error}"),
        help: None,
    };
    // The child's files go with it, however it ends.
    let folder = tempfile::tempdir().map_err(|error| trouble("make a folder", error))?;
    let complaints = folder.path().join("stderr");
    let stderr = std::fs::File::create(&complaints).map_err(|error| trouble("make a file", error))?;
    let program = std::env::current_exe().map_err(|error| trouble("find this program", error))?;
    let mut command = Command::new(program);
    command.arg("test").arg(library).args(["--stage", stage, "--from-check", &first.to_string()]);
    for variable in ["TMPDIR", "TEMP", "TMP"] {
        command.env(variable, folder.path());
    }
    // Where it died says the message; how it came there would hide it.
    command.env("RUST_BACKTRACE", "0");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(stderr);
    let mut child = Reaped(command.spawn().map_err(|error| trouble("start a process", error))?);

    let (sender, lines) = mpsc::channel();
    if let Some(stdout) = child.0.stdout.take() {
        std::thread::spawn(move || {
            // A plugin may print whatever bytes it likes.
            BufReader::new(stdout).split(b'\n').map_while(Result::ok).try_for_each(|line| sender.send(line))
        });
    }
    let mut is_late = false;
    loop {
        match lines.recv_timeout(PATIENCE) {
            Ok(line) => {
                let line = String::from_utf8_lossy(&line);
                let told = line.find(MARK).and_then(|place| serde_json::from_str(&line[place + MARK.len()..]).ok());
                told.map_or(Ok(()), &mut hear)?;
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => break,
            Err(mpsc::RecvTimeoutError::Timeout) => {
                is_late = true;
                // It may have ended by itself just now.
                let _ = child.0.kill();
            }
        }
    }
    let status = child.0.wait().map_err(|error| trouble("wait", error))?;
    if is_late {
        return Ok(format!("it stopped the whole process; killed after {} s", PATIENCE.as_secs()));
    }
    let complaints = std::fs::read(&complaints).unwrap_or_default();
    let complaints = String::from_utf8_lossy(&complaints);
    let last: Vec<&str> = complaints.lines().filter(|line| !line.trim().is_empty()).rev().take(4).collect();
    let last: String = last.into_iter().rev().map(|line| format!("\n{line}")).collect();
    Ok(format!("it ended the process that ran it ({status}){last}"))
}

/// A child process that does not outlive this value.
struct Reaped(Child);

impl Drop for Reaped {
    fn drop(&mut self) {
        // Of one that has ended nothing is left to kill.
        let _ = self.0.kill();
        let _ = self.0.wait();
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
            (first..).map_while(|index| subject.check(index)).for_each(|check| say(&Told::Done(check)));
        }
    }
    // A stage that did not end is still running on a thread.
    std::process::exit(0)
}

fn say(told: &Told) {
    let mut stdout = std::io::stdout().lock();
    let text = serde_json::to_string(told).unwrap_or_default();
    // Without a listener there is nobody to tell.
    let _ = writeln!(stdout, "\n{MARK}{text}").and_then(|()| stdout.flush());
}

/// A check for people.
fn line(check: &Check) -> String {
    let (mark, reason) = match &check.outcome {
        Outcome::Passed => ('✓', ""),
        Outcome::Failed(reason) => ('✗', reason.as_str()),
        Outcome::Skipped(reason) => ('–', reason.as_str()),
    };
    let reason: String = reason.lines().map(|line| format!("      {line}\n")).collect();
    format!("  {mark} {}\n{reason}", check.name)
}
