//! How much louder sound becomes from frame to frame: peaks where notes, syllables and noises begin.

use crate::dot::sum_of_pairs;
use crate::features::decibel::larger;
use crate::features::frames::FramesView;
use crate::spectrum::Precision;

/// Frames by which the envelope is moved so that a peak stands where the sound is heard to begin: half a frame's length, and
/// the frame that it is compared with.
const DELAY: usize = 3;

/// Mean rise of all bands (dB) at each frame of a spectrum in decibels (spectral flux); what is lower than the floor counts as that. As
/// many values as frames.
pub fn envelope<T: Precision>(levels_db: FramesView<'_, T>, floor_db: T) -> Vec<f64> {
    let rise = |before: T, after: T| larger(larger(after, floor_db) - larger(before, floor_db), T::zero());
    let mean = |(before, after): (&[T], &[T])| {
        sum_of_pairs(before, after, rise).to_f64().unwrap_or_default() / after.len() as f64
    };
    let rises = levels_db.rows().zip(levels_db.rows().skip(1)).map(mean);
    std::iter::repeat_n(0.0, DELAY).chain(rises).take(levels_db.count()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::frames::Frames;

    #[test]
    fn only_what_becomes_louder_than_the_floor_counts() {
        let levels = Frames::new(2, vec![0.0, 5.0, 4.0, 1.0, 4.0, 1.0, 0.0, 9.0, 0.0, 0.0]);
        assert_eq!(envelope(levels.view(), 0.0), [0.0, 0.0, 0.0, 2.0, 0.0]);
        assert_eq!(envelope(levels.view(), 3.0), [0.0, 0.0, 0.0, 0.5, 0.0]);
        assert_eq!(envelope(Frames::new(2, vec![1.0; 4]).view(), 0.0), [0.0, 0.0]);
        assert_eq!(envelope(Frames::<f32>::default().view(), 0.0), [0.0; 0]);
    }
}
