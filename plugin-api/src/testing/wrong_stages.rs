//! Stages that break one promise each: every check has to see it, or it is none.

use super::{Outcome, Subject};
use crate::{Stage, prelude::*, stage::pack};
use std::sync::{
    Mutex,
    atomic::{AtomicU64, Ordering},
};

/// The outcome of one check of a stage.
fn outcome<S: Stage>(check: &str) -> Outcome {
    let subject = Subject::new(pack::<S>("acme")).unwrap();
    let index = subject.names().iter().position(|name| *name == check);
    subject.check(index.unwrap_or_else(|| panic!("no check `{check}` among {:?}", subject.names()))).unwrap().outcome
}

/// Asserts that a check fails with these words.
fn fails<S: Stage>(check: &str, words: &str) {
    match outcome::<S>(check) {
        Outcome::Failed(reason) => assert!(reason.contains(words), "`{words}` is not in: {reason}"),
        other => panic!("{}: `{check}` did not fail, but: {other:?}", S::ID),
    }
}

/// A stage that reads its inputs and calls a function: from sound to a delay.
macro_rules! stage {
    ($name:ident, $id:literal, $signature:expr, |$inputs:ident, $ctx:ident| $body:expr) => {
        params! {
            /// Settings.
            struct $name {
                /// A number.
                #[schemars(range(min = 0.0, max = 10.0))]
                number: f64 = 1.0,
            }
        }

        impl Stage for $name {
            const ID: &'static str = $id;

            fn signature() -> Signature {
                $signature
            }

            fn run(&self, $inputs: &Inputs, $ctx: &Ctx<'_>) -> Result<Outputs> {
                $body
            }
        }
    };
}

fn ports() -> Signature {
    Signature::new("Does something to a delay.")
        .input::<Audio>("audio", "some sound")
        .input::<Delay>("delay", "some delay")
        .output::<Delay>("delay", "another delay")
}

/// Reads the inputs as a stage should.
fn read(inputs: &Inputs) -> Result<(Audio, Delay)> {
    Ok((inputs.one("audio")?, inputs.one("delay")?))
}

fn give(raw_ms: f64, delay: Delay) -> Result<Outputs> {
    Outputs::new().with("delay", Delay { raw_ms, ..delay })
}

stage!(Good, "good", ports().example(Example::new("nothing to add").output("delay", made_up(250.0))), |inputs, ctx| {
    let (audio, delay) = read(inputs)?;
    ctx.progress(0.5)?;
    let loud = audio.samples(0..audio.len())?.iter().filter(|sample| **sample > 2.0).count();
    give(delay.raw_ms + loud as f64, delay)
});

fn made_up(raw_ms: f64) -> Delay {
    let world = super::world::World::new().unwrap();
    Delay { raw_ms, ..Delay::from_value(&world.value("delay/1", 2).unwrap()).unwrap() }
}

#[test]
fn a_good_stage_keeps_all_promises() {
    let subject = Subject::new(pack::<Good>("acme")).unwrap();
    let checks: Vec<_> = (0..).map_while(|index| subject.check(index)).collect();
    assert_eq!(checks.len(), subject.names().len());
    for check in checks {
        // It ends before there is a middle.
        let is_quick = check.name == "cancelled in the middle" && matches!(check.outcome, Outcome::Skipped(_));
        assert!(check.outcome == Outcome::Passed || is_quick, "{check:?}");
    }
}

stage!(Panics, "panics", ports(), |inputs, _ctx| {
    let (audio, delay) = read(inputs)?;
    give(f64::from(audio.samples(0..audio.len())?[1]), delay)
});

#[test]
fn a_panic_is_seen() {
    fails::<Panics>("no samples", "the plugin panicked at");
    fails::<Panics>("one sample", "index out of bounds");
    assert_eq!(outcome::<Panics>("silence"), Outcome::Passed);
}

stage!(Counts, "counts", ports(), |inputs, _ctx| {
    static RUNS: AtomicU64 = AtomicU64::new(0);
    let (_, delay) = read(inputs)?;
    give(RUNS.fetch_add(1, Ordering::Relaxed) as f64, delay)
});

stage!(CountsThreads, "counts-threads", ports(), |inputs, ctx| {
    let (_, delay) = read(inputs)?;
    // Each index waits until there is another thread, so that there are as many as there can be.
    let threads = Mutex::new(std::collections::BTreeSet::new());
    ctx.for_each(200, |_| {
        threads.lock().unwrap().insert(format!("{:?}", std::thread::current().id()));
        std::thread::yield_now();
        std::thread::sleep(std::time::Duration::from_millis(1));
        Ok(())
    })?;
    let count = threads.lock().unwrap().len();
    give(count as f64, delay)
});

params! {
    /// Settings.
    struct CountsIfAsked {
        /// Whether it counts.
        counts: bool = false,
    }
}

impl Stage for CountsIfAsked {
    const ID: &'static str = "counts-if-asked";

    fn signature() -> Signature {
        ports()
    }

