//! What crosses the boundary between host and plugin library: plain data, a shared blob, and two traits.
//!
//! Nothing in here knows a domain type. The traits never grow, because a grown trait object makes a newer host refuse
//! every older plugin: new needs travel as JSON through [`RawStage::signature`], parameters, headers and
//! [`RawHost::service`]. Authors never meet this module; they use [`crate::prelude`].
#![allow(unsafe_code, reason = "the boundary of a dynamic library can not be crossed without it")]
#![allow(non_local_definitions, reason = "abi_stable's trait objects are written that way")]
#![allow(missing_docs, unreachable_pub, reason = "abi_stable's attribute macros write undocumented public items")]
#![allow(clippy::all, reason = "lints of generated code are not ours to mend")]

use abi_stable::{
    StableAbi,
    library::{CheckTypeLayout, LibHeader, RootModule, RootModuleResult},
    sabi_trait,
    sabi_types::VersionStrings,
    std_types::{RBox, RResult, RStr, RString, RVec},
};
use std::{marker::PhantomData, sync::Arc};

/// Version of everything in this module. A library built against another version is refused before anything else of it
/// is looked at.
pub const API_VERSION: u32 = 1;

/// Name of the exported `u32` static that holds the [`API_VERSION`] a plugin was built against.
pub const API_VERSION_SYMBOL: &str = "VSG_PLUGIN_API";

/// A host seen from a stage that runs.
pub type HostRef<'a> = RawHost_TO<'a, RRef<'a, ()>>;

/// A stage seen from the host.
pub type StageBox = RawStage_TO<'static, RBox<()>>;

/// A value on its way over the boundary.
#[repr(C)]
#[derive(StableAbi, Clone)]
pub struct RawValue {
    pub kind: RString,
    pub header: RString,
    pub blob: Blob,
}

/// All the values that arrived at one input port.
#[repr(C)]
#[derive(StableAbi, Clone)]
pub struct RawInput {
    pub port: RString,
    pub values: RVec<RawValue>,
}

/// The value that leaves one output port.
#[repr(C)]
#[derive(StableAbi, Clone)]
pub struct RawOutput {
    pub port: RString,
    pub value: RawValue,
}

/// What a stage may ask of the host while it runs.
#[sabi_trait]
pub trait RawHost: Send + Sync {
    /// `level`: 1 error, 2 warning, 3 info, 4 debug, 5 trace; as in `tracing`.
    fn log(&self, level: u8, message: RStr<'_>);
    /// `fraction` of the stage's work that is done, 0..=1.
    fn progress(&self, fraction: f64);
    fn cancelled(&self) -> bool;
    /// Calls `body` once for every index below `count`, on the host's thread pool, and returns when all are done.
    fn for_each(&self, count: usize, body: LoopBody<'_>);
    /// Everything else, by name, in JSON.
    #[sabi(last_prefix_field)]
    fn service(&self, name: RStr<'_>, request: RStr<'_>) -> RResult<RString, RString>;
}

/// One stage implementation of a plugin.
#[sabi_trait]
pub trait RawStage: Send + Sync {
    /// The signature as JSON, see [`crate::Signature`].
    fn signature(&self) -> RString;
    /// Runs once; an error is JSON, see [`crate::Error`].
    #[sabi(last_prefix_field)]
    fn run(&self, host: HostRef<'_>, parameters: RStr<'_>, inputs: RVec<RawInput>)
    -> RResult<RVec<RawOutput>, RString>;
}

/// What a plugin library says of itself.
#[repr(C)]
#[derive(StableAbi)]
pub struct PluginParts {
    pub name: RString,
    pub version: RString,
    pub stages: RVec<StageBox>,
}

/// The exported root of a plugin library.
#[repr(C)]
#[derive(StableAbi)]
#[sabi(kind(Prefix(prefix_ref = PluginModuleRef, prefix_fields = PluginModulePrefix)))]
#[sabi(missing_field(panic))]
pub struct PluginModule {
    #[sabi(last_prefix_field)]
    pub parts: extern "C" fn() -> PluginParts,
}

impl RootModule for PluginModuleRef {
    abi_stable::declare_root_module_statics! {PluginModuleRef}
    const BASE_NAME: &'static str = "vsg_plugin";
    const NAME: &'static str = "vsg_plugin";
    /// That of the boundary, not of the crate: a new release of the crate must not refuse older plugins.
    const VERSION_STRINGS: VersionStrings = VersionStrings::new("1.0.0");
}

/// A loop body that the host calls from several threads at once.
#[repr(C)]
#[derive(StableAbi, Clone, Copy)]
pub struct LoopBody<'a> {
    context: *const (),
    call: unsafe extern "C" fn(*const (), usize),
    lifetime: PhantomData<&'a ()>,
}

// SAFETY: `context` points to a closure that `LoopBody::new` requires to be `Sync`; `call` only takes it by shared reference.
unsafe impl Send for LoopBody<'_> {}
// SAFETY: as above.
unsafe impl Sync for LoopBody<'_> {}

impl<'a> LoopBody<'a> {
    /// Wraps a closure. It must not panic: a panic at the boundary aborts the process.
    pub fn new<F: Fn(usize) + Sync>(body: &'a F) -> Self {
        unsafe extern "C" fn call<F: Fn(usize) + Sync>(context: *const (), index: usize) {
            // SAFETY: `context` is the `&F` of `new`, and `'a` keeps that borrow alive as long as the body exists.
            let body = unsafe { &*context.cast::<F>() };
            body(index);
        }
        Self { context: std::ptr::from_ref(body).cast(), call: call::<F>, lifetime: PhantomData }
    }

