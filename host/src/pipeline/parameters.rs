//! Checks the parameters of a stage against the schema that its implementation gives, and completes them.

use super::cause::Cause;
use super::defaults::complete;
use super::nearest::suggest;
use super::origin::{At, Place};
use super::parse::ParsedStage;
use super::problem::{Problem, Problems};
use super::strict::{WRITTEN_WHOLE, names, strict};
use super::tree::{Literal, Node};
use super::words::{expected, found, literal};
use jsonschema::error::ValidationErrorKind as Kind;
use jsonschema::{Keyword, ValidationError, Validator};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use vsg_plugin_api::Signature;

/// The parameters of a stage, complete; null when they are wrong.
pub(super) fn check(stage: &ParsedStage, uses: &At<String>, signature: &Signature, problems: &mut Problems) -> Value {
    let schema = strict(&signature.parameters);
    let validator = match validator(&schema) {
        Ok(validator) => validator,
        Err(reason) => {
            let help = "this is a mistake of the plugin, not of the pipeline; tell its author";
            let problem = Problem::new(Cause::BrokenSchema {
                uses: uses.value.clone(),
                reason,
            });
            problems.push(problem.at(&uses.place, "cannot be checked").help(help));
            return Value::Null;
        }
    };
    let typed = stage.with.as_ref().map(|with| Node {
        place: with.place.clone(),
        literal: Literal::Table(with.value.clone()),
    });
    let value = typed.as_ref().map_or_else(|| Value::Object(Map::new()), Node::json);
    let owner = format!("stage `{}` ({})", stage.name.value, uses.value);
    let errors: Vec<ValidationError<'_>> = validator.iter_errors(&value).collect();
    if errors.is_empty() {
        return complete(&schema, &schema, value);
    }
    let typed = typed.as_ref();
    let mut judge = Judge {
        owner,
        uses,
        typed,
        schema: &schema,
        errors: &errors,
        problems,
        said: BTreeSet::new(),
    };
    errors.iter().for_each(|error| judge.judge(error));
    Value::Null
}

struct WrittenWhole;

impl<'i> Keyword<'i> for WrittenWhole {
    fn validate(&self, value: &'i Value) -> Result<(), ValidationError<'i>> {
        if self.is_valid(value) {
            Ok(())
        } else {
            Err(ValidationError::custom("not written as a whole number"))
        }
    }

    fn is_valid(&self, value: &'i Value) -> bool {
        !value.as_number().is_some_and(|number| number.is_f64())
    }
}

fn validator(schema: &Value) -> Result<Validator, String> {
    let options = jsonschema::draft202012::options().with_keyword(WRITTEN_WHOLE, |_, _, _| Ok(Box::new(WrittenWhole)));
    options.build(schema).map_err(|error| error.to_string())
}

/// Turns what the validator says into problems.
struct Judge<'a> {
    owner: String,
    uses: &'a At<String>,
    typed: Option<&'a Node>,
    schema: &'a Value,
    errors: &'a [ValidationError<'a>],
    problems: &'a mut Problems,
    /// What was said already, by place and message: one wrong value often breaks several keywords.
    said: BTreeSet<((usize, usize), String)>,
}

