//! Builds a command, runs it to its end, and says what came out.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use crate::follow::{Follow, Keep};
use crate::progress::ProgressReader;
use crate::runlog::RunLog;
use crate::supervise::{Watch, supervise};
use crate::transcript::Transcript;
use crate::{Error, Family, LogStyle, Observer, Result, Search, Tool, Unobserved, Usage, platform};

/// Most bytes that [`Command::output`] takes, unless told otherwise.
const DEFAULT_LIMIT: usize = 256 << 20;

/// A program to run, with everything about how to run it.
pub struct Command<'a> {
    name: String,
    program: PathBuf,
    family: Family,
    args: Vec<OsString>,
    dir: Option<PathBuf>,
    env: Vec<(OsString, OsString)>,
    observer: &'a dyn Observer,
    style: LogStyle,
    idle: Option<Duration>,
    limit: usize,
    is_binary: bool,
    total: Option<Duration>,
    growing: Option<File>,
}

/// A command that has succeeded.
#[derive(Debug, Clone, Default)]
pub struct Finished {
    /// What mkvtoolnix warned about, one text per warning, without `Warning:`.
    pub warnings: Vec<String>,
    /// The last part (up to 64 KiB) of what it wrote to standard error, without progress reports.
    pub stderr: String,
    /// What it cost.
    pub usage: Usage,
}

/// A command that has succeeded, and its answer.
#[derive(Debug, Clone, Default)]
pub struct Output {
    /// Everything it wrote to standard output, byte for byte.
    pub stdout: Vec<u8>,
    /// What mkvtoolnix warned about, one text per warning, without `Warning:`.
    pub warnings: Vec<String>,
    /// The last part (up to 64 KiB) of what it wrote to standard error, without progress reports.
    pub stderr: String,
    /// What it cost.
    pub usage: Usage,
}

