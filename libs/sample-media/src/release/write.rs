//! Writes a release: encodes its streams side by side, muxes them, and moves the finished file into place.

use std::path::Path;

use super::{Container, Release, audio, mux, picture};
use crate::error::DRAFT;
use crate::progress::{Meter, Progress};
use crate::tools::{Tools, args};
use crate::{Error, Result};

impl Release {
    /// Writes the file. It appears under its name only when it is complete; an older file is replaced.
    ///
    /// # Errors
    /// [`Error::Unsupported`] before anything is done; missing or failing tools, a full disk, [`Error::Cancelled`].
    pub fn write(&self, path: &Path, tools: &Tools, progress: Progress<'_>) -> Result<()> {
        self.check(path)?;
        let parent = match path.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        };
        std::fs::create_dir_all(parent).map_err(|source| Error::io("creating the output folder", parent, source))?;
        let folder = tempfile::Builder::new()
            .prefix(DRAFT)
            .tempdir_in(parent)
            .map_err(|source| Error::io("creating a folder for temporary files", parent, source))?;

        if self.container == Container::Matroska {
            // It is needed last; that it is missing is better said first.
            tools.mkvmerge("starting mkvmerge".into(), folder.path()).output(&args!["--version"])?;
        }

        let streams = self.audio.len() + usize::from(self.picture.is_some());
        let meter = Meter::new(progress, self.duration_s * streams as f64);
        let (picture, audio) = std::thread::scope(|scope| {
            let picture =
                scope.spawn(|| picture::encode(self, folder.path(), tools, &meter).inspect_err(|_| meter.stop()));
            let audio = (0..self.audio.len())
                .map(|number| audio::encode(self, number, folder.path(), tools, &meter))
                .collect::<Result<Vec<_>>>()
                .inspect_err(|_| meter.stop());
            (picture.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), audio)
        });
        // When one side fails the other is stopped; the cause is the one that is not a stop.
        let (picture, audio) = match (picture, audio) {
            (Ok(picture), Ok(audio)) => (picture, audio),
            (Err(Error::Cancelled), Err(error)) | (Err(error), _) | (_, Err(error)) => return Err(error),
        };
        let file = mux::mux(self, picture, audio, folder.path(), tools)?;
        std::fs::rename(&file, path).map_err(|source| Error::io("moving the finished file into place", path, source))
    }

    fn check(&self, path: &Path) -> Result<()> {
        let unsupported = |what: String| Err(Error::Unsupported { path: path.to_owned(), what });
        if !(self.duration_s.is_finite() && self.duration_s > 0.0 && self.delay_ms.is_finite()) {
            return unsupported(format!("{} s with a delay of {} ms is not a length", self.duration_s, self.delay_ms));
        }
        if self.audio.is_empty() && self.picture.is_none() {
            return unsupported("it would have neither audio nor picture; add at least one audio track".into());
        }
        if let Some(picture) = self.picture
            && (picture.width < 64 || picture.height < 36 || picture.width % 2 + picture.height % 2 != 0)
        {
            let size = format!("{} x {}", picture.width, picture.height);
            return unsupported(format!("a picture of {size}; use even numbers, 64 x 36 or more"));
        }
        if self.container == Container::Mp4 && !self.attachments.is_empty() {
            return unsupported("MP4 holds no attachments; use a Matroska file".into());
        }
        match self.audio.iter().find_map(|track| track.codec.objection(track, self.container)) {
            Some(objection) => unsupported(objection),
            None => Ok(()),
        }
    }
}
