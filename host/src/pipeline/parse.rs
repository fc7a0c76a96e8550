//! Reads a pipeline: the file, the file that it extends, and the `--set` arguments, into what was typed.

use super::cause::Cause;
use super::job::JobFiles;
use super::merge::{lay, set};
use super::origin::{At, EXTENDED, FILE, Origin, Place};
use super::problem::{Problem, Problems};
use super::reference::Reference;
use super::shape::{Head, Shape};
use super::tree::{self, Table};
use super::variants::{ParsedComparison, Typed};
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

/// What was typed. Mistakes of form are kept in here and reported by [`resolve`](super::resolve()), together with what
/// it finds itself.
#[derive(Debug)]
pub struct Parsed {
    pub(super) origin: Arc<Origin>,
    pub(super) description: Option<String>,
    pub(super) job: JobFiles,
    /// In the order they were first mentioned, those of an extended file first.
    pub(super) stages: Vec<ParsedStage>,
    /// What is compared; the stages are those of each variant then.
    pub(super) comparison: Option<ParsedComparison>,
    pub(super) problems: Problems,
}

/// A `[stage.NAME]` table.
#[derive(Debug)]
pub(super) struct ParsedStage {
    pub(super) name: At<String>,
    pub(super) uses: Field<String>,
    pub(super) each: Field<super::resolve::Each>,
    pub(super) from: Vec<ParsedInput>,
    pub(super) with: Option<At<Table>>,
    pub(super) isolate: bool,
    pub(super) timeout_s: Option<f64>,
    pub(super) memory_limit_mb: Option<f64>,
}

/// One key of `from`.
#[derive(Debug)]
pub(super) struct ParsedInput {
    pub(super) port: At<String>,
    /// Place of the edge, or of the list.
    pub(super) place: Place,
    pub(super) is_list: bool,
    pub(super) edges: Vec<Reference>,
    /// Whether some edge could not be read.
    pub(super) incomplete: bool,
}

/// A key that matters even when its value could not be read.
#[derive(Debug)]
pub(super) enum Field<T> {
    Absent,
    /// Given, but wrong; already reported.
    Wrong,
    Given(At<T>),
}

/// Reads a pipeline file, merges it onto the file that it extends, and applies `--set` arguments in their order.
///
/// # Errors
///
/// A file cannot be read or is not TOML, or an argument is not `STAGE.KEY=VALUE`.
pub fn load(path: &Path, sets: &[String]) -> Result<Parsed, Problems> {
    load_text(path, &read(path).map_err(Problem::new)?, sets)
}

/// As [`load`], for a text that is already in memory. Paths in it are relative to the folder of `path`.
///
/// # Errors
///
/// As [`load`].
pub fn load_text(path: &Path, text: &str, sets: &[String]) -> Result<Parsed, Problems> {
    let origin = Origin::file(path, text, FILE);
    let mut problems = Problems::default();
    let typed = tree::document(&origin, &mut problems)?;
    let mut table = extended(typed, &mut problems)?;
    for (index, argument) in sets.iter().enumerate() {
        set(&mut table, &Origin::argument(argument, index), &mut problems);
    }
    let mut shape = Shape { origin: &origin, problems };
    let Some(compared) = Typed::take(&mut table) else {
        let (description, job, stages) = shape.file(table);
        return Ok(Parsed { description, job, stages, comparison: None, problems: shape.problems, origin });
    };
    let comparison = Some(compared.read(&table, &mut shape));
    // Its stages were read with those of each variant.
    table.take("stage");
    let Head { description, job, .. } = shape.head(table);
    Ok(Parsed { description, job, stages: Vec::new(), comparison, problems: shape.problems, origin })
}

fn read(path: &Path) -> Result<String, Cause> {
    let unreadable = |reason: String| Cause::Unreadable { path: path.to_owned(), reason };
    let bytes = std::fs::read(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => unreadable("there is no such file".to_owned()),
        _ => unreadable(error.to_string()),
    })?;
    String::from_utf8(bytes).map_err(|error| {
        let line =
            error.as_bytes().iter().take(error.utf8_error().valid_up_to()).filter(|&&byte| byte == b'\n').count();
        unreadable(format!("line {} is not UTF-8 text", line + 1))
    })
}

/// Merges a file onto the one that its `extends` names.
fn extended(mut table: Table, problems: &mut Problems) -> Result<Table, Problems> {
    let Some((_, node)) = table.take("extends") else {
        return Ok(table);
    };
    let Some(typed) = node.text() else {
        let (what, expected, found) = ("`extends`".to_owned(), "text".to_owned(), node.what().to_owned());
        let problem = Problem::new(Cause::WrongType { what, expected, found });
        problems.push(problem.at(&node.place, "not the name of a file").help("write `extends = \"other.toml\"`"));
        return Ok(table);
    };
    let path = node.place.origin.path(typed);
    let text = read(&path).map_err(|cause| {
        Problem::new(cause).at(&node.place, "extended here").help("the path is relative to the file that extends")
    })?;
    let base_origin = Origin::file(&path, &text, EXTENDED);
    let mut base = tree::document(&base_origin, problems)?;
    if let Some((_, further)) = base.take("extends") {
        let help = match further.text() {
            _ if path == node.place.origin.path(node.place.origin.name()) => "a file can not extend itself".to_owned(),
            Some(further) => format!("files extend one level deep: extend `{further}` instead, or copy what is needed"),
            None => "files extend one level deep".to_owned(),
        };
        problems.push(Problem::new(Cause::ExtendsChain { path }).at(&node.place, "extended here").help(help));
        // With the stages of that file, too, nothing is called wrong that is so only because of this.
        let further = further.text().map(|further| base_origin.path(further));
        if let Some((path, text)) = further.and_then(|path| read(&path).ok().map(|text| (path, text))) {
            let mut ignored = Problems::default();
            if let Ok(mut grandparent) = tree::document(&Origin::file(&path, &text, EXTENDED), &mut ignored) {
                grandparent.take("extends");
                lay(&mut grandparent, base);
                base = grandparent;
            }
        }
    }
    lay(&mut base, table);
    Ok(base)
}
