//! Does a stage stop soon when the user stops the run?

use super::{
    Subject, Unmet, Verdict,
    host::Stop,
    subject::{Case, Ending, STOP_WITHIN},
};
use std::time::Duration;

/// How often a stage may come late because the machine was busy.
const TRIES: usize = 3;

pub(super) fn at_start(subject: &Subject) -> Verdict {
    stops(subject, Stop::AtStart)
}

pub(super) fn at_first_progress(subject: &Subject) -> Verdict {
    stops(subject, Stop::AtFirstProgress)
}

pub(super) fn in_the_middle(subject: &Subject) -> Verdict {
    stops(subject, Stop::After(Duration::from_millis(50)))
}

fn stops(subject: &Subject, stop: Stop) -> Verdict {
    let mut case = Case { label: "cancelled".into(), ..subject.working()?.clone() };
    // Much to do, so that a stage that does not listen takes its time.
    for (name, value) in subject.scan(2000, 5.0) {
        case.parameters.insert(name, value);
    }
    let mut late = Duration::ZERO;
    for _ in 0..TRIES {
        let run = subject.run(&case, 2, stop)?;
        let Some(time) = run.stopped_for else {
            return match stop {
                Stop::AtFirstProgress => Err(Unmet::Skipped("it never says how far it is (`ctx.progress`)".into())),
                _ => Err(Unmet::Skipped("it ended before that".into())),
            };
        };
        if let Ending::Refused(error) = run.ending
            && !error.is_cancelled()
        {
            return Err(Unmet::Failed(format!(
                "its error is `{error}`, not that it was cancelled; hand on the error of `ctx.progress(…)?`, or return \
                 `Error::cancelled()`"
            )));
        }
        late = time;
        if time <= STOP_WITHIN {
            return Ok(());
        }
    }
    Err(Unmet::Failed(format!(
        "it went on for {:.1} s, and {} s are allowed; call `ctx.progress(…)?` or `ctx.check_cancelled()?` more often",
        late.as_secs_f64(),
        STOP_WITHIN.as_secs()
    )))
}
