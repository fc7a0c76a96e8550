//! The built program with the built plugins, on generated media: the main job, bad input, failing tools, misbehaving
//! plugins, and how a run ends.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests may fail as tests do")]

mod abi;
mod bad_disk;
mod bad_input;
mod bad_tools;
mod boundary;
mod comparisons;
mod conformance;
mod file_names;
mod graphs;
mod isolation;
mod loader;
mod main_job;
mod media;
mod methods;
mod new_plugins;
mod odd_clocks;
mod program;
mod report_files;
mod stopping;
mod stores;
mod subtitle_sync;
mod third_party;
mod tracks;
mod uneven;
mod watching;
