//! Turns measured windows into the delays of the job.

mod chain;
mod global_shift;
#[cfg(test)]
mod golden;
mod plan;
mod select;
mod selection;

vsg_plugin_api::export!(select::Select, plan::Plan);
