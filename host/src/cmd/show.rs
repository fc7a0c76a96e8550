//! `show`: the runs that are remembered, the values of one, and any of these as a table, JSON, a plot or a sound file.

use super::{named_file::NamedFile, print};
use crate::{
    Failure,
    cli::ShowArgs,
    pipeline::nearest,
    report, show,
    store::{PastInstance, PastRun, Store, past_runs},
};
use std::{
    fmt::Write,
    path::{Path, PathBuf},
};
use vsg_plugin_api::{
    Data, Value,
    kinds::Audio,
    report::{Figure, Table},
};

/// Runs that are listed.
const LISTED: usize = 20;

pub(super) fn show(args: &ShowArgs) -> Result<(), Failure> {
    let folder = args.store.folder();
    let runs = past_runs(&folder).map_err(|error| Failure::Run {
        message: format!("can not read the history in `{}`: {error}", folder.display()),
        help: Some("choose another folder by --store".into()),
    })?;
    if runs.is_empty() {
        return Err(Failure::arguments(
            format!("no run is remembered in `{}`", folder.display()),
            "run a pipeline first; runs with --no-store are not remembered",
        ));
    }
    if args.value.is_none() && (args.json || args.plot.is_some() || args.wav.is_some()) {
        return Err(Failure::arguments(
            "which value is to be shown?",
            "name it before the options: `vsg-host show last correlate.correlation --plot`; `vsg-host show last` lists all",
        ));
    }
    let Some(wanted) = &args.run else { return print(&list_of_runs(&runs)) };
    let run = the_run(&runs, wanted)?;
    let Some(wanted) = &args.value else { return print(&list_of_values(run)) };
    let (name, port) = find(run, wanted)?;
    view(&format!("{name}.{port}"), &value(run, name, port, &folder)?, args, &run.sources)
}

/// The last run, or the one whose id begins like this.
fn the_run<'r>(runs: &'r [PastRun], wanted: &str) -> Result<&'r PastRun, Failure> {
    let found: Vec<&PastRun> = match wanted {
        "last" => runs.iter().take(1).collect(),
        wanted => runs.iter().filter(|run| run.id.starts_with(wanted)).collect(),
    };
    match found.as_slice() {
        [run] => Ok(*run),
        [] => Err(Failure::arguments(
            format!("no run `{wanted}` is remembered"),
            "`vsg-host show` lists the runs; `last` is the last one",
        )),
        [first, second, ..] => Err(Failure::arguments(
            format!("{} runs begin with `{wanted}`", found.len()),
            format!("take more of the id: {}, {}, …", first.id, second.id),
        )),
    }
}

fn list_of_runs(runs: &[PastRun]) -> String {
    let row = |run: &PastRun| {
        let files: Vec<_> =
            run.sources.iter().map(|path| path.file_name().unwrap_or_default().to_string_lossy()).collect();
        vec![run.id.clone(), run.status.clone(), run.pipeline.clone(), files.join(", ")]
    };
    report::plain_table(&Table {
        title: "runs, the last one first".into(),
        columns: ["run", "status", "pipeline", "sources"].map(String::from).to_vec(),
        rows: runs.iter().take(LISTED).map(row).collect(),
        is_detail: false,
    })
}

fn list_of_values(run: &PastRun) -> String {
    let rows = run.instances.iter().flat_map(|(name, instance)| {
        let made = if instance.from_store { "from the store" } else { "made by this run" };
        instance.kinds.iter().map(move |(port, kind)| vec![format!("{name}.{port}"), kind.clone(), made.to_owned()])
    });
    report::plain_table(&Table {
        title: format!("values of run {}", run.id),
        columns: ["value", "kind", ""].map(String::from).to_vec(),
        rows: rows.collect(),
        is_detail: false,
    })
}

