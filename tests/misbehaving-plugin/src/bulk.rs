//! `misbehaving/bulk` and `misbehaving/measure`: bulk data that goes through a file of the store.

use crate::kinds::{Bytes, Number};
use std::io::Write;
use vsg_plugin_api::prelude::*;

params! {
    /// Settings of `misbehaving/bulk`.
    pub struct Bulk {
        /// How many bytes are written; byte `n` is `n` modulo 251.
        length: usize = 1_000_000,
    }
}

impl Stage for Bulk {
    const ID: &'static str = "bulk";

    fn signature() -> Signature {
        Signature::new("Writes bytes into a file of the store.").output::<Bytes>("bytes", "the bytes")
    }

    fn run(&self, _inputs: &Inputs, ctx: &Ctx<'_>) -> Result<Outputs> {
        let writer = ctx.blob_writer()?;
        let bytes: Vec<u8> = (0..self.length).map(|index| (index % 251) as u8).collect();
        writer.file().write_all(&bytes)?;
        Outputs::new().with("bytes", Bytes { blob: writer.finish()? })
    }
}

params! {
    /// Settings of `misbehaving/measure`.
    pub struct Measure {}
}

impl Stage for Measure {
    const ID: &'static str = "measure";

    fn signature() -> Signature {
        Signature::new("Adds up bytes and says where they are.")
            .input::<Bytes>("bytes", "the bytes")
            .output::<Number>("number", "their sum")
    }

    fn run(&self, inputs: &Inputs, ctx: &Ctx<'_>) -> Result<Outputs> {
        let bytes: Bytes = inputs.one("bytes")?;
        let sum = bytes.blob.as_slice().iter().map(|byte| u64::from(*byte)).sum();
        let place = if bytes.blob.file().is_some() { "a mapped file" } else { "memory" };
        ctx.log(format!("{} bytes in {place} add up to {sum}", bytes.blob.as_slice().len()));
        Outputs::new().with("number", Number { value: sum })
    }
}
