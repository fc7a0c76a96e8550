//! Pipelines: what a file says, what it means, and what is to be run.
