//! What is played: tempo, sections, chords, and the notes and drum strokes of a bar.
//!
//! Nothing repeats exactly, unless the style wants it so: the tempo drifts, onsets are humanised, every section has its own key, progression and
//! instruments, and every bar may replace its chord. So two places of a film never correlate like the same place.

use std::f64::consts::TAU;

use super::RATE;
use super::programme::Programme;
use super::style::Manner;
use crate::rng::Rng;

const BEATS_PER_BAR: i64 = 4;
const BARS_PER_SECTION: i64 = 8;
const SCALES: [[i32; 7]; 3] = [[0, 2, 4, 5, 7, 9, 11], [0, 2, 3, 5, 7, 8, 10], [0, 2, 3, 5, 7, 9, 10]];

/// How long a sound lasts and how it is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Timbre {
    Pad,
    Pluck,
    Lead,
    Bass,
    /// Struck metal, for effects.
    Bell,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Note {
    pub(crate) onset_s: f64,
    pub(crate) length_s: f64,
    pub(crate) hz: f64,
    pub(crate) gain: f32,
    /// -1 left, 1 right.
    pub(crate) pan: f32,
    /// 0 dull, 1 bright.
    pub(crate) brightness: f64,
    pub(crate) timbre: Timbre,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DrumKind {
    Kick,
    Snare,
    Hat,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Stroke {
    pub(crate) onset_s: f64,
    pub(crate) gain: f32,
    pub(crate) kind: DrumKind,
}

/// The piece that belongs to a seed.
#[derive(Debug)]
pub(crate) struct Score {
    seed: u64,
    manner: Manner,
    beat_s: f64,
    phases: [f64; 3],
}

struct Section {
    root: i32,
    scale: [i32; 7],
    progression: [i32; 4],
    brightness: f64,
    plucks: f64,
    melody: f64,
    drums: bool,
    silent: bool,
}

impl Score {
    pub(crate) fn new(programme: &Programme) -> Self {
        let Programme { seed, style } = *programme;
        let manner = style.manner();
        let mut rng = Rng::new(seed, "tempo", 0);
        let mut beat_s = 60.0 / rng.range(manner.tempo_bpm.0, manner.tempo_bpm.1);
        if manner.repeat.is_some() {
            // Quarters of a beat last whole samples, so that what comes again is the same to the sample.
            beat_s = (beat_s * RATE / 4.0).round() * 4.0 / RATE;
        }
        Self { seed, manner, beat_s, phases: [rng.range(0.0, TAU), rng.range(0.0, TAU), rng.range(0.0, TAU)] }
    }

    /// The bar that is played at a bar: itself, or the one that it repeats.
    pub(crate) fn played(&self, bar: i64) -> i64 {
        self.manner.repeat.map_or(bar, |bars| bar.rem_euclid(bars))
    }

    /// Programme time (s) of a beat: a steady pulse bent by three slow waves without a common period.
    fn beat_time_s(&self, beat: f64) -> f64 {
        let waves = [(211.7, 2.0), (37.3, 0.35), (11.9, 0.05)];
        let bend: f64 = waves
            .iter()
            .zip(self.phases)
            .map(|((beats, depth_s), phase)| depth_s * (TAU * beat / beats + phase).sin())
            .sum();
        beat * self.beat_s + self.manner.bend * bend
    }

    fn bar_start_s(&self, bar: i64) -> f64 {
        self.beat_time_s((bar * BEATS_PER_BAR) as f64)
    }

    /// Bars that start in `from_s..to_s`.
    pub(crate) fn bars(&self, from_s: f64, to_s: f64) -> Vec<i64> {
        let bar_s = self.beat_s * BEATS_PER_BAR as f64;
        let first = ((from_s - 3.0) / bar_s).floor() as i64;
        let last = ((to_s + 3.0) / bar_s).ceil() as i64;
        (first..=last).filter(|&bar| (from_s..to_s).contains(&self.bar_start_s(bar))).collect()
    }

    fn section(&self, bar: i64) -> Section {
        let mut rng = Rng::new(self.seed, "section", self.played(bar).div_euclid(BARS_PER_SECTION));
        Section {
            root: 45 + rng.below(12) as i32,
            scale: SCALES[rng.below(SCALES.len())],
            progression: [0, rng.below(6) as i32 + 1, rng.below(6) as i32 + 1, [3, 4][rng.below(2)]],
            brightness: rng.range(0.2, 0.9),
            plucks: rng.range(self.manner.plucks.0, self.manner.plucks.1),
            melody: rng.range(self.manner.melody.0, self.manner.melody.1),
            drums: rng.chance(self.manner.drums),
            silent: rng.chance(self.manner.rests),
        }
    }

    /// Notes and strokes of one bar. Onsets may lie up to 20 ms before the bar.
    pub(crate) fn bar(&self, bar: i64) -> (Vec<Note>, Vec<Stroke>) {
        let section = self.section(bar);
        if section.silent {
            return (Vec::new(), Vec::new());
        }
        let mut rng = Rng::new(self.seed, "bar", self.played(bar));
        let planned = section.progression[bar.rem_euclid(4) as usize];
        let chord = if rng.chance(0.25) { rng.below(7) as i32 } else { planned };
        let mut notes = Vec::new();
        if self.manner.pads {
            self.chord(bar, &section, chord, &mut rng, &mut notes);
        }
        self.figures(bar, &section, chord, &mut rng, &mut notes);
        let strokes = if section.drums { self.drums(bar, &mut rng) } else { Vec::new() };
        (notes, strokes)
    }

    fn chord(&self, bar: i64, section: &Section, chord: i32, rng: &mut Rng, notes: &mut Vec<Note>) {
        let length_s = self.bar_start_s(bar + 1) - self.bar_start_s(bar);
        for (voice, step) in [0, 2, 4, 6].into_iter().enumerate() {
            if voice == 3 && rng.chance(0.6) {
                continue;
            }
            let octave = if rng.chance(0.3) { 7 } else { 0 };
            notes.push(Note {
                onset_s: self.bar_start_s(bar) + rng.range(-0.02, 0.03),
                length_s: length_s + 0.25,
                hz: pitch_hz(section, chord + step + octave) * rng.range(0.998, 1.002),
                gain: rng.range(0.05, 0.08) as f32,
                pan: rng.range(-0.8, 0.8) as f32,
                brightness: section.brightness,
                timbre: Timbre::Pad,
            });
        }
    }

    fn figures(&self, bar: i64, section: &Section, chord: i32, rng: &mut Rng, notes: &mut Vec<Note>) {
        let mut degree = 7 + rng.below(8) as i32;
        for eighth in 0..8 {
            let beat = (bar * BEATS_PER_BAR) as f64 + f64::from(eighth) / 2.0;
            let note = |timbre, degree, length_s, gain, pan, rng: &mut Rng| Note {
                onset_s: self.beat_time_s(beat) + rng.range(-0.014, 0.018),
                length_s,
                hz: pitch_hz(section, degree) * rng.range(0.999, 1.001),
                gain: (gain * rng.range(0.6, 1.0)) as f32,
                pan,
                brightness: section.brightness,
                timbre,
            };
            if rng.chance(section.plucks) {
                let tone = chord + [0, 2, 4, 7, 9][rng.below(5)];
                notes.push(note(Timbre::Pluck, tone + 7, 1.4, 0.22, rng.range(-0.6, 0.6) as f32, rng));
            }
            if rng.chance(section.melody) {
                degree = (degree + rng.below(5) as i32 - 2).clamp(4, 17);
                let length_s = self.beat_s * rng.range(0.5, 1.6);
                notes.push(note(Timbre::Lead, degree + 7, length_s, 0.16, 0.15, rng));
            }
            if eighth == 0 || rng.chance(0.22) {
                let step = if eighth > 0 && rng.chance(0.3) { 4 } else { 0 };
                notes.push(note(Timbre::Bass, chord + step - 7, self.beat_s * 1.2, 0.30, 0.0, rng));
            }
        }
    }

    fn drums(&self, bar: i64, rng: &mut Rng) -> Vec<Stroke> {
        let mut strokes = Vec::new();
        for sixteenth in 0..16 {
            let beat = (bar * BEATS_PER_BAR) as f64 + f64::from(sixteenth) / 4.0;
            let (on_beat, back_beat) = (sixteenth % 8 == 0, sixteenth % 8 == 4);
            let chances = [
                (DrumKind::Kick, if on_beat { 0.95 } else { 0.08 }, 0.5),
                (DrumKind::Snare, if back_beat { 0.9 } else { 0.04 }, 0.3),
                (DrumKind::Hat, if sixteenth % 2 == 0 { 0.8 } else { 0.25 }, 0.10),
            ];
            for (kind, chance, gain) in chances {
                if rng.chance(chance) {
                    let onset_s = self.beat_time_s(beat) + rng.range(-0.008, 0.010);
                    strokes.push(Stroke { onset_s, gain: (gain * rng.range(0.5, 1.0)) as f32, kind });
                }
            }
        }
        strokes
    }
}

fn pitch_hz(section: &Section, degree: i32) -> f64 {
    let semitones = section.root + 12 * degree.div_euclid(7) + section.scale[degree.rem_euclid(7) as usize];
    440.0 * 2.0_f64.powf(f64::from(semitones - 69) / 12.0)
}

#[cfg(test)]
mod tests {
    use super::super::style::Style;
    use super::*;

    #[test]
    fn a_loop_comes_again_to_the_sample() {
        let score = Score::new(&Programme::of_style(11, Style::Loop));
        let bars_s = score.bar_start_s(4) - score.bar_start_s(0);
        assert!((bars_s * RATE - (bars_s * RATE).round()).abs() < 1e-6);
        let onsets = |bar| score.bar(bar).0.iter().map(|note| note.onset_s).collect::<Vec<f64>>();
        let (first, again) = (onsets(1), onsets(9));
        assert!(first.len() > 4 && first.len() == again.len());
        assert!(first.iter().zip(&again).all(|(one, two)| (two - one - 2.0 * bars_s).abs() < 1e-9));
    }

    #[test]
    fn sparse_music_rests_about_half_of_the_time() {
        let score = Score::new(&Programme::of_style(11, Style::Sparse));
        let silent = (0..400).filter(|bar| score.bar(8 * bar).0.is_empty()).count();
        assert!((120..280).contains(&silent), "{silent} of 400 sections");
    }

    #[test]
    fn bars_follow_each_other_and_are_found_by_time() {
        let score = Score::new(&Programme::new(11));
        for bar in -200..200 {
            let length_s = score.bar_start_s(bar + 1) - score.bar_start_s(bar);
            assert!((1.4..3.5).contains(&length_s), "bar {bar} lasts {length_s} s");
        }
        let pieces: Vec<i64> =
            (-10..30).flat_map(|part| score.bars(f64::from(part) * 8.0, f64::from(part + 1) * 8.0)).collect();
        assert_eq!(score.bars(-80.0, 240.0), pieces);
    }
}
