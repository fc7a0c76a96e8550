//! Commands against tools that fail, hang, talk nonsense or fill the disk: small shell scripts.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tempfile::TempDir;
use vsg_tools::{Command, Error, Exit, LogStyle, Observer, Tool};

/// A script that stands in for a tool.
struct Fake {
    dir: TempDir,
}

impl Fake {
    fn new(script: &str) -> Fake {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("script"), script).unwrap();
        Fake { dir }
    }

    /// Runs it as `tool` would be run; `$DIR` in the script is a scratch directory.
    fn command(&self, tool: Tool) -> Command<'_> {
        Command::at(tool, "/bin/sh").arg(self.path("script")).env("DIR", self.dir.path())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }
}

#[derive(Default)]
struct Watcher {
    log: Mutex<Vec<String>>,
    progress: Mutex<Vec<f64>>,
    is_cancelled: AtomicBool,
    cancel_once_there: Option<PathBuf>,
}

impl Watcher {
    fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }
}

impl Observer for Watcher {
    fn log(&self, message: &str) {
        self.log.lock().unwrap().push(message.to_owned());
    }

    fn progress(&self, fraction: f64) {
        self.progress.lock().unwrap().push(fraction);
    }

    fn cancelled(&self) -> bool {
        self.is_cancelled.load(Ordering::Relaxed) || self.cancel_once_there.as_deref().is_some_and(Path::exists)
    }
}

/// Waits until the process whose number is in `file` is gone (a zombie is). A killed process that is not our own
/// child takes a moment; one that is never gone hangs the test.
fn wait_until_gone(file: &Path) {
    let Ok(pid) = fs::read_to_string(file) else { return };
    let stat = PathBuf::from(format!("/proc/{}/stat", pid.trim()));
    while fs::read_to_string(&stat).is_ok_and(|stat| !stat[stat.rfind(')').unwrap()..].starts_with(") Z")) {
        std::thread::yield_now();
    }
}

#[test]
fn a_missing_program_says_so() {
    let error = Command::program("/no/such/program").run().unwrap_err();
    assert!(matches!(error, Error::NotFound { .. }), "{error:?}");
    assert!(error.to_string().contains("there is no program '/no/such/program'"), "{error}");
}

#[test]
fn a_file_that_is_no_program_says_so() {
    let fake = Fake::new("");
    let error = Command::at(Tool::Ffmpeg, fake.path("script")).run().unwrap_err();
    assert!(matches!(error, Error::NotExecutable { .. }), "{error:?}");
}

#[test]
fn a_missing_directory_is_not_blamed_on_the_tool() {
    let error = Fake::new("").command(Tool::Ffmpeg).current_dir("/no/such/dir").run().unwrap_err();
    assert!(error.to_string().contains("enter the directory '/no/such/dir'"), "{error}");
}

#[test]
fn a_failure_carries_the_end_of_standard_error() {
    let fake = Fake::new("for i in 1 2 3; do echo line $i >&2; done; exit 7");
    let watcher = Watcher::default();
    let command = fake.command(Tool::Ffmpeg).doing("decoding 'a.mkv'").observer(&watcher);
    let error = command.binary().output().unwrap_err();
    assert_eq!(error.to_string(), "ffmpeg (decoding 'a.mkv') ended with exit code 7. It said:\nline 1\nline 2\nline 3");
    assert_eq!(watcher.log()[1..], ["[!] Command failed with exit code 7", "[stderr/tail]\nline 1\nline 2\nline 3"]);
}

#[test]
fn a_crash_names_its_signal() {
    let error = Fake::new("kill -SEGV $$").command(Tool::Ffmpeg).run().unwrap_err();
    assert!(matches!(error, Error::Failed { exit: Exit::Signal(11), .. }), "{error:?}");
}

