//! What earlier runs were made of, so that it can be told why a stage had to run again.

use super::Recipe;
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    fs, io,
    io::Write,
    path::{Path, PathBuf},
};
use vsg_plugin_api::Value;

const HISTORY: &str = "history";
/// Runs that are remembered.
const MOST_RUNS: usize = 100;

/// One run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PastRun {
    /// Name of the run: when it ended and which process it was.
    #[serde(default)]
    pub id: String,
    /// When it ended, for people.
    pub ended: String,
    /// The pipeline file.
    #[serde(default)]
    pub pipeline: String,
    /// Source files; the first is the reference.
    #[serde(default)]
    pub sources: Vec<PathBuf>,
    /// How it went: `done` or `failed`.
    #[serde(default)]
    pub status: String,
    /// Instances by name.
    pub instances: BTreeMap<String, PastInstance>,
}

/// One instance of a run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PastInstance {
    /// What its outputs were made of; nothing that can be known of one with effects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipe: Option<Recipe>,
    /// Whether they were taken from the store.
    pub from_store: bool,
    /// Kind of each output by port.
    #[serde(default)]
    pub kinds: BTreeMap<String, String>,
    /// Headers of the outputs of an instance with effects, which the store does not keep.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, serde_json::Value>,
}

impl PastInstance {
    /// What is remembered of an instance that came to a good end.
    pub fn new<'v>(
        recipe: Option<Recipe>,
        from_store: bool,
        outputs: impl Iterator<Item = (&'v String, &'v Value)> + Clone,
    ) -> Self {
        let kinds = outputs.clone().map(|(port, value)| (port.clone(), value.kind.clone())).collect();
        let headers = match recipe {
            Some(_) => BTreeMap::new(),
            None => outputs.map(|(port, value)| (port.clone(), value.header.clone())).collect(),
        };
        Self { recipe, from_store, kinds, headers }
    }
}

/// Remembers a run in the store of a folder, and forgets those from long ago.
///
/// # Errors
/// It can not be written.
pub fn remember(folder: &Path, run: &PastRun) -> io::Result<()> {
    let folder = folder.join(HISTORY);
    fs::create_dir_all(&folder)?;
    // Names that sort by time, and that no other host takes.
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let name = format!("{:020}-{}.json", now.as_nanos(), std::process::id());
    let mut file = tempfile::NamedTempFile::new_in(&folder)?;
    file.write_all(&serde_json::to_vec(run)?)?;
    crate::platform::share(file.as_file())?;
    file.persist(folder.join(name)).map_err(|error| error.error)?;
    let files = files(&folder)?;
    files.iter().rev().skip(MOST_RUNS).try_for_each(fs::remove_file)
}

/// Forgets all runs.
///
/// # Errors
/// The folder can not be removed.
pub fn forget(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder.join(HISTORY)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Runs that are remembered, the last one first. What can not be read is left out.
///
/// # Errors
/// The folder can not be read.
pub fn past_runs(folder: &Path) -> io::Result<Vec<PastRun>> {
    let folder = folder.join(HISTORY);
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let read = |path: PathBuf| serde_json::from_slice(&fs::read(path).ok()?).ok();
    Ok(files(&folder)?.into_iter().rev().filter_map(read).collect())
}

fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let paths = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    let mut paths: Vec<PathBuf> =
        paths.into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "json")).collect();
    paths.sort();
    Ok(paths)
}

/// What is different about an instance between two runs, one line each; the lines under an input tell what is behind it.
#[must_use]
pub fn differences(name: &str, before: &PastRun, after: &PastRun) -> Vec<String> {
    let (Some(old), Some(new)) = (before.instances.get(name), after.instances.get(name)) else {
        return vec![format!("`{name}` is not in both runs")];
    };
    let (Some(old), Some(new)) = (&old.recipe, &new.recipe) else {
        return vec![format!("`{name}` has effects, so it always runs")];
    };
    let mut lines = Vec::new();
    if old.stage != new.stage {
        lines.push(format!("implementation: {} → {}", old.stage, new.stage));
    }
    if old.plugin != new.plugin && old.stage == new.stage {
        lines.push("the plugin's library is another one".into());
    }
    for tool in joined(&old.tools, &new.tools) {
        if old.tools.get(tool) != new.tools.get(tool) {
            lines.push(format!("{tool} is another one"));
        }
    }
    parameters("", &old.parameters, &new.parameters, &mut lines);
    for port in joined(&old.inputs, &new.inputs) {
        let (was, is) = (old.inputs.get(port), new.inputs.get(port));
        if was == is {
            continue;
        }
        let makers = |run: &PastRun, keys: Option<&Vec<String>>| -> Vec<String> {
            keys.into_iter().flatten().map(|key| maker(run, key)).collect()
        };
        let (was, is) = (makers(before, was), makers(after, is));
        lines.push(if was == is {
            format!("input `{port}`: {}", is.join(", "))
        } else {
            format!("input `{port}`: {} → {}", was.join(", "), is.join(", "))
        });
        for name in is.iter().filter(|name| was.contains(name) && after.instances.contains_key(*name)) {
            let behind = differences(name, before, after);
            lines.extend(behind.into_iter().map(|line| format!("  {name}: {line}")));
        }
    }
    lines
}

