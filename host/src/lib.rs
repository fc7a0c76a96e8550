//! Loads plugins, plans the graph that a pipeline file describes, and runs it.
//!
//! The host knows nothing about media: stages, their ports and their parameters come from plugin libraries.

pub mod cli;
pub mod cmd;
mod failure;
pub mod pipeline;
pub mod platform;
pub mod plugins;
pub mod report;
pub mod run;
pub mod show;
pub mod store;

pub use failure::Failure;