impl<'a> Command<'a> {
    /// Runs `tool`, found as [`Search::from_env`] finds it.
    ///
    /// # Errors
    /// [`Error::NotFound`] or [`Error::NotExecutable`].
    pub fn tool(tool: Tool) -> Result<Command<'a>> {
        Ok(Command::at(tool, Search::from_env().find(tool)?))
    }

    /// Runs `tool`, which is the program at `path`.
    #[must_use]
    pub fn at(tool: Tool, path: impl Into<PathBuf>) -> Command<'a> {
        Command::new(tool.name(), path.into(), tool.family())
    }

    /// Runs a program that is no [`Tool`]: a path, or a name to look up in `PATH`.
    #[must_use]
    pub fn program(program: impl Into<PathBuf>) -> Command<'a> {
        let program = program.into();
        let name = program.file_stem().unwrap_or(program.as_os_str()).to_string_lossy().into_owned();
        Command::new(&name, program, Family::Other)
    }

    fn new(name: &str, program: PathBuf, family: Family) -> Command<'a> {
        Command {
            name: name.to_owned(),
            program,
            family,
            args: Vec::new(),
            dir: None,
            env: Vec::new(),
            observer: &Unobserved,
            style: LogStyle::default(),
            idle: None,
            limit: DEFAULT_LIMIT,
            is_binary: false,
            total: None,
            growing: None,
        }
    }

    /// Adds an argument; it need not be UTF-8.
    #[must_use]
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.args.push(arg.as_ref().to_owned());
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<I>(mut self, args: I) -> Self
    where
        I: IntoIterator,
        I::Item: AsRef<OsStr>,
    {
        self.args.extend(args.into_iter().map(|arg| arg.as_ref().to_owned()));
        self
    }

    /// Runs in this directory instead of the current one.
    #[must_use]
    pub fn current_dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.dir = Some(dir.into());
        self
    }

    /// Sets an environment variable; the rest is that of this process.
    #[must_use]
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    /// Sets environment variables.
    #[must_use]
    pub fn envs<N: Into<OsString>, V: Into<OsString>>(mut self, variables: impl IntoIterator<Item = (N, V)>) -> Self {
        self.env.extend(variables.into_iter().map(|(name, value)| (name.into(), value.into())));
        self
    }

    /// Sends log and progress there, and stops when it is cancelled.
    #[must_use]
    pub fn observer(mut self, observer: &'a dyn Observer) -> Self {
        self.observer = observer;
        self
    }

    /// Says what the command is for, e.g. `decoding 'film.mkv'`; errors then name it next to the tool.
    #[must_use]
    pub fn doing(mut self, what: impl std::fmt::Display) -> Self {
        self.name = format!("{} ({what})", self.name);
        self
    }

    /// Changes how much of the command is logged.
    #[must_use]
    pub fn log_style(mut self, style: LogStyle) -> Self {
        self.style = style;
        self
    }

    /// Stops the command after this long without a sign of life: a byte on either output, or growth of its
    /// [output file](Command::output_file).
    #[must_use]
    pub fn timeout_idle(mut self, idle: Duration) -> Self {
        self.idle = Some(idle);
        self
    }

    /// Changes how many bytes [`Command::output`] takes (256 MiB unless changed).
    #[must_use]
    pub fn limit(mut self, bytes: usize) -> Self {
        self.limit = bytes;
        self
    }

    /// Says which file the command writes, in bulk and from beginning to end; its name has to be an argument all the same.
    ///
    /// The file goes to the disk as it grows and does not fill the memory. A tool that complains of a full disk has
    /// failed, even if it ends as if nothing had happened.
    #[must_use]
    pub fn output_file(mut self, file: File) -> Self {
        self.growing = Some(file);
        self
    }

    /// Says that standard output is data, not text: it stays out of the log and of error messages.
    #[must_use]
    pub fn binary(mut self) -> Self {
        self.is_binary = true;
        self
    }

    /// Adds `-nostats -progress pipe:2` and reports progress against `total`, the length of the material.
    ///
    /// Call it first: ffmpeg wants these before the output. The report stays out of the log and of `stderr`.
    #[must_use]
    pub fn ffmpeg_progress(self, total: Duration) -> Self {
        let mut command = self.args(["-nostats", "-progress", "pipe:2"]);
        command.total = Some(total);
        command
    }

    /// The command as it is logged, without the `$`.
    #[must_use]
    pub fn line(&self) -> String {
        crate::command_line(self.program.as_os_str(), &self.args)
    }

    /// Runs it; what it prints goes to the log only.
    ///
    /// # Errors
    /// Every variant of [`Error`] except [`Error::OutputTooLarge`].
    pub fn run(self) -> Result<Finished> {
        self.lines(|_| {})
    }

    /// Runs it and hands each line of standard output to `each` as it comes.
    ///
    /// Lines are decoded as UTF-8 with U+FFFD; one longer than 64 KiB comes in pieces.
    ///
    /// # Errors
    /// Every variant of [`Error`] except [`Error::OutputTooLarge`].
    pub fn lines(self, mut each: impl FnMut(&str)) -> Result<Finished> {
        let mut sink = self.follow(Keep::Lines(&mut each));
        let usage = self.supervise(&mut sink)?;
        Ok(finished(sink, usage))
    }

    /// Runs it and takes what it writes to standard output.
    ///
    /// # Errors
    /// Every variant of [`Error`]; [`Error::OutputTooLarge`] past the [limit](Command::limit).
    pub fn output(self) -> Result<Output> {
        let mut stdout = Vec::new();
        let mut sink = self.follow(Keep::Bytes { bytes: &mut stdout, limit: self.limit });
        let usage = self.supervise(&mut sink)?;
        let Finished { warnings, stderr, usage } = finished(sink, usage);
        Ok(Output { stdout, warnings, stderr, usage })
    }

    fn follow<'k>(&self, keep: Keep<'k>) -> Follow<'k>
    where
        'a: 'k,
    {
        let progress = ProgressReader::new(self.family, self.total);
        let transcript = Transcript::new(self.observer, self.family, progress, RunLog::new(self.style));
        Follow::new(&self.name, transcript, keep, self.is_binary)
    }

    fn supervise(&self, sink: &mut Follow<'_>) -> Result<Usage> {
        let tool = self.name.as_str();
        let observer = self.observer;
        if observer.cancelled() {
            return Err(Error::Cancelled { tool: tool.to_owned() });
        }
        observer.log(&RunLog::start(self.program.as_os_str(), &self.args));
        let child = self.start().map_err(|error| {
            observer.log(&RunLog::not_started(self.program.as_os_str(), &error));
            self.not_started(error)
        })?;
        let program = self.program.file_stem().unwrap_or_default().to_string_lossy();
        let watch = Watch { tool, program: &program, observer, idle: self.idle, growing: self.growing.as_ref() };
        let (status, usage) = supervise(child, &watch, sink)?;
        sink.end_of_process(tool, platform::exit(status), self.growing.is_some())?;
        Ok(usage)
    }

    fn start(&self) -> io::Result<std::process::Child> {
        let mut command = std::process::Command::new(&self.program);
        command.args(&self.args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        if self.family == Family::Mkvtoolnix {
            command.envs(platform::plain_locale());
        }
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        if let Some(dir) = &self.dir {
            command.current_dir(dir);
        }
        platform::isolate(&mut command);
        command.spawn()
    }

    fn not_started(&self, error: io::Error) -> Error {
        let tool = self.name.clone();
        if let Some(dir) = self.dir.as_deref().filter(|dir| !dir.is_dir()) {
            let doing = format!("enter the directory '{}'", dir.display());
            return Error::from_io(&tool, &doing, error);
        }
        let program = self.program.display();
        match error.kind() {
            io::ErrorKind::NotFound if self.program_exists() => {
                Error::NotExecutable { tool, path: self.program.clone() }
            }
            io::ErrorKind::NotFound => Error::NotFound {
                tool,
                looked: format!("there is no program '{program}'"),
                hint: "Check the name, or install it".to_owned(),
            },
            io::ErrorKind::PermissionDenied => Error::NotExecutable { tool, path: self.program.clone() },
            _ => Error::from_io(&tool, &format!("start '{program}'"), error),
        }
    }

    fn program_exists(&self) -> bool {
        Path::new(&self.program).is_file()
    }
}

impl std::fmt::Debug for Command<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Command").field(&self.line()).finish()
    }
}

fn finished(sink: Follow<'_>, usage: Usage) -> Finished {
    let (warnings, stderr) = sink.into_warnings_and_stderr();
    Finished { warnings, stderr, usage }
}
