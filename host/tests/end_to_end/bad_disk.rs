//! Disks that are full. They are small file systems in memory; where they can not be mounted the tests have nothing to do.
#![cfg(target_os = "linux")]

use crate::{
    media,
    program::{Job, run_folders, shipped},
};
use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// A mounted file system; unmounted when it is dropped.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// Mounts one of so many bytes on a new folder, if that is permitted.
    fn mount(place: &Path, bytes: usize) -> Option<Self> {
        std::fs::create_dir_all(place).unwrap();
        let size = format!("size={bytes}");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(place).output();
        let is_mounted = mounted.is_ok_and(|output| output.status.success());
        if !is_mounted {
            println!("not tested: a file system in memory can not be mounted here");
        }
        is_mounted.then(|| Self(place.to_owned()))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // What stays mounted is noticed by whoever removes the folder.
        let _ = Command::new("umount").arg(&self.0).output();
    }
}

#[test]
fn no_room_for_the_output() {
    let pair = media::small();
    let job = Job::new(shipped("default.toml")).quick().sources(pair.files());
    let Some(disk) = SmallDisk::mount(&job.path("out"), 256 << 10) else {
        return;
    };
    let ran = job.run();
    ran.failed(1, &["mux: the disk is full", "writing the output", "by -o"]);
    drop(disk);
}

#[test]
fn no_room_for_bulk_data() {
    let pair = media::small();
    let job = Job::new(shipped("default.toml")).quick().sources(pair.files());
    let Some(disk) = SmallDisk::mount(&job.path("store"), 1 << 20) else {
        return;
    };
    let ran = job.run();
    ran.failed(1, &["audio@Source", "the disk is full", "--store"]);
    assert_eq!(run_folders(&disk.0), [""; 0]);
    drop(disk);
}

#[test]
fn no_room_for_log_and_reports() {
    let pair = media::small();
    let job = Job::new(shipped("analyze.toml")).quick().sources(pair.files());
    // One page: the log can be made, and that is it.
    let Some(disk) = SmallDisk::mount(&job.path("out"), 4096) else {
        return;
    };
    let ran = job.run();
    assert_eq!(ran.output.status.code(), Some(1), "{}", ran.stderr());
    assert!(ran.stderr().contains("can not write the results into"), "{}", ran.stderr());
    assert!(ran.stderr().contains("make room there, or choose another folder by -o"), "{}", ran.stderr());
    ran.left_nothing_half_done();
    drop(disk);
}
