//! What happens to the spectra of two windows between the transforms of a phase correlation.

use std::ops::Range;

use multiversion::multiversion;
use num_complex::Complex;
use realfft::FftNum;
use realfft::num_traits::{Float, Zero};

use crate::dot::dot;
use crate::pair::PairTransform;
use crate::peak::energy;
use crate::weighting::Weighting;

/// Keeps a bin without energy from being divided by zero; a constant of the reference program.
const EPS: f64 = 1e-9;

/// Arithmetic that a correlation is done in: `f32` is faster and needs half the memory of `f64`.
pub trait Precision: FftNum + Float + Default {
    /// Share of the louder of two sounds that are transformed as one below which the other would drown in its rounding.
    const LEAST_LEVEL: f64;
}

impl Precision for f32 {
    const LEAST_LEVEL: f64 = 1e-2;
}

impl Precision for f64 {
    const LEAST_LEVEL: f64 = 1e-10;
}

/// Multiplies bins by gains, as many as there are of those.
pub(crate) fn amplify<T: Precision>(bins: &mut [Complex<T>], gains: &[T]) {
    bins.iter_mut().zip(gains).for_each(|(bin, gain)| *bin = *bin * *gain);
}

/// What a cross-spectrum says before it becomes a correlation.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Cross {
    /// Over how many bins |G| is spread: (sum |G|)^2 / sum |G|^2, which is the number of bins if all are equal, about 3 for a
    /// single tone, and 0 for silence.
    pub(crate) spread_bins: f64,
    /// Geometric mean of the energies of both windows, within the bins that count; 0 with a weighting that takes no levels.
    pub(crate) energy: f64,
    /// Root mean square of the frequencies that the weighted cross-spectrum holds (radians per sample); 0 for silence.
    pub(crate) bandwidth: f64,
}

/// Leaves G = reference * conj(target), weighted and divided by `length`, in `reference`; zero in bins that do not count.
pub(crate) fn weigh<T: Precision>(
    reference: &mut [Complex<T>],
    target: &[Complex<T>],
    weighting: Weighting,
    bins: &Range<usize>,
    length: usize,
) -> Cross {
    weigh_each(reference, weighting, bins, length, &Beside(target))
}

/// Puts the same of two windows, which were transformed as one into `both`, into `product`. Of each bin that counts, `gains` get through, if
/// there are any.
pub(crate) fn weigh_pair<T: Precision>(
    transform: &PairTransform<T>,
    both: &[Complex<T>],
    product: &mut [Complex<T>],
    weighting: Weighting,
    bins: &Range<usize>,
    gains: &[T],
) -> Cross {
    weigh_each(product, weighting, bins, both.len(), &AsOne { transform, both, gains, first: bins.start })
}

/// Some bins of both spectra, which are weighted in one go before what they hold is summed up: real and imaginary parts apart, as vector
/// instructions take them; silence where there are fewer.
pub(crate) struct Bins<T> {
    pub(crate) reference: [[T; BINS]; 2],
    pub(crate) target: [[T; BINS]; 2],
}

/// Where the spectra of both windows are.
trait Spectra<T> {
    /// How far apart the bins are that are loaded together.
    fn step(&self) -> usize;

    /// Loads `count` bins from `first` on; `product` is what was there in the place of the product.
    fn load(&self, first: usize, count: usize, product: &[Complex<T>], bins: &mut Bins<T>);
}

/// That of the target stands here, and that of the reference in the place of the product.
struct Beside<'a, T>(&'a [Complex<T>]);

impl<T: Precision> Spectra<T> for Beside<'_, T> {
    #[inline(always)]
    fn step(&self) -> usize {
        1
    }

    #[inline(always)]
    fn load(&self, first: usize, count: usize, product: &[Complex<T>], bins: &mut Bins<T>) {
        let both = product[first..][..count].iter().zip(&self.0[first..][..count]);
        for (index, (r, t)) in both.enumerate() {
            bins.set(index, *r, *t);
        }
    }
}

/// Both were transformed as one; of the bins from `first` on, `gains` get through, if there are any.
struct AsOne<'a, T: Precision> {
    transform: &'a PairTransform<T>,
    both: &'a [Complex<T>],
    gains: &'a [T],
    first: usize,
}

