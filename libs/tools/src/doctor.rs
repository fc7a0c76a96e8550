//! Finds out which tools are here, in which version, and what is lost without the others.

use std::path::PathBuf;
use std::time::Duration;

use crate::{Command, Error, PackageManager, Search, Tool, Version};

/// How long a tool may think about its version.
const PATIENCE: Duration = Duration::from_secs(10);

/// What was found out about one tool.
#[derive(Debug)]
pub struct Finding {
    /// The tool.
    pub tool: Tool,
    /// Whether and where it is.
    pub state: State,
    /// How to install it, one entry per package manager; the one that this computer has comes first.
    pub install: Vec<(PackageManager, String)>,
}

/// Whether and where a tool is.
#[derive(Debug)]
pub enum State {
    /// It is there and answers.
    Found {
        /// Where.
        path: PathBuf,
        /// Its version; unknown if it gave no number.
        version: Option<Version>,
    },
    /// It is not there, or is there and cannot be used.
    Unusable(Error),
}

impl Finding {
    /// Whether the tool can be used.
    #[must_use]
    pub fn is_found(&self) -> bool {
        matches!(self.state, State::Found { .. })
    }
}

/// Looks for every tool and asks each for its version.
#[must_use]
pub fn examine(search: &Search) -> Vec<Finding> {
    let here = search.package_manager();
    Tool::ALL
        .into_iter()
        .map(|tool| {
            let mut managers = PackageManager::ALL;
            managers.sort_by_key(|manager| Some(*manager) != here);
            let install = managers.into_iter().map(|manager| (manager, manager.install(tool))).collect();
            Finding { tool, state: state(search, tool), install }
        })
        .collect()
}

fn state(search: &Search, tool: Tool) -> State {
    match search.find(tool).and_then(|path| Ok((version(tool, &path)?, path))) {
        Ok((version, path)) => State::Found { path, version },
        Err(error) => State::Unusable(error),
    }
}

/// The version of `tool` at `path`.
///
/// # Errors
/// What [`Command::output`] says, if the program cannot be run or refuses to answer.
pub fn version(tool: Tool, path: &std::path::Path) -> Result<Option<Version>, Error> {
    let Some(argument) = tool.version_argument() else {
        let real = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
        return Ok(real.file_name().and_then(|name| Version::of_library(&name.to_string_lossy())));
    };
    let answer = Command::at(tool, path).arg(argument).timeout_idle(PATIENCE).limit(1 << 20).output()?;
    let said = String::from_utf8_lossy(&answer.stdout);
    Ok(Version::parse(&said).or_else(|| Version::parse(&answer.stderr)))
}