impl<'a> Judge<'a> {
    fn judge(&mut self, error: &ValidationError<'_>) {
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
                let unknown: Vec<String> = self
                    .keys(&steps)
                    .filter(|name| !names(schema).contains(name))
                    .map(str::to_owned)
                    .collect();
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
            let cause = Cause::MisplacedParameter {
                owner,
                name: name.to_owned(),
            };
            return self.say(Problem::new(cause), &key, "does not fit", "");
        }
        let what = if steps.is_empty() {
            format!("settings of `{}`", self.uses.value)
        } else {
            "settings".to_owned()
        };
        let mut help = suggest(name, &what, known);
        let (uses, here) = (&self.uses.place.origin, &key.origin);
        if uses.name() != here.name() {
            help.push_str(&format!(
                "\n`use` comes from `{}`, this setting from `{}`",
                uses.name(),
                here.name()
            ));
        }
        self.say(
            Problem::new(Cause::UnknownParameter {
                owner,
                name: name.to_owned(),
            }),
            &key,
            "unknown",
            &help,
        );
    }

    /// Whether a known name is refused only because something else is wrong with it, or with the choice it belongs to.
    fn is_explained(&self, steps: &[String], name: &str) -> bool {
        let about_names = |error: &&ValidationError<'_>| matches!(error.kind(), Kind::UnevaluatedProperties { .. });
        self.errors.iter().filter(|error| !about_names(error)).any(|error| {
            let path = path_of(error);
            path == steps
                || path
                    .strip_prefix(steps)
                    .and_then(|rest| rest.first())
                    .is_some_and(|step| step == name)
        })
    }

    fn missing(&mut self, steps: &[String], name: &str) {
        let owner = self.owner_of(steps);
        let place = if steps.is_empty() {
            Some(self.uses.place.clone())
        } else {
            self.place(steps)
        };
        let Some(place) = place else { return };
        let help = format!(
            "it has no default: add `{name} = …`{}",
            if steps.is_empty() { " to `with`" } else { "" }
        );
        let cause = Cause::MissingParameter {
            owner,
            name: name.to_owned(),
        };
        self.say(Problem::new(cause), &place, &format!("needs `{name}`"), &help);
    }

    fn wrong(&mut self, steps: &[String], error: &ValidationError<'_>, schema: &Value) {
        let Some(place) = self.place(steps) else { return };
        let value = error.instance();
        let expected = expected(schema).unwrap_or_else(|| "different: the plugin does not accept this".to_owned());
        let label = match error.kind() {
            Kind::Minimum { limit } if !expected.contains(&limit.to_string()) => format!("too small: at least {limit}"),
            Kind::Maximum { limit } if !expected.contains(&limit.to_string()) => format!("too large: at most {limit}"),
            Kind::Minimum { .. } | Kind::ExclusiveMinimum { .. } => "too small".to_owned(),
            Kind::Maximum { .. } | Kind::ExclusiveMaximum { .. } => "too large".to_owned(),
            Kind::MinLength { .. } | Kind::MinItems { .. } => "too short".to_owned(),
            Kind::MaxLength { .. } | Kind::MaxItems { .. } => "too long".to_owned(),
            Kind::Custom { .. } => match value.as_f64().filter(|number| number.fract() == 0.0) {
                Some(number) => format!("write `{number:.0}`"),
                None => "not a whole number".to_owned(),
            },
            Kind::Enum { .. } | Kind::Constant { .. } => "not one of them".to_owned(),
            _ => format!("not {expected}"),
        };
        let cause = Cause::WrongParameter {
            name: name_of(steps),
            expected,
            found: found(value),
        };
        let help = about(schema);
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
            Some(Node {
                literal: Literal::Unusable,
                ..
            }) => None,
            Some(node) => Some(node.place.clone()),
            None => Some(self.uses.place.clone()),
        }
    }

    fn key(&self, steps: &[String], name: &str) -> Option<Place> {
        match self.node(steps) {
            Some(Node {
                literal: Literal::Table(table),
                ..
            }) => table.get(name).map(|(key, _)| key.place.clone()),
            _ => None,
        }
    }

    /// Names in the table at the end of a path.
    fn keys(&self, steps: &[String]) -> impl Iterator<Item = &'a str> + use<'a> {
        let entries = match self.node(steps) {
            Some(Node {
                literal: Literal::Table(table),
                ..
            }) => table.0.as_slice(),
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
    let default = schema
        .get("default")
        .filter(short)
        .map(|default| format!("the default is {}", literal(default)));
    let lines: Vec<String> = description.into_iter().chain(default).collect();
    lines.join("\n")
}

/// What a value that fits no branch of a choice was meant to be.
enum Meant<'e> {
    /// The only branch that a value of this type, with this tag, could belong to.
    Branch(&'e [ValidationError<'static>]),
    /// The branches differ in a tag, and the value has a tag of none of them.
    Tag {
        error: &'e ValidationError<'static>,
        choices: Vec<Value>,
    },
    Unclear,
}

fn meant<'e>(error: &ValidationError<'_>, branches: &'e [Vec<ValidationError<'static>>]) -> Meant<'e> {
    let here = path_of(error);
    let other_type = |error: &ValidationError<'_>| matches!(error.kind(), Kind::Type { .. }) && path_of(error) == here;
    let possible: Vec<&[ValidationError<'static>]> = branches
        .iter()
        .map(Vec::as_slice)
        .filter(|errors| !errors.iter().any(other_type))
        .collect();
    let tags: Vec<Option<(&ValidationError<'static>, Vec<Value>)>> = possible
        .iter()
        .map(|errors| errors.iter().find_map(|error| wrong_tag(error, &here)))
        .collect();
    let mut tagged = possible
        .iter()
        .zip(&tags)
        .filter(|(_, tag)| tag.is_none())
        .map(|(errors, _)| *errors);
    match (tagged.next(), tagged.next()) {
        (Some(only), None) => return Meant::Branch(only),
        (Some(first), Some(_)) if possible.len() > 1 && first.iter().any(lacks_name) => return Meant::Branch(first),
        (Some(_), Some(_)) => return Meant::Unclear,
        (None, _) => {}
    }
    let mut tags = tags.into_iter().flatten();
    let Some((first, mut choices)) = tags.next() else {
        return Meant::Unclear;
    };
    for (error, further) in tags {
        if path_of(error) != path_of(first) {
            return Meant::Unclear;
        }
        choices.extend(further);
    }
    Meant::Tag { error: first, choices }
}

/// The values that a branch wants for a tag, one step below the choice, where it has another one.
fn wrong_tag<'e>(
    error: &'e ValidationError<'static>,
    here: &[String],
) -> Option<(&'e ValidationError<'static>, Vec<Value>)> {
    let choices = match error.kind() {
        Kind::Constant { expected_value } => vec![Value::clone(expected_value)],
        Kind::Enum { options } => options.as_array()?.clone(),
        _ => return None,
    };
    (path_of(error).len() == here.len() + 1).then_some((error, choices))
}

/// Whether an error is about a name that must be there; where several branches remain, that is their tag.
fn lacks_name(error: &ValidationError<'static>) -> bool {
    matches!(error.kind(), Kind::Required { .. })
}

/// The steps from the parameters to the value that an error is about.
fn path_of(error: &ValidationError<'_>) -> Vec<String> {
    let pointer = error.instance_path().as_str();
    pointer
        .split('/')
        .skip(1)
        .map(|step| step.replace("~1", "/").replace("~0", "~"))
        .collect()
}

/// Name of a parameter as it is written in a pipeline; which item of a list it is in is shown by its place.
fn name_of(steps: &[String]) -> String {
    let names: Vec<&str> = steps
        .iter()
        .map(String::as_str)
        .filter(|step| step.parse::<usize>().is_err())
        .collect();
    names.join(".")
}
