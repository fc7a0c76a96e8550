//! `graph`: a pipeline as DOT or Mermaid.

use super::{load, print};
use crate::{
    Failure,
    cli::{GraphArgs, GraphFormat},
    pipeline::{self, JobFiles, source_name},
    plugins::Plugins,
};

pub(super) fn graph(args: &GraphArgs, plugins: &Plugins) -> Result<(), Failure> {
    let resolved = load(&args.pipeline, plugins)?;
    let drawing = match args.sources {
        None => match args.format {
            GraphFormat::Mermaid => resolved.mermaid(),
            GraphFormat::Dot => resolved.dot(),
        },
        Some(count) => {
            let mut names = (0..usize::from(count)).map(|source| source_name(source).into());
            let job = JobFiles { reference: names.next(), targets: names.collect(), output: None };
            let plan = pipeline::plan(&resolved, &job)?;
            match args.format {
                GraphFormat::Mermaid => plan.mermaid(),
                GraphFormat::Dot => plan.dot(),
            }
        }
    };
    print(&drawing)
}
