//! The error of a stage: a message for the user, what to do about it, and whether the run was cancelled.

use serde::{Deserialize, Serialize};

/// Result of everything that a stage does.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a stage failed. Any `std::error::Error` turns into one with `?`, its causes joined into the message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Error {
    message: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    help: Option<String>,
    #[serde(default)]
    cancelled: bool,
}

impl Error {
    /// An error whose message says what was being done, to what, and what went wrong.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None, cancelled: false }
    }

    /// Adds what the user can do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The user stopped the run.
    #[must_use]
    pub fn cancelled() -> Self {
        Self { message: "cancelled".into(), help: None, cancelled: true }
    }

    /// What went wrong.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to do about it.
    #[must_use]
    pub fn help_text(&self) -> Option<&str> {
        self.help.as_deref()
    }

    /// Whether the stage stopped because it was told to.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.cancelled
    }

    /// Puts what was being done before the message: `context: message`.
    #[must_use]
    pub fn context(mut self, context: impl std::fmt::Display) -> Self {
        self.message = format!("{context}: {}", self.message);
        self
    }

    pub(crate) fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_else(|_| self.message.clone())
    }

    /// Reads what [`crate::abi::RawStage::run`] returned; text that is not JSON becomes the message.
    #[doc(hidden)]
    #[must_use]
    pub fn from_json(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_else(|_| Self::new(text))
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl<E: std::error::Error + 'static> From<E> for Error {
    fn from(error: E) -> Self {
        let mut message = error.to_string();
        let mut cause = error.source();
        while let Some(next) = cause {
            let text = next.to_string();
            if !message.contains(&text) {
                message = format!("{message}: {text}");
            }
            cause = next.source();
        }
        let cancelled = (&error as &dyn std::any::Any)
            .downcast_ref::<vsg_tools::Error>()
            .is_some_and(|tool| matches!(tool, vsg_tools::Error::Cancelled { .. }));
        Self { message, help: None, cancelled }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_crosses_the_boundary_with_its_help() {
        let error = Error::new("no audio in `a.mkv`").help("choose another file");
        assert_eq!(Error::from_json(&error.to_json()), error);
        assert_eq!(Error::from_json("plain text").message(), "plain text");
    }

    #[test]
    fn other_errors_convert_with_their_cause() {
        fn fails() -> Result<()> {
            std::fs::read("/nonexistent/file")?;
            Ok(())
        }
        assert!(fails().unwrap_err().message().contains("No such file"));
    }
}
