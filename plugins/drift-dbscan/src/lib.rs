//! Tells what kind of shift the measured windows of a target show: one delay, steps, drift, or nothing.

mod dbscan;
mod diagnose;
#[cfg(test)]
mod golden;
mod reference;

vsg_plugin_api::export!(diagnose::Diagnose);
