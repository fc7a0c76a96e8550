//! Reads `[compare]` and `[variant.*]`: what is measured, and for each variant the pipeline that it makes of the file.

use super::cause::Cause;
use super::merge::{lay, unknown_variant};
use super::origin::{At, Origin};
use super::parse::ParsedStage;
use super::problem::{Problem, Problems};
use super::reference::{Reference, reference};
use super::shape::Shape;
use super::tree::{Literal, Node, Table};
use std::sync::Arc;

const COMPARE_KEYS: [&str; 2] = ["measure", "baseline"];
const VARIANT_KEYS: [&str; 2] = ["description", "stage"];

/// A comparison as it was typed.
#[derive(Debug)]
pub(super) struct ParsedComparison {
    /// Outputs that are measured; none when that could not be read.
    pub(super) measure: Vec<Reference>,
    /// Index of the variant that others are compared with.
    pub(super) baseline: usize,
    /// In the order of the file.
    pub(super) variants: Vec<ParsedVariant>,
}

/// A `[variant.NAME]` table, laid over the rest of the file.
#[derive(Debug)]
pub(super) struct ParsedVariant {
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) stages: Vec<ParsedStage>,
    /// Mistakes of form in its stages, those of the rest of the file included.
    pub(super) problems: Problems,
}

/// What a file says about a comparison, apart from the rest of it.
pub(super) struct Typed {
    compare: Option<(At<String>, Node)>,
    variants: Option<(At<String>, Node)>,
}

impl Typed {
    /// Takes the tables of a comparison out of a file; nothing when it is an ordinary pipeline.
    pub(super) fn take(file: &mut Table) -> Option<Self> {
        let typed = Self { compare: file.take("compare"), variants: file.take("variant") };
        (typed.compare.is_some() || typed.variants.is_some()).then_some(typed)
    }

    /// Reads them; `base` is the rest of the file.
    pub(super) fn read(self, base: &Table, shape: &mut Shape<'_>) -> ParsedComparison {
        let compare_place = self.compare.as_ref().map(|(key, _)| key.place.clone());
        let variants_place = self.variants.as_ref().map(|(key, _)| key.place.clone());
        let variants = match self.variants {
            Some((_, node)) => variants(node, base, shape),
            None => Some(Vec::new()),
        };
        let file = shape.origin.name().to_owned();
        if let (Some([]), Some(place)) = (variants.as_deref(), compare_place.as_ref().or(variants_place.as_ref())) {
            let problem = Problem::new(Cause::NoVariants { file: file.clone() }).at(place, "of what?");
            let help = "add a table for each, `[variant.NAME]`, with what it changes: \
                        `stage.correlate.use = \"plugin/stage\"`; one without changes is the pipeline as it is";
            shape.problems.push(problem.help(help));
        }
        let (mut measure, mut baseline, mut says_what) = (Vec::new(), None, false);
        if let Some((_, node)) = self.compare {
            let table = shape.table("`compare`", node, "a table, `[compare]`");
            // Of what is no table, nothing more needs to be said.
            says_what = table.is_none();
            for (key, node) in table.map(|at| at.value.0).unwrap_or_default() {
                match key.value.as_str() {
                    "measure" => {
                        says_what = true;
                        measure = measured(&node, shape);
                    }
                    "baseline" => baseline = shape.text("`baseline`", &node, "the name of a variant in quotes"),
                    _ => shape.unknown_key("`compare`", &key, &COMPARE_KEYS),
                }
            }
        }
        if let (false, Some(place)) = (says_what, compare_place.or(variants_place)) {
            let problem = Problem::new(Cause::NoMeasure { file }).at(&place, "measuring what?");
            let help = "write which outputs of stages to measure under `[compare]`: `measure = [\"STAGE.OUTPUT\"]`";
            shape.problems.push(problem.help(help));
        }
        let variants = variants.unwrap_or_default();
        let names = || variants.iter().map(|variant| variant.name.as_str());
        let baseline = baseline.map_or(0, |name| {
            let found = names().position(|variant| variant == name.value);
            if found.is_none() && !variants.is_empty() {
                shape.problems.push(unknown_variant(&name, names()));
            }
            found.unwrap_or_default()
        });
        ParsedComparison { measure, baseline, variants }
    }
}

