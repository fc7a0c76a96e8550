//! A formant voice: glottal pulses through a cascade of resonators, and band-passed noise.
//!
//! After Klatt, "Software for a cascade/parallel formant synthesizer" (JASA 67, 1980), much reduced.

use std::f64::consts::{PI, TAU};

use super::RATE;
use crate::rng::Rng;

/// Samples between updates of the filters: 1 ms.
const FRAME: usize = 48;

/// Brings speech, while it lasts, to about -20 dBFS RMS.
const LEVEL: f32 = 1.3;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Speaker {
    pub(crate) pitch_hz: f64,
    /// Vocal tract length: above 1 for shorter ones.
    pub(crate) formant_scale: f64,
    /// Noise in the voice, relative to the pulses.
    pub(crate) breath: f64,
}

/// A stretch of speech with constant targets, towards which the voice glides.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Phone {
    pub(crate) length_s: f64,
    pub(crate) formants_hz: [f64; 3],
    pub(crate) voiced: f64,
    pub(crate) noise: f64,
    pub(crate) noise_hz: f64,
    /// Factor on the speaker's pitch.
    pub(crate) pitch: f64,
}

impl Phone {
    pub(crate) fn silence(length_s: f64) -> Self {
        Self { length_s, formants_hz: [450.0, 1450.0, 2500.0], voiced: 0.0, noise: 0.0, noise_hz: 4000.0, pitch: 1.0 }
    }
}

#[derive(Default, Clone, Copy)]
struct Resonator {
    gain: f32,
    first: f32,
    second: f32,
    past: [f32; 2],
}

impl Resonator {
    fn tune(&mut self, hz: f64, width_hz: f64) {
        let radius = (-PI * width_hz / RATE).exp();
        let (first, second) = (2.0 * radius * (TAU * hz / RATE).cos(), -radius * radius);
        (self.gain, self.first, self.second) = ((1.0 - first - second) as f32, first as f32, second as f32);
    }

    fn step(&mut self, input: f32) -> f32 {
        let output = self.gain * input + self.first * self.past[0] + self.second * self.past[1];
        self.past = [output, self.past[0]];
        output
    }
}

/// Renders the phones one after the other.
pub(crate) fn speak(speaker: &Speaker, phones: &[Phone], rng: &mut Rng) -> Vec<f32> {
    let mut sound = Vec::new();
    let mut tract = [Resonator::default(); 4];
    let mut hiss = Resonator::default();
    let mut now = Phone::silence(0.0);
    let (mut cycle, mut period_pitch) = (0.0_f64, 1.0);
    let mut last = 0.0;
    // A silence at the end lets the voice die away.
    for target in phones.iter().chain([&Phone::silence(0.08)]) {
        for _ in 0..(target.length_s * RATE) as usize / FRAME {
            glide(&mut now, target);
            for (resonator, (hz, width_hz)) in tract.iter_mut().zip(
                now.formants_hz
                    .into_iter()
                    .chain([3500.0])
                    .map(|hz| hz * speaker.formant_scale)
                    .zip([70.0, 95.0, 140.0, 260.0]),
            ) {
                resonator.tune(hz, width_hz);
            }
            hiss.tune(now.noise_hz, 0.25 * now.noise_hz);
            // Noise passes near the resonance only, at about the same loudness whatever its pitch.
            let hiss_gain = (now.noise * 0.09 * (now.noise_hz / 4000.0).powi(-1)) as f32;
            for _ in 0..FRAME {
                cycle += speaker.pitch_hz * now.pitch * period_pitch / RATE;
                if cycle >= 1.0 {
                    cycle -= 1.0;
                    period_pitch = rng.range(0.99, 1.01);
                }
                let white = rng.noise();
                let source = now.voiced as f32 * (flow_derivative(cycle as f32) + speaker.breath as f32 * white);
                // The cascade has no poles above its fourth; this gives back the treble that they would.
                let bright = source - 0.9 * last;
                last = source;
                let voice = tract.iter_mut().fold(bright, |signal, resonator| resonator.step(signal));
                sound.push(LEVEL * (voice + hiss_gain * hiss.step(white)));
            }
        }
    }
    sound
}

/// Derivative of the flow through the glottis over one cycle 0..1 (Klatt & Klatt 1990): open for 60 %, then shut.
fn flow_derivative(cycle: f32) -> f32 {
    const OPEN: f32 = 0.6;
    if cycle >= OPEN {
        return 0.0;
    }
    let position = cycle / OPEN;
    2.0 * position - 3.0 * position * position
}

fn glide(now: &mut Phone, target: &Phone) {
    let approach = |value: &mut f64, goal: f64, speed: f64| *value += speed * (goal - *value);
    for (value, goal) in now.formants_hz.iter_mut().zip(target.formants_hz) {
        approach(value, goal, 0.07);
    }
    approach(&mut now.voiced, target.voiced, 0.12);
    approach(&mut now.noise, target.noise, 0.25);
    approach(&mut now.noise_hz, target.noise_hz, 0.25);
    approach(&mut now.pitch, target.pitch, 0.04);
}
