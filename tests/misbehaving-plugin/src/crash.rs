//! `misbehaving/crash`: ends its process in every way there is, or never ends.

use crate::kinds::{Bytes, Number};
use vsg_plugin_api::prelude::*;

choice! {
    /// How it misbehaves.
    pub enum Way {
        /// Not at all: it passes bytes on, and says how many megabytes of private memory the process has.
        Not,
        /// Reads where nothing is.
        Segfault,
        /// Ends with an abort.
        Abort,
        /// Ends the process as if all were well.
        Exit,
        /// Ends the process with an exit code.
        ExitSeven,
        /// Calls itself until the stack is full.
        Overflow,
        /// Works for ever and never asks if it should stop.
        Endless,
        /// Takes more and more memory, little by little.
        Hoard,
        /// Asks for more memory at once than there is.
        Gulp,
    }
}

params! {
    /// Settings of `misbehaving/crash`.
    pub struct Crash {
        /// How.
        way: Way = Way::Not,
        /// What it says before.
        says: String = String::new(),
    }
}

impl Stage for Crash {
    const ID: &'static str = "crash";

    fn signature() -> Signature {
        Signature::new("Crashes.")
            .optional_input::<Bytes>("bytes", "passed on")
            .output::<Number>("number", "private memory (MB)")
            .output::<Bytes>("bytes", "the bytes that came")
    }

    fn run(&self, inputs: &Inputs, ctx: &Ctx<'_>) -> Result<Outputs> {
        if !self.says.is_empty() {
            ctx.log(&self.says);
        }
        match self.way {
            Way::Not => {}
            Way::Segfault => segfault(),
            Way::Abort => std::process::abort(),
            Way::Exit => std::process::exit(0),
            Way::ExitSeven => std::process::exit(7),
            Way::Overflow => drop(deeper(1)),
            Way::Endless => loop {
                std::hint::spin_loop();
            },
            Way::Hoard => hoard(),
            Way::Gulp => drop(std::hint::black_box(vec![1_u8; 1 << 40])),
        }
        let bytes = inputs.optional::<Bytes>("bytes")?.unwrap_or(Bytes { blob: Blob::empty() });
        // All of it is read, so that it would count if it were a copy.
        let sum: u64 = bytes.blob.as_slice().iter().map(|byte| u64::from(*byte)).sum();
        ctx.log(format!("the bytes add up to {sum} in process {}", std::process::id()));
        Outputs::new().with("number", Number { value: private_mb() })?.with("bytes", bytes)
    }
}

#[allow(unsafe_code, reason = "a crash is what the test is about")]
fn segfault() {
    // SAFETY: it is not safe, and the test wants just that.
    unsafe { std::ptr::without_provenance::<u8>(8).read_volatile() };
}

fn deeper(level: u64) -> u64 {
    let room = std::hint::black_box([level; 4096]);
    if level == u64::MAX { room[0] } else { deeper(level + 1) + room[0] }
}

fn hoard() {
    let mut pieces = Vec::new();
    loop {
        pieces.push(std::hint::black_box(vec![1_u8; 1 << 20]));
    }
}

/// Memory of this process that no file backs (MB).
fn private_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok());
    kilobytes.unwrap_or(0) / 1000
}
