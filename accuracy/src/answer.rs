//! What `vsg-host` answered: its exit code and the report of the run.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{fs, path::Path};

/// The answer to a pair. What a report does not say is none.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Answer {
    /// Exit code; none after a signal.
    pub exit: Option<i32>,
    /// The first line of the error, if there is one.
    pub error: Option<String>,
    /// The delay (ms).
    pub delay_ms: Option<f64>,
    /// Half of the range around the delay that is said to hold the true one (ms).
    pub error_ms: Option<f64>,
    /// How far the delay can be trusted, in the host's words.
    pub verdict: Option<String>,
    /// Windows that were accepted, of those that were measured.
    pub windows: Option<(u64, u64)>,
    /// Kind of shift that was diagnosed.
    pub kind: Option<String>,
    /// Rate of drift (ms for each second of the reference).
    pub rate_ms_per_s: Option<f64>,
    /// Stretches between cuts.
    pub segments: Vec<Segment>,
    /// The windows that were measured, accepted or not.
    #[serde(default)]
    pub each_window: Vec<Measured>,
}

/// What a window measured.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// Delay (ms).
    pub delay_ms: f64,
    /// Match on the method's scale (%).
    pub match_pct: f64,
    /// Highest peak over the second highest.
    pub peak_ratio: Option<f64>,
}

/// A stretch of the reference with a delay of its own.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Segment {
    /// Start (s of the reference).
    pub start_s: f64,
    /// End (s of the reference).
    pub end_s: f64,
    /// How far the start is said to be from there at most (s).
    #[serde(default)]
    pub start_error_s: f64,
    /// Delay (ms), without what drift adds since the start of the reference.
    pub delay_ms: f64,
}

impl Answer {
    /// Reads the report that a run left in a folder.
    pub(crate) fn read(exit: Option<i32>, folder: &Path) -> Self {
        let report = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
        let report = report.filter(|path| path.to_string_lossy().ends_with(".report.json")).max();
        let report = report.and_then(|path| fs::read_to_string(path).ok());
        let report = report.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or(Value::Null);
        Self::of_report(exit, &report)
    }

    /// What a report says about the first target.
    #[must_use]
    pub fn of_report(exit: Option<i32>, report: &Value) -> Self {
        let target = &report["targets"]["Source 2"];
        let (selection, diagnosis) = (&target["selection"], &target["diagnosis"]);
        let text = |value: &Value| value.as_str().map(str::to_owned);
        Self {
            exit,
            error: report["error"].as_str().and_then(|error| error.lines().next()).map(str::to_owned),
            delay_ms: selection["raw_ms"].as_f64(),
            error_ms: selection["error_ms"].as_f64(),
            verdict: text(&selection["verdict"]),
            windows: selection["accepted"].as_u64().zip(selection["measured"].as_u64()),
            kind: text(&diagnosis["kind"]),
            rate_ms_per_s: diagnosis["rate_ms_per_s"].as_f64(),
            segments: Deserialize::deserialize(&diagnosis["segments"]).unwrap_or_default(),
            each_window: Deserialize::deserialize(&target["windows"]).unwrap_or_default(),
        }
    }

    /// Whether the run ended well with a delay that the host stands for.
    #[must_use]
    pub fn is_accepted(&self) -> bool {
        self.exit == Some(0) && self.delay_ms.is_some() && self.verdict.as_deref() != Some("refused")
    }

    /// Whether the host itself says that another delay would do as well.
    #[must_use]
    pub fn is_ambiguous(&self) -> bool {
        self.verdict.as_deref() == Some("ambiguous")
    }

    /// Whether the program broke: neither a result nor the failure of a job.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        !matches!(self.exit, Some(0 | 1)) || (self.exit == Some(0) && self.delay_ms.is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_report_with_all_fields_is_read() {
        let report = json!({ "error": null, "targets": { "Source 2": {
            "selection": { "raw_ms": 12.5, "error_ms": 0.004, "verdict": "certain", "accepted": 9, "measured": 10 },
            "diagnosis": { "kind": "stepping", "rate_ms_per_s": 0.0, "segments": [
                { "start_s": 0.0, "end_s": 60.0, "start_error_s": 0.5, "delay_ms": 12.5, "error_ms": 0.1, "windows": 5 },
            ] },
            "windows": [{ "number": 1, "delay_ms": 12.5, "match_pct": 99.0, "peak_ratio": 3.5, "accepted": true }],
        } } });
        let answer = Answer::of_report(Some(0), &report);
        assert!(answer.is_accepted() && !answer.is_broken() && !answer.is_ambiguous());
        assert_eq!((answer.windows, answer.kind.as_deref()), (Some((9, 10)), Some("stepping")));
        let window = Measured { delay_ms: 12.5, match_pct: 99.0, peak_ratio: Some(3.5) };
        assert_eq!(answer.each_window, [window]);
        assert_eq!(answer.segments, [Segment { start_s: 0.0, end_s: 60.0, start_error_s: 0.5, delay_ms: 12.5 }]);
    }

    #[test]
    fn a_failed_run_is_no_acceptance_whatever_its_report_says() {
        let report = json!({ "error": "too few windows\n- 1 of 3", "targets": { "Source 2": { "selection": { "raw_ms": 1.0 } } } });
        let failed = Answer::of_report(Some(1), &report);
        assert!(!failed.is_accepted() && !failed.is_broken());
        assert_eq!(failed.error.as_deref(), Some("too few windows"));
        assert!(Answer::of_report(Some(0), &json!({})).is_broken());
        assert!(Answer::of_report(None, &report).is_broken() && Answer::of_report(Some(101), &report).is_broken());
    }
}
