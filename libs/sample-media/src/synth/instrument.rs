//! How a note or a drum stroke sounds: damped harmonic partials, swept sines and noise bursts.

use std::f64::consts::TAU;

use super::RATE;
use super::score::{DrumKind, Note, Stroke, Timbre};
use crate::rng::Rng;

const PARTIALS: usize = 8;

/// What distinguishes the timbres.
struct Shape {
    attack_s: f64,
    release_s: f64,
    /// Amplitude of partial k is k^-slope.
    slope: f64,
    /// Decay (1/s) of the first partial; higher ones decay faster.
    decay: f64,
    /// Partial k lies at k * sqrt(1 + stiffness * k^2).
    stiffness: f64,
}

fn shape(timbre: Timbre, brightness: f64) -> Shape {
    let slope = 2.4 - 1.4 * brightness;
    match timbre {
        Timbre::Pad => Shape { attack_s: 0.12, release_s: 0.25, slope, decay: 0.1, stiffness: 0.0 },
        Timbre::Pluck => Shape { attack_s: 0.003, release_s: 0.3, slope: slope - 0.3, decay: 2.8, stiffness: 4e-4 },
        Timbre::Lead => Shape { attack_s: 0.02, release_s: 0.08, slope: slope - 0.2, decay: 0.6, stiffness: 0.0 },
        Timbre::Bass => Shape { attack_s: 0.008, release_s: 0.1, slope: 1.8, decay: 1.2, stiffness: 1e-4 },
        Timbre::Bell => Shape { attack_s: 0.001, release_s: 0.4, slope: 0.6, decay: 3.0, stiffness: 0.09 },
    }
}

/// Renders a note into `scratch` (cleared first); `rng` gives the partials their phases.
pub(crate) fn note(note: &Note, rng: &mut Rng, scratch: &mut Vec<f32>) {
    let shape = shape(note.timbre, note.brightness);
    let length = (note.length_s * RATE) as usize;
    let (mut re, mut im) = ([0.0_f32; PARTIALS], [0.0_f32; PARTIALS]);
    let (mut turn_re, mut turn_im) = ([0.0_f32; PARTIALS], [0.0_f32; PARTIALS]);
    for partial in 0..PARTIALS {
        let order = (partial + 1) as f64;
        let hz = note.hz * order * (1.0 + shape.stiffness * order * order).sqrt();
        let phase = rng.range(0.0, TAU);
        if hz > 15_000.0 {
            continue;
        }
        let amplitude = f64::from(note.gain) * order.powf(-shape.slope);
        let damping = (-shape.decay * (0.7 + 0.3 * order) / RATE).exp();
        let step = TAU * hz / RATE;
        (re[partial], im[partial]) = ((amplitude * phase.cos()) as f32, (amplitude * phase.sin()) as f32);
        (turn_re[partial], turn_im[partial]) = ((damping * step.cos()) as f32, (damping * step.sin()) as f32);
    }
    scratch.clear();
    scratch.reserve(length);
    for _ in 0..length {
        let fours: [f32; 4] = std::array::from_fn(|lane| im[lane] + im[lane + 4]);
        scratch.push((fours[0] + fours[2]) + (fours[1] + fours[3]));
        for lane in 0..PARTIALS {
            let (old_re, old_im) = (re[lane], im[lane]);
            re[lane] = old_re * turn_re[lane] - old_im * turn_im[lane];
            im[lane] = old_re * turn_im[lane] + old_im * turn_re[lane];
        }
    }
    fade(scratch, shape.attack_s, shape.release_s);
}

/// Smooth (raised cosine) beginning and end.
pub(crate) fn fade(sound: &mut [f32], attack_s: f64, release_s: f64) {
    let ramp = |position: usize, length: usize| {
        let angle = std::f32::consts::PI * position as f32 / length as f32;
        0.5 - 0.5 * angle.cos()
    };
    let attack = ((attack_s * RATE) as usize).clamp(1, sound.len().max(1));
    for (position, sample) in sound.iter_mut().take(attack).enumerate() {
        *sample *= ramp(position, attack);
    }
    let release = ((release_s * RATE) as usize).clamp(1, sound.len().max(1));
    for (position, sample) in sound.iter_mut().rev().take(release).enumerate() {
        *sample *= ramp(position, release);
    }
}

/// Renders a drum stroke into `scratch` (cleared first).
pub(crate) fn stroke(stroke: &Stroke, rng: &mut Rng, scratch: &mut Vec<f32>) {
    scratch.clear();
    match stroke.kind {
        DrumKind::Kick => thump(scratch, stroke.gain, 52.0, 95.0, 0.28),
        DrumKind::Snare => {
            thump(scratch, stroke.gain * 0.5, 185.0, 60.0, 0.18);
            burst(scratch, rng, stroke.gain, 0.35, 26.0, 0.18);
        }
        DrumKind::Hat => burst(scratch, rng, stroke.gain, 0.9, 55.0, 0.09),
    }
}

/// Adds a sine that falls from `hz + sweep_hz` to `hz` while it dies away.
pub(crate) fn thump(sound: &mut Vec<f32>, gain: f32, hz: f64, sweep_hz: f64, length_s: f64) {
    let length = (length_s * RATE) as usize;
    sound.resize(sound.len().max(length), 0.0);
    let mut phase = 0.0;
    for (position, sample) in sound.iter_mut().take(length).enumerate() {
        let time = position as f64 / RATE;
        let left = 1.0 - position as f64 / length as f64;
        phase += TAU * (hz + sweep_hz * (-time * 30.0).exp()) / RATE;
        *sample += gain * (phase.sin() * (-time * 3.0 / length_s).exp() * left) as f32;
    }
}

/// Adds a burst of noise; `edge` 0 keeps the lows, 1 only the highs; `decay` in 1/s.
pub(crate) fn burst(sound: &mut Vec<f32>, rng: &mut Rng, gain: f32, edge: f32, decay: f64, length_s: f64) {
    let length = (length_s * RATE) as usize;
    sound.resize(sound.len().max(length), 0.0);
    let damping = (-decay / RATE).exp() as f32;
    let (mut level, mut last, mut smooth) = (gain, 0.0, 0.0);
    for (position, sample) in sound.iter_mut().take(length).enumerate() {
        let white = rng.noise();
        // A half-band smoother keeps the top of the spectrum, which no codec keeps, out of the bursts.
        smooth += 0.6 * (white - smooth);
        let attack = (position as f32 / 24.0).min(1.0);
        *sample += level * attack * (smooth - edge * last);
        last = smooth;
        level *= damping;
    }
}
