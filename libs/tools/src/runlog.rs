//! What the log says about a command: the reference program's format, as a pure function of lines and exit.
//!
//! Before the start `$ <command>`; then, when compact, `Progress: N%` every so many percent, and otherwise every
//! line; at the end `[!] Command failed with exit code N` and the last lines.

use std::ffi::OsStr;
use std::io;

use crate::lines::Tail;
use crate::{Exit, Verdict, quote};

/// Lines that an error message quotes, however the log is set up.
const ERROR_LINES: usize = 20;

/// How much of a command the log shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogStyle {
    /// Hide what the tool prints, except progress and, after a failure, its last lines.
    pub compact: bool,
    /// Percent between two progress lines, when compact; 0 counts as 1.
    pub progress_step: u32,
    /// Last lines shown after a failure, when compact.
    pub error_tail: usize,
    /// Last lines shown after a success, when compact.
    pub tail_lines: usize,
}

impl Default for LogStyle {
    /// What the reference program shows by default.
    fn default() -> LogStyle {
        LogStyle { compact: true, progress_step: 20, error_tail: 20, tail_lines: 0 }
    }
}

/// The log of one command.
#[derive(Debug)]
pub struct RunLog {
    style: LogStyle,
    tail: Tail,
    last_percent: Option<i64>,
}

impl RunLog {
    /// An empty log.
    #[must_use]
    pub fn new(style: LogStyle) -> RunLog {
        let lines = style.tail_lines.max(style.error_tail).max(ERROR_LINES);
        RunLog { style, tail: Tail::of_lines(lines), last_percent: None }
    }

    /// The message before the start.
    pub fn start<I>(program: &OsStr, arguments: I) -> String
    where
        I: IntoIterator,
        I::Item: AsRef<OsStr>,
    {
        format!("$ {}", quote::command_line(program, arguments))
    }

    /// The message when the program could not be started.
    #[must_use]
    pub fn not_started(program: &OsStr, reason: &io::Error) -> String {
        let text = reason.to_string();
        let described = match reason.raw_os_error() {
            Some(code) => {
                let plain = text.strip_suffix(&format!(" (os error {code})")).unwrap_or(&text);
                format!("[Errno {code}] {plain}")
            }
            None => text,
        };
        format!("[!] Failed to execute command: {described}: '{}'", program.to_string_lossy())
    }

    /// Takes the next line and gives the message it makes, if it makes one.
    pub fn line(&mut self, line: &str) -> Option<String> {
        if !self.style.compact {
            self.tail.push(line);
            return Some(line.to_owned());
        }
        if !line.starts_with("Progress: ") {
            self.tail.push(line);
            return None;
        }
        let percent: i64 = line.split_whitespace().last()?.trim_end_matches('%').parse().ok()?;
        let step = i64::from(self.style.progress_step.max(1));
        let is_due = self.last_percent.is_none_or(|last| percent >= last.saturating_add(step)) || percent == 100;
        is_due.then(|| {
            self.last_percent = Some(percent);
            format!("Progress: {percent}%")
        })
    }

    /// Keeps a line for the tail that has its own message already.
    pub fn keep(&mut self, line: &str) {
        self.tail.push(line);
    }

    /// The messages at the end.
    #[must_use]
    pub fn end(&self, exit: Exit, verdict: Verdict) -> Vec<String> {
        let mut messages = Vec::new();
        let (mark, lines) = if verdict == Verdict::Failure {
            messages.push(format!("[!] Command failed with exit code {}", exit.number()));
            ("[stderr/tail]", self.style.error_tail)
        } else {
            ("[stdout/tail]", self.style.tail_lines)
        };
        if self.style.compact && lines > 0 && !self.tail.is_empty() {
            messages.push(format!("{mark}\n{}", self.tail.last(lines)));
        }
        messages
    }

    /// The last lines, for an error message.
    #[must_use]
    pub fn error_tail(&self) -> String {
        self.tail.last(ERROR_LINES)
    }
}
