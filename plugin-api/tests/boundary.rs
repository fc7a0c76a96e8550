//! The boundary from both sides in one process: shared blobs, loops on many threads, panics, damaged values. Meant to run under a
//! sanitizer, too: see `scripts/sanitize.sh`.
#![allow(clippy::unwrap_used, missing_docs, unreachable_pub, reason = "tests")]
#![allow(improper_ctypes, reason = "the header of a library crosses the boundary as abi_stable lays it out")]

use std::sync::{
    Mutex,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};
use vsg_plugin_api::{
    abi::{
        Blob, LoopBody, PluginModuleRef, PluginParts, RRef, RawHost, RawHost_TO, RawInput, RawValue, TD_Opaque,
        library,
        std_types::{RResult, RStr, RString, RVec},
    },
    prelude::*,
};

params! {
    /// Settings of the stage under test.
    pub struct Reverse {
        /// Index at which the loop panics; none by default.
        panics_at: Option<usize> = None,
    }
}

/// Bytes.
#[derive(Debug, Clone)]
pub struct Bytes {
    blob: Blob,
}

impl Data for Bytes {
    const KIND: &'static str = "test.bytes/1";

    fn from_value(value: &Value) -> Result<Self> {
        Ok(Self { blob: value.blob.clone() })
    }

    fn into_value(self) -> Result<Value> {
        Ok(Value { blob: self.blob, ..Value::from_header(Self::KIND, &())? })
    }
}

impl Stage for Reverse {
    const ID: &'static str = "reverse";

    fn signature() -> Signature {
        Signature::new("Turns bytes around.").input::<Bytes>("bytes", "they").output::<Bytes>("bytes", "turned around")
    }

    fn run(&self, inputs: &Inputs, ctx: &Ctx<'_>) -> Result<Outputs> {
        let bytes: Bytes = inputs.one("bytes")?;
        let length = bytes.blob.as_slice().len();
        let turned = ctx.for_each(length, |index| {
            assert_ne!(Some(index), self.panics_at, "on purpose");
            Ok(bytes.blob.as_slice()[length - 1 - index])
        })?;
        ctx.progress(1.0)?;
        Outputs::new().with("bytes", Bytes { blob: Blob::from_bytes(&turned) })
    }
}

vsg_plugin_api::export!(Reverse);

/// The parts of this very program, through the symbol that a host looks for.
#[allow(unsafe_code, reason = "a symbol is what a host has of a plugin")]
fn parts() -> PluginParts {
    unsafe extern "C" {
        #[link_name = "_1as_0lib_1header_0root_bmodule_bloader"]
        static HEADER: library::LibHeader;
    }
    // SAFETY: `export!` above defines it, and nobody writes to it.
    let module = unsafe { &HEADER }.init_root_module::<PluginModuleRef>().unwrap();
    module.parts()()
}

/// A host that runs loops on threads of its own.
#[derive(Default)]
struct Host {
    threads: usize,
    cancelled: AtomicBool,
    lines: Mutex<Vec<String>>,
}

impl RawHost for Host {
    fn log(&self, level: u8, message: RStr<'_>) {
        self.lines.lock().unwrap().push(format!("{level} {message}"));
    }

    fn progress(&self, _fraction: f64) {}

    fn cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    fn for_each(&self, count: usize, body: LoopBody<'_>) {
        let next = AtomicUsize::new(0);
        let work = || {
            while let Some(index) = Some(next.fetch_add(1, Ordering::Relaxed)).filter(|index| *index < count) {
                body.call(index);
            }
        };
        std::thread::scope(|scope| (0..self.threads).for_each(|_| drop(scope.spawn(work))));
    }

    fn service(&self, name: RStr<'_>, _request: RStr<'_>) -> RResult<RString, RString> {
        RResult::RErr(format!("no service {name}").into())
    }
}

fn host(threads: usize) -> Host {
    Host { threads, ..Host::default() }
}