impl<T: Precision> Spectra<T> for AsOne<'_, T> {
    #[inline(always)]
    fn step(&self) -> usize {
        self.transform.step()
    }

    #[inline(always)]
    fn load(&self, first: usize, count: usize, _: &[Complex<T>], bins: &mut Bins<T>) {
        self.transform.apart(self.both, first, count, bins);
        let gains = self.gains.get(first - self.first..).unwrap_or_default();
        for (index, gain) in gains.iter().step_by(self.step()).take(count).enumerate() {
            for part in bins.reference.iter_mut().chain(&mut bins.target) {
                part[index] = part[index] * *gain;
            }
        }
    }
}

impl<T: Precision> Bins<T> {
    #[inline(always)]
    pub(crate) fn set(&mut self, index: usize, reference: Complex<T>, target: Complex<T>) {
        (self.reference[0][index], self.reference[1][index]) = (reference.re, reference.im);
        (self.target[0][index], self.target[1][index]) = (target.re, target.im);
    }

    /// What stands in the place of the reference: once weighted, the product.
    #[inline(always)]
    fn product(&self, index: usize) -> Complex<T> {
        Complex::new(self.reference[0][index], self.reference[1][index])
    }

    /// Bins without anything in them.
    pub(crate) fn silent() -> Self {
        let silence = [[T::zero(); BINS]; 2];
        Self { reference: silence, target: silence }
    }
}

/// What [`weigh`] does, with these spectra, block by block; that of the reference holds what was in `product`.
fn weigh_each<T: Precision>(
    product: &mut [Complex<T>],
    weighting: Weighting,
    bins: &Range<usize>,
    length: usize,
    spectra: &impl Spectra<T>,
) -> Cross {
    let eps = T::from_f64(EPS).unwrap_or_else(T::epsilon);
    let scale = T::from_f64(1.0 / length as f64).unwrap_or_else(T::one);
    match weighting {
        Weighting::Phat => {
            each_bin(product, bins, length, false, spectra, |_, _, g, magnitude| g * (scale / (magnitude + eps)))
        }
        Weighting::Scot => each_bin(product, bins, length, false, spectra, |r, t, g, _| {
            g * (scale / (Float::sqrt(r.norm_sqr() * t.norm_sqr()) + eps))
        }),
        Weighting::Whiten => each_bin(product, bins, length, false, spectra, |r, t, _, _| {
            r * (scale / (r.norm() + eps)) * (t * (T::one() / (t.norm() + eps))).conj()
        }),
        Weighting::Plain => each_bin(product, bins, length, true, spectra, |_, _, g, _| g * scale),
    }
}

/// How many bins [`Bins`] has room for.
pub(crate) const BINS: usize = 64;

#[multiversion(targets("x86_64+avx+avx2+fma"))]
fn each_bin<T: Precision>(
    product: &mut [Complex<T>],
    bins: &Range<usize>,
    length: usize,
    has_levels: bool,
    spectra: &impl Spectra<T>,
    weighted: impl Fn(Complex<T>, Complex<T>, Complex<T>, T) -> Complex<T>,
) -> Cross {
    let end = bins.end.min(product.len());
    let start = bins.start.min(end);
    product[..start].fill(Complex::zero());
    product[end..].fill(Complex::zero());
    let mut sums = Sums { has_levels, ..Sums::default() };
    let (step, powers_of_numbers) = (spectra.step(), Powers::new());
    let mut held = [Bins::silent(), Bins::silent()];
    for row in (start..end).step_by(BINS * step) {
        for (first, held) in (row..end).zip(&mut held[..step]) {
            let count = (end - first).div_ceil(step).min(BINS);
            if count < BINS {
                *held = Bins::silent();
            }
            spectra.load(first, count, product, held);
            sums.add(held, (first, step), length, &powers_of_numbers, &weighted);
        }
        let to = &mut product[row..end.min(row + BINS * step)];
        let [one, other] = &held;
        // A whole row takes vector instructions.
        if let ([pairs, ..], true) = (to.as_chunks_mut::<2>().0.as_chunks_mut::<BINS>().0, step == 2) {
            for (index, pair) in pairs.iter_mut().enumerate() {
                *pair = [one.product(index), other.product(index)];
            }
            continue;
        }
        for (first, held) in held[..step].iter().enumerate() {
            for (index, to) in to.iter_mut().skip(first).step_by(step).enumerate() {
                *to = held.product(index);
            }
        }
    }
    sums.cross(length)
}

