//! Everything that differs between operating systems.

#[cfg(unix)]
pub(crate) use unix::*;
#[cfg(windows)]
pub(crate) use windows::*;

/// Whether `file_name` is `name` as a shared library with a version in its file name.
pub(crate) fn is_versioned_library(file_name: &str, name: &str) -> bool {
    let Some(rest) = file_name.strip_prefix("lib").and_then(|rest| rest.strip_prefix(name)) else {
        return false;
    };
    rest.starts_with(".so.") || (rest.starts_with('.') && rest.ends_with(".dylib"))
}

#[cfg(unix)]
mod unix {
    use std::fs::File;
    use std::io::{self, Read};
    use std::os::fd::AsFd;
    use std::os::unix::process::{CommandExt, ExitStatusExt};
    use std::process::{Child, Command, ExitStatus};
    use std::time::Duration;

    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

    use crate::{CpuTime, Exit};

    pub(crate) const LIBRARY_PATH_VARIABLES: [&str; 2] = ["LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"];
    pub(crate) const LIBRARY_DIRS: [&str; 9] = [
        "/usr/local/lib",
        "/usr/local/lib64",
        "/opt/onnxruntime/lib",
        "/opt/homebrew/lib",
        "/usr/lib",
        "/usr/lib64",
        "/usr/lib/x86_64-linux-gnu",
        "/usr/lib/aarch64-linux-gnu",
        "/lib",
    ];

    pub(crate) fn library_file_name(name: &str) -> String {
        format!("lib{name}.{}", if cfg!(target_os = "macos") { "dylib" } else { "so" })
    }

    /// Puts the child into a process group of its own, so that it can be ended together with its children. On Linux it also
    /// dies with us, however we die, and a limit that was set for us alone ([`DATA_LIMIT`](crate::DATA_LIMIT)) is none of its.
    #[cfg_attr(target_os = "linux", allow(unsafe_code, reason = "code between fork and exec"))]
    pub(crate) fn isolate(command: &mut Command) {
        command.process_group(0);
        #[cfg(target_os = "linux")]
        {
            use rustix::process::{Resource, Rlimit, getrlimit, set_parent_process_death_signal, setrlimit};
            let limit = std::env::var(crate::DATA_LIMIT).ok().map(|before| before.parse::<u64>().ok());
            // SAFETY: system calls, which allocate nothing and take no lock.
            unsafe {
                command.pre_exec(move || {
                    if let Some(current) = limit {
                        let maximum = getrlimit(Resource::Data).maximum;
                        setrlimit(Resource::Data, Rlimit { current: current.or(maximum), maximum })?;
                    }
                    Ok(set_parent_process_death_signal(Some(Signal::KILL))?)
                });
            }
        }
    }

    /// Asks the child's whole group to end.
    pub(crate) fn ask_to_end(child: &mut Child) {
        signal(child, Signal::TERM);
    }

    /// Ends the child's whole group.
    pub(crate) fn kill(child: &mut Child) {
        signal(child, Signal::KILL);
    }

    /// The group's number stays reserved until the child is reaped, so no stranger can be hit.
    fn signal(child: &Child, signal: Signal) {
        let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        if let Some(group) = group {
            // The only possible failure is that nobody is left in the group, which is what is wanted.
            let _ = kill_process_group(group, signal);
        }
    }

