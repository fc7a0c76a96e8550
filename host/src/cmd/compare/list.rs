//! A list of pairs: a CSV file with the columns `reference`, `target`, and if wanted `truth_ms` and `name`.

use super::truth::is_delay;
use crate::{Failure, pipeline::nearest};
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

const COLUMNS: [&str; 4] = ["reference", "target", "truth_ms", "name"];

/// A pair of the list.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ListedPair {
    /// Name of the folder for its results.
    pub(super) name: String,
    pub(super) reference: PathBuf,
    pub(super) target: PathBuf,
    pub(super) truth_ms: Option<f64>,
}

/// Reads a list. Paths in it are relative to its folder.
///
/// # Errors
/// It can not be read, or is no list of pairs; all wrong lines are named.
pub(super) fn read(path: &Path) -> Result<Vec<ListedPair>, Failure> {
    let shown = path.display();
    let help = "the first line names the columns, `reference,target` and if wanted `truth_ms` and `name`; then one line a pair";
    let unreadable = |error: &dyn std::fmt::Display| {
        Failure::arguments(format!("can not read the list of pairs `{shown}`: {error}"), help)
    };
    let mut reader =
        csv::ReaderBuilder::new().trim(csv::Trim::All).from_path(path).map_err(|error| unreadable(&error))?;
    let columns = reader.headers().map_err(|error| unreadable(&error))?.clone();
    let column = |name: &str| columns.iter().position(|column| column == name);
    let (Some(reference), Some(target)) = (column("reference"), column("target")) else {
        let missing = if column("reference").is_none() { "reference" } else { "target" };
        return Err(unreadable(&format!("it has no column `{missing}`")));
    };
    if let Some(unknown) = columns.iter().find(|column| !COLUMNS.contains(column)) {
        let meant = nearest(unknown, COLUMNS).map_or(String::new(), |name| format!("; did you mean `{name}`?"));
        return Err(unreadable(&format!("it has a column `{unknown}`{meant}")));
    }
    let folder = path.parent().unwrap_or(Path::new(""));
    let (truth, name) = (column("truth_ms"), column("name"));
    let (mut pairs, mut wrong, mut names) = (Vec::new(), Vec::new(), BTreeSet::new());
    for (index, record) in reader.records().enumerate() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                wrong.push(unreadable_line(&error));
                continue;
            }
        };
        let line = record.position().map_or(0, csv::Position::line);
        let field =
            |column: Option<usize>| column.and_then(|column| record.get(column)).filter(|text| !text.is_empty());
        let mut complain = |what: String| wrong.push(format!("line {line}: {what}"));
        let (Some(reference), Some(target)) = (field(Some(reference)), field(Some(target))) else {
            complain("a pair has a reference and a target".into());
            continue;
        };
        let truth_ms = match field(truth).map(|typed| (typed, typed.parse().ok().and_then(is_delay))) {
            None => None,
            Some((_, Some(truth_ms))) => Some(truth_ms),
            Some((typed, None)) => {
                complain(format!("`{typed}` is no delay in milliseconds"));
                None
            }
        };
        let name = match field(name) {
            Some(name) => name.to_owned(),
            None => {
                let stem = Path::new(target).file_stem().unwrap_or_default().to_string_lossy();
                made_up(&format!("{:03} {stem}", index + 1))
            }
        };
        if !is_folder_name(&name) {
            complain(format!("`{name}` can not be the name of a folder"));
        } else if !names.insert(name.to_lowercase()) {
            complain(format!("`{name}` is the name of an earlier pair"));
        }
        pairs.push(ListedPair { name, reference: folder.join(reference), target: folder.join(target), truth_ms });
    }
    if !wrong.is_empty() {
        return Err(unreadable(&wrong.join("\n")));
    }
    if pairs.is_empty() {
        return Err(unreadable(&"there is no pair in it"));
    }
    Ok(pairs)
}

fn unreadable_line(error: &csv::Error) -> String {
    let line = error.position().map_or(0, csv::Position::line);
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("line {line}: it has {len} fields, and the first line {expected_len}")
        }
        csv::ErrorKind::Utf8 { .. } => format!("line {line}: it is not UTF-8 text"),
        _ => error.to_string(),
    }
}

/// Longest name of a folder (bytes); systems take 255, and long paths are trouble to some.
const LONGEST: usize = 200;

/// Names that Windows keeps for devices, whatever follows their first dot.
const RESERVED: [&str; 6] = ["con", "prn", "aux", "nul", "conin$", "conout$"];

