//! A plugin of API version 1 that uses everything there is at the boundary. Frozen: see README.md.

pub mod abi;

use abi::{
    Blob, HostRef, LoopBody, PluginModule, PluginModuleRef, PluginParts, RawInput, RawOutput, RawStage, RawStage_TO,
    RawValue, header,
};
use abi_stable::{
    library::{LibHeader, RootModuleResult, __call_root_module_loader},
    prefix_type::PrefixTypeTrait,
    sabi_trait::TD_Opaque,
    std_types::{RResult, RStr, RString, RVec},
};
use std::{
    marker::PhantomData,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

/// Makes bytes, says what a newer plugin might say in its signature.
struct Make;

impl RawStage for Make {
    fn signature(&self) -> RString {
        r#"{
            "id": "frozen/make",
            "summary": "Makes bytes.",
            "inputs": [],
            "outputs": [{ "name": "bytes", "kind": "frozen.bytes/1", "arity": "one", "smell": "of the future" }],
            "parameters": { "type": "object", "properties": { "length": { "type": "integer", "default": 1000 } } },
            "a_field_of_a_later_version": { "with": ["anything", 1, null] }
        }"#
        .into()
    }

    fn run(&self, _host: HostRef<'_>, parameters: RStr<'_>, _inputs: RVec<RawInput>) -> RResult<RVec<RawOutput>, RString> {
        if !parameters.contains("\"length\":1000") {
            return RResult::RErr(format!("{{\"message\": \"no default in {}\"}}", parameters.replace('"', "'")).into());
        }
        let bytes: Arc<Vec<u8>> = Arc::new((0..1000_u32).map(|n| (n % 251) as u8).collect());
        let blob = Blob {
            data: bytes.as_ptr(),
            len: bytes.len(),
            file: RString::new(),
            owner: Arc::into_raw(bytes).cast(),
            retain,
            release,
        };
        output("bytes", RawValue { kind: "frozen.bytes/1".into(), header: "{}".into(), blob })
    }
}

unsafe extern "C" fn retain(owner: *const ()) {
    unsafe { Arc::increment_strong_count(owner.cast::<Vec<u8>>()) }
}

unsafe extern "C" fn release(owner: *const ()) {
    unsafe { Arc::decrement_strong_count(owner.cast::<Vec<u8>>()) }
}

/// Adds bytes up on the host's threads.
struct Sum;

impl RawStage for Sum {
    fn signature(&self) -> RString {
        r#"{
            "id": "frozen/sum",
            "summary": "Adds bytes up.",
            "inputs": [{ "name": "bytes", "kind": "frozen.bytes/1", "arity": "one" }],
            "outputs": [{ "name": "bytes", "kind": "frozen.bytes/1", "arity": "one" }],
            "parameters": { "type": "object" }
        }"#
        .into()
    }

    fn run(&self, host: HostRef<'_>, _parameters: RStr<'_>, inputs: RVec<RawInput>) -> RResult<RVec<RawOutput>, RString> {
        let value = inputs[0].values[0].clone();
        let bytes = unsafe { std::slice::from_raw_parts(value.blob.data, value.blob.len) };
        let sum = AtomicUsize::new(0);
        let context = (bytes, &sum);
        let body = LoopBody { context: std::ptr::from_ref(&context).cast(), call: add, lifetime: PhantomData };
        host.for_each(bytes.len(), body);
        host.progress(0.5);
        if host.cancelled() {
            return RResult::RErr(r#"{"message": "cancelled", "cancelled": true}"#.into());
        }
        let job = host.service("job".into(), "null".into());
        let unknown = host.service("of-a-later-version".into(), "null".into());
        let text = format!(
            "frozen sum {}, job {}, unknown service {}",
            sum.load(Ordering::Relaxed),
            if job.is_ok() { "told" } else { "refused" },
            if unknown.is_ok() { "told" } else { "refused" }
        );
        host.log(3, text.as_str().into());
        output("bytes", value)
    }
}

unsafe extern "C" fn add(context: *const (), index: usize) {
    let (bytes, sum) = unsafe { &*context.cast::<(&[u8], &AtomicUsize)>() };
    sum.fetch_add(usize::from(bytes[index]), Ordering::Relaxed);
}

fn output(port: &str, value: RawValue) -> RResult<RVec<RawOutput>, RString> {
    RResult::ROk(vec![RawOutput { port: port.into(), value }].into())
}

extern "C" fn parts() -> PluginParts {
    let stages = vec![RawStage_TO::from_value(Make, TD_Opaque), RawStage_TO::from_value(Sum, TD_Opaque)];
    PluginParts { name: "frozen".into(), version: "1.0.0".into(), stages: stages.into() }
}

fn module() -> PluginModuleRef {
    PluginModule { parts }.leak_into_prefix()
}

extern "C" fn root() -> RootModuleResult {
    __call_root_module_loader(module)
}

#[unsafe(export_name = "VSG_PLUGIN_API")]
#[used]
static API_VERSION: u32 = 1;

#[unsafe(export_name = "_1as_0lib_1header_0root_bmodule_bloader")]
#[used]
static HEADER: LibHeader = header(root);
