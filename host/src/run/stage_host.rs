//! The host as one running stage sees it.

use super::scheduler::Run;
use crate::pipeline::source_name;
use std::{path::PathBuf, sync::atomic::Ordering};
use vsg_plugin_api::{
    Error, Job,
    abi::{
        LoopBody, RawHost,
        std_types::{RResult, RStr, RString},
    },
    report::Entry,
};

/// What one instance may ask for.
pub(super) struct StageHost<'r, 'p> {
    pub(super) run: &'r Run<'p>,
    pub(super) instance: usize,
}

impl RawHost for StageHost<'_, '_> {
    fn log(&self, level: u8, message: RStr<'_>) {
        let message = marked(level, message.as_str());
        self.run.say(self.instance, level, &message);
        if level <= 3
            && let Ok(mut said) = self.run.said[self.instance].lock()
        {
            said.messages.push((level, message.into_owned()));
        }
    }

    fn progress(&self, fraction: f64) {
        self.run.progress.advanced(self.instance, fraction);
    }

    fn cancelled(&self) -> bool {
        self.run.is_stopping()
    }

    fn for_each(&self, count: usize, body: LoopBody<'_>) {
        use rayon::prelude::*;
        self.run.pool.install(|| (0..count).into_par_iter().with_max_len(1).for_each(|index| body.call(index)));
    }

    fn service(&self, name: RStr<'_>, request: RStr<'_>) -> RResult<RString, RString> {
        match self.serve(name.as_str(), request.as_str()) {
            Ok(reply) => RResult::ROk(reply.to_string().into()),
            Err(error) => RResult::RErr(
                serde_json::json!({ "message": error.message(), "help": error.help_text() }).to_string().into(),
            ),
        }
    }
}

impl StageHost<'_, '_> {
    fn serve(&self, name: &str, request: &str) -> Result<serde_json::Value, Error> {
        let reply = match name {
            "blob-file" => serde_json::to_value(self.run.folder.blob_file())?,
            "scratch-dir" => serde_json::to_value(self.run.folder.scratch_dir()?)?,
            "unfinished-file" => {
                self.run.folder.note_unfinished(serde_json::from_str(request)?)?;
                serde_json::Value::Null
            }
            "job" => serde_json::to_value(self.job())?,
            "report" => {
                let entry: Entry = serde_json::from_str(request)?;
                if matches!(&entry, Entry::Facts(facts) if !facts.is_object()) {
                    return Err(Error::new("facts for the report have to be an object"));
                }
                if let Ok(mut said) = self.run.said[self.instance].lock() {
                    said.entries.push(entry);
                }
                serde_json::Value::Null
            }
            other => return Err(Error::new(format!("this host has no service `{other}`")).help("use a newer vsg-host")),
        };
        Ok(reply)
    }

    fn job(&self) -> Job {
        let sources = &self.run.plan.sources;
        Job {
            reference: sources.first().cloned().unwrap_or_default(),
            targets: sources.iter().skip(1).cloned().collect(),
            output: self.run.plan.output.clone().unwrap_or_else(|| PathBuf::from(".")),
        }
    }
}

/// A message that says in its first word how serious it is; information says nothing.
fn marked(level: u8, message: &str) -> std::borrow::Cow<'_, str> {
    let mark = match level {
        1 => "[ERROR]",
        2 => "[WARNING]",
        _ => return message.into(),
    };
    if message.trim_start().starts_with('[') { message.into() } else { format!("{mark} {message}").into() }
}

/// The value of a source file.
pub(super) fn file_value(source: usize, path: &std::path::Path) -> Result<vsg_plugin_api::Value, Error> {
    use vsg_plugin_api::{Data, kinds::SourceFile};
    SourceFile { source: source_name(source), path: path.to_owned() }.into_value()
}

/// Whether the flag was raised.
pub(super) fn is_raised(flag: &std::sync::atomic::AtomicBool) -> bool {
    flag.load(Ordering::Relaxed)
}
