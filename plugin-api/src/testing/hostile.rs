//! Bad inputs: each has to end in an error or in outputs that are valid, never in a panic; what is not of its kind has to be
//! refused.

use super::{
    Subject, Unmet, Verdict,
    mutation::damaged,
    subject::{Case, Ending, require_refusal},
    world,
};
use crate::{
    Arity, Blob, Data, Port,
    abi::{RawInput, RawValue},
    kinds::{Media, SourceFile, Tracks},
};
use serde_json::Value as Json;

/// Damaged headers for each port; fewer if each of them may run a tool.
const DAMAGES: usize = 250;
const DAMAGES_WITH_TOOLS: usize = 40;

/// Kinds whose header names a file as its `path`.
pub(super) const KINDS_WITH_FILES: &[&str] = &[SourceFile::KIND, Media::KIND, Tracks::KIND];

/// A required input that is missing, or two values where one is taken, are refused.
pub(super) fn missing(subject: &Subject) -> Verdict {
    let base = quick(subject)?;
    let required = subject.signature.inputs.iter().filter(|port| !port.optional);
    for port in required {
        let mut case = Case { label: format!("without the input `{}`", port.name), ..base.clone() };
        case.inputs.retain(|input| input.port.as_str() != port.name);
        let run = subject.run_once(&case)?;
        if port.arity == Arity::One {
            require_refusal(&case, &run, "the input is required, so read it by `inputs.one`")?;
            case.label = format!("two values for the input `{}`", port.name);
            case.inputs = base.inputs.clone();
            for input in case.inputs.iter_mut().filter(|input| input.port.as_str() == port.name) {
                input.values.extend(input.values.clone());
            }
            require_refusal(&case, &subject.run_once(&case)?, "it takes one value, so read it by `inputs.one`")?;
        }
    }
    only_if_it_works(subject)
}

/// A value of another kind is refused.
pub(super) fn other_kind(subject: &Subject) -> Verdict {
    each_value(subject, |case, port, value| {
        let other = RawValue { kind: "conformance.other/1".into(), ..value.clone() };
        let case = with(case, port, &other, "a value of another kind");
        require_refusal_if(!port.optional, subject, &case, "a stage must not guess what a value is")
    })
}

/// Headers with fields that are missing, of another type, or absurd: refused if the kind itself does not read them.
pub(super) fn headers(subject: &Subject) -> Verdict {
    let count = if subject.signature.tools.is_empty() { DAMAGES } else { DAMAGES_WITH_TOOLS };
    each_value(subject, |case, port, value| {
        let header: Json = serde_json::from_str(&value.header).unwrap_or_default();
        for text in ["", "{", "nonsense"] {
            try_header(subject, case, port, value, &format!("`{text}`"), text.to_owned())?;
        }
        for (what, damaged) in damaged(&header, count) {
            try_header(subject, case, port, value, &what, damaged.to_string())?;
        }
        Ok(())
    })
}

fn try_header(subject: &Subject, case: &Case, port: &Port, value: &RawValue, what: &str, text: String) -> Verdict {
    let damaged = RawValue { header: text.into(), ..value.clone() };
    let is_json = serde_json::from_str::<Json>(&damaged.header).is_ok();
    let must_refuse = !port.optional && (!is_json || world::is_readable(&damaged) == Some(false));
    let case = with(case, port, &damaged, what);
    require_refusal_if(must_refuse, subject, &case, &format!("that is no `{}`", value.kind))
}

/// Bulk data that are cut off, too long, or something else.
pub(super) fn blobs(subject: &Subject) -> Verdict {
    each_value(subject, |case, port, value| {
        let bytes = value.blob.as_slice();
        let noise: Vec<u8> = (0..bytes.len().max(64)).map(|index| (index * index % 251) as u8).collect();
        let longer = [bytes, &[7]].concat();
        let pieces: [(&str, &[u8]); 5] = [
            ("no bulk data", &[]),
            ("half of the bulk data", &bytes[..bytes.len() / 2]),
            ("one byte less", &bytes[..bytes.len().saturating_sub(1)]),
            ("one byte more", &longer),
            ("random bytes", &noise),
        ];
        for (what, piece) in pieces.into_iter().filter(|(_, piece)| *piece != bytes) {
            let damaged = RawValue { blob: Blob::from_bytes(piece), ..value.clone() };
            let must_refuse = !port.optional && world::is_readable(&damaged) == Some(false);
            let case = with(case, port, &damaged, what);
            require_refusal_if(must_refuse, subject, &case, &format!("that is no `{}`", value.kind))?;
        }
        Ok(())
    })
}

