//! Finds tools and libraries on this computer.

use std::collections::HashMap;
use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::install::{self, PackageManager};
use crate::{Error, Result, Tool, platform};

/// Variable in which ONNX Runtime's own bindings look for the library.
const ORT_VARIABLE: &str = "ORT_DYLIB_PATH";

/// Where to look: the value of `PATH` and the variables that override it.
///
/// A value like any other, so that a search can be made up in a test without touching the environment.
#[derive(Debug, Clone, Default)]
pub struct Search {
    path: OsString,
    overrides: HashMap<String, OsString>,
    library_dirs: Vec<PathBuf>,
}

impl Search {
    /// Looks where the environment of this process says.
    #[must_use]
    pub fn from_env() -> Search {
        let variables = Tool::ALL.iter().map(|tool| tool.variable()).chain([ORT_VARIABLE]);
        let overrides = variables
            .filter_map(|name| Some((name.to_owned(), env::var_os(name).filter(|value| !value.is_empty())?)))
            .collect();
        let mut library_dirs: Vec<PathBuf> = platform::LIBRARY_PATH_VARIABLES
            .iter()
            .filter_map(env::var_os)
            .flat_map(|dirs| env::split_paths(&dirs).collect::<Vec<_>>())
            .filter(|dir| dir.is_absolute())
            .collect();
        library_dirs.extend(env::current_exe().ok().and_then(|exe| Some(exe.parent()?.to_path_buf())));
        library_dirs.extend(platform::LIBRARY_DIRS.iter().map(PathBuf::from));
        Search { path: env::var_os("PATH").unwrap_or_default(), overrides, library_dirs }
    }

    /// Looks for programs in these directories (the form of `PATH`) and nowhere else.
    #[must_use]
    pub fn in_path(path: impl Into<OsString>) -> Search {
        Search { path: path.into(), ..Search::default() }
    }

    /// Sets the value of an override, such as `VSG_FFMPEG` or `ORT_DYLIB_PATH`.
    #[must_use]
    pub fn with_override(mut self, variable: &str, value: impl Into<OsString>) -> Search {
        self.overrides.insert(variable.to_owned(), value.into());
        self
    }

    /// Adds a directory in which shared libraries are looked for.
    #[must_use]
    pub fn with_library_dir(mut self, dir: impl Into<PathBuf>) -> Search {
        self.library_dirs.push(dir.into());
        self
    }

    /// The program called `name`, if it can be run.
    #[must_use]
    pub fn program(&self, name: &str) -> Option<PathBuf> {
        which::which_in(name, Some(&self.path), Path::new("")).ok()
    }

    /// Finds `tool`: where its variable says, else in `PATH` or the library directories.
    ///
    /// # Errors
    /// [`Error::NotFound`] with a hint how to install it; [`Error::NotExecutable`] for a file that cannot be run.
    pub fn find(&self, tool: Tool) -> Result<PathBuf> {
        if tool.is_library() {
            return self.find_library(tool);
        }
        let Some(value) = self.overrides.get(tool.variable()) else {
            return self.program(tool.name()).ok_or_else(|| self.missing_in_path(tool));
        };
        which::which_in(value, Some(&self.path), Path::new("")).map_err(|_| {
            let path = PathBuf::from(value);
            if path.is_file() {
                return Error::NotExecutable { tool: tool.to_string(), path };
            }
            let looked = format!("{} says '{}', and no such program exists", tool.variable(), path.display());
            Error::NotFound { tool: tool.to_string(), looked, hint: self.hint(tool) }
        })
    }

    /// The package manager to name in hints.
    #[must_use]
    pub fn package_manager(&self) -> Option<PackageManager> {
        PackageManager::detect(self)
    }

    fn hint(&self, tool: Tool) -> String {
        install::hint(tool, self.package_manager())
    }

    fn missing_in_path(&self, tool: Tool) -> Error {
        let present = env::split_paths(&self.path).map(|dir| dir.join(tool.name())).find(|file| file.is_file());
        match present {
            Some(path) => Error::NotExecutable { tool: tool.to_string(), path },
            None => Error::NotFound {
                tool: tool.to_string(),
                looked: "it was not found in PATH".to_owned(),
                hint: self.hint(tool),
            },
        }
    }

