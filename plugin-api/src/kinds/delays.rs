//! The delay of one target, and the delays of the whole job.

use crate::{Error, Result, json_kind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The delay that was selected for one target, between decoded signals: without container delays and global shift.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Delay {
    /// The target.
    pub source: String,
    /// Whole milliseconds.
    pub rounded_ms: i64,
    /// Unrounded (ms).
    pub raw_ms: f64,
    /// How it was selected.
    pub label: String,
    /// Windows that were accepted.
    pub accepted: usize,
    /// Windows that were measured.
    pub measured: usize,
    /// Presentation time of the first decoded sample of the target (ms).
    pub start_ms: f64,
    /// Presentation time of the first decoded sample of the reference (ms).
    pub reference_start_ms: f64,
    /// Track of the reference that was measured (id in mkvmerge).
    pub reference_track_id: u64,
    /// Half of the range around `raw_ms` that holds the true delay in 95 % of all cases (ms).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_ms: Option<f64>,
    /// How far it can be trusted.
    #[serde(default)]
    pub verdict: Verdict,
    /// The best other answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runner_up: Option<RunnerUp>,
    /// What one delay does not put right, if something is known: steps or drift.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uncorrected: Option<String>,
    /// Why this delay and this verdict.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explanation: Option<Explanation>,
}
json_kind!(Delay, "delay/1");

/// What the windows of a target said, and what became of it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Explanation {
    /// Why the verdict is what it is.
    pub because: String,
    /// What accepted windows say: first those that agree with the selected delay, by their median, then others that at least two windows
    /// agree on.
    pub votes: Vec<Vote>,
    /// Accepted windows that nobody agrees with.
    pub alone: usize,
    /// Windows that did not count.
    pub rejected: Vec<Rejection>,
}

/// A delay that windows agree on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Vote {
    /// The delay (ms); what drift adds until a window is taken out.
    pub delay_ms: f64,
    /// Windows that agree on it.
    pub windows: usize,
    /// Start of the first of them (s).
    pub first_s: f64,
    /// Start of the last of them (s).
    pub last_s: f64,
}

/// Windows that did not count, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Rejection {
    /// Why; the figures are those of the first window.
    pub because: String,
    /// Numbers of the windows.
    pub windows: Vec<usize>,
}

/// How far a measured delay can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// No delay could be told.
    Refused,
    /// Another delay, or chance, has as much to say for itself, or nearly so.
    Ambiguous,
    /// Enough windows agree.
    #[default]
    Likely,
    /// Windows from the whole file agree, and nothing speaks for another delay.
    Certain,
}

/// The best answer that was not given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunnerUp {
    /// Its delay (ms).
    pub delay_ms: f64,
    /// Windows that agree on it.
    pub windows: usize,
    /// How far it is from the selected one (ms).
    pub distance_ms: f64,
}

/// The delays of the job, by source; those of one file only are none.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(try_from = "DelaysHeader", into = "DelaysHeader")]
pub struct Delays {
    /// What to add to a track that starts at its first sample; container delay of the reference's audio and global shift included.
    pub sources: BTreeMap<String, SourceDelay>,
    /// Added to everything so that no audio has to start before 0.
    pub global_shift: GlobalShift,
    /// What to add to all timestamps of a source's own file (ms) so that it lines up with the reference, global shift included:
    /// for tracks that go from file to file without being extracted. Of the same sources; of one file only it may be there alone.
    pub file_shift_ms: BTreeMap<String, f64>,
    /// Whether all tracks were extracted into files that start at their first sample, as the reference program does. Otherwise they
    /// have the timestamps of their source, in a file of their own, too.
    pub from_first_sample: bool,
}
json_kind!(Delays, "delays/1");

impl Delays {
    /// The delay of a source in whole milliseconds.
    #[must_use]
    pub fn rounded_ms(&self, source: &str) -> Option<i64> {
        self.sources.get(source).map(SourceDelay::rounded_ms)
    }

    /// The delay of a source, unrounded (ms).
    #[must_use]
    pub fn raw_ms(&self, source: &str) -> Option<f64> {
        self.sources.get(source).map(SourceDelay::raw_ms)
    }

    /// What is added to everything, in whole milliseconds.
    #[must_use]
    pub fn global_shift_ms(&self) -> i64 {
        self.global_shift.0.rounded_ms
    }

    /// The same, unrounded (ms).
    #[must_use]
    pub fn raw_global_shift_ms(&self) -> f64 {
        self.global_shift.0.raw_ms
    }
}

