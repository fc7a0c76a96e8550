//! Prints how well `vsg-host` measures generated pairs; see `vsg-accuracy --help`.

use clap::Parser;
use std::process::ExitCode;
use vsg_accuracy::Options;

fn main() -> ExitCode {
    match vsg_accuracy::run(&Options::parse()) {
        Ok(summary) if summary.holds() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::from(1),
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}