/// The variants, or nothing when what was typed is no table.
fn variants(node: Node, base: &Table, shape: &mut Shape<'_>) -> Option<Vec<ParsedVariant>> {
    let tables = shape.table("`variant`", node, "tables, `[variant.NAME]`")?;
    let mut variants = Vec::new();
    for (name, node) in tables.value.0 {
        variant_name(&name, &mut shape.problems);
        let what = format!("variant `{}`", name.value);
        if let Some(table) = shape.table(&what, node, "a table, `[variant.NAME]`") {
            variants.push(variant(name.value, &what, table.value, base, shape));
        }
    }
    Some(variants)
}

fn variant(name: String, what: &str, mut over: Table, base: &Table, shape: &mut Shape<'_>) -> ParsedVariant {
    let description = over.take("description").and_then(|(_, node)| shape.description(&node));
    let stages = over.take("stage");
    for (key, _) in &over.0 {
        shape.unknown_key(what, key, &VARIANT_KEYS);
    }
    let mut laid = Table(base.0.iter().filter(|(key, _)| key.value == "stage").cloned().collect());
    let is_table = |node: &Node| matches!(node.literal, Literal::Table(_) | Literal::Unusable);
    match stages {
        Some((_, node)) if !is_table(&node) => {
            // It would hide the stages of the file, and those are not wrong.
            shape.table(&format!("`stage` of {what}"), node, "tables, `stage.NAME.KEY = …`");
        }
        Some(stages) => lay(&mut laid, Table(vec![stages])),
        None => {}
    }
    let origin: &Arc<Origin> = shape.origin;
    let mut own = Shape { origin, problems: Problems::default() };
    let stages = own.all_stages(laid.take("stage").map(|(_, node)| node), true);
    ParsedVariant { name, description, stages, problems: own.problems }
}

fn variant_name(name: &At<String>, problems: &mut Problems) {
    let allowed = |character: char| character.is_ascii_alphanumeric() || character == '-' || character == '_';
    if name.value.is_empty() || !name.value.chars().all(allowed) {
        let problem = Problem::new(Cause::VariantName { name: name.value.clone() });
        let help = "names of variants are made of letters, digits, `-` and `_`";
        problems.push(problem.at(&name.place, "not a name").help(help));
    }
}

/// The outputs that are measured; whether there are such stages is not known yet.
fn measured(node: &Node, shape: &mut Shape<'_>) -> Vec<Reference> {
    let Literal::List(nodes) = &node.literal else {
        shape.wrong_type("`measure`", node, "a list of outputs, `[\"STAGE.OUTPUT\"]`");
        return Vec::new();
    };
    if nodes.is_empty() {
        let cause = Cause::WrongValue { what: "`measure`".into(), expected: "at least one output".into() };
        shape.problems.push(Problem::new(cause).at(&node.place, "empty").help("write `measure = [\"STAGE.OUTPUT\"]`"));
    }
    let mut measure: Vec<Reference> = Vec::new();
    for node in nodes {
        let Some(text) = shape.text("an output to measure", node, "text, `\"STAGE.OUTPUT\"`") else { continue };
        let Some(output) = reference(&text.value, &text.place, &mut shape.problems) else { continue };
        if let Some((reason, help)) = unmeasurable(&output, &measure) {
            let problem = Problem::new(Cause::Unmeasurable { edge: output.text, reason });
            shape.problems.push(problem.at(&output.place, "not this").help(help));
        } else {
            measure.push(output);
        }
    }
    measure
}

/// Why an output is none that can be measured, and what to do.
fn unmeasurable(output: &Reference, before: &[Reference]) -> Option<(&'static str, &'static str)> {
    if output.stage.value == "job" {
        return Some(("it is no output of a stage", "name an output of a stage, `STAGE.OUTPUT`"));
    }
    if output.of_reference {
        let help = "leave `@reference` out: a comparison shows the values of all sources";
        return Some(("it is the value of one source", help));
    }
    let twice = before.iter().any(|other| other.text == output.text);
    twice.then_some(("it is measured already", "name it once"))
}
