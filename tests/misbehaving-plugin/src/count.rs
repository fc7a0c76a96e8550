//! `misbehaving/count`: behaves, and tells when it ran; the nodes of random graphs.

use crate::kinds::Number;
use std::{fs::OpenOptions, io::Write, path::Path};
use vsg_plugin_api::{prelude::*, report::Entry};

params! {
    /// A node of a graph of numbers.
    pub struct Count {
        /// Name in journal and report.
        name: String = String::new(),
        /// Added to the sum of the inputs.
        plus: u64 = 1,
        /// How many indices a loop on the host's threads adds up.
        loops: usize = 0,
        /// File that gets a line at the start and at the end.
        journal: Option<String> = None,
        /// Whether it fails after it has worked.
        fails: bool = false,
    }
}

impl Stage for Count {
    const ID: &'static str = "count";

    fn signature() -> Signature {
        Signature::new("Adds up its inputs, the indices of a loop and a constant.")
            .optional_input_many::<Number>("numbers", "what is added up")
            .optional_input::<SourceFile>("file", "the source whose name is added to its own")
            .output::<Number>("number", "the sum")
    }

    fn run(&self, inputs: &Inputs, ctx: &Ctx<'_>) -> Result<Outputs> {
        let name = match inputs.optional::<SourceFile>("file")? {
            Some(file) => format!("{}@{}", self.name, file.source),
            None => self.name.clone(),
        };
        self.note(&format!("starts {name}"))?;
        let numbers: Vec<Number> = inputs.many("numbers")?;
        let indices: u64 = ctx.for_each(self.loops, |index| Ok(index as u64))?.iter().sum();
        let value = self.plus + indices + numbers.iter().map(|number| number.value).sum::<u64>();
        self.note(&format!("ends {name}"))?;
        if self.fails {
            return Err(Error::new(format!("`{name}` fails on purpose")));
        }
        ctx.report(&Entry::facts(&["numbers", &name], &value)?)?;
        Outputs::new().with("number", Number { value })
    }
}

impl Count {
    fn note(&self, what: &str) -> Result<()> {
        let Some(journal) = &self.journal else {
            return Ok(());
        };
        // One write of a short line at the end of a file is never mixed with another one.
        let mut file = OpenOptions::new().append(true).create(true).open(Path::new(journal))?;
        file.write_all(format!("{what}\n").as_bytes())?;
        Ok(())
    }
}
