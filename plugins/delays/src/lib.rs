//! Turns measured windows into the delays of the job.

mod chain;
mod early_cluster;
mod error_bar;
mod example;
mod explain;
mod global_shift;
#[cfg(test)]
mod golden;
#[cfg(test)]
mod made_up;
mod plan;
#[cfg(test)]
mod properties;
mod select;
#[cfg(test)]
mod select_tests;
mod selection;
mod telling;
mod uneven;
mod verdict;
mod votes;

vsg_plugin_api::export!(select::Select, plan::Plan);

/// A film is shorter than this (ms): a thousand hours. What claims to be longer is damage, and sums of it would overflow.
const LONGEST_MS: f64 = 3.6e9;

/// Fails if a time that another stage gave is not one.
fn require_time(what: impl Fn() -> String, ms: f64) -> vsg_plugin_api::Result<()> {
    if ms.abs() <= LONGEST_MS {
        return Ok(());
    }
    Err(vsg_plugin_api::Error::new(format!("{} is {ms} ms, which is no time of a film", what()))
        .help("the stage that measured it is defective, or its input is damaged"))
}