    /// Whether the child has ended; it is not reaped, so its number and its accounts stay.
    pub(crate) fn has_ended(child: &mut Child) -> io::Result<bool> {
        let Some(pid) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) else {
            return Ok(child.try_wait()?.is_some());
        };
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        Ok(waitid(WaitId::Pid(pid), options)?.is_some())
    }

    /// The reading end of a child's output.
    pub(crate) trait Pipe: Read + AsFd {}
    impl<T: Read + AsFd> Pipe for T {}

    /// Waits until `source` has something to read or has ended; false when `patience` is over.
    pub(crate) fn wait_readable(source: &impl Pipe, patience: Duration) -> io::Result<bool> {
        let timeout = Timespec::try_from(patience).map_err(io::Error::other)?;
        match poll(&mut [PollFd::new(source, PollFlags::IN)], Some(&timeout)) {
            Ok(ready) => Ok(ready > 0),
            Err(rustix::io::Errno::INTR) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    pub(crate) fn exit(status: ExitStatus) -> Exit {
        match (status.code(), status.signal()) {
            (Some(code), _) => Exit::Code(code),
            (None, signal) => Exit::Signal(signal.unwrap_or_default()),
        }
    }

    /// CPU time of an ended child that is not reaped yet.
    #[cfg(target_os = "linux")]
    pub(crate) fn cpu_time(child: &Child) -> Option<CpuTime> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", child.id())).ok()?;
        // The second field is the program's name in parentheses and may contain anything.
        let fields: Vec<&str> = stat.get(stat.rfind(')')? + 1..)?.split_whitespace().collect();
        let ticks = |index: usize| -> Option<f64> { fields.get(index)?.parse().ok() };
        let per_second = rustix::param::clock_ticks_per_second() as f64;
        // Fields 14 to 17 of proc(5): utime, stime, cutime, cstime.
        let user_s = (ticks(11)? + ticks(13)?) / per_second;
        let system_s = (ticks(12)? + ticks(14)?) / per_second;
        Some(CpuTime { user_s, system_s })
    }

    /// Bytes that an ended child that is not reaped yet has read and written.
    #[cfg(target_os = "linux")]
    pub(crate) fn bytes(child: &Child) -> (Option<u64>, Option<u64>) {
        let text = std::fs::read_to_string(format!("/proc/{}/io", child.id())).unwrap_or_default();
        let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
        (field("rchar:"), field("wchar:"))
    }

    /// Largest resident memory (bytes) of a child that has not ended yet.
    #[cfg(target_os = "linux")]
    pub(crate) fn peak_rss_bytes(child: &Child) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
    }

    #[cfg(not(target_os = "linux"))]
    pub(crate) fn cpu_time(_child: &Child) -> Option<CpuTime> {
        None
    }

    #[cfg(not(target_os = "linux"))]
    pub(crate) fn bytes(_child: &Child) -> (Option<u64>, Option<u64>) {
        (None, None)
    }

    #[cfg(not(target_os = "linux"))]
    pub(crate) fn peak_rss_bytes(_child: &Child) -> Option<u64> {
        None
    }

    /// Starts writing a part of a file to the disk, and drops what has arrived there from memory. Never waits.
    #[cfg(target_os = "linux")]
    pub(crate) fn write_behind(file: &File, start: u64, end: u64) {
        let length = std::num::NonZeroU64::new(end.saturating_sub(start));
        // It is advice: a file system that does not take it loses nothing.
        let _ = rustix::fs::fadvise(file, start, length, rustix::fs::Advice::DontNeed);
    }

    #[cfg(not(target_os = "linux"))]
    pub(crate) fn write_behind(_file: &File, _start: u64, _end: u64) {}

    /// Variables for a tool whose messages are read: English texts, and file names that may be any Unicode.
    pub(crate) fn plain_locale() -> Option<(&'static str, &'static str)> {
        cfg!(target_os = "linux").then_some(("LC_ALL", "C.UTF-8"))
    }
}

#[cfg(windows)]
mod windows {
    use std::fs::File;
    use std::io::{self, Read};
    use std::os::windows::process::CommandExt;
    use std::process::{Child, Command, ExitStatus};
    use std::time::Duration;

    use crate::{CpuTime, Exit};

    const CREATE_NEW_PROCESS_GROUP: u32 = 0x0000_0200;
    const CREATE_NO_WINDOW: u32 = 0x0800_0000;

    pub(crate) const LIBRARY_PATH_VARIABLES: [&str; 1] = ["PATH"];
    pub(crate) const LIBRARY_DIRS: [&str; 1] = ["C:\\Program Files\\onnxruntime\\lib"];

    pub(crate) fn library_file_name(name: &str) -> String {
        format!("{name}.dll")
    }

    /// Keeps the child away from the console's Ctrl-C, which the host answers itself.
    pub(crate) fn isolate(command: &mut Command) {
        command.creation_flags(CREATE_NEW_PROCESS_GROUP | CREATE_NO_WINDOW);
    }

    /// There is no polite way to end a program without a window.
    pub(crate) fn ask_to_end(child: &mut Child) {
        kill(child);
    }

    /// Ends the child; its own children are not followed.
    pub(crate) fn kill(child: &mut Child) {
        // The only expected failure is that it has ended, which is what is wanted.
        let _ = child.kill();
    }

    pub(crate) fn has_ended(child: &mut Child) -> io::Result<bool> {
        Ok(child.try_wait()?.is_some())
    }

    /// The reading end of a child's output.
    pub(crate) trait Pipe: Read {}
    impl<T: Read> Pipe for T {}

    /// A pipe cannot be asked, so reading simply blocks.
    pub(crate) fn wait_readable(_source: &impl Pipe, _patience: Duration) -> io::Result<bool> {
        Ok(true)
    }

    pub(crate) fn exit(status: ExitStatus) -> Exit {
        Exit::Code(status.code().unwrap_or(-1))
    }

    pub(crate) fn cpu_time(_child: &Child) -> Option<CpuTime> {
        None
    }

    pub(crate) fn bytes(_child: &Child) -> (Option<u64>, Option<u64>) {
        (None, None)
    }

    pub(crate) fn peak_rss_bytes(_child: &Child) -> Option<u64> {
        None
    }

    pub(crate) fn write_behind(_file: &File, _start: u64, _end: u64) {}

    pub(crate) fn plain_locale() -> Option<(&'static str, &'static str)> {
        None
    }
}
