//! The command line of vsg-host.

fn main() {}
