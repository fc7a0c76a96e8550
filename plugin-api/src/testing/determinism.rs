//! Do examples and made-up values run, and does the same run give the same bytes?

use super::{
    Subject, Unmet, Verdict, defaults,
    host::Stop,
    outputs::{Content, matches},
    subject::{Case, Ending, outputs_of},
};
use crate::{Data, kinds::Tracks};

/// Threads of the run that is compared with one on a single thread.
const MANY: usize = 7;

/// Every example runs and gives what it says.
pub(super) fn examples(subject: &Subject) -> Verdict {
    for example in &subject.signature.examples {
        let case = subject.example(example)?;
        let (outputs, _) = outputs_of(&case, subject.run_once(&case)?)?;
        for wanted in &example.outputs {
            let found = outputs.iter().find(|output| output.port.as_str() == wanted.port);
            let header = found.map(|output| output.value.header.to_string()).unwrap_or_default();
            let value = serde_json::from_str(&header).unwrap_or_default();
            if !matches(&wanted.header, &value, example.tolerance) {
                let (label, port) = (&case.label, &wanted.port);
                return Err(Unmet::Failed(format!("{label}: `{port}` is {header} instead of {}", wanted.header)));
            }
            let bytes = wanted.value().map_err(|error| Unmet::Failed(format!("{}: {error}", case.label)))?.blob;
            let blob = found.map(|output| output.value.blob.as_slice()).unwrap_or_default();
            if !bytes.as_slice().is_empty() && bytes.as_slice() != blob {
                return Err(Unmet::Failed(format!("{}: the bulk data of `{}` are others", case.label, wanted.port)));
            }
        }
    }
    Ok(())
}

/// Made-up values give outputs as declared; a stage may refuse them, but not panic.
pub(super) fn runs(subject: &Subject) -> Verdict {
    let case = subject.made_up_case().map_err(Unmet::Skipped)?;
    match subject.run_once(&case)?.ending {
        Ending::Outputs(_) => Ok(()),
        Ending::Refused(error) => Err(Unmet::Skipped(format!("they are refused: {error}"))),
    }
}

/// The same inputs twice give the same bytes.
pub(super) fn repeats(subject: &Subject) -> Verdict {
    compare(subject, [2, 2])
}

/// The number of threads does not change a byte.
pub(super) fn threads(subject: &Subject) -> Verdict {
    compare(subject, [1, MANY])
}

/// Runs twice with the default parameters, and with each switch turned: as far as the stage takes the same inputs then.
fn compare(subject: &Subject, threads: [usize; 2]) -> Verdict {
    let signature = &subject.signature;
    // Stages that hand on tracks count as having effects because their files are those of the run; no other effect is meant.
    if !signature.pure && !signature.outputs.iter().any(|port| port.kind == Tracks::KIND) {
        return Err(Unmet::Skipped("it has effects outside of its outputs, and always runs".into()));
    }
    let working = subject.working()?;
    for (index, (which, parameters)) in defaults::variants(signature, &working.parameters).into_iter().enumerate() {
        let case = Case { label: format!("{}, {which}", working.label), parameters, ..working.clone() };
        let run = |threads| -> Result<Option<Content>, String> {
            let run = subject.run(&case, threads, Stop::Never)?;
            if index > 0 && matches!(run.ending, Ending::Refused(_)) {
                return Ok(None);
            }
            let (outputs, folder) = outputs_of(&case, run)?;
            Ok(Some(Content::of(&outputs, &folder)))
        };
        match (run(threads[0])?, run(threads[1])?) {
            (Some(one), Some(other)) => {
                if let Some(difference) = one.difference(&other) {
                    return Err(Unmet::Failed(describe(&case, &difference)));
                }
            }
            (None, None) => {}
            _ => {
                return Err(Unmet::Failed(format!(
                    "{}: it takes the inputs one time, and refuses them another",
                    case.label
                )));
            }
        }
    }
    Ok(())
}

fn describe(case: &Case, difference: &str) -> String {
    format!(
        "{}: {difference}; a stage that reads a clock, a counter or a map of random order is not a function",
        case.label
    )
}
