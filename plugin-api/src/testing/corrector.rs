//! Does a corrector survive everything that a delay may do, and hand on tracks that can be used?

use super::{
    Promises, Subject, Unmet, Verdict,
    hostile::only_if_it_works,
    subject::{Case, Ending},
    world,
};
use crate::{
    Data, Signature, Value,
    abi::RawOutput,
    kinds::{Correlation, TrackData, Tracks, Window},
};

/// Promises of everything that corrects tracks by what was measured.
pub(super) const PROMISES: Promises = &[
    ("a delay that drifts", |subject| survives(subject, &|at_s| 250.0 + 0.5 * at_s)),
    ("a delay that drifts the other way", |subject| survives(subject, &|at_s| 250.0 - 0.5 * at_s)),
    ("a delay that runs away as PAL does", |subject| survives(subject, &|at_s| 250.0 - 42.7 * at_s)),
    ("a delay that steps", |subject| survives(subject, &|at_s| if at_s < 10.0 { 250.0 } else { -764.0 })),
    ("windows that say nothing", |subject| survives(subject, &|_| f64::NAN)),
];

/// Whether a stage corrects tracks, judged by its ports.
pub(super) fn is_corrector(signature: &Signature) -> bool {
    let takes = |kind: &str| signature.inputs.iter().any(|port| port.kind == kind);
    takes(Tracks::KIND) && takes(Correlation::KIND) && signature.outputs.iter().any(|port| port.kind == Tracks::KIND)
}

/// Ends in an error, or with all tracks, each of which is untouched or a file with something in it. `delay_ms` tells the delay at a
/// time (s); one that is no number is a rejected window.
fn survives(subject: &Subject, delay_ms: &dyn Fn(f64) -> f64) -> Verdict {
    let base = subject.any_case()?;
    let mut case = Case { label: "made-up windows".into(), ..base };
    let mut count = 0;
    for input in &mut case.inputs {
        let Some(value) = input.values.first().cloned() else { continue };
        match value.kind.as_str() {
            Tracks::KIND => count += read::<Tracks>(value)?.tracks.len(),
            Correlation::KIND => {
                let measured = measured(read(value)?, delay_ms).into_value().map_err(|error| error.to_string())?;
                *input = world::raw_input(&input.port, vec![measured]);
            }
            _ => {}
        }
    }
    if let Ending::Outputs(outputs) = subject.run_once(&case)?.ending {
        usable(&outputs, count)?;
    }
    only_if_it_works(subject)
}

fn read<T: Data>(value: crate::abi::RawValue) -> Result<T, Unmet> {
    Ok(Value::from_raw(value).and_then(|value| T::from_value(&value)).map_err(|error| error.to_string())?)
}

fn measured(correlation: Correlation, delay_ms: &dyn Fn(f64) -> f64) -> Correlation {
    let window = |number: usize| {
        let start_s = 2.0 * number as f64;
        let delay_ms = delay_ms(start_s);
        Window {
            number: number + 1,
            start_s,
            delay_ms: if delay_ms.is_finite() { delay_ms } else { 0.0 },
            match_pct: 80.0,
            peak_ratio: Some(6.0),
            runner_up_ms: None,
            accepted: delay_ms.is_finite(),
            rejected_because: (!delay_ms.is_finite()).then(|| "below 5.0".into()),
            ..Window::default()
        }
    };
    Correlation { windows: (0..9).map(window).collect(), ..correlation }
}

/// Fails unless there are as many tracks as before, and those in files of their own are there.
fn usable(outputs: &[RawOutput], count: usize) -> Verdict {
    for output in outputs.iter().filter(|output| output.value.kind.as_str() == Tracks::KIND) {
        let tracks: Tracks = read(output.value.clone())?;
        if tracks.tracks.len() != count {
            return Err(Unmet::Failed(format!("{count} track(s) became {}", tracks.tracks.len())));
        }
        for track in &tracks.tracks {
            if let TrackData::File(path) = &track.data
                && std::fs::metadata(path).map_or(0, |file| file.len()) == 0
            {
                return Err(Unmet::Failed(format!("the corrected file of track {} is missing or empty", track.id)));
            }
        }
    }
    Ok(())
}
