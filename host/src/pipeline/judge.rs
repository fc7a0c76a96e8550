//! Turns what the schema validator says about parameters into problems: plain words, with the place of what was typed.

use super::cause::Cause;
use super::choice::{Meant, meant, path_of};
use super::nearest::{nearest, suggest};
use super::origin::{At, Place};
use super::problem::{Problem, Problems};
use super::strict::names;
use super::tree::{Literal, Node};
use super::words::{choices, expected, found, literal, plain};
use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind as Kind;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Turns what the validator says into problems.
pub(super) struct Judge<'a> {
    pub(super) owner: String,
    pub(super) uses: &'a At<String>,
    pub(super) typed: Option<&'a Node>,
    pub(super) schema: &'a Value,
    pub(super) errors: &'a [ValidationError<'a>],
    pub(super) problems: &'a mut Problems,
    /// What was said already, by place and message: one wrong value often breaks several keywords.
    pub(super) said: BTreeSet<((usize, usize), String)>,
}

impl<'a> Judge<'a> {
    pub(super) fn judge(&mut self, error: &ValidationError<'_>) {
        let steps = path_of(error);
        let schema = self.schema_of(error);
        match error.kind() {
            Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
                for name in unexpected {
                    self.unknown(&steps, name, schema);
                }
            }
            Kind::Required { property } => self.missing(&steps, property.as_str().unwrap_or_default()),
            Kind::FalseSchema => {
                let unknown: Vec<String> =
                    self.keys(&steps).filter(|name| !names(schema).contains(name)).map(str::to_owned).collect();
                if unknown.is_empty() {
                    self.wrong(&steps, error, schema);
                }
                unknown.iter().for_each(|name| self.unknown(&steps, name, schema));
            }
            Kind::AnyOf { context } | Kind::OneOfNotValid { context } => match meant(error, context) {
                Meant::Branch(errors) => errors.iter().for_each(|error| self.judge(error)),
                Meant::Tag { error, choices } => self.wrong(&path_of(error), error, &json!({ "enum": choices })),
                Meant::Unclear => self.wrong(&steps, error, schema),
            },
            _ => self.wrong(&steps, error, schema),
        }
    }

    /// The schema that the failed keyword stands in.
    fn schema_of(&self, error: &ValidationError<'_>) -> &'a Value {
        let path = error.schema_path().as_str();
        let above = path.rsplit_once('/').map_or("", |(above, _)| above);
        self.schema.pointer(above).unwrap_or(&Value::Null)
    }

    fn unknown(&mut self, steps: &[String], name: &str, schema: &Value) {
        let owner = self.owner_of(steps);
        let known = names(schema);
        let Some(key) = self.key(steps, name) else { return };
        if known.contains(&name) {
            if self.is_explained(steps, name) {
                return;
            }
            let cause = Cause::MisplacedParameter { owner, name: name.to_owned() };
            return self.say(Problem::new(cause), &key, "does not fit", "");
        }
        let mut help = match (known.as_slice(), steps) {
            ([], []) => format!("`{}` takes no settings", self.uses.value),
            (_, []) => suggest(name, &format!("settings of `{}`", self.uses.value), known),
            _ => suggest(name, "settings", known),
        };
        let (uses, here) = (&self.uses.place.origin, &key.origin);
        if uses.overrides(here) {
            let (uses, here) = (uses.name(), here.name());
            help.push_str(&format!(
                "
the setting is from `{here}`, but `use` was changed by `{uses}`"
            ));
        }
        let name = name.to_owned();
        self.say(Problem::new(Cause::UnknownParameter { owner, name }), &key, "unknown", &help);
    }

    /// Whether a known name is refused only because something else is wrong with it, or with the choice it belongs to.
    fn is_explained(&self, steps: &[String], name: &str) -> bool {
        let about_names = |error: &&ValidationError<'_>| matches!(error.kind(), Kind::UnevaluatedProperties { .. });
        self.errors.iter().filter(|error| !about_names(error)).any(|error| {
            let path = path_of(error);
            path == steps || path.strip_prefix(steps).and_then(|rest| rest.first()).is_some_and(|step| step == name)
        })
    }

    fn missing(&mut self, steps: &[String], name: &str) {
        let owner = self.owner_of(steps);
        let place = if steps.is_empty() { Some(self.uses.place.clone()) } else { self.place(steps) };
        let Some(place) = place else { return };
        let help = format!("it has no default: add `{name} = …`{}", if steps.is_empty() { " to `with`" } else { "" });
        let cause = Cause::MissingParameter { owner, name: name.to_owned() };
        self.say(Problem::new(cause), &place, &format!("needs `{name}`"), &help);
    }

    fn wrong(&mut self, steps: &[String], error: &ValidationError<'_>, schema: &Value) {
        let Some(place) = self.place(steps) else { return };
        let value = error.instance();
        let expected = expected(schema).unwrap_or_else(|| "different: the plugin does not accept this".to_owned());
        let choices = schema.as_object().and_then(choices);
        let label = match error.kind() {
            Kind::Minimum { limit } if !expected.contains(&plain(limit)) => format!("too small: at least {limit}"),
            Kind::Maximum { limit } if !expected.contains(&plain(limit)) => format!("too large: at most {limit}"),
            Kind::Minimum { .. } | Kind::ExclusiveMinimum { .. } => "too small".to_owned(),
            Kind::Maximum { .. } | Kind::ExclusiveMaximum { .. } => "too large".to_owned(),
            Kind::MinLength { .. } | Kind::MinItems { .. } => "too short".to_owned(),
            Kind::MaxLength { .. } | Kind::MaxItems { .. } => "too long".to_owned(),
            Kind::Pattern { .. } => "does not match".to_owned(),
            Kind::UniqueItems => "has repetitions".to_owned(),
            _ if value.is_string() && choices.is_some() => "not one of them".to_owned(),
            Kind::Custom { .. } => format!("write `{}`", plain(value)),
            _ => self.node(steps).map_or("wrong", Node::what).to_owned(),
        };
        let what = match (name_of(steps).as_str(), steps.last()) {
            ("", _) => format!("`with` of {}", self.owner),
            (name, Some(last)) if is_index(last) => format!("an item of `{name}`"),
            (name, _) => format!("`{name}`"),
        };
        let cause = Cause::WrongParameter { what, expected, found: found(value) };
        let mut help = about(schema);
        if let Some(name) = value
            .as_str()
            .and_then(|text| nearest(text, choices.iter().flatten().map(|choice| choice.trim_matches('"'))))
        {
            help = format!("did you mean `{name}`?\n{help}");
        }
        self.say(Problem::new(cause), &place, &label, &help);
    }

    fn owner_of(&self, steps: &[String]) -> String {
        match name_of(steps).as_str() {
            "" => self.owner.clone(),
            name => format!("`{name}` of {}", self.owner),
        }
    }

    /// Where the value at the end of a path was typed; none for what is unusable anyway.
    fn place(&self, steps: &[String]) -> Option<Place> {
        match self.node(steps) {
            Some(Node { literal: Literal::Unusable, .. }) => None,
            Some(node) => Some(node.place.clone()),
            None => Some(self.uses.place.clone()),
        }
    }

    fn key(&self, steps: &[String], name: &str) -> Option<Place> {
        match self.node(steps) {
            Some(Node { literal: Literal::Table(table), .. }) => table.get(name).map(|(key, _)| key.place.clone()),
            _ => None,
        }
    }

    /// Names in the table at the end of a path.
    fn keys(&self, steps: &[String]) -> impl Iterator<Item = &'a str> + use<'a> {
        let entries = match self.node(steps) {
            Some(Node { literal: Literal::Table(table), .. }) => table.0.as_slice(),
            _ => &[],
        };
        entries.iter().map(|(key, _)| key.value.as_str())
    }

    fn node(&self, steps: &[String]) -> Option<&'a Node> {
        steps.iter().try_fold(self.typed?, |node, step| match &node.literal {
            Literal::Table(table) => table.get(step).map(|(_, node)| node),
            Literal::List(nodes) => nodes.get(step.parse::<usize>().ok()?),
            _ => None,
        })
    }

    fn say(&mut self, problem: Problem, place: &Place, label: &str, help: &str) {
        if self.said.insert((place.order(), problem.to_string())) {
            self.problems.push(problem.at(place, label).help(help));
        }
    }
}

/// What a schema says about a parameter: its help text and its default.
fn about(schema: &Value) -> String {
    let description = schema["description"].as_str().map(str::to_owned);
    let short = |value: &&Value| !matches!(value, Value::Null | Value::Array(_) | Value::Object(_));
    let default = schema.get("default").filter(short).map(|default| format!("the default is {}", literal(default)));
    let lines: Vec<String> = description.into_iter().chain(default).collect();
    lines.join("\n")
}

/// Name of a parameter as it is written in a pipeline; which item of a list it is in is shown by its place.
fn name_of(steps: &[String]) -> String {
    let names: Vec<&str> = steps.iter().map(String::as_str).filter(|step| !is_index(step)).collect();
    names.join(".")
}

fn is_index(step: &str) -> bool {
    step.parse::<usize>().is_ok()
}
