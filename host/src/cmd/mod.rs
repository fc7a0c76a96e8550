//! The verbs of the command line, one file each.

mod check;
mod compare;
mod doctor;
mod graph;
mod inspect;
mod job;
mod named_file;
mod new;
mod plugins;
mod results;
mod run;
mod sample;
mod show;
mod sources;
mod store;
mod test;
mod why;

use crate::{
    Failure,
    cli::{Cli, PipelineArgs, Verb},
    pipeline::{self, Resolved},
    plugins::Plugins,
};
use clap::CommandFactory;
use std::io::Write;

/// Does what the command line asks for.
///
/// # Errors
/// Everything that ends the program with another exit code than 0.
pub fn dispatch(cli: &Cli) -> Result<(), Failure> {
    match &cli.verb {
        Verb::Run(args) => run::run(args, &find_plugins(cli)?),
        Verb::Compare(args) => compare::compare(args, &find_plugins(cli)?),
        Verb::Check(args) => check::check(args, &find_plugins(cli)?),
        Verb::Graph(args) => graph::graph(args, &find_plugins(cli)?),
        Verb::Plugins => plugins::list(&Plugins::find(&cli.plugins)),
        Verb::Inspect { stage, json } => inspect::inspect(stage, *json, &find_plugins(cli)?),
        Verb::Doctor => doctor::doctor(),
        Verb::New(args) => new::new(args),
        Verb::Test(args) => test::test(cli, args),
        Verb::Why { stage, store } => why::why(stage, store),
        Verb::Show(args) => show::show(args),
        Verb::Store { store, verb } => store::store(store, verb.as_ref()),
        Verb::IsolatedStage { folder } => isolated_stage(folder),
        Verb::Schema { events: true } => {
            let schema = schemars::schema_for!(crate::run::Event).to_value();
            print(&format!("{schema:#}\n"))
        }
        Verb::Schema { events: false } => {
            let schema = pipeline::schema(find_plugins(cli)?.catalog());
            print(&format!("{schema:#}\n"))
        }
        Verb::Sample { folder, minutes } => sample::sample(folder, *minutes),
        Verb::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "vsg-host", &mut script);
            print(&String::from_utf8_lossy(&script))
        }
    }
}

/// Serves another host that runs a stage apart.
fn isolated_stage(folder: &std::path::Path) -> Result<(), Failure> {
    crate::run::serve_isolated(folder).map_err(|error| Failure::Unserved { message: error.to_string() })
}

/// Loads plugins; one that the user named and that can not be used is an error, as are two of one name.
fn find_plugins(cli: &Cli) -> Result<Plugins, Failure> {
    let mut plugins = Plugins::find(&cli.plugins);
    let fatal = plugins.broken.iter().position(|error| {
        matches!(error, crate::plugins::LoadError::Duplicate { .. })
            || cli.plugins.iter().any(|named| named == error.path())
    });
    match fatal {
        Some(index) => Err(plugins.broken.swap_remove(index).into()),
        None => Ok(plugins),
    }
}

/// Reads and resolves a pipeline.
fn load(args: &PipelineArgs, plugins: &Plugins) -> Result<Resolved, Failure> {
    let parsed = pipeline::load(&args.pipeline, &args.sets)?;
    pipeline::resolve(parsed, plugins.catalog()).map_err(|problems| unusable(problems, plugins))
}

/// If a stage is unknown because its plugin is broken, that is what went wrong.
fn unusable(problems: pipeline::Problems, plugins: &Plugins) -> Failure {
    let culprit = plugins.broken.iter().find(|error| {
        let file = error.path().file_stem().unwrap_or_default().to_string_lossy().replace('_', "-");
        let name = file.strip_prefix(std::env::consts::DLL_PREFIX).unwrap_or(&file);
        problems
            .iter()
            .any(|problem| matches!(problem.cause(), pipeline::Cause::UnknownPlugin { plugin } if plugin == name))
    });
    match culprit {
        Some(error) => Failure::PluginOfPipeline(error.to_string(), problems),
        None => Failure::Pipeline(problems),
    }
}

/// Prints to standard output. A reader that has gone away is no error.
fn print(text: &str) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(unprintable(&error)),
        _ => Ok(()),
    }
}

fn unprintable(error: &std::io::Error) -> Failure {
    Failure::Run {
        message: format!("can not write to standard output: {error}"),
        help: Some("make room where it goes".into()),
    }
}
