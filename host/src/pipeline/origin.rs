//! Where a piece of a pipeline was typed: in which file or `--set` argument, and at which bytes of it.

use miette::NamedSource;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Rank of the pipeline file. Problems are reported in the order of ranks.
pub(super) const FILE: usize = 0;
/// Rank of the file that it extends.
pub(super) const EXTENDED: usize = 1;
const FIRST_ARGUMENT: usize = 2;

/// A text that a pipeline is made of.
#[derive(Debug)]
pub(super) struct Origin {
    source: NamedSource<Arc<str>>,
    text: Arc<str>,
    rank: usize,
    folder: PathBuf,
}

impl Origin {
    /// The text of a file; its rank is [`FILE`] or [`EXTENDED`].
    pub(super) fn file(path: &Path, text: &str, rank: usize) -> Arc<Self> {
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        Self::new(&path.display().to_string(), text, rank, folder)
    }

    /// A `--set` argument, the `nth` from 0; paths in it are relative to the working directory.
    pub(super) fn argument(text: &str, nth: usize) -> Arc<Self> {
        Self::new("--set", text, FIRST_ARGUMENT + nth, PathBuf::new())
    }

    fn new(name: &str, text: &str, rank: usize, folder: PathBuf) -> Arc<Self> {
        let text: Arc<str> = text.into();
        Arc::new(Self { source: NamedSource::new(name, Arc::clone(&text)), text, rank, folder })
    }

    pub(super) fn name(&self) -> &str {
        self.source.name()
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn source(&self) -> &NamedSource<Arc<str>> {
        &self.source
    }

    /// A path that was typed here, as seen from the working directory.
    pub(super) fn path(&self, typed: &str) -> PathBuf {
        self.folder.join(typed)
    }

    /// Whether what is typed here replaces what is typed in `other`: a file replaces what it extends, an argument both
    /// and the arguments before it.
    pub(super) fn overrides(&self, other: &Origin) -> bool {
        let level = |origin: &Origin| match origin.rank {
            EXTENDED => 0,
            FILE => 1,
            argument => argument,
        };
        level(self) > level(other)
    }

    /// A place in this text; a span that leaves the text is cut to it.
    pub(super) fn place(self: &Arc<Self>, span: Range<usize>) -> Place {
        let end = span.end.min(self.text.len());
        Place { origin: Arc::clone(self), span: span.start.min(end)..end }
    }
}

/// Some bytes of an origin.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) origin: Arc<Origin>,
    pub(super) span: Range<usize>,
}

impl Place {
    /// Orders places as a reader meets them: the file, what it extends, the arguments; each from its start.
    pub(super) fn order(&self) -> (usize, usize) {
        (self.origin.rank, self.span.start)
    }

    /// The part of a quoted text that `range` (bytes of the text itself) covers; all of it when the text was typed with
    /// escapes, so that the bytes do not correspond.
    pub(super) fn within(&self, text: &str, range: Range<usize>) -> Self {
        let typed = self.origin.text.get(self.span.clone()).unwrap_or_default();
        let Some(before) = typed.find(text).filter(|_| !text.is_empty() && range.end <= text.len()) else {
            return self.clone();
        };
        let start = self.span.start + before;
        self.origin.place(start + range.start..start + range.end)
    }
}

/// A thing and where it was typed.
#[derive(Debug, Clone)]
pub(super) struct At<T> {
    pub(super) value: T,
    pub(super) place: Place,
}
