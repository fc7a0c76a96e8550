//! The conformance kit: does a stage keep its promises? Behind the feature `testing`.
//!
//! An author's own tests run it on the stages of the crate,
//!
//! ```ignore
//! #[test]
//! fn all_stages_keep_their_promises() {
//!     vsg_plugin_api::assert_conforms!();
//! }
//! ```
//!
//! and `vsg-host test` runs it on a built library. Signature, parameters and examples are looked at; the stage is run on
//! made-up values of all kinds that the kit knows, or on the examples of its signature, several times, on other numbers of
//! threads, with damaged inputs, and is cancelled. Methods that measure delays get sound with a known delay, and
//! sync modes subtitles with known times.

mod cancel;
mod corrector;
mod correlation;
mod defaults;
mod determinism;
mod host;
mod hostile;
mod hostile_audio;
mod mutation;
mod outputs;
mod signature;
mod sound;
mod subject;
mod sync;
mod world;
#[cfg(test)]
mod wrong_correctors;
#[cfg(test)]
mod wrong_methods;
#[cfg(test)]
mod wrong_modes;
#[cfg(test)]
mod wrong_stages;

use crate::{Data, abi::PluginParts, kinds::Audio};
use serde::{Deserialize, Serialize};
pub use subject::Subject;

/// What came out of a check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The stage keeps this promise.
    Passed,
    /// It does not, and why.
    Failed(String),
    /// It was not looked at, and why.
    Skipped(String),
}

/// One promise of one stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// What is promised.
    pub name: String,
    /// The stage.
    pub stage: String,
    /// Whether it is kept.
    pub outcome: Outcome,
}

/// Everything that was checked.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Conformance {
    /// The checks, stage by stage.
    pub checks: Vec<Check>,
}

/// Why a promise is not shown to be kept.
enum Unmet {
    Failed(String),
    Skipped(String),
}

impl From<String> for Unmet {
    fn from(reason: String) -> Self {
        Self::Failed(reason)
    }
}

type Verdict = Result<(), Unmet>;

type Body = fn(&Subject) -> Verdict;

type Promises = &'static [(&'static str, Body)];

/// Promises of every stage.
const GENERAL: Promises = &[
    ("signature", signature::is_well_formed),
    ("ids and kinds are namespaced", signature::is_namespaced),
    ("parameters explain themselves and their defaults are valid", defaults::are_valid),
    ("runs on made-up values", determinism::runs),
    ("same inputs, same bytes", determinism::repeats),
    ("one thread or many, same bytes", determinism::threads),
    ("cancelled before it begins", cancel::at_start),
    ("cancelled at its first progress", cancel::at_first_progress),
    ("cancelled in the middle", cancel::in_the_middle),
];

/// Of a stage with examples.
const OF_EXAMPLES: Promises = &[("examples", determinism::examples)];

/// Of a stage with parameters.
const OF_PARAMETERS: Promises = &[("parameters at their limits", defaults::limits)];

/// Of a stage with inputs.
const OF_INPUTS: Promises = &[
    ("missing and doubled inputs", hostile::missing),
    ("inputs of another kind", hostile::other_kind),
    ("damaged headers", hostile::headers),
    ("damaged bulk data", hostile::blobs),
];

/// Of a stage with inputs that name files.
const OF_FILES: Promises = &[("missing, empty and damaged files", hostile::files)];

/// Of a stage that takes sound.
const OF_SOUND: Promises = &[
    ("no samples", hostile_audio::empty),
    ("one sample", hostile_audio::one_sample),
    ("silence", hostile_audio::silence),
    ("samples that are no numbers", hostile_audio::not_numbers),
    ("sample rates that are absurd", hostile_audio::odd_rates),
];

/// Of a stage that takes two sounds.
const OF_SOUNDS: Promises = &[("sample rates that differ", hostile_audio::mismatched_rates)];

impl Subject {
    fn promises(&self) -> Vec<(&'static str, Body)> {
        let signature = &self.signature;
        let takes = |kinds: &[&str]| signature.inputs.iter().filter(|port| kinds.contains(&port.kind.as_str())).count();
        let sounds = takes(&[Audio::KIND]);
        let applicable = [
            (true, GENERAL),
            (!signature.examples.is_empty(), OF_EXAMPLES),
            (defaults::has_parameters(signature), OF_PARAMETERS),
            (!signature.inputs.is_empty(), OF_INPUTS),
            (takes(hostile::KINDS_WITH_FILES) > 0, OF_FILES),
            (sounds > 0, OF_SOUND),
            (sounds > 1, OF_SOUNDS),
            (correlation::is_method(signature), correlation::PROMISES),
            (corrector::is_corrector(signature), corrector::PROMISES),
            (sync::is_mode(signature), sync::PROMISES),
        ];
        applicable.iter().filter(|(applies, _)| *applies).flat_map(|(_, promises)| promises.iter().copied()).collect()
    }

