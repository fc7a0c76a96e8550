//! What a running command tells the work that started it, and asks it.

use crate::Usage;

/// Receives the log and the progress of a command and says whether it is still wanted.
///
/// Every method is called from the thread that runs the command; the bound `Sync` lets one observer serve
/// commands on several threads at once.
pub trait Observer: Sync {
    /// Takes one log message, without a timestamp and without a final newline; a message may have several lines.
    fn log(&self, message: &str);

    /// Takes how much of the work is done, from 0.0 to 1.0.
    fn progress(&self, fraction: f64);

    /// Says whether the command should stop; asked about forty times a second.
    fn cancelled(&self) -> bool;

    /// Takes what a command cost that has ended, well or not; `tool` is its name.
    fn used(&self, _tool: &str, _usage: &Usage) {}
}

/// The observer of a command that nobody watches: it drops everything and never cancels.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unobserved;

impl Observer for Unobserved {
    fn log(&self, _message: &str) {}

    fn progress(&self, _fraction: f64) {}

    fn cancelled(&self) -> bool {
        false
    }
}
