//! `why`: what made a stage run again in the last run.

use super::print;
use crate::{
    Failure,
    cli::StoreArgs,
    store::{PastRun, differences, past_runs},
};
use std::fmt::Write;

pub(super) fn why(stage: &str, args: &StoreArgs) -> Result<(), Failure> {
    let folder = args.folder();
    let runs = past_runs(&folder).map_err(|error| Failure::Run {
        message: format!("can not read the history in `{}`: {error}", folder.display()),
        help: Some("choose another folder by --store".into()),
    })?;
    let belongs = |name: &str| name == stage || name.split(['@', ' ']).next() == Some(stage);
    let Some((last, earlier)) = runs.split_first() else {
        return Err(Failure::arguments(
            format!("no run is remembered in `{}`", folder.display()),
            "run a pipeline first; runs with --no-store are not remembered",
        ));
    };
    let stored = || last.instances.iter().filter(|(_, instance)| instance.recipe.is_some()).map(|(name, _)| name);
    let names: Vec<&String> = stored().filter(|name| belongs(name)).collect();
    if names.is_empty() {
        let known: Vec<&str> = stored().map(String::as_str).collect();
        return Err(Failure::arguments(
            format!("the last run has no stage `{stage}` that could be taken from the store"),
            format!("it has {}", known.join(", ")),
        ));
    }
    print(&names.into_iter().map(|name| told(name, last, earlier)).collect::<String>())
}

/// What there is to tell about one instance.
fn told(name: &str, last: &PastRun, earlier: &[PastRun]) -> String {
    if last.instances.get(name).is_some_and(|instance| instance.from_store) {
        return format!("{name}: taken from the store\n");
    }
    let Some(before) = earlier.iter().find(|run| run.instances.contains_key(name)) else {
        return format!("{name}: ran for the first time\n");
    };
    let lines = differences(name, before, last);
    let mut text = format!("{name}: differs from the run of {}\n", before.ended);
    if lines.is_empty() {
        text =
            format!("{name}: nothing has changed since the run of {}; its values were no longer there\n", before.ended);
    }
    for line in lines {
        // Writing to a string can not fail.
        let _ = writeln!(text, "  {line}");
    }
    text
}
