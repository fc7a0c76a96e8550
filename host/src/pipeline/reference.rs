//! Splits the text of an edge, `stage.output@reference`, into its parts.

use super::cause::Cause;
use super::origin::{At, Place};
use super::problem::{Problem, Problems};

/// An edge as it was typed. Whether the names exist is not known yet.
#[derive(Debug, Clone)]
pub(super) struct Reference {
    /// All of it.
    pub(super) text: String,
    pub(super) place: Place,
    /// Stage name, or `job`.
    pub(super) stage: At<String>,
    pub(super) port: At<String>,
    /// Whether it ends in `@reference`.
    pub(super) of_reference: bool,
}

/// Reads one edge; reports what is wrong with its form.
pub(super) fn reference(text: &str, place: &Place, problems: &mut Problems) -> Option<Reference> {
    let (output, choice) = match text.split_once('@') {
        Some((output, choice)) => (output, Some(choice)),
        None => (text, None),
    };
    let form = "write `STAGE.OUTPUT`, `STAGE.OUTPUT@reference` or `job.file`";
    let Some((stage, port)) = output.split_once('.').filter(|(stage, port)| !stage.is_empty() && !port.is_empty())
    else {
        let problem = Problem::new(Cause::MalformedEdge { text: text.to_owned() });
        problems.push(problem.at(place, "not an output").help(form));
        return None;
    };
    if let Some(choice) = choice.filter(|&choice| choice != "reference") {
        let problem = Problem::new(Cause::UnknownChoice { text: choice.to_owned() });
        let help =
            format!("`{output}@reference` is the value of the reference; without `@`, it is that of the same source");
        let choice_place = place.within(text, output.len()..text.len());
        problems.push(problem.at(&choice_place, "unknown").help(help));
        return None;
    }
    let part =
        |start: usize, part: &str| At { value: part.to_owned(), place: place.within(text, start..start + part.len()) };
    Some(Reference {
        text: text.to_owned(),
        place: place.clone(),
        stage: part(0, stage),
        port: part(stage.len() + 1, port),
        of_reference: choice.is_some(),
    })
}
