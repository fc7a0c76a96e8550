//! Stages that do what a stage must not do, and a few that behave, for tests of the host.

mod bulk;
mod count;
mod crash;
mod kinds;
mod leave;
mod outputs;
mod panics;
mod sleep;
mod talk;

vsg_plugin_api::export!(
    bulk::Bulk,
    bulk::Measure,
    count::Count,
    crash::Crash,
    leave::Leave,
    outputs::Nothing,
    outputs::OtherKind,
    outputs::Undeclared,
    panics::ClaimCancelled,
    panics::PanicInLoop,
    panics::PanicInRun,
    sleep::Sleep,
    talk::Fail,
    talk::Talk,
);
