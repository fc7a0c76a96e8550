//! How much a store holds, and removing what has not been of use for longest.

use super::{LOCK, VALUES, packs};
use std::{
    collections::BTreeMap,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    time::SystemTime,
};

/// Letters of a key that are in the name of a file; the first one is in that of its folder.
const KEY_LENGTH: usize = 63;
/// Bulk data from this size on goes before everything else (bytes).
const BIG: u64 = 1 << 20;

/// Packs are read whole when a store is opened, so there are not too many of them (bytes).
const MOST_PACKED: u64 = 64 << 20;

/// What a store holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Usage {
    /// Results of stages.
    pub values: usize,
    /// Files of bulk data.
    pub blobs: usize,
    /// All of it (bytes).
    pub bytes: u64,
}

/// What was removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cleaned {
    /// Results of stages.
    pub values: usize,
    /// Room (bytes).
    pub bytes: u64,
}

/// What goes together: the description of a stage's result and bulk data that is named after it, or a pack of descriptions.
#[derive(Debug, Default)]
struct Files {
    paths: Vec<PathBuf>,
    bytes: u64,
    values: usize,
    blobs: usize,
    last_use: Option<SystemTime>,
}

impl Files {
    /// Results of stages; a pack is only read if somebody asks.
    fn count(&self) -> usize {
        let packed = self.paths.iter().filter(|path| packs::is_pack(path)).map(|path| packs::count(path));
        self.values + packed.sum::<usize>()
    }

    fn is_pack(&self) -> bool {
        self.paths.first().is_some_and(|path| packs::is_pack(path))
    }
}

impl Usage {
    /// Looks at the store in a folder; one that is not there is empty.
    ///
    /// # Errors
    /// A folder can not be read.
    pub fn of(folder: &Path) -> io::Result<Self> {
        let files = files(folder)?;
        Ok(Self {
            values: files.values().map(Files::count).sum(),
            blobs: files.values().map(|files| files.blobs).sum(),
            bytes: files.values().map(|files| files.bytes).sum(),
        })
    }
}

/// Removes results until no more than `limit` bytes are left: first those with big bulk data, then the others, of each kind those
/// first that have not been of use for longest. `None` if a host is running, whose values are left alone.
///
/// # Errors
/// A folder can not be read.
pub fn clean(folder: &Path, limit: u64) -> io::Result<Option<Cleaned>> {
    // Nothing is left in a folder that is no store.
    if !folder.join(VALUES).is_dir() {
        return Ok(Some(Cleaned::default()));
    }
    let lock = File::create(folder.join(LOCK))?;
    if lock.try_lock().is_err() {
        return Ok(None);
    }
    let mut all: Vec<Files> = files(folder)?.into_values().collect();
    // Without a description nothing can be found: it is left over from a crash, and goes first.
    all.sort_by_key(|files| (files.last_use.is_some(), files.blobs == 0 || files.bytes < BIG, files.last_use));
    let mut left: u64 = all.iter().map(|files| files.bytes).sum();
    let mut packed: u64 = all.iter().filter(|files| files.is_pack()).map(|files| files.bytes).sum();
    let mut cleaned = Cleaned::default();
    for files in all {
        let is_too_much = left > limit || files.is_pack() && packed > MOST_PACKED;
        if !is_too_much && files.last_use.is_some() {
            continue;
        }
        if files.is_pack() {
            packed -= files.bytes;
        }
        let count = files.count();
        // The description goes first, so that no moment leaves one without its data.
        files.paths.iter().filter(|path| is_description(path)).try_for_each(fs::remove_file)?;
        files.paths.iter().filter(|path| !is_description(path)).try_for_each(fs::remove_file)?;
        left -= files.bytes;
        cleaned.bytes += files.bytes;
        cleaned.values += count;
    }
    Ok(Some(cleaned))
}

fn is_hexadecimal(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

fn is_description(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "json")
}

/// Files of a store by the key in their names.
fn files(folder: &Path) -> io::Result<BTreeMap<PathBuf, Files>> {
    let mut all: BTreeMap<PathBuf, Files> = BTreeMap::new();
    let values = folder.join(VALUES);
    if !values.is_dir() {
        return Ok(all);
    }
    for part in fs::read_dir(values)? {
        let part = part?.path();
        if packs::is_pack(&part) {
            let data = fs::metadata(&part)?;
            let last_use = Some(data.modified().unwrap_or(SystemTime::UNIX_EPOCH));
            let files = Files { paths: vec![part.clone()], bytes: data.len(), values: 0, blobs: 0, last_use };
            all.insert(part, files);
            continue;
        }
        // Whatever has another name than values have is somebody else's.
        let is_part = part.file_name().is_some_and(|name| name.len() == 1 && is_hexadecimal(&name.to_string_lossy()));
        if !part.is_dir() || !is_part {
            continue;
        }
        for entry in fs::read_dir(&part)? {
            let entry = entry?;
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            let is_value = name.split_once('.').is_some_and(|(key, ending)| {
                key.len() == KEY_LENGTH && is_hexadecimal(key) && (ending == "json" || ending.ends_with(".blob"))
            });
            if !is_value {
                continue;
            }
            let metadata = match entry.metadata() {
                Ok(metadata) => metadata,
                // Somebody else has just removed it.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            };
            let files = all.entry(part.join(name.split('.').next().unwrap_or_default())).or_default();
            files.bytes += metadata.len();
            if is_description(&path) {
                files.values = 1;
                files.last_use = metadata.modified().ok().or(Some(SystemTime::UNIX_EPOCH));
            } else {
                files.blobs += 1;
            }
            files.paths.push(path);
        }
    }
    Ok(all)
}
