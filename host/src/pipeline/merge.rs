//! Lays one pipeline over another: `extends` table by table, `--set` key by key.

use super::cause::Cause;
use super::nearest::suggest;
use super::origin::{At, Origin};
use super::problem::{Problem, Problems};
use super::tree::{Literal, Node, Table, value_or_text};
use std::collections::VecDeque;
use std::sync::Arc;

/// How many steps a path of `--set` may have; as deep as TOML itself nests.
const DEPTH: usize = 80;

/// What the keys of a table are; it says which of them are merged rather than replaced.
#[derive(Clone, Copy)]
enum Level {
    /// A file, or a variant, which is laid over one.
    File,
    Variants,
    Stages,
    Stage,
    /// `job`, `compare`, `with`, `from`: keys with values that are replaced whole.
    Entries,
}

impl Level {
    fn of(self, key: &str) -> Option<Level> {
        match (self, key) {
            (Level::File, "job" | "compare") => Some(Level::Entries),
            (Level::File, "variant") => Some(Level::Variants),
            (Level::Variants, _) => Some(Level::File),
            (Level::File, "stage") => Some(Level::Stages),
            (Level::Stages, _) => Some(Level::Stage),
            (Level::Stage, "with" | "from") => Some(Level::Entries),
            _ => None,
        }
    }
}

/// Lays the tables of a file over those of the file that it extends. Stages are merged key by key, `with` and `from`
/// within them too; everything else is replaced.
pub(super) fn lay(base: &mut Table, over: Table) {
    lay_at(Level::File, base, over);
}

fn lay_at(level: Level, base: &mut Table, over: Table) {
    for (key, node) in over.0 {
        match (level.of(&key.value), base.table_mut(&key.value), node) {
            (Some(level), Some(below), Node { literal: Literal::Table(over), .. }) => lay_at(level, below, over),
            (_, _, node) => base.set(key, node),
        }
    }
}

/// Applies a `--set` argument such as `correlate.with.windows=30`. The value is TOML, or else a bare string.
pub(super) fn set(table: &mut Table, argument: &Arc<Origin>, problems: &mut Problems) {
    let Some((mut path, value)) = split(argument, problems) else {
        return;
    };
    let is_stage = |table: &Table, name: &str| names(table, "stage").any(|stage| stage == name);
    match path.first().map(|first| first.value.as_str()) {
        Some("job" | "description") => {}
        Some("compare") if !is_stage(table, "compare") => {}
        Some(first @ ("stage" | "variant")) if !is_stage(table, first) && path.len() > 2 => {}
        _ => path.insert(0, At { value: "stage".to_owned(), place: argument.place(0..0) }),
    }
    if let [first, stage, ..] = path.as_slice()
        && first.value == "stage"
        && !is_stage(table, &stage.value)
    {
        let help = suggest(&stage.value, "stages", names(table, "stage").chain(["job"]));
        let problem = Problem::new(Cause::UnknownStage { name: stage.value.clone() });
        problems.push(problem.at(&stage.place, "no such stage").help(help));
        return;
    }
    if let [first, variant, ..] = path.as_slice()
        && first.value == "variant"
        && !names(table, "variant").any(|name| name == variant.value)
    {
        problems.push(unknown_variant(variant, names(table, "variant")));
        return;
    }
    put(table, path.into(), value);
}

/// The dotted path and the value of an argument.
fn split(argument: &Arc<Origin>, problems: &mut Problems) -> Option<(Vec<At<String>>, Node)> {
    let text = argument.text();
    let (path, start) = match text.split_once('=') {
        Some((path, _)) => (path, path.len() + 1),
        None => ("", text.len()),
    };
    let mut segments = Vec::new();
    let mut offset = 0;
    for segment in path.split('.') {
        let name = segment.trim();
        let begin = offset + segment.len() - segment.trim_start().len();
        segments.push(At { value: name.to_owned(), place: argument.place(begin..begin + name.len()) });
        offset += segment.len() + 1;
    }
    let enough = (segments.len() > 1 || path.trim() == "description") && segments.len() <= DEPTH;
    if !enough || segments.iter().any(|segment| segment.value.is_empty()) {
        let problem = Problem::new(Cause::MalformedSet { argument: text.to_owned() });
        let help = "write `--set STAGE.KEY=VALUE`, as in `--set correlate.with.windows=30`, \
                    `--set correlate.use=PLUGIN/STAGE` or `--set job.output=FOLDER`";
        problems.push(problem.at(&argument.place(0..text.len()), "not KEY=VALUE").help(help));
        return None;
    }
    Some((segments, value_or_text(argument, start, problems)))
}

/// Sets what `path` leads to, making the tables on the way.
fn put(table: &mut Table, mut path: VecDeque<At<String>>, value: Node) {
    let Some(key) = path.pop_front() else { return };
    if path.is_empty() {
        return table.set(key, value);
    }
    match table.table_mut(&key.value) {
        Some(below) => put(below, path, value),
        None => {
            let (mut below, place) = (Table::default(), key.place.clone());
            put(&mut below, path, value);
            table.set(key, Node { place, literal: Literal::Table(below) });
        }
    }
}

/// A name that no variant has.
pub(super) fn unknown_variant<'a>(name: &At<String>, variants: impl Iterator<Item = &'a str>) -> Problem {
    let problem = Problem::new(Cause::UnknownVariant { name: name.value.clone() });
    problem.at(&name.place, "no such variant").help(suggest(&name.value, "variants", variants))
}

/// Names of the tables below `key`.
fn names<'t>(table: &'t Table, key: &str) -> impl Iterator<Item = &'t str> {
    let tables = match table.get(key) {
        Some((_, Node { literal: Literal::Table(tables), .. })) => tables.0.as_slice(),
        _ => &[],
    };
    tables.iter().map(|(name, _)| name.value.as_str())
}
