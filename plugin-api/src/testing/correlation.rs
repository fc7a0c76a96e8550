//! Does a method that measures delays find those that were planted, with the right sign?

use super::{
    Promises, Subject, Unmet, Verdict, sound,
    subject::{Case, outputs_of},
    world,
};
use crate::{
    Data, Signature, Value,
    abi::RawOutput,
    kinds::{Audio, Correlation, Window},
};

/// Length of the made-up sound (s).
const LENGTH_S: f64 = 20.0;

/// Half a sample at the rate of the made-up sound, and what is lost on the way through floating-point numbers (ms).
const HALF_SAMPLE_MS: f64 = 500.0 / sound::RATE_HZ as f64 * 1.01;

/// Promises of everything that measures the delay between two sounds.
pub(super) const PROMISES: Promises = &[
    ("finds a delay of +1234.5 ms", |subject| clean(subject, 1234.5)),
    ("finds a delay of -850.25 ms", |subject| clean(subject, -850.25)),
    ("finds a delay between samples: 1000.010 ms", |subject| clean(subject, 1000.010)),
    ("finds a delay of nothing", |subject| clean(subject, 0.0)),
    ("finds a delay when the target is quieter", quieter),
    ("finds a delay under noise", noisy),
    ("finds a delay in another mix", other_mix),
    ("is not misled by inverted sound", inverted),
    ("does not see a delay between unrelated sounds", unrelated),
];

/// Whether a stage measures the delay between two sounds, judged by its ports.
pub(super) fn is_method(signature: &Signature) -> bool {
    let takes = |name: &str| signature.inputs.iter().any(|port| port.name == name && port.kind == Audio::KIND);
    let required = signature.inputs.iter().filter(|port| !port.optional).count();
    let gives = signature.outputs.iter().any(|port| port.name == "correlation" && port.kind == Correlation::KIND);
    takes("reference") && takes("target") && gives && required == 2
}

/// The measured windows.
pub(super) fn windows(outputs: &[RawOutput]) -> Result<Vec<Window>, String> {
    let output = outputs.iter().find(|output| output.port.as_str() == "correlation");
    let output = output.ok_or_else(|| "it has no output `correlation`".to_owned())?;
    let value = Value::from_raw(output.value.clone()).and_then(|value| Correlation::from_value(&value));
    value.map(|correlation| correlation.windows).map_err(|error| error.to_string())
}

/// What is expected of the windows of a planted delay.
#[derive(Clone, Copy, PartialEq)]
enum Expected {
    /// More than half are accepted.
    Most,
    /// At least one is accepted.
    Some,
    /// It is enough that no other delay is accepted.
    NoOther,
}

fn clean(subject: &Subject, delay_ms: f64) -> Verdict {
    let reference = sound::bursts(LENGTH_S, 11);
    let target = sound::early(&reference, delay_ms);
    finds(subject, &reference, &target, delay_ms, Expected::Most)
}

fn quieter(subject: &Subject) -> Verdict {
    let reference = sound::bursts(LENGTH_S, 12);
    let target: Vec<f32> = sound::early(&reference, 300.0).iter().map(|sample| sample * 0.05).collect();
    finds(subject, &reference, &target, 300.0, Expected::Most)
}

/// Noise of another sort on either side, 10 dB below the loud parts.
fn noisy(subject: &Subject) -> Verdict {
    let reference = sound::bursts(LENGTH_S, 13);
    let target = sound::early(&reference, -420.0);
    let noise = |seed| sound::hiss(LENGTH_S, seed);
    let (reference, target) = (sound::mixed(&reference, &noise(14), 0.1), sound::mixed(&target, &noise(15), 0.1));
    finds(subject, &reference, &target, -420.0, Expected::Some)
}

/// Other speech over the same background, half as loud.
fn other_mix(subject: &Subject) -> Verdict {
    let reference = sound::bursts(LENGTH_S, 16);
    let target = sound::mixed(&sound::early(&reference, 775.0), &sound::bursts(LENGTH_S, 17), 0.5);
    finds(subject, &reference, &target, 775.0, Expected::Some)
}

