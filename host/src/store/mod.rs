//! Values on disk under the key of the work that made them, so that no work is done twice.
//!
//! ```text
//! vsg-host.lock           shared by all running hosts; whoever removes values needs it alone
//! runs/                   folders of running jobs
//! values/RUN.pack         what stages gave: outputs, lines of the log, entries of the report, and the recipe
//! values/a/KEY.json       the same of one stage, if it is long or there is bulk data
//! values/a/KEY.PORT.blob  bulk data of an output
//! history/                what the last runs were made of
//! ```
//!
//! Bulk data is written elsewhere and moved here when it is complete, before the description that names it. A description
//! carries a checksum of itself, so that one that is torn, by a crash or because it is just being written, counts as missing.
#![allow(unsafe_code, reason = "bulk data is mapped; it lies in a folder of ours and is never written again")]

mod clean;
mod history;
mod key;
mod packs;
mod stored;

pub use clean::{Cleaned, Usage, clean};
pub use history::{PastInstance, PastRun, differences, forget, past_runs, remember};
pub use key::{Key, Recipe, content_key, file_key};
pub use stored::{BlobFile, Stored};

use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Read, Write},
    path::{Path, PathBuf},
    time::SystemTime,
};
use vsg_plugin_api::{Blob, Value, report::Entry};

const LOCK: &str = "vsg-host.lock";
const VALUES: &str = "values";

/// A store that is open; while it is, nobody removes values.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    packs: packs::Packs,
    // Held open, because the shared lock ends with it.
    _lock: File,
}

/// Everything that one run of a stage gave.
#[derive(Debug, Clone, Default)]
pub struct Kept {
    /// Outputs by port.
    pub outputs: BTreeMap<String, Value>,
    /// Messages for the log, with their levels.
    pub messages: Vec<(u8, String)>,
    /// Additions to the report.
    pub entries: Vec<Entry>,
    /// What it took; none of what was kept before that was noted.
    pub effort: Option<Effort>,
}

/// What one run of a stage took.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Effort {
    /// Wall time (s).
    pub seconds: f64,
    /// Processor time (s), if the system tells.
    pub cpu_seconds: Option<f64>,
}

/// The file of a [`Kept`].
#[derive(Serialize, Deserialize)]
struct Description {
    recipe: Recipe,
    outputs: BTreeMap<String, Stored>,
    messages: Vec<(u8, String)>,
    entries: Vec<Entry>,
    #[serde(default)]
    effort: Option<Effort>,
}

impl Store {
    /// Opens the store in a folder, which is made if it is missing. Waits while somebody removes values.
    ///
    /// # Errors
    /// The folder can not be made or written.
    pub fn open(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder.join(VALUES))?;
        let lock = File::create(folder.join(LOCK))?;
        lock.lock_shared()?;
        let packs = packs::Packs::open(&folder.join(VALUES))?;
        Ok(Self { folder: folder.to_owned(), packs, _lock: lock })
    }

    /// What an earlier run of a stage gave, if it is all there.
    #[must_use]
    pub fn load(&self, key: &Key) -> Option<Kept> {
        self.packs.with(key.as_str(), |bytes| self.kept(bytes)).or_else(|| self.load_file(key))
    }

    fn load_file(&self, key: &Key) -> Option<Kept> {
        let path = self.description(key);
        let mut file = File::options().read(true).write(true).open(path).ok()?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).ok()?;
        let kept = self.kept(&bytes)?;
        // When it was last of use decides what goes first; a file system without times loses only that.
        let _ = file.set_modified(SystemTime::now());
        Some(kept)
    }

    /// What a description says, if it is whole and all its bulk data is there.
    fn kept(&self, bytes: &[u8]) -> Option<Kept> {
        let description: Description = serde_json::from_slice(checked(bytes)?).ok()?;
        let values = self.folder.join(VALUES);
        let outputs = description.outputs.into_iter().map(|(port, output)| Some((port, output.value(&values)?)));
        let outputs = outputs.collect::<Option<_>>()?;
        let Description { messages, entries, effort, .. } = description;
        Some(Kept { outputs, messages, entries, effort })
    }

    /// Keeps what a stage gave, and gives it back with its bulk data where it is now. `scratch` is a folder on the same disk.
    ///
    /// # Errors
    /// Something can not be written or moved.
    pub fn save(&self, key: &Key, recipe: Recipe, kept: Kept, scratch: &Path) -> io::Result<Kept> {
        let place = self.description(key);
        let is_bulky = kept.outputs.values().any(|value| !value.blob.as_slice().is_empty());
        if is_bulky {
            make_parent(&place)?;
        }
        let mut moved: BTreeMap<PathBuf, PathBuf> = BTreeMap::new();
        let (mut outputs, mut written) = (BTreeMap::new(), BTreeMap::new());
        for (port, value) in kept.outputs {
            let path = self.keep_blob(key, &port, &value.blob, &mut moved, scratch)?;
            let blob = match &path {
                None => Blob::empty(),
                Some(path) => map(&self.folder.join(VALUES).join(path))?,
            };
            let bytes = blob.as_slice().len() as u64;
            let blob_file = path.map(|path| BlobFile { path, bytes });
            written.insert(
                port.clone(),
                Stored { kind: value.kind.clone(), header: value.header.clone(), blob: blob_file },
            );
            outputs.insert(port, Value { blob, ..value });
        }
        let Kept { messages, entries, effort, .. } = kept;
        let description = Description { recipe, outputs: written, messages, entries, effort };
        let mut bytes = vec![b'\n'; 65];
        serde_json::to_writer(&mut bytes, &description)?;
        let sum = blake3::hash(&bytes[65..]).to_hex();
        bytes[..64].copy_from_slice(sum.as_bytes());
        if is_bulky || bytes.len() > packs::LONGEST {
            make_parent(&place)?;
            fs::write(&place, &bytes)?;
        } else {
            self.packs.add(key.as_str(), bytes)?;
        }
        let Description { messages, entries, .. } = description;
        Ok(Kept { outputs, messages, entries, effort })
    }

    /// Brings bulk data into the folder of values; its path there, or none for no data.
    fn keep_blob(
        &self,
        key: &Key,
        port: &str,
        blob: &Blob,
        moved: &mut BTreeMap<PathBuf, PathBuf>,
        scratch: &Path,
    ) -> io::Result<Option<PathBuf>> {
        if blob.as_slice().is_empty() {
            return Ok(None);
        }
        let values = self.folder.join(VALUES);
        let path = PathBuf::from(key.file_name(&format!("{port}.blob")));
        match blob.file() {
            // Another stage's data, handed on.
            Some(file) if file.starts_with(&values) => return Ok(file.strip_prefix(&values).ok().map(Path::to_owned)),
            Some(file) if moved.contains_key(file) => return Ok(moved.get(file).cloned()),
            // Of this run; another stage that handed it on may have taken it to its own place already.
            Some(file) if file.exists() => {
                File::open(file)?.sync_all()?;
                bring(file, &values.join(&path))?;
                moved.insert(file.to_owned(), path.clone());
            }
            _ => {
                let mut file = tempfile::Builder::new().prefix("blob-").tempfile_in(scratch)?;
                file.write_all(blob.as_slice())?;
                file.as_file().sync_all()?;
                file.persist(values.join(&path)).map_err(|error| error.error)?;
            }
        }
        Ok(Some(path))
    }

    fn description(&self, key: &Key) -> PathBuf {
        self.folder.join(VALUES).join(key.file_name("json"))
    }
}

