//! The sound of a release, sample by sample, before any encoder sees it.

use crate::resample::Sampler;
use crate::synth::{CELL, Layout, Master, Mix, Programme, RATE};

/// A stream of samples of one mix, shifted by a delay.
///
/// Sample `n` is the programme at `n / rate_hz + delay_ms / 1000` seconds: a positive delay makes everything earlier, so
/// the delay has to be *added* to this stream's times to line up with a stream of delay 0. Any piece of the stream has
/// the same bits however it is read.
#[derive(Debug)]
pub struct Pcm {
    master: Master,
    sampler: Sampler,
    /// Programme samples per channel; the first is number `start` of the programme.
    buffer: Vec<Vec<f32>>,
    start: i64,
    next: i64,
}

impl Pcm {
    /// Opens the stream at sample `first` (may be negative).
    pub fn new(programme: Programme, mix: &Mix, layout: Layout, rate_hz: u32, delay_ms: f64, first: i64) -> Self {
        let sampler = Sampler::new(rate_hz, delay_ms * (RATE / 1000.0), mix.tilt_db);
        let cell = sampler.first_input(first).div_euclid(CELL as i64);
        Self {
            master: Master::new(programme, mix.clone(), layout, cell),
            sampler,
            buffer: vec![Vec::new(); layout.channels()],
            start: cell * CELL as i64,
            next: first,
        }
    }

    /// Fills `out` with the next samples, channels interleaved; its length must be a multiple of the channel count.
    pub fn read(&mut self, out: &mut [f32]) {
        let (channels, width) = (self.buffer.len(), self.sampler.width());
        for frame in out.chunks_exact_mut(channels) {
            let mut from = (self.sampler.first_input(self.next) - self.start) as usize;
            while self.buffer[0].len() < from + width {
                self.advance(&mut from);
            }
            for (out, channel) in frame.iter_mut().zip(&self.buffer) {
                *out = self.sampler.sample(self.next, &channel[from..from + width]);
            }
            self.next += 1;
        }
    }

    /// Drops what is before `from`, which becomes 0, and appends a cell.
    fn advance(&mut self, from: &mut usize) {
        let drop = (*from).min(self.buffer[0].len());
        for (channel, cell) in self.buffer.iter_mut().zip(self.master.next()) {
            channel.drain(..drop);
            channel.extend(cell);
        }
        self.start += drop as i64;
        *from -= drop;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synth::RATE_HZ;

    fn read(delay_ms: f64, rate_hz: u32, first: i64, blocks: &[usize]) -> Vec<f32> {
        let mut pcm = Pcm::new(Programme::new(5), &Mix::remaster("eng"), Layout::Stereo, rate_hz, delay_ms, first);
        let mut sound = Vec::new();
        for frames in blocks {
            let mut block = vec![0.0; 2 * frames];
            pcm.read(&mut block);
            sound.extend(block);
        }
        sound
    }

    #[test]
    fn neither_block_size_nor_starting_point_changes_a_bit() {
        let whole = read(123.456, RATE_HZ, -5000, &[450_000]);
        let pieces = read(123.456, RATE_HZ, -5000, &[1, 7, 4096, 100_000, 300_000, 45_896]);
        assert!(whole == pieces);
        let late = read(123.456, RATE_HZ, 395_000, &[50_000]);
        assert!(whole[800_000..] == late);
    }

    #[test]
    fn a_shift_of_whole_samples_moves_the_same_bits() {
        let reference = read(0.0, RATE_HZ, 0, &[60_000]);
        let target = read(1000.0, RATE_HZ, -48_000, &[60_000]);
        assert!(reference == target);
    }

    #[test]
    fn the_sound_is_neither_silent_nor_clipped() {
        let sound = read(0.0, RATE_HZ, 0, &[480_000]);
        let peak = sound.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
        let power = sound.iter().map(|sample| f64::from(sample * sample)).sum::<f64>() / sound.len() as f64;
        assert!((0.2..0.98).contains(&peak), "peak {peak}");
        assert!((-32.0..-12.0).contains(&(10.0 * power.log10())), "{} dBFS", 10.0 * power.log10());
    }
}
