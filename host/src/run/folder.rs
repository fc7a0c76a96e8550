//! The folder of one run: bulk data of values and scratch folders of stages, removed when the run ends.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
};

/// Name of the file whose lock says that the run is alive.
const LOCK: &str = "lock";

/// A folder that exists as long as its run. One that a killed run left behind is removed by the next.
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
    next: AtomicUsize,
    // Held open, because the lock ends with it.
    _lock: File,
}

impl RunFolder {
    /// Makes a new folder in `parent`, and removes those of dead runs there.
    ///
    /// # Errors
    /// `parent` can not be made or written.
    pub fn create(parent: &Path) -> io::Result<Self> {
        fs::create_dir_all(parent)?;
        sweep(parent);
        let path = tempfile::Builder::new().prefix("run-").tempdir_in(parent)?.keep();
        let lock = File::create_new(path.join(LOCK))?;
        lock.try_lock().map_err(io::Error::from)?;
        Ok(Self { path, next: AtomicUsize::new(0), _lock: lock })
    }

    /// A path for new bulk data.
    pub fn blob_file(&self) -> PathBuf {
        self.path.join(format!("{}.blob", self.next.fetch_add(1, Ordering::Relaxed)))
    }

    /// A new empty folder.
    ///
    /// # Errors
    /// It can not be made.
    pub fn scratch_dir(&self) -> io::Result<PathBuf> {
        let path = self.path.join(format!("{}.scratch", self.next.fetch_add(1, Ordering::Relaxed)));
        fs::create_dir(&path)?;
        Ok(path)
    }
}

impl Drop for RunFolder {
    fn drop(&mut self) {
        // What can not be removed now is swept by the next run.
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// Removes the folders of runs whose process is gone: their lock is free.
fn sweep(parent: &Path) {
    let Ok(entries) = fs::read_dir(parent) else {
        return;
    };
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        let is_run = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("run-"));
        if is_run && File::open(path.join(LOCK)).is_ok_and(|lock| lock.try_lock().is_ok()) {
            let _ = fs::remove_dir_all(&path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_goes_with_its_run_and_a_dead_one_is_swept() {
        let parent = tempfile::tempdir().unwrap();
        let dead = RunFolder::create(parent.path()).unwrap();
        let dead_path = dead.path.clone();
        fs::write(dead.blob_file(), b"left over").unwrap();
        drop(dead._lock.try_clone());
        // A killed process frees its lock without removing anything.
        dead._lock.unlock().unwrap();
        std::mem::forget(dead);
        let alive = RunFolder::create(parent.path()).unwrap();
        assert!(!dead_path.exists());
        let other = RunFolder::create(parent.path()).unwrap();
        assert!(alive.path.exists(), "a run that is alive is left alone");
        let path = alive.path.clone();
        drop((alive, other));
        assert!(!path.exists());
    }
}