#[test]
fn standard_error_never_reaches_the_data() {
    let fake = Fake::new("printf '\\001\\002'; echo warning >&2; printf '\\377'");
    let output = fake.command(Tool::Ffmpeg).binary().output().unwrap();
    assert_eq!(output.stdout, [1, 2, 255]);
    assert_eq!(output.stderr, "warning");
}

#[test]
fn mkvtoolnix_may_warn_and_still_succeed() {
    let fake = Fake::new("echo 'Progress: 50%'; echo 'Warning: odd track'; echo 'Progress: 100%'; exit 1");
    let watcher = Watcher::default();
    let finished = fake.command(Tool::Mkvmerge).observer(&watcher).run().unwrap();
    assert_eq!(finished.warnings, ["odd track"]);
    assert_eq!(watcher.log()[1..], ["Progress: 50%", "[WARNING] odd track", "Progress: 100%"]);
    assert_eq!(*watcher.progress.lock().unwrap(), [0.5, 1.0]);

    let silent = Fake::new("exit 1");
    assert_eq!(silent.command(Tool::Mkvmerge).run().unwrap().warnings.len(), 1);
    let failed = Fake::new("echo 'Error: no such file'; exit 2").command(Tool::Mkvmerge).run().unwrap_err();
    assert!(failed.to_string().ends_with("It said:\nError: no such file"), "{failed}");
}

#[test]
fn ffmpeg_progress_becomes_fractions_and_nothing_else() {
    let fake = Fake::new(
        "printf 'frame=1\\nout_time_us=1000000\\nprogress=continue\\nreal complaint\\n' >&2
         printf 'out_time_us=4000000\\nprogress=end\\n' >&2",
    );
    let watcher = Watcher::default();
    let style = LogStyle { compact: false, ..LogStyle::default() };
    let command = fake.command(Tool::Ffmpeg).ffmpeg_progress(Duration::from_secs(4));
    let finished = command.observer(&watcher).log_style(style).run().unwrap();
    assert_eq!(*watcher.progress.lock().unwrap(), [0.25, 1.0, 1.0]);
    assert_eq!(finished.stderr, "real complaint");
    assert_eq!(watcher.log()[1..], ["real complaint"]);
    assert!(watcher.log()[0].ends_with("-nostats -progress pipe:2"));
}

#[test]
fn lines_arrive_one_by_one_and_are_split_at_carriage_returns() {
    let mut lines = Vec::new();
    let fake = Fake::new("printf 'a\\rb\\r\\nc\\n'; echo not this >&2; printf d");
    fake.command(Tool::Ffprobe).lines(|line| lines.push(line.to_owned())).unwrap();
    assert_eq!(lines, ["a", "b", "c", "d"]);
}

#[test]
fn a_cancelled_command_leaves_nobody_behind() {
    let fake = Fake::new(
        "sh -c 'echo $$ > \"$DIR/grandchild.tmp\"; mv \"$DIR/grandchild.tmp\" \"$DIR/grandchild\"; sleep 1000' &
         echo $$ > \"$DIR/child\"; wait",
    );
    let watcher = Watcher { cancel_once_there: Some(fake.path("grandchild")), ..Watcher::default() };
    let error = fake.command(Tool::Ffmpeg).observer(&watcher).run().unwrap_err();
    assert!(error.is_cancelled(), "{error:?}");
    wait_until_gone(&fake.path("child"));
    wait_until_gone(&fake.path("grandchild"));
}

#[test]
fn a_tool_that_ignores_the_polite_request_is_killed() {
    let fake = Fake::new("trap '' TERM; echo $$ > \"$DIR/child\"; while :; do sleep 1000; done");
    let watcher = Watcher { cancel_once_there: Some(fake.path("child")), ..Watcher::default() };
    let error = fake.command(Tool::Ffmpeg).observer(&watcher).run().unwrap_err();
    assert!(error.is_cancelled(), "{error:?}");
    wait_until_gone(&fake.path("child"));
}