    fn find_library(&self, tool: Tool) -> Result<PathBuf> {
        for variable in [tool.variable(), ORT_VARIABLE] {
            if let Some(value) = self.overrides.get(variable) {
                let path = PathBuf::from(value);
                let file = if path.is_dir() { library_in(&path, tool.name()) } else { Some(path.clone()) };
                return file.filter(|file| file.is_file()).ok_or_else(|| Error::NotFound {
                    tool: tool.to_string(),
                    looked: format!("{variable} says '{}', and there is no such library", path.display()),
                    hint: self.hint(tool),
                });
            }
        }
        self.library_dirs.iter().find_map(|dir| library_in(dir, tool.name())).ok_or_else(|| Error::NotFound {
            tool: tool.to_string(),
            looked: "the library was not found in the library directories".to_owned(),
            hint: self.hint(tool),
        })
    }
}

/// The library called `name` in `dir`: the plain file name, else the one with the highest version.
fn library_in(dir: &Path, name: &str) -> Option<PathBuf> {
    let plain = dir.join(platform::library_file_name(name));
    if plain.is_file() {
        return Some(plain);
    }
    let versioned = std::fs::read_dir(dir).ok()?.flatten().filter_map(|entry| {
        let file_name = entry.file_name().into_string().ok()?;
        let version = platform::is_versioned_library(&file_name, name).then(|| crate::Version::of_library(&file_name));
        Some((version??.numbers, entry.path()))
    });
    versioned.max().map(|(_, path)| path)
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn program(dir: &Path, name: &str, mode: u32) -> PathBuf {
        let path = dir.join(name);
        fs::write(&path, "#!/bin/sh\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    #[test]
    fn a_program_is_found_in_path_and_its_variable_comes_first() {
        let dir = tempfile::tempdir().unwrap();
        let in_path = program(dir.path(), "ffmpeg", 0o755);
        let mine = program(dir.path(), "my-ffmpeg", 0o755);
        let search = Search::in_path(dir.path());
        assert_eq!(search.find(Tool::Ffmpeg).unwrap(), in_path);
        assert_eq!(search.with_override("VSG_FFMPEG", &mine).find(Tool::Ffmpeg).unwrap(), mine);
    }

    #[test]
    fn a_missing_program_comes_with_a_hint() {
        let dir = tempfile::tempdir().unwrap();
        program(dir.path(), "pacman", 0o755);
        let message = Search::in_path(dir.path()).find(Tool::Mkvmerge).unwrap_err().to_string();
        assert_eq!(
            message,
            "cannot run mkvmerge: it was not found in PATH. To install it: sudo pacman -S mkvtoolnix-cli. \
             If it is installed elsewhere, set VSG_MKVMERGE to its path"
        );
    }

    #[test]
    fn a_wrong_variable_is_named() {
        let dir = tempfile::tempdir().unwrap();
        program(dir.path(), "ffmpeg", 0o755);
        let search = Search::in_path(dir.path()).with_override("VSG_FFMPEG", "/no/such/ffmpeg");
        let message = search.find(Tool::Ffmpeg).unwrap_err().to_string();
        assert!(message.contains("VSG_FFMPEG says '/no/such/ffmpeg'"), "{message}");
    }

    #[test]
    fn a_file_without_permission_to_run_is_told_apart() {
        let dir = tempfile::tempdir().unwrap();
        let plain = program(dir.path(), "ffmpeg", 0o644);
        let search = Search::in_path(dir.path());
        assert!(matches!(search.find(Tool::Ffmpeg), Err(Error::NotExecutable { path, .. }) if path == plain));
        let search = search.with_override("VSG_FFMPEG", &plain);
        assert!(matches!(search.find(Tool::Ffmpeg), Err(Error::NotExecutable { path, .. }) if path == plain));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_newest_library_is_taken_and_variables_come_first() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["libonnxruntime.so.1.9.0", "libonnxruntime.so.1.20.1", "libonnxruntime_providers_shared.so"] {
            fs::write(dir.path().join(name), "").unwrap();
        }
        let search = Search::default().with_library_dir(dir.path());
        assert_eq!(search.find(Tool::OnnxRuntime).unwrap(), dir.path().join("libonnxruntime.so.1.20.1"));
        let older = dir.path().join("libonnxruntime.so.1.9.0");
        assert_eq!(search.with_override("ORT_DYLIB_PATH", &older).find(Tool::OnnxRuntime).unwrap(), older);
        assert!(matches!(Search::default().find(Tool::OnnxRuntime), Err(Error::NotFound { .. })));
    }
}
