//! CPU time and anonymous memory of a command and everything that it starts.

use nix::sys::resource::{UsageWho, getrusage};
use std::{
    collections::HashMap,
    error::Error,
    fs,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

/// What a command took.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Measured {
    pub(crate) wall_s: f64,
    pub(crate) cpu_s: f64,
    pub(crate) anonymous_mib: f64,
}

impl Measured {
    /// Two commands one after the other.
    pub(crate) fn then(self, next: Self) -> Self {
        Self {
            wall_s: self.wall_s + next.wall_s,
            cpu_s: self.cpu_s + next.cpu_s,
            anonymous_mib: self.anonymous_mib.max(next.anonymous_mib),
        }
    }
}

/// Runs a command to its end. Fails if it fails.
pub(crate) fn measure(command: &mut Command) -> Result<Measured, Box<dyn Error>> {
    let (start, before_s) = (Instant::now(), children_cpu_s()?);
    let mut child = command.stdout(Stdio::null()).spawn()?;
    let mut largest_kib = 0;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        largest_kib = largest_kib.max(anonymous_kib(child.id()));
        std::thread::sleep(Duration::from_millis(5));
    };
    if !status.success() {
        return Err(format!("{command:?} ended with {status}").into());
    }
    Ok(Measured {
        wall_s: start.elapsed().as_secs_f64(),
        cpu_s: children_cpu_s()? - before_s,
        anonymous_mib: largest_kib as f64 / 1024.0,
    })
}

fn children_cpu_s() -> Result<f64, Box<dyn Error>> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let seconds = |time: nix::sys::time::TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
    Ok(seconds(usage.user_time()) + seconds(usage.system_time()))
}

/// Anonymous pages of a process and all that descend from it (KiB).
fn anonymous_kib(root: u32) -> u64 {
    let mut processes: HashMap<u32, (u32, u64)> = HashMap::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        let status = fs::read_to_string(entry.path().join("status")).unwrap_or_default();
        let number = |key: &str| -> Option<u64> {
            status.lines().find_map(|line| line.strip_prefix(key))?.split_whitespace().next()?.parse().ok()
        };
        if let Some(parent) = number("PPid:") {
            processes.insert(id, (parent as u32, number("RssAnon:").unwrap_or(0)));
        }
    }
    let descends = |mut id: u32| loop {
        if id == root {
            return true;
        }
        match processes.get(&id) {
            Some((parent, _)) if *parent != 0 => id = *parent,
            _ => return false,
        }
    };
    processes.iter().filter(|(id, _)| descends(**id)).map(|(_, (_, kib))| kib).sum()
}
