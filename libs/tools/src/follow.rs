//! Leads what a command writes to where it is wanted: everything to its transcript, standard output also on.

use crate::supervise::Sink;
use crate::transcript::{Stream, Transcript};
use crate::{Error, Exit, Result};

/// What becomes of standard output.
pub(crate) enum Keep<'a> {
    /// Each line is handed on.
    Lines(&'a mut dyn FnMut(&str)),
    /// The bytes are collected, up to the limit.
    Bytes { bytes: &'a mut Vec<u8>, limit: usize },
}

/// Follows one command.
pub(crate) struct Follow<'a> {
    tool: String,
    transcript: Transcript<'a>,
    keep: Keep<'a>,
    is_binary: bool,
}

impl<'a> Follow<'a> {
    pub(crate) fn new(tool: &str, transcript: Transcript<'a>, keep: Keep<'a>, is_binary: bool) -> Follow<'a> {
        Follow { tool: tool.to_owned(), transcript, keep, is_binary }
    }

    /// Logs the end and judges it; `must_write` makes a full disk a failure whatever the exit.
    pub(crate) fn end_of_process(&mut self, tool: &str, exit: Exit, must_write: bool) -> Result<()> {
        self.transcript.end(tool, exit, must_write)
    }

    pub(crate) fn into_warnings_and_stderr(mut self) -> (Vec<String>, String) {
        (self.transcript.take_warnings(), self.transcript.stderr())
    }

    fn transcribe(&mut self, with: impl FnOnce(&mut Transcript<'a>, &mut dyn FnMut(&str))) {
        match &mut self.keep {
            Keep::Lines(each) => with(&mut self.transcript, each),
            Keep::Bytes { .. } => with(&mut self.transcript, &mut |_| {}),
        }
    }
}

impl Sink for Follow<'_> {
    fn data(&mut self, stream: Stream, data: &[u8]) -> Result<()> {
        if let (Stream::Stdout, Keep::Bytes { bytes, limit }) = (stream, &mut self.keep) {
            if bytes.len() + data.len() > *limit {
                return Err(Error::OutputTooLarge { tool: self.tool.clone(), limit: *limit });
            }
            bytes.extend_from_slice(data);
        }
        if stream == Stream::Stderr || !self.is_binary {
            self.transcribe(|transcript, each| transcript.push(stream, data, each));
        }
        Ok(())
    }

    fn end(&mut self, stream: Stream) {
        self.transcribe(|transcript, each| transcript.finish(stream, each));
    }
}
