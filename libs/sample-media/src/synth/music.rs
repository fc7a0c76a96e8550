//! Renders the score of one cell: a stereo bus, and a mono bus of what is low.

use super::programme::Programme;
use super::score::{DrumKind, Score, Timbre};
use super::{CELL, RATE, SPAN, cell_start_s, instrument, reverb, sample_in_cell};
use crate::rng::Rng;

/// Brings the music to about -20 dBFS RMS.
const LEVEL: f32 = 0.62;

/// `sides` (left, right) and `low` are [`SPAN`] long and added to.
pub(crate) fn render(programme: &Programme, cell: i64, sides: &mut [Vec<f32>; 2], low: &mut [f32]) {
    let score = Score::new(programme);
    let mut scratch = Vec::new();
    let start_s = cell_start_s(cell);
    for bar in score.bars(start_s, start_s + CELL as f64 / RATE) {
        let mut rng = Rng::new(programme.seed, "play", score.played(bar));
        let (notes, strokes) = score.bar(bar);
        for note in &notes {
            instrument::note(note, &mut rng, &mut scratch);
            let at = sample_in_cell(cell, note.onset_s);
            if note.timbre == Timbre::Bass {
                add(low, at, &scratch, LEVEL);
            } else {
                add_panned(sides, at, &scratch, LEVEL, note.pan);
            }
        }
        for stroke in &strokes {
            instrument::stroke(stroke, &mut rng, &mut scratch);
            let at = sample_in_cell(cell, stroke.onset_s);
            match stroke.kind {
                DrumKind::Kick => add(low, at, &scratch, LEVEL),
                DrumKind::Snare => add_panned(sides, at, &scratch, LEVEL, -0.1),
                DrumKind::Hat => add_panned(sides, at, &scratch, LEVEL, 0.45),
            }
        }
    }
    let [left, right] = sides;
    reverb::add(left, right, 0.30, 1.5);
}

/// Adds a sound to a bus; what would last beyond the cell's span is cut.
pub(crate) fn add(bus: &mut [f32], at: usize, sound: &[f32], gain: f32) {
    for (out, sample) in bus.iter_mut().take(SPAN).skip(at).zip(sound) {
        *out += gain * sample;
    }
}

/// The same for a stereo bus, with constant power from left (-1) to right (1).
pub(crate) fn add_panned(sides: &mut [Vec<f32>; 2], at: usize, sound: &[f32], gain: f32, pan: f32) {
    let angle = (pan + 1.0) * std::f32::consts::FRAC_PI_4;
    let [left, right] = sides;
    add(left, at, sound, gain * angle.cos());
    add(right, at, sound, gain * angle.sin());
}
