//! Checks what every input of every stage is connected to, and works out which values it gets.

use super::cause::Cause;
use super::nearest::{list, suggest};
use super::parse::{Field, ParsedInput, ParsedStage};
use super::problem::{Problem, Problems};
use super::reference::Reference;
use super::resolve::{Each, Edge, Input, Producer, Take};
use vsg_plugin_api::{Arity, Port, Signature};

/// Kind of the source files, `job.file`.
const FILE_KIND: &str = "file/1";

/// The edges of a pipeline, and what is wrong with them. A stage without a signature has been reported already; its
/// ports are not judged.
pub(super) struct Edges<'a> {
    pub(super) stages: &'a [ParsedStage],
    pub(super) signatures: &'a [Option<&'a Signature>],
    pub(super) problems: Problems,
}

/// What an edge starts from.
struct Start {
    producer: Producer,
    /// None where `each` could not be read.
    each: Option<Each>,
    /// None where the implementation is not known.
    kind: Option<String>,
}

impl Edges<'_> {
    /// The connected inputs of a stage, in the order of its signature.
    pub(super) fn inputs(&mut self, reader: usize) -> Vec<Input> {
        let stages = self.stages;
        let (Some(stage), signature) = (stages.get(reader), self.signatures.get(reader).copied().flatten()) else {
            return Vec::new();
        };
        let mut inputs = Vec::new();
        for typed in &stage.from {
            let port =
                signature.and_then(|signature| signature.inputs.iter().find(|port| port.name == typed.port.value));
            if let (Some(signature), None) = (signature, port) {
                self.unknown_input(stage, signature, typed);
            }
            let left_out = typed.is_list && typed.edges.is_empty() && !typed.incomplete;
            if let Some(port) = port.filter(|port| port.arity == Arity::One)
                && typed.is_list
            {
                if left_out {
                    self.missing(stage, port);
                } else {
                    self.list_for_one(stage, port, typed);
                }
                continue;
            }
            let edges = typed.edges.iter().filter_map(|edge| self.edge(reader, port, edge)).collect();
            inputs.push(Input { port: typed.port.value.clone(), edges });
        }
        let Some(signature) = signature else { return inputs };
        for port in &signature.inputs {
            if !stage.from.iter().any(|typed| typed.port.value == port.name) {
                self.missing(stage, port);
            }
        }
        inputs.sort_by_key(|input| signature.inputs.iter().position(|port| port.name == input.port));
        inputs
    }

    fn edge(&mut self, reader: usize, port: Option<&Port>, edge: &Reference) -> Option<Edge> {
        let stage = &self.stages[reader];
        let start = self.start(reader, edge)?;
        if let (Some(port), Some(given)) = (port, &start.kind)
            && port.kind != *given
        {
            let cause = Cause::KindMismatch {
                edge: edge.text.clone(),
                given: given.clone(),
                stage: stage.name.value.clone(),
                port: port.name.clone(),
                wanted: port.kind.clone(),
            };
            let label = format!("`{given}`, not `{}`", port.kind);
            let help = self.outputs_of(&port.kind);
            self.problems.push(Problem::new(cause).at(&edge.place, label).help(help));
        }
        let take = self.take(stage, port, edge, start.each?)?;
        Some(Edge { producer: start.producer, take })
    }

    /// Finds what an edge names.
    fn start(&mut self, reader: usize, edge: &Reference) -> Option<Start> {
        if edge.stage.value == "job" {
            if edge.port.value == "file" {
                return Some(Start {
                    producer: Producer::Job,
                    each: Some(Each::Sources),
                    kind: Some(FILE_KIND.into()),
                });
            }
            let problem = Problem::new(Cause::UnknownJobOutput { port: edge.port.value.clone() });
            self.problems
                .push(problem.at(&edge.port.place, "unknown").help("the job gives the source files: `job.file`"));
            return None;
        }
        let Some(index) = self.stages.iter().position(|stage| stage.name.value == edge.stage.value) else {
            let names = self.stages.iter().map(|stage| stage.name.value.as_str());
            let help = suggest(&edge.stage.value, "stages", names.chain(["job"]));
            let problem = Problem::new(Cause::UnknownStage { name: edge.stage.value.clone() });
            self.problems.push(problem.at(&edge.stage.place, "no such stage").help(help));
            return None;
        };
        let stage = &self.stages[index];
        if index == reader {
            let problem = Problem::new(Cause::SelfReference { stage: stage.name.value.clone() });
            self.problems.push(problem.at(&edge.place, "this stage itself"));
            return None;
        }
        let kind = match (self.signatures[index], &stage.uses) {
            (Some(signature), Field::Given(uses)) => {
                let Some(output) = signature.outputs.iter().find(|output| output.name == edge.port.value) else {
                    let what = format!("outputs of `{}`", stage.name.value);
                    let help =
                        suggest(&edge.port.value, &what, signature.outputs.iter().map(|port| port.name.as_str()));
                    let (stage, uses) = (stage.name.value.clone(), uses.value.clone());
                    let cause = Cause::UnknownOutput { stage, uses, port: edge.port.value.clone() };
                    self.problems.push(Problem::new(cause).at(&edge.port.place, "unknown").help(help));
                    return None;
                };
                Some(output.kind.clone())
            }
            _ => None,
        };
        Some(Start { producer: Producer::Stage { index, port: edge.port.value.clone() }, each: each(stage), kind })
    }

    /// Which values an edge gives to a stage.
    fn take(&mut self, reader: &ParsedStage, port: Option<&Port>, edge: &Reference, producer: Each) -> Option<Take> {
        let read = edge.stage.value.clone();
        if edge.of_reference {
            let problem = match producer {
                Each::Sources => return Some(Take::Reference),
                Each::Targets => Problem::new(Cause::ReferenceOfTargets { stage: read.clone() })
                    .help(format!("repeat `{read}` with `each = \"sources\"`, or read it without `@reference`")),
                Each::Once => Problem::new(Cause::ReferenceOfOnce { stage: read })
                    .help("leave `@reference` out: its one value is the same for every source"),
            };
            let at = edge.place.within(&edge.text, edge.text.len() - "@reference".len()..edge.text.len());
            self.problems.push(problem.at(&at, "no value for the reference"));
            return None;
        }
        let reader_each = each(reader)?;
        match (reader_each, producer) {
            (_, Each::Once) => Some(Take::Only),
            (Each::Once, _) if port?.arity == Arity::Many => Some(Take::Every),
            (Each::Once, _) => {
                let of = if producer == Each::Sources { "source" } else { "target" };
                let repeat = format!("repeat `{}` with `each = \"{of}s\"`", reader.name.value);
                let help = match producer {
                    Each::Sources => format!("take that of the reference, `{}@reference`, or {repeat}", edge.text),
                    _ => repeat,
                };
                let cause = Cause::ManyForOne {
                    edge: edge.text.clone(),
                    of,
                    stage: reader.name.value.clone(),
                    port: port?.name.clone(),
                };
                self.problems.push(Problem::new(cause).at(&edge.place, format!("one for each {of}")).help(help));
                None
            }
            (Each::Sources, Each::Targets) => {
                let reader = reader.name.value.clone();
                let help =
                    format!("repeat `{reader}` with `each = \"targets\"`, or `{read}` with `each = \"sources\"`");
                let cause = Cause::NoneForReference { reader, read };
                self.problems.push(Problem::new(cause).at(&edge.place, "only for the targets").help(help));
                None
            }
            (Each::Sources | Each::Targets, _) => Some(Take::Same),
        }
    }

    fn unknown_input(&mut self, stage: &ParsedStage, signature: &Signature, typed: &ParsedInput) {
        let (name, port) = (stage.name.value.clone(), typed.port.value.clone());
        let uses = used(stage);
        let help =
            suggest(&port, &format!("inputs of `{uses}`"), signature.inputs.iter().map(|port| port.name.as_str()));
        let cause = Cause::UnknownInput { stage: name, uses, port };
        self.problems.push(Problem::new(cause).at(&typed.port.place, "unknown").help(help));
    }

    fn list_for_one(&mut self, stage: &ParsedStage, port: &Port, typed: &ParsedInput) {
        let cause = Cause::ListForOne { stage: stage.name.value.clone(), port: port.name.clone() };
        let help = match typed.edges.as_slice() {
            [edge] => format!("write `{} = \"{}\"`", port.name, edge.text),
            _ => format!("connect one output of kind `{}`", port.kind),
        };
        self.problems.push(Problem::new(cause).at(&typed.place, "a list").help(help));
    }

    fn missing(&mut self, stage: &ParsedStage, port: &Port) {
        if port.optional {
            return;
        }
        let about = if port.help.is_empty() { String::new() } else { format!("`{}`: {}\n", port.name, port.help) };
        let help = format!("{about}{}", self.outputs_of(&port.kind));
        let cause = Cause::MissingInput { stage: stage.name.value.clone(), port: port.name.clone() };
        let label = format!("`{}` needs `{}`", used(stage), port.name);
        self.problems.push(Problem::new(cause).at(&stage.name.place, label).help(help));
    }

    /// Help that names the outputs which an input of this kind could read.
    fn outputs_of(&self, kind: &str) -> String {
        let mut outputs: Vec<String> = if kind == FILE_KIND { vec!["job.file".to_owned()] } else { Vec::new() };
        for (stage, signature) in self.stages.iter().zip(self.signatures) {
            let ports = signature.iter().flat_map(|signature| &signature.outputs).filter(|port| port.kind == kind);
            outputs.extend(ports.map(|port| format!("{}.{}", stage.name.value, port.name)));
        }
        match outputs.as_slice() {
            [] => format!("no stage of this pipeline gives `{kind}`"),
            outputs => format!("outputs of kind `{kind}`: {}", list(outputs.iter().map(String::as_str))),
        }
    }
}

/// For what a stage is repeated, when that could be read.
fn each(stage: &ParsedStage) -> Option<Each> {
    match &stage.each {
        Field::Given(each) => Some(each.value),
        Field::Absent => Some(Each::Once),
        Field::Wrong => None,
    }
}

fn used(stage: &ParsedStage) -> String {
    match &stage.uses {
        Field::Given(uses) => uses.value.clone(),
        Field::Absent | Field::Wrong => String::new(),
    }
}
