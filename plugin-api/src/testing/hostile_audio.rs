//! Sound that is well-formed and hard to work with: none, one sample, silence, samples that are no numbers, absurd rates.

use super::{
    Subject, Unmet, Verdict, correlation,
    hostile::{only_if_it_works, quick, require_refusal_if, with},
    sound,
    subject::{Case, Ending},
};
use crate::{
    Data, Port,
    abi::RawValue,
    kinds::{Audio, AudioHeader},
};

/// Samples of the reference that are replaced by what is hard to work with (half a minute would be no harder).
const SECONDS: usize = 20;

pub(super) fn empty(subject: &Subject) -> Verdict {
    each_audio(subject, |_| made(&[], sound::RATE_HZ))
}

pub(super) fn one_sample(subject: &Subject) -> Verdict {
    each_audio(subject, |_| made(&[0.5], sound::RATE_HZ))
}

pub(super) fn silence(subject: &Subject) -> Verdict {
    each_audio(subject, |_| made(&vec![0.0; SECONDS * sound::RATE_HZ as usize], sound::RATE_HZ))
}

pub(super) fn not_numbers(subject: &Subject) -> Verdict {
    for odd in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX, f32::MIN_POSITIVE / 8.0] {
        let all = vec![odd; SECONDS * sound::RATE_HZ as usize];
        each_audio(subject, |_| made(&all, sound::RATE_HZ))?;
    }
    // Here and there, so that every window has some.
    let mut some = subject.world.sounds[1].clone();
    some.iter_mut().step_by(9973).for_each(|sample| *sample = f32::NAN);
    each_audio_soundly(subject, |_| made(&some, sound::RATE_HZ))
}

pub(super) fn odd_rates(subject: &Subject) -> Verdict {
    for rate_hz in [0, 1, 7, u32::MAX] {
        // All inputs alike: rates that differ are another matter.
        let base = with_all_audio(subject, |source| made(&subject.world.sounds[source], rate_hz))?;
        let case = Case { label: format!("{rate_hz} samples a second"), ..base };
        subject.run_once(&case)?;
    }
    only_if_it_works(subject)
}

/// Two inputs of different rates are refused.
pub(super) fn mismatched_rates(subject: &Subject) -> Verdict {
    let ports: Vec<&Port> = audio_ports(subject).collect();
    let [_, .., last] = ports[..] else {
        return Err(Unmet::Skipped("it has no two inputs of sound".into()));
    };
    let value = made(&subject.world.sounds[1], 44_100);
    let case = with(&quick(subject)?, last, &value, "another sample rate than the other inputs");
    require_refusal_if(true, subject, &case, "samples of different lengths can not be compared")
}

fn audio_ports(subject: &Subject) -> impl Iterator<Item = &Port> {
    subject.signature.inputs.iter().filter(|port| port.kind == Audio::KIND)
}

fn made(samples: &[f32], rate_hz: u32) -> RawValue {
    let (header, blob) = sound::audio(2, samples);
    let header = AudioHeader { sample_rate_hz: rate_hz, ..header };
    let header = serde_json::to_string(&header).unwrap_or_default();
    RawValue { kind: Audio::KIND.into(), header: header.into(), blob }
}

/// Puts sound in the place of each audio input alone, then of all of them. What is measured in it must not count.
fn each_audio(subject: &Subject, make: impl Fn(usize) -> RawValue) -> Verdict {
    run_each(subject, make, true)
}

/// The same for sound that may be measured in part.
fn each_audio_soundly(subject: &Subject, make: impl Fn(usize) -> RawValue) -> Verdict {
    run_each(subject, make, false)
}

fn run_each(subject: &Subject, make: impl Fn(usize) -> RawValue, measures_nothing: bool) -> Verdict {
    let base = quick(subject)?;
    let mut cases: Vec<Case> = audio_ports(subject).map(|port| with(&base, port, &make(0), "bad sound")).collect();
    cases.push(Case { label: "bad sound for all inputs".into(), ..with_all_audio(subject, make)? });
    for case in cases {
        if let Ending::Outputs(outputs) = subject.run_once(&case)?.ending
            && measures_nothing
            && correlation::is_method(&subject.signature)
            && let Some(window) = correlation::windows(&outputs)?.iter().find(|window| window.accepted)
        {
            let (label, delay_ms) = (case.label, window.delay_ms);
            return Err(Unmet::Failed(format!(
                "{label}: it accepts a delay of {delay_ms:+.3} ms where there is none to be found"
            )));
        }
    }
    Ok(())
}

fn with_all_audio(subject: &Subject, make: impl Fn(usize) -> RawValue) -> Result<Case, Unmet> {
    let base = quick(subject)?;
    let ports: Vec<&Port> = audio_ports(subject).collect();
    let last = ports.len().saturating_sub(1);
    Ok(ports
        .iter()
        .enumerate()
        .fold(base, |case, (index, port)| with(&case, port, &make(usize::from(index == last)), "sound")))
}
