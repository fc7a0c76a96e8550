//! The command line of vsg-host: parses it, does it, prints what went wrong, and picks the exit code.

use clap::Parser;
use std::{io::Write, process::ExitCode};

fn main() -> ExitCode {
    let cli = vsg_host::cli::Cli::parse();
    match vsg_host::cmd::dispatch(&cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // A terminal that has gone away is no reason for another exit code.
            let _ = writeln!(std::io::stderr(), "{}", failure.render());
            ExitCode::from(failure.exit_code())
        }
    }
}
