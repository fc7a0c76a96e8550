//! The most likely place of a cut.
//!
//! A change-point of a series whose mean changes its sign: the logarithm of the likelihood ratio is summed up frame by frame, and under
//! an even prior its exponential is the posterior (Page, "Continuous inspection schemes", 1954; Hinkley, 1970). Frames are not independent, so
//! their variance is that of means over many.

use std::ops::Range;

use super::phases::{BANDS, Row};

/// How far the mean has to stand above its standard error.
const CERTAIN: f64 = 4.0;
/// Frames that are averaged for a variance: about half a second.
const BATCH: usize = 24;
/// Batches on either side that are needed.
const LEAST_BATCHES: usize = 6;
/// Which batches weigh the bands, and which ones judge.
const WEIGHING: usize = 0;
const JUDGING: usize = 1;
/// Share of the posterior on either side that is left out.
const TAIL: f64 = 0.025;

/// Where a cut is, in frames.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// The first frame behind it.
    pub at: usize,
    /// Where it is with a probability of 95 %.
    pub range: Range<usize>,
}

/// Where the target stops to agree with the reference at the delay before (`before`: rows of frames) and begins at the delay
/// behind, `gap` frames later (`after`, as long). The first `sure.0` frames surely lie before the cut and the last `sure.1` behind.
/// `bins` tells how much each band counts.
///
/// `None` if they do not agree well enough to tell.
#[must_use]
pub fn place(before: &[Row], after: &[Row], bins: &[usize; BANDS], gap: usize, sure: (usize, usize)) -> Option<Place> {
    let frames = before.len().min(after.len()).checked_sub(gap)?;
    let (first, last) = (0..sure.0.min(frames), frames.saturating_sub(sure.1)..frames);
    if first.len().min(last.len()) < LEAST_BATCHES * BATCH || first.end > last.start {
        return None;
    }
    // How the frame before a cut there would speak for it: agrees at the delay before, and not `gap` later at the one behind.
    let differences =
        |band: usize| (0..frames).map(move |frame| f64::from(before[frame][band] - after[frame + gap][band]));
    let mut evidence = vec![0.0; frames];
    for (band, bins) in bins.iter().enumerate() {
        let values: Vec<f64> = differences(band).collect();
        let side = |sure: &Range<usize>| mean(&batches(&values[sure.clone()], WEIGHING));
        // A band tells as much as it agrees where there is no doubt.
        let agrees = (side(&first) - side(&last)) / 2.0;
        let weight = agrees.max(0.0) * *bins as f64;
        evidence.iter_mut().zip(values).for_each(|(sum, value)| *sum += weight * value);
    }
    let (one, other) = (batches(&evidence[first], JUDGING), batches(&evidence[last], JUDGING));
    let (high, low) = (mean(&one), -mean(&other));
    let freedom = (one.len() + other.len() - 2) as f64;
    let variance = (squares(&one) + squares(&other)) / freedom;
    let is_sure = |mean: f64, batches: usize| mean > CERTAIN * (variance / batches as f64).sqrt();
    if !(variance > 0.0 && is_sure(high, one.len()) && is_sure(low, other.len())) {
        return None;
    }
    // Both sides agree as well as the worse one, so that what agrees at neither delay speaks for neither side.
    let scale = 2.0 * high.min(low) / (BATCH as f64 * variance);
    Some(most_likely(&evidence, scale))
}

/// The change-point of evidence that is positive before it and negative behind.
fn most_likely(evidence: &[f64], scale: f64) -> Place {
    let mut sum = 0.0;
    let mut logs = vec![0.0];
    logs.extend(evidence.iter().map(|value| {
        sum += scale * value;
        sum
    }));
    let at = (0..logs.len()).max_by(|one, other| logs[*one].total_cmp(&logs[*other])).unwrap_or(0);
    let chances: Vec<f64> = logs.iter().map(|log| (log - logs[at]).exp()).collect();
    let whole: f64 = chances.iter().sum();
    let earliest = within_tail(chances.iter(), whole);
    let latest = chances.len() - 1 - within_tail(chances.iter().rev(), whole);
    Place { at, range: earliest..latest.max(earliest) }
}