/// The instance and the port that are meant; the source may be left out where there is only one.
fn find<'r>(run: &'r PastRun, wanted: &str) -> Result<(&'r str, &'r str), Failure> {
    let all = || {
        run.instances
            .iter()
            .flat_map(|(name, instance)| instance.kinds.keys().map(move |port| (name.as_str(), port.as_str())))
    };
    if let Some(found) = all().find(|(name, port)| wanted == format!("{name}.{port}")) {
        return Ok(found);
    }
    let of_stage = |(name, port): &(&str, &str)| {
        let stage = name.split('@').next().unwrap_or(name);
        wanted == format!("{stage}.{port}") || wanted == stage || wanted == *name
    };
    let found: Vec<_> = all().filter(of_stage).collect();
    let full = |(name, port): &(&str, &str)| format!("\"{name}.{port}\"");
    match found.as_slice() {
        [one] => Ok(*one),
        [] => {
            let short = |name: &str| name.split('@').next().unwrap_or(name).to_owned();
            let names: Vec<String> =
                all().flat_map(|(name, port)| [format!("{}.{port}", short(name)), format!("{name}.{port}")]).collect();
            let help = match nearest(wanted, names.iter().map(String::as_str)) {
                Some(name) => format!("did you mean \"{name}\"? `vsg-host show {}` lists all values", run.id),
                None => format!("`vsg-host show {}` lists all values", run.id),
            };
            Err(Failure::arguments(format!("run {} has no value `{wanted}`", run.id), help))
        }
        several => Err(Failure::arguments(
            format!("`{wanted}` is several values"),
            format!("take one of {}", several.iter().map(full).collect::<Vec<_>>().join(", ")),
        )),
    }
}

/// The value itself. Of a stage with effects only the header is remembered.
fn value(run: &PastRun, name: &str, port: &str, folder: &Path) -> Result<Value, Failure> {
    let gone = |what: String| Failure::Run {
        message: what,
        help: Some("run the pipeline again; --store-limit gives values more room".into()),
    };
    let none = PastInstance::default();
    let instance = run.instances.get(name).unwrap_or(&none);
    let Some(recipe) = &instance.recipe else {
        let (kind, header) = (instance.kinds.get(port), instance.headers.get(port));
        return Ok(Value {
            kind: kind.cloned().unwrap_or_default(),
            header: header.cloned().unwrap_or_default(),
            blob: vsg_plugin_api::Blob::empty(),
        });
    };
    let store =
        Store::open(folder).map_err(|error| gone(format!("can not open the store `{}`: {error}", folder.display())))?;
    let kept = store.load(&recipe.key());
    kept.and_then(|mut kept| kept.outputs.remove(port))
        .ok_or_else(|| gone(format!("`{name}.{port}` of run {} is no longer in the store", run.id)))
}

fn view(name: &str, value: &Value, args: &ShowArgs, sources: &[PathBuf]) -> Result<(), Failure> {
    let audio = || (value.kind == Audio::KIND).then(|| Audio::from_value(value).ok()).flatten();
    let refuse = |message: String| Failure::Run { message: format!("`{name}`: {message}"), help: None };
    if args.json {
        return print(&format!("{:#}\n", value.header));
    }
    if let Some(file) = &args.wav {
        let audio = audio().ok_or_else(|| {
            Failure::arguments(
                format!("`{name}` is a `{}`, not audio", value.kind),
                "show values of kind `audio/1` by --wav",
            )
        })?;
        NamedFile::prepare(file, "--wav", "RIFF", sources)?
            .write(|file| show::write_wav(&audio, args.from, args.to, file))?;
        return print(&format!("{}\n", file.display()));
    }
    if let Some(file) = &args.plot {
        let figure = match audio() {
            Some(audio) => {
                show::waveform(name, &audio, args.from, args.to).map_err(|error| refuse(error.to_string()))?
            }
            None => show::figure(name, &value.header, args.x.as_deref(), args.y.as_deref()).map_err(|error| {
                Failure::arguments(format!("`{name}` can not be drawn: {error}"), "name columns by --x and --y")
            })?,
        };
        return draw(&figure, file, sources);
    }
    let mut text = format!("{name}: {}\n", value.kind);
    let bytes = value.blob.as_slice().len();
    if bytes > 0 {
        let file = value.blob.file().map_or(String::new(), |file| format!(" in {}", file.display()));
        // Writing to a string can not fail.
        let _ = writeln!(text, "bulk data: {bytes} bytes{file}");
    }
    show::tables("header", &value.header).iter().for_each(|table| text.push_str(&report::plain_table(table)));
    print(&text)
}

/// Draws on the terminal, or into a file.
fn draw(figure: &Figure, file: &Path, sources: &[PathBuf]) -> Result<(), Failure> {
    let nothing = || Failure::Run { message: "there is nothing to draw: it has no finite numbers".into(), help: None };
    if file == Path::new("-") {
        return print(&show::terminal_plot(figure).ok_or_else(nothing)?);
    }
    let svg = report::standalone_svg(figure).ok_or_else(nothing)?;
    NamedFile::prepare(file, "--plot", "<svg", sources)?.write_text(&svg)?;
    print(&format!("{}\n", file.display()))
}