/// The sum of these values times `weights`, which is exact enough in any arithmetic: of few values that are not negative.
#[inline(always)]
fn sum<T: Precision>(values: &[T; BINS], weights: &[T; BINS]) -> f64 {
    dot(values, weights).to_f64().unwrap_or(0.0)
}

/// 1, n and n squared for the numbers n of a block.
struct Powers<T>([[T; BINS]; 3]);

impl<T: Precision> Powers<T> {
    fn new() -> Self {
        Self(
            [0, 1, 2].map(|power| std::array::from_fn(|index| T::from_usize(index.pow(power)).unwrap_or_else(T::zero))),
        )
    }
}

/// Sums over bins.
#[derive(Default)]
struct Sums {
    /// Whether the levels of both windows count, and are summed up.
    has_levels: bool,
    magnitude: f64,
    magnitude_squared: f64,
    in_reference: f64,
    in_target: f64,
    power: f64,
    /// Power times the square of its bin.
    turned: f64,
}

impl Sums {
    /// Weights bins from `first` on, each `step` further than the one before, and adds what they hold.
    #[inline(always)]
    fn add<T: Precision>(
        &mut self,
        bins: &mut Bins<T>,
        (first, step): (usize, usize),
        length: usize,
        powers_of_numbers: &Powers<T>,
        weighted: impl Fn(Complex<T>, Complex<T>, Complex<T>, T) -> Complex<T>,
    ) {
        let mut held = [[T::zero(); BINS]; 4];
        let [magnitudes, in_reference, in_target, powers] = &mut held;
        for index in 0..BINS {
            let r = Complex::new(bins.reference[0][index], bins.reference[1][index]);
            let t = Complex::new(bins.target[0][index], bins.target[1][index]);
            (in_reference[index], in_target[index]) = (r.norm_sqr(), t.norm_sqr());
            // The root of each: the square of the product could be too large for a number.
            magnitudes[index] = Float::sqrt(in_reference[index]) * Float::sqrt(in_target[index]);
            let product = weighted(r, t, r * t.conj(), magnitudes[index]);
            powers[index] = product.norm_sqr();
            (bins.reference[0][index], bins.reference[1][index]) = (product.re, product.im);
        }
        let Powers([ones, numbers, squares]) = powers_of_numbers;
        self.magnitude += sum(magnitudes, ones);
        // In double precision: of loud sound it could be too large for a number.
        self.magnitude_squared += energy(magnitudes);
        // The square of the bin first + step * n is first^2 + 2 first step n + step^2 n^2.
        let (power, first_f, step_f) = (sum(powers, ones), first as f64, step as f64);
        self.power += power;
        self.turned +=
            first_f * first_f * power + step_f * (2.0 * first_f * sum(powers, numbers) + step_f * sum(powers, squares));
        if !self.has_levels {
            return;
        }
        // All bins but the first, and the middle one of an even length, stand for their mirror image, too.
        let is_alone = |bin: usize| bin == 0 || 2 * bin == length;
        let alone = (0..BINS).find(|index| is_alone(first + index * step));
        let both = |values: &[T; BINS]| {
            2.0 * sum(values, ones) - alone.and_then(|index| values[index].to_f64()).unwrap_or(0.0)
        };
        self.in_reference += both(in_reference);
        self.in_target += both(in_target);
    }

    fn cross(&self, length: usize) -> Cross {
        let Self { magnitude, magnitude_squared, in_reference, in_target, power, turned, .. } = *self;
        let turn = std::f64::consts::TAU / length as f64;
        Cross {
            spread_bins: if magnitude_squared > 0.0 { magnitude * magnitude / magnitude_squared } else { 0.0 },
            energy: (in_reference * in_target).sqrt() / length as f64,
            bandwidth: if power > 0.0 { turn * (turned / power).sqrt() } else { 0.0 },
        }
    }
}

