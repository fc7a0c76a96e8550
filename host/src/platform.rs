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
