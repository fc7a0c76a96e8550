//! A problem of a pipeline: what is wrong, where it was typed, and what to write instead.

use super::cause::Cause;
use super::origin::Place;
use miette::{Diagnostic, GraphicalReportHandler, LabeledSpan, SourceCode};
use std::fmt;

/// One mistake in a pipeline, with its place.
#[derive(Debug)]
pub struct Problem {
    cause: Cause,
    place: Option<Place>,
    label: String,
    help: Option<String>,
}

impl Problem {
    /// A problem that has no place, such as a file that cannot be read.
    pub(super) fn new(cause: Cause) -> Self {
        Self { cause, place: None, label: String::new(), help: None }
    }

    pub(super) fn at(mut self, place: &Place, label: impl Into<String>) -> Self {
        self.place = Some(place.clone());
        self.label = label.into();
        self
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into()).filter(|help: &String| !help.is_empty());
        self
    }

    /// Whether it is the same mistake in the same place.
    fn is_same(&self, other: &Problem) -> bool {
        self.cause == other.cause
            && self.place.as_ref().map(Place::order) == other.place.as_ref().map(Place::order)
            && self.label == other.label
    }

    /// What is wrong.
    #[must_use]
    pub fn cause(&self) -> &Cause {
        &self.cause
    }

    /// Name of the file (or `--set`), and line and column of it, both counted from 1.
    #[must_use]
    pub fn position(&self) -> Option<(&str, usize, usize)> {
        let Place { origin, span } = self.place.as_ref()?;
        let before = origin.text().get(..span.start)?;
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|&character| character != '\n').count() + 1;
        Some((origin.name(), line, column))
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.cause.fmt(formatter)
    }
}

impl std::error::Error for Problem {}

impl Diagnostic for Problem {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.place.as_ref().map(|place| place.origin.source() as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let place = self.place.as_ref()?;
        let label = LabeledSpan::new_with_span(Some(self.label.clone()), place.span.clone());
        Some(Box::new(std::iter::once(label)))
    }
}

/// Every problem that was found, in the order of the text.
#[derive(Debug, Default)]
pub struct Problems(Vec<Problem>);

impl Problems {
    pub(super) fn push(&mut self, problem: Problem) {
        self.0.push(problem);
    }

    pub(super) fn append(&mut self, mut others: Problems) {
        self.0.append(&mut others.0);
    }

    /// Adds a problem that is not there already, with a note at the end of its help.
    pub(super) fn add_new(&mut self, mut problem: Problem, note: Option<&str>) {
        if self.has(&problem) {
            return;
        }
        if let Some(note) = note {
            problem.help = Some(problem.help.map_or(note.to_owned(), |help| format!("{help}\n{note}")));
        }
        self.0.push(problem);
    }

    /// Whether this problem is among them.
    pub(super) fn has(&self, problem: &Problem) -> bool {
        self.0.iter().any(|known| known.is_same(problem))
    }

    /// `value` when there are no problems, the sorted problems otherwise.
    pub(super) fn or<T>(mut self, value: T) -> Result<T, Problems> {
        if self.is_empty() {
            return Ok(value);
        }
        self.0.sort_by_key(|problem| problem.place.as_ref().map(Place::order));
        Err(self)
    }

    /// The problems, in the order of the text.
    pub fn iter(&self) -> std::slice::Iter<'_, Problem> {
        self.0.iter()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The problems as `handler` draws them, one after the other.
    #[must_use]
    pub fn render(&self, handler: &GraphicalReportHandler) -> String {
        let mut text = String::new();
        for problem in &self.0 {
            // A handler fails only where writing does; the bare message is then better than nothing.
            if handler.render_report(&mut text, problem).is_err() {
                text.push_str(&problem.to_string());
            }
            text.push('\n');
        }
        text
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

impl IntoIterator for Problems {
    type Item = Problem;
    type IntoIter = std::vec::IntoIter<Problem>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Problems {
    type Item = &'a Problem;
    type IntoIter = std::slice::Iter<'a, Problem>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [problem] => problem.fmt(formatter),
            problems => write!(formatter, "the pipeline has {} problems", problems.len()),
        }
    }
}

impl std::error::Error for Problems {}

impl Diagnostic for Problems {
    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        Some(Box::new(self.0.iter().map(|problem| problem as &dyn Diagnostic)))
    }
}