/// Whether a folder can have this name on all systems.
fn is_folder_name(name: &str) -> bool {
    let lower = name.to_lowercase();
    let is_result = lower.starts_with("pairs.compare.");
    !is_result
        && !is_reserved(&lower)
        && !name.starts_with('.')
        && !name.ends_with(['.', ' '])
        && name.len() <= LONGEST
        && !name.contains(is_forbidden)
}

fn is_forbidden(character: char) -> bool {
    character.is_control() || "/\\:*?\"<>|".contains(character)
}

/// Whether Windows takes this name, in lower case, for a device.
fn is_reserved(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end();
    let is_port = ["com", "lpt"].iter().any(|port| {
        let number = stem.strip_prefix(port).map(|number| number.chars().collect::<Vec<_>>());
        matches!(number.as_deref(), Some(['0'..='9' | '¹' | '²' | '³']))
    });
    RESERVED.contains(&stem) || is_port
}

/// The name with what no folder's name can have taken out. It begins with a number.
fn made_up(name: &str) -> String {
    let name: String = name.chars().map(|character| if is_forbidden(character) { '_' } else { character }).collect();
    name[..name.floor_char_boundary(LONGEST)].trim_end_matches(['.', ' ']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(text: &str) -> Result<Vec<ListedPair>, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pairs.csv");
        std::fs::write(&path, text).unwrap();
        let mut pairs =
            read(&path).map_err(|failure| failure.render().replace(&path.display().to_string(), "pairs.csv"))?;
        for pair in &mut pairs {
            pair.reference = pair.reference.strip_prefix(folder.path()).unwrap_or(&pair.reference).to_owned();
        }
        Ok(pairs)
    }

    #[test]
    fn columns_come_in_any_order_and_names_are_made_where_none_is_given() {
        let text = "\u{feff}target, truth_ms, name, reference\nb.mkv, -12.5, first, a.mkv\n\"c, d.mkv\",,,/x/a.mkv\n";
        let pairs = listed(text).unwrap();
        assert_eq!((pairs[0].name.as_str(), pairs[0].truth_ms), ("first", Some(-12.5)));
        assert_eq!(pairs[0].reference, Path::new("a.mkv"));
        assert_eq!((pairs[1].name.as_str(), pairs[1].truth_ms), ("002 c, d", None));
        assert_eq!(pairs[1].reference, Path::new("/x/a.mkv"));
    }

    #[test]
    fn a_name_that_is_made_up_is_one_that_a_folder_can_have() {
        let long = "字".repeat(80);
        let targets = ["Is it?.mkv", "a: \"\"b\"\" <c>|*.mkv", "so....mkv", "d/.mkv", &long, "CON.mkv"];
        let lines: String = targets.iter().map(|target| format!("a.mkv,\"{target}\"\n")).collect();
        let pairs = listed(&format!("reference,target\n{lines}")).unwrap();
        let names: Vec<&str> = pairs.iter().map(|pair| pair.name.as_str()).collect();
        let cut = format!("005 {}", "字".repeat(65));
        assert_eq!(names, ["001 Is it_", "002 a_ _b_ _c___", "003 so", "004 .mkv", &cut, "006 CON"]);
        assert!(names.iter().all(|name| is_folder_name(name)));
    }

    #[test]
    fn names_that_windows_reserves_are_refused() {
        for name in ["CON", "nul", "Aux.film", "com1", "LPT9 .x", "COM²", "pairs.compare.x", "a.", ".a", "a?"] {
            assert!(!is_folder_name(name), "{name}");
        }
        for name in ["console", "com", "com10", "film 1", "a.nul"] {
            assert!(is_folder_name(name), "{name}");
        }
        assert!(
            listed("reference,target,name\na,b,NUL\n").unwrap_err().contains("`NUL` can not be the name of a folder")
        );
    }

    proptest::proptest! {
        #[test]
        fn whatever_a_target_is_called_its_made_up_name_is_a_folders(stem in ".{0,300}", index in 1..5000_u32) {
            let name = made_up(&format!("{index:03} {stem}"));
            proptest::prop_assert!(is_folder_name(&name), "{name}");
        }
    }

    #[test]
    fn all_that_is_wrong_is_told_with_its_line() {
        let lists = [
            "",
            "reference,target\n",
            "reference;target\na;b\n",
            "reference,target,truth\na,b,1\n",
            "reference,target,truth_ms,name\na,,1,\na,b,soon,../up\na,b,nan,twice\na,b,inf,Twice\na,b\n",
        ];
        let all: Vec<String> = lists.iter().map(|list| listed(list).unwrap_err()).collect();
        insta::assert_snapshot!(all.join("\n\n"));
    }

    #[test]
    fn a_list_that_is_not_there_is_an_error() {
        assert!(read(Path::new("/nowhere/pairs.csv")).unwrap_err().render().contains("can not read the list of pairs"));
    }
}
