//! Finds where one recording of a sound lies in another, in the time domain, to about a thousandth of a sample.
//!
//! A search over ±4000 samples by normalised correlation, coarse then fine; then least squares for a fraction of a sample
//! (Gauss-Newton, sinc interpolation). Least squares has no bias from the edges of the window, as a bare peak has.

use crate::resample::kernel;

/// Length of a measuring window (samples).
pub(crate) const WINDOW: usize = 65_536;
/// Largest offset that is looked for (samples).
const REACH: usize = 4000;
/// Room for interpolation around a window (samples).
const MARGIN: usize = 64;
/// Decimation of the first search.
const COARSE: usize = 8;
/// Length of the moving sum in [`focus`]: four samples, for a first zero at 12 kHz.
const SHAPE: usize = 4;
/// Samples that are needed before and after a window.
pub(crate) const EDGE: usize = REACH + MARGIN + SHAPE;

/// Offset (samples) of `decoded` against the window of `source` at `start`, and the correlation there.
pub(crate) fn locate(source: &[f64], decoded: &[f64], start: usize) -> Option<(f64, f64)> {
    let coarse = |signal: &[f64]| -> Vec<f64> { signal.chunks_exact(COARSE).map(|chunk| chunk.iter().sum()).collect() };
    let window = coarse(&source[start..start + WINDOW]);
    let field = coarse(&decoded[start - REACH..start + WINDOW + REACH]);
    let (near, _) = best_lag(&window, &field, 0..2 * REACH / COARSE)?;

    let window = focus(&source[start..start + WINDOW + SHAPE]);
    let from = start - REACH - MARGIN;
    let field = focus(&decoded[from..start + WINDOW + REACH + MARGIN + SHAPE]);
    let centre = (near * COARSE + MARGIN).clamp(MARGIN, 2 * REACH + MARGIN);
    let low = centre.saturating_sub(2 * COARSE).max(MARGIN);
    let high = (centre + 2 * COARSE).min(2 * REACH + MARGIN);
    let (lag, _) = best_lag(&window, &field, low..high)?;
    let (lag, quality) = refine(&window, &field, lag as f64)?;
    Some((lag - (REACH + MARGIN) as f64, quality))
}

/// Keeps what codecs keep: raises the spectrum up to a few kHz, so that the peak is sharp, and falls off above, where
/// codecs replace the sound by noise. Both signals go through it, so it moves nothing.
fn focus(signal: &[f64]) -> Vec<f64> {
    let sum = |part: &[f64]| part.iter().sum::<f64>();
    signal.windows(SHAPE + 1).map(|part| sum(&part[1..]) - 0.9 * sum(&part[..SHAPE])).collect()
}

/// The lag with the highest normalised correlation.
fn best_lag(window: &[f64], field: &[f64], lags: std::ops::Range<usize>) -> Option<(usize, f64)> {
    let own: f64 = window.iter().map(|sample| sample * sample).sum();
    lags.filter_map(|lag| {
        let piece = field.get(lag..lag + window.len())?;
        let (mut product, mut energy) = (0.0, 0.0);
        for (a, b) in window.iter().zip(piece) {
            product += a * b;
            energy += b * b;
        }
        let scale = (own * energy).sqrt();
        (scale > 1e-9).then(|| (lag, product / scale))
    })
    .max_by(|a, b| a.1.total_cmp(&b.1))
}

/// Least squares of `window - gain * field(t + lag)` over gain and lag, from a start within a sample of the answer.
fn refine(window: &[f64], field: &[f64], mut lag: f64) -> Option<(f64, f64)> {
    let start = lag;
    let mut quality = 0.0;
    for _ in 0..12 {
        let whole = lag.floor();
        // One more sample on each side, for the slope.
        let piece = interpolate(field, whole as usize - 1, lag - whole, window.len() + 2)?;
        let (mut product, mut energy, mut own) = (0.0, 0.0, 0.0);
        for (sample, moved) in window.iter().zip(&piece[1..]) {
            product += sample * moved;
            energy += moved * moved;
            own += sample * sample;
        }
        let gain = product / energy;
        quality = product / (energy * own).sqrt();
        let (mut pull, mut stiffness) = (0.0, 0.0);
        for (sample, moved) in window.iter().zip(piece.windows(3)) {
            let slope = gain * 0.5 * (moved[2] - moved[0]);
            pull += (sample - gain * moved[1]) * slope;
            stiffness += slope * slope;
        }
        let step = (pull / stiffness).clamp(-0.5, 0.5);
        lag += step;
        if !lag.is_finite() || (lag - start).abs() > 3.0 {
            return None;
        }
        if step.abs() < 1e-7 {
            break;
        }
    }
    Some((lag, quality))
}