    /// Runs the body for one index.
    pub fn call(&self, index: usize) {
        // SAFETY: `context` and `call` were made together in `new`, for the same closure type.
        unsafe { (self.call)(self.context, index) }
    }
}

/// An immutable region of bytes with a shared owner: heap memory, or a file of the store that is mapped read-only.
/// The first byte is aligned to 64 bytes. Cloning counts, it never copies.
#[repr(C)]
#[derive(StableAbi)]
pub struct Blob {
    data: *const u8,
    len: usize,
    file: RString,
    owner: *const (),
    retain: unsafe extern "C" fn(*const ()),
    release: unsafe extern "C" fn(*const ()),
}

// SAFETY: the bytes are immutable for the life of the owner, and the owner is an `Arc` of a `Send + Sync` type.
unsafe impl Send for Blob {}
// SAFETY: as above.
unsafe impl Sync for Blob {}

/// What keeps the bytes of a blob alive.
enum Owner {
    Nothing,
    Heap(Vec<Aligned>),
    Map(memmap2::Mmap),
}

/// Sixty-four bytes at an address divisible by 64.
#[repr(C, align(64))]
#[derive(Clone, Copy)]
struct Aligned([u8; 64]);

unsafe extern "C" fn retain(owner: *const ()) {
    // SAFETY: `owner` came from `Arc::into_raw` of an `Arc<Owner>`, and at least one count is alive while it is called.
    unsafe { Arc::increment_strong_count(owner.cast::<Owner>()) }
}

unsafe extern "C" fn release(owner: *const ()) {
    // SAFETY: as in `retain`; every count is given back exactly once, by `Drop`.
    unsafe { Arc::decrement_strong_count(owner.cast::<Owner>()) }
}

impl Blob {
    fn from_owner(owner: Owner, len: usize, file: String) -> Self {
        let owner = Arc::new(owner);
        let data = match &*owner {
            Owner::Nothing => std::ptr::NonNull::<Aligned>::dangling().as_ptr().cast_const().cast(),
            Owner::Heap(chunks) => chunks.as_ptr().cast(),
            Owner::Map(map) => map.as_ptr(),
        };
        Self { data, len, file: file.into(), owner: Arc::into_raw(owner).cast(), retain, release }
    }

    /// A blob without bytes.
    pub fn empty() -> Self {
        Self::from_owner(Owner::Nothing, 0, String::new())
    }

    /// Copies `bytes` into aligned heap memory.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let mut chunks = vec![Aligned([0; 64]); bytes.len().div_ceil(64)];
        for (chunk, piece) in chunks.iter_mut().zip(bytes.chunks(64)) {
            chunk.0[..piece.len()].copy_from_slice(piece);
        }
        Self::from_owner(Owner::Heap(chunks), bytes.len(), String::new())
    }

    /// Maps a whole file read-only.
    ///
    /// # Safety
    /// The file must not change while the blob lives; files of the store never do.
    #[doc(hidden)]
    pub unsafe fn map_file(path: &std::path::Path) -> std::io::Result<Self> {
        let file = std::fs::File::open(path)?;
        let name = path.to_string_lossy().into_owned();
        if file.metadata()?.len() == 0 {
            return Ok(Self::from_owner(Owner::Nothing, 0, name));
        }
        // SAFETY: the caller says that the file does not change.
        let map = unsafe { memmap2::Mmap::map(&file)? };
        // Readers go through long runs of bytes, and the file may have left memory: read ahead far. Without this advice, or
        // on systems that take none, reading is only slower.
        #[cfg(unix)]
        let _ = map.advise(memmap2::Advice::Sequential);
        let len = map.len();
        Ok(Self::from_owner(Owner::Map(map), len, name))
    }

    /// The bytes.
    pub fn as_slice(&self) -> &[u8] {
        // SAFETY: `data` and `len` describe the region that `owner` keeps alive; it is never written after creation.
        unsafe { std::slice::from_raw_parts(self.data, self.len) }
    }

