//! The signature of a stage: what the host can check, plan and print without running it.

use crate::{Data, Example, Params};
use serde::{Deserialize, Serialize};

/// How many values a port takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Arity {
    /// Exactly one.
    One,
    /// Any number, in source order.
    Many,
}

/// A named input or output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Port {
    /// Name, as in `from = { name = … }`.
    pub name: String,
    /// Kind of its values.
    pub kind: String,
    /// How many values it takes; an output always has one.
    pub arity: Arity,
    /// Whether an input may be left out.
    #[serde(default)]
    pub optional: bool,
    /// What it is.
    #[serde(default)]
    pub help: String,
}

/// What a stage is. Fields that a host does not know are ignored, so that a newer plugin loads in an older host.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Signature {
    /// `plugin/stage`.
    #[serde(default)]
    pub id: String,
    /// One sentence.
    pub summary: String,
    /// Part of the job that the stage belongs to; a change of it starts a new section of the log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<String>,
    /// Inputs, in the order of the documentation.
    pub inputs: Vec<Port>,
    /// Outputs.
    pub outputs: Vec<Port>,
    /// Whether the outputs depend on inputs and parameters only. `false`: the stage has effects and always runs.
    #[serde(default = "yes")]
    pub pure: bool,
    /// Tools that the stage runs, by name; another version of one may give other outputs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<String>,
    /// JSON schema of the parameters.
    #[serde(default)]
    pub parameters: serde_json::Value,
    /// How finely a measuring stage measures (ms), if that is coarser than half a sample.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolution_ms: Option<f64>,
    /// What it does with certain inputs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub examples: Vec<Example>,
}

fn yes() -> bool {
    true
}

impl Signature {
    /// A signature without ports.
    #[must_use]
    pub fn new(summary: &str) -> Self {
        Self {
            id: String::new(),
            summary: summary.to_owned(),
            phase: None,
            inputs: Vec::new(),
            outputs: Vec::new(),
            pure: true,
            tools: Vec::new(),
            parameters: serde_json::Value::Null,
            resolution_ms: None,
            examples: Vec::new(),
        }
    }

    /// Adds an input of one value.
    #[must_use]
    pub fn input<T: Data>(self, name: &str, help: &str) -> Self {
        self.add_input::<T>(name, help, Arity::One, false)
    }

    /// Adds an input of one value that may be left out.
    #[must_use]
    pub fn optional_input<T: Data>(self, name: &str, help: &str) -> Self {
        self.add_input::<T>(name, help, Arity::One, true)
    }

    /// Adds an input of any number of values.
    #[must_use]
    pub fn input_many<T: Data>(self, name: &str, help: &str) -> Self {
        self.add_input::<T>(name, help, Arity::Many, false)
    }

    /// Adds an input of any number of values that may be left out.
    #[must_use]
    pub fn optional_input_many<T: Data>(self, name: &str, help: &str) -> Self {
        self.add_input::<T>(name, help, Arity::Many, true)
    }

    fn add_input<T: Data>(mut self, name: &str, help: &str, arity: Arity, optional: bool) -> Self {
        self.inputs.push(Port { name: name.into(), kind: T::KIND.into(), arity, optional, help: help.into() });
        self
    }

    /// Adds an output.
    #[must_use]
    pub fn output<T: Data>(mut self, name: &str, help: &str) -> Self {
        let (arity, optional) = (Arity::One, false);
        self.outputs.push(Port { name: name.into(), kind: T::KIND.into(), arity, optional, help: help.into() });
        self
    }

    /// The part of the job that the stage belongs to: `Analysis`, `Extraction`, `Merge Planning`.
    #[must_use]
    pub fn phase(mut self, phase: &str) -> Self {
        self.phase = Some(phase.to_owned());
        self
    }

    /// Declares effects outside of the outputs: the stage always runs.
    #[must_use]
    pub fn with_effects(mut self) -> Self {
        self.pure = false;
        self
    }

    /// Names a tool that the stage runs: outputs of another version of it are not taken for those of this one.
    #[must_use]
    pub fn runs(mut self, tool: vsg_tools::Tool) -> Self {
        self.tools.push(tool.name().to_owned());
        self
    }

    /// Says that measurements are this coarse (ms).
    #[must_use]
    pub fn resolution_ms(mut self, resolution_ms: f64) -> Self {
        self.resolution_ms = Some(resolution_ms);
        self
    }

    /// Adds an example.
    #[must_use]
    pub fn example(mut self, example: Example) -> Self {
        self.examples.push(example);
        self
    }

    pub(crate) fn complete<P: Params>(mut self, plugin: &str, stage: &str) -> Self {
        self.id = format!("{plugin}/{stage}");
        self.parameters = crate::params::schema::<P>();
        self
    }
}
