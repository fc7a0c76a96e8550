//! The source files that a job names: whether they can be used, and what is odd about them.

use crate::{Failure, pipeline::source_name, platform};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// The absolute paths of sources that can be opened; of several that can not, all are named.
pub(super) fn usable_sources(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let (mut usable, mut messages, mut advice) = (Vec::new(), Vec::new(), None);
    for path in paths {
        match usable_source(path) {
            Ok(path) => usable.push(path),
            Err((message, help)) => {
                messages.push(message);
                advice.get_or_insert(help);
            }
        }
    }
    match advice {
        None => Ok(usable),
        Some(help) => Err(Failure::arguments(messages.join("\n"), help)),
    }
}

/// What is odd about the sources, though it can be done.
pub(super) fn remarks(sources: &[PathBuf]) -> Vec<String> {
    if sources.len() == 1 {
        return vec!["no target was given, so nothing is measured".into()];
    }
    let twins = (1..sources.len()).filter_map(|later| {
        let first = (0..later).find(|first| platform::is_same(&sources[*first], &sources[later]))?;
        Some(format!("{} is the same file as {}", source_name(later), source_name(first)))
    });
    twins.collect()
}

/// The absolute path of a source that can be opened, or what is wrong and what to do. What is in it is for the stages to find
/// out.
fn usable_source(path: &Path) -> Result<PathBuf, (String, String)> {
    let fail = |what: &str, help: &str| (format!("`{}` {what}", path.display()), help.to_owned());
    let metadata = fs::metadata(path).map_err(|error| {
        fail(
            &format!("can not be used as a source: {error}"),
            &format!(
                "give the files on the command line: `vsg-host run PIPELINE REFERENCE TARGET… -o OUT`; `vsg-host sample \
                 {}` makes a pair to try things on",
                path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")).display()
            ),
        )
    })?;
    if metadata.is_dir() {
        return Err(fail("is a folder, not a media file", "give a file"));
    }
    if !metadata.is_file() {
        return Err(fail("is no ordinary file", "give a media file"));
    }
    if path.to_str().is_none() {
        return Err(fail(
            "has a name that is not valid UTF-8; mkvmerge can not be told of it",
            "rename the file, or the folder it is in",
        ));
    }
    platform::plain_path(path).map_err(|error| fail(&error.to_string(), "give an absolute path"))
}
