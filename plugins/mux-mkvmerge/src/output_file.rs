//! The output file: written under a temporary name beside its place, and there only when it is complete.

use std::path::{Path, PathBuf};
use vsg_plugin_api::prelude::*;

/// A file that is being written. Dropped before [`Unfinished::finish`], it leaves nothing behind.
pub(crate) struct Unfinished {
    temporary: PathBuf,
    place: PathBuf,
}

impl Unfinished {
    /// Prepares to write `<stem of the reference>.mkv` into the job's output folder. Refuses to replace a source, or a file
    /// that no earlier run wrote, unless `overwrite`.
    pub(crate) fn prepare(job: &Job, overwrite: bool) -> Result<Self> {
        let stem = job.reference.file_stem().unwrap_or_default();
        let mut name = stem.to_owned();
        name.push(".mkv");
        let place = job.output.join(&name);
        if std::iter::once(&job.reference).chain(&job.targets).any(|source| is_same_file(source, &place)) {
            return Err(Error::new(format!("the output would replace the source file `{}`", place.display()))
                .help("choose another output folder by -o"));
        }
        let mut report = stem.to_owned();
        report.push(".report.json");
        if place.exists() && !overwrite && !job.output.join(report).exists() {
            return Err(Error::new(format!("`{}` is there already, and no earlier run wrote it", place.display()))
                .help("move it, choose another output folder by -o, or set overwrite = true on the mux stage"));
        }
        let mut hidden = std::ffi::OsString::from(".");
        hidden.push(stem);
        hidden.push(format!(".{}.partial.mkv", std::process::id()));
        Ok(Self { temporary: job.output.join(hidden), place })
    }

    /// Where to write.
    pub(crate) fn temporary(&self) -> &Path {
        &self.temporary
    }

    /// Puts the complete file in its place and returns where that is. Fails if nothing was written.
    pub(crate) fn finish(self) -> Result<PathBuf> {
        let written = std::fs::metadata(&self.temporary).map_or(0, |metadata| metadata.len());
        if written == 0 {
            return Err(Error::new("mkvmerge ended without an error, but wrote nothing")
                .help("run vsg-host doctor; the installed mkvmerge may not be a working one"));
        }
        std::fs::rename(&self.temporary, &self.place).map_err(|error| {
            Error::new(format!("can not move the finished file to `{}`: {error}", self.place.display()))
        })?;
        Ok(self.place.clone())
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // After `finish` the file is no longer there; nothing is to be done about any other failure.
        let _ = std::fs::remove_file(&self.temporary);
    }
}

fn is_same_file(one: &Path, other: &Path) -> bool {
    matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}
