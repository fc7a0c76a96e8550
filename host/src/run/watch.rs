//! Leads everything that happens in a run to those who watch it: terminal, log file, and a front end that reads events.

use super::{
    events::{Event, Events},
    job_log::JobLog,
    progress::Progress,
    record::StageRecord,
};
use std::time::Duration;
use vsg_plugin_api::report::Entry;

/// Those who watch a run.
#[derive(Clone, Copy)]
pub struct Watch<'w> {
    /// The log of the job.
    pub log: &'w JobLog,
    /// The terminal.
    pub progress: &'w Progress,
    /// A front end.
    pub events: Option<&'w Events>,
}

impl Watch<'_> {
    pub(super) fn started(&self, instance: usize, name: &str, uses: &str) {
        self.progress.started(instance, name);
        self.tell(|| Event::StageStarted { instance: name.to_owned(), uses: uses.to_owned() });
    }

    pub(super) fn advanced(&self, instance: usize, name: &str, fraction: f64) {
        self.progress.advanced(instance, fraction);
        if let Some(events) = self.events {
            events.progress(name, fraction);
        }
    }

    pub(super) fn message(&self, instance: usize, name: &str, level: u8, text: &str) {
        self.progress.message(level, name, text);
        if level <= 3 {
            self.log.message(instance, text);
        }
        self.tell(|| Event::log(Some(name), level, text));
    }

    pub(super) fn reported(&self, name: &str, entry: &Entry) {
        self.tell(|| Event::Report { instance: name.to_owned(), entry: entry.clone() });
    }

    pub(super) fn ended(&self, instance: usize, record: &StageRecord) {
        if let Some(error) = &record.error {
            self.log.message(instance, &format!("[ERROR] {}: {error}", record.instance));
        }
        self.log.ended(instance);
        let elapsed = Duration::try_from_secs_f64(record.seconds).unwrap_or_default();
        self.progress.ended(instance, &record.instance, elapsed, record.outcome.mark());
        self.tell(|| Event::finished(record));
    }

    fn tell(&self, event: impl FnOnce() -> Event) {
        if let Some(events) = self.events {
            events.send(&event());
        }
    }
}
