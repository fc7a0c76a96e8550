//! Finds, checks and loads plugin libraries.
//!
//! Only folders that are named for it are searched, never the working directory: those given on the command line, those in
//! `VSG_PLUGINS`, and those that belong to the installation. A library is never unloaded.
#![allow(unsafe_code, reason = "loading a library runs its initialisers, and its symbols have no checked type")]

use crate::platform::is_same;
use std::{
    collections::BTreeMap,
    io::Read,
    path::{Path, PathBuf},
    time::SystemTime,
};
use vsg_plugin_api::{
    Signature,
    abi::{API_VERSION, API_VERSION_SYMBOL, PluginModuleRef, StageBox, library},
};

/// All plugins that were found.
#[derive(Default)]
pub struct Plugins {
    /// Folders that were searched, whether they exist or not.
    pub folders: Vec<PathBuf>,
    /// Plugins that can be used.
    pub loaded: Vec<Plugin>,
    /// Libraries that can not be used, and why.
    pub broken: Vec<LoadError>,
    catalog: BTreeMap<String, Signature>,
    places: BTreeMap<String, (usize, usize)>,
}

/// One loaded plugin.
pub struct Plugin {
    /// The library.
    pub path: PathBuf,
    /// Name: the part of a stage's id before the slash.
    pub name: String,
    /// Version of the plugin.
    pub version: String,
    /// Its stages, in the order of the plugin.
    pub stages: Vec<(Signature, StageBox)>,
    hash: std::sync::OnceLock<String>,
    /// Size and time of the file when it was loaded.
    loaded: Option<(u64, SystemTime)>,
}

impl Plugin {
    /// Loads one library, whatever others there are.
    ///
    /// # Errors
    /// It is not a plugin that can be used.
    pub fn load(path: &Path) -> Result<Self, LoadError> {
        // A bare name would be looked for in the system's folders.
        load(&std::path::absolute(path).unwrap_or_else(|_| path.to_owned()))
    }

    /// Hash of the library. One that was replaced since it was loaded, or that can no longer be read, has one that no other run
    /// has: nobody knows any more what runs here.
    pub fn hash(&self) -> &str {
        self.hash.get_or_init(|| match std::fs::read(&self.path) {
            Ok(bytes) if state(&self.path) == self.loaded => blake3::hash(&bytes).to_hex().to_string(),
            _ => format!("{} of process {} at {:?}", self.path.display(), std::process::id(), SystemTime::now()),
        })
    }
}

/// Size and time of a file.
fn state(path: &Path) -> Option<(u64, SystemTime)> {
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.len(), metadata.modified().ok()?))
}

