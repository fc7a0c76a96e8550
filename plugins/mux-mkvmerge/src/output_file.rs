//! The output file: written under a temporary name beside its place, and there only when it is complete.

use std::path::{Path, PathBuf};
use vsg_plugin_api::prelude::*;

/// The second half of the UID of every file that this plugin writes: `vsg-host`.
const MARK: &str = "7673672d686f7374";

/// A file that is being written. Dropped before [`Unfinished::finish`], it leaves nothing behind.
pub(crate) struct Unfinished {
    temporary: PathBuf,
    place: PathBuf,
}

impl Unfinished {
    /// Prepares to write `<stem of the reference>.mkv` into the job's output folder. Refuses to replace a source, and unless
    /// `overwrite` a file that no earlier run wrote, which `is_ours` tells.
    pub(crate) fn prepare(job: &Job, overwrite: bool, is_ours: impl FnOnce(&Path) -> bool) -> Result<Self> {
        let stem = job.reference.file_stem().unwrap_or_default();
        let mut name = stem.to_owned();
        name.push(".mkv");
        let place = job.output.join(&name);
        if std::iter::once(&job.reference).chain(&job.targets).any(|source| is_same_file(source, &place)) {
            return Err(Error::new(format!("the output would replace the source file `{}`", place.display()))
                .help("choose another output folder by -o"));
        }
        if place.exists() && !(overwrite || is_ours(&place)) {
            return Err(Error::new(format!("`{}` is there already, and no earlier run wrote it", place.display()))
                .help("move it, choose another output folder by -o, or set overwrite = true on the mux stage"));
        }
        // Shorter than any name that the file system may not take.
        let hidden = format!(".vsg-host-{}.partial.mkv", std::process::id());
        Ok(Self { temporary: job.output.join(hidden), place })
    }

    /// Where to write.
    pub(crate) fn temporary(&self) -> &Path {
        &self.temporary
    }

    /// Fails if nothing was written.
    pub(crate) fn require_written(&self) -> Result<()> {
        match std::fs::metadata(&self.temporary).map_or(0, |metadata| metadata.len()) {
            0 => Err(Error::new("mkvmerge ended without an error, but wrote nothing")
                .help("run vsg-host doctor; the installed mkvmerge may not be a working one")),
            _ => Ok(()),
        }
    }

