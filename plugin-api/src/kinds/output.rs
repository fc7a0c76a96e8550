//! The finished file.

use crate::json_kind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// What the mux wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Output {
    /// The file.
    pub path: PathBuf,
    /// Arguments that mkvmerge was given.
    pub tokens: Vec<String>,
}
json_kind!(Output, "output/1");