#[test]
fn a_cancelled_job_starts_nothing() {
    let fake = Fake::new("touch \"$DIR/ran\"");
    let watcher = Watcher { is_cancelled: true.into(), ..Watcher::default() };
    assert!(fake.command(Tool::Ffmpeg).observer(&watcher).run().unwrap_err().is_cancelled());
    assert!(!fake.path("ran").exists() && watcher.log().is_empty());
}

#[test]
fn endless_warnings_are_counted() {
    let fake = Fake::new("yes 'Warning: again' | head -n 5000; exit 1");
    let watcher = Watcher::default();
    let finished = fake.command(Tool::Mkvmerge).observer(&watcher).run().unwrap();
    assert_eq!(finished.warnings.len(), 101);
    assert_eq!(finished.warnings[100], "4900 more warnings of mkvmerge are left out");
    assert!(watcher.log().len() < 120, "{}", watcher.log().len());
}

#[test]
fn a_silent_tool_is_stopped_with_advice() {
    let fake = Fake::new("echo $$ > \"$DIR/child\"; sleep 1000");
    let error = fake.command(Tool::Ffmpeg).timeout_idle(Duration::from_millis(300)).run().unwrap_err();
    assert!(matches!(error, Error::Hung { .. }), "{error:?}");
    assert!(error.to_string().contains("no sign of life for 0.3 s"), "{error}");
    wait_until_gone(&fake.path("child"));
}

#[test]
fn a_growing_file_is_a_sign_of_life() {
    let fake = Fake::new("i=10; while [ $i -lt 30 ]; do sleep 0.2; echo $i >> \"$DIR/out\"; i=$((i+1)); done");
    let file = File::create(fake.path("out")).unwrap();
    let command = fake.command(Tool::Ffmpeg).timeout_idle(Duration::from_secs(3));
    command.output_file(file.try_clone().unwrap()).run().unwrap();
    assert_eq!(file.metadata().unwrap().len(), 60);
}

