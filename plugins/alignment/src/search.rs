//! `alignment/search`: where a target lies against the reference as a whole, as `vsg_dsp::alignment` finds it.

use std::sync::atomic::{AtomicUsize, Ordering};

use vsg_dsp::alignment::{self, Limits, Placement, Sketch, Sounds};
use vsg_plugin_api::{prelude::*, report::Entry};

/// Samples that are read at once: a multiple of what any sketch sums up, few enough to stay in the cache.
const PART: usize = 1 << 16;
/// Parts that one thread reads in a row.
const PARTS: usize = 64;

params! {
    /// Where is looked.
    pub struct Search {
        /// Longest delay that is found, in either direction (s).
        #[schemars(range(min = 0.1, max = 36000.0))]
        max_offset_s: f64 = 3600.0,
        /// Whether targets at other speeds are found: PAL against film and the other way round, and steady drift of up to 5 ms a second.
        speeds: bool = true,
    }
}

impl Stage for Search {
    const ID: &'static str = "search";

    fn signature() -> Signature {
        Signature::new(
            "Finds roughly where a target lies: any offset, other speeds, cuts. Windows are then measured there.",
        )
        .phase("Analysis")
        .input::<Audio>("reference", "audio of the reference")
        .input::<Audio>("target", "audio of the target")
        .optional_input::<AudioSketch>(
            "reference_sketch",
            "sketch of the reference, as decoding gives it; without it the audio is read",
        )
        .optional_input::<AudioSketch>("target_sketch", "sketch of the target")
        .output::<Alignment>("alignment", "where the target lies, to some milliseconds")
    }

    fn run(&self, inputs: &Inputs, ctx: &Ctx<'_>) -> Result<Outputs> {
        let reference: Audio = inputs.one("reference")?;
        let target: Audio = inputs.one("target")?;
        reference.rate_shared_with(&target)?;
        let known = [inputs.optional("reference_sketch")?, inputs.optional("target_sketch")?];
        let sketches = match known {
            [Some(one), Some(other)] => [sketch_of(&reference, &one)?, sketch_of(&target, &other)?],
            _ => sketches([&reference, &target], ctx)?,
        };
        let limits = Limits { max_offset_s: self.max_offset_s, speeds: self.speeds };
        let found = match sketches {
            [one, other] if !one.values.is_empty() && !other.values.is_empty() => {
                Some(alignment::search(one, other, &limits, &Pair { reference: &reference, target: &target })?)
            }
            _ => None,
        };
        let alignment = described(&target.header.source, found, self.max_offset_s);
        for line in told(&alignment) {
            ctx.log(line);
        }
        ctx.report(&Entry::facts(&["targets", &alignment.source, "alignment"], &alignment)?)?;
        Outputs::new().with("alignment", alignment)
    }
}

/// Both sounds, where a sketch does not tell enough.
struct Pair<'a> {
    reference: &'a Audio,
    target: &'a Audio,
}

impl Sounds for Pair<'_> {
    type Error = Error;

    fn rate_hz(&self) -> f64 {
        f64::from(self.reference.header.sample_rate_hz)
    }

    fn reference(&self, start: usize, len: usize) -> Result<Vec<f32>> {
        self.reference.unfiltered_along(start as i64..(start + len) as i64, 0.0, 0.0)
    }

    fn target(&self, start: usize, len: usize, delay_s: f64) -> Result<Vec<f32>> {
        self.target.unfiltered_along(start as i64..(start + len) as i64, 1000.0 * delay_s, 0.0)
    }
}

/// A sketch that was made before. Fails if it is of other audio.
fn sketch_of(audio: &Audio, known: &AudioSketch) -> Result<Sketch> {
    let sketch = known.read()?;
    let is_its = known.header.sample_rate_hz == audio.header.sample_rate_hz
        && sketch.values.len() == audio.len() / sketch.samples_per_value();
    if is_its {
        return Ok(sketch);
    }
    let (source, other) = (&audio.header.source, &known.header.source);
    Err(Error::new(format!(
        "a sketch of {} values of {other} was given for {} samples of {source}",
        sketch.values.len(),
        audio.len()
    ))
    .help("connect the outputs audio and sketch of the same decode"))
}

