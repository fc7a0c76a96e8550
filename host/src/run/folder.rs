//! The folder of one run: bulk data of values and scratch folders of stages, removed when the run ends.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

/// How the names of all run folders begin.
const PREFIX: &str = "vsg-run-";
/// Name of the file whose lock says that a run is alive; in the parent folder, that somebody makes or sweeps run folders.
const LOCK: &str = "vsg-host.lock";
/// Name of the file that lists what stages are writing elsewhere.
const UNFINISHED: &str = "unfinished.json";
/// Ending of the folders of stages that run in a process of their own.
const ISOLATED: &str = "isolated";

/// A folder that exists as long as its run. One that a killed run left behind is removed by the next.
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
    next: AtomicUsize,
    unfinished: Mutex<Vec<PathBuf>>,
    // Held open, because the lock ends with it; none in a process that works for another one, which removes the folder.
    lock: Option<File>,
}

impl RunFolder {
    /// Makes a new folder in `parent`, and removes those of dead runs there.
    ///
    /// # Errors
    /// `parent` can not be made or written.
    pub fn create(parent: &Path) -> io::Result<Self> {
        fs::create_dir_all(parent)?;
        let parents_lock = File::create(parent.join(LOCK))?;
        parents_lock.lock()?;
        sweep(parent);
        let path = tempfile::Builder::new().prefix(PREFIX).tempdir_in(parent)?.keep();
        let lock = File::create_new(path.join(LOCK))?;
        lock.try_lock().map_err(io::Error::from)?;
        Ok(Self { path, next: AtomicUsize::new(0), unfinished: Mutex::default(), lock: Some(lock) })
    }

    /// A folder within that of another process, for a stage that runs for it. It stays.
    pub(super) fn part_of_another(path: &Path) -> Self {
        Self { path: path.to_owned(), next: AtomicUsize::new(0), unfinished: Mutex::default(), lock: None }
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
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

    /// A new folder for a stage that runs in a process of its own.
    ///
    /// # Errors
    /// It can not be made.
    pub(super) fn isolated_dir(&self) -> io::Result<PathBuf> {
        let path = self.path.join(format!("{}.{ISOLATED}", self.next.fetch_add(1, Ordering::Relaxed)));
        fs::create_dir(&path)?;
        Ok(path)
    }

    /// Takes note of a file elsewhere that a stage is about to write and will rename when it is complete. If the run dies
    /// before that, the file goes with it.
    ///
    /// # Errors
    /// The note can not be written.
    pub fn note_unfinished(&self, file: PathBuf) -> io::Result<()> {
        let mut unfinished = self.unfinished.lock().map_err(|_| io::Error::other("a thread died"))?;
        unfinished.push(file);
        fs::write(self.path.join(UNFINISHED), serde_json::to_vec(&*unfinished)?)
    }

    /// Removes everything.
    pub fn clear(&self) {
        remove(&self.path);
    }
}

impl Drop for RunFolder {
    fn drop(&mut self) {
        if self.lock.is_some() {
            self.clear();
        }
    }
}

/// Removes a run folder, and first the unfinished files that it and its isolated stages list. What can not be removed now is
/// left to the next run.
fn remove(path: &Path) {
    let isolated = fs::read_dir(path).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path()));
    let isolated = isolated.filter(|path| path.extension().is_some_and(|extension| extension == ISOLATED));
    for folder in std::iter::once(path.to_owned()).chain(isolated) {
        let list = fs::read(folder.join(UNFINISHED)).unwrap_or_default();
        for file in serde_json::from_slice::<Vec<PathBuf>>(&list).unwrap_or_default() {
            let _ = fs::remove_file(file);
        }
    }
    let _ = fs::remove_dir_all(path);
}

/// Removes the folders of runs whose process is gone: their lock is free. Nobody may be making one meanwhile.
fn sweep(parent: &Path) {
    let Ok(entries) = fs::read_dir(parent) else {
        return;
    };
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        let is_run = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(PREFIX));
        if is_run && File::open(path.join(LOCK)).is_ok_and(|lock| lock.try_lock().is_ok()) {
            remove(&path);
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
        let elsewhere = tempfile::tempdir().unwrap();
        let half = elsewhere.path().join("half a film.mkv");
        dead.note_unfinished(half.clone()).unwrap();
        fs::write(&half, b"half").unwrap();
        let isolated = dead.isolated_dir().unwrap();
        let other_half = elsewhere.path().join("half another.mkv");
        RunFolder::part_of_another(&isolated).note_unfinished(other_half.clone()).unwrap();
        fs::write(&other_half, b"half").unwrap();
        // A killed process frees its lock without removing anything.
        dead.lock.as_ref().unwrap().unlock().unwrap();
        std::mem::forget(dead);
        let alive = RunFolder::create(parent.path()).unwrap();
        assert!(!dead_path.exists() && !half.exists() && !other_half.exists());
        let other = RunFolder::create(parent.path()).unwrap();
        assert!(alive.path.exists(), "a run that is alive is left alone");
        let path = alive.path.clone();
        drop((alive, other));
        assert!(!path.exists());
    }

    #[test]
    fn folders_of_others_are_left_alone() {
        let parent = tempfile::tempdir().unwrap();
        for foreign in ["run-1", "vsg-run-mine"] {
            fs::create_dir(parent.path().join(foreign)).unwrap();
            fs::write(parent.path().join(foreign).join("data"), b"precious").unwrap();
        }
        fs::write(parent.path().join("run-1").join(LOCK), b"").unwrap();
        drop(RunFolder::create(parent.path()).unwrap());
        assert!(parent.path().join("run-1/data").exists() && parent.path().join("vsg-run-mine/data").exists());
    }
}