/// Why a library is not a plugin that can be used. Every message is one line.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// There is no such file.
    #[error("`{}` does not exist", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// The system can not load it as a library.
    #[error("`{}` is not a library that can be loaded: {reason}", path.display())]
    NotALibrary {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// A library, but not a plugin.
    #[error("`{}` is a library, but not a plugin of vsg-host (it has no symbol {symbol}); build it with `vsg_plugin_api::export!`", path.display())]
    NotAPlugin {
        /// The file.
        path: PathBuf,
        /// The symbol that is missing.
        symbol: String,
    },
    /// Built against another version of the boundary.
    #[error("`{}` was built for plugin API {found}, this host has {API_VERSION}; rebuild it with the vsg-plugin-api of this host", path.display())]
    OtherVersion {
        /// The file.
        path: PathBuf,
        /// The version it was built for.
        found: u32,
    },
    /// The version is right, the types are not.
    #[error("`{}` does not fit this host: {reason}; rebuild it with the vsg-plugin-api of this host", path.display())]
    Layout {
        /// The file.
        path: PathBuf,
        /// The first difference.
        reason: String,
    },
    /// A stage describes itself wrongly.
    #[error("`{}` has a stage without a valid signature: {reason}; report it to the plugin's author", path.display())]
    Signature {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Two stages of one id.
    #[error("stage `{id}` is in `{}` and in `{}`; remove one of the two", first.display(), path.display())]
    Duplicate {
        /// The id.
        id: String,
        /// The library that was loaded first.
        first: PathBuf,
        /// The library that is refused.
        path: PathBuf,
    },
}

impl LoadError {
    /// The library.
    #[must_use]
    pub fn path(&self) -> &Path {
        match self {
            Self::Missing { path }
            | Self::NotALibrary { path, .. }
            | Self::NotAPlugin { path, .. }
            | Self::OtherVersion { path, .. }
            | Self::Layout { path, .. }
            | Self::Signature { path, .. }
            | Self::Duplicate { path, .. } => path,
        }
    }
}

impl Plugins {
    /// Loads every library of the folders; `named` are folders or single files that the user gave.
    #[must_use]
    pub fn find(named: &[PathBuf]) -> Self {
        let mut plugins = Self::default();
        for path in named.iter().cloned().chain(standard_folders()) {
            if path.is_file() || (!path.exists() && named.contains(&path)) {
                plugins.add(&path);
            } else if !plugins.folders.iter().any(|known| is_same(known, &path)) {
                libraries(&path).iter().for_each(|library| plugins.add(library));
                plugins.folders.push(path);
            }
        }
        plugins
    }

    /// One library and nothing else.
    ///
    /// # Errors
    /// It is not a plugin that can be used.
    pub fn of_library(path: &Path) -> Result<Self, LoadError> {
        let mut plugins = Self::default();
        plugins.add(path);
        plugins.broken.pop().map_or(Ok(plugins), Err)
    }

    fn add(&mut self, path: &Path) {
        // A bare name would be looked for in the system's folders.
        let path = &std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let mut known =
            self.loaded.iter().map(|plugin| plugin.path.as_path()).chain(self.broken.iter().map(LoadError::path));
        if known.any(|known| is_same(known, path)) {
            return;
        }
        match load(path).and_then(|plugin| self.refuse_duplicates(plugin)) {
            Ok(plugin) => {
                for (index, (signature, _)) in plugin.stages.iter().enumerate() {
                    self.catalog.insert(signature.id.clone(), signature.clone());
                    self.places.insert(signature.id.clone(), (self.loaded.len(), index));
                }
                self.loaded.push(plugin);
            }
            Err(error) => self.broken.push(error),
        }
    }

    fn refuse_duplicates(&self, plugin: Plugin) -> Result<Plugin, LoadError> {
        let twin = plugin.stages.iter().find_map(|(signature, _)| Some((signature, self.places.get(&signature.id)?)));
        match twin {
            None => Ok(plugin),
            Some((signature, (first, _))) => Err(LoadError::Duplicate {
                id: signature.id.clone(),
                first: self.loaded[*first].path.clone(),
                path: plugin.path.clone(),
            }),
        }
    }

    /// Signatures of all stages, by id.
    #[must_use]
    pub fn catalog(&self) -> &BTreeMap<String, Signature> {
        &self.catalog
    }

    /// The plugin that a stage is in.
    #[must_use]
    pub fn of_stage(&self, id: &str) -> Option<&Plugin> {
        self.loaded.get(self.places.get(id)?.0)
    }

    /// A stage by its id.
    #[must_use]
    pub fn stage(&self, id: &str) -> Option<&StageBox> {
        let (plugin, stage) = self.places.get(id)?;
        Some(&self.loaded.get(*plugin)?.stages.get(*stage)?.1)
    }
}

/// `VSG_PLUGINS`, then the folders of the installation: beside the program, and in the user's data folder.
fn standard_folders() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> =
        std::env::var_os("VSG_PLUGINS").map(|list| std::env::split_paths(&list).collect()).unwrap_or_default();
    folders.retain(|folder| !folder.as_os_str().is_empty());
    if let Some(beside) = std::env::current_exe().ok().and_then(|program| Some(program.parent()?.to_owned())) {
        folders.extend([beside.join("plugins"), beside.join("../lib/vsg-host/plugins"), beside]);
    }
    folders.extend(crate::platform::data_dir().map(|data| data.join("plugins")));
    folders
}

/// Files of a folder that are named like libraries, in order of name.
fn libraries(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == std::env::consts::DLL_EXTENSION))
        .filter(|path| path.is_file())
        .collect();
    paths.sort();
    paths
}

fn load(path: &Path) -> Result<Plugin, LoadError> {
    let path = path.to_owned();
    if !path.exists() {
        return Err(LoadError::Missing { path });
    }
    let loaded = state(&path);
    refuse_truncated(&path)?;
    check_version(&path)?;
    let layout = |error: library::LibraryError| layout_error(&path, &error);
    let header = library::lib_header_from_path(&path).map_err(layout)?;
    let module = header.init_root_module::<PluginModuleRef>().map_err(layout)?;
    let parts = module.parts()();
    let (name, version) = (parts.name.into_string(), parts.version.into_string());
    let stages = parts
        .stages
        .into_iter()
        .map(|stage| Ok((read_signature(&path, &name, &stage)?, stage)))
        .collect::<Result<_, _>>()?;
    Ok(Plugin { path, name, version, stages, hash: std::sync::OnceLock::new(), loaded })
}

