//! What is shown from one time to another.

use crate::stamp::Stamp;
use std::{borrow::Cow, ops::Range};

/// What an event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventKind {
    /// Something that is shown.
    Dialogue,
    /// A note of the author, with times all the same.
    Comment,
    /// One of the old kinds of SSA: picture, sound, movie, command.
    Other,
}

/// An event as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event<'s> {
    /// What it is.
    pub kind: EventKind,
    /// Start (ms).
    pub start_ms: i64,
    /// End (ms); it may lie before the start, as it does in some files.
    pub end_ms: i64,
    /// Name of its style; empty in formats that have none.
    pub style: Cow<'s, str>,
    /// Text with all its tags; lines of SRT and WebVTT are joined by `\n`.
    pub text: Cow<'s, str>,
}

/// Where an event is.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) kind: EventKind,
    /// Line of the timestamps.
    pub(crate) line: usize,
    /// Start and end; one that can not be read is left alone.
    pub(crate) start: Option<Stamp>,
    pub(crate) end: Option<Stamp>,
    /// Timestamps within the text, each with its line.
    pub(crate) inner: Vec<(usize, Stamp)>,
    /// Style within the line.
    pub(crate) style: Range<usize>,
    pub(crate) text: Text,
}

/// Where the text of an event is.
#[derive(Debug, Clone)]
pub(crate) enum Text {
    /// From here to the end of the line of the timestamps.
    InLine(usize),
    /// In lines of its own.
    Lines(Range<usize>),
}

impl Place {
    pub(crate) fn start_ms(&self) -> i64 {
        self.start.as_ref().or(self.end.as_ref()).map_or(0, |stamp| stamp.ms)
    }

    pub(crate) fn end_ms(&self) -> i64 {
        self.end.as_ref().or(self.start.as_ref()).map_or(0, |stamp| stamp.ms)
    }
}