/// Files that are missing, empty, garbage, cut off, or a folder. A stage whose input is nothing but a file refuses those that are
/// no media; others may pass the name of a file on.
pub(super) fn files(subject: &Subject) -> Verdict {
    let world = &subject.world;
    let wav = std::fs::read(world.file(2)).map_err(|error| error.to_string())?;
    let garbage: Vec<u8> = (0..5000usize).map(|index| (index * index % 251) as u8).collect();
    let contents: [(&str, &[u8]); 3] = [("empty", &[]), ("garbage", &garbage), ("cut-off", &wav[..30])];
    for (name, content) in contents {
        std::fs::write(world.path(name), content).map_err(|error| error.to_string())?;
    }
    std::fs::create_dir_all(world.path("folder")).map_err(|error| error.to_string())?;
    each_value(subject, |case, port, value| {
        if !KINDS_WITH_FILES.contains(&value.kind.as_str()) {
            return Ok(());
        }
        for name in ["missing", "empty", "garbage", "cut-off", "folder"] {
            let mut header: Json = serde_json::from_str(&value.header).unwrap_or_default();
            header["path"] = world.path(name).to_string_lossy().into();
            let damaged = RawValue { header: header.to_string().into(), ..value.clone() };
            let case = with(case, port, &damaged, &format!("file is {name}"));
            let is_plainly_bad = value.kind.as_str() == SourceFile::KIND && name != "cut-off";
            require_refusal_if(is_plainly_bad, subject, &case, "that is no media file")?;
        }
        Ok(())
    })
}

/// The case that everything here starts from: windows are as short as can be, because nothing is measured.
pub(super) fn quick(subject: &Subject) -> Result<Case, Unmet> {
    let mut case = subject.any_case()?;
    for (name, value) in subject.scan(1, 1.0) {
        case.parameters.insert(name, value);
    }
    Ok(case)
}

/// Calls `body` with the first value of every port that has one.
fn each_value(subject: &Subject, mut body: impl FnMut(&Case, &Port, &RawValue) -> Verdict) -> Verdict {
    let base = quick(subject)?;
    for port in &subject.signature.inputs {
        let input = base.inputs.iter().find(|input| input.port.as_str() == port.name);
        if let Some(value) = input.and_then(|input| input.values.first()) {
            body(&base, port, value)?;
        }
    }
    only_if_it_works(subject)
}

/// That a stage refuses bad inputs shows nothing if it refuses good ones, too.
pub(super) fn only_if_it_works(subject: &Subject) -> Verdict {
    match subject.working() {
        Err(Unmet::Skipped(reason)) => Err(Unmet::Skipped(format!("it does not panic, but there is {reason}"))),
        other => other.map(drop),
    }
}

/// A case with another value in the place of the first one of a port.
pub(super) fn with(case: &Case, port: &Port, value: &RawValue, what: &str) -> Case {
    let mut case = Case { label: format!("input `{}`, {what}", port.name), ..case.clone() };
    for RawInput { values, .. } in case.inputs.iter_mut().filter(|input| input.port.as_str() == port.name) {
        if let Some(first) = values.first_mut() {
            *first = value.clone();
        }
    }
    case
}

/// Runs a case, which must not panic, and has to be refused if `must`.
pub(super) fn require_refusal_if(must: bool, subject: &Subject, case: &Case, because: &str) -> Verdict {
    let run = subject.run_once(case)?;
    match run.ending {
        Ending::Outputs(_) if must => require_refusal(case, &run, because),
        _ => Ok(()),
    }
}
