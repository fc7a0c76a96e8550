//! Reads the tree of a pipeline file into stages: which keys there may be, and of which type their values are.

use super::cause::Cause;
use super::job::JobFiles;
use super::nearest::{nearest, suggest};
use super::origin::{At, Origin};
use super::parse::{Field, ParsedInput, ParsedStage};
use super::problem::{Problem, Problems};
use super::reference::reference;
use super::resolve::Each;
use super::tree::{Literal, Node, Table};
use std::path::PathBuf;
use std::sync::Arc;

const FILE_KEYS: [&str; 6] = ["description", "extends", "job", "stage", "compare", "variant"];
const STAGE_KEYS: [&str; 7] = ["use", "from", "with", "each", "isolate", "timeout_s", "memory_limit_mb"];

/// What a file says beside its stages.
pub(super) struct Head {
    pub(super) description: Option<String>,
    pub(super) job: JobFiles,
    has_unknown: bool,
}

/// More than any limit of a stage: what is larger is a slip, and no clock can count it.
const MOST: f64 = 1e12;

/// Reads a file, and keeps what is wrong with it.
pub(super) struct Shape<'a> {
    pub(super) origin: &'a Arc<Origin>,
    pub(super) problems: Problems,
}

impl Shape<'_> {
    pub(super) fn file(&mut self, mut table: Table) -> (Option<String>, JobFiles, Vec<ParsedStage>) {
        let stages = table.take("stage").map(|(_, node)| node);
        let Head { description, job, has_unknown } = self.head(table);
        // What is unknown may well be a misspelt `stage`.
        let stages = self.all_stages(stages, !has_unknown);
        (description, job, stages)
    }

    /// Everything of a file but its stages, and what is compared.
    pub(super) fn head(&mut self, table: Table) -> Head {
        let mut head = Head { description: None, job: JobFiles::default(), has_unknown: false };
        for (key, node) in table.0 {
            match key.value.as_str() {
                "description" => head.description = self.description(&node),
                "job" => {
                    let table = self.table("`job`", node, "a table, `[job]`");
                    head.job = table.map(|at| self.job(at.value)).unwrap_or_default();
                }
                _ => {
                    head.has_unknown = true;
                    self.unknown_key("a pipeline", &key, &FILE_KEYS);
                }
            }
        }
        head
    }

    pub(super) fn description(&mut self, node: &Node) -> Option<String> {
        self.text("`description`", node, "a sentence in quotes").map(|at| at.value)
    }

    /// The tables below `stage`. If there are none and that `matters`, it is reported.
    pub(super) fn all_stages(&mut self, node: Option<Node>, matters: bool) -> Vec<ParsedStage> {
        let is_absent = node.is_none();
        let table = node.and_then(|node| self.table("`stage`", node, "tables, `[stage.NAME]`"));
        if matters && table.as_ref().map_or(is_absent, |at| at.value.0.is_empty()) {
            let problem = Problem::new(Cause::NoStages { file: self.origin.name().to_owned() });
            let help = "a pipeline has one table per stage: `[stage.NAME]` with `use = \"plugin/stage\"`; \
                        `vsg-host plugins` lists what can be used";
            self.problems.push(problem.help(help));
        }
        table.map(|at| self.stages(at.value)).unwrap_or_default()
    }

    fn job(&mut self, table: Table) -> JobFiles {
        let mut job = JobFiles::default();
        for (key, node) in table.0 {
            match key.value.as_str() {
                "reference" => job.reference = self.path("`reference` of the job", &node),
                "output" => job.output = self.path("`output` of the job", &node),
                "targets" => {
                    let Literal::List(targets) = &node.literal else {
                        let expected = "a list of files, `targets = [\"FILE\"]`";
                        self.wrong_type("`targets` of the job", &node, expected);
                        continue;
                    };
                    job.targets = targets.iter().filter_map(|node| self.path("a target of the job", node)).collect();
                }
                _ => self.unknown_key("the job", &key, &["reference", "targets", "output"]),
            }
        }
        job
    }

    fn path(&mut self, what: &str, node: &Node) -> Option<PathBuf> {
        let typed = self.text(what, node, "a path in quotes")?;
        if typed.value.is_empty() {
            let cause = Cause::WrongValue { what: what.to_owned(), expected: "a path".to_owned() };
            self.problems.push(Problem::new(cause).at(&typed.place, "empty"));
            return None;
        }
        Some(typed.place.origin.path(&typed.value))
    }

    fn stages(&mut self, table: Table) -> Vec<ParsedStage> {
        let mut stages = Vec::new();
        for (name, node) in table.0 {
            self.stage_name(&name);
            let what = format!("stage `{}`", name.value);
            if let Some(table) = self.table(&what, node, "a table, `[stage.NAME]`") {
                stages.push(self.stage(name, &what, table.value));
            }
        }
        stages
    }

    fn stage_name(&mut self, name: &At<String>) {
        let allowed = |character: char| character.is_ascii_alphanumeric() || character == '-' || character == '_';
        let problem = Problem::new(Cause::StageName { name: name.value.clone() });
        if name.value == "job" {
            let help = "`job` stands for the files of the job in edges, as in `job.file`";
            self.problems.push(problem.at(&name.place, "reserved").help(help));
        } else if name.value.is_empty() || !name.value.chars().all(allowed) {
            let help = "names of stages are made of letters, digits, `-` and `_`";
            self.problems.push(problem.at(&name.place, "not a name").help(help));
        }
    }

    fn stage(&mut self, name: At<String>, what: &str, table: Table) -> ParsedStage {
        let mut stage = ParsedStage {
            name,
            uses: Field::Absent,
            each: Field::Absent,
            from: Vec::new(),
            with: None,
            isolate: false,
            timeout_s: None,
            memory_limit_mb: None,
        };
        for (key, node) in table.0 {
            let of = format!("`{}` of {what}", key.value);
            match key.value.as_str() {
                "use" => {
                    let text = self.text(&of, &node, "text, `\"plugin/stage\"`");
                    stage.uses = text.map_or(Field::Wrong, Field::Given);
                }
                "each" => stage.each = self.each(&of, &node),
                "from" => {
                    let table = self.table(&of, node, "a table, `{ INPUT = \"STAGE.OUTPUT\" }`");
                    stage.from = table.map(|at| self.inputs(what, at.value)).unwrap_or_default();
                }
                "with" => stage.with = self.table(&of, node, "a table, `{ SETTING = VALUE }`"),
                "isolate" => match node.literal {
                    Literal::Boolean(isolate) => stage.isolate = isolate,
                    _ => self.wrong_type(&of, &node, "true or false"),
                },
                "timeout_s" => stage.timeout_s = self.amount(&of, &node, "seconds"),
                "memory_limit_mb" => stage.memory_limit_mb = self.amount(&of, &node, "megabytes"),
                _ => self.unknown_key(what, &key, &STAGE_KEYS),
            }
        }
        stage
    }

    fn each(&mut self, what: &str, node: &Node) -> Field<Each> {
        let expected = "\"sources\" or \"targets\"";
        let Some(word) = self.text(what, node, expected) else {
            return Field::Wrong;
        };
        let value = match word.value.as_str() {
            "sources" => Each::Sources,
            "targets" => Each::Targets,
            typed => {
                let cause = Cause::WrongValue { what: what.to_owned(), expected: expected.to_owned() };
                let problem = Problem::new(cause).at(&word.place, "neither of them");
                let help = match nearest(typed, ["sources", "targets"]) {
                    Some(name) => format!("did you mean `{name}`?"),
                    None => "leave `each` out for a stage that runs once".to_owned(),
                };
                self.problems.push(problem.help(help));
                return Field::Wrong;
            }
        };
        Field::Given(At { value, place: word.place })
    }

    /// A number of `unit` that is more than 0.
    fn amount(&mut self, what: &str, node: &Node, unit: &str) -> Option<f64> {
        let Literal::Number(number) = &node.literal else {
            self.wrong_type(what, node, &format!("a number of {unit}"));
            return None;
        };
        let amount = number.as_f64().filter(|&amount| amount > 0.0 && amount < MOST);
        if amount.is_none() {
            let cause = Cause::WrongValue { what: what.to_owned(), expected: format!("more than 0 {unit}") };
            let label = if number.as_f64().is_some_and(|amount| amount >= MOST) { "too large" } else { "too small" };
            self.problems.push(Problem::new(cause).at(&node.place, label));
        }
        amount
    }

    fn inputs(&mut self, stage: &str, table: Table) -> Vec<ParsedInput> {
        let inputs = table.0.into_iter().map(|(port, node)| {
            let what = format!("input `{}` of {stage}", port.value);
            let mut input =
                ParsedInput { port, place: node.place.clone(), is_list: false, edges: Vec::new(), incomplete: false };
            let edges = match &node.literal {
                Literal::List(edges) => {
                    input.is_list = true;
                    edges.as_slice()
                }
                _ => std::slice::from_ref(&node),
            };
            for edge in edges {
                let text = self.text(&what, edge, "text, `\"STAGE.OUTPUT\"`, or a list of such");
                let edge = text.and_then(|text| reference(&text.value, &text.place, &mut self.problems));
                input.incomplete |= edge.is_none();
                input.edges.extend(edge);
            }
            input
        });
        inputs.collect()
    }

    pub(super) fn text(&mut self, what: &str, node: &Node, expected: &str) -> Option<At<String>> {
        let text = node.text().map(|text| At { value: text.to_owned(), place: node.place.clone() });
        if text.is_none() {
            self.wrong_type(what, node, expected);
        }
        text
    }

    pub(super) fn table(&mut self, what: &str, node: Node, expected: &str) -> Option<At<Table>> {
        match node {
            Node { place, literal: Literal::Table(value) } => Some(At { value, place }),
            node => {
                self.wrong_type(what, &node, expected);
                None
            }
        }
    }

    pub(super) fn wrong_type(&mut self, what: &str, node: &Node, expected: &str) {
        if matches!(node.literal, Literal::Unusable) {
            return;
        }
        let (what, expected, found) = (what.to_owned(), expected.to_owned(), node.what().to_owned());
        let label = found.clone();
        self.problems.push(Problem::new(Cause::WrongType { what, expected, found }).at(&node.place, label));
    }

    pub(super) fn unknown_key(&mut self, owner: &str, key: &At<String>, known: &[&str]) {
        let cause = Cause::UnknownKey { owner: owner.to_owned(), key: key.value.clone() };
        let help = suggest(&key.value, &format!("keys of {owner}"), known.iter().copied());
        self.problems.push(Problem::new(cause).at(&key.place, "unknown").help(help));
    }
}
