//! Stages that do what a stage must not do, for tests of the host.
