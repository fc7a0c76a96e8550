//! Descriptions that name no bulk data: all of one run in one file that only grows, because a file for each costs more than the
//! work of a small stage.
//!
//! A record is `KEY LENGTH`, a line end, the description, a line end. Only the last one of a file can be torn, by a crash;
//! its checksum tells. Files are never written again by another run; a whole file goes when it has not been of use for longest.

use std::{
    collections::HashMap,
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::SystemTime,
};

/// How the names of the files begin.
const PREFIX: &str = "run-";
/// Ending of the files.
pub(super) const PACK: &str = "pack";
/// Longest description that is packed (bytes); longer ones have a file of their own, and are not read before they are asked for.
pub(super) const LONGEST: usize = 16 << 10;

/// The packs of a store, and the one that this run writes.
#[derive(Debug)]
pub(super) struct Packs {
    folder: PathBuf,
    packs: Vec<Pack>,
    /// Where each description is: pack, start, end.
    places: HashMap<String, (usize, usize, usize)>,
    own: Mutex<Own>,
}

#[derive(Debug)]
struct Pack {
    path: PathBuf,
    bytes: Vec<u8>,
    is_used: AtomicBool,
}

/// What this run has added.
#[derive(Debug, Default)]
struct Own {
    file: Option<File>,
    descriptions: HashMap<String, Vec<u8>>,
}

impl Packs {
    /// Reads the packs of a folder.
    pub(super) fn open(folder: &Path) -> io::Result<Self> {
        let mut packs =
            Self { folder: folder.to_owned(), packs: Vec::new(), places: HashMap::new(), own: Mutex::default() };
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if !is_pack(&path) {
                continue;
            }
            // What can not be read is missing, as if it had been removed.
            let Ok(bytes) = fs::read(&path) else { continue };
            for (key, start, end) in records(&bytes) {
                packs.places.insert(key.to_owned(), (packs.packs.len(), start, end));
            }
            packs.packs.push(Pack { path, bytes, is_used: AtomicBool::new(false) });
        }
        Ok(packs)
    }

    /// Calls `read` with the description of a key, if there is one.
    pub(super) fn with<T>(&self, key: &str, read: impl FnOnce(&[u8]) -> Option<T>) -> Option<T> {
        if let Some(&(pack, start, end)) = self.places.get(key) {
            let pack = &self.packs[pack];
            if !pack.is_used.swap(true, Ordering::Relaxed) {
                // When it was last of use decides what goes first; a file system without times loses only that.
                let touched = File::options().append(true).open(&pack.path);
                let _ = touched.and_then(|file| file.set_modified(SystemTime::now()));
            }
            return read(&pack.bytes[start..end]);
        }
        let own = self.own.lock().ok()?;
        own.descriptions.get(key).and_then(|bytes| read(bytes))
    }

    /// Adds a description to the pack of this run.
    pub(super) fn add(&self, key: &str, description: Vec<u8>) -> io::Result<()> {
        let mut own = self.own.lock().map_err(|_| io::Error::other("a thread died"))?;
        let own = &mut *own;
        let file = match &mut own.file {
            Some(file) => file,
            empty => {
                let pack =
                    tempfile::Builder::new().prefix(PREFIX).suffix(&format!(".{PACK}")).tempfile_in(&self.folder)?;
                empty.insert(pack.keep().map_err(|error| error.error)?.0)
            }
        };
        let mut record = format!("{key} {}\n", description.len()).into_bytes();
        record.extend_from_slice(&description);
        record.push(b'\n');
        if let Err(error) = file.write_all(&record) {
            // Behind half a record nothing would be found: the next one begins another file.
            own.file = None;
            return Err(error);
        }
        own.descriptions.insert(key.to_owned(), description);
        Ok(())
    }
}

/// Whether a file is a pack.
pub(super) fn is_pack(path: &Path) -> bool {
    let is_named = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(PREFIX));
    is_named && path.extension().is_some_and(|extension| extension == PACK) && path.is_file()
}

/// Number of descriptions in a pack.
pub(super) fn count(path: &Path) -> usize {
    fs::read(path).map_or(0, |bytes| records(&bytes).count())
}

/// Key, start and end of each whole record.
fn records(bytes: &[u8]) -> impl Iterator<Item = (&str, usize, usize)> {
    let mut place = 0;
    std::iter::from_fn(move || {
        let line_end = place + bytes.get(place..)?.iter().position(|&byte| byte == b'\n')?;
        let (key, length) = std::str::from_utf8(&bytes[place..line_end]).ok()?.split_once(' ')?;
        let start = line_end + 1;
        let end = start.checked_add(length.parse().ok()?)?;
        if bytes.get(end) != Some(&b'\n') {
            return None;
        }
        place = end + 1;
        Some((key, start, end))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(folder: &Path, key: &str) -> Option<Vec<u8>> {
        Packs::open(folder).unwrap().with(key, |bytes| Some(bytes.to_vec()))
    }

    #[test]
    fn what_was_added_is_there_in_this_run_and_in_later_ones() {
        let folder = tempfile::tempdir().unwrap();
        let packs = Packs::open(folder.path()).unwrap();
        packs.add("one", b"first\nlines".to_vec()).unwrap();
        packs.add("two", Vec::new()).unwrap();
        assert_eq!(packs.with("one", |bytes| Some(bytes.len())), Some(11));
        assert_eq!(found(folder.path(), "one"), Some(b"first\nlines".to_vec()));
        assert_eq!(found(folder.path(), "two"), Some(Vec::new()));
        assert_eq!(found(folder.path(), "three"), None);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_torn_pack_loses_its_last_record_only() {
        let folder = tempfile::tempdir().unwrap();
        let packs = Packs::open(folder.path()).unwrap();
        packs.add("one", b"first".to_vec()).unwrap();
        packs.add("two", b"second".to_vec()).unwrap();
        let path = fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap().path();
        let whole = fs::read(&path).unwrap();
        for length in 0..whole.len() {
            fs::write(&path, &whole[..length]).unwrap();
            assert_eq!(found(folder.path(), "two"), None, "{length} of {} bytes", whole.len());
            assert_eq!(found(folder.path(), "one").is_some(), length >= b"one 5\nfirst\n".len());
        }
        for junk in [&b"\xff\xfe 3\nabc\n"[..], b"key 99999999999999999999\n", b"key 18446744073709551615\nabc\n"] {
            fs::write(&path, junk).unwrap();
            assert_eq!(found(folder.path(), "key"), None);
        }
    }
}
