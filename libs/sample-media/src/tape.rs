//! The mix of a programme after its splices, as one endless tape on the 48 kHz grid.

use crate::synth::{CELL, Layout, Master, Mix, Programme};
use crate::treatment::Splice;

/// Foreign pieces come from this much later (samples) in the programme, two days on: music and voices of the same kind.
const ELSEWHERE: i64 = 172_800 * 48_000;

/// Reads the tape piece by piece. Before the first splice its samples have the numbers that they have in the programme.
#[derive(Debug)]
pub(crate) struct Tape {
    programme: Programme,
    mix: Mix,
    layout: Layout,
    /// Where on the tape a stretch begins, and how far on it lies in the programme (samples); the first begins at no time.
    stretches: Vec<(i64, i64)>,
    next: i64,
    master: Option<Reading>,
}

/// The cell that is being read, and where the next comes from.
#[derive(Debug)]
struct Reading {
    master: Master,
    cell: i64,
    channels: Vec<Vec<f32>>,
}

impl Tape {
    /// Starts at the beginning of the cell that holds sample `first`, or at the splice after that.
    pub(crate) fn new(programme: Programme, mix: Mix, layout: Layout, splices: &[Splice], first: i64) -> Self {
        let mut stretches = vec![(i64::MIN, 0)];
        let mut shift = 0;
        for Splice { at, missing } in splices {
            let start = at - shift;
            if *missing < 0 {
                stretches.push((start, ELSEWHERE));
                stretches.push((start - missing, shift + missing));
            } else {
                stretches.push((start, shift + missing));
            }
            shift += missing;
        }
        let mut tape = Self { programme, mix, layout, stretches, next: first, master: None };
        let (from, shift) = tape.stretches[tape.stretch(first)];
        let cell_start = (first + shift).div_euclid(CELL as i64) * CELL as i64 - shift;
        tape.next = cell_start.max(from);
        tape
    }

    /// Number on the tape of the first sample that comes next.
    pub(crate) fn position(&self) -> i64 {
        self.next
    }

    /// Appends what comes next to `channels`, up to the end of a cell or to a splice.
    pub(crate) fn append(&mut self, channels: &mut [Vec<f32>]) {
        let stretch = self.stretch(self.next);
        let (_, shift) = self.stretches[stretch];
        let cell = (self.next + shift).div_euclid(CELL as i64);
        let cell_start = cell * CELL as i64 - shift;
        let splice = self.stretches.get(stretch + 1).map_or(i64::MAX, |(start, _)| *start);
        let end = splice.min(cell_start + CELL as i64);
        let range = (self.next - cell_start) as usize..(end - cell_start) as usize;
        for (channel, sound) in channels.iter_mut().zip(self.read(cell)) {
            channel.extend_from_slice(&sound[range.clone()]);
        }
        self.next = end;
    }

    fn stretch(&self, position: i64) -> usize {
        self.stretches.partition_point(|(start, _)| *start <= position) - 1
    }

    fn read(&mut self, cell: i64) -> &[Vec<f32>] {
        let reading = match self.master.take() {
            Some(reading) if reading.cell == cell => reading,
            Some(Reading { mut master, cell: last, .. }) if last + 1 == cell => {
                let channels = master.next();
                Reading { master, cell, channels }
            }
            _ => {
                let mut master = Master::new(self.programme, self.mix.clone(), self.layout, cell);
                let channels = master.next();
                Reading { master, cell, channels }
            }
        };
        &self.master.insert(reading).channels
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(splices: &[Splice], first: i64, samples: usize) -> Vec<f32> {
        let mix = Mix::original("eng");
        let mut tape = Tape::new(Programme::new(5), mix, Layout::Mono, splices, first);
        let skip = (first - tape.position()) as usize;
        let mut sound = vec![Vec::new()];
        while sound[0].len() < skip + samples {
            tape.append(&mut sound);
        }
        sound[0][skip..skip + samples].to_vec()
    }

    #[test]
    fn a_missing_piece_brings_what_follows_forward_to_the_sample() {
        let cut = [Splice { at: 500_000, missing: 123_457 }];
        let (whole, tape) = (read(&[], 0, 1_200_000), read(&cut, 0, 1_000_000));
        assert!(tape[..500_000] == whole[..500_000]);
        assert!(tape[500_000..] == whole[623_457..1_123_457]);
    }

    #[test]
    fn a_foreign_piece_puts_what_follows_off_to_the_sample() {
        let splices = [Splice { at: 100_000, missing: -50_001 }, Splice { at: 600_000, missing: 30_000 }];
        let (whole, tape) = (read(&[], 0, 1_000_000), read(&splices, 0, 900_000));
        assert!(tape[..100_000] == whole[..100_000]);
        assert!(tape[100_000..150_001] != whole[100_000..150_001]);
        assert!(tape[150_001..650_001] == whole[100_000..600_000]);
        assert!(tape[650_001..] == whole[630_000..879_999]);
    }

    #[test]
    fn a_tape_is_the_same_wherever_reading_starts() {
        let splices = [Splice { at: 100_000, missing: -50_001 }, Splice { at: 600_000, missing: 30_000 }];
        let whole = read(&splices, -40_000, 900_000);
        for first in [0, 120_000, 150_001, 400_000, 650_001] {
            let from = (first + 40_000) as usize;
            assert!(read(&splices, first, 100_000) == whole[from..from + 100_000], "from {first}");
        }
    }
}
