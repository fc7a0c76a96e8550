//! Two windows as one complex sequence, so that one Fourier transform does for both.
//!
//! Source: Press et al., "Numerical Recipes", on the transform of two real functions at once. A sequence of even length is loaded as its two
//! halves come out of the first step of a transform by decimation in frequency (Gentleman & Sande, "Fast Fourier transforms: for fun and
//! profit", 1966): sums for the even bins, differences for the odd ones. Windows of a correlation leave one half silent for the most part,
//! so that step costs little more than the copy, and what is left to transform is half as long.

use std::sync::Arc;

use multiversion::multiversion;
use num_complex::Complex;
use realfft::num_traits::Float;
use rustfft::{Fft, FftPlanner};

use crate::damage::first_damaged;
use crate::spectrum::{BINS, Bins, Precision};

/// Values that are put into the sequence in one go.
const BLOCK: usize = 256;
/// Samples of which the level is summed up in the arithmetic of the samples.
const BLOCK_OF_SAMPLES: usize = 1024;
/// Sums that are kept side by side.
const LANES: usize = 8;

/// A window on its way into a transform.
#[derive(Clone, Copy)]
pub(crate) struct Windowed<'a, S> {
    pub(crate) samples: &'a [S],
    /// What is taken off each sample.
    pub(crate) mean: f64,
    /// Weights of its first samples; their mirror image are those of its last ones.
    pub(crate) fade: &'a [f32],
}

/// A planned transform of two windows as one.
pub(crate) struct PairTransform<T: Precision> {
    length: usize,
    /// Of both halves, or of the whole of an odd length.
    transform: Arc<dyn Fft<T>>,
    turns: Turns,
}

/// e^(-2 pi i n / length) for n below half the length, as the products of a value for each block and one for each place in it. In double
/// precision: errors that repeat from block to block would make the louder window look like the other one.
struct Turns {
    of_blocks: Vec<Complex<f64>>,
    inside: Vec<Complex<f64>>,
}

impl<T: Precision> PairTransform<T> {
    /// Plans the transform of `length` values.
    pub(crate) fn new(length: usize) -> Self {
        let len = if length.is_multiple_of(2) { length / 2 } else { length };
        Self { length, transform: FftPlanner::new().plan_fft_forward(len), turns: Turns::new(length) }
    }

    /// Number of complex values that [`Self::run`] needs room for.
    pub(crate) fn scratch_len(&self) -> usize {
        self.transform.get_outofplace_scratch_len()
    }

