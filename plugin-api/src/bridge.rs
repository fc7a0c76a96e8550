//! Carries a plugin's `tracing` events and panics to the host.
//!
//! Every plugin library has its own copy of the state of tracing and of the panic hook, so each installs a subscriber and a
//! hook of its own, which serve the stage that runs on the current thread and leave all other threads alone.

use crate::{
    Error, Result,
    abi::{HostRef, current},
};
use std::{
    any::Any,
    cell::RefCell,
    fmt::Write,
    panic::{self, AssertUnwindSafe},
    sync::Once,
};
use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    Layer, Registry,
    layer::{Context, SubscriberExt},
};

thread_local! {
    static PANIC_PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// How the message of an error begins that was a panic.
pub(crate) const PANICKED: &str = "the plugin panicked at";

/// Runs `body` with this thread's events going to `host`; a panic becomes an error with its message and place.
pub(crate) fn guarded<T>(host: &HostRef<'_>, body: impl FnOnce() -> T) -> Result<T> {
    static INSTALL: Once = Once::new();
    INSTALL.call_once(install);
    current::enter(host, || panic::catch_unwind(AssertUnwindSafe(body))).map_err(|payload| {
        let place = PANIC_PLACE.take().unwrap_or_else(|| "an unknown place".into());
        Error::new(format!("{PANICKED} {place}: {}", panic_text(payload.as_ref())))
            .help("this is a defect of the plugin; report it to its author")
    })
}

fn install() {
    // A program that links a plugin as a library may have a subscriber of its own; then that one stays.
    let _ = tracing::subscriber::set_global_default(Registry::default().with(Bridge));
    let previous = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if current::is_set() {
            PANIC_PLACE.set(info.location().map(ToString::to_string));
        } else {
            previous(info);
        }
    }));
}

fn panic_text(payload: &(dyn Any + Send)) -> &str {
    payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("(no message)")
}

struct Bridge;

impl<S: Subscriber> Layer<S> for Bridge {
    fn on_event(&self, event: &Event<'_>, _context: Context<'_, S>) {
        let mut line = Line::default();
        event.record(&mut line);
        current::with(|host| host.log(level_number(*event.metadata().level()), line.text.as_str().into()));
    }
}

/// The number of a level on the boundary.
pub(crate) fn level_number(level: Level) -> u8 {
    match level {
        Level::ERROR => 1,
        Level::WARN => 2,
        Level::INFO => 3,
        Level::DEBUG => 4,
        Level::TRACE => 5,
    }
}

/// The message of an event, then its other fields as `name=value`.
#[derive(Default)]
struct Line {
    text: String,
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        // Writing to a string can not fail.
        let _ = match field.name() {
            "message" => {
                let rest = std::mem::take(&mut self.text);
                write!(self.text, "{value:?}{rest}")
            }
            name => write!(self.text, " {name}={value:?}"),
        };
    }
}