    /// The file that is mapped, or `None` for bytes on the heap.
    pub fn file(&self) -> Option<&std::path::Path> {
        (!self.file.is_empty()).then(|| std::path::Path::new(self.file.as_str()))
    }
}

impl Clone for Blob {
    fn clone(&self) -> Self {
        // SAFETY: `owner` is alive because `self` holds a count of it.
        unsafe { (self.retain)(self.owner) };
        Self {
            data: self.data,
            len: self.len,
            file: self.file.clone(),
            owner: self.owner,
            retain: self.retain,
            release: self.release,
        }
    }
}

impl Drop for Blob {
    fn drop(&mut self) {
        // SAFETY: this blob holds one count, given back here and nowhere else.
        unsafe { (self.release)(self.owner) }
    }
}

impl std::fmt::Debug for Blob {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Blob({} bytes{})", self.len, if self.file.is_empty() { "" } else { ", mapped" })
    }
}

/// The host that the stage on this thread runs for.
pub(crate) mod current {
    use super::HostRef;
    use std::cell::Cell;

    thread_local! {
        static HOST: Cell<*const ()> = const { Cell::new(std::ptr::null()) };
    }

    /// Restores the earlier host even if the body unwinds.
    struct Restore(*const ());

    impl Drop for Restore {
        fn drop(&mut self) {
            HOST.set(self.0);
        }
    }

    /// Makes `host` the one of this thread while `body` runs.
    pub(crate) fn enter<T>(host: &HostRef<'_>, body: impl FnOnce() -> T) -> T {
        let _restore = Restore(HOST.replace(std::ptr::from_ref(host).cast()));
        body()
    }

    /// Calls `body` with the host of this thread, if there is one.
    pub(crate) fn with(body: impl FnOnce(&HostRef<'_>)) {
        let host = HOST.get().cast::<HostRef<'_>>();
        if !host.is_null() {
            // SAFETY: `enter` holds the borrow that this pointer came from until it has restored the earlier one.
            body(unsafe { &*host });
        }
    }

    /// Whether a stage runs on this thread.
    pub(crate) fn is_set() -> bool {
        !HOST.get().is_null()
    }
}

/// What `export!` writes into a plugin library as its root; not for authors.
#[doc(hidden)]
pub const fn library_header(constructor: extern "C" fn() -> RootModuleResult) -> LibHeader {
    // SAFETY: `export!` is the only caller, and its constructor returns a `PluginModuleRef`.
    unsafe { LibHeader::from_constructor::<PluginModuleRef>(constructor, CheckTypeLayout::Yes) }
}

#[doc(hidden)]
pub use abi_stable::{library, prefix_type, sabi_trait::TD_Opaque, sabi_types::RRef, std_types};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exported_name_is_the_one_that_abi_stable_looks_for() {
        assert_eq!(abi_stable::library::ROOT_MODULE_LOADER_NAME, crate::export::ROOT_MODULE_SYMBOL);
    }

    #[test]
    fn the_major_version_of_the_crate_is_the_api_version() {
        assert_eq!(
            env!("CARGO_PKG_VERSION_MAJOR"),
            API_VERSION.to_string(),
            "it is part of every type at the boundary"
        );
    }

    #[test]
    fn a_blob_keeps_its_bytes_aligned_and_shared() {
        let bytes: Vec<u8> = (0..200).map(|n| n as u8).collect();
        let blob = Blob::from_bytes(&bytes);
        let copy = blob.clone();
        assert_eq!(blob.as_slice().as_ptr(), copy.as_slice().as_ptr());
        assert_eq!(blob.as_slice().as_ptr() as usize % 64, 0);
        drop(blob);
        assert_eq!(copy.as_slice(), bytes);
        assert!(Blob::empty().as_slice().is_empty());
    }

    #[test]
    fn a_mapped_file_is_a_blob_with_a_path() {
        let path = std::env::temp_dir().join(format!("vsg-blob-{}", std::process::id()));
        std::fs::write(&path, b"mapped").unwrap();
        // SAFETY: nobody else knows of the file.
        let blob = unsafe { Blob::map_file(&path) }.unwrap();
        assert_eq!(blob.as_slice(), b"mapped");
        assert_eq!(blob.file(), Some(path.as_path()));
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn a_loop_body_runs_for_the_index_it_is_given() {
        let sum = std::sync::atomic::AtomicUsize::new(0);
        let body = |index: usize| {
            sum.fetch_add(index, std::sync::atomic::Ordering::Relaxed);
        };
        let raw = LoopBody::new(&body);
        (0..5).for_each(|index| raw.call(index));
        assert_eq!(sum.load(std::sync::atomic::Ordering::Relaxed), 10);
    }
}
