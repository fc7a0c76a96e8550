//! Every n-th sample of a low-passed window: all that a correlation over a low band needs, in a fraction of the time.
//!
//! The filter is a sinc under a Kaiser window (Kaiser, "Nonrecursive digital filter design using the I0-sinh window
//! function", 1974), so it delays all frequencies alike. Its gain is the factor of decimation, so that the spectrum keeps its
//! scale. Both windows of a correlation pass it, and what it does to phases and levels is the same on both sides: it drops
//! out of a phase-weighted correlation. All that matters is what folds down into the band.

use std::f64::consts::PI;

use multiversion::multiversion;

use crate::spectrum::Precision;

/// How far what folds down into the band is damped against the middle of the band; 6 dB less at its upper edge.
const REJECTION_DB: f64 = 80.0;
/// The decimated rate is at least this many times the band's upper edge: 2 would fold its mirror image onto the edge itself
/// and asks for an endless filter; far above 2, the transforms become longer than the filter is cheap.
const RATE_PER_EDGE: f64 = 2.35;
/// Factors that divide the usual numbers of samples, which lets the transforms at both rates have the same bins: the result
/// of a phase-weighted correlation of noisy windows depends on them.
const FACTORS: [usize; 10] = [16, 15, 12, 10, 8, 6, 5, 4, 3, 2];
/// Outputs that are computed side by side, to the compiler's liking.
const LANES: usize = 32;
/// Outputs whose inputs are taken apart at once; they fit the first-level cache.
const BLOCK: usize = 16 * LANES;

/// Low-pass filter that computes every `factor`-th output only.
pub(crate) struct Decimator {
    factor: usize,
    /// Taps in the order of the samples, as many as `factor` times a whole number.
    taps: Vec<f32>,
}

impl Decimator {
    /// The largest decimation of audio of `rate_hz` that leaves a band up to `high_hz` alone; `None` if there is none.
    pub(crate) fn for_band(rate_hz: f64, high_hz: f64) -> Option<Self> {
        let room = rate_hz / high_hz / RATE_PER_EDGE;
        let factor = FACTORS.into_iter().find(|&factor| factor as f64 <= room && high_hz > 0.0)?;
        Some(Self::new(factor, rate_hz, high_hz))
    }

    fn new(factor: usize, rate_hz: f64, high_hz: f64) -> Self {
        let mirror_hz = rate_hz / factor as f64 - high_hz;
        // -6 dB at the edge, so both halves of the transition lie above the band.
        let transition = 2.0 * (mirror_hz - high_hz) / rate_hz;
        let least = (REJECTION_DB - 7.95) / (2.285 * 2.0 * PI * transition) + 1.0;
        let count = (least.ceil() as usize).next_multiple_of(factor);
        let cutoff = 2.0 * high_hz / rate_hz;
        let shape = 0.1102 * (REJECTION_DB - 8.7);
        let middle = (count - 1) as f64 / 2.0;
        let tap = |i: usize| {
            let x = i as f64 - middle;
            let kaiser = bessel_i0(shape * (1.0 - (x / (middle + 0.5)).powi(2)).sqrt());
            if x == 0.0 { kaiser } else { (PI * cutoff * x).sin() / (PI * cutoff * x) * kaiser }
        };
        let raw: Vec<f64> = (0..count).map(tap).collect();
        let gain = factor as f64 / raw.iter().sum::<f64>();
        Self { factor, taps: raw.iter().map(|h| (h * gain) as f32).collect() }
    }

    /// Samples from one output to the next.
    pub(crate) fn factor(&self) -> usize {
        self.factor
    }

    /// Number of outputs that a window of `len` samples has an influence on.
    pub(crate) fn samples(&self, len: usize) -> usize {
        (len + self.taps.len() - 1).div_ceil(self.factor)
    }

    /// Fills `out` with the decimated window and then silence. The window is silent before and after, weighted by `fade` at
    /// its start and by its mirror image at its end. Output `m` belongs to the sample half the filter's length before
    /// `m * factor`.
    pub(crate) fn run<T: Precision>(&self, window: &[f32], fade: &[f32], out: &mut [T]) {
        let filled = self.samples(window.len()).min(out.len());
        let (signal, silence) = out.split_at_mut(filled);
        silence.fill(T::zero());

        let per_phase = self.taps.len() / self.factor;
        let row_len = BLOCK + per_phase - 1;
        let mut input = vec![0.0; row_len * self.factor];
        let mut rows = vec![0.0; row_len * self.factor];
        for (block, outputs) in signal.chunks_mut(BLOCK).enumerate() {
            self.load(window, fade, block * BLOCK * self.factor, &mut input);
            for (phase, row) in rows.chunks_exact_mut(row_len).enumerate() {
                for (to, from) in row.iter_mut().zip(input.chunks_exact(self.factor)) {
                    *to = from[phase];
                }
            }
            for (lane, outputs) in outputs.chunks_mut(LANES).enumerate() {
                let sums = sums(&self.taps, self.factor, &rows, (row_len, lane * LANES));
                for (to, sum) in outputs.iter_mut().zip(sums) {
                    *to = T::from_f32(sum).unwrap_or_else(T::zero);
                }
            }
        }
    }

