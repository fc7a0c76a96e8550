//! Follows what a command says: to the log, as progress, as warnings, and as the text of an error.

use crate::lines::Tail;
use crate::progress::{ProgressReader, Report};
use crate::runlog::RunLog;
use crate::{Error, Exit, Family, LineSplitter, Observer, Verdict};

/// Which of its two outputs a command wrote to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stream {
    Stdout,
    Stderr,
}

/// How a full disk is called by the systems and tools that find one.
const DISK_FULL: [&str; 4] = [
    "No space left on device",
    "No space left to write to",
    "Disk quota exceeded",
    "There is not enough space on the disk",
];

/// Warnings that are kept and logged; more of them say nothing new.
const MOST_WARNINGS: usize = 100;

/// Everything a command has said so far, in the form in which it is needed.
pub(crate) struct Transcript<'a> {
    observer: &'a dyn Observer,
    family: Family,
    progress: ProgressReader,
    stdout: LineSplitter,
    stderr: LineSplitter,
    kept: Kept,
}

/// What is kept of the lines.
struct Kept {
    log: RunLog,
    stderr: Tail,
    warnings: Vec<String>,
    /// Warnings beyond those that are kept.
    more_warnings: usize,
    disk_full: Option<String>,
}

impl<'a> Transcript<'a> {
    pub(crate) fn new(observer: &'a dyn Observer, family: Family, progress: ProgressReader, log: RunLog) -> Self {
        let kept =
            Kept { log, stderr: Tail::of_lines(usize::MAX), warnings: Vec::new(), more_warnings: 0, disk_full: None };
        Transcript {
            observer,
            family,
            progress,
            stdout: LineSplitter::default(),
            stderr: LineSplitter::default(),
            kept,
        }
    }

    /// Takes the next bytes of `stream` and hands each complete line of it to `each`.
    pub(crate) fn push(&mut self, stream: Stream, bytes: &[u8], each: &mut dyn FnMut(&str)) {
        let (observer, family, progress) = (self.observer, self.family, self.progress);
        let kept = &mut self.kept;
        let splitter = match stream {
            Stream::Stdout => &mut self.stdout,
            Stream::Stderr => &mut self.stderr,
        };
        splitter.push(bytes, |line| kept.take(stream, line, observer, family, progress, each));
    }

    /// Takes what is left of `stream` after its end.
    pub(crate) fn finish(&mut self, stream: Stream, each: &mut dyn FnMut(&str)) {
        let (observer, family, progress) = (self.observer, self.family, self.progress);
        let kept = &mut self.kept;
        let splitter = match stream {
            Stream::Stdout => &mut self.stdout,
            Stream::Stderr => &mut self.stderr,
        };
        splitter.finish(|line| kept.take(stream, line, observer, family, progress, each));
    }

    /// Logs the end and judges it. A success is one only if no `must_write`n output hit a full disk.
    pub(crate) fn end(&mut self, tool: &str, exit: Exit, must_write: bool) -> Result<(), Error> {
        let verdict = exit.verdict(self.family);
        for message in self.kept.log.end(exit, verdict) {
            self.observer.log(&message);
        }
        if verdict == Verdict::Warnings && self.kept.warnings.is_empty() {
            let text = format!("{tool} ended with warnings that it did not name");
            self.observer.log(&format!("[WARNING] {text}"));
            self.kept.warnings.push(text);
        }
        if self.kept.more_warnings > 0 {
            let text = format!("{} more warnings of {tool} are left out", self.kept.more_warnings);
            self.observer.log(&format!("[WARNING] {text}"));
            self.kept.warnings.push(text);
        }
        if verdict != Verdict::Failure && !must_write {
            return Ok(());
        }
        if let Some(detail) = self.kept.disk_full.take() {
            return Err(Error::StorageFull { tool: tool.to_owned(), doing: "write its output".to_owned(), detail });
        }
        if verdict != Verdict::Failure {
            return Ok(());
        }
        Err(Error::Failed { tool: tool.to_owned(), exit, tail: self.kept.log.error_tail() })
    }

    /// The last part of standard error.
    pub(crate) fn stderr(&self) -> String {
        self.kept.stderr.last(usize::MAX)
    }

    pub(crate) fn take_warnings(&mut self) -> Vec<String> {
        std::mem::take(&mut self.kept.warnings)
    }
}

impl Kept {
    fn take(
        &mut self,
        stream: Stream,
        line: &str,
        observer: &dyn Observer,
        family: Family,
        progress: ProgressReader,
        each: &mut dyn FnMut(&str),
    ) {
        let report = progress.read(line);
        if let Some(Report::Fraction(fraction)) = report {
            observer.progress(fraction);
        }
        match report {
            Some(_) if !line.starts_with("Progress: ") => return,
            Some(_) => {}
            None => self.keep(stream, line),
        }
        if let Some(warning) = line.strip_prefix("Warning: ").filter(|_| family == Family::Mkvtoolnix) {
            if self.warnings.len() < MOST_WARNINGS {
                observer.log(&format!("[WARNING] {warning}"));
                self.warnings.push(warning.to_owned());
            } else {
                self.more_warnings += 1;
            }
            self.log.keep(line);
        } else if let Some(message) = self.log.line(line) {
            observer.log(&message);
        }
        if stream == Stream::Stdout {
            each(line);
        }
    }

    fn keep(&mut self, stream: Stream, line: &str) {
        if stream == Stream::Stderr {
            self.stderr.push(line);
        }
        if self.disk_full.is_none() && DISK_FULL.iter().any(|text| line.contains(text)) {
            self.disk_full = Some(line.trim().to_owned());
        }
    }
}
