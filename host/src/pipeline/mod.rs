//! Pipelines: what a file says, what it means, and what is to be run.
//!
//! [`load()`] reads a file, what it extends and the `--set` arguments; [`resolve()`] finds the implementation of every stage
//! and checks parameters and edges; [`plan()`] repeats stages for the sources of a job. Nothing runs here, and each of the
//! three reports every problem that it finds, with its place.

mod cause;
mod choice;
mod comparison;
mod defaults;
mod draw;
mod edges;
mod job;
mod join;
mod judge;
mod merge;
mod nearest;
mod order;
mod origin;
mod parameters;
mod parse;
mod plan;
mod problem;
mod reference;
mod resolve;
mod schema;
mod shape;
mod strict;
mod tree;
mod variants;
mod versus;
mod words;

pub use cause::Cause;
pub use comparison::{Comparison, Measured, Variant};
pub use job::JobFiles;
pub use nearest::nearest;
pub use parse::{Parsed, load, load_text};
pub use plan::{Feed, Instance, Plan, plan, source_name};
pub use problem::{Problem, Problems};
pub use resolve::{Each, Edge, Input, Producer, Resolved, Stage, Take, resolve};
pub use schema::schema;
pub use versus::versus;
