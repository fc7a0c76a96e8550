//! Runs the built program on a job in a folder of its own, and looks at what it leaves behind.

use serde_json::Value;
use std::{
    ffi::OsStr,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::OnceLock,
    time::SystemTime,
};
use tempfile::TempDir;

/// Packages of the plugins that the tests use.
const PLUGINS: [&str; 11] = [
    "alignment",
    "audio-filter",
    "correlation-features",
    "correlation-gcc",
    "correlation-scc",
    "delays",
    "drift-dbscan",
    "media",
    "misbehaving",
    "mux-mkvmerge",
    "subtitle-sync",
];

/// The built program.
pub(crate) fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_vsg-host"))
}

/// The folder of the workspace.
pub(crate) fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// A pipeline that comes with the program.
pub(crate) fn shipped(name: &str) -> PathBuf {
    workspace().join("pipelines").join(name)
}

/// A script in the place of ffmpeg: what `samples` prints becomes the decoded audio, which begins at 0.
pub(crate) fn decoder(samples: &str) -> String {
    // The file of samples comes after their format; the last argument is the file that tells of the first one.
    format!(
        "for word; do [ \"$before\" = f32le ] && file=$word; before=$word; done
        echo '#tb 0: 1/48000' > \"$before\"; {{ {samples}; }} > \"$file\""
    )
}

/// The folder of program and plugins, such as `target/debug`; builds the plugins if they are missing or older than any source.
pub(crate) fn built() -> &'static Path {
    static BUILT: OnceLock<bool> = OnceLock::new();
    let folder = program().parent().unwrap();
    assert!(BUILT.get_or_init(|| are_fresh(folder) || build(folder)), "the plugins can not be built");
    folder
}

fn are_fresh(folder: &Path) -> bool {
    let changed = |path: PathBuf| fs::metadata(path).and_then(|file| file.modified()).ok();
    let oldest = PLUGINS.iter().map(|plugin| changed(library(folder, plugin))).min();
    let sources = ["plugin-api", "libs", "plugins", "tests/misbehaving-plugin"];
    oldest.flatten() >= sources.iter().map(|part| newest(&workspace().join(part))).max()
}

fn build(folder: &Path) -> bool {
    let mut command = Command::new(env!("CARGO"));
    // All libraries but not the program, which is running by now.
    command.args(["build", "--workspace", "--lib"]).current_dir(workspace());
    command.env("CARGO_TARGET_DIR", folder.parent().unwrap());
    if folder.ends_with("release") {
        command.arg("--release");
    }
    command.status().unwrap().success()
}

/// Builds a crate that is no member of the workspace, as its author would; the folder with its library.
pub(crate) fn build_apart(crate_folder: &Path) -> PathBuf {
    let target_dir = program().parent().unwrap().parent().unwrap().join("third-party");
    let mut command = Command::new(env!("CARGO"));
    command.args(["build", "--locked"]).current_dir(crate_folder);
    let status = command.env("CARGO_TARGET_DIR", &target_dir).env("CARGO_PROFILE_DEV_DEBUG", "0").status();
    assert!(status.unwrap().success(), "{} does not build", crate_folder.display());
    target_dir.join("debug")
}

