//! Targets that miss pieces, or have pieces that the reference does not have.

use super::draw::{Draw, ORIGINAL, other_mix, pick, programme, quick_encoding};
use super::plain::style;
use crate::{Case, Sound, Truth, case::Stretch};
use vsg_sample_media::{Mix, RATE_HZ, Splice};

/// Least that both files share between two splices (s).
const STRETCH_S: f64 = 45.0;
const RATE: f64 = RATE_HZ as f64;

/// 1 to 8 splices of 0.04 to 120 s in 12 to 24 minutes.
pub(super) fn stepping(draw: &mut Draw) -> Case {
    // Three cases cut the same film.
    let mut shared = draw.shared(3);
    let film = programme(&mut shared);
    let duration_s = pick(&mut shared, &[720.0, 900.0, 1080.0, 1440.0]);
    let encoding = quick_encoding(&mut shared);
    let most = (duration_s / 160.0) as usize;
    let count = 1 + draw.rng.below(most.min(8));
    let splices = splices(draw, duration_s, count);
    let delay_ms = draw.delay_ms(4000.0);
    let (mix, name) = other_mix(&mut draw.rng, -9.0);
    let group = if count <= 2 { "1 or 2 cuts" } else { "3 to 8 cuts" };
    let sizes: Vec<String> = splices.iter().map(|splice| format!("{:+.2}", splice.missing as f64 / RATE)).collect();
    let what = format!("{}, {name}, {duration_s} s without {} s", style(&film), sizes.join(", "));

    let missing_s = splices.iter().map(|splice| splice.missing).sum::<i64>() as f64 / RATE;
    let reference = encoding.release(film, duration_s, 0.0, Mix::original(ORIGINAL));
    let target_s = (duration_s - missing_s - delay_ms / 1000.0).ceil();
    let mut target = quick_encoding(&mut draw.rng).release(film, target_s, delay_ms, mix);
    target.audio[0].treatment.splices.clone_from(&splices);
    let truth = Truth::Steps { stretches: stretches(&splices, delay_ms) };
    draw.case(group, what, Sound::Film(Box::new(reference)), Sound::Film(Box::new(target)), truth)
}

/// Splices with room between them; three of five leave something out.
fn splices(draw: &mut Draw, duration_s: f64, count: usize) -> Vec<Splice> {
    let rng = &mut draw.rng;
    let mut sizes_s: Vec<f64> =
        (0..count).map(|_| 0.04 * 3000.0_f64.powf(rng.unit()) * if rng.chance(0.6) { 1.0 } else { -1.0 }).collect();
    // What is left out may take the room that stretches leave, and no more.
    let room_s = duration_s - STRETCH_S * (count + 1) as f64;
    let missing_s: f64 = sizes_s.iter().filter(|size_s| **size_s > 0.0).sum();
    if missing_s > 0.8 * room_s {
        sizes_s.iter_mut().for_each(|size_s| *size_s *= 0.8 * room_s / missing_s);
    }
    let taken_s: f64 = sizes_s.iter().filter(|size_s| **size_s > 0.0).sum();
    let shares: Vec<f64> = (0..=count).map(|_| rng.range(0.1, 1.0)).collect();
    let whole: f64 = shares.iter().sum();
    let mut at_s = 0.0;
    sizes_s
        .iter()
        .zip(&shares)
        .map(|(size_s, share)| {
            at_s += STRETCH_S + (room_s - taken_s) * share / whole;
            let splice = Splice { at: (at_s * RATE) as i64, missing: (size_s * RATE) as i64 };
            at_s += size_s.max(0.0);
            splice
        })
        .collect()
}

/// What splices mean for a target whose first stretch has this delay.
fn stretches(splices: &[Splice], delay_ms: f64) -> Vec<Stretch> {
    let mut delay_ms = delay_ms;
    let mut stretches = vec![Stretch { from_s: 0.0, start_s: 0.0, delay_ms }];
    for Splice { at, missing } in splices {
        delay_ms += 1000.0 * *missing as f64 / RATE;
        let from_s = *at as f64 / RATE;
        stretches.push(Stretch { from_s, start_s: from_s + (*missing).max(0) as f64 / RATE, delay_ms });
    }
    stretches
}