    fn run(&self, inputs: &Inputs, _ctx: &Ctx<'_>) -> Result<Outputs> {
        static RUNS: AtomicU64 = AtomicU64::new(0);
        let (_, delay) = read(inputs)?;
        give(if self.counts { RUNS.fetch_add(1, Ordering::Relaxed) as f64 } else { 0.0 }, delay)
    }
}

#[test]
fn a_stage_that_is_no_function_is_seen() {
    fails::<CountsIfAsked>("same inputs, same bytes", "made-up values, counts = true: `delay` is {");
    fails::<Counts>("same inputs, same bytes", "`delay` is {");
    assert_eq!(outcome::<CountsThreads>("same inputs, same bytes"), Outcome::Passed);
    fails::<CountsThreads>("one thread or many, same bytes", "`delay` is {");
}

stage!(Deaf, "deaf", ports(), |inputs, _ctx| {
    let (_, delay) = read(inputs)?;
    std::thread::sleep(std::time::Duration::from_millis(1100));
    give(0.0, delay)
});

stage!(Mumbles, "mumbles", ports(), |inputs, ctx| {
    let (_, delay) = read(inputs)?;
    if ctx.progress(0.1).is_err() {
        return Err(Error::new("something happened"));
    }
    give(0.0, delay)
});

#[test]
fn a_stage_that_does_not_stop_when_it_is_told_is_seen() {
    fails::<Deaf>("cancelled before it begins", "it went on for 1.");
    fails::<Deaf>("cancelled in the middle", "it went on for 1.");
    fails::<Mumbles>("cancelled at its first progress", "its error is `something happened`");
}

stage!(Endless, "endless", ports(), |inputs, _ctx| {
    let (_, delay) = read(inputs)?;
    let (_waiting, never) = std::sync::mpsc::channel::<()>();
    let _ = never.recv();
    give(0.0, delay)
});

#[test]
fn a_stage_that_does_not_end_is_seen_and_not_waited_for_again() {
    let mut subject = Subject::new(pack::<Endless>("acme")).unwrap();
    subject.patience = std::time::Duration::from_millis(200);
    let failed = |name: &str| {
        let index = subject.names().iter().position(|known| *known == name).unwrap();
        match subject.check(index).unwrap().outcome {
            Outcome::Failed(reason) => reason,
            other => panic!("`{name}` did not fail, but: {other:?}"),
        }
    };
    assert!(failed("runs on made-up values").contains("it did not end within"));
    assert!(failed("no samples").contains("not tried, because it did not end before"));
}

stage!(Claims, "claims", ports(), |_inputs, _ctx| Err(Error::cancelled()));
stage!(Silent, "silent", ports(), |_inputs, _ctx| Err(Error::new(" ")));
stage!(Forgets, "forgets", ports(), |_inputs, _ctx| Ok(Outputs::new()));
stage!(NoNumber, "no-number", ports(), |inputs, _ctx| give(f64::NAN, read(inputs)?.1));
stage!(Surprises, "surprises", ports(), |inputs, _ctx| {
    let delay = read(inputs)?.1;
    give(1.0, delay.clone())?.with("surprise", delay)
});

#[test]
fn wrong_outputs_and_errors_are_seen() {
    fails::<Claims>("runs on made-up values", "it says that it was cancelled, and it was not");
    fails::<Silent>("runs on made-up values", "it fails without a message");
    fails::<Forgets>("runs on made-up values", "it returns 0 values for its output `delay`");
    fails::<NoNumber>("runs on made-up values", "its output `delay` is not readable as a `delay/1`");
    fails::<Surprises>("runs on made-up values", "it returns an output `surprise` that it does not declare");
}

stage!(Guesses, "guesses", ports(), |inputs, _ctx| {
    let delay = inputs.values("delay").first().and_then(|value| Delay::from_value(value).ok());
    give(0.0, delay.unwrap_or_else(|| made_up(7.0)))
});

#[test]
fn a_stage_that_takes_whatever_comes_is_seen() {
    fails::<Guesses>("missing and doubled inputs", "without the input `audio`: it has outputs all the same");
    fails::<Guesses>("inputs of another kind", "a value of another kind: it has outputs all the same");
    fails::<Guesses>("damaged headers", "that is no `audio/1`");
    fails::<Guesses>("damaged bulk data", "no bulk data: it has outputs all the same");
}

stage!(Subtracts, "subtracts", ports(), |inputs, _ctx| {
    let delay = read(inputs)?.1;
    give((delay.rounded_ms - 1) as f64, delay)
});

#[test]
fn a_stage_that_computes_with_absurd_numbers_is_seen() {
    fails::<Subtracts>("damaged headers", "attempt to subtract with overflow");
}

stage!(
    TakesFiles,
    "takes-files",
    Signature::new("Reads a file.").input::<SourceFile>("file", "a file").output::<Delay>("delay", "a delay"),
    |inputs, _ctx| {
        let _: SourceFile = inputs.one("file")?;
        give(0.0, made_up(0.0))
    }
);

#[test]
fn a_stage_that_does_not_look_at_its_file_is_seen() {
    fails::<TakesFiles>("missing, empty and damaged files", "file is missing: it has outputs all the same");
}