    /// Puts the complete file in its place and returns where that is.
    pub(crate) fn finish(self) -> Result<PathBuf> {
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

/// A new UID for an output: half of it random, half of it the mark by which [`has_mark`] knows it again.
pub(crate) fn marked_uid() -> String {
    use std::hash::{BuildHasher, Hasher};
    // The keys of a new hasher are random.
    let random = std::hash::RandomState::new().build_hasher().finish();
    format!("{random:016x}{MARK}")
}

/// Whether this answer of `mkvmerge -J` is about a file with a UID of [`marked_uid`].
pub(crate) fn has_mark(identified: &[u8]) -> bool {
    let answer: serde_json::Value = serde_json::from_slice(identified).unwrap_or_default();
    answer["container"]["properties"]["segment_uid"].as_str().is_some_and(|uid| uid.to_lowercase().ends_with(MARK))
}

fn is_same_file(one: &Path, other: &Path) -> bool {
    matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    struct Folder {
        folder: tempfile::TempDir,
        job: Job,
    }

    /// A folder for the output, and a reference `film.mkv` in another one.
    fn folder() -> Folder {
        let folder = tempfile::tempdir().unwrap();
        let (media, output) = (folder.path().join("media"), folder.path().join("out"));
        fs::create_dir_all(&media).unwrap();
        fs::create_dir_all(&output).unwrap();
        let job = Job { reference: media.join("film.mkv"), targets: vec![media.join("dub.mkv")], output };
        fs::write(&job.reference, "reference").unwrap();
        fs::write(&job.targets[0], "target").unwrap();
        Folder { folder, job }
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn refusal(job: &Job, overwrite: bool) -> Error {
        match Unfinished::prepare(job, overwrite, |_| false) {
            Ok(unfinished) => panic!("would write {}", unfinished.place.display()),
            Err(error) => error,
        }
    }

    #[test]
    fn a_finished_file_has_the_name_of_the_reference_and_ends_in_mkv() {
        let Folder { job, folder: _folder } = folder();
        let job = Job { reference: job.reference.with_file_name("film.part1.mp4"), ..job };
        let unfinished = Unfinished::prepare(&job, false, |_| false).unwrap();
        fs::write(unfinished.temporary(), "film").unwrap();
        assert_eq!(unfinished.finish().unwrap(), job.output.join("film.part1.mkv"));
        assert_eq!(names(&job.output), ["film.part1.mkv"]);
    }

    #[test]
    fn a_source_is_never_replaced() {
        let Folder { job, folder } = folder();
        let beside = Job { output: folder.path().join("media"), ..job.clone() };
        for overwrite in [false, true] {
            assert!(refusal(&beside, overwrite).message().contains("would replace the source file"));
        }
        let target = Job { reference: folder.path().join("dub.mp4"), ..beside };
        assert!(refusal(&target, true).message().contains("would replace the source file"));
        assert_eq!(fs::read(&job.reference).unwrap(), b"reference");
    }

    #[test]
    fn a_file_of_somebody_else_is_not_replaced_unless_asked_for() {
        let Folder { job, folder: _folder } = folder();
        fs::write(job.output.join("film.mkv"), "foreign").unwrap();
        assert!(refusal(&job, false).message().contains("is there already"));
        fs::write(job.output.join("film.report.json"), r#"{"output": "/out/film.mkv"}"#).unwrap();
        assert!(refusal(&job, false).message().contains("is there already"), "a report beside it says nothing");
        assert!(Unfinished::prepare(&job, true, |_| false).is_ok());
        assert_eq!(fs::read(job.output.join("film.mkv")).unwrap(), b"foreign");
    }

    #[test]
    fn an_output_of_an_earlier_run_is_replaced() {
        let Folder { job, folder: _folder } = folder();
        fs::write(job.output.join("film.mkv"), "old").unwrap();
        let unfinished = Unfinished::prepare(&job, false, |place| place.ends_with("film.mkv")).unwrap();
        fs::write(unfinished.temporary(), "new").unwrap();
        assert_eq!(fs::read(unfinished.finish().unwrap()).unwrap(), b"new");
    }

    #[test]
    fn outputs_are_known_by_their_uid() {
        let (one, other) = (marked_uid(), marked_uid());
        assert_eq!(one.len(), 32);
        assert_ne!(one, other);
        let answer = |uid: &str| format!(r#"{{"container": {{"properties": {{"segment_uid": "{uid}"}}}}}}"#);
        assert!(has_mark(answer(&one).as_bytes()) && has_mark(answer(&one.to_uppercase()).as_bytes()));
        assert!(!has_mark(answer("0123456789abcdef0123456789abcdef").as_bytes()));
        assert!(!has_mark(b"{}") && !has_mark(b"no JSON"));
    }

    #[test]
    fn what_is_not_finished_leaves_nothing_behind() {
        let Folder { job, folder: _folder } = folder();
        let unfinished = Unfinished::prepare(&job, false, |_| false).unwrap();
        fs::write(unfinished.temporary(), "half a film").unwrap();
        assert_eq!(names(&job.output).len(), 1);
        drop(unfinished);
        assert!(names(&job.output).is_empty());
    }

    #[test]
    fn an_empty_file_is_an_error() {
        let Folder { job, folder: _folder } = folder();
        let unfinished = Unfinished::prepare(&job, false, |_| false).unwrap();
        assert!(unfinished.require_written().is_err(), "no file at all");
        fs::write(unfinished.temporary(), "").unwrap();
        assert!(unfinished.require_written().unwrap_err().message().contains("wrote nothing"));
        drop(unfinished);
        assert!(names(&job.output).is_empty());
    }
}
