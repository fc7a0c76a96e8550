//! What was typed, as a tree in which every key and value knows its place; TOML itself is not seen outside this file.

use super::cause::Cause;
use super::origin::{At, Origin, Place};
use super::problem::{Problem, Problems};
use serde_json::{Number, Value};
use std::collections::BTreeSet;
use std::sync::Arc;
use toml::de::{DeFloat, DeInteger, DeTable, DeValue};

/// A value with its place.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) place: Place,
    pub(super) literal: Literal,
}

/// What a value is.
#[derive(Debug, Clone)]
pub(super) enum Literal {
    Boolean(bool),
    Number(Number),
    Text(String),
    List(Vec<Node>),
    Table(Table),
    /// A date, `nan` and the like: already reported, nothing more is to be said about it.
    Unusable,
}

/// Keys with their values, in the order they were typed.
#[derive(Debug, Clone, Default)]
pub(super) struct Table(pub(super) Vec<(At<String>, Node)>);

impl Table {
    pub(super) fn get(&self, key: &str) -> Option<&(At<String>, Node)> {
        self.0.iter().find(|(at, _)| at.value == key)
    }

    pub(super) fn take(&mut self, key: &str) -> Option<(At<String>, Node)> {
        let index = self.0.iter().position(|(at, _)| at.value == key)?;
        Some(self.0.remove(index))
    }

    /// The table under a key, when there is one.
    pub(super) fn table_mut(&mut self, key: &str) -> Option<&mut Table> {
        self.0.iter_mut().find(|(at, _)| at.value == key).and_then(|(_, node)| match &mut node.literal {
            Literal::Table(table) => Some(table),
            _ => None,
        })
    }

    /// Sets a key; a new one goes last, a known one keeps its position.
    pub(super) fn set(&mut self, key: At<String>, node: Node) {
        match self.0.iter_mut().find(|(at, _)| at.value == key.value) {
            Some(entry) => *entry = (key, node),
            None => self.0.push((key, node)),
        }
    }
}

impl Node {
    /// What the value is, as in "must be text, not …".
    pub(super) fn what(&self) -> &'static str {
        match &self.literal {
            Literal::Boolean(true) => "`true`",
            Literal::Boolean(false) => "`false`",
            Literal::Number(number) if number.is_f64() => "a number with a decimal point",
            Literal::Number(_) => "a number",
            Literal::Text(_) => "text",
            Literal::List(_) => "a list",
            Literal::Table(_) => "a table",
            Literal::Unusable => "something else",
        }
    }

    /// The value as JSON; what is unusable becomes null.
    pub(super) fn json(&self) -> Value {
        match &self.literal {
            Literal::Boolean(value) => Value::Bool(*value),
            Literal::Number(number) => Value::Number(number.clone()),
            Literal::Text(text) => Value::String(text.clone()),
            Literal::List(nodes) => Value::Array(nodes.iter().map(Node::json).collect()),
            Literal::Table(table) => {
                Value::Object(table.0.iter().map(|(key, node)| (key.value.clone(), node.json())).collect())
            }
            Literal::Unusable => Value::Null,
        }
    }

    /// The text, when it is one.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.literal {
            Literal::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// Reads a TOML document. Dates, `nan` and numbers that are too large are reported and left unusable.
///
/// # Errors
///
/// Everything that the parser says about the syntax.
pub(super) fn document(origin: &Arc<Origin>, problems: &mut Problems) -> Result<Table, Problems> {
    let (table, errors) = DeTable::parse_recoverable(origin.text());
    if errors.is_empty() {
        return Ok(Reader { origin, offset: 0, problems }.table(table.get_ref()));
    }
    let mut syntax = Problems::default();
    let mut reported = BTreeSet::new();
    for error in errors {
        let place = origin.place(error.span().unwrap_or(0..0));
        if !reported.insert(place.span.start) {
            continue;
        }
        let problem = Problem::new(Cause::Syntax { reason: error.message().to_owned() });
        syntax.push(problem.at(&place, "here"));
    }
    syntax.or(Table::default())
}

/// Reads a TOML value that starts at byte `start` of an argument; whatever is not one is a bare string.
pub(super) fn value_or_text(origin: &Arc<Origin>, start: usize, problems: &mut Problems) -> Node {
    let typed = origin.text().get(start..).unwrap_or_default();
    match DeValue::parse(typed) {
        Ok(value) if !matches!(value.get_ref(), DeValue::Datetime(_)) => {
            let place = origin.place(start + value.span().start..start + value.span().end);
            Reader { origin, offset: start, problems }.node(place, value.get_ref())
        }
        _ => Node { place: origin.place(start..start + typed.len()), literal: Literal::Text(typed.to_owned()) },
    }
}

struct Reader<'a> {
    origin: &'a Arc<Origin>,
    offset: usize,
    problems: &'a mut Problems,
}

impl Reader<'_> {
    fn place(&self, span: std::ops::Range<usize>) -> Place {
        self.origin.place(self.offset + span.start..self.offset + span.end)
    }

    fn table(&mut self, table: &DeTable<'_>) -> Table {
        let mut entries: Vec<_> = table.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        let entries = entries.into_iter().map(|(key, value)| {
            let key_at = At { value: key.get_ref().to_string(), place: self.place(key.span()) };
            let place = self.place(value.span());
            (key_at, self.node(place, value.get_ref()))
        });
        Table(entries.collect())
    }

    fn node(&mut self, place: Place, value: &DeValue<'_>) -> Node {
        let literal = match value {
            DeValue::String(text) => Literal::Text(text.to_string()),
            DeValue::Boolean(value) => Literal::Boolean(*value),
            DeValue::Integer(integer) => match number(integer) {
                Some(number) => Literal::Number(number),
                None => self.unusable(&place, "a number of this size", "more than 64 bits"),
            },
            DeValue::Float(float) => match finite(float) {
                Some(number) => Literal::Number(number),
                None => self.unusable(&place, "a number that is not finite", "not finite"),
            },
            DeValue::Datetime(_) => self.unusable(&place, "a date or time", "a date or time; quote it if it is text"),
            DeValue::Array(nodes) => {
                let nodes = nodes.iter().map(|node| {
                    let place = self.place(node.span());
                    self.node(place, node.get_ref())
                });
                Literal::List(nodes.collect())
            }
            DeValue::Table(table) => Literal::Table(self.table(table)),
        };
        Node { place, literal }
    }

    fn unusable(&mut self, place: &Place, what: &'static str, label: &str) -> Literal {
        self.problems.push(Problem::new(Cause::Unusable { what }).at(place, label));
        Literal::Unusable
    }
}

fn number(integer: &DeInteger<'_>) -> Option<Number> {
    let (digits, radix) = (integer.as_str(), integer.radix());
    let signed = i64::from_str_radix(digits, radix).ok().map(Number::from);
    signed.or_else(|| u64::from_str_radix(digits, radix).ok().map(Number::from))
}

fn finite(float: &DeFloat<'_>) -> Option<Number> {
    float.as_str().parse().ok().and_then(Number::from_f64)
}