/// Gives a file of a run a second name in the store, so that whoever knows the first one still finds it; where that is not possible
/// it is moved.
fn bring(file: &Path, place: &Path) -> io::Result<()> {
    match fs::hard_link(file, place) {
        Ok(()) => Ok(()),
        // Another host has brought the same data meanwhile, or what is there belongs to a description that was lost. More hosts may
        // do so at this moment, so that it is replaced in one go.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let second = file.with_file_name(place.file_name().unwrap_or_default());
            fs::hard_link(file, &second)?;
            fs::rename(&second, place)?;
            // It stays where both are names of the same data.
            match fs::remove_file(&second) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            }
        }
        Err(_) => fs::rename(file, place),
    }
}

fn make_parent(place: &Path) -> io::Result<()> {
    match place.parent() {
        Some(parent) if !parent.is_dir() => fs::create_dir_all(parent),
        _ => Ok(()),
    }
}

/// Maps bulk data.
fn map(path: &Path) -> io::Result<Blob> {
    // SAFETY: files of the store, and those of a run's folder that descriptions name, are never written again once they are
    // complete.
    unsafe { Blob::map_file(path) }
}

/// The text of a description whose checksum is right.
fn checked(bytes: &[u8]) -> Option<&[u8]> {
    let (sum, text) = bytes.split_at_checked(64)?;
    let text = text.strip_prefix(b"\n")?;
    (blake3::hash(text).to_hex().as_bytes() == sum).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn recipe(parameters: serde_json::Value) -> Recipe {
        Recipe { stage: "acme/mine".into(), parameters, ..Recipe::default() }
    }

    fn kept(number: u64, bytes: &[u8]) -> Kept {
        let value = Value {
            kind: "acme.number/1".into(),
            header: json!({ "value": number }),
            blob: if bytes.is_empty() { Blob::empty() } else { Blob::from_bytes(bytes) },
        };
        Kept {
            outputs: BTreeMap::from([("number".to_owned(), value)]),
            messages: vec![(3, "a line".into())],
            entries: vec![Entry::Issue("look".into())],
            effort: Some(Effort { seconds: 2.0, cpu_seconds: Some(3.5) }),
        }
    }

    fn scratch(folder: &Path) -> PathBuf {
        let scratch = folder.join("runs");
        fs::create_dir_all(&scratch).unwrap();
        scratch
    }

    #[test]
    fn what_was_kept_comes_back_whole() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let recipe = recipe(json!({ "a": 1 }));
        let key = recipe.key();
        assert!(store.load(&key).is_none());
        store.save(&key, recipe, kept(7, b"bulk"), &scratch(folder.path())).unwrap();
        let found = store.load(&key).unwrap();
        assert_eq!(found.outputs["number"].header, json!({ "value": 7 }));
        assert_eq!(found.outputs["number"].blob.as_slice(), b"bulk");
        assert_eq!((found.messages[0].1.as_str(), found.entries.len()), ("a line", 1));
        assert_eq!(found.effort, Some(Effort { seconds: 2.0, cpu_seconds: Some(3.5) }));
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn a_description_of_anything_is_read_or_missing(
            bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200),
            words in proptest::collection::vec(proptest::sample::select(vec![
                "{", "}", "[", "]", ":", ",", "\"recipe\"", "\"outputs\"", "\"blob\"", "\"path\"", "\"/\"", "\"bytes\"", "1", "null", "\"kind\"",
                "{\"recipe\":{\"stage\":\"\",\"plugin\":\"\",\"tools\":{},\"parameters\":null,\"inputs\":{}},\"messages\":[],\"entries\":[],\"outputs\":{\"p\":",
                "{\"kind\":\"k\",\"header\":null,\"blob\":{\"path\":\"../../../etc\",\"bytes\":4096}}", "}}",
            ]), 0..12),
        ) {
            static STORE: std::sync::LazyLock<(tempfile::TempDir, Store)> = std::sync::LazyLock::new(|| {
                let folder = tempfile::tempdir().unwrap();
                let store = Store::open(folder.path()).unwrap();
                (folder, store)
            });
            // Neither what is torn nor what somebody else wrote with a right checksum.
            assert!(STORE.1.kept(&bytes).is_none());
            let text = words.concat();
            let sum = blake3::hash(text.as_bytes()).to_hex();
            let _ = STORE.1.kept(format!("{sum}\n{text}").as_bytes());
        }
    }

    #[test]
    fn bulk_data_that_is_handed_on_is_there_once() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let (first, second) = (recipe(json!(1)), recipe(json!(2)));
        let scratch = scratch(folder.path());
        let made = store.save(&first.key(), first, kept(1, b"hours of sound"), &scratch).unwrap();
        let second_key = second.key();
        let handed_on = Kept { outputs: made.outputs.clone(), ..Kept::default() };
        store.save(&second_key, second, handed_on, &scratch).unwrap();
        assert_eq!(store.load(&second_key).unwrap().outputs["number"].blob.as_slice(), b"hours of sound");
        let usage = Usage::of(folder.path()).unwrap();
        assert_eq!((usage.values, usage.blobs), (2, 1));
    }

    #[test]
    fn hosts_that_bring_the_same_data_at_once_do_not_disturb_each_other() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("key.blob");
        std::thread::scope(|scope| {
            for host in 0..4 {
                let (own, place) = (folder.path().join(format!("run-{host}")), &place);
                fs::create_dir(&own).unwrap();
                scope.spawn(move || {
                    for round in 0..200 {
                        let file = own.join(format!("{round}.blob"));
                        fs::write(&file, b"hours of sound").unwrap();
                        bring(&file, place).unwrap();
                        assert_eq!(fs::read(place).unwrap(), b"hours of sound");
                        // Once more, as after a run that was interrupted.
                        bring(&file, place).unwrap();
                        assert!(file.exists());
                    }
                    assert_eq!(fs::read_dir(own).unwrap().count(), 200, "nothing else is left behind");
                });
            }
        });
    }

    #[test]
    fn data_of_a_stage_with_effects_may_be_handed_on_twice() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let scratch = scratch(folder.path());
        let file = scratch.join("0.blob");
        fs::write(&file, b"hours of sound").unwrap();
        // SAFETY: nobody writes to the file.
        let blob = unsafe { Blob::map_file(&file) }.unwrap();
        let handed_on = || {
            let mut kept = kept(1, b"");
            kept.outputs.values_mut().for_each(|value| value.blob = blob.clone());
            kept
        };
        for number in 0..2 {
            let recipe = recipe(json!(number));
            let key = recipe.key();
            store.save(&key, recipe, handed_on(), &scratch).unwrap();
            assert_eq!(store.load(&key).unwrap().outputs["number"].blob.as_slice(), b"hours of sound");
        }
    }

    #[test]
    fn what_is_torn_or_incomplete_is_missing() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let recipe = recipe(json!({}));
        let key = recipe.key();
        store.save(&key, recipe.clone(), kept(7, b"bulk"), &scratch(folder.path())).unwrap();
        let place = store.description(&key);
        let whole = fs::read(&place).unwrap();
        for length in [0, 10, 64, 65, whole.len() - 1] {
            fs::write(&place, &whole[..length]).unwrap();
            assert!(store.load(&key).is_none(), "{length} bytes of {}", whole.len());
        }
        fs::write(&place, &whole).unwrap();
        let blob = folder.path().join(VALUES).join(key.file_name("number.blob"));
        fs::write(&blob, b"bul").unwrap();
        assert!(store.load(&key).is_none(), "bulk data is too short");
        fs::remove_file(&blob).unwrap();
        assert!(store.load(&key).is_none(), "bulk data is gone");
        store.save(&key, recipe, kept(7, b"bulk"), &scratch(folder.path())).unwrap();
        assert!(store.load(&key).is_some());
    }
}