/// A library that is cut short would be mapped all the same, and kill the process where it ends. Of the ELF format, which has its
/// table of sections last, that can be seen.
fn refuse_truncated(path: &Path) -> Result<(), LoadError> {
    let fail = |reason: &str| LoadError::NotALibrary { path: path.to_owned(), reason: reason.to_owned() };
    let mut header = [0; 64];
    let read = std::fs::File::open(path).and_then(|mut file| {
        let length = file.metadata()?.len();
        file.read_exact(&mut header).map(|()| length)
    });
    // What is no 64-bit little-endian ELF is for the system to judge.
    let Ok(length) = read else { return Ok(()) };
    if header[..6] != *b"\x7fELF\x02\x01" {
        return Ok(());
    }
    let number = |place: usize, size: usize| {
        header[place..place + size].iter().rev().fold(0_u64, |number, &byte| number << 8 | u64::from(byte))
    };
    let (table, entry, count) = (number(0x28, 8), number(0x3a, 2), number(0x3c, 2));
    let end = table.saturating_add(entry * count);
    if end > length { Err(fail("it is cut short")) } else { Ok(()) }
}

/// Reads the version symbol before anything else, so that a plugin of another version is one clear line.
fn check_version(path: &Path) -> Result<(), LoadError> {
    // SAFETY: the user named the folder of this library, so its initialisers are as trusted as the program.
    let library = unsafe { libloading::Library::new(path) }
        .map_err(|error| LoadError::NotALibrary { path: path.to_owned(), reason: reason(path, &error) })?;
    // SAFETY: the symbol is a `u32` static in every version of the boundary.
    let found = unsafe { library.get::<*const u32>(API_VERSION_SYMBOL.as_bytes()).map(|symbol| **symbol) };
    // Initialised libraries can have threads and thread-local destructors; they stay for good.
    std::mem::forget(library);
    match found {
        Ok(API_VERSION) => Ok(()),
        Ok(found) => Err(LoadError::OtherVersion { path: path.to_owned(), found }),
        Err(_) => Err(LoadError::NotAPlugin { path: path.to_owned(), symbol: API_VERSION_SYMBOL.to_owned() }),
    }
}

/// The innermost cause, without the path that is in our own message already.
fn reason(path: &Path, error: &dyn std::error::Error) -> String {
    let mut last: &dyn std::error::Error = error;
    while let Some(cause) = last.source() {
        last = cause;
    }
    let text = last.to_string();
    let path = format!("{}: ", path.display());
    text.strip_prefix(&path).unwrap_or(&text).trim().to_owned()
}

/// A refusal of abi_stable in one line.
fn layout_error(path: &Path, error: &library::LibraryError) -> LoadError {
    let path = path.to_owned();
    let reason = match error {
        library::LibraryError::GetSymbolError { symbol, .. } => {
            let symbol = String::from_utf8_lossy(symbol).trim_end_matches('\0').to_owned();
            return LoadError::NotAPlugin { path, symbol };
        }
        library::LibraryError::InvalidAbiHeader(_) => {
            "its root is not one that `vsg_plugin_api::export!` writes".to_owned()
        }
        library::LibraryError::IncompatibleVersionNumber { expected_version, actual_version, .. } => {
            format!("its types are of version {actual_version}, those of the host of {expected_version}")
        }
        other => first_reason(&other.to_string()),
    };
    LoadError::Layout { path, reason }
}

/// Of a layout error, which is tens of kilobytes long, the first line after `Error:`.
fn first_reason(text: &str) -> String {
    let after = text.split_once("Error:").map_or(text, |(_, after)| after);
    after.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("its types differ").to_owned()
}

fn read_signature(path: &Path, plugin: &str, stage: &StageBox) -> Result<Signature, LoadError> {
    let fail = |reason: String| LoadError::Signature { path: path.to_owned(), reason };
    let text = stage.signature();
    if text.is_empty() {
        return Err(fail("it panicked while it described itself".into()));
    }
    let signature: Signature = serde_json::from_str(&text).map_err(|error| fail(format!("not readable: {error}")))?;
    if signature.id.split_once('/').is_none_or(|(namespace, name)| namespace != plugin || name.is_empty()) {
        return Err(fail(format!("id `{}` does not start with `{plugin}/`", signature.id)));
    }
    Ok(signature)
}