/// The library of a plugin in the folder of the program.
pub(crate) fn library(folder: &Path, plugin: &str) -> PathBuf {
    let name = plugin.replace('-', "_");
    folder.join(format!("{}{name}{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX))
}

/// When the newest source file below a folder was changed.
fn newest(folder: &Path) -> SystemTime {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let times = entries.filter_map(|path| match path.extension().and_then(OsStr::to_str) {
        _ if path.is_dir() => Some(newest(&path)),
        Some("rs" | "toml") => Some(fs::metadata(&path).unwrap().modified().unwrap()),
        _ => None,
    });
    times.max().unwrap_or(SystemTime::UNIX_EPOCH)
}

/// The program with one verb, without anything of the user's surroundings.
pub(crate) fn vsg_host(home: &Path) -> Command {
    let mut command = Command::new(built().join("vsg-host"));
    command.env_remove("VSG_PLUGINS").env("XDG_DATA_HOME", home).env("XDG_CACHE_HOME", home).env("NO_COLOR", "1");
    command.stdin(Stdio::null());
    command
}

/// A job that is being put together.
pub(crate) struct Job {
    pub(crate) folder: TempDir,
    pub(crate) command: Command,
}

impl Job {
    /// Runs a pipeline with results in `out` and values in `store` of a new folder.
    pub(crate) fn new(pipeline: impl AsRef<OsStr>) -> Self {
        Self::in_folder(new_folder(), pipeline)
    }

    /// The same in a folder where another job ran before.
    pub(crate) fn in_folder(folder: TempDir, pipeline: impl AsRef<OsStr>) -> Self {
        Self::of_verb("run", folder, [pipeline])
    }

    /// The same with another verb that takes pipelines.
    pub(crate) fn of_verb<P: AsRef<OsStr>>(
        verb: &str,
        folder: TempDir,
        pipelines: impl IntoIterator<Item = P>,
    ) -> Self {
        let mut command = vsg_host(&folder.path().join("home"));
        command.arg(verb).args(pipelines).arg("-o").arg(folder.path().join("out"));
        command.env("VSG_STORE", folder.path().join("store"));
        Self { folder, command }
    }

    /// Runs stages that need no media.
    pub(crate) fn of_stages(stages: &str) -> Self {
        let job = Self::new("toy.toml");
        fs::write(job.path("film.mkv"), "not looked into").unwrap();
        fs::write(job.path("toy.toml"), format!("[job]\nreference = \"film.mkv\"\n{stages}")).unwrap();
        job.within()
    }

    /// A path in the job's folder.
    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs in the job's folder.
    pub(crate) fn within(mut self) -> Self {
        self.command.current_dir(self.folder.path());
        self
    }

    /// Adds an argument.
    pub(crate) fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.command.arg(arg);
        self
    }

    /// Adds the source files, the reference first.
    pub(crate) fn sources<P: AsRef<OsStr>>(mut self, files: impl IntoIterator<Item = P>) -> Self {
        self.command.arg("--").args(files);
        self
    }

    /// Changes a setting.
    pub(crate) fn set(self, setting: &str) -> Self {
        self.arg("--set").arg(setting)
    }

    /// A scan that is quick: four short windows.
    pub(crate) fn quick(self) -> Self {
        self.set("correlate.with.windows=4").set("correlate.with.window_s=5")
    }

    /// Sets a variable of the environment.
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Puts a shell script in the place of a tool: `VSG_FFMPEG`, `VSG_MKVMERGE`, ….
    pub(crate) fn fake(self, variable: &str, script: &str) -> Self {
        let path = self.path(variable);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        self.env(variable, path)
    }

    /// Runs it to its end.
    pub(crate) fn run(mut self) -> Ran {
        let output = self.command.output().unwrap();
        Ran { folder: self.folder, output }
    }
}

/// A folder for a job.
pub(crate) fn new_folder() -> TempDir {
    tempfile::Builder::new().prefix("vsg-end-to-end-").tempdir().unwrap()
}

/// A job that has ended.
pub(crate) struct Ran {
    pub(crate) folder: TempDir,
    pub(crate) output: Output,
}

impl Ran {
    /// What was written to standard error.
    pub(crate) fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.output.stderr).into_owned()
    }

    /// What was written to standard output.
    pub(crate) fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.output.stdout).into_owned()
    }

    /// A file of the results, by the end of its name.
    pub(crate) fn result(&self, ending: &str) -> PathBuf {
        let mut found = self.results().into_iter().filter(|name| name.ends_with(ending));
        let name = found.next().unwrap_or_else(|| panic!("no {ending} among {:?}\n{}", self.results(), self.stderr()));
        self.folder.path().join("out").join(name)
    }

    /// `report.json`.
    pub(crate) fn report(&self) -> Value {
        serde_json::from_slice(&fs::read(self.result(".report.json")).unwrap()).unwrap()
    }

    /// The log.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.result(".log")).unwrap()
    }

    /// Names in the output folder, sorted; none if there is no folder.
    pub(crate) fn results(&self) -> Vec<String> {
        names(&self.folder.path().join("out"))
    }

    /// Asserts that the job succeeded and cleaned up, and gives the report.
    pub(crate) fn succeeded(&self) -> Value {
        assert_eq!(self.output.status.code(), Some(0), "{}\n{}", self.stdout(), self.stderr());
        self.left_nothing_half_done();
        let report = self.report();
        assert_eq!(report["error"], Value::Null);
        report
    }

    /// Asserts that the job failed with an exit code and a message with these parts, and left nothing half done.
    pub(crate) fn failed(&self, code: i32, parts: &[&str]) {
        let text = self.stderr();
        assert_eq!(self.output.status.code(), Some(code), "{}\n{text}", self.stdout());
        // Long lines of a terminal's message may be wrapped.
        let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for part in parts {
            assert!(flat.contains(part), "`{part}` is not in:\n{text}");
        }
        for sign in ["thread '", "RUST_BACKTRACE", "unwrap()"] {
            assert!(!text.contains(sign), "the program panicked:\n{text}");
        }
        assert!(!self.results().iter().any(|name| name.ends_with(".mkv")), "{:?}", self.results());
        self.left_nothing_half_done();
        if code == 1 {
            let report = self.report();
            assert_eq!(report["status"], "failed");
            assert!(report["error"].is_string() && report["output"].is_null(), "{report:#}");
            let log = self.log();
            assert!(log.contains("[FATAL ERROR] Job failed: ") && log.ends_with("=== Job Finished ===\n"), "{log}");
        }
    }

    /// Asserts that there is no temporary file, neither beside the results nor in the store.
    pub(crate) fn left_nothing_half_done(&self) {
        let results = self.results();
        assert!(!results.iter().any(|name| name.contains("partial") || name.starts_with('.')), "{results:?}");
        assert_eq!(run_folders(&self.folder.path().join("store")), [""; 0], "{}", self.stderr());
    }
}

/// What is left of runs in a store, beside the lock that all runs share.
pub(crate) fn run_folders(store: &Path) -> Vec<String> {
    let mut names = names(&store.join("runs"));
    names.retain(|name| name != "vsg-host.lock");
    names
}

/// Names in a folder, sorted; none if there is no folder.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}
