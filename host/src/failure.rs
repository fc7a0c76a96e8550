//! How a command fails: what is printed, and the exit code.

use crate::{pipeline::Problems, plugins::LoadError};

/// A command that did not do its work.
#[derive(Debug)]
pub enum Failure {
    /// A stage failed, or what it wrote could not be kept.
    Run {
        /// What went wrong.
        message: String,
        /// What to do about it.
        help: Option<String>,
    },
    /// The pipeline is wrong.
    Pipeline(Problems),
    /// The arguments are wrong.
    Arguments {
        /// What is wrong with them.
        message: String,
        /// What to do about it.
        help: Option<String>,
    },
    /// A plugin can not be used.
    Plugin(String),
    /// A plugin can not be used, and so the pipeline is wrong, perhaps among other things.
    PluginOfPipeline(String, Problems),
    /// A process that runs a stage for another host could not do its part.
    Unserved {
        /// What went wrong.
        message: String,
    },
    /// The user stopped it.
    Cancelled,
}

impl Failure {
    /// The exit code of the process.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Run { .. } => 1,
            Self::Pipeline(_) | Self::Arguments { .. } => 2,
            Self::Plugin(_) | Self::PluginOfPipeline(..) => 3,
            Self::Unserved { .. } => crate::run::UNSERVED,
            Self::Cancelled => 130,
        }
    }

    /// Wrong arguments.
    pub fn arguments(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self::Arguments { message: message.into(), help: Some(help.into()) }
    }

    /// The text for the terminal.
    #[must_use]
    pub fn render(&self) -> String {
        let plain = |message: &str, help: Option<&String>| {
            let help = help.map_or(String::new(), |help| format!("\n  help: {help}"));
            format!("error: {message}{help}")
        };
        match self {
            Self::Run { message, help } | Self::Arguments { message, help } => plain(message, help.as_ref()),
            Self::Pipeline(problems) => problems.render(&miette::GraphicalReportHandler::new()),
            Self::Plugin(message) => plain(message, None),
            Self::PluginOfPipeline(message, problems) => {
                let problems = problems.render(&miette::GraphicalReportHandler::new());
                format!("{problems}{}", plain(message, None))
            }
            Self::Unserved { message } => message.clone(),
            Self::Cancelled => "cancelled".to_owned(),
        }
    }
}

impl From<Problems> for Failure {
    fn from(problems: Problems) -> Self {
        Self::Pipeline(problems)
    }
}

impl From<LoadError> for Failure {
    fn from(error: LoadError) -> Self {
        Self::Plugin(error.to_string())
    }
}
