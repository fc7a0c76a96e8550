//! A file that the user names for something to be written into: what is there already is only replaced if this program wrote it.

use crate::{Failure, platform};
use std::{
    fs, io,
    io::Write,
    path::{Path, PathBuf},
};

/// A file that may be written.
pub(super) struct NamedFile<'f> {
    place: &'f Path,
    /// The option that names it.
    option: &'static str,
}

impl<'f> NamedFile<'f> {
    /// Makes sure that the file can be written, that it is none of the sources, and that what is there begins with `sign`, as an
    /// earlier one does.
    pub(super) fn prepare(
        place: &'f Path,
        option: &'static str,
        sign: &str,
        sources: &[PathBuf],
    ) -> Result<Self, Failure> {
        let refuse = |what: String| Failure::arguments(what, format!("choose another file by {option}"));
        if let Some(source) = sources.iter().find(|source| platform::is_same(source, place)) {
            return Err(refuse(format!("{option} would replace the source file `{}`", source.display())));
        }
        if !begins_with(place, sign) {
            return Err(refuse(format!("`{}` is there already, and this program did not write it", place.display())));
        }
        tempfile::tempfile_in(folder(place))
            .map_err(|error| refuse(format!("can not write into the folder of `{}`: {error}", place.display())))?;
        Ok(Self { place, option })
    }

    /// Lets `fill` write the content; the file is there only when it is complete.
    pub(super) fn write<E: std::fmt::Display + From<io::Error>>(
        &self,
        fill: impl FnOnce(&mut fs::File) -> Result<(), E>,
    ) -> Result<(), Failure> {
        let write = || -> Result<(), E> {
            let mut file = tempfile::NamedTempFile::new_in(folder(self.place))?;
            fill(file.as_file_mut())?;
            platform::share(file.as_file())?;
            file.persist(self.place).map_err(|error| error.error)?;
            Ok(())
        };
        write().map_err(|error| Failure::Run {
            message: format!("can not write `{}`: {error}", self.place.display()),
            help: Some(format!("make room there, or choose another file by {}", self.option)),
        })
    }

    /// Writes a text.
    pub(super) fn write_text(&self, text: &str) -> Result<(), Failure> {
        self.write(|file| file.write_all(text.as_bytes()))
    }
}

fn folder(place: &Path) -> &Path {
    place.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Whether a file is missing, empty, or begins with this text. What is no ordinary file does not.
pub(super) fn begins_with(place: &Path, sign: &str) -> bool {
    use io::Read;
    match fs::metadata(place) {
        Err(error) => return error.kind() == io::ErrorKind::NotFound && fs::symlink_metadata(place).is_err(),
        Ok(metadata) if !metadata.is_file() => return false,
        Ok(_) => {}
    }
    let Ok(file) = fs::File::open(place) else { return false };
    let mut start = Vec::new();
    file.take(sign.len() as u64).read_to_end(&mut start).is_ok_and(|_| start.is_empty() || start == sign.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_somebody_else_wrote_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let place = |name: &str| folder.path().join(name);
        fs::write(place("film.mkv"), b"\x1a\x45\xdf\xa3").unwrap();
        fs::write(place("old.svg"), b"<svg width=").unwrap();
        fs::write(place("empty.svg"), b"").unwrap();
        fs::create_dir(place("folder.svg")).unwrap();
        let sources = [place("old.svg")];
        let may = |name: &str, sources: &[PathBuf]| NamedFile::prepare(&place(name), "--plot", "<svg", sources).is_ok();
        assert!(may("old.svg", &[]) && may("empty.svg", &[]) && may("new.svg", &[]));
        assert!(!may("film.mkv", &[]) && !may("folder.svg", &[]) && !may("no/such/folder.svg", &[]));
        assert!(!may("old.svg", &sources), "a source is never replaced");
        assert!(NamedFile::prepare(Path::new("/dev/null"), "--plot", "<svg", &[]).is_err());
        let new = place("new.svg");
        NamedFile::prepare(&new, "--plot", "<svg", &[]).unwrap().write_text("<svg>").unwrap();
        assert_eq!(fs::read(&new).unwrap(), b"<svg>");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 5, "nothing temporary is left");
    }
}