fn joined<'a, T, U>(one: &'a BTreeMap<String, T>, other: &'a BTreeMap<String, U>) -> Vec<&'a String> {
    let mut names: Vec<&String> = one.keys().chain(other.keys()).collect();
    names.sort();
    names.dedup();
    names
}

/// The instance that made the value of a key, or what it is.
fn maker(run: &PastRun, key: &str) -> String {
    let is_maker = |instance: &PastInstance| instance.recipe.as_ref().is_some_and(|recipe| recipe.key().is_of(key));
    let made = run.instances.iter().find(|(_, instance)| is_maker(instance));
    match made {
        Some((name, _)) => name.clone(),
        None if key.starts_with("file-") => "a source file, its name, size, time or content".into(),
        None => "the output of a stage with effects".into(),
    }
}

fn parameters(place: &str, old: &serde_json::Value, new: &serde_json::Value, lines: &mut Vec<String>) {
    use serde_json::Value;
    match (old, new) {
        (old, new) if old == new => {}
        (Value::Object(old), Value::Object(new)) => {
            let mut names: Vec<&String> = old.keys().chain(new.keys()).collect();
            names.sort();
            names.dedup();
            for name in names {
                let inner = if place.is_empty() { name.clone() } else { format!("{place}.{name}") };
                let value = |of: &serde_json::Map<String, Value>| of.get(name).cloned().unwrap_or_default();
                parameters(&inner, &value(old), &value(new), lines);
            }
        }
        (old, new) => lines.push(format!("parameter {place}: {old} → {new}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn run(decode: Recipe, windows: u64) -> PastRun {
        let correlate = Recipe {
            stage: "acme/correlate".into(),
            parameters: json!({ "windows": windows }),
            inputs: BTreeMap::from([("audio".into(), vec![decode.key().of_port("audio")])]),
            ..Recipe::default()
        };
        let instance = |recipe| PastInstance { recipe: Some(recipe), ..PastInstance::default() };
        PastRun {
            ended: "today".into(),
            instances: BTreeMap::from([("audio".into(), instance(decode)), ("correlate".into(), instance(correlate))]),
            ..PastRun::default()
        }
    }

    fn decode(file: &str) -> Recipe {
        Recipe {
            stage: "acme/decode".into(),
            tools: BTreeMap::from([("ffmpeg".into(), "5.1".into())]),
            inputs: BTreeMap::from([("file".into(), vec![format!("file-{file}")])]),
            ..Recipe::default()
        }
    }

    #[test]
    fn what_changed_is_told_down_to_its_root() {
        let before = run(decode("a"), 10);
        assert_eq!(differences("correlate", &before, &before), [""; 0]);
        assert_eq!(differences("correlate", &before, &run(decode("a"), 30)), ["parameter windows: 10 → 30"]);
        let newer = Recipe { tools: BTreeMap::from([("ffmpeg".into(), "6.0".into())]), ..decode("b") };
        assert_eq!(
            differences("correlate", &before, &run(newer, 10)),
            [
                "input `audio`: audio",
                "  audio: ffmpeg is another one",
                "  audio: input `file`: a source file, its name, size, time or content"
            ]
        );
    }

    #[test]
    fn the_last_runs_are_remembered() {
        let folder = tempfile::tempdir().unwrap();
        assert!(past_runs(folder.path()).unwrap().is_empty());
        for windows in 0..MOST_RUNS as u64 + 3 {
            remember(folder.path(), &run(decode("a"), windows)).unwrap();
        }
        let runs = past_runs(folder.path()).unwrap();
        assert_eq!(runs.len(), MOST_RUNS);
        assert_eq!(runs[0], run(decode("a"), MOST_RUNS as u64 + 2));
    }
}