/// How far a rounded delay may be from the raw one (ms): a measured delay is rounded once, the global shift another time.
const LARGEST_ROUNDING_MS: f64 = 1.0 + 1e-6;

/// The delay of one source: whole milliseconds and the same unrounded, which belong together.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct SourceDelay {
    rounded_ms: i64,
    raw_ms: f64,
}

impl SourceDelay {
    /// A delay of which both forms are known. Fails if they are those of different delays.
    pub fn new(rounded_ms: i64, raw_ms: f64) -> Result<Self> {
        if (rounded_ms as f64 - raw_ms).abs() <= LARGEST_ROUNDING_MS {
            return Ok(Self { rounded_ms, raw_ms });
        }
        Err(Error::new(format!("a delay can not be {rounded_ms} ms rounded and {raw_ms} ms unrounded"))
            .help("the stage that made it is defective"))
    }

    /// An unrounded delay (ms), and its whole milliseconds, half to even.
    #[must_use]
    pub fn of_raw(raw_ms: f64) -> Self {
        Self { rounded_ms: raw_ms.round_ties_even() as i64, raw_ms }
    }

    /// Whole milliseconds.
    #[must_use]
    pub fn rounded_ms(&self) -> i64 {
        self.rounded_ms
    }

    /// Unrounded (ms).
    #[must_use]
    pub fn raw_ms(&self) -> f64 {
        self.raw_ms
    }

    /// The same delay, later by another one. Fails if the sum of roundings is none.
    pub fn plus(&self, other: Self) -> Result<Self> {
        let rounded_ms = self.rounded_ms.saturating_add(other.rounded_ms);
        Self::new(rounded_ms, self.raw_ms + other.raw_ms)
    }
}

/// A delay that everything has: never a negative one.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct GlobalShift(SourceDelay);

impl GlobalShift {
    /// A shift by this delay. Fails if it is negative.
    pub fn new(by: SourceDelay) -> Result<Self> {
        if by.rounded_ms >= 0 && by.raw_ms >= 0.0 {
            return Ok(Self(by));
        }
        Err(Error::new(format!("a global shift can not be {} ms: it only ever delays", by.raw_ms))
            .help("the stage that made it is defective"))
    }

    /// The delay that everything has.
    #[must_use]
    pub fn delay(&self) -> SourceDelay {
        self.0
    }
}

/// The delays of the job. The first two maps have the same sources; they are empty for one file only.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct DelaysHeader {
    /// Whole milliseconds to add to a track that starts at its first sample; container delay of the reference's audio and
    /// global shift included.
    source_delays_ms: BTreeMap<String, i64>,
    /// The same, unrounded.
    raw_source_delays_ms: BTreeMap<String, f64>,
    /// Added to everything so that no audio has to start before 0 (ms).
    global_shift_ms: i64,
    /// The same, unrounded.
    raw_global_shift_ms: f64,
    /// What to add to all timestamps of a source's own file (ms) so that it lines up with the reference, global shift included:
    /// for tracks that go from file to file without being extracted. Of the same sources; of one file only it may be there alone.
    file_shift_ms: BTreeMap<String, f64>,
    /// Whether all tracks were extracted into files that start at their first sample, as the reference program does. Otherwise they
    /// have the timestamps of their source, in a file of their own, too.
    #[serde(default)]
    from_first_sample: bool,
}

impl From<Delays> for DelaysHeader {
    fn from(delays: Delays) -> Self {
        let (global_shift_ms, raw_global_shift_ms) = (delays.global_shift_ms(), delays.raw_global_shift_ms());
        let Delays { sources, file_shift_ms, from_first_sample, .. } = delays;
        let rounded = sources.iter().map(|(source, delay)| (source.clone(), delay.rounded_ms)).collect();
        let raw = sources.into_iter().map(|(source, delay)| (source, delay.raw_ms)).collect();
        Self {
            source_delays_ms: rounded,
            raw_source_delays_ms: raw,
            global_shift_ms,
            raw_global_shift_ms,
            file_shift_ms,
            from_first_sample,
        }
    }
}

impl TryFrom<DelaysHeader> for Delays {
    type Error = Error;