fn two_sounds() -> Signature {
    ports().input::<Audio>("music", "other sound")
}
stage!(MixesRates, "mixes-rates", two_sounds(), |inputs, _ctx| {
    let _: Audio = inputs.one("music")?;
    give(0.0, read(inputs)?.1)
});
stage!(Divides, "divides", ports(), |inputs, _ctx| {
    let (audio, delay) = read(inputs)?;
    give((1000 / (audio.header.sample_rate_hz - 1)) as f64, delay)
});
stage!(Sums, "sums", ports(), |inputs, _ctx| {
    let (audio, delay) = read(inputs)?;
    give(audio.samples(0..audio.len())?.iter().map(|sample| f64::from(*sample)).sum(), delay)
});

#[test]
fn a_stage_that_trusts_its_sound_is_seen() {
    fails::<MixesRates>("sample rates that differ", "it has outputs all the same");
    fails::<Divides>("sample rates that are absurd", "attempt to divide by zero");
    fails::<Sums>("samples that are no numbers", "is not readable as a `delay/1`");
}

stage!(OddName, "Odd Name", ports(), |inputs, _ctx| give(0.0, read(inputs)?.1));
stage!(Twice, "twice", ports().input::<Audio>("audio", "the same again"), |inputs, _ctx| give(0.0, read(inputs)?.1));
stage!(Mute, "mute", Signature::new(""), |_inputs, _ctx| Ok(Outputs::new()));
stage!(NoPurpose, "no-purpose", Signature::new("Does nothing."), |_inputs, _ctx| Ok(Outputs::new()));
stage!(Vague, "vague", ports().resolution_ms(f64::NAN), |inputs, _ctx| give(0.0, read(inputs)?.1));
stage!(
    Changes,
    "changes",
    {
        static ASKED: AtomicU64 = AtomicU64::new(0);
        Signature { summary: format!("Number {}.", ASKED.fetch_add(1, Ordering::Relaxed)), ..ports() }
    },
    |inputs, _ctx| give(0.0, read(inputs)?.1)
);
stage!(BadExample, "bad-example", ports().example(Example::new("one").with("size", 1)), |inputs, _ctx| give(
    0.0,
    read(inputs)?.1
));
stage!(
    WrongExample,
    "wrong-example",
    ports().example(Example::new("one").output("delay", made_up(1.0))),
    |inputs, _ctx| give(2.0, read(inputs)?.1)
);
stage!(Stranger, "stranger", ports().input::<Nobody>("thing", "a thing of nobody"), |inputs, _ctx| give(
    0.0,
    read(inputs)?.1
));

#[derive(Debug, serde::Serialize, serde::Deserialize)]
struct Nobody {}
json_kind!(Nobody, "thing/1");

#[test]
fn a_bad_signature_is_seen() {
    fails::<OddName>("ids and kinds are namespaced", "its id `acme/Odd Name`");
    fails::<Stranger>("ids and kinds are namespaced", "a kind of your own has a namespace: `acme.thing/1`");
    fails::<Twice>("signature", "two inputs named `audio`");
    fails::<Mute>("signature", "its summary");
    fails::<NoPurpose>("signature", "neither outputs nor effects");
    // A number that is none becomes null, which says nothing: that is as if it were left out.
    assert_eq!(outcome::<Vague>("signature"), Outcome::Passed);
    fails::<Changes>("signature", "another way each time");
    fails::<BadExample>("signature", "sets `size`, which is not a parameter");
    fails::<WrongExample>("examples", "`delay` is {");
}

params! {
    /// Settings.
    struct BadDefault {
        /// A number.
        #[schemars(range(min = 5.0, max = 10.0))]
        number: f64 = 1.0,
    }
}

params! {
    /// Settings.
    struct NoHelp {
        number: f64 = 1.0,
    }
}

/// Its parameter is a number, but its schema says that it may be a text.
#[derive(Default, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(default)]
struct Fussy {
    /// A number.
    #[schemars(range(min = -5, max = 5))]
    number: u8,
}

macro_rules! adds {
    ($name:ident, $id:literal) => {
        impl Stage for $name {
            const ID: &'static str = $id;

            fn signature() -> Signature {
                ports()
            }

            fn run(&self, inputs: &Inputs, _ctx: &Ctx<'_>) -> Result<Outputs> {
                give(f64::from(self.number), read(inputs)?.1)
            }
        }
    };
}
adds!(BadDefault, "bad-default");
adds!(NoHelp, "no-help");
adds!(Fussy, "fussy");

#[test]
fn bad_parameters_are_seen() {
    let check = "parameters explain themselves and their defaults are valid";
    fails::<BadDefault>(check, "the default of `number`: 1.0 is out of its range");
    fails::<NoHelp>(check, "the parameter `number` has no help text");
    fails::<Fussy>("parameters at their limits", "number = -5: its schema allows that, but: wrong parameters");
}

#[test]
fn a_stage_that_can_not_describe_itself_is_seen() {
    stage!(Speechless, "speechless", panic!("no words"), |_inputs, _ctx| Ok(Outputs::new()));
    let reason = Subject::new(pack::<Speechless>("acme")).err().unwrap();
    assert!(reason.contains("panicked while it described itself"), "{reason}");
}
