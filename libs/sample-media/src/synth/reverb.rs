//! A late reverberation: four delay lines that feed each other (feedback delay network, Jot & Chaigne 1991).

use super::{RATE, SPAN};

/// Delays (samples): primes, so that the echoes do not pile up.
const LENGTHS: [usize; 4] = [1427, 1777, 2143, 2557];

/// Adds the reverberation of `left + right` to both, from silence to silence, dying by 60 dB in `decay_s`.
pub(crate) fn add(left: &mut [f32], right: &mut [f32], wet: f32, decay_s: f64) {
    let mut lines = LENGTHS.map(|length| vec![0.0_f32; length]);
    let feedback = LENGTHS.map(|length| 10.0_f64.powf(-3.0 * length as f64 / RATE / decay_s) as f32 * 0.5);
    let mut heads = [0_usize; 4];
    let mut damped = [0.0_f32; 4];
    let fade_from = SPAN - SPAN / 24;
    for (position, (left, right)) in left.iter_mut().zip(right.iter_mut()).enumerate() {
        for line in 0..4 {
            damped[line] += 0.55 * (lines[line][heads[line]] - damped[line]);
        }
        let [a, b, c, d] = damped;
        let input = 0.35 * (*left + *right);
        // Hadamard mixing: energy is spread over all lines and kept.
        let mixed = [a + b + c + d, a - b + c - d, a + b - c - d, a - b - c + d];
        for line in 0..4 {
            lines[line][heads[line]] = input + feedback[line] * mixed[line];
            heads[line] += 1;
            if heads[line] == LENGTHS[line] {
                heads[line] = 0;
            }
        }
        let fade = if position < fade_from { 1.0 } else { (SPAN - position) as f32 / (SPAN - fade_from) as f32 };
        *left = (*left + wet * (a + 0.6 * c)) * fade;
        *right = (*right + wet * (b + 0.6 * d)) * fade;
    }
}
