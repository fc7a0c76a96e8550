//! What differs between operating systems.

use etcetera::BaseStrategy;
use std::path::PathBuf;

/// The user's folder for data of this program, or `None` without a home.
#[must_use]
pub fn data_dir() -> Option<PathBuf> {
    Some(etcetera::choose_base_strategy().ok()?.data_dir().join("vsg-host"))
}

/// The folder for files that can be made again; in the system's temporary folder without a home.
#[must_use]
pub fn cache_dir() -> PathBuf {
    etcetera::choose_base_strategy().map_or_else(|_| std::env::temp_dir(), |base| base.cache_dir()).join("vsg-host")
}

/// Calls `on_signal` whenever the user asks the program to stop: Ctrl-C, and the terminate signal where there is one.
pub fn on_stop_signal(on_signal: impl FnMut() + Send + 'static) {
    // A second handler in one process is a defect of tests only; then the first one stays.
    let _ = ctrlc::set_handler(on_signal);
}

/// Gives a file that was made as a private temporary one the permissions of an ordinary file.
///
/// # Errors
/// The system refuses.
pub fn share(file: &std::fs::File) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        file.set_permissions(std::fs::Permissions::from_mode(0o644))?;
    }
    #[cfg(not(unix))]
    let _ = file;
    Ok(())
}

/// The absolute path of a file without `..` in it. A file that is a link keeps its name, because results are named after it.
///
/// # Errors
/// The folder of the file can not be found.
pub fn plain_path(path: &std::path::Path) -> std::io::Result<PathBuf> {
    let absolute = std::path::absolute(path)?;
    match (absolute.parent(), absolute.file_name()) {
        (Some(folder), Some(name)) => Ok(folder.canonicalize()?.join(name)),
        _ => Ok(absolute),
    }
}

/// Whether two paths lead to one file or folder.
#[must_use]
pub fn is_same(one: &std::path::Path, other: &std::path::Path) -> bool {
    one == other || matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}

/// Standard output for this program alone: what plugins print goes to standard error from now on.
pub(crate) fn own_stdout() -> Box<dyn std::io::Write + Send> {
    #[cfg(unix)]
    {
        use std::os::fd::AsFd;
        let own = std::io::stdout().as_fd().try_clone_to_owned();
        if let Ok(own) = own
            && rustix::stdio::dup2_stdout(std::io::stderr()).is_ok()
        {
            return Box::new(std::fs::File::from(own));
        }
    }
    Box::new(std::io::stdout())
}

/// What a thread has cost so far.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct ThreadCost {
    /// Whether the system tells at all.
    pub(crate) is_known: bool,
    /// Processor time (ns).
    pub(crate) cpu_ns: u64,
    /// Bytes that it read, from files and pipes.
    pub(crate) read_bytes: u64,
    /// Bytes that it wrote.
    pub(crate) written_bytes: u64,
}

/// What the calling thread has cost so far.
#[cfg(target_os = "linux")]
pub(crate) fn thread_cost() -> ThreadCost {
    use rustix::time::{ClockId, clock_gettime};
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let cpu_ns = u64::try_from(time.tv_sec).unwrap_or(0) * 1_000_000_000 + u64::try_from(time.tv_nsec).unwrap_or(0);
    let text = linux::THREAD_IO.with(linux::Told::now).unwrap_or_default();
    let field = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|value| value.trim().parse().ok()).unwrap_or(0)
    };
    ThreadCost { is_known: true, cpu_ns, read_bytes: field("rchar:"), written_bytes: field("wchar:") }
}

/// Resident memory of this process (bytes).
#[cfg(target_os = "linux")]
pub(crate) fn resident_memory() -> Option<u64> {
    let pages: u64 = linux::MEMORY.with(linux::Told::now)?.split(' ').nth(1)?.parse().ok()?;
    Some(pages * rustix::param::page_size() as u64)
}

/// Memory of this process that is not backed by files (bytes): what a limit counts.
#[cfg(target_os = "linux")]
pub(crate) fn private_memory() -> Option<u64> {
    let text = linux::MEMORY.with(linux::Told::now)?;
    let mut pages = text.split(' ').skip(1).map_while(|field| field.trim().parse::<u64>().ok());
    let (resident, shared) = (pages.next()?, pages.next()?);
    Some(resident.saturating_sub(shared) * rustix::param::page_size() as u64)
}

/// Largest resident memory that this process had (bytes).
#[cfg(target_os = "linux")]
pub(crate) fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}

/// The variable that tells tools of a stage with a memory limit what was the limit before.
#[cfg(target_os = "linux")]
pub(crate) fn memory_limit_of_tools() -> Option<(&'static str, String)> {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Data).current;
    Some((vsg_tools::DATA_LIMIT, limit.map_or_else(|| "none".to_owned(), |bytes| bytes.to_string())))
}

/// Makes the system refuse memory beyond this much more than there is now (bytes), so that no leap outruns a watcher.
#[cfg(target_os = "linux")]
pub(crate) fn limit_memory(more: u64) {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmData:"));
    let now: Option<u64> = line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse().ok());
    let limit = now.unwrap_or(0).saturating_mul(1024).saturating_add(more);
    // Only the soft limit, so that tools can be freed of it. A system that takes none leaves it to the watcher.
    let maximum = getrlimit(Resource::Data).maximum;
    let _ = setrlimit(Resource::Data, Rlimit { current: Some(limit), maximum });
}

#[cfg(target_os = "linux")]
mod linux {
    use std::{cell::OnceCell, fs::File, os::unix::fs::FileExt};

    thread_local! {
        pub(super) static THREAD_IO: Told = const { Told::new("/proc/thread-self/io") };
        pub(super) static MEMORY: Told = const { Told::new("/proc/self/statm") };
    }

    /// A file of the system that is opened once and read again and again.
    pub(super) struct Told {
        path: &'static str,
        file: OnceCell<Option<File>>,
    }

    impl Told {
        const fn new(path: &'static str) -> Self {
            Self { path, file: OnceCell::new() }
        }

        /// What it says now.
        pub(super) fn now(&self) -> Option<String> {
            let mut text = [0; 512];
            let file = self.file.get_or_init(|| File::open(self.path).ok()).as_ref()?;
            let length = file.read_at(&mut text, 0).ok()?;
            Some(String::from_utf8_lossy(&text[..length]).into_owned())
        }
    }
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn thread_cost() -> ThreadCost {
    ThreadCost::default()
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn resident_memory() -> Option<u64> {
    None
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn private_memory() -> Option<u64> {
    None
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn peak_memory() -> Option<u64> {
    None
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn memory_limit_of_tools() -> Option<(&'static str, String)> {
    None
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn limit_memory(_more: u64) {}
