//! Examples of `delays/select`, which run as tests.

use crate::select::Selection;
use vsg_plugin_api::prelude::*;

/// Five windows, one of which is astray, and the delay that comes out of them (ms).
pub(crate) fn example(name: &str, mode: Selection, raw_ms: f64) -> Example {
    let windows = [100.0, 100.25, 100.25, 100.5, 731.0].iter().zip(1..).map(|(delay_ms, number)| Window {
        number,
        start_s: 60.0 * number as f64,
        delay_ms: *delay_ms,
        match_pct: 90.0,
        accepted: true,
        ..Window::default()
    });
    let correlation = Correlation {
        source: "Source 2".into(),
        track_id: 1,
        reference_track_id: 1,
        method: "phat".into(),
        start_ms: 0.0,
        reference_start_ms: 0.0,
        reference_duration_s: 400.0,
        planned: 5,
        min_match_pct: 5.0,
        windows: windows.collect(),
        ..Correlation::default()
    };
    let delay = Delay {
        source: "Source 2".into(),
        rounded_ms: raw_ms.round_ties_even() as i64,
        raw_ms,
        label: if mode == Selection::Average { "average" } else { "cluster median" }.into(),
        accepted: 5,
        measured: 5,
        start_ms: 0.0,
        reference_start_ms: 0.0,
        reference_track_id: 1,
        verdict: if mode == Selection::Average { Verdict::Ambiguous } else { Verdict::Likely },
        ..Delay::default()
    };
    let example = Example::new(name).input("correlation", correlation).output("delay", delay).tolerance(1e-9);
    match mode {
        // Four of five windows are nowhere near the mean, which only this mode takes all the same.
        Selection::Average => example.with("mode", "average").with("min_agreement_pct", 0.0),
        _ => example,
    }
}
