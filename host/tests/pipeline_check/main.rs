//! What a user of pipeline files sees: plans of the right ones, messages about the wrong ones.

mod catalog;
mod plans;
mod problems;
mod properties;
mod schemas;