    fn try_from(header: DelaysHeader) -> Result<Self> {
        let DelaysHeader { source_delays_ms: rounded, raw_source_delays_ms: raw, .. } = header;
        if !rounded.keys().eq(raw.keys()) {
            return Err(Error::new("rounded and unrounded delays are not those of the same sources"));
        }
        let files = header.file_shift_ms.keys();
        let is_remux = rounded.is_empty() && files.len() <= 1;
        if !is_remux && !rounded.keys().eq(files) {
            return Err(Error::new("delays and shifts of files are not those of the same sources"));
        }
        let shift = SourceDelay::new(header.global_shift_ms, header.raw_global_shift_ms).and_then(GlobalShift::new);
        let sources = rounded.into_iter().zip(raw.into_values()).map(|((source, rounded_ms), raw_ms)| {
            let delay = SourceDelay::new(rounded_ms, raw_ms).map_err(|error| error.context(source.clone()))?;
            Ok((source, delay))
        });
        Ok(Self {
            sources: sources.collect::<Result<_>>()?,
            global_shift: shift.map_err(|error| error.context("the global shift"))?,
            file_shift_ms: header.file_shift_ms,
            from_first_sample: header.from_first_sample,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// With the raw delays as shifts of the files.
    fn header(rounded: serde_json::Value, raw: serde_json::Value) -> serde_json::Value {
        json!({
            "file_shift_ms": raw,
            "source_delays_ms": rounded,
            "raw_source_delays_ms": raw,
            "global_shift_ms": 0,
            "raw_global_shift_ms": 0.0,
            "from_first_sample": false,
        })
    }

    #[test]
    fn delays_are_written_as_two_maps_with_the_same_sources() {
        let written =
            header(json!({ "Source 1": 0, "Source 2": -437 }), json!({ "Source 1": 0.0, "Source 2": -437.25 }));
        let delays: Delays = serde_json::from_value(written.clone()).unwrap();
        assert_eq!((delays.rounded_ms("Source 2"), delays.raw_ms("Source 2")), (Some(-437), Some(-437.25)));
        assert_eq!((delays.rounded_ms("Source 3"), delays.raw_ms("Source 3")), (None, None));
        assert_eq!(serde_json::to_value(delays).unwrap(), written);
    }

    #[test]
    fn maps_of_different_sources_or_delays_are_no_delays() {
        for (rounded, raw) in [
            (json!({ "Source 2": 1 }), json!({})),
            (json!({ "Source 2": 1 }), json!({ "Source 3": 1.0 })),
            (json!({ "Source 2": -437 }), json!({ "Source 2": 437.25 })),
            (json!({ "Source 2": 5 }), json!({ "Source 2": 6.5 })),
        ] {
            let what = format!("{rounded} {raw}");
            assert!(serde_json::from_value::<Delays>(header(rounded, raw)).is_err(), "{what}");
        }
        assert!(SourceDelay::new(0, f64::NAN).is_err());
    }

    #[test]
    fn a_global_shift_is_one_delay_and_no_negative_one() {
        let written = |rounded_ms: i64, raw_ms: f64| {
            let mut header = header(json!({ "Source 1": 0 }), json!({ "Source 1": 0.0 }));
            header["global_shift_ms"] = rounded_ms.into();
            header["raw_global_shift_ms"] = raw_ms.into();
            serde_json::from_value::<Delays>(header)
        };
        let delays = written(437, 437.25).unwrap();
        assert_eq!((delays.global_shift_ms(), delays.raw_global_shift_ms()), (437, 437.25));
        for (rounded_ms, raw_ms) in [(-437, -437.25), (437, -437.25), (437, 440.0), (0, -0.5)] {
            let error = written(rounded_ms, raw_ms).unwrap_err().to_string();
            assert!(error.contains("global shift"), "{error}");
        }
    }

    #[test]
    fn files_are_shifted_that_have_delays_or_a_single_one() {
        let written = |delays: serde_json::Value, files: serde_json::Value| {
            let mut header = header(delays.clone(), delays);
            header["file_shift_ms"] = files;
            serde_json::from_value::<Delays>(header)
        };
        let both = json!({ "Source 1": 0, "Source 2": 5 });
        assert!(written(both.clone(), both.clone()).is_ok());
        assert!(written(json!({}), json!({ "Source 1": 0 })).is_ok() && written(json!({}), json!({})).is_ok());
        for (delays, files) in [
            (both.clone(), json!({})),
            (both.clone(), json!({ "Source 1": 0 })),
            (both.clone(), json!({ "Source 1": 0, "Source 3": 5 })),
            (json!({}), both),
        ] {
            let what = format!("{delays} {files}");
            let error = written(delays, files).err().unwrap_or_else(|| panic!("{what}")).to_string();
            assert!(error.contains("not those of the same sources"), "{error}");
        }
    }

    #[test]
    fn delays_add_up() {
        assert!(SourceDelay::of_raw(1.4).plus(SourceDelay::of_raw(2.4)).is_ok_and(|sum| sum.rounded_ms() == 3));
    }
}