#[test]
fn a_large_file_is_whole_although_it_leaves_memory_as_it_grows() {
    let fake = Fake::new("for i in 1 2 3 4 5 6; do head -c 12000000 \"$DIR/noise\" >> \"$DIR/out\"; sleep 0.06; done");
    let noise: Vec<u8> = (0..12_000_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    fs::write(fake.path("noise"), &noise).unwrap();
    let file = File::create(fake.path("out")).unwrap();
    fake.command(Tool::Ffmpeg).output_file(file).run().unwrap();
    assert!(fs::read(fake.path("out")).unwrap() == noise.repeat(6));
}

#[test]
fn a_stray_that_keeps_the_pipe_open_does_not_hold_us_up() {
    let fake = Fake::new(
        "sh -c 'echo $$ > \"$DIR/stray\"; echo ready; exec sleep 1000' & wait_for=\"$DIR/stray\"
        while [ ! -s \"$wait_for\" ]; do sleep 0.01; done; echo done",
    );
    let output = fake.command(Tool::Ffmpeg).output().unwrap();
    assert!(String::from_utf8(output.stdout).unwrap().contains("done"));
    wait_until_gone(&fake.path("stray"));
}

#[cfg(target_os = "linux")]
#[test]
fn a_stray_in_a_session_of_its_own_does_not_hold_us_up_either() {
    let fake = Fake::new(
        "setsid sh -c 'echo $$ > \"$DIR/stray\"; exec sleep 20' &
        while [ ! -s \"$DIR/stray\" ]; do sleep 0.01; done; printf 'half a line'",
    );
    let mut lines = Vec::new();
    fake.command(Tool::Ffmpeg).lines(|line| lines.push(line.to_owned())).unwrap();
    assert_eq!(lines, ["half a line"]);
    let pid = fs::read_to_string(fake.path("stray")).unwrap();
    Command::program("/bin/sh").args(["-c", "kill $0", pid.trim()]).run().unwrap();
}

#[test]
fn endless_output_is_cut_off() {
    let fake = Fake::new("yes");
    let error = fake.command(Tool::Ffprobe).limit(100_000).output().unwrap_err();
    assert!(matches!(error, Error::OutputTooLarge { limit: 100_000, .. }), "{error:?}");
}

#[test]
fn endless_complaints_are_bounded() {
    let fake = Fake::new("head -c 5000000 /dev/zero | tr '\\0' 'x' >&2; yes complaint | head -n 200000 >&2; exit 3");
    let error = fake.command(Tool::Ffmpeg).output().unwrap_err();
    assert!(error.to_string().len() < 10_000);
}

#[test]
fn binary_nonsense_does_no_harm() {
    let fake = Fake::new("head -c 300000 /dev/urandom >&2; head -c 300000 /dev/urandom");
    let output = fake.command(Tool::Mkvmerge).output().unwrap();
    assert_eq!(output.stdout.len(), 300_000);
    assert!(output.stderr.len() <= 64 * 1024);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_recognised() {
    let fake = Fake::new("cat \"$0\" > /dev/full; exit 0");
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let error = fake.command(Tool::Ffmpeg).output_file(full).run().unwrap_err();
    assert!(matches!(error, Error::StorageFull { .. }), "{error:?}");
    assert!(error.to_string().starts_with("the disk is full: ffmpeg could not write its output"), "{error}");

    let told = Fake::new("echo 'av_interleaved_write_frame(): No space left on device' >&2; exit 1");
    assert!(matches!(told.command(Tool::Ffmpeg).run(), Err(Error::StorageFull { .. })));
}

#[test]
fn a_pipe_closed_early_is_not_the_end() {
    let fake = Fake::new("exec >&- 2>&-; sleep 0.2; exit 5");
    let error = fake.command(Tool::Ffmpeg).run().unwrap_err();
    assert!(matches!(error, Error::Failed { exit: Exit::Code(5), .. }), "{error:?}");
}

#[test]
fn a_panic_of_the_caller_ends_the_tool() {
    let fake = Fake::new("echo $$ > \"$DIR/child\"; echo go; sleep 1000");
    let run = || fake.command(Tool::Ffmpeg).lines(|_| panic!("the caller fails")).map(|_| ());
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).is_err());
    wait_until_gone(&fake.path("child"));
}

#[test]
fn standard_input_is_closed_and_variables_are_set() {
    let fake = Fake::new("cat; printf '%s' \"$COLOUR $(pwd)\"");
    let dir = fake.path("").canonicalize().unwrap();
    let output = fake.command(Tool::Ffmpeg).env("COLOUR", "red").current_dir(&dir).output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), format!("red {}", dir.display()));
}

#[cfg(target_os = "linux")]
#[test]
fn the_cost_is_accounted() {
    let fake = Fake::new("i=0; while [ $i -lt 400000 ]; do i=$((i+1)); done");
    let usage = fake.command(Tool::Ffmpeg).run().unwrap().usage;
    let cpu = usage.cpu.unwrap();
    assert!(cpu.user_s + cpu.system_s > 0.0);
    assert!(usage.peak_rss_bytes.unwrap() > 100_000);
}

#[test]
fn arguments_need_not_be_text() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let fake = Fake::new("printf '%s' \"$1\"");
    let output = fake.command(Tool::Ffmpeg).arg(OsStr::from_bytes(b"a\xffb")).output().unwrap();
    assert_eq!(output.stdout, b"a\xffb");
}

#[test]
fn many_commands_at_once_do_not_disturb_each_other() {
    let fake = Fake::new("head -c 200000 /dev/zero >> \"$1\"; echo e >&2");
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let file = tempfile::NamedTempFile::new().unwrap();
                let command = Command::at(Tool::Ffmpeg, "/bin/sh").arg(fake.path("script")).arg(file.path());
                command.output_file(file.reopen().unwrap()).run().unwrap();
                assert_eq!(file.as_file().metadata().unwrap().len(), 200_000);
            });
        }
    });
}
