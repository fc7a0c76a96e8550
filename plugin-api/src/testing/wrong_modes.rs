//! Sync modes that are wrong in one way each: every check has to see it, or it is none.

use super::{Outcome, Subject};
use crate::{adapters::sync_mode::Synced, prelude::*, stage::pack};

const CHECKS: [&str; 4] = [
    "subtitles land at a delay of +1234.5 ms, text and order are kept",
    "subtitles land at a delay of -850.25 ms, text and order are kept",
    "subtitles before the start of the output",
    "missing, empty and garbled subtitles",
];

fn outcome_of_stage<S: crate::Stage>(check: &str) -> Outcome {
    let subject = Subject::new(pack::<S>("acme")).unwrap();
    let index = subject.names().iter().position(|name| *name == check).unwrap();
    subject.check(index).unwrap().outcome
}

fn fails<S: crate::Stage>(check: &str, words: &str) {
    match outcome_of_stage::<S>(check) {
        Outcome::Failed(reason) => assert!(reason.contains(words), "`{words}` is not in: {reason}"),
        other => panic!("{}: `{check}` did not fail, but: {other:?}", S::ID),
    }
}

macro_rules! mode {
    ($name:ident, |$subtitles:ident, $timing:ident| $body:expr) => {
        params! {
            /// Settings.
            struct $name {}
        }

        impl SyncMode for $name {
            const ID: &'static str = "mode";
            const SUMMARY: &'static str = "Moves in some way.";

            fn sync(&self, $subtitles: &mut Subtitles, $timing: &Timing, _ctx: &Ctx<'_>) -> Result<()> {
                $body;
                Ok(())
            }
        }
    };
}

mode!(Right, |subtitles, timing| subtitles.shift_ms(timing.delay_raw_ms()));
mode!(Flipped, |subtitles, timing| subtitles.shift_ms(-timing.delay_raw_ms()));
mode!(Idle, |subtitles, _timing| subtitles.shift_ms(0.0));
mode!(Jumbled, |subtitles, timing| subtitles.retime(|_, start_ms, end_ms| {
    let delay_ms = timing.delay_raw_ms() as i64;
    if start_ms == 2000 {
        (start_ms + delay_ms + 1200, end_ms + delay_ms + 1200)
    } else {
        (start_ms + delay_ms, end_ms + delay_ms)
    }
}));
mode!(Backwards, |subtitles, _timing| subtitles.retime(|_, start_ms, end_ms| (end_ms + 1234, start_ms + 1234)));
mode!(Panics, |subtitles, _timing| assert!(subtitles.len() > 2, "too short"));

#[test]
fn a_mode_that_shifts_passes() {
    CHECKS.iter().for_each(|check| assert_eq!(outcome_of_stage::<Synced<Right>>(check), Outcome::Passed, "{check}"));
}

#[test]
fn a_mode_that_moves_wrongly_is_seen() {
    fails::<Synced<Flipped>>(CHECKS[0], "is at 765 ms");
    fails::<Synced<Flipped>>(CHECKS[1], "and belongs to 1150 ms");
    fails::<Synced<Idle>>(CHECKS[0], "is at 2000 ms, and belongs to 3235 ms");
    fails::<Synced<Jumbled>>(CHECKS[0], "behind one that came after it");
    fails::<Synced<Backwards>>(CHECKS[0], "ends before it begins");
    fails::<Synced<Panics>>(CHECKS[3], "the plugin panicked at");
}

/// Rewrites the file of a track; what a stage that does not use the adapter may do wrong.
macro_rules! rewriter {
    ($name:ident, |$track:ident, $path:ident, $ctx:ident| $body:expr) => {
        params! {
            /// Settings.
            struct $name {}
        }

        impl Stage for $name {
            const ID: &'static str = "rewriter";

            fn signature() -> Signature {
                Signature::new("Rewrites.")
                    .input::<Tracks>("tracks", "tracks")
                    .input::<Delays>("delays", "delays")
                    .output::<Tracks>("tracks", "tracks")
                    .with_effects()
            }

            fn run(&self, inputs: &Inputs, $ctx: &Ctx<'_>) -> Result<Outputs> {
                let mut tracks: Tracks = inputs.one("tracks")?;
                let _: Delays = inputs.one("delays")?;
                for $track in &mut tracks.tracks {
                    if let TrackData::File($path) = $track.data.clone() {
                        $body;
                    }
                }
                Outputs::new().with("tracks", tracks)
            }
        }
    };
}

fn rewritten(track: &mut Track, path: &std::path::Path, ctx: &Ctx<'_>, edit: impl Fn(String) -> String) -> Result<()> {
    let new = ctx.scratch_dir()?.join("new");
    std::fs::write(&new, edit(std::fs::read_to_string(path)?))?;
    track.data = TrackData::File(new);
    Ok(())
}

rewriter!(Forgetful, |track, path, ctx| rewritten(track, &path, ctx, |text| text)?);
rewriter!(Censors, |track, path, ctx| {
    rewritten(track, &path, ctx, |text| text.replace("One", "1"))?;
    track.frame_adjusted = true;
});
rewriter!(Drops, |track, path, ctx| {
    rewritten(track, &path, ctx, |text| text.split("\n\n").next().unwrap_or_default().to_owned())?;
    track.frame_adjusted = true;
});
rewriter!(InPlace, |_track, path, _ctx| std::fs::write(path, "gone")?);
rewriter!(Boasts, |track, _path, _ctx| track.frame_adjusted = true);
rewriter!(Vanishes, |track, _path, ctx| track.data = TrackData::File(ctx.scratch_dir()?.join("not-there")));
rewriter!(Unpacks, |track, _path, _ctx| track.data = TrackData::Passthrough);

#[test]
fn a_stage_that_changes_more_than_times_is_seen() {
    fails::<Forgetful>(CHECKS[0], "so the delay would be added twice");
    fails::<Censors>(CHECKS[0], "it changes more than times: `<i>One</i>");
    fails::<Drops>(CHECKS[0], "it changes more than times");
    fails::<InPlace>(CHECKS[0], "it writes into the file that it was given");
    fails::<Boasts>(CHECKS[0], "it says that it moved the track, and did not");
    fails::<Vanishes>(CHECKS[3], "the new file of the track is not there");
    fails::<Unpacks>(CHECKS[0], "is not any more");
}
