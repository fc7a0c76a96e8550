//! What crosses the boundary in API version 1. Frozen: see README.md.
#![allow(non_local_definitions, clippy::all, reason = "written by abi_stable's macros")]

use abi_stable::{
    StableAbi,
    library::{LibHeader, RootModule, RootModuleResult},
    sabi_trait,
    sabi_types::{RRef, VersionStrings},
    std_types::{RBox, RResult, RStr, RString, RVec},
};
use std::marker::PhantomData;

pub type HostRef<'a> = RawHost_TO<'a, RRef<'a, ()>>;
pub type StageBox = RawStage_TO<'static, RBox<()>>;

#[repr(C)]
#[derive(StableAbi, Clone)]
pub struct RawValue {
    pub kind: RString,
    pub header: RString,
    pub blob: Blob,
}

#[repr(C)]
#[derive(StableAbi, Clone)]
pub struct RawInput {
    pub port: RString,
    pub values: RVec<RawValue>,
}

#[repr(C)]
#[derive(StableAbi, Clone)]
pub struct RawOutput {
    pub port: RString,
    pub value: RawValue,
}

#[sabi_trait]
pub trait RawHost: Send + Sync {
    fn log(&self, level: u8, message: RStr<'_>);
    fn progress(&self, fraction: f64);
    fn cancelled(&self) -> bool;
    fn for_each(&self, count: usize, body: LoopBody<'_>);
    #[sabi(last_prefix_field)]
    fn service(&self, name: RStr<'_>, request: RStr<'_>) -> RResult<RString, RString>;
}

#[sabi_trait]
pub trait RawStage: Send + Sync {
    fn signature(&self) -> RString;
    #[sabi(last_prefix_field)]
    fn run(&self, host: HostRef<'_>, parameters: RStr<'_>, inputs: RVec<RawInput>)
    -> RResult<RVec<RawOutput>, RString>;
}

#[repr(C)]
#[derive(StableAbi)]
pub struct PluginParts {
    pub name: RString,
    pub version: RString,
    pub stages: RVec<StageBox>,
}

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
    const VERSION_STRINGS: VersionStrings = VersionStrings::new("1.0.0");
}

#[repr(C)]
#[derive(StableAbi, Clone, Copy)]
pub struct LoopBody<'a> {
    pub context: *const (),
    pub call: unsafe extern "C" fn(*const (), usize),
    pub lifetime: PhantomData<&'a ()>,
}

unsafe impl Send for LoopBody<'_> {}
unsafe impl Sync for LoopBody<'_> {}

#[repr(C)]
#[derive(StableAbi)]
pub struct Blob {
    pub data: *const u8,
    pub len: usize,
    pub file: RString,
    pub owner: *const (),
    pub retain: unsafe extern "C" fn(*const ()),
    pub release: unsafe extern "C" fn(*const ()),
}

unsafe impl Send for Blob {}
unsafe impl Sync for Blob {}

impl Clone for Blob {
    fn clone(&self) -> Self {
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
        unsafe { (self.release)(self.owner) }
    }
}

pub const fn header(constructor: extern "C" fn() -> RootModuleResult) -> LibHeader {
    unsafe {
        LibHeader::from_constructor::<PluginModuleRef>(constructor, abi_stable::library::CheckTypeLayout::Yes)
    }
}
