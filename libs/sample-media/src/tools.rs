//! Runs ffmpeg and mkvmerge, feeding or reading them through pipes, and turns their failures into errors.

use std::ffi::OsString;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};

use crate::{Error, Result};

/// How much of a failed tool's output is shown (bytes).
const TAIL: usize = 2000;

/// Where the two programs are; by default wherever the PATH finds them.
#[derive(Debug, Clone)]
pub struct Tools {
    /// ffmpeg 4.4 or newer.
    pub ffmpeg: PathBuf,
    /// mkvmerge 20 or newer.
    pub mkvmerge: PathBuf,
}

impl Default for Tools {
    fn default() -> Self {
        Self { ffmpeg: "ffmpeg".into(), mkvmerge: "mkvmerge".into() }
    }
}

/// One call of a program.
pub(crate) struct Call<'a> {
    program: &'a Path,
    package: &'static str,
    version_flag: &'static str,
    /// mkvmerge ends with 1 after a warning.
    worst_success: i32,
    doing: String,
    /// Where the output goes.
    folder: &'a Path,
}

impl Tools {
    pub(crate) fn ffmpeg<'a>(&'a self, doing: String, folder: &'a Path) -> Call<'a> {
        Call { program: &self.ffmpeg, package: "ffmpeg", version_flag: "-version", worst_success: 0, doing, folder }
    }

    pub(crate) fn mkvmerge<'a>(&'a self, doing: String, folder: &'a Path) -> Call<'a> {
        Call {
            program: &self.mkvmerge,
            package: "mkvtoolnix",
            version_flag: "--version",
            worst_success: 1,
            doing,
            folder,
        }
    }
}

impl Call<'_> {
    /// Runs to the end; gives what was printed to stdout and stderr.
    pub(crate) fn output(&self, args: &[OsString]) -> Result<(String, String)> {
        let (stdout, stderr) = self.talk(args, |stdin, stdout| self.read(stdin, stdout))?;
        Ok((String::from_utf8_lossy(&stdout).into_owned(), stderr))
    }

    /// Runs to the end; gives what was written to stdout.
    pub(crate) fn bytes(&self, args: &[OsString]) -> Result<Vec<u8>> {
        self.talk(args, |stdin, stdout| self.read(stdin, stdout)).map(|(stdout, _)| stdout)
    }

    /// Runs while `body` writes to its stdin; stdout is expected to stay empty.
    pub(crate) fn feed(&self, args: &[OsString], body: impl FnOnce(&mut ChildStdin) -> Result<()>) -> Result<()> {
        self.talk(args, |mut stdin, _stdout| body(&mut stdin).map(|()| Vec::new())).map(drop)
    }

    fn read(&self, stdin: ChildStdin, mut stdout: ChildStdout) -> Result<Vec<u8>> {
        drop(stdin);
        let mut bytes = Vec::new();
        stdout.read_to_end(&mut bytes).map_err(|source| self.pipe_error(source))?;
        Ok(bytes)
    }

    /// An error of a pipe to or from the program.
    pub(crate) fn pipe_error(&self, source: std::io::Error) -> Error {
        Error::io(self.doing.clone(), self.program, source)
    }

    /// Gives what `body` got from stdout, and what was printed to stderr.
    fn talk(
        &self,
        args: &[OsString],
        body: impl FnOnce(ChildStdin, ChildStdout) -> Result<Vec<u8>>,
    ) -> Result<(Vec<u8>, String)> {
        let mut child = self.spawn(args)?;
        let (Some(stdin), Some(stdout), Some(mut stderr)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(self.pipe_error(ErrorKind::BrokenPipe.into()));
        };
        let (result, complaints) = std::thread::scope(|scope| {
            let listener = scope.spawn(move || {
                let mut text = Vec::new();
                // What cannot be read is not shown; the exit status still counts.
                let _ = stderr.read_to_end(&mut text);
                String::from_utf8_lossy(&text).into_owned()
            });
            let result = body(stdin, stdout);
            // A broken pipe means that the program is ending by itself and has something to say.
            if result.as_ref().is_err_and(|error| !is_broken_pipe(error)) {
                let _ = child.kill();
            }
            (result, listener.join().unwrap_or_default())
        });
        let status = child.wait().map_err(|source| self.pipe_error(source))?;
        match result {
            Err(error) if !is_broken_pipe(&error) => Err(error),
            Ok(value) if status.code().is_some_and(|code| (0..=self.worst_success).contains(&code)) => {
                Ok((value, complaints))
            }
            // mkvmerge complains on stdout.
            Ok(printed) if complaints.trim().is_empty() => {
                Err(self.failure(status, &String::from_utf8_lossy(&printed[printed.len().saturating_sub(TAIL)..])))
            }
            _ => Err(self.failure(status, &complaints)),
        }
    }

    fn spawn(&self, args: &[OsString]) -> Result<Child> {
        Command::new(self.program)
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|source| match source.kind() {
                ErrorKind::NotFound => Error::ToolMissing {
                    doing: self.doing.clone(),
                    program: self.program.display().to_string(),
                    package: self.package,
                    version_flag: self.version_flag,
                },
                _ => self.pipe_error(source),
            })
    }

    fn failure(&self, status: ExitStatus, complaints: &str) -> Error {
        if complaints.contains("No space left on device") || complaints.contains("Disk quota exceeded") {
            return Error::disk_full(self.doing.clone(), self.folder);
        }
        let mut from = complaints.len().saturating_sub(TAIL);
        while !complaints.is_char_boundary(from) {
            from += 1;
        }
        Error::ToolFailed {
            doing: self.doing.clone(),
            program: self.program.display().to_string(),
            status: status.to_string(),
            tail: complaints[from..].trim().to_owned(),
        }
    }
}

