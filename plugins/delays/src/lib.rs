//! Turns measured windows into the delays of the job.

mod chain;
mod plan;
mod select;
mod selection;

vsg_plugin_api::export!(select::Select, plan::Plan);