/// The sketches of two sounds, read once from end to end.
fn sketches(sounds: [&Audio; 2], ctx: &Ctx<'_>) -> Result<[Sketch; 2]> {
    let mut parts = Vec::new();
    for (sound, audio) in sounds.iter().enumerate() {
        let step = whole_values(PART * PARTS, &sketch(audio));
        parts.extend((0..audio.len()).step_by(step).map(|start| (sound, start, (start + step).min(audio.len()))));
    }
    let done = AtomicUsize::new(0);
    let read = ctx.for_each(parts.len(), |index| {
        let (sound, start, end) = parts[index];
        let mut part = sketch(sounds[sound]);
        let step = whole_values(PART, &part);
        for from in (start..end).step_by(step) {
            part.add(&sounds[sound].unfiltered(from..(from + step).min(end))?);
        }
        ctx.progress(0.8 * (done.fetch_add(1, Ordering::Relaxed) + 1) as f64 / parts.len() as f64)?;
        Ok(part)
    })?;
    let mut whole = sounds.map(sketch);
    for ((sound, ..), part) in parts.iter().zip(read) {
        whole[*sound].append(part);
    }
    Ok(whole)
}

/// About so many samples: at least one value of a sketch, and no part of one.
fn whole_values(samples: usize, sketch: &Sketch) -> usize {
    let of_one = sketch.samples_per_value().max(1);
    (samples / of_one).max(1) * of_one
}

fn sketch(audio: &Audio) -> Sketch {
    Sketch::new(f64::from(audio.header.sample_rate_hz))
}

fn described(source: &str, found: Option<Placement>, max_offset_s: f64) -> Alignment {
    let nothing = Placement { speed: 1.0, speed_name: None, pieces: Vec::new(), significance: 0.0, runner_up: None };
    let found = found.unwrap_or(nothing);
    Alignment {
        source: source.to_owned(),
        speed: found.speed,
        speed_name: found.speed_name.map(str::to_owned),
        pieces: found
            .pieces
            .iter()
            .map(|piece| AlignedPiece { start_s: piece.start_s, end_s: piece.end_s, delay_ms: 1000.0 * piece.delay_s })
            .collect(),
        significance: found.significance,
        runner_up_ms: found.runner_up.map(|found| 1000.0 * found.delay_s),
        runner_up_significance: found.runner_up.map(|found| found.significance),
        ambiguous: found.runner_up.is_some_and(|found| found.is_as_good),
        max_offset_s: Some(max_offset_s),
    }
}

/// What was found, in words.
fn told(alignment: &Alignment) -> Vec<String> {
    let source = &alignment.source;
    let speed = match (&alignment.speed_name, alignment.speed) {
        (_, 1.0) => String::new(),
        (Some(name), speed) => format!(" at {speed:.6} times the reference's speed ({name})"),
        (None, speed) => format!(" at {speed:.7} times the reference's speed"),
    };
    match alignment.pieces.as_slice() {
        [] => vec![format!("[Alignment] {source}: nothing that the whole files have in common stands out")],
        [piece] => {
            let at = format!("[Alignment] {source} lies at about {:+.0} ms{speed}", piece.delay_ms);
            let rival = alignment.runner_up_ms.filter(|_| alignment.ambiguous);
            let rival = rival.map(|rival_ms| {
                format!("[Alignment] {source} agrees as well at {rival_ms:+.0} ms: the sound repeats itself")
            });
            std::iter::once(at).chain(rival).collect()
        }
        pieces => {
            let mut lines = vec![format!("[Alignment] {source} lies in {} pieces{speed}:", pieces.len())];
            lines.extend(
                pieces
                    .iter()
                    .map(|p| format!("  {:8.1} s to {:8.1} s: about {:+.0} ms", p.start_s, p.end_s, p.delay_ms)),
            );
            lines
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_found_is_told_in_words() {
        let piece = |start_s, end_s, delay_ms| AlignedPiece { start_s, end_s, delay_ms };
        let mut alignment = described("Source 2", None, 3600.0);
        assert_eq!(told(&alignment), ["[Alignment] Source 2: nothing that the whole files have in common stands out"]);
        alignment.pieces.push(piece(0.0, 100.0, 1234.4));
        assert_eq!(told(&alignment), ["[Alignment] Source 2 lies at about +1234 ms"]);
        (alignment.ambiguous, alignment.runner_up_ms) = (true, Some(8234.0));
        assert_eq!(told(&alignment)[1], "[Alignment] Source 2 agrees as well at +8234 ms: the sound repeats itself");
        alignment.pieces.push(piece(100.0, 200.0, -7.0));
        (alignment.speed, alignment.speed_name) = (25.0 / 24.0, Some("25/24".into()));
        let told = told(&alignment);
        assert_eq!(told[0], "[Alignment] Source 2 lies in 2 pieces at 1.041667 times the reference's speed (25/24):");
        assert_eq!(told.len(), 3);
    }
}