fn inverted(subject: &Subject) -> Verdict {
    let reference = sound::bursts(LENGTH_S, 18);
    let target: Vec<f32> = sound::early(&reference, 512.5).iter().map(|sample| -sample).collect();
    finds(subject, &reference, &target, 512.5, Expected::NoOther)
}

/// Most windows of unrelated sounds are rejected, or at least they do not agree.
fn unrelated(subject: &Subject) -> Verdict {
    let (reference, target) = (sound::bursts(LENGTH_S, 19), sound::bursts(LENGTH_S, 20));
    let windows = measure(subject, "unrelated sounds", &reference, &target)?;
    let accepted: Vec<&Window> = windows.iter().filter(|window| window.accepted).collect();
    let tolerance_ms = tolerance_ms(subject).max(1.0);
    let agreeing =
        |one: &Window| accepted.iter().filter(|other| (other.delay_ms - one.delay_ms).abs() <= tolerance_ms).count();
    let most = accepted.iter().map(|window| agreeing(window)).max().unwrap_or(0);
    if 2 * most > windows.len() {
        return Err(Unmet::Failed(format!(
            "{most} of {} windows are accepted and agree, though the sounds have nothing in common: {}",
            windows.len(),
            list(&windows)
        )));
    }
    let tells = windows.iter().any(|window| window.peak_ratio.is_some());
    if tells && 2 * accepted.len() > windows.len() {
        return Err(Unmet::Failed(format!("more than half of the windows are accepted: {}", list(&windows))));
    }
    Ok(())
}

fn finds(subject: &Subject, reference: &[f32], target: &[f32], delay_ms: f64, expected: Expected) -> Verdict {
    let windows = measure(subject, &format!("{delay_ms:+} ms"), reference, target)?;
    let tolerance_ms = tolerance_ms(subject);
    let accepted: Vec<&Window> = windows.iter().filter(|window| window.accepted).collect();
    if let Some(wrong) = accepted.iter().find(|window| (window.delay_ms - delay_ms).abs() > tolerance_ms) {
        let sign = if delay_ms != 0.0 && (wrong.delay_ms + delay_ms).abs() <= tolerance_ms {
            "; the sign is wrong: a delay is what to ADD to the target's time"
        } else {
            ""
        };
        return Err(Unmet::Failed(format!(
            "planted {delay_ms:+.4} ms, found {:+.4} ms in window {} and accepted it; {tolerance_ms:.4} ms are allowed{sign}",
            wrong.delay_ms, wrong.number
        )));
    }
    let enough = match expected {
        Expected::Most => 2 * accepted.len() > windows.len(),
        Expected::Some => !accepted.is_empty(),
        Expected::NoOther => true,
    };
    if enough {
        return Ok(());
    }
    let (count, all) = (accepted.len(), windows.len());
    Err(Unmet::Failed(format!(
        "planted {delay_ms:+.4} ms, but only {count} of {all} windows are accepted: {}",
        list(&windows)
    )))
}

fn list(windows: &[Window]) -> String {
    let verdict = |window: &Window| window.rejected_because.clone().unwrap_or_else(|| "accepted".into());
    let line = |window: &Window| format!("{:+.3} ms ({})", window.delay_ms, verdict(window));
    windows.iter().map(line).collect::<Vec<_>>().join(", ")
}

fn tolerance_ms(subject: &Subject) -> f64 {
    subject.signature.resolution_ms.unwrap_or(HALF_SAMPLE_MS)
}

fn measure(subject: &Subject, label: &str, reference: &[f32], target: &[f32]) -> Result<Vec<Window>, Unmet> {
    let input = |port: &str, source: usize, samples: &[f32]| {
        let value = sound::readable(source, samples).and_then(|audio| audio.into_value().ok());
        world::raw_input(port, value.into_iter().collect())
    };
    let case = Case {
        label: label.to_owned(),
        parameters: subject.quick(),
        inputs: vec![input("reference", 1, reference), input("target", 2, target)],
    };
    let (outputs, _) = outputs_of(&case, subject.run_once(&case)?)?;
    let windows = windows(&outputs)?;
    if windows.is_empty() { Err(Unmet::Failed(format!("{label}: it measures no window"))) } else { Ok(windows) }
}
