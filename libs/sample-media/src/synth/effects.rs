//! Room tone, footsteps, and the hits and sweeps that come with some cuts.

use std::f32::consts::FRAC_PI_2;

use super::music::add_panned;
use super::programme::Programme;
use super::score::{Note, Timbre};
use super::{CELL, RATE, RATE_HZ, cell_start_s, instrument, reverb, sample_in_cell};
use crate::rng::Rng;

/// Overlap of one cell's room tone with the next (samples).
const CROSSFADE: usize = RATE_HZ as usize;

/// `sides` (left, right) are [`SPAN`](super::SPAN) long and added to.
pub(crate) fn render(programme: &Programme, cell: i64, sides: &mut [Vec<f32>; 2]) {
    let start_s = cell_start_s(cell);
    let mut sound = Vec::new();
    for (scene, cut_s) in programme.cuts(start_s, start_s + CELL as f64 / RATE) {
        let mut rng = Rng::new(programme.seed, "effects", scene);
        if rng.chance(0.6) {
            hit(&mut rng, &mut sound);
            add_panned(sides, sample_in_cell(cell, cut_s), &sound, 1.0, rng.range(-0.7, 0.7) as f32);
        }
        if rng.chance(0.4) {
            footsteps(&mut rng, cell, cut_s, sides);
        }
    }
    let [left, right] = sides;
    reverb::add(left, right, 0.22, 0.9);
    room_tone(programme, cell, sides);
}

fn hit(rng: &mut Rng, sound: &mut Vec<f32>) {
    sound.clear();
    match rng.below(4) {
        0 => {
            instrument::thump(sound, 0.5, rng.range(45.0, 80.0), 110.0, 0.7);
            instrument::burst(sound, rng, 0.4, 0.1, 18.0, 0.4);
        }
        1 => {
            instrument::burst(sound, rng, 0.5, 0.5, 45.0, 0.15);
            instrument::thump(sound, 0.3, rng.range(160.0, 320.0), 200.0, 0.12);
        }
        2 => sweep(rng, sound),
        _ => {
            let bell = Note {
                onset_s: 0.0,
                length_s: 1.5,
                hz: rng.range(280.0, 900.0),
                gain: 0.12,
                pan: 0.0,
                brightness: 1.0,
                timbre: Timbre::Bell,
            };
            instrument::note(&bell, rng, sound);
        }
    }
}

/// Noise through a band-pass whose centre rises and falls (state variable filter, Chamberlin 1985).
fn sweep(rng: &mut Rng, sound: &mut Vec<f32>) {
    let length = (rng.range(0.5, 1.1) * RATE) as usize;
    let peak_hz = rng.range(900.0, 3200.0) as f32;
    let (mut low, mut band) = (0.0_f32, 0.0_f32);
    sound.extend((0..length).map(|position| {
        let arch = (std::f32::consts::PI * position as f32 / length as f32).sin();
        let tuning = 2.0 * (std::f32::consts::PI * (200.0 + peak_hz * arch) / RATE_HZ as f32).sin();
        low += tuning * band;
        let high = rng.noise() - low - 0.5 * band;
        band += tuning * high;
        0.22 * arch * arch * band
    }));
}

fn footsteps(rng: &mut Rng, cell: i64, cut_s: f64, sides: &mut [Vec<f32>; 2]) {
    let mut step = Vec::new();
    let pan = rng.range(-0.8, 0.8);
    let walk = rng.range(-0.2, 0.2);
    let mut time_s = cut_s + rng.range(0.3, 0.9);
    for count in 0..rng.below(4) + 2 {
        step.clear();
        let gain = rng.range(0.10, 0.20) as f32;
        instrument::burst(&mut step, rng, gain, 0.3, 60.0, 0.08);
        instrument::thump(&mut step, gain, 90.0, 60.0, 0.08);
        let position = (pan + walk * count as f64).clamp(-1.0, 1.0) as f32;
        add_panned(sides, sample_in_cell(cell, time_s), &step, 1.0, position);
        time_s += rng.range(0.42, 0.62);
    }
}

/// Steady noise, different on both sides, with a colour and loudness of its own per cell.
fn room_tone(programme: &Programme, cell: i64, sides: &mut [Vec<f32>; 2]) {
    let mut rng = Rng::new(programme.seed, "room", cell);
    let level = rng.range(0.010, 0.028) as f32 * programme.style.manner().room;
    let colour = rng.range(0.03, 0.20) as f32;
    let flutter = rng.range(0.5, 2.0) as f32;
    let (mut left_state, mut right_state) = (0.0_f32, 0.0_f32);
    let [left, right] = sides;
    let length = CELL + CROSSFADE;
    for (position, (left, right)) in left.iter_mut().zip(right.iter_mut()).take(length).enumerate() {
        let (shared, own_left, own_right) = (rng.noise(), rng.noise(), rng.noise());
        left_state += colour * (0.6 * shared + 0.8 * own_left - left_state);
        right_state += colour * (0.6 * shared + 0.8 * own_right - right_state);
        let edge = position.min(length - position).min(CROSSFADE) as f32 / CROSSFADE as f32;
        let swell = 1.0 + 0.3 * (flutter * position as f32 / RATE_HZ as f32).sin();
        let gain = level * swell * (edge * FRAC_PI_2).sin() / colour.sqrt();
        *left += gain * left_state;
        *right += gain * right_state;
    }
}