/// `length` samples of `field` at `first + fraction`, `first + 1 + fraction`, …
fn interpolate(field: &[f64], first: usize, fraction: f64, length: usize) -> Option<Vec<f64>> {
    const HALF: usize = 24;
    let taps: Vec<f64> = (0..2 * HALF).map(|tap| kernel(fraction + HALF as f64 - 1.0 - tap as f64, 1.0)).collect();
    let from = first.checked_sub(HALF - 1)?;
    let input = field.get(from..from + length + 2 * HALF - 1)?;
    Some(input.windows(2 * HALF).map(|piece| piece.iter().zip(&taps).map(|(sample, tap)| sample * tap).sum()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Layout, Mix, Pcm, Programme, RATE_HZ};

    fn mono(seed: u64, mix: &Mix, delay_ms: f64) -> Vec<f64> {
        render(seed, mix, delay_ms, 120_000)
    }

    fn render(seed: u64, mix: &Mix, delay_ms: f64, samples: usize) -> Vec<f64> {
        let mut sound = vec![0.0_f32; samples];
        Pcm::new(Programme::new(seed), mix, Layout::Mono, RATE_HZ, delay_ms, 0).read(&mut sound);
        sound.into_iter().map(f64::from).collect()
    }

    fn offset(delay_ms: f64, target: &Mix) -> f64 {
        let reference = mono(21, &Mix::original("eng"), 0.0);
        let (lag, _) = locate(&reference, &mono(21, target, delay_ms), 20_000).unwrap();
        lag
    }

    #[test]
    fn a_fractional_delay_is_exact_to_a_thousandth_of_a_sample() {
        for samples in [0.0, 0.5, -0.13, 777.777, -3123.01] {
            let found = offset(samples / 48.0, &Mix::original("eng"));
            assert!((found + samples).abs() < 1e-3, "{samples} samples were found as {found}");
        }
    }

    #[test]
    fn another_mix_has_the_same_delay() {
        let found = offset(33.3 / 48.0, &Mix::remaster("eng"));
        assert!((found + 33.3).abs() < 0.01, "found {found}");
    }

    #[test]
    fn films_of_other_seeds_have_nothing_in_common() {
        let one = mono(21, &Mix::original("eng"), 0.0);
        let other = mono(22, &Mix::original("eng"), 0.0);
        let quality = locate(&one, &other, 20_000).map_or(0.0, |(_, quality)| quality);
        assert!(quality < 0.2, "match {quality}");
    }

    #[test]
    fn two_languages_have_nothing_in_common() {
        let speech = |language| mono(21, &Mix { music_db: -120.0, effects_db: -120.0, ..Mix::original(language) }, 0.0);
        let quality = locate(&speech("eng"), &speech("ger"), 20_000).map_or(0.0, |(_, quality)| quality);
        assert!(quality < 0.2, "match {quality}");
    }

    #[test]
    fn music_resembles_itself_at_one_place_only() {
        const STEP: usize = 32;
        let music =
            render(21, &Mix { music_db: 0.0, effects_db: -120.0, ..Mix::music_and_effects() }, 0.0, 48_000 * 56);
        let music: Vec<f64> = music.chunks_exact(STEP).map(|chunk| chunk.iter().sum()).collect();
        let (start, length, near) = (24 * 1500, 6 * 1500, 45);
        let window = &music[start..start + length];
        let (_, before) = best_lag(window, &music, 0..start - near).unwrap();
        let (_, after) = best_lag(window, &music, start + near..music.len() - length).unwrap();
        assert!(before.max(after) < 0.5, "{before} {after}");
    }
}
