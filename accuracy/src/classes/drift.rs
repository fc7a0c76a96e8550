//! Targets that run at another speed: standards conversion, and clocks that differ.

use super::draw::{Draw, Encoding, ORIGINAL, other_mix, quick_encoding};
use super::plain::style;
use crate::{Case, Sound, Truth};
use vsg_sample_media::{FrameRate, Mix, Picture};

const NTSC: FrameRate = FrameRate::FILM_NTSC;
const FILM: FrameRate = FrameRate { frames: 24, seconds: 1 };
const PAL: FrameRate = FrameRate::PAL;
const SIZE: Picture = Picture { width: 64, height: 36, rate: NTSC, start_ms: 0 };

const LINEAR: &[&str] = &["linear-drift"];
const PAL_KINDS: &[&str] = &["pal-drift"];

/// One third is 24 minutes long, the others 8 to 12; half are linear, half standards conversions.
pub(super) fn drift(draw: &mut Draw) -> Case {
    let number = draw.name.number;
    let mut shared = draw.shared(6);
    let film = super::draw::programme(&mut shared);
    let duration_s = if (number / 6).is_multiple_of(3) { 1440.0 } else { shared.range(480.0, 720.0).round() };
    let encoding = quick_encoding(&mut shared);
    let (group, rates, kinds) = match number % 6 {
        0 => ("PAL", Some((NTSC, PAL)), PAL_KINDS),
        3 => ("PAL, slower", Some((PAL, NTSC)), PAL_KINDS),
        5 if (number / 6).is_multiple_of(2) => ("24 / 23.976", Some((NTSC, FILM)), LINEAR),
        5 => ("25 / 24", Some((FILM, PAL)), PAL_KINDS),
        _ if duration_s == 1440.0 => ("linear, 24 minutes", None, LINEAR),
        _ => ("linear, 8 to 12 minutes", None, LINEAR),
    };
    // Growing by `rate` for each second of the reference, a second of the target is 1 / (1 - rate) of the reference.
    let speed = match rates {
        Some((from, to)) => to.per_second() / from.per_second(),
        None => {
            let rate = 1e-5 * 500.0_f64.powf(draw.rng.unit());
            1.0 / (1.0 - if draw.rng.chance(0.5) { rate } else { -rate })
        }
    };
    let rate_ms_per_s = 1000.0 * (1.0 - 1.0 / speed);
    let delay_ms = draw.delay_ms(4000.0);
    let (mix, name) = other_mix(&mut draw.rng, -9.0);
    let other = Encoding { layout: encoding.layout, ..quick_encoding(&mut draw.rng) };

    let mut reference = encoding.release(film, duration_s, 0.0, Mix::original(ORIGINAL));
    let mut target = other.release(film, (duration_s / speed).round(), delay_ms, mix);
    target.audio[0].treatment.speed = speed;
    if let Some((from, to)) = rates {
        reference.picture = Some(Picture { rate: from, ..SIZE });
        target.picture = Some(Picture { rate: to, ..SIZE });
    }
    let tolerance_ppm = if group == "linear, 24 minutes" { 1.0 } else { 5.0 };
    let what = format!("{}, {name}, {rate_ms_per_s:+.4} ms/s, {duration_s} s", style(&film));
    let truth = Truth::Drift { delay_ms, rate_ms_per_s, tolerance_ppm, kinds };
    draw.case(group, what, Sound::Film(Box::new(reference)), Sound::Film(Box::new(target)), truth)
}
