//! How much louder sound becomes from frame to frame: peaks where notes, syllables and noises begin.

use crate::features::frames::Frames;

/// Frames by which the envelope is moved so that a peak stands where the sound is heard to begin: half a frame's length, and
/// the frame that it is compared with.
const DELAY: usize = 3;

/// Mean rise of all bands (dB) at each frame of a spectrum in decibels (spectral flux). As many values as frames.
pub fn envelope(levels_db: &Frames) -> Vec<f64> {
    let rise = |(before, after): (&[f64], &[f64])| {
        before.iter().zip(after).map(|(b, a)| (a - b).max(0.0)).sum::<f64>() / after.len() as f64
    };
    let rises = levels_db.rows().zip(levels_db.rows().skip(1)).map(rise);
    std::iter::repeat_n(0.0, DELAY).chain(rises).take(levels_db.count()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_becomes_louder_counts() {
        let levels = Frames::new(2, vec![0.0, 5.0, 4.0, 1.0, 4.0, 1.0, 0.0, 9.0, 0.0, 0.0]);
        assert_eq!(envelope(&levels), [0.0, 0.0, 0.0, 2.0, 0.0]);
        assert_eq!(envelope(&Frames::new(2, vec![1.0; 4])), [0.0, 0.0]);
        assert_eq!(envelope(&Frames::default()), [0.0; 0]);
    }
}