/// Half of an inverse transform: the real sequence re + im of a whole spectrum, given its lower half.
///
/// The forward transform of that sequence, folded the same way once more, is the inverse transform of the spectrum (as
/// in a Hartley transform). So no second set of twiddle factors is needed.
pub(crate) fn fold<T: Precision>(spectrum: &[Complex<T>], folded: &mut [T]) {
    let n = folded.len();
    folded[0] = spectrum[0].re;
    for (k, c) in spectrum.iter().enumerate().skip(1) {
        folded[n - k] = c.re - c.im;
        folded[k] = c.re + c.im;
    }
    if n.is_multiple_of(2) {
        folded[n / 2] = spectrum[n / 2].re;
    }
}

/// The spectrum of one window with silence behind it, by a transform of its own.
#[cfg(test)]
pub(crate) fn of_samples(samples: &[f32], length: usize) -> Vec<Complex<f64>> {
    let transform = realfft::RealFftPlanner::<f64>::new().plan_fft_forward(length);
    let mut time: Vec<f64> = samples.iter().map(|s| f64::from(*s)).collect();
    time.resize(length, 0.0);
    let mut spectrum = transform.make_output_vec();
    transform.process(&mut time, &mut spectrum).unwrap();
    spectrum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pair::Windowed;
    use proptest::prelude::*;
    use realfft::RealFftPlanner;

    proptest! {
        #[test]
        fn folding_twice_round_a_transform_undoes_a_transform(
            signal in proptest::collection::vec(-1.0f64..1.0, 1..70),
        ) {
            let transform = RealFftPlanner::new().plan_fft_forward(signal.len());
            let mut time = signal.clone();
            let mut spectrum = transform.make_output_vec();
            transform.process(&mut time, &mut spectrum).unwrap();
            fold(&spectrum, &mut time);
            transform.process(&mut time, &mut spectrum).unwrap();
            fold(&spectrum, &mut time);
            for (got, expected) in time.iter().zip(&signal) {
                prop_assert!((got / signal.len() as f64 - expected).abs() < 1e-12);
            }
        }
    }

    proptest! {
        #[test]
        fn windows_transformed_as_one_weigh_as_if_each_were_alone(
            one in proptest::collection::vec(-1.0f32..1.0, 1..300),
            other in proptest::collection::vec(-1.0f32..1.0, 1..300),
            padding in 0usize..20,
            quiet in prop_oneof![Just(1.0f32), Just(1e-4), Just(1e4)],
        ) {
            let other: Vec<f32> = other.iter().map(|s| s * quiet).collect();
            prop_assume!(one.iter().chain(&other).all(|s| *s != 0.0));
            let length = one.len().max(other.len()) + padding;
            let [mut expected, target] = [&one, &other].map(|samples| of_samples(samples, length));
            let bins = 0..expected.len();
            let cross = weigh(&mut expected, &target, Weighting::Phat, &bins, length);
            let windowed = |samples| Windowed { samples, mean: 0.0, fade: &[] };
            let transform = PairTransform::new(length);
            let mut pair = vec![Complex::new(9.0f64, 9.0); length];
            prop_assert_eq!(transform.load([windowed(&one), windowed(&other)], &mut pair), Ok(true));
            let (mut both, mut scratch) = (pair.clone(), vec![Complex::default(); transform.scratch_len()]);
            transform.run(&mut pair, &mut both, &mut scratch);
            let mut product = vec![Complex::default(); bins.len()];
            let together = weigh_pair(&transform, &both, &mut product, Weighting::Phat, &bins, &[]);
            for (got, expected) in product.iter().zip(&expected) {
                prop_assert!((got - expected).norm() * (length as f64) < 1e-3, "{got} {expected}");
            }
            prop_assert!((together.bandwidth - cross.bandwidth).abs() < 1e-3);
            prop_assert!((together.spread_bins - cross.spread_bins).abs() < 1e-3 * cross.spread_bins);
        }
    }
}
