//! What a user of pipeline files sees: plans of the right ones, messages about the wrong ones.

#![allow(clippy::unwrap_used, reason = "helpers of tests may fail as tests do")]

mod catalog;
mod comparisons;
mod plans;
mod problems;
mod properties;
mod schemas;