/// How many chances make up no more than a tail of the whole.
fn within_tail<'a>(chances: impl Iterator<Item = &'a f64>, whole: f64) -> usize {
    let sums = chances.scan(0.0, |sum, chance| {
        *sum += chance / whole;
        Some(*sum)
    });
    sums.take_while(|sum| *sum <= TAIL).count()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// The mean of every other batch of values: those of one half weigh the bands, those of the other judge what came of it.
fn batches(values: &[f64], half: usize) -> Vec<f64> {
    values.chunks_exact(BATCH).skip(half).step_by(2).map(mean).collect()
}

/// The sum of squares around the mean.
fn squares(values: &[f64]) -> f64 {
    let middle = mean(values);
    values.iter().map(|value| (value - middle) * (value - middle)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::made_up::noise;

    const BINS: [usize; BANDS] = [10; BANDS];

    /// Rows that agree by `height` up to a frame or from it on, and are noise elsewhere.
    fn rows(frames: usize, seed: u64, height: impl Fn(usize) -> f32) -> Vec<Row> {
        let noise = noise(frames * BANDS, seed);
        (0..frames).map(|frame| std::array::from_fn(|band| height(frame) + noise[frame * BANDS + band])).collect()
    }

    fn step(frames: usize, at: usize, gap: usize, height: f32, seed: u64) -> (Vec<Row>, Vec<Row>) {
        let before = rows(frames, seed, |frame| if frame < at { height } else { 0.0 });
        let after = rows(frames, seed + 1000, |frame| if frame >= at + gap { height } else { 0.0 });
        (before, after)
    }

    #[test]
    fn a_clear_cut_is_found_to_the_frame() {
        for (at, gap) in [(700, 0), (700, 1), (400, 600), (1100, 300)] {
            let (before, after) = step(2000, at, gap, 0.8, 1);
            let found = place(&before, &after, &BINS, gap, (300, 300)).unwrap();
            assert_eq!((found.at, found.range), (at, at..at), "gap {gap}");
        }
    }

    #[test]
    fn the_range_holds_the_cut_of_sounds_with_little_in_common() {
        let mut held = 0;
        for seed in 0..200 {
            let at = 500 + 5 * seed as usize;
            let (before, after) = step(2000, at, 40, 0.05, seed);
            let found = place(&before, &after, &BINS, 40, (400, 400)).unwrap();
            held += usize::from((found.range.start..=found.range.end).contains(&at));
            assert!(found.range.len() < 200, "{found:?}");
        }
        assert!(held >= 185, "{held} of 200");
    }

    #[test]
    fn silence_around_a_cut_makes_it_uncertain() {
        let quiet = 800..1200;
        let before = rows(2000, 7, |frame| if frame < 1000 && !quiet.contains(&frame) { 0.5 } else { 0.0 });
        let after = rows(2000, 8, |frame| if frame >= 1000 && !quiet.contains(&frame) { 0.5 } else { 0.0 });
        let found = place(&before, &after, &BINS, 0, (400, 400)).unwrap();
        assert!(quiet.contains(&found.at) || found.at == 1200, "{found:?}");
    }

    #[test]
    fn sounds_that_agree_at_neither_delay_tell_nothing() {
        for seed in 0..50 {
            let (before, after) = (rows(2000, seed, |_| 0.0), rows(2000, seed + 99, |_| 0.0));
            assert_eq!(place(&before, &after, &BINS, 0, (400, 400)), None, "{seed}");
        }
        // The same sound at both delays, as music that repeats.
        let both = rows(2000, 3, |_| 0.7);
        assert_eq!(place(&both, &both, &BINS, 0, (400, 400)), None);
        assert_eq!(place(&[], &[], &BINS, 0, (0, 0)), None);
        assert_eq!(place(&both, &both, &BINS, 5000, (400, 400)), None);
        assert_eq!(place(&both, &both, &BINS, 0, (1500, 1500)), None);
    }
}
