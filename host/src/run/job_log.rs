//! The log of a job: lines of stages that run side by side, written in the order of the plan.

use std::{
    fs::File,
    io::{self, Write},
    path::Path,
    sync::Mutex,
};

/// Collects lines for each instance and writes those of one instance together, in the order of the plan.
pub struct JobLog {
    state: Mutex<State>,
}

struct State {
    file: Option<File>,
    problem: Option<io::Error>,
    /// Lines of each instance that is not written yet, and whether it has ended.
    waiting: Vec<(Vec<String>, bool)>,
    next: usize,
    phases: Vec<Option<String>>,
    phase: Option<String>,
}

impl JobLog {
    /// A log into a file; `phases` are the parts of the job that the instances belong to, in the order of the plan.
    ///
    /// # Errors
    /// The file can not be made.
    pub fn create(path: &Path, phases: Vec<Option<String>>) -> io::Result<Self> {
        Ok(Self::new(Some(File::create(path)?), phases))
    }

    fn new(file: Option<File>, phases: Vec<Option<String>>) -> Self {
        let waiting = phases.iter().map(|_| (Vec::new(), false)).collect();
        Self { state: Mutex::new(State { file, problem: None, waiting, next: 0, phases, phase: None }) }
    }

    /// Writes a line that stands outside of all stages.
    pub fn plain(&self, line: &str) {
        self.with(|state| state.write(line));
    }

    /// Takes a message of an instance.
    pub fn message(&self, instance: usize, text: &str) {
        let line = format!("[{}] {text}", jiff::ZonedDateTime::now().strftime("%H:%M:%S"));
        self.with(|state| {
            if let Some((lines, _)) = state.waiting.get_mut(instance) {
                lines.push(line);
            }
        });
    }

    /// Writes all that is complete up to the first instance that has not ended.
    pub fn ended(&self, instance: usize) {
        self.with(|state| {
            if let Some((_, ended)) = state.waiting.get_mut(instance) {
                *ended = true;
            }
            while state.waiting.get(state.next).is_some_and(|(_, ended)| *ended) {
                state.flush_next();
            }
        });
    }

    /// Writes everything that is left, and tells if anything could not be written.
    ///
    /// # Errors
    /// The first write that failed.
    pub fn finish(&self) -> io::Result<()> {
        let mut problem = None;
        self.with(|state| {
            while state.next < state.waiting.len() {
                state.flush_next();
            }
            problem = state.problem.take();
        });
        problem.map_or(Ok(()), Err)
    }

    fn with(&self, body: impl FnOnce(&mut State)) {
        // Nothing panics while it holds this lock.
        if let Ok(mut state) = self.state.lock() {
            body(&mut state);
        }
    }
}

impl State {
    fn flush_next(&mut self) {
        let lines = std::mem::take(&mut self.waiting[self.next].0);
        let phase = self.phases[self.next].take();
        if !lines.is_empty() && phase.is_some() && phase != self.phase {
            if let Some(name) = &phase {
                self.write(&format!("--- {name} Phase ---"));
            }
            self.phase = phase;
        }
        lines.iter().for_each(|line| self.write(line));
        self.next += 1;
    }

    fn write(&mut self, line: &str) {
        if let Some(file) = &mut self.file
            && let Err(error) = writeln!(file, "{}", line.trim_end())
        {
            self.problem.get_or_insert(error);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_in_the_order_of_the_plan_with_a_mark_for_each_phase() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("job.log");
        let phase = |name: &str| Some(name.to_owned());
        let log = JobLog::create(&path, vec![phase("Analysis"), phase("Analysis"), None, phase("Muxing")]).unwrap();
        log.plain("=== start ===");
        log.message(3, "late");
        log.message(1, "second");
        log.ended(1);
        log.message(0, "first");
        log.ended(0);
        log.finish().unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let bare: Vec<&str> = text.lines().map(|line| line.split_once("] ").map_or(line, |(_, rest)| rest)).collect();
        assert_eq!(
            bare,
            ["=== start ===", "--- Analysis Phase ---", "first", "second", "--- Muxing Phase ---", "late"]
        );
    }
}
