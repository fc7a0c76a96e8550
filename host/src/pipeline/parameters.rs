//! Checks the parameters of a stage against the schema that its implementation gives, and completes them.

use super::cause::Cause;
use super::defaults::complete;
use super::judge::Judge;
use super::origin::At;
use super::parse::ParsedStage;
use super::problem::{Problem, Problems};
use super::strict::{WRITTEN_WHOLE, strict};
use super::tree::{Literal, Node};
use jsonschema::{Keyword, ValidationError, Validator};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use vsg_plugin_api::Signature;

/// The parameters of a stage, complete; null when they are wrong.
pub(super) fn check(stage: &ParsedStage, uses: &At<String>, signature: &Signature, problems: &mut Problems) -> Value {
    let schema = strict(&signature.parameters);
    let validator = match validator(&schema) {
        Ok(validator) => validator,
        Err(reason) => {
            let help = "this is a mistake of the plugin, not of the pipeline; tell its author";
            let problem = Problem::new(Cause::BrokenSchema { uses: uses.value.clone(), reason });
            problems.push(problem.at(&uses.place, "cannot be checked").help(help));
            return Value::Null;
        }
    };
    let typed =
        stage.with.as_ref().map(|with| Node { place: with.place.clone(), literal: Literal::Table(with.value.clone()) });
    let value = typed.as_ref().map_or_else(|| Value::Object(Map::new()), Node::json);
    let owner = format!("stage `{}` ({})", stage.name.value, uses.value);
    let errors: Vec<ValidationError<'_>> = validator.iter_errors(&value).collect();
    if errors.is_empty() {
        return complete(&schema, &schema, value);
    }
    let typed = typed.as_ref();
    let mut judge = Judge { owner, uses, typed, schema: &schema, errors: &errors, problems, said: BTreeSet::new() };
    errors.iter().for_each(|error| judge.judge(error));
    Value::Null
}

struct WrittenWhole;

impl<'i> Keyword<'i> for WrittenWhole {
    fn validate(&self, value: &'i Value) -> Result<(), ValidationError<'i>> {
        if self.is_valid(value) { Ok(()) } else { Err(ValidationError::custom("not written as a whole number")) }
    }

    fn is_valid(&self, value: &'i Value) -> bool {
        value.is_i64() || value.as_f64().is_none_or(|number| number.fract() != 0.0) || value.is_u64()
    }
}

fn validator(schema: &Value) -> Result<Validator, String> {
    let options = jsonschema::draft202012::options().with_keyword(WRITTEN_WHOLE, |_, _, _| Ok(Box::new(WrittenWhole)));
    options.build(schema).map_err(|error| error.to_string())
}
