//! Stages that have something to say.

use crate::kinds::Number;
use vsg_plugin_api::{prelude::*, report::Entry};

params! {
    /// Settings of `misbehaving/talk`.
    pub struct Talk {
        /// Whether it asks for the files of the job, as only stages with effects should.
        asks_for_job: bool = false,
    }
}

impl Stage for Talk {
    const ID: &'static str = "talk";

    fn signature() -> Signature {
        Signature::new("Writes into the log in every way there is.")
            .phase("Talking")
            .output::<Number>("number", "how often")
    }

    fn run(&self, _inputs: &Inputs, ctx: &Ctx<'_>) -> Result<Outputs> {
        if self.asks_for_job {
            ctx.log(format!("the reference is {}", ctx.job()?.reference.display()));
        }
        ctx.log("a line of the context");
        ctx.warn("a warning of the context");
        tracing::info!(answer = 42, name = %"Source 2", "an event");
        tracing::debug!("a detail that the log leaves out");
        ctx.for_each(1, |index| {
            tracing::warn!(index, "an event of a loop");
            Ok(())
        })?;
        ctx.report(&Entry::Issue("look at this".into()))?;
        Outputs::new().with("number", Number { value: 4 })
    }
}

params! {
    /// Settings of `misbehaving/fail`.
    pub struct Fail {}
}

impl Stage for Fail {
    const ID: &'static str = "fail";

    fn signature() -> Signature {
        Signature::new("Fails and says what to do about it.").output::<Number>("number", "never returned")
    }

    fn run(&self, _inputs: &Inputs, _ctx: &Ctx<'_>) -> Result<Outputs> {
        Err(Error::new("the moon is not in the right place").help("wait for another night"))
    }
}
