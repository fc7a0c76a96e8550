//! Keeps the files of cases while they are needed: one for each description, whoever asks for it first makes it.

use crate::{Error, Result, Sound};
use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

/// Changes when the same description means another file.
const GENERATION: u32 = 1;

/// The files in a folder.
#[derive(Debug)]
pub(crate) struct Shelf {
    folder: PathBuf,
    keep: bool,
    needed: Mutex<HashMap<String, Needed>>,
}

#[derive(Debug, Default)]
struct Needed {
    /// How many cases still need the file.
    cases: usize,
    /// Held by whoever makes it.
    making: Arc<Mutex<()>>,
}

impl Shelf {
    /// A shelf on which files stay until each of the cases has put them back; for ever with `keep`.
    pub(crate) fn new<'a>(folder: &Path, keep: bool, sounds: impl Iterator<Item = &'a Sound>) -> Result<Self> {
        fs::create_dir_all(folder).map_err(|source| Error::io(folder, source))?;
        let mut needed: HashMap<String, Needed> = HashMap::new();
        for sound in sounds {
            needed.entry(key(sound)).or_default().cases += 1;
        }
        Ok(Self { folder: folder.to_owned(), keep, needed: Mutex::new(needed) })
    }

    /// The file of a sound, which is made unless it is there.
    pub(crate) fn take(&self, sound: &Sound) -> Result<PathBuf> {
        let key = key(sound);
        let path = self.folder.join(format!("{key}.mkv"));
        let making = {
            let mut needed = self.needed.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(&needed.entry(key).or_default().making)
        };
        let _making = making.lock().unwrap_or_else(PoisonError::into_inner);
        if !path.exists() {
            // Matroska by its name, and no file of another case.
            let draft = path.with_extension("draft.mkv");
            sound.write(&draft)?;
            fs::rename(&draft, &path).map_err(|source| Error::io(&path, source))?;
        }
        Ok(path)
    }

    /// Says that one of the cases is done with a sound.
    pub(crate) fn put_back(&self, sound: &Sound) {
        let key = key(sound);
        let mut needed = self.needed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(Needed { cases, .. }) = needed.get_mut(&key) {
            *cases = cases.saturating_sub(1);
            if *cases == 0 && !self.keep {
                // What cannot be removed stays; the next run uses it.
                let _ = fs::remove_file(self.folder.join(format!("{key}.mkv")));
            }
        }
    }
}

/// Name of the file of a sound.
fn key(sound: &Sound) -> String {
    // Descriptions are plain data, which always becomes JSON.
    let text = serde_json::to_string(sound).unwrap_or_default();
    let hash = blake3::hash(format!("{GENERATION} {} {text}", vsg_sample_media::GENERATION).as_bytes());
    hash.to_hex()[..16].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(hz: u32) -> Sound {
        Sound::source(format!("sine={hz}"), 0.5)
    }

    #[test]
    fn a_file_is_made_once_and_goes_with_the_last_case_that_needs_it() {
        let folder = tempfile::tempdir().unwrap();
        let (one, two) = (tone(440), tone(550));
        let shelf = Shelf::new(folder.path(), false, [&one, &two, &one].into_iter()).unwrap();
        let path = shelf.take(&one).unwrap();
        let made = fs::metadata(&path).unwrap().modified().unwrap();
        assert_ne!(shelf.take(&two).unwrap(), path);
        shelf.put_back(&one);
        assert_eq!(fs::metadata(shelf.take(&one).unwrap()).unwrap().modified().unwrap(), made);
        shelf.put_back(&one);
        assert!(!path.exists());
    }

    #[test]
    fn kept_files_stay() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = Shelf::new(folder.path(), true, [&tone(440)].into_iter()).unwrap();
        let path = shelf.take(&tone(440)).unwrap();
        shelf.put_back(&tone(440));
        assert!(path.exists());
    }
}
