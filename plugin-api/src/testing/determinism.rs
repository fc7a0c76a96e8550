//! Do examples and made-up values run, and does the same run give the same bytes?

use super::{
    Subject, Unmet, Verdict,
    host::Stop,
    outputs::{Content, matches},
    subject::{Case, Ending, outputs_of},
};

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

fn compare(subject: &Subject, threads: [usize; 2]) -> Verdict {
    if !subject.signature.pure {
        return Err(Unmet::Skipped("it has effects outside of its outputs, and always runs".into()));
    }
    let case = subject.working()?;
    let run = |threads| -> Result<Content, String> {
        let (outputs, folder) = outputs_of(case, subject.run(case, threads, Stop::Never)?)?;
        Ok(Content::of(&outputs, &folder))
    };
    let (one, other) = (run(threads[0])?, run(threads[1])?);
    match one.difference(&other) {
        None => Ok(()),
        Some(difference) => Err(Unmet::Failed(describe(case, &difference))),
    }
}

fn describe(case: &Case, difference: &str) -> String {
    format!(
        "{}: {difference}; a stage that reads a clock, a counter or a map of random order is not a function",
        case.label
    )
}
