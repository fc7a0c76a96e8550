//! `new`: writes the crate of a plugin that builds, passes its tests and loads as it is.

use super::print;
use crate::{
    Failure,
    cli::{NewArgs, PluginKind},
};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// What is different from kind to kind.
struct Template {
    summary: &'static str,
    /// Name of the stage within the plugin.
    stage: &'static str,
    code: &'static str,
    pipeline: &'static str,
    /// The pipeline that `pipeline` changes.
    base: &'static str,
}

const ANALYSIS: &str = include_str!("../../../pipelines/analyze.toml");
const WHOLE_JOB: &str = include_str!("../../../pipelines/default.toml");

fn template(kind: PluginKind) -> Template {
    match kind {
        PluginKind::SyncMode => Template {
            summary: "Shifts subtitles by the measured delay and a constant.",
            stage: "nudge",
            code: include_str!("../../../examples/third-party-sync-mode/src/lib.rs"),
            pipeline: include_str!("../../templates/sync-mode.toml"),
            base: WHOLE_JOB,
        },
        PluginKind::Correlation => Template {
            summary: "Measures delays by the loudness of sound over time.",
            stage: "envelope",
            code: include_str!("../../../examples/third-party-correlation/src/lib.rs"),
            pipeline: include_str!("../../templates/correlation.toml"),
            base: ANALYSIS,
        },
        PluginKind::Corrector => Template {
            summary: "Corrects audio that drifts.",
            stage: "drift",
            code: include_str!("../../templates/corrector.rs"),
            pipeline: include_str!("../../templates/corrector.toml"),
            base: WHOLE_JOB,
        },
        PluginKind::Stage => Template {
            summary: "Adds a constant to measured delays.",
            stage: "nudge",
            code: include_str!("../../templates/stage.rs"),
            pipeline: include_str!("../../templates/stage.toml"),
            base: ANALYSIS,
        },
    }
}

/// Names that Cargo or Rust keep to themselves.
const TAKEN: [&str; 62] = [
    "abstract",
    "alloc",
    "as",
    "async",
    "await",
    "become",
    "box",
    "break",
    "build",
    "const",
    "continue",
    "core",
    "crate",
    "deps",
    "do",
    "dyn",
    "else",
    "enum",
    "examples",
    "extern",
    "false",
    "final",
    "fn",
    "for",
    "gen",
    "if",
    "impl",
    "in",
    "incremental",
    "let",
    "loop",
    "macro",
    "match",
    "mod",
    "move",
    "mut",
    "override",
    "priv",
    "proc-macro",
    "pub",
    "ref",
    "return",
    "self",
    "static",
    "std",
    "struct",
    "super",
    "test",
    "trait",
    "true",
    "try",
    "type",
    "typeof",
    "unsafe",
    "unsized",
    "use",
    "virtual",
    "vsg-host",
    "vsg-plugin-api",
    "where",
    "while",
    "yield",
];

pub(super) fn new(args: &NewArgs) -> Result<(), Failure> {
    let name = name_of(&args.path)?;
    let api = api_folder(args.api.as_deref())?;
    let template = template(args.kind);
    let library = format!("{}{}{}", std::env::consts::DLL_PREFIX, name.replace('-', "_"), std::env::consts::DLL_SUFFIX);
    // A string of TOML is written as one of JSON.
    let api = serde_json::Value::from(api.to_string_lossy()).to_string();
    let fill = |text: &str| {
        // The examples are plugins themselves, which the tests build and run.
        let text = text.replace("acme-correlation", "{{name}}").replace("acme-nudge", "{{name}}");
        let words = [
            ("name", name.as_str()),
            ("summary", template.summary),
            ("stage", template.stage),
            ("library", &library),
            ("api", &api),
        ];
        words.iter().fold(text, |text, (word, value)| text.replace(&format!("{{{{{word}}}}}"), value))
    };
    let files = [
        ("Cargo.toml", fill(include_str!("../../templates/Cargo.toml.in"))),
        ("README.md", fill(include_str!("../../templates/README.md"))),
        (".gitignore", include_str!("../../templates/gitignore").to_owned()),
        ("src/lib.rs", fill(template.code)),
        ("pipeline.toml", fill(template.pipeline)),
        ("base.toml", template.base.to_owned()),
    ];
    write(&args.path, &files)?;
    print(&format!(
        "{} holds the plugin {name}; its stage is {name}/{}.\n\n  cd {}\n  cargo test\n  cargo build\n  vsg-host test target/debug/{library}\n",
        args.path.display(),
        template.stage,
        vsg_tools::quote(args.path.as_os_str()),
    ))
}

