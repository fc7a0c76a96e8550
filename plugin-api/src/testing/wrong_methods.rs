//! Methods that measure delays wrongly in one way each: every check has to see it, or it is none.

use super::{Outcome, Subject};
use crate::{adapters::correlation::Correlation as Adapted, prelude::*, stage::pack};
use vsg_dsp::{Band, FftLength, Gcc, GccOptions, PeakFit, Taper, Weighting};

fn outcome<M: CorrelationMethod>(check: &str) -> Outcome {
    let subject = Subject::new(pack::<Adapted<M>>("acme")).unwrap();
    let index = subject.names().iter().position(|name| *name == check).unwrap();
    subject.check(index).unwrap().outcome
}

fn fails<M: CorrelationMethod>(check: &str, words: &str) {
    match outcome::<M>(check) {
        Outcome::Failed(reason) => assert!(reason.contains(words), "`{words}` is not in: {reason}"),
        other => panic!("{}: `{check}` did not fail, but: {other:?}", M::ID),
    }
}

/// A method that measures rightly.
fn measured(windows: &WindowPair<'_>) -> Result<Peak> {
    let options = GccOptions {
        rate_hz: windows.sample_rate_hz,
        taper: Taper::Edges(0.005),
        fft_length: FftLength::Smooth,
        weighting: Weighting::Phat,
        band: Band::Whole,
        peak: PeakFit::SubSample,
        decimate: false,
        max_lag: None,
    };
    let gcc = Gcc::<f32>::new(windows.reference.len(), windows.target.len(), options)?;
    let Ok(found) = gcc.correlate(windows.reference, windows.target, &mut gcc.scratch()) else {
        return Ok(Peak::none());
    };
    Ok(Peak {
        delay_ms: found.delay_ms(windows.sample_rate_hz),
        match_pct: found.match_pct,
        peak_ratio: Some(found.peak_ratio),
        runner_up_ms: None,
        on_edge: found.on_edge,
        ..Peak::none()
    })
}

macro_rules! method {
    ($name:ident, $id:literal, |$peak:ident| $body:expr) => {
        params! {
            /// Settings.
            struct $name {}
        }

        impl CorrelationMethod for $name {
            const ID: &'static str = $id;
            const SUMMARY: &'static str = "Measures in some way.";

            fn correlate(&self, windows: &WindowPair<'_>) -> Result<Peak> {
                let $peak = measured(windows)?;
                Ok($body)
            }
        }
    };
}

const PLANTED: [&str; 8] = [
    "finds a delay of +1234.5 ms",
    "finds a delay of -850.25 ms",
    "finds a delay between samples: 1000.010 ms",
    "finds a delay of nothing",
    "finds a delay when the target is quieter",
    "finds a delay under noise",
    "finds a delay in another mix",
    "is not misled by inverted sound",
];

method!(Right, "right", |peak| peak);

#[test]
fn a_method_that_measures_rightly_passes() {
    for check in PLANTED.iter().chain(&["does not see a delay between unrelated sounds", "silence"]) {
        assert_eq!(outcome::<Right>(check), Outcome::Passed, "{check}");
    }
}

method!(Flipped, "flipped", |peak| Peak { delay_ms: -peak.delay_ms, ..peak });

#[test]
fn a_wrong_sign_is_seen_and_named() {
    fails::<Flipped>("finds a delay of +1234.5 ms", "the sign is wrong");
    fails::<Flipped>("finds a delay of -850.25 ms", "the sign is wrong");
    assert_eq!(outcome::<Flipped>("finds a delay of nothing"), Outcome::Passed);
}

method!(Off, "off", |peak| Peak { delay_ms: peak.delay_ms + 0.02, ..peak });

#[test]
fn a_sample_too_many_is_seen_everywhere() {
    PLANTED.iter().for_each(|check| fails::<Off>(check, "0.0105 ms are allowed"));
}

method!(Refuses, "refuses", |_peak| Peak::none());

#[test]
fn a_method_that_never_finds_anything_is_seen() {
    PLANTED[..7].iter().for_each(|check| fails::<Refuses>(check, "but only 0 of 4 windows are accepted"));
}

method!(Constant, "constant", |_peak| Peak {
    delay_ms: 0.0,
    match_pct: 100.0,
    peak_ratio: None,
    runner_up_ms: None,
    on_edge: false,
    ..Peak::none()
});

#[test]
fn a_method_that_accepts_anything_is_seen() {
    fails::<Constant>("does not see a delay between unrelated sounds", "4 of 4 windows are accepted and agree");
    fails::<Constant>("silence", "it accepts a delay of +250.000 ms where there is none to be found");
}

params! {
    /// Settings.
    struct Coarse {}
}

impl CorrelationMethod for Coarse {
    const ID: &'static str = "coarse";
    const SUMMARY: &'static str = "Measures in steps of 10 ms.";
    const RESOLUTION_MS: Option<f64> = Some(10.0);

    fn correlate(&self, windows: &WindowPair<'_>) -> Result<Peak> {
        let peak = measured(windows)?;
        Ok(Peak { delay_ms: (peak.delay_ms / 10.0).round() * 10.0, ..peak })
    }
}

#[test]
fn a_coarse_method_is_held_to_the_resolution_that_it_declares() {
    PLANTED.iter().for_each(|check| assert_eq!(outcome::<Coarse>(check), Outcome::Passed, "{check}"));
}