    /// Copies the samples from `start` on, counted from the first one that the filter sees before the window.
    fn load(&self, window: &[f32], fade: &[f32], start: usize, input: &mut [f32]) {
        let (lead, len) = (self.taps.len() - 1, window.len());
        let clip = |position: usize| position.saturating_sub(lead).min(len);
        let (first, last) = (clip(start), clip(start + input.len()));
        // Where window sample 0 lies in `input`; before it in all blocks but the first.
        let at = |sample: usize| sample + lead - start;
        input.fill(0.0);
        if first == last {
            return;
        }
        input[at(first)..at(last)].copy_from_slice(&window[first..last]);
        for sample in first..fade.len().min(last) {
            input[at(sample)] *= fade[sample];
        }
        for sample in (len - fade.len()).max(first)..last {
            input[at(sample)] *= fade[len - 1 - sample];
        }
    }
}

/// The outputs from `start` on of a block whose inputs stand in `rows`, one row of `row_len` samples for each phase.
#[multiversion(targets("x86_64+avx+avx2+fma"))]
fn sums(taps: &[f32], factor: usize, rows: &[f32], (row_len, start): (usize, usize)) -> [f32; LANES] {
    let mut sums = [0.0; LANES];
    for (phase, row) in rows.chunks_exact(row_len).enumerate() {
        let taps = taps[phase..].iter().step_by(factor);
        for (tap, samples) in taps.zip(row[start..].array_windows::<LANES>()) {
            for (sum, sample) in sums.iter_mut().zip(samples) {
                *sum += tap * sample;
            }
        }
    }
    sums
}

/// Modified Bessel function of the first kind and order 0, by its power series.
pub(crate) fn bessel_i0(x: f64) -> f64 {
    let (mut sum, mut term, mut k) = (1.0, 1.0, 1.0);
    while term > 1e-12 * sum {
        term *= (x / (2.0 * k)).powi(2);
        sum += term;
        k += 1.0;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::taper::Taper;
    use proptest::prelude::*;

    fn tone(hz: f64, rate_hz: f64) -> Vec<f32> {
        (0..48_000).map(|i| (2.0 * PI * hz * i as f64 / rate_hz).sin() as f32).collect()
    }

    /// Level behind the decimator of a tone of level 1, away from where it starts and ends.
    fn level(decimator: &Decimator, hz: f64, rate_hz: f64) -> f64 {
        let window = tone(hz, rate_hz);
        let mut out = vec![0.0f64; decimator.samples(window.len())];
        decimator.run(&window, &[], &mut out);
        let middle = &out[out.len() / 4..out.len() * 3 / 4];
        let power = middle.iter().map(|v| v * v).sum::<f64>() / middle.len() as f64;
        (2.0 * power).sqrt() / decimator.factor() as f64
    }

    #[test]
    fn the_band_of_speech_at_48_khz_needs_8_khz() {
        assert_eq!(Decimator::for_band(48_000.0, 3400.0).map(|d| d.factor()), Some(6));
        assert!(Decimator::for_band(48_000.0, 12_000.0).is_none());
        assert!(Decimator::for_band(48_000.0, 0.0).is_none());
        assert!(Decimator::for_band(48_000.0, f64::NAN).is_none());
    }

    #[test]
    fn what_would_fold_into_the_band_is_damped() {
        for (rate_hz, high_hz) in [(48_000.0, 3400.0), (44_100.0, 3400.0), (96_000.0, 8000.0), (48_000.0, 900.0)] {
            let decimator = Decimator::for_band(rate_hz, high_hz).unwrap();
            let low_rate_hz = rate_hz / decimator.factor() as f64;
            assert!(level(&decimator, 0.5 * high_hz, rate_hz) > 0.7);
            assert!(level(&decimator, high_hz, rate_hz) > 0.45);
            for mirror_hz in [low_rate_hz - high_hz, low_rate_hz - 0.5 * high_hz, low_rate_hz + 0.9 * high_hz] {
                let folded = level(&decimator, mirror_hz, rate_hz);
                assert!(folded < 1.2e-4, "{mirror_hz} of {rate_hz} Hz: {folded}");
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn equals_a_convolution_of_which_samples_are_kept(len in 1usize..9000, high_hz in 700.0f64..10_000.0, share in 0.0f64..0.5) {
            let decimator = Decimator::for_band(48_000.0, high_hz).unwrap();
            let mut state = 1u32;
            let window: Vec<f32> = (0..len).map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 8) as f32 / (1 << 23) as f32 - 1.0
            }).collect();
            let fade = Taper::Edges(share).fade(len);
            let mut faded = window.clone();
            for (i, w) in fade.iter().enumerate() {
                faded[i] *= w;
                faded[len - 1 - i] *= w;
            }
            let mut out = vec![9.0f64; decimator.samples(len) + 3];
            decimator.run(&window, &fade, &mut out);
            let at = |i: i64| usize::try_from(i).ok().and_then(|i| faded.get(i)).map_or(0.0, |&s| f64::from(s));
            for (m, got) in out.iter().enumerate() {
                let newest = (m * decimator.factor()) as i64;
                let expected: f64 = decimator.taps.iter().enumerate().map(|(t, &h)| f64::from(h) * at(newest - t as i64)).sum();
                prop_assert!((got - expected).abs() < 1e-5, "{m}: {got}, expected {expected}");
            }
        }
    }
}