/// The blobs that come back.
fn run(host: &Host, parameters: &str, inputs: Vec<RawInput>) -> Result<Vec<Blob>> {
    let stage = &parts().stages[0];
    let reply = stage.run(RawHost_TO::from_ptr(RRef::new(host), TD_Opaque), parameters.into(), inputs.into());
    match reply {
        RResult::ROk(outputs) => Ok(outputs.into_iter().map(|output| output.value.blob).collect()),
        RResult::RErr(error) => Err(Error::from_json(&error)),
    }
}

fn input(blob: Blob, header: &str) -> RawInput {
    let value = RawValue { kind: Bytes::KIND.into(), header: header.into(), blob };
    RawInput { port: "bytes".into(), values: RVec::from(vec![value]) }
}

#[test]
fn a_blob_is_shared_by_both_sides_and_by_many_threads() {
    let bytes: Vec<u8> = (0..5000_u32).map(|n| (n % 253) as u8).collect();
    let turned: Vec<u8> = bytes.iter().rev().copied().collect();
    let (blob, host) = (Blob::from_bytes(&bytes), host(8));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let outputs = run(&host, "{}", vec![input(blob.clone(), "null")]).unwrap();
                assert_eq!(outputs[0].as_slice(), turned);
            });
        }
    });
    assert_eq!(blob.as_slice(), bytes);
}

#[test]
fn a_mapped_blob_outlives_its_file_and_whoever_mapped_it() {
    let path = std::env::temp_dir().join(format!("vsg-boundary-{}", std::process::id()));
    std::fs::write(&path, [7; 100_000]).unwrap();
    // SAFETY: nobody else knows of the file.
    #[allow(unsafe_code, reason = "mapping a file")]
    let blob = unsafe { Blob::map_file(&path) }.unwrap();
    std::fs::remove_file(&path).unwrap();
    let outputs = run(&host(2), "{}", vec![input(blob, "null")]).unwrap();
    assert!(outputs[0].as_slice().iter().all(|byte| *byte == 7));
}

#[test]
fn a_panic_on_any_thread_is_an_error_and_the_next_run_is_well() {
    let host = host(4);
    for index in [0, 1, 99] {
        let inputs = vec![input(Blob::from_bytes(&[1; 100]), "null")];
        let error = run(&host, &format!("{{\"panics_at\": {index}}}"), inputs).unwrap_err();
        assert!(error.message().contains("on purpose") && error.message().contains("boundary.rs"), "{error}");
        run(&host, "{}", vec![input(Blob::from_bytes(&[1; 100]), "null")]).unwrap();
    }
}

#[test]
fn a_cancelled_loop_is_an_error_that_says_so() {
    let host = Host { cancelled: AtomicBool::new(true), ..host(2) };
    let error = run(&host, "{}", vec![input(Blob::from_bytes(&[1; 100]), "null")]).unwrap_err();
    assert!(error.is_cancelled());
}

#[test]
fn what_is_no_value_or_no_parameter_is_an_error() {
    let host = host(1);
    for header in ["", "{", "nul", "{\"a\":1}}", "\u{0}", "[1e999]"] {
        assert!(run(&host, "{}", vec![input(Blob::empty(), header)]).is_err(), "{header}");
    }
    for parameters in ["", "[1]", "7", "{\"unknown\": 1}", "{\"panics_at\": -1}", "{\"panics_at\": 1e400}"] {
        assert!(run(&host, parameters, vec![input(Blob::empty(), "null")]).is_err(), "{parameters}");
    }
    assert!(run(&host, "{}", Vec::new()).is_err(), "nothing at a port of one value");
    let one = input(Blob::empty(), "null");
    let two = RawInput { port: one.port.clone(), values: RVec::from(vec![one.values[0].clone(); 2]) };
    assert!(run(&host, "{}", vec![two]).is_err(), "two values at a port of one");
}
