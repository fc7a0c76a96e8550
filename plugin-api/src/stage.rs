//! The general trait of a stage, and how an implementation is packed for the boundary.

use crate::{
    Ctx, Error, Inputs, Outputs, Params, Result, Signature,
    abi::{HostRef, RawInput, RawOutput, RawStage, RawStage_TO, StageBox},
};
use abi_stable::{
    sabi_trait::TD_Opaque,
    std_types::{RResult, RStr, RString, RVec},
};
use std::marker::PhantomData;

/// One step of a pipeline. The implementing type is its parameters: see [`params!`](crate::params).
///
/// A stage is a function of inputs and parameters. It may be run again at any time, in another process, and its outputs
/// may be taken from an earlier run, unless its signature declares effects.
pub trait Stage: Params {
    /// Name within the plugin; the plugin is the name of the package.
    const ID: &'static str;

    /// Ports and summary.
    fn signature() -> Signature;

    /// Does the work. A panic is caught and becomes an error of the stage.
    fn run(&self, inputs: &Inputs, ctx: &Ctx<'_>) -> Result<Outputs>;
}

struct Packed<S> {
    plugin: &'static str,
    stage: PhantomData<fn() -> S>,
}

impl<S: Stage> RawStage for Packed<S> {
    /// Empty if the author's code panics, which the host reports.
    fn signature(&self) -> RString {
        let signature = std::panic::catch_unwind(|| S::signature().complete::<S>(self.plugin, S::ID)).ok();
        signature.and_then(|signature| serde_json::to_string(&signature).ok()).unwrap_or_default().into()
    }

    fn run(
        &self,
        host: HostRef<'_>,
        parameters: RStr<'_>,
        inputs: RVec<RawInput>,
    ) -> RResult<RVec<RawOutput>, RString> {
        let ctx = Ctx::new(host);
        let outcome = crate::bridge::guarded(ctx.host(), || {
            let stage: S = crate::params::parse(serde_json::from_str(parameters.as_str())?)?;
            stage.run(&Inputs::from_raw(inputs)?, &ctx)
        });
        match outcome.and_then(|result| result) {
            Ok(outputs) => RResult::ROk(outputs.into_raw().into()),
            Err(error) => RResult::RErr(Error::to_json(&error).into()),
        }
    }
}

/// Packs a stage for the boundary.
pub(crate) fn pack<S: Stage>(plugin: &'static str) -> StageBox {
    RawStage_TO::from_value(Packed::<S> { plugin, stage: PhantomData }, TD_Opaque)
}
