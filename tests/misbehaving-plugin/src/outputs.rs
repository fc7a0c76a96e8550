//! Stages that return something else than they declare.

use crate::kinds::{Number, Text};
use vsg_plugin_api::prelude::*;

fn declared(summary: &str) -> Signature {
    Signature::new(summary).output::<Number>("number", "a number")
}

params! {
    /// Settings of `misbehaving/nothing`.
    pub struct Nothing {}
}

impl Stage for Nothing {
    const ID: &'static str = "nothing";

    fn signature() -> Signature {
        declared("Returns no output.")
    }

    fn run(&self, _inputs: &Inputs, _ctx: &Ctx<'_>) -> Result<Outputs> {
        Ok(Outputs::new())
    }
}

params! {
    /// Settings of `misbehaving/undeclared`.
    pub struct Undeclared {}
}

impl Stage for Undeclared {
    const ID: &'static str = "undeclared";

    fn signature() -> Signature {
        declared("Returns one output too many.")
    }

    fn run(&self, _inputs: &Inputs, _ctx: &Ctx<'_>) -> Result<Outputs> {
        Outputs::new().with("number", Number { value: 1 })?.with("surprise", Number { value: 2 })
    }
}

params! {
    /// Settings of `misbehaving/other-kind`.
    pub struct OtherKind {}
}

impl Stage for OtherKind {
    const ID: &'static str = "other-kind";

    fn signature() -> Signature {
        declared("Returns an output of another kind than declared.")
    }

    fn run(&self, _inputs: &Inputs, _ctx: &Ctx<'_>) -> Result<Outputs> {
        Outputs::new().with("number", Text { text: "one".into() })
    }
}
