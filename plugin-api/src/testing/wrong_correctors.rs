//! Correctors that are wrong in one way each: every check has to see it, or it is none.

use super::{Outcome, Subject};
use crate::{adapters::corrector::Corrected, prelude::*, stage::pack};

const DRIFTS: &str = "a delay that drifts";

fn outcome<S: Stage>(check: &str) -> Outcome {
    let subject = Subject::new(pack::<S>("acme")).unwrap();
    let index = subject.names().iter().position(|name| *name == check).unwrap();
    subject.check(index).unwrap().outcome
}

fn fails<S: Stage>(check: &str, words: &str) {
    match outcome::<S>(check) {
        Outcome::Failed(reason) => assert!(reason.contains(words), "`{words}` is not in: {reason}"),
        other => panic!("{}: `{check}` did not fail, but: {other:?}", S::ID),
    }
}

macro_rules! corrector {
    ($name:ident, |$track:ident, $measured:ident, $ctx:ident| $body:expr) => {
        params! {
            /// Settings.
            struct $name {}
        }

        impl Corrector for $name {
            const ID: &'static str = "corrector";
            const SUMMARY: &'static str = "Corrects in some way.";

            fn correct(&self, $track: &AudioTrack<'_>, $measured: &Measured, $ctx: &Ctx<'_>) -> Result<Correction> {
                $body
            }
        }
    };
}

/// The delay of the last accepted window less that of the first (ms).
fn growth_ms(measured: &Measured) -> Option<f64> {
    let mut accepted = measured.correlation.windows.iter().filter(|window| window.accepted);
    Some(-accepted.next()?.delay_ms + accepted.next_back()?.delay_ms)
}

corrector!(Careful, |track, measured, ctx| match growth_ms(measured) {
    Some(ms) if ms.abs() > 5.0 => {
        let path = track.new_file("flac", ctx)?;
        std::fs::write(&path, "corrected")?;
        Ok(Correction::File { path, codec_id: "A_FLAC".into(), done: format!("{ms} ms") })
    }
    _ => Ok(Correction::Nothing("it is steady".into())),
});
corrector!(Hasty, |_track, measured, _ctx| {
    assert!(growth_ms(measured).unwrap() < 50.0, "what now?");
    Ok(Correction::Nothing("it is steady".into()))
});

params! {
    /// Settings.
    struct Loses {}
}

impl Stage for Loses {
    const ID: &'static str = "loses";

    fn signature() -> Signature {
        Corrected::<Careful>::signature()
    }

    fn run(&self, inputs: &Inputs, ctx: &Ctx<'_>) -> Result<Outputs> {
        let mut tracks: Tracks = inputs.one("tracks")?;
        let _: Delay = inputs.one("delay")?;
        let correlation: Correlation = inputs.one("correlation")?;
        match correlation.windows.iter().any(|window| window.delay_ms < -500.0) {
            true => tracks.tracks[0].data = TrackData::File(ctx.scratch_dir()?.join("nothing")),
            false => tracks.tracks.clear(),
        }
        Outputs::new().with("tracks", tracks)
    }
}

#[test]
fn a_careful_corrector_passes() {
    let subject = Subject::new(pack::<Corrected<Careful>>("acme")).unwrap();
    for (name, _) in super::corrector::PROMISES {
        assert_eq!(outcome::<Corrected<Careful>>(name), Outcome::Passed, "{name}");
    }
    assert!(subject.names().contains(&DRIFTS));
}

#[test]
fn a_corrector_that_is_not_prepared_is_seen() {
    fails::<Corrected<Hasty>>("windows that say nothing", "the plugin panicked at");
    assert_eq!(outcome::<Corrected<Hasty>>("a delay that steps"), Outcome::Passed);
}

#[test]
fn a_corrector_that_loses_tracks_is_seen() {
    fails::<Loses>(DRIFTS, "2 track(s) became 0");
    fails::<Loses>("a delay that steps", "the corrected file of track 0 is missing or empty");
}

/// A corrected file that is missing is an error of the adapter, not a track.
#[test]
fn the_adapter_refuses_a_corrected_file_that_is_not_there() {
    corrector!(Boasts, |track, _measured, ctx| {
        let path = track.new_file("flac", ctx)?;
        Ok(Correction::File { path, codec_id: "A_FLAC".into(), done: "much".into() })
    });
    let skipped = outcome::<Corrected<Boasts>>(DRIFTS);
    assert!(
        matches!(&skipped, Outcome::Skipped(reason) if reason.contains("the corrected track 0 is not usable")),
        "{skipped:?}"
    );
}
