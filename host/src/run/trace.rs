//! The run as a trace that Perfetto and Chrome show: stages side by side, the tools that they ran below them.

use super::record::{Finished, StageRecord};
use serde_json::{Value, json};

/// How a trace begins.
pub const TRACE_SIGN: &str = "{\"traceEvents\":";

/// The trace in the JSON format of Chrome's trace viewer; times in µs from the start of the run.
#[must_use]
pub fn trace(finished: &Finished, name: &str) -> Value {
    let mut stages: Vec<&StageRecord> = finished.stages.iter().collect();
    stages.sort_by(|a, b| a.start_s.total_cmp(&b.start_s));
    let mut lanes: Vec<f64> = Vec::new();
    let mut events =
        vec![json!({ "ph": "M", "pid": 1, "name": "process_name", "args": { "name": format!("vsg-host: {name}") } })];
    for stage in stages {
        let lane = lane(&mut lanes, stage);
        events.push(json!({
            "ph": "X", "pid": 1, "tid": lane + 1, "cat": "stage", "name": stage.instance,
            "ts": micros(stage.start_s), "dur": micros(stage.seconds),
            "args": {
                "use": stage.uses, "outcome": stage.outcome, "isolated": stage.isolated, "error": stage.error,
                "cpu_seconds": stage.usage.cpu_seconds, "peak_memory_bytes": stage.usage.peak_memory_bytes,
                "read_bytes": stage.usage.read_bytes, "written_bytes": stage.usage.written_bytes,
            },
        }));
        events.extend(stage.tools.iter().map(|tool| {
            json!({
                "ph": "X", "pid": 1, "tid": lane + 1, "cat": "tool", "name": tool.used.tool,
                "ts": micros(stage.start_s + tool.start_s), "dur": micros(tool.used.seconds), "args": tool.used,
            })
        }));
    }
    let names = (1..=lanes.len()).map(|lane| {
        json!({ "ph": "M", "pid": 1, "tid": lane, "name": "thread_name", "args": { "name": format!("lane {lane}") } })
    });
    events.splice(1..1, names);
    json!({ "traceEvents": events, "displayTimeUnit": "ms" })
}

/// The first lane that is free when a stage starts. `lanes` holds when each becomes free (s).
fn lane(lanes: &mut Vec<f64>, stage: &StageRecord) -> usize {
    let end_s = stage.start_s + stage.seconds;
    match lanes.iter().position(|free_s| *free_s <= stage.start_s) {
        Some(lane) => {
            lanes[lane] = end_s;
            lane
        }
        None => {
            lanes.push(end_s);
            lanes.len() - 1
        }
    }
}

fn micros(seconds: f64) -> f64 {
    (seconds * 1e9).round() / 1e3
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{StageOutcome, Usage};

    fn stage(instance: &str, start_s: f64, seconds: f64) -> StageRecord {
        StageRecord {
            instance: instance.into(),
            uses: "a/b".into(),
            outcome: StageOutcome::Done,
            start_s,
            seconds,
            usage: Usage::default(),
            from_store: false,
            earlier: None,
            isolated: false,
            tools: Vec::new(),
            error: None,
        }
    }

    #[test]
    fn stages_that_run_at_the_same_time_are_in_lanes_of_their_own() {
        let stages = vec![stage("c", 2.0, 1.0), stage("a", 0.0, 2.0), stage("b", 0.5, 1.0)];
        let trace = trace(&Finished { stages, ..Finished::default() }, "film");
        let lane = |name: &str| {
            let events = trace["traceEvents"].as_array().unwrap();
            events.iter().find(|event| event["name"] == name).unwrap()["tid"].as_u64().unwrap()
        };
        assert_eq!((lane("a"), lane("b"), lane("c")), (1, 2, 1));
        assert!(trace.to_string().starts_with(TRACE_SIGN));
    }
}
