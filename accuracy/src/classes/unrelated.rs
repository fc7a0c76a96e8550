//! Pairs that have nothing in common, though some of them look as if they had.

use super::draw::{Draw, Encoding, ORIGINAL, encoding};
use super::plain::style;
use crate::{Case, Sound, Truth};
use vsg_sample_media::{Mix, Programme, Release, Rng, Style};

const LENGTH_S: f64 = 120.0;
/// So far apart (ms) two pieces of one programme share voices, tempo and kind of music, as two episodes do, and not a sound.
const EPISODES_MS: f64 = 3.6e7;

/// Ten kinds in turn.
pub(super) fn unrelated(draw: &mut Draw) -> Case {
    let (one, mut two) = (draw.programme(), draw.programme());
    let release = |draw: &mut Draw, film, delay_ms, mix| {
        let encoding = draw.encoding();
        encoding.release(film, LENGTH_S, delay_ms, mix)
    };
    let original = Mix::original(ORIGINAL);
    let speech = Mix { music_db: -120.0, effects_db: -120.0, ..original.clone() };
    let music = Mix { effects_db: -120.0, ..Mix::music_and_effects() };
    let film = |release: Release| Sound::Film(Box::new(release));
    let (group, reference, target) = match draw.name.number % 10 {
        0 => ("other film", film(release(draw, one, 0.0, original.clone())), film(release(draw, two, 0.0, original))),
        1 => {
            let dub = Mix::dub("ger", -6.0);
            ("other film", film(release(draw, one, 0.0, original)), film(release(draw, two, 0.0, dub)))
        }
        2 | 3 => {
            let reference = film(release(draw, one, 0.0, original.clone()));
            ("other episode", reference, film(release(draw, one, EPISODES_MS, original)))
        }
        4 => {
            let reference = film(release(draw, one, 0.0, speech.clone()));
            ("same voices, other text", reference, film(release(draw, one, EPISODES_MS, speech)))
        }
        5 => {
            // The plot and with it the timing of the lines is the seed's, and the same.
            let dub = Mix { music_db: -120.0, effects_db: -120.0, ..Mix::dub("ger", 0.0) };
            ("dub without its music", film(release(draw, one, 0.0, speech)), film(release(draw, one, 0.0, dub)))
        }
        6 | 7 => {
            two.style = one.style;
            let reference = film(release(draw, one, 0.0, music.clone()));
            ("same kind of music", reference, film(release(draw, two, 0.0, music)))
        }
        8 => {
            // Electronic music whose drums are nearly those of the other.
            let loops = |rng: &mut Rng| Programme::of_style(rng.next() >> 16, Style::Loop);
            let (one, two) = (loops(&mut draw.rng), loops(&mut draw.rng));
            let (one, two) = (release(draw, one, 0.0, music.clone()), release(draw, two, 0.0, music));
            ("same kind of music", film(one), film(two))
        }
        _ => signals(draw, one),
    };
    draw.case(group, format!("{group}, {}", style(&one)), reference, target, Truth::Unrelated)
}

/// Noise, tones and silence.
fn signals(draw: &mut Draw, film: Programme) -> (&'static str, Sound, Sound) {
    let noise = |rng: &mut Rng, colour| {
        let seed = rng.next() >> 40;
        Sound::source(format!("anoisesrc=color={colour}:seed={seed}:amplitude=0.3:r=48000"), LENGTH_S)
    };
    let tone = |rng: &mut Rng| Sound::source(format!("sine=f={:.1}:r=48000", rng.range(300.0, 3000.0)), LENGTH_S);
    let silence = Sound::source("anullsrc=r=48000".into(), LENGTH_S);
    let encoding: Encoding = encoding(&mut draw.rng);
    let mix = Mix::original(ORIGINAL);
    let release = Sound::Film(Box::new(encoding.release(film, LENGTH_S, 0.0, mix)));
    let rng = &mut draw.rng;
    let group = "noise, tones, silence";
    match draw.name.number / 10 % 10 {
        0 => (group, noise(rng, "white"), noise(rng, "white")),
        1 => (group, release, noise(rng, "pink")),
        2 => (group, noise(rng, "brown"), noise(rng, "brown")),
        3 => (group, release, silence),
        4 => (group, silence.clone(), silence),
        5 => (group, tone(rng), tone(rng)),
        6 => {
            // The same tone fits at each of its periods.
            let tone = tone(rng);
            (group, tone.clone(), tone)
        }
        7 => (group, release, tone(rng)),
        8 => (group, noise(rng, "pink"), tone(rng)),
        _ => (group, noise(rng, "pink"), silence),
    }
}
