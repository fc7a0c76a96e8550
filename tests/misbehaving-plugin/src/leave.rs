//! `misbehaving/leave`: ends its process and leaves a program behind that holds on to its outputs.

use crate::kinds::Number;
use vsg_plugin_api::prelude::*;

params! {
    /// Settings of `misbehaving/leave`.
    pub struct Leave {
        /// Whether it does.
        leaves: bool = false,
    }
}

impl Stage for Leave {
    const ID: &'static str = "leave";

    fn signature() -> Signature {
        Signature::new("Leaves a program behind.").output::<Number>("number", "always 1")
    }

    fn run(&self, _inputs: &Inputs, _ctx: &Ctx<'_>) -> Result<Outputs> {
        if self.leaves {
            std::process::Command::new("sleep").arg("3600").spawn()?;
            std::process::exit(7);
        }
        Outputs::new().with("number", Number { value: 1 })
    }
}
