//! The host as one running stage sees it.

use super::{folder::RunFolder, meter::Meter, said::Said};
use vsg_plugin_api::{
    Error, Job,
    abi::{
        HostRef, LoopBody, RRef, RawHost, RawHost_TO, TD_Opaque,
        std_types::{RResult, RStr, RString},
    },
    report::Entry,
};

/// What one instance may ask for, in the host's process or in one of its own.
pub(super) struct StageHost<'s> {
    /// Where its files go.
    pub(super) folder: &'s RunFolder,
    /// Runs its loops, if there is one.
    pub(super) pool: &'s (dyn Fn() -> Option<&'s rayon::ThreadPool> + Sync),
    /// Counts what it costs.
    pub(super) meter: &'s Meter,
    /// The files of the job.
    pub(super) job: &'s Job,
    /// Takes what it says.
    pub(super) hear: &'s (dyn Fn(Said) + Sync),
    /// Whether it should stop.
    pub(super) is_stopping: &'s (dyn Fn() -> bool + Sync),
}

impl RawHost for StageHost<'_> {
    fn log(&self, level: u8, message: RStr<'_>) {
        (self.hear)(Said::Message(level, marked(level, message.as_str()).into_owned()));
    }

    fn progress(&self, fraction: f64) {
        self.meter.sample_memory();
        (self.hear)(Said::Progress(fraction));
    }

    fn cancelled(&self) -> bool {
        (self.is_stopping)()
    }

    fn for_each(&self, count: usize, body: LoopBody<'_>) {
        use rayon::prelude::*;
        let each = |index| self.meter.measure(|| body.call(index));
        // Nothing to share: waking the pool would cost more than the work.
        let Some(pool) = Some(count).filter(|count| *count > 1).and_then(|_| (self.pool)()) else {
            return (0..count).for_each(each);
        };
        pool.install(|| (0..count).into_par_iter().with_max_len(1).for_each(each));
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

impl StageHost<'_> {
    /// The host as it crosses the boundary.
    pub(super) fn as_raw(&self) -> HostRef<'_> {
        RawHost_TO::from_ptr(RRef::new(self), TD_Opaque)
    }

    fn serve(&self, name: &str, request: &str) -> Result<serde_json::Value, Error> {
        let reply = match name {
            "blob-file" => serde_json::to_value(self.folder.blob_file())?,
            "scratch-dir" => serde_json::to_value(self.folder.scratch_dir()?)?,
            "unfinished-file" => {
                self.folder.note_unfinished(serde_json::from_str(request)?)?;
                serde_json::Value::Null
            }
            "job" => {
                (self.hear)(Said::AskedForJob);
                serde_json::to_value(self.job)?
            }
            "report" => {
                let entry: Entry = serde_json::from_str(request)?;
                if matches!(&entry, Entry::Facts(facts) if !facts.is_object()) {
                    return Err(Error::new("facts for the report have to be an object"));
                }
                (self.hear)(Said::Report(entry));
                serde_json::Value::Null
            }
            "tool-used" => {
                (self.hear)(Said::ToolUsed(serde_json::from_str(request)?));
                serde_json::Value::Null
            }
            other => return Err(Error::new(format!("this host has no service `{other}`")).help("use a newer vsg-host")),
        };
        Ok(reply)
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
