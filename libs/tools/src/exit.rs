//! How a process ended, and what that means for the tool it was.

use std::fmt;

use crate::Family;

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// It ended itself with this exit code.
    Code(i32),
    /// This signal ended it (unix).
    Signal(i32),
}

/// What an exit means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Done.
    Success,
    /// Done, with warnings: the result was written and can be used.
    Warnings,
    /// Not done.
    Failure,
}

impl Exit {
    /// The number the reference program logs: the exit code, or minus the signal.
    #[must_use]
    pub fn number(self) -> i32 {
        match self {
            Exit::Code(code) => code,
            Exit::Signal(signal) => signal.wrapping_neg(),
        }
    }

    /// What this exit means for a tool of `family`.
    ///
    /// mkvtoolnix ends with 1 when it has warned about something and still written its file.
    #[must_use]
    pub fn verdict(self, family: Family) -> Verdict {
        match (self, family) {
            (Exit::Code(0), _) => Verdict::Success,
            (Exit::Code(1), Family::Mkvtoolnix) => Verdict::Warnings,
            _ => Verdict::Failure,
        }
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Exit::Code(code) => write!(f, "ended with exit code {code}"),
            Exit::Signal(9) => write!(f, "was killed (signal 9, SIGKILL; the system may have run out of memory)"),
            Exit::Signal(signal @ (4 | 6 | 7 | 8 | 11)) => write!(f, "crashed (signal {signal}, {})", name(*signal)),
            Exit::Signal(signal) => write!(f, "was ended by signal {signal}{}", named(*signal)),
        }
    }
}

/// The name of a signal; those whose numbers differ between systems are left out.
fn name(signal: i32) -> &'static str {
    match signal {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        4 => "SIGILL",
        6 => "SIGABRT",
        7 => "SIGBUS",
        8 => "SIGFPE",
        9 => "SIGKILL",
        11 => "SIGSEGV",
        13 => "SIGPIPE",
        14 => "SIGALRM",
        15 => "SIGTERM",
        _ => "",
    }
}

fn named(signal: i32) -> String {
    Some(name(signal)).filter(|name| !name.is_empty()).map_or(String::new(), |name| format!(" ({name})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_a_warning_for_mkvtoolnix_only() {
        assert_eq!(Exit::Code(1).verdict(Family::Mkvtoolnix), Verdict::Warnings);
        assert_eq!(Exit::Code(1).verdict(Family::Ffmpeg), Verdict::Failure);
        assert_eq!(Exit::Code(2).verdict(Family::Mkvtoolnix), Verdict::Failure);
        assert_eq!(Exit::Signal(1).verdict(Family::Mkvtoolnix), Verdict::Failure);
        assert_eq!(Exit::Code(0).verdict(Family::Other), Verdict::Success);
    }
}
