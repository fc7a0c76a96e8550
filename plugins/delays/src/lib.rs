//! Turns measured windows into the delays of the job.

mod chain;
mod global_shift;
#[cfg(test)]
mod golden;
#[cfg(test)]
mod made_up;
mod plan;
#[cfg(test)]
mod properties;
mod select;
mod selection;

vsg_plugin_api::export!(select::Select, plan::Plan);
