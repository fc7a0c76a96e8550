//! `check`: everything about a pipeline that can be known before it runs.

use super::{load, print};
use crate::{Failure, cli::PipelineArgs, plugins::Plugins};

pub(super) fn check(args: &PipelineArgs, plugins: &Plugins) -> Result<(), Failure> {
    let resolved = load(args, plugins)?;
    let what = match &resolved.comparison {
        None => format!("{} stages", resolved.stages.len()),
        Some(comparison) => {
            let own = resolved.stages.iter().filter(|stage| !stage.variants.is_empty()).count();
            let (variants, shared) = (comparison.variants.len(), resolved.stages.len() - own);
            format!("{variants} variants, {shared} stages that all of them share and {own} of their own")
        }
    };
    print(&format!("{}: {what}, no errors\n", args.pipeline.display()))
}
