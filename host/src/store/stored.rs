//! A value as it is written down: everything but its bulk data, which lies in a file.

use super::map;
use serde::{Deserialize, Serialize};
use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};
use vsg_plugin_api::{Blob, Value};

/// A value whose bulk data is in a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stored {
    /// Kind.
    pub kind: String,
    /// Header.
    pub header: serde_json::Value,
    /// Bulk data; none if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blob: Option<BlobFile>,
}

/// Bulk data in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlobFile {
    /// The file; in the store relative to the folder of values. It may belong to another value.
    pub path: PathBuf,
    /// Its length.
    pub bytes: u64,
}

impl Stored {
    /// Writes a value down. Bulk data that is in memory goes into the file that `place` names.
    ///
    /// # Errors
    /// The file can not be written.
    pub fn of(value: &Value, place: impl FnOnce() -> PathBuf) -> io::Result<Self> {
        let bytes = value.blob.as_slice();
        let blob = match value.blob.file() {
            _ if bytes.is_empty() => None,
            Some(file) => Some(BlobFile { path: file.to_owned(), bytes: bytes.len() as u64 }),
            None => {
                let path = place();
                File::create_new(&path)?.write_all(bytes)?;
                Some(BlobFile { path, bytes: bytes.len() as u64 })
            }
        };
        Ok(Self { kind: value.kind.clone(), header: value.header.clone(), blob })
    }

    /// Reads it back; relative files are looked for in `folder`. `None` if bulk data is missing or has another length.
    #[must_use]
    pub fn value(&self, folder: &Path) -> Option<Value> {
        let blob = match &self.blob {
            None => Blob::empty(),
            Some(blob) => {
                let path = folder.join(&blob.path);
                // A file that grew or shrank is not looked into, let alone mapped.
                fs::metadata(&path).ok().filter(|data| data.len() == blob.bytes)?;
                map(&path).ok()?
            }
        };
        Some(Value { kind: self.kind.clone(), header: self.header.clone(), blob })
    }
}
