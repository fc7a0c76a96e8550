//! The sound of a release, sample by sample, before any encoder sees it.

use crate::Release;
use crate::resample::Sampler;
use crate::synth::{Layout, Mix, Programme, RATE, gain, limit};
use crate::tape::Tape;
use crate::treatment::Treatment;

/// A stream of samples of one mix, shifted by a delay.
///
/// Sample `n` is the programme at `n / rate_hz + delay_ms / 1000` seconds: a positive delay makes everything earlier, so
/// the delay has to be *added* to this stream's times to line up with a stream of delay 0. Any piece of the stream has
/// the same bits however it is read.
#[derive(Debug)]
pub struct Pcm {
    tape: Tape,
    sampler: Sampler,
    /// Factor on each sample; negative for inverted polarity.
    factor: f32,
    /// Samples of the tape per channel; the first is number `start`.
    buffer: Vec<Vec<f32>>,
    start: i64,
    next: i64,
}

impl Pcm {
    /// Opens the stream at sample `first` (may be negative).
    pub fn new(programme: Programme, mix: &Mix, layout: Layout, rate_hz: u32, delay_ms: f64, first: i64) -> Self {
        Self::treated(programme, mix, layout, rate_hz, delay_ms, &Treatment::default(), first)
    }

    /// Opens the sound of a release's audio track at sample `first` of a stream at `rate_hz`; none if there is no such track.
    pub fn of_track(release: &Release, track: usize, rate_hz: u32, first: i64) -> Option<Self> {
        let Release { programme, delay_ms, .. } = release;
        let track = release.audio.get(track)?;
        Some(Self::treated(*programme, &track.mix, track.layout, rate_hz, *delay_ms, &track.treatment, first))
    }

    fn treated(
        programme: Programme,
        mix: &Mix,
        layout: Layout,
        rate_hz: u32,
        delay_ms: f64,
        treatment: &Treatment,
        first: i64,
    ) -> Self {
        let sampler = Sampler::at_speed(rate_hz, delay_ms * (RATE / 1000.0), mix.tilt_db, treatment.speed);
        let tape = Tape::new(programme, mix.clone(), layout, &treatment.splices, sampler.first_input(first));
        let factor = gain(treatment.gain_db) * if treatment.inverted { -1.0 } else { 1.0 };
        let start = tape.position();
        Self { tape, sampler, factor, buffer: vec![Vec::new(); layout.channels()], start, next: first }
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
                let sample = self.sampler.sample(self.next, &channel[from..from + width]);
                *out = if self.factor == 1.0 { sample } else { limit(self.factor * sample) };
            }
            self.next += 1;
        }
    }

    /// Drops what is before `from`, which becomes 0, and appends what comes next on the tape.
    fn advance(&mut self, from: &mut usize) {
        let drop = (*from).min(self.buffer[0].len());
        for channel in &mut self.buffer {
            channel.drain(..drop);
        }
        self.tape.append(&mut self.buffer);
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

    fn treated(treatment: &Treatment, delay_ms: f64) -> Vec<f32> {
        let (film, mix) = (Programme::new(5), Mix::original("eng"));
        let mut sound = vec![0.0; 100_000];
        Pcm::treated(film, &mix, Layout::Mono, RATE_HZ, delay_ms, treatment, 1000).read(&mut sound);
        sound
    }

    #[test]
    fn another_speed_reads_what_another_rate_reads_and_a_delay_counts_in_the_files_own_time() {
        let speed = 48_000.0 / 44_100.0;
        let faster = treated(&Treatment { speed, ..Treatment::default() }, 123.456);
        let mut other = vec![0.0; 100_000];
        let (film, mix) = (Programme::new(5), Mix::original("eng"));
        Pcm::new(film, &mix, Layout::Mono, 44_100, 123.456 * speed, 1000).read(&mut other);
        let worst = faster.iter().zip(&other).map(|(one, two)| (one - two).abs()).fold(0.0, f32::max);
        assert!(worst < 2e-5, "{worst}");
    }

    #[test]
    fn gain_and_polarity_are_factors_and_what_would_clip_is_bent() {
        let plain = treated(&Treatment::default(), 0.0);
        let quiet = treated(&Treatment { gain_db: -20.0, inverted: true, ..Treatment::default() }, 0.0);
        assert!(plain.iter().zip(&quiet).all(|(one, two)| (one + 10.0 * two).abs() < 1e-5));
        let loud = treated(&Treatment { gain_db: 12.0, ..Treatment::default() }, 0.0);
        let peak = loud.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
        assert!((0.6..=0.9).contains(&peak), "{peak}");
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
