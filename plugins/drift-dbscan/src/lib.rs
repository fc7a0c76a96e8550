//! Tells what kind of shift the measured windows of a target show: one delay, steps, drift, or nothing.

mod clusters;
mod dbscan;
mod diagnose;
#[cfg(test)]
mod generated;
#[cfg(test)]
mod golden;
mod judge;
#[cfg(test)]
mod made_up;
mod picture;
mod reference;
mod segments;
mod sound;
mod speed;

vsg_plugin_api::export!(diagnose::Diagnose);