    /// Names of the checks, in their order.
    #[must_use]
    pub fn names(&self) -> Vec<&'static str> {
        self.promises().into_iter().map(|(name, _)| name).collect()
    }

    /// Does one check; `None` past the last one.
    #[must_use]
    pub fn check(&self, index: usize) -> Option<Check> {
        let (name, body) = self.promises().get(index).copied()?;
        let outcome = match body(self) {
            Ok(()) => Outcome::Passed,
            Err(Unmet::Failed(reason)) => Outcome::Failed(reason),
            Err(Unmet::Skipped(reason)) => Outcome::Skipped(reason),
        };
        Some(Check { name: name.to_owned(), stage: self.signature.id.clone(), outcome })
    }
}

impl std::fmt::Display for Check {
    /// A line with a mark, and set in below it the reason.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (mark, reason) = match &self.outcome {
            Outcome::Passed => ('✓', ""),
            Outcome::Failed(reason) => ('✗', reason.as_str()),
            Outcome::Skipped(reason) => ('–', reason.as_str()),
        };
        writeln!(f, "  {mark} {}", self.name)?;
        reason.lines().try_for_each(|line| writeln!(f, "      {line}"))
    }
}

/// How many checks had which outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Promises that are kept.
    pub passed: usize,
    /// Promises that are not.
    pub failed: usize,
    /// Promises that were not looked at.
    pub skipped: usize,
}

impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} passed, {} failed, {} not applicable", self.passed, self.failed, self.skipped)
    }
}

impl Conformance {
    /// Whether nothing failed.
    #[must_use]
    pub fn is_met(&self) -> bool {
        self.counts().failed == 0
    }

    /// How many checks had which outcome.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for check in &self.checks {
            *match check.outcome {
                Outcome::Passed => &mut counts.passed,
                Outcome::Failed(_) => &mut counts.failed,
                Outcome::Skipped(_) => &mut counts.skipped,
            } += 1;
        }
        counts
    }
}

impl std::fmt::Display for Conformance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut stage = "";
        for check in &self.checks {
            if check.stage != stage {
                stage = &check.stage;
                writeln!(f, "{stage}")?;
            }
            check.fmt(f)?;
        }
        writeln!(f, "{}", self.counts())
    }
}

/// Runs the kit on all stages of a plugin.
#[must_use]
pub fn conforms(parts: PluginParts) -> Conformance {
    let mut checks = Vec::new();
    let plugin = parts.name.into_string();
    let mut ids = std::collections::BTreeSet::new();
    for (index, stage) in parts.stages.into_iter().enumerate() {
        let failed = |stage: String, reason: String| Check {
            name: GENERAL[0].0.to_owned(),
            stage,
            outcome: Outcome::Failed(reason),
        };
        match Subject::new(stage) {
            Ok(subject) if !ids.insert(subject.signature.id.clone()) => {
                checks
                    .push(failed(subject.signature.id.clone(), "another stage of this plugin has the same id".into()));
            }
            Ok(subject) => checks.extend((0..).map_while(|index| subject.check(index))),
            Err(reason) => checks.push(failed(format!("{plugin}: stage {}", index + 1), reason)),
        }
    }
    Conformance { checks }
}

/// Panics with a readable list unless all stages of a plugin keep their promises; for tests.
#[track_caller]
pub fn assert_conforms(parts: PluginParts) {
    let conformance = conforms(parts);
    assert!(conformance.is_met(), "\n{conformance}");
}

/// Runs the conformance kit on the stages that this crate exports: `vsg_plugin_api::assert_conforms!();` in a test. `export!`
/// has to stand at the root of the crate.
#[macro_export]
#[allow(clippy::crate_in_macro_def, reason = "the stages of the crate that calls it are meant")]
macro_rules! assert_conforms {
    () => {
        $crate::testing::assert_conforms(crate::__vsg_parts())
    };
}
