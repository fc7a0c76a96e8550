//! Stages that panic, and one that claims to be cancelled.

use crate::kinds::Number;
use vsg_plugin_api::prelude::*;

params! {
    /// Settings of `misbehaving/panic`.
    pub struct PanicInRun {
        /// What it says.
        message: String = "nothing was to be seen".into(),
    }
}

impl Stage for PanicInRun {
    const ID: &'static str = "panic";

    fn signature() -> Signature {
        Signature::new("Panics.").output::<Number>("number", "a number")
    }

    fn run(&self, _inputs: &Inputs, _ctx: &Ctx<'_>) -> Result<Outputs> {
        panic!("{}", self.message)
    }
}

params! {
    /// Settings of `misbehaving/panic-in-loop`.
    pub struct PanicInLoop {
        /// How often the loop runs.
        count: usize = 100,
        /// The index that panics.
        index: usize = 42,
    }
}

impl Stage for PanicInLoop {
    const ID: &'static str = "panic-in-loop";

    fn signature() -> Signature {
        Signature::new("Panics in a loop on the host's threads.").output::<Number>("number", "a number")
    }

    fn run(&self, _inputs: &Inputs, ctx: &Ctx<'_>) -> Result<Outputs> {
        let body = |index| {
            assert_ne!(index, self.index, "this index is unlucky");
            Ok(index as u64)
        };
        let value = ctx.for_each(self.count, body)?.iter().sum();
        Outputs::new().with("number", Number { value })
    }
}

params! {
    /// Settings of `misbehaving/claim-cancelled`.
    pub struct ClaimCancelled {}
}

impl Stage for ClaimCancelled {
    const ID: &'static str = "claim-cancelled";

    fn signature() -> Signature {
        Signature::new("Says that it was cancelled when nobody did that.").output::<Number>("number", "never returned")
    }

    fn run(&self, _inputs: &Inputs, _ctx: &Ctx<'_>) -> Result<Outputs> {
        Err(Error::cancelled())
    }
}
