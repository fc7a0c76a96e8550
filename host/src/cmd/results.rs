//! The folder where results go, and how they are written there.

use super::named_file::begins_with;
use crate::{Failure, platform};
use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

/// Folder of the results if nobody names one.
pub(super) const DEFAULT_OUTPUT: &str = "out";
/// How a log begins.
pub(super) const LOG_SIGN: &str = "=== Starting Job: ";
/// How a page begins.
pub(super) const PAGE_SIGN: &str = "<!DOCTYPE html><html lang=\"en\">";
/// Longest name of a file that file systems take (bytes).
const LONGEST_NAME: usize = 255;

/// What results are named after: the reference.
pub(super) fn stem(sources: &[PathBuf]) -> String {
    let reference = sources.first().and_then(|reference| reference.file_stem());
    reference.unwrap_or_default().to_string_lossy().into_owned()
}

/// Where results go.
pub(super) struct Results {
    pub(super) folder: PathBuf,
    pub(super) stem: String,
}

impl Results {
    /// Makes the folder, and makes sure that it can be written and that neither a source nor a file of others would be
    /// replaced. `files` are the endings of the results, and how each one begins if an earlier run wrote it.
    pub(super) fn prepare(
        folder: &Path,
        stem: String,
        files: &[(&str, Option<&str>)],
        sources: &[PathBuf],
    ) -> Result<Self, Failure> {
        let shown = folder.display();
        let refuse = |error: io::Error| {
            Failure::arguments(
                format!("can not write into the output folder `{shown}`: {error}"),
                "choose another folder by -o",
            )
        };
        if std::path::absolute(folder).map_err(refuse)?.to_str().is_none() {
            return Err(Failure::arguments(
                format!("the name of the output folder `{shown}` is not valid UTF-8"),
                "choose another folder by -o",
            ));
        }
        fs::create_dir_all(folder).map_err(refuse)?;
        let folder = folder.canonicalize().map_err(refuse)?;
        tempfile::tempfile_in(&folder).map_err(refuse)?;
        let results = Self { folder, stem };
        for (ending, sign) in files {
            let place = results.path(ending);
            if place.file_name().is_some_and(|name| name.len() > LONGEST_NAME) {
                return Err(Failure::arguments(
                    format!("the name of the reference is too long to name results after it: `{}`", place.display()),
                    "rename the reference",
                ));
            }
            if sources.iter().any(|source| platform::is_same(source, &place)) {
                return Err(Failure::arguments(
                    format!("the output would replace the source file `{}`", place.display()),
                    "choose another output folder by -o",
                ));
            }
            if place.is_dir() || !sign.is_none_or(|sign| begins_with(&place, sign)) {
                return Err(Failure::arguments(
                    format!("`{}` is there already, and no earlier run wrote it", place.display()),
                    "move it, or choose another output folder by -o",
                ));
            }
        }
        Ok(results)
    }

    pub(super) fn path(&self, ending: &str) -> PathBuf {
        self.folder.join(format!("{}.{ending}", self.stem))
    }

    /// Writes a file that is there only when it is complete.
    pub(super) fn write(&self, ending: &str, text: &str) -> Result<(), Failure> {
        let write = || {
            let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
            file.write_all(text.as_bytes())?;
            platform::share(file.as_file())?;
            file.persist(self.path(ending)).map_err(|error| error.error)
        };
        write().map(drop).map_err(|error| self.unwritable(&error))
    }

    pub(super) fn unwritable(&self, error: &io::Error) -> Failure {
        unwritable(&self.folder, error)
    }
}

pub(super) fn unwritable(folder: &Path, error: &io::Error) -> Failure {
    Failure::Run {
        message: format!("can not write the results into `{}`: {error}", folder.display()),
        help: Some("make room there, or choose another folder by -o".into()),
    }
}
