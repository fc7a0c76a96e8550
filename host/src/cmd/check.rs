//! `check`: everything about a pipeline that can be known before it runs.

use super::{load, print};
use crate::{Failure, cli::PipelineArgs, plugins::Plugins};

pub(super) fn check(args: &PipelineArgs, plugins: &Plugins) -> Result<(), Failure> {
    let resolved = load(args, plugins)?;
    print(&format!("{}: {} stages, no errors\n", args.pipeline.display(), resolved.stages.len()))
}
