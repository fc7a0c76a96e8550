//! Guesses which branch of a choice (`anyOf`, `oneOf`) a wrong parameter was meant to be, so that one clear problem can be
//! reported instead of those of every branch.

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind as Kind;
use serde_json::Value;

/// What a value that fits no branch of a choice was meant to be.
pub(super) enum Meant<'e> {
    /// The only branch that a value of this type, with this tag, could belong to.
    Branch(&'e [ValidationError<'static>]),
    /// The branches differ in a tag, and the value has a tag of none of them.
    Tag {
        error: &'e ValidationError<'static>,
        choices: Vec<Value>,
    },
    Unclear,
}

/// Works out which branch was meant, from the errors of each.
pub(super) fn meant<'e>(error: &ValidationError<'_>, branches: &'e [Vec<ValidationError<'static>>]) -> Meant<'e> {
    let here = path_of(error);
    let other_type = |error: &ValidationError<'_>| matches!(error.kind(), Kind::Type { .. }) && path_of(error) == here;
    let possible: Vec<&[ValidationError<'static>]> =
        branches.iter().map(Vec::as_slice).filter(|errors| !errors.iter().any(other_type)).collect();
    let tags: Vec<Option<(&ValidationError<'static>, Vec<Value>)>> =
        possible.iter().map(|errors| errors.iter().find_map(|error| wrong_tag(error, &here))).collect();
    let mut tagged = possible.iter().zip(&tags).filter(|(_, tag)| tag.is_none()).map(|(errors, _)| *errors);
    match (tagged.next(), tagged.next()) {
        (Some(only), None) => return Meant::Branch(only),
        (Some(first), Some(_)) => {
            let lacked = first.iter().find(|error| lacked_name(error).is_some_and(|name| all_lack(&possible, name)));
            return lacked.map_or(Meant::Unclear, |error| Meant::Branch(std::slice::from_ref(error)));
        }
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

/// The name that must be there and is not; a name that all branches want is their tag.
fn lacked_name<'e>(error: &'e ValidationError<'static>) -> Option<&'e Value> {
    match error.kind() {
        Kind::Required { property } => Some(property),
        _ => None,
    }
}

fn all_lack(branches: &[&[ValidationError<'static>]], name: &Value) -> bool {
    branches.iter().all(|errors| errors.iter().any(|error| lacked_name(error) == Some(name)))
}

/// The steps from the parameters to the value that an error is about.
pub(super) fn path_of(error: &ValidationError<'_>) -> Vec<String> {
    let pointer = error.instance_path().as_str();
    pointer.split('/').skip(1).map(|step| step.replace("~1", "/").replace("~0", "~")).collect()
}