fn is_broken_pipe(error: &Error) -> bool {
    matches!(error, Error::Io { source, .. } if source.kind() == ErrorKind::BrokenPipe)
}

/// Turns mixed texts and paths into arguments.
macro_rules! args {
    ($($arg:expr),* $(,)?) => { [$(std::ffi::OsString::from($arg)),*] };
}
pub(crate) use args;

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Error {
        let tools = Tools { ffmpeg: "sh".into(), ..Tools::default() };
        tools.ffmpeg("encoding the audio".into(), Path::new("/")).output(&args!["-c", script]).unwrap_err()
    }

    #[test]
    fn a_missing_program_is_named_with_what_to_install() {
        let tools = Tools { ffmpeg: "no-such-ffmpeg".into(), ..Tools::default() };
        let error = tools.ffmpeg("encoding the audio".into(), Path::new(".")).output(&[]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "encoding the audio: `no-such-ffmpeg` was not found; install ffmpeg and make sure it is on the PATH \
             (check with `no-such-ffmpeg -version`)"
        );
    }

    #[test]
    fn a_failure_shows_the_last_words() {
        let error = shell("echo 'Unknown encoder' >&2; exit 3").to_string();
        assert!(error.contains("exit status: 3") && error.ends_with("Unknown encoder"), "{error}");
    }

    #[test]
    fn a_full_disk_is_recognised() {
        let error = shell("echo 'av_interleaved_write_frame(): No space left on device' >&2; exit 1");
        assert_eq!(
            error.to_string(),
            "encoding the audio: the disk that holds / is full; free some space or choose another folder"
        );
    }

    #[test]
    fn a_program_that_dies_while_it_is_fed_is_reported_by_its_own_words() {
        let tools = Tools { ffmpeg: "sh".into(), ..Tools::default() };
        let call = tools.ffmpeg("encoding the audio".into(), Path::new("."));
        let error = call
            .feed(&args!["-c", "echo 'cannot open' >&2; exit 1"], |stdin| {
                let block = [0_u8; 65_536];
                loop {
                    std::io::Write::write_all(stdin, &block).map_err(|source| call.pipe_error(source))?;
                }
            })
            .unwrap_err();
        assert!(error.to_string().ends_with("cannot open"), "{error}");
    }
}