    /// Puts both windows, with silence behind them, into a buffer that is to be transformed, the first as the real part.
    ///
    /// The second is made louder or quieter if their levels are too far apart, so levels are comparable within a window alone. Gives false,
    /// and leaves the buffer as it is, if one of them is silent.
    ///
    /// # Errors
    /// Which of them holds a sample that is no number, and where that is.
    pub(crate) fn load<S: Precision>(
        &self,
        windows: [Windowed<'_, S>; 2],
        pair: &mut [Complex<T>],
    ) -> Result<bool, (usize, usize)> {
        let mut levels = [0.0; 2];
        for (number, (level, window)) in levels.iter_mut().zip(windows).enumerate() {
            *level = mean_level(window.samples, window.mean);
            // Numbers may be too large for their sum.
            if !level.is_finite()
                && let Some(index) = first_damaged(window.samples)
            {
                return Err((number, index));
            }
        }
        let [one, other] = levels;
        if one == 0.0 || other == 0.0 {
            return Ok(false);
        }
        let Some(lift) = lift(one, other, T::LEAST_LEVEL).and_then(T::from_f64) else { return Ok(false) };
        if self.length.is_multiple_of(2) {
            load_halves(windows, lift, &self.turns, pair);
        } else {
            load_whole(windows, lift, pair);
        }
        Ok(true)
    }

    /// Transforms what was loaded. The bins of both windows stand in `both` in an order that [`Self::apart`] knows.
    pub(crate) fn run(&self, pair: &mut [Complex<T>], both: &mut [Complex<T>], scratch: &mut [Complex<T>]) {
        self.transform.process_outofplace_with_scratch(pair, both, scratch);
    }

    /// How far apart bins are that stand in a row.
    #[inline(always)]
    pub(crate) fn step(&self) -> usize {
        if self.length.is_multiple_of(2) { 2 } else { 1 }
    }

    /// `count` bins of both windows from `first` on, each [`Self::step`] further than the one before; none beyond the middle.
    #[inline(always)]
    pub(crate) fn apart(&self, both: &[Complex<T>], first: usize, count: usize, bins: &mut Bins<T>) {
        let half = self.length / 2;
        // Where the bin stands, and its mirror image, from which on they go backwards.
        let (row, at, mirror) = match (self.step(), first % 2) {
            (1, _) => (both, first, self.length - first),
            (_, 0) => (&both[..half], first / 2, half - first / 2),
            _ => (&both[half..], first / 2, half - 1 - first / 2),
        };
        let ahead = usize::from(mirror == row.len()).min(count);
        if ahead == 1 {
            // The first bin is its own mirror image.
            set_apart(bins, 0, row[0], row[0]);
        }
        let rest = count - ahead;
        let (values, mirrored) = (&row[at + ahead..][..rest], &row[mirror + 1 - count..][..rest]);
        // A whole block takes vector instructions.
        if let (Some(values), Some(mirrored)) = (values.first_chunk::<BINS>(), mirrored.first_chunk::<BINS>()) {
            for index in 0..BINS {
                set_apart(bins, index, values[index], mirrored[BINS - 1 - index]);
            }
            return;
        }
        for (index, (at, mirror)) in (ahead..).zip(values.iter().zip(mirrored.iter().rev())) {
            set_apart(bins, index, *at, *mirror);
        }
    }
}

/// Takes a bin apart, of which this is the mirror image.
#[inline(always)]
fn set_apart<T: Precision>(bins: &mut Bins<T>, index: usize, at: Complex<T>, mirror: Complex<T>) {
    let half = T::one() / (T::one() + T::one());
    let (sum, difference) = (at + mirror.conj(), at - mirror.conj());
    bins.set(index, sum * half, Complex::new(difference.im * half, -(difference.re * half)));
}

/// Puts both windows into a sequence of odd length.
fn load_whole<T: Precision, S: Precision>(windows: [Windowed<'_, S>; 2], lift: T, pair: &mut [Complex<T>]) {
    let mut part = Part::silent();
    for (start, to) in (0..).step_by(BLOCK).zip(pair.chunks_mut(BLOCK)) {
        part.fill(windows, lift, start);
        to.iter_mut().zip(part.values()).for_each(|(to, value)| *to = value);
    }
}

/// Puts both windows into a sequence of even length, as its halves are to be transformed.
#[multiversion(targets("x86_64+avx+avx2+fma"))]
fn load_halves<T: Precision, S: Precision>(
    windows: [Windowed<'_, S>; 2],
    lift: T,
    turns: &Turns,
    pair: &mut [Complex<T>],
) {
    let half = pair.len() / 2;
    let (sums, differences) = pair.split_at_mut(half);
    let blocks = sums.chunks_mut(BLOCK).zip(differences.chunks_mut(BLOCK));
    let (mut plus, mut later) = (Part::silent(), Part::silent());
    for ((start, (sums, differences)), turn) in (0..).step_by(BLOCK).zip(blocks).zip(&turns.of_blocks) {
        plus.fill(windows, lift, start);
        let minus = if later.fill(windows, lift, start + half) {
            plus.add_and_subtract(&mut later);
            &later
        } else {
            &plus
        };
        sums.iter_mut().zip(plus.values()).for_each(|(to, value)| *to = value);
        for ((to, value), inside) in differences.iter_mut().zip(minus.values()).zip(&turns.inside) {
            let turn = turn * inside;
            let part = |part: f64| T::from_f64(part).unwrap_or_else(T::zero);
            *to = value * Complex::new(part(turn.re), part(turn.im));
        }
    }
}

/// A part of the sequence.
struct Part<T> {
    re: [T; BLOCK],
    im: [T; BLOCK],
}

impl<T: Precision> Part<T> {
    fn silent() -> Self {
        Self { re: [T::zero(); BLOCK], im: [T::zero(); BLOCK] }
    }

    /// Takes what starts at a place of the sequence, the second window multiplied by `lift`; whether there is anything.
    #[inline(always)]
    fn fill<S: Precision>(&mut self, [one, other]: [Windowed<'_, S>; 2], lift: T, start: usize) -> bool {
        one.part(start, T::one(), &mut self.re) | other.part(start, lift, &mut self.im)
    }

    #[inline(always)]
    fn values(&self) -> impl Iterator<Item = Complex<T>> {
        self.re.iter().zip(&self.im).map(|(re, im)| Complex::new(*re, *im))
    }

    /// Leaves the sums here and the differences in `other`.
    #[inline(always)]
    fn add_and_subtract(&mut self, other: &mut Self) {
        for (one, other) in self.re.iter_mut().zip(&mut other.re).chain(self.im.iter_mut().zip(&mut other.im)) {
            (*one, *other) = (*one + *other, *one - *other);
        }
    }
}

impl Turns {
    fn new(length: usize) -> Self {
        let turn = |n: usize| Complex::cis(-std::f64::consts::TAU * n as f64 / length as f64);
        Self { of_blocks: (0..length / 2).step_by(BLOCK).map(turn).collect(), inside: (0..BLOCK).map(turn).collect() }
    }
}

impl<S: Precision> Windowed<'_, S> {
    /// What starts at a place of the sequence, which is silent behind the window, multiplied by `lift`; whether there is anything.
    #[inline(always)]
    fn part<T: Precision>(&self, start: usize, lift: T, to: &mut [T; BLOCK]) -> bool {
        let len = self.samples.len();
        let end = len.min(start + BLOCK);
        let samples = self.samples.get(start..end).unwrap_or_default();
        to[samples.len()..].fill(T::zero());
        let mean = T::from_f64(self.mean).unwrap_or_else(T::zero);
        for (to, sample) in to.iter_mut().zip(samples) {
            *to = (T::from(*sample).unwrap_or_else(T::zero) - mean) * lift;
        }
        let mut weigh = |index: usize, weight: f32| {
            to[index - start] = to[index - start] * T::from_f32(weight).unwrap_or_else(T::one);
        };
        for index in start..end.min(self.fade.len()) {
            weigh(index, self.fade[index]);
        }
        for index in start.max(len - self.fade.len())..end {
            weigh(index, self.fade[len - 1 - index]);
        }
        !samples.is_empty()
    }
}

/// What the second of two sounds of these levels is multiplied by if one of them has less than the share `least` of the other's: a power of
/// two, which rounds nothing. None if that is beyond 600 dB: beside the louder one the other is silence.
fn lift(one: f64, other: f64, least: f64) -> Option<f64> {
    if one.min(other) >= least * one.max(other) || !one.is_finite() || !other.is_finite() {
        return Some(1.0);
    }
    let power = (one / other).log2().round();
    (power.abs() <= 100.0).then(|| power.exp2())
}

/// Mean distance of these samples from `mean`; not finite if one of them is no number.
#[multiversion(targets("x86_64+avx+avx2+fma"))]
fn mean_level<S: Precision>(samples: &[S], mean: f64) -> f64 {
    let (mut sum, mean) = (0.0, S::from_f64(mean).unwrap_or_else(S::zero));
    for block in samples.chunks(BLOCK_OF_SAMPLES) {
        let (rows, rest) = block.as_chunks::<LANES>();
        let distance = |value: S| Float::abs(value - mean);
        let add = |lanes: [S; LANES], row: &[S; LANES]| std::array::from_fn(|lane| lanes[lane] + distance(row[lane]));
        let lanes = rows.iter().fold([S::zero(); LANES], add);
        let level =
            lanes.into_iter().chain(rest.iter().copied().map(distance)).fold(S::zero(), |sum, value| sum + value);
        sum += level.to_f64().unwrap_or_default();
    }
    sum / samples.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spectrum::of_samples;
    use proptest::prelude::*;
    use realfft::RealFftPlanner;
    use std::ops::Range;

    /// The sequence that was loaded, as its transform tells it.
    fn loaded(length: usize, windows: [Windowed<'_, f32>; 2]) -> Option<[Vec<f64>; 2]> {
        let transform = PairTransform::<f64>::new(length);
        let mut pair = vec![Complex::new(9.0, 9.0); length];
        if !transform.load(windows, &mut pair).unwrap() {
            return None;
        }
        let (mut both, mut scratch) = (pair.clone(), vec![Complex::default(); transform.scratch_len()]);
        transform.run(&mut pair, &mut both, &mut scratch);
        Some(spectra(&transform, &both, 0..length / 2 + 1).map(|mut spectrum| {
            let inverse = RealFftPlanner::<f64>::new().plan_fft_inverse(length);
            let mut values = inverse.make_output_vec();
            spectrum[0].im = 0.0;
            if length.is_multiple_of(2) {
                spectrum[length / 2].im = 0.0;
            }
            inverse.process(&mut spectrum, &mut values).unwrap();
            values.iter().map(|value| (1e6 * value / length as f64).round() / 1e6).collect()
        }))
    }

    /// These bins of both windows, in order.
    fn spectra(transform: &PairTransform<f64>, both: &[Complex<f64>], wanted: Range<usize>) -> [Vec<Complex<f64>>; 2] {
        let mut spectra = [vec![Complex::default(); wanted.len()], vec![Complex::default(); wanted.len()]];
        let step = transform.step();
        for row in wanted.clone().step_by(BINS * step) {
            for first in row..(row + step).min(wanted.end) {
                let count = (wanted.end - first).div_ceil(step).min(BINS);
                let mut bins = Bins::silent();
                transform.apart(both, first, count, &mut bins);
                for index in 0..count {
                    let place = first + index * step - wanted.start;
                    spectra[0][place] = Complex::new(bins.reference[0][index], bins.reference[1][index]);
                    spectra[1][place] = Complex::new(bins.target[0][index], bins.target[1][index]);
                }
            }
        }
        spectra
    }

    proptest! {
        #[test]
        fn one_transform_of_two_windows_is_two_of_one(
            one in proptest::collection::vec(-1.0f32..1.0, 1..1500),
            other in proptest::collection::vec(-1.0f32..1.0, 1..1500),
            padding in 0usize..1600,
            quiet in prop_oneof![Just(1.0f32), Just(1e-2), Just(1e2)],
            from in 0.0f64..1.0,
            bins in 0usize..400,
        ) {
            let other: Vec<f32> = other.iter().map(|s| s * quiet).collect();
            prop_assume!(one.iter().chain(&other).all(|s| *s != 0.0));
            let length = one.len().max(other.len()) + padding;
            let transform = PairTransform::<f64>::new(length);
            let windowed = |samples| Windowed { samples, mean: 0.0, fade: &[] };
            let mut pair = vec![Complex::new(9.0, 9.0); length];
            prop_assert_eq!(transform.load([windowed(&one), windowed(&other)], &mut pair), Ok(true));
            let (mut both, mut scratch) = (pair.clone(), vec![Complex::default(); transform.scratch_len()]);
            transform.run(&mut pair, &mut both, &mut scratch);
            let first = (from * (length / 2 + 1) as f64) as usize;
            let bins = bins.min(length / 2 + 1 - first);
            let [r, t] = spectra(&transform, &both, first..first + bins);
            for (got, expected) in r.iter().zip(&of_samples(&one, length)[first..]) {
                prop_assert!((got - expected).norm() < 1e-9 * length as f64, "{got} {expected}");
            }
            for (got, expected) in t.iter().zip(&of_samples(&other, length)[first..]) {
                prop_assert!((got - expected).norm() < 1e-9 * length as f64 * f64::from(quiet), "{got} {expected}");
            }
        }
    }

    #[test]
    fn both_ends_are_faded_and_the_rest_is_silent() {
        let one = Windowed { samples: &[1.5; 5], mean: 0.5, fade: &[0.25, 0.5] };
        let other = Windowed { samples: &[2.0; 3], mean: 0.0, fade: &[] };
        for (length, silence) in [(7, vec![0.0; 2]), (8, vec![0.0; 3]), (2000, vec![0.0; 1995])] {
            let [re, im] = loaded(length, [one, other]).unwrap();
            assert_eq!(re, [vec![0.25, 0.5, 1.0, 0.5, 0.25], silence.clone()].concat(), "{length}");
            assert_eq!(im, [vec![2.0, 2.0, 2.0, 0.0, 0.0], silence].concat(), "{length}");
        }
        let silence = Windowed { samples: &[0.0; 4], ..other };
        assert_eq!(loaded(8, [one, silence]), None);
    }

    #[test]
    fn a_sound_far_below_the_other_is_lifted_and_damage_is_found() {
        let (loud, quiet) = ([1.0; 6], [1e-5; 6]);
        let window = |samples| Windowed { samples, mean: 0.0, fade: &[] };
        let transform = PairTransform::<f32>::new(9);
        let mut pair = [Complex::default(); 9];
        assert_eq!(transform.load::<f32>([window(&loud), window(&quiet)], &mut pair), Ok(true));
        assert!((0.5..2.0).contains(&pair[0].im) && pair[0].re == 1.0, "{pair:?}");
        assert_eq!(transform.load::<f32>([window(&quiet), window(&loud)], &mut pair), Ok(true));
        assert!((0.5e-5..2e-5).contains(&pair[0].im), "{pair:?}");
        let mut damaged = vec![0.0; 3000];
        damaged[2500] = f32::NAN;
        let mut long = [Complex::default(); 4000];
        assert_eq!(PairTransform::<f32>::new(4000).load([window(&loud), window(&damaged)], &mut long), Err((1, 2500)));
        let lifts =
            [lift(1.0, 0.02, 1e-2), lift(1.0, 1e-3, 1e-2), lift(2e-3, 1.0, 1e-2), lift(f64::INFINITY, 1.0, 1e-2)];
        assert_eq!(lifts, [1.0, 1024.0, 1.0 / 512.0, 1.0].map(Some));
        assert_eq!([lift(1.0, 1e-39, 1e-2), lift(1e-39, 1.0, 1e-2)], [None; 2]);
        // As loud as numbers can be, they are numbers.
        let largest = [f32::MAX; 4];
        assert!(!mean_level(&largest, 0.0).is_finite());
        assert_eq!(transform.load::<f32>([window(&loud), window(&largest)], &mut pair), Ok(true));
    }
}
