//! The finished mix on the programme's own 48 kHz grid, cell after cell.

use super::mix::gain;
use super::{CELL, Layout, Mix, Programme, RATE, SPAN, dialogue, effects, music};

/// Reads a mix of a programme one cell at a time.
#[derive(Debug)]
pub(crate) struct Master {
    programme: Programme,
    mix: Mix,
    layout: Layout,
    next_cell: i64,
    /// What the last cell's sounds add to the next one, per channel.
    tails: Vec<Vec<f32>>,
    stems: Stems,
}

/// The buses of one cell, each [`SPAN`] long; kept from cell to cell because fresh memory costs more than clearing it.
#[derive(Debug)]
struct Stems {
    music: [Vec<f32>; 2],
    low: Vec<f32>,
    effects: [Vec<f32>; 2],
    voice: Vec<f32>,
    room: [Vec<f32>; 2],
}

impl Master {
    /// Starts with `first_cell`; the cell before it is rendered for its tails.
    pub(crate) fn new(programme: Programme, mix: Mix, layout: Layout, first_cell: i64) -> Self {
        let mut master =
            Self { programme, mix, layout, next_cell: first_cell - 1, tails: Vec::new(), stems: Stems::new() };
        master.tails = master.render();
        for channel in &mut master.tails {
            channel.drain(..CELL);
        }
        master.next_cell = first_cell;
        master
    }

    /// The next cell: per channel [`CELL`] samples, none beyond ±0.9 (less if the mix will be made brighter).
    pub(crate) fn next(&mut self) -> Vec<Vec<f32>> {
        let headroom = gain(-self.mix.tilt_db.max(0.0));
        let mut channels = self.render();
        for (channel, tail) in channels.iter_mut().zip(&mut self.tails) {
            for (sample, late) in channel.iter_mut().zip(tail.iter()) {
                *sample += late;
            }
            *tail = channel.split_off(CELL);
            for sample in channel {
                *sample = headroom * limit(*sample / headroom);
            }
        }
        self.next_cell += 1;
        channels
    }

    /// One cell with its tails, before the limiter.
    fn render(&mut self) -> Vec<Vec<f32>> {
        let Self { programme, mix, next_cell: cell, stems, .. } = self;
        stems.clear();
        music::render(programme, *cell, &mut stems.music, &mut stems.low);
        effects::render(programme, *cell, &mut stems.effects);
        if let Some(language) = &mix.language {
            dialogue::render(programme, language, *cell, &mut stems.voice);
            early_reflections(&stems.voice, &mut stems.room);
        }
        stems.combine(mix, self.layout)
    }
}

/// The room around the speaker: three echoes, other ones on each side.
fn early_reflections(voice: &[f32], room: &mut [Vec<f32>; 2]) {
    let echoes = [[(0.0113, 0.16), (0.0239, 0.11), (0.0371, 0.07)], [(0.0137, 0.15), (0.0211, 0.12), (0.0419, 0.06)]];
    for (side, echoes) in room.iter_mut().zip(echoes) {
        for (delay_s, gain) in echoes {
            let delay = (delay_s * RATE) as usize;
            for (out, sample) in side.iter_mut().skip(delay).zip(voice) {
                *out += gain * sample;
            }
        }
    }
}

impl Stems {
    fn new() -> Self {
        let silence = || vec![0.0_f32; SPAN];
        Self {
            music: [silence(), silence()],
            low: silence(),
            effects: [silence(), silence()],
            voice: silence(),
            room: [silence(), silence()],
        }
    }

    fn clear(&mut self) {
        let Self { music: [a, b], low, effects: [c, d], voice, room: [e, f] } = self;
        for bus in [a, b, low, c, d, voice, e, f] {
            bus.fill(0.0);
        }
    }

    fn combine(&self, mix: &Mix, layout: Layout) -> Vec<Vec<f32>> {
        let (music, effects, voice) = (gain(mix.music_db), gain(mix.effects_db), gain(mix.dialogue_db));
        let side = |side: usize, centre: f32, low: f32| -> Vec<f32> {
            (0..SPAN)
                .map(|at| {
                    music * (self.music[side][at] + low * self.low[at])
                        + effects * self.effects[side][at]
                        + voice * (centre * self.voice[at] + self.room[side][at])
                })
                .collect()
        };
        match layout {
            Layout::Stereo => vec![side(0, 1.0, 1.0), side(1, 1.0, 1.0)],
            Layout::Mono => {
                let mut mono = side(0, 1.0, 1.0);
                for (left, right) in mono.iter_mut().zip(side(1, 1.0, 1.0)) {
                    *left = 0.5 * (*left + right);
                }
                vec![mono]
            }
            Layout::Surround51 => {
                let back = |side: usize| -> Vec<f32> {
                    (0..SPAN)
                        .map(|at| 0.5 * effects * self.effects[side][at] + 0.3 * music * self.music[side][at])
                        .collect()
                };
                let centre = self.voice.iter().map(|sample| std::f32::consts::SQRT_2 * voice * sample).collect();
                let low = self.low.iter().map(|sample| 0.7 * music * sample).collect();
                vec![side(0, 0.0, 0.7), side(1, 0.0, 0.7), centre, low, back(0), back(1)]
            }
        }
    }
}

/// Leaves what is below 0.6 alone and bends the rest towards 0.9; it has no memory, so it delays nothing.
pub(crate) fn limit(sample: f32) -> f32 {
    let over = sample.abs() - 0.6;
    if over <= 0.0 { sample } else { (0.6 + 0.3 * (over / 0.3).tanh()).copysign(sample) }
}
