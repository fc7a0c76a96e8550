//! Generates releases of the same video with a known shift, for the demo, tests and benchmarks.
