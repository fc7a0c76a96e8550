//! What is said: for each line of the plot the phones of a language that does not exist, and who speaks them.
//!
//! A language draws its own vowels, its own taste in consonants, its own words and its own voices. Two languages speak
//! the same lines at nearly the same times, as a dub does, and have no waveform in common.

use super::mix::Language;
use super::music::add;
use super::programme::{Line, Programme};
use super::voice::{self, Phone, Speaker};
use super::{CELL, RATE, cell_start_s, sample_in_cell};
use crate::rng::Rng;

/// First three formants (Hz) of ten cardinal vowels.
const VOWELS: [[f64; 3]; 10] = [
    [280.0, 2250.0, 2900.0],
    [400.0, 2000.0, 2550.0],
    [550.0, 1770.0, 2490.0],
    [710.0, 1100.0, 2540.0],
    [590.0, 880.0, 2540.0],
    [450.0, 800.0, 2500.0],
    [310.0, 870.0, 2250.0],
    [500.0, 1500.0, 2500.0],
    [280.0, 1700.0, 2100.0],
    [400.0, 1500.0, 2200.0],
];

/// Renders the lines that start in `cell` and adds them to `bus` ([`SPAN`](super::SPAN) long).
pub(crate) fn render(programme: &Programme, language: &Language, cell: i64, bus: &mut [f32]) {
    let start_s = cell_start_s(cell);
    for line in programme.lines(start_s, start_s + CELL as f64 / RATE) {
        let mut rng = Rng::new(programme.seed, &format!("speech {}", language.tag()), line.index);
        let speaker = speaker(programme.seed, language, line.speaker);
        let onset_s = line.start_s + rng.range(0.0, 0.15);
        let phones = phones(programme.seed, language, &line, &mut rng);
        let sound = voice::speak(&speaker, &phones, &mut rng);
        add(bus, sample_in_cell(cell, onset_s), &sound, 1.0);
    }
}

fn speaker(seed: u64, language: &Language, number: u8) -> Speaker {
    let mut rng = Rng::new(seed, &format!("voice {}", language.tag()), i64::from(number));
    let high = number == 1;
    Speaker {
        pitch_hz: if high { rng.range(170.0, 225.0) } else { rng.range(88.0, 135.0) },
        formant_scale: if high { rng.range(1.08, 1.2) } else { rng.range(0.9, 1.04) },
        breath: rng.range(0.01, 0.04),
    }
}

struct Inventory {
    vowels: Vec<[f64; 3]>,
    consonants: [f64; 4],
    syllable_s: f64,
}

fn inventory(seed: u64, language: &Language) -> Inventory {
    let mut rng = Rng::new(seed, &format!("phonology {}", language.tag()), 0);
    let mut vowels = vec![VOWELS[3]];
    for vowel in VOWELS {
        if rng.chance(0.65) {
            vowels.push(vowel.map(|hz| hz * rng.range(0.93, 1.07)));
        }
    }
    Inventory { vowels, consonants: std::array::from_fn(|_| rng.range(0.3, 1.0)), syllable_s: rng.range(0.15, 0.21) }
}

fn phones(seed: u64, language: &Language, line: &Line, rng: &mut Rng) -> Vec<Phone> {
    let inventory = inventory(seed, language);
    let wanted_s = (line.end_s - line.start_s) * rng.range(0.88, 1.05);
    let mut phones = Vec::new();
    let mut spoken_s = 0.0;
    while spoken_s < wanted_s {
        let from = phones.len();
        for syllable in 0..=rng.below(3) {
            let fall = 1.12 - 0.28 * spoken_s / wanted_s;
            let pitch = fall * if syllable == 0 { rng.range(1.02, 1.18) } else { rng.range(0.92, 1.02) };
            consonant(&inventory, pitch, rng, &mut phones);
            let [first, second, third] = inventory.vowels[rng.below(inventory.vowels.len())];
            phones.push(Phone {
                length_s: inventory.syllable_s * rng.range(0.45, 0.95),
                formants_hz: [first, second, third],
                voiced: rng.range(0.75, 1.0),
                noise: 0.0,
                noise_hz: 4000.0,
                pitch,
            });
        }
        if rng.chance(0.3) {
            phones.push(Phone::silence(rng.range(0.03, 0.16)));
        }
        spoken_s += phones[from..].iter().map(|phone| phone.length_s).sum::<f64>();
    }
    phones
}

fn consonant(inventory: &Inventory, pitch: f64, rng: &mut Rng, phones: &mut Vec<Phone>) {
    let total: f64 = inventory.consonants.iter().sum();
    let mut drawn = rng.range(0.0, total * 1.15);
    let kind = inventory.consonants.iter().position(|weight| {
        drawn -= weight;
        drawn < 0.0
    });
    let formants_hz = [350.0, rng.range(1000.0, 1700.0), 2500.0];
    let sound = Phone { length_s: 0.0, formants_hz, voiced: 0.0, noise: 0.0, noise_hz: 4000.0, pitch };
    match kind {
        Some(0) => {
            let noise_hz = rng.range(2600.0, 7500.0);
            phones.push(Phone { length_s: rng.range(0.06, 0.12), noise: rng.range(0.4, 0.9), noise_hz, ..sound });
        }
        Some(1) => {
            phones.push(Phone::silence(rng.range(0.03, 0.06)));
            let noise_hz = rng.range(1200.0, 4500.0);
            phones.push(Phone { length_s: rng.range(0.012, 0.03), noise: 1.2, noise_hz, ..sound });
        }
        Some(2) => phones.push(Phone {
            length_s: rng.range(0.05, 0.09),
            formants_hz: [270.0, 1000.0, 2200.0],
            voiced: 0.45,
            ..sound
        }),
        Some(_) => phones.push(Phone { length_s: rng.range(0.04, 0.08), voiced: 0.6, noise: 0.05, ..sound }),
        None => {}
    }
}
