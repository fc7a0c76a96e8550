//! What a value is made of, and the key that stands for it.

use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Read, Seek, SeekFrom},
    path::Path,
};
use vsg_plugin_api::Value;

/// Everything that decides what a stage gives. Equal recipes give equal values.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Recipe {
    /// Implementation, `plugin/stage`.
    pub stage: String,
    /// Hash of the plugin's library.
    pub plugin: String,
    /// Tools that the stage says it runs: where each one is, its size and time.
    pub tools: BTreeMap<String, String>,
    /// Parameters with defaults filled in, keys sorted.
    pub parameters: serde_json::Value,
    /// Keys of the values of each input.
    pub inputs: BTreeMap<String, Vec<String>>,
}

/// The key of a recipe.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(String);

impl Recipe {
    /// Its key.
    #[must_use]
    pub fn key(&self) -> Key {
        // Maps are sorted, and so are the keys of parameters: equal recipes are equal text.
        let text = serde_json::to_string(self).unwrap_or_default();
        Key(blake3::hash(text.as_bytes()).to_hex().to_string())
    }
}

impl Key {
    /// The key of one output.
    #[must_use]
    pub fn of_port(&self, port: &str) -> String {
        format!("{}.{port}", self.0)
    }

    /// Whether this is the key of an output of this recipe.
    pub(super) fn is_of(&self, output: &str) -> bool {
        output.split_once('.').is_some_and(|(recipe, _)| recipe == self.0)
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// Path of a file within the folder of values.
    pub(super) fn file_name(&self, ending: &str) -> String {
        let (start, rest) = self.0.split_at(1.min(self.0.len()));
        format!("{start}/{rest}.{ending}")
    }
}

/// The key of a value that no recipe tells, because the stage that made it has effects: what it holds.
#[must_use]
pub fn content_key(value: &Value) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(value.kind.as_bytes()).update(&[0]).update(value.header.to_string().as_bytes()).update(&[0]);
    hasher.update(value.blob.as_slice());
    format!("content-{}", hasher.finalize().to_hex())
}

/// Bytes of each sample of a file, and how many samples are taken.
const SAMPLE: usize = 64 * 1024;
const SAMPLES: u64 = 16;

/// The key of a source file for a source: its place, size and time, and either samples of its content or all of it.
///
/// # Errors
/// The file can not be read.
pub fn file_key(source: &str, path: &Path, strict: bool) -> io::Result<String> {
    let metadata = fs::metadata(path)?;
    let modified = metadata.modified().ok().and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
    let mut hasher = blake3::Hasher::new();
    let about = (source, path.to_string_lossy(), metadata.len(), modified.map_or(0, |time| time.as_nanos()));
    hasher.update(format!("{about:?}").as_bytes());
    let mut file = File::open(path)?;
    if strict {
        hasher.update_reader(&mut file)?;
    } else {
        let mut buffer = vec![0; SAMPLE];
        let last = metadata.len().saturating_sub(SAMPLE as u64);
        for sample in 0..SAMPLES {
            file.seek(SeekFrom::Start((u128::from(last) * u128::from(sample) / u128::from(SAMPLES - 1)) as u64))?;
            let mut part = (&mut file).take(SAMPLE as u64);
            let mut length = 0;
            while let count @ 1.. = part.read(&mut buffer[length..])? {
                length += count;
            }
            hasher.update(&buffer[..length]);
            if last == 0 {
                break;
            }
        }
    }
    Ok(format!("file-{}", hasher.finalize().to_hex()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use vsg_plugin_api::Blob;

    #[test]
    fn every_part_of_a_recipe_counts() {
        let plain = Recipe { stage: "acme/mine".into(), parameters: json!({ "a": 1 }), ..Recipe::default() };
        let changed = [
            Recipe { stage: "acme/other".into(), ..plain.clone() },
            Recipe { plugin: "newer".into(), ..plain.clone() },
            Recipe { tools: BTreeMap::from([("ffmpeg".into(), "newer".into())]), ..plain.clone() },
            Recipe { parameters: json!({ "a": 2 }), ..plain.clone() },
            Recipe { inputs: BTreeMap::from([("audio".into(), vec!["k".into()])]), ..plain.clone() },
        ];
        assert!(changed.iter().all(|recipe| recipe.key() != plain.key()));
        assert_eq!(plain.clone().key(), plain.key());
    }

    #[test]
    fn a_file_counts_by_name_size_time_and_content() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("film.mkv");
        let time = fs::FileTimes::new().set_modified(std::time::UNIX_EPOCH);
        let write = |bytes: &[u8]| {
            fs::write(&path, bytes).unwrap();
            File::options().write(true).open(&path).unwrap().set_times(time).unwrap();
        };
        let mut bytes = vec![1; 3_000_000];
        write(&bytes);
        let key = file_key("Source 1", &path, false).unwrap();
        assert_eq!(file_key("Source 1", &path, false).unwrap(), key);
        assert_ne!(file_key("Source 2", &path, false).unwrap(), key);
        let strict = file_key("Source 1", &path, true).unwrap();
        bytes[100_000] = 2;
        write(&bytes);
        assert_eq!(file_key("Source 1", &path, false).unwrap(), key, "between two samples");
        assert_ne!(file_key("Source 1", &path, true).unwrap(), strict);
        *bytes.last_mut().unwrap() = 2;
        write(&bytes);
        assert_ne!(file_key("Source 1", &path, false).unwrap(), key);
        write(b"short");
        assert!(file_key("Source 1", &path, false).is_ok());
        assert!(file_key("Source 1", &folder.path().join("missing"), false).is_err());
    }

    #[test]
    fn content_is_header_and_bulk_data() {
        let value = |header, bytes: &[u8]| Value { kind: "k/1".into(), header, blob: Blob::from_bytes(bytes) };
        let key = content_key(&value(json!(1), b"a"));
        assert_eq!(content_key(&value(json!(1), b"a")), key);
        assert_ne!(content_key(&value(json!(2), b"a")), key);
        assert_ne!(content_key(&value(json!(1), b"b")), key);
    }
}
