//! The child: maps the inputs, runs one stage, leaves the reply.

use super::{REPLY, REQUEST, Reply, Request, SAID, said_line, too_much_memory, write_whole};
use crate::{
    platform,
    plugins::Plugins,
    run::{
        call::{Ports, call},
        folder::RunFolder,
        meter::Meter,
        said::Said,
        stage_host::StageHost,
    },
    store::Stored,
};
use std::{
    fs::File,
    io::{self, Write},
    path::Path,
    sync::{
        Mutex, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use vsg_plugin_api::Error;

/// Time between two looks at the memory.
const LOOK: Duration = Duration::from_millis(5);
/// How far the limit of the system lies above that of the watcher, which tells what happened and so should be first (bytes).
const HEADROOM: u64 = 128 << 20;

/// What the stack of a thread counts as, used or not (bytes).
const STACK: u64 = 8 << 20;

static STOPPED: AtomicBool = AtomicBool::new(false);

/// Does what the request in a folder asks for. The reply tells of everything that goes wrong with the stage.
///
/// # Errors
/// The request can not be read, or the reply not written.
pub fn serve(folder: &Path) -> io::Result<()> {
    platform::on_stop_signal(|| STOPPED.store(true, Ordering::Relaxed));
    let request: Request = serde_json::from_slice(&std::fs::read(folder.join(REQUEST))?)?;
    // Whoever replies first has the word: the stage, or who watches its memory.
    let replied = Mutex::new(false);
    let meter = Meter::start();
    let reply = |outcome: Result<Ports, Error>, files: &RunFolder| -> io::Result<()> {
        let Ok(mut replied) = replied.lock() else { return Ok(()) };
        if std::mem::replace(&mut *replied, true) {
            return Ok(());
        }
        let outcome = outcome.and_then(|outputs| Ok(stored(outputs, files)?));
        let mut usage = meter.total().0;
        usage.peak_memory_bytes = platform::peak_memory().max(usage.peak_memory_bytes);
        write_whole(folder, REPLY, &Reply { outcome, usage })
    };
    let files = RunFolder::part_of_another(folder);
    let is_done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        if let Some(limit) = request.memory_limit_bytes {
            let stacks = request.threads as u64 * STACK;
            platform::limit_memory(limit.saturating_add(HEADROOM).saturating_add(stacks));
            let (reply, files, is_done) = (&reply, &files, &is_done);
            scope.spawn(move || {
                while !is_done.load(Ordering::Relaxed) {
                    if platform::private_memory().is_some_and(|bytes| bytes > limit) {
                        // If the disk is full, too, the host still sees that there is no reply.
                        let _ = reply(Err(too_much_memory(limit)), files);
                        std::process::exit(0);
                    }
                    std::thread::sleep(LOOK);
                }
            });
        }
        let outcome = perform(request, folder, &files, &meter);
        is_done.store(true, Ordering::Relaxed);
        reply(outcome, &files)
    })
}

fn perform(request: Request, folder: &Path, files: &RunFolder, meter: &Meter) -> Result<Ports, Error> {
    let said = Mutex::new(File::create(folder.join(SAID))?);
    let hear = |something: Said| {
        if let Said::ToolUsed(used) = &something {
            meter.add_tool(used.clone());
        }
        // One write for each line, so that a crash tears none but the last.
        if let (Some(line), Ok(mut said)) = (said_line(&something), said.lock()) {
            let _ = said.write_all(&line);
        }
    };
    let plugins = Plugins::of_library(&request.library)
        .map_err(|error| Error::new(format!("the plugin can not be loaded again: {error}")))?;
    if plugins.of_stage(&request.stage).is_some_and(|plugin| plugin.hash() != request.hash) {
        return Err(Error::new(format!("`{}` was replaced while the run went on", request.library.display()))
            .help("run the pipeline again; it then takes the new one"));
    }
    let (Some(stage), Some(signature)) = (plugins.stage(&request.stage), plugins.catalog().get(&request.stage)) else {
        return Err(Error::new(format!("`{}` no longer has the stage `{}`", request.library.display(), request.stage)));
    };
    let value = |stored: &Stored| {
        stored.value(Path::new("")).ok_or_else(|| Error::new("bulk data of an input is no longer there"))
    };
    let inputs = request.inputs.iter().map(|(port, values)| {
        let values = values.iter().map(value).collect::<Result<_, Error>>()?;
        Ok((port.clone(), values))
    });
    let inputs = inputs.collect::<Result<Vec<_>, Error>>()?;
    let is_stopping = || STOPPED.load(Ordering::Relaxed);
    let pool = OnceLock::new();
    // Most stages have no loop, and then need no threads. Without any a loop runs on this one.
    let pool = || {
        let build = || rayon::ThreadPoolBuilder::new().num_threads(request.threads).build().ok();
        pool.get_or_init(build).as_ref()
    };
    let host =
        StageHost { folder: files, pool: &pool, meter, job: &request.job, hear: &hear, is_stopping: &is_stopping };
    meter.measure(|| call(stage, signature, &request.parameters, inputs, &host))
}

/// Outputs as descriptions; bulk data in memory goes into files.
fn stored(outputs: Ports, files: &RunFolder) -> io::Result<std::collections::BTreeMap<String, Stored>> {
    outputs.into_iter().map(|(port, value)| Ok((port, Stored::of(&value, || files.blob_file())?))).collect()
}