/// The name of the crate, which is that of the folder.
fn name_of(path: &Path) -> Result<String, Failure> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let is_word = |word: &str| {
        !word.is_empty() && word.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit())
    };
    let is_name =
        name.len() <= 64 && name.starts_with(|first: char| first.is_ascii_lowercase()) && name.split('-').all(is_word);
    if !is_name {
        return Err(Failure::arguments(
            format!("`{name}` can not be the name of a plugin"),
            "choose small letters and digits with dashes in between, such as acme-envelope",
        ));
    }
    if TAKEN.contains(&name.as_str()) {
        return Err(Failure::arguments(
            format!("`{name}` can not be the name of a plugin: Rust or Cargo keep that word to themselves"),
            format!("choose another one, such as acme-{name}"),
        ));
    }
    Ok(name)
}

/// The folder of vsg-plugin-api: the one that was named, or that of the sources that this program was built from.
fn api_folder(named: Option<&Path>) -> Result<PathBuf, Failure> {
    let is_api = |folder: &Path| {
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap_or_default();
        manifest.lines().any(|line| line.trim() == "name = \"vsg-plugin-api\"")
    };
    let absolute = |folder: &Path| folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    if let Some(folder) = named {
        // Whoever names the whole of the sources means the folder in it.
        let inner = folder.join("plugin-api");
        return match [folder, &inner].into_iter().find(|folder| is_api(folder)) {
            Some(folder) => Ok(absolute(folder)),
            None => Err(Failure::arguments(
                format!("`{}` is not the folder of vsg-plugin-api", folder.display()),
                "name the folder `plugin-api` in the sources of vsg-host",
            )),
        };
    }
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_owned);
    let program = std::env::current_exe().ok();
    let above = program.iter().flat_map(|program| program.ancestors().skip(1).map(Path::to_owned));
    let installed = above.clone().take(2).map(|folder| folder.join("share/vsg-host"));
    let mut places = sources.into_iter().chain(above).chain(installed).map(|folder| folder.join("plugin-api"));
    match places.find(|folder| is_api(folder)) {
        Some(folder) => Ok(absolute(&folder)),
        None => Err(Failure::arguments(
            "the sources of vsg-plugin-api, which plugins are built with, are not where this program was built",
            "get the sources of vsg-host in this version, and name their folder `plugin-api` by --api",
        )),
    }
}

/// Writes a folder that does not exist yet, or nothing.
fn write(folder: &Path, files: &[(&str, String)]) -> Result<(), Failure> {
    fs::create_dir(folder).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => {
            Failure::arguments(format!("`{}` exists already", folder.display()), "choose another name, or remove it")
        }
        _ => not_written(folder, &error),
    })?;
    let written = files.iter().try_for_each(|(name, text)| {
        let path = folder.join(name);
        path.parent().map_or(Ok(()), fs::create_dir_all)?;
        fs::write(path, text)
    });
    written.map_err(|error| {
        // Half a crate is of no use; what can not be removed is at least named by the message.
        let _ = fs::remove_dir_all(folder);
        not_written(folder, &error)
    })
}

fn not_written(folder: &Path, error: &io::Error) -> Failure {
    Failure::Run {
        message: format!("can not write `{}`: {error}", folder.display()),
        help: Some("choose a folder that exists and that you may write to".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plugin_is_named_as_a_crate_is() {
        for good in ["acme-envelope", "acme", "a1-b2", "some/where/acme-3d"] {
            assert!(name_of(Path::new(good)).is_ok(), "{good}");
        }
        for bad in
            ["", "/", "..", "Acme", "acme_x", "3d", "-acme", "acme-", "a--b", "ümlaut", "a b", "fn", "test", "vsg-host"]
        {
            assert!(name_of(Path::new(bad)).is_err(), "{bad}");
        }
        assert!(name_of(Path::new(&"a".repeat(65))).is_err());
    }

    #[test]
    fn the_sources_are_known_by_their_manifest() {
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().canonicalize().unwrap();
        assert_eq!(api_folder(None).unwrap(), sources.join("plugin-api"));
        assert_eq!(api_folder(Some(&sources)).unwrap(), sources.join("plugin-api"));
        assert!(api_folder(Some(&sources.join("host"))).is_err());
    }

    #[test]
    fn nothing_is_left_to_fill_in() {
        for kind in <PluginKind as clap::ValueEnum>::value_variants() {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("acme-new");
            new(&NewArgs { path: path.clone(), kind: *kind, api: None }).unwrap();
            for name in ["Cargo.toml", "README.md", ".gitignore", "src/lib.rs", "pipeline.toml", "base.toml"] {
                let text = fs::read_to_string(path.join(name)).unwrap();
                assert!(!text.contains("{{name") && !text.contains("{{api"), "{name}: {text}");
                assert!(!text.contains("{{s") && !text.contains("{{l"), "{name}: {text}");
            }
            assert_eq!(new(&NewArgs { path, kind: *kind, api: None }).unwrap_err().exit_code(), 2);
        }
    }
}
