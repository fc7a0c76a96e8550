//! `misbehaving/sleep`: does not end by itself.

use crate::kinds::Number;
use std::{io::Write, time::Duration};
use vsg_plugin_api::prelude::*;

params! {
    /// Settings of `misbehaving/sleep`.
    pub struct Sleep {
        /// Program that sleeps in its place, such as `sleep`; empty for none.
        program: String = String::new(),
        /// Whether it never asks if it is cancelled.
        deaf: bool = false,
    }
}

impl Stage for Sleep {
    const ID: &'static str = "sleep";

    fn signature() -> Signature {
        Signature::new("Leaves files in the work folder and waits until it is cancelled.")
            .output::<Number>("number", "never returned")
    }

    fn run(&self, _inputs: &Inputs, ctx: &Ctx<'_>) -> Result<Outputs> {
        ctx.blob_writer()?.file().write_all(b"half written")?;
        std::fs::write(ctx.scratch_dir()?.join("litter"), b"litter")?;
        ctx.log("asleep");
        if !self.program.is_empty() {
            ctx.program(&self.program).arg("3600").run()?;
        }
        loop {
            if !self.deaf {
                ctx.check_cancelled()?;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}
