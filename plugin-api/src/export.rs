//! The one line that makes a crate a plugin.

use crate::{
    Corrector, CorrelationMethod, Stage, SyncMode,
    abi::StageBox,
    adapters::{corrector::Corrected, correlation::Correlation, sync_mode::Synced},
    stage::pack,
};
use std::marker::PhantomData;

/// The symbol of a library's root; `export!` has to repeat it as a literal.
pub const ROOT_MODULE_SYMBOL: &str = "_1as_0lib_1header_0root_bmodule_bloader";

/// Finds out, by the order of method lookup, which of the traits a type implements.
pub struct Exported<T>(pub PhantomData<T>);

/// A type that is a stage itself.
pub trait AsStage {
    /// Packs it for the boundary.
    fn pack(&self, plugin: &'static str) -> StageBox;
}

impl<T: Stage> AsStage for Exported<T> {
    fn pack(&self, plugin: &'static str) -> StageBox {
        pack::<T>(plugin)
    }
}

/// A type that becomes a stage through the correlation adapter.
pub trait AsCorrelation {
    /// Packs it for the boundary.
    fn pack(&self, plugin: &'static str) -> StageBox;
}

impl<T: CorrelationMethod> AsCorrelation for &Exported<T> {
    fn pack(&self, plugin: &'static str) -> StageBox {
        pack::<Correlation<T>>(plugin)
    }
}

/// A type that becomes a stage through the adapter of sync modes.
pub trait AsSyncMode {
    /// Packs it for the boundary.
    fn pack(&self, plugin: &'static str) -> StageBox;
}

impl<T: SyncMode> AsSyncMode for &&Exported<T> {
    fn pack(&self, plugin: &'static str) -> StageBox {
        pack::<Synced<T>>(plugin)
    }
}

/// A type that becomes a stage through the adapter of correctors.
pub trait AsCorrector {
    /// Packs it for the boundary.
    fn pack(&self, plugin: &'static str) -> StageBox;
}

impl<T: Corrector> AsCorrector for &&&Exported<T> {
    fn pack(&self, plugin: &'static str) -> StageBox {
        pack::<Corrected<T>>(plugin)
    }
}

/// Makes a crate a plugin: `export!(First, Second);` lists its stages and methods. The plugin has the name and version of
/// the package; stages are called `package/ID`.
#[macro_export]
macro_rules! export {
    ($($stage:ty),+ $(,)?) => {
        /// The parts of this plugin, for the library's root and for `assert_conforms!`.
        #[doc(hidden)]
        pub(crate) extern "C" fn __vsg_parts() -> $crate::abi::PluginParts {
            #[allow(unused_imports, reason = "a plugin may use one family only")]
            use $crate::export::{AsCorrelation as _, AsCorrector as _, AsStage as _, AsSyncMode as _, Exported};
            let stages = vec![
                $( (&&&&Exported::<$stage>(::std::marker::PhantomData)).pack(env!("CARGO_PKG_NAME")) ),+
            ];
            $crate::abi::PluginParts {
                name: env!("CARGO_PKG_NAME").into(),
                version: env!("CARGO_PKG_VERSION").into(),
                stages: stages.into(),
            }
        }

        const _: () = {
            fn module() -> $crate::abi::PluginModuleRef {
                let module = $crate::abi::PluginModule { parts: __vsg_parts };
                $crate::abi::prefix_type::PrefixTypeTrait::leak_into_prefix(module)
            }

            extern "C" fn root() -> $crate::abi::library::RootModuleResult {
                $crate::abi::library::__call_root_module_loader(module)
            }

            #[unsafe(export_name = "VSG_PLUGIN_API")]
            #[used]
            static API_VERSION: u32 = $crate::abi::API_VERSION;

            #[unsafe(export_name = "_1as_0lib_1header_0root_bmodule_bloader")]
            #[used]
            static HEADER: $crate::abi::library::LibHeader = $crate::abi::library_header(root);
        };
    };
}
