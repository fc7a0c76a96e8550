//! What happens to the spectra of two windows between the transforms of a phase correlation.

use std::ops::Range;

use num_complex::Complex;
use realfft::FftNum;
use realfft::num_traits::{Float, Zero};

use crate::damage::first_damaged;
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

/// A window on its way into a transform.
#[derive(Clone, Copy)]
pub(crate) struct Windowed<'a, S> {
    pub(crate) samples: &'a [S],
    /// What is taken off each sample.
    pub(crate) mean: f64,
    /// Weights of its first samples; their mirror image are those of its last ones.
    pub(crate) fade: &'a [f32],
}

/// Puts two windows into a zero-padded buffer, one as the real and one as the imaginary part, so that one transform does for both.
///
/// The quieter one is made louder if it has to be, so that levels are comparable within a window alone. Gives false, and
/// leaves the buffer as it is, if one of them is silent.
///
/// # Errors
/// Which of them holds a sample that is no number, and where that is.
pub(crate) fn load<T: Precision, S: Precision>(
    pair: &mut [Complex<T>],
    windows: [Windowed<'_, S>; 2],
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
    let lift = T::from_f64(lift(one, other, T::LEAST_LEVEL)).unwrap_or_else(T::one);
    let [one, other] = windows;
    let means = [one, other].map(|window| T::from_f64(window.mean).unwrap_or_else(T::zero));
    let value = |sample: S, mean: T| T::from(sample).unwrap_or_else(T::zero) - mean;
    let both = one.samples.len().min(other.samples.len());
    let (together, rest) = pair.split_at_mut(both);
    for ((to, re), im) in together.iter_mut().zip(one.samples).zip(other.samples) {
        *to = Complex::new(value(*re, means[0]), value(*im, means[1]) * lift);
    }
    rest.fill(Complex::zero());
    rest.iter_mut().zip(&one.samples[both..]).for_each(|(to, re)| to.re = value(*re, means[0]));
    rest.iter_mut().zip(&other.samples[both..]).for_each(|(to, im)| to.im = value(*im, means[1]) * lift);

    fade(pair, one, |value, weight| value.re = value.re * weight);
    fade(pair, other, |value, weight| value.im = value.im * weight);
    Ok(true)
}

/// What the second of two sounds of these levels is multiplied by if one of them has less than the share `least` of the other's: a power of
/// two, which rounds nothing.
fn lift(one: f64, other: f64, least: f64) -> f64 {
    let is_comparable = one.min(other) >= least * one.max(other) || !one.is_finite() || !other.is_finite();
    if is_comparable { 1.0 } else { (one / other).log2().round().clamp(-100.0, 100.0).exp2() }
}

/// Weights both ends of a window in the buffer that it was put into.
fn fade<T: Precision, S>(pair: &mut [Complex<T>], window: Windowed<'_, S>, weigh: impl Fn(&mut Complex<T>, T)) {
    let weights = || window.fade.iter().map(|&weight| T::from_f32(weight).unwrap_or_else(T::one));
    let values = &mut pair[..window.samples.len()];
    values.iter_mut().zip(weights()).for_each(|(value, weight)| weigh(value, weight));
    values.iter_mut().rev().zip(weights()).for_each(|(value, weight)| weigh(value, weight));
}

/// Mean distance of these samples from `mean`; not finite if one of them is no number.
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
    weigh_each(reference, weighting, bins, length, |first, _, t| t.copy_from_slice(&target[first..][..t.len()]))
}

/// Puts the same of two windows, whose transform as one is `pair`, into `product`. Of each bin that counts, `gains` get through, if there are
/// any.
pub(crate) fn weigh_pair<T: Precision>(
    pair: &[Complex<T>],
    product: &mut [Complex<T>],
    weighting: Weighting,
    bins: &Range<usize>,
    gains: &[T],
) -> Cross {
    weigh_each(product, weighting, bins, pair.len(), |first, r, t| {
        take_apart(pair, first, r, t);
        let gains = gains.get(first - bins.start..).unwrap_or_default();
        amplify(r, gains);
        amplify(t, gains);
    })
}

/// The spectra of two real sequences from bin `first` on, of the transform of one + i * other.
///
/// Source: Press et al., "Numerical Recipes", on the transform of two real functions at once.
fn take_apart<T: Precision>(pair: &[Complex<T>], first: usize, one: &mut [Complex<T>], other: &mut [Complex<T>]) {
    let half = T::one() / (T::one() + T::one());
    let apart = |at: Complex<T>, mirror: Complex<T>| {
        let (sum, difference) = (at + mirror.conj(), at - mirror.conj());
        (sum * half, Complex::new(difference.im * half, -(difference.re * half)))
    };
    // The mirror image of the first bin is itself.
    let alone = usize::from(first == 0 && !one.is_empty());
    for (r, t) in one.iter_mut().zip(other.iter_mut()).take(alone) {
        (*r, *t) = apart(pair[0], pair[0]);
    }
    let (one, other) = (&mut one[alone..], &mut other[alone..]);
    let (first, count) = (first + alone, one.len());
    let mirrored = &pair[pair.len() - first + 1 - count..][..count];
    for (((r, t), at), mirror) in one.iter_mut().zip(other).zip(&pair[first..]).zip(mirrored.iter().rev()) {
        (*r, *t) = apart(*at, *mirror);
    }
}

/// What [`weigh`] does, with the spectra of both windows as `load` puts them into blocks, the first of which holds what was in `product`.
fn weigh_each<T: Precision>(
    product: &mut [Complex<T>],
    weighting: Weighting,
    bins: &Range<usize>,
    length: usize,
    load: impl Fn(usize, &mut [Complex<T>], &mut [Complex<T>]),
) -> Cross {
    let eps = T::from_f64(EPS).unwrap_or_else(T::epsilon);
    let scale = T::from_f64(1.0 / length as f64).unwrap_or_else(T::one);
    match weighting {
        Weighting::Phat => {
            each_bin(product, bins, length, false, load, |_, _, g, magnitude| g * (scale / (magnitude + eps)))
        }
        Weighting::Scot => each_bin(product, bins, length, false, load, |r, t, g, _| {
            g * (scale / (Float::sqrt(r.norm_sqr() * t.norm_sqr()) + eps))
        }),
        Weighting::Whiten => each_bin(product, bins, length, false, load, |r, t, _, _| {
            r * (scale / (r.norm() + eps)) * (t * (T::one() / (t.norm() + eps))).conj()
        }),
        Weighting::Plain => each_bin(product, bins, length, true, load, |_, _, g, _| g * scale),
    }
}

/// Values that are copied in one go, few enough to be looked at before.
const BLOCK_OF_SAMPLES: usize = 1024;
/// Bins that are weighted in one go, which takes vector instructions, before what they hold is summed up.
const BLOCK: usize = 64;
/// Sums that are kept side by side.
const LANES: usize = 8;

fn each_bin<T: Precision>(
    product: &mut [Complex<T>],
    bins: &Range<usize>,
    length: usize,
    has_levels: bool,
    load: impl Fn(usize, &mut [Complex<T>], &mut [Complex<T>]),
    weighted: impl Fn(Complex<T>, Complex<T>, Complex<T>, T) -> Complex<T>,
) -> Cross {
    let end = bins.end.min(product.len());
    let start = bins.start.min(end);
    product[..start].fill(Complex::zero());
    product[end..].fill(Complex::zero());
    let mut sums = Sums { has_levels, ..Sums::default() };
    let (blocks, rest) = product[start..end].as_chunks_mut::<BLOCK>();
    let mut target = [Complex::zero(); BLOCK];
    for (first, block) in (start..).step_by(BLOCK).zip(blocks) {
        load(first, block, &mut target);
        sums.add(block, &target, first, length, &weighted);
    }
    // Silent bins add nothing.
    let mut reference = [Complex::zero(); BLOCK];
    target = reference;
    let (first, reference_rest) = (end - rest.len(), &mut reference[..rest.len()]);
    reference_rest.copy_from_slice(rest);
    load(first, reference_rest, &mut target[..rest.len()]);
    sums.add(&mut reference, &target, first, length, &weighted);
    rest.copy_from_slice(&reference[..rest.len()]);
    sums.cross(length)
}

/// The sum of something of each value, which is exact enough in any arithmetic: of few values that are not negative.
fn sum<T: Precision>(values: &[T; BLOCK], of: impl Fn(usize, T) -> T) -> f64 {
    let mut lanes = [T::zero(); LANES];
    for (row, values) in values.as_chunks::<LANES>().0.iter().enumerate() {
        for (index, (lane, value)) in lanes.iter_mut().zip(values).enumerate() {
            *lane = *lane + of(row * LANES + index, *value);
        }
    }
    lanes.iter().filter_map(|lane| lane.to_f64()).sum()
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
    /// Weights the bins from `first` on, and adds what they hold.
    fn add<T: Precision>(
        &mut self,
        reference: &mut [Complex<T>; BLOCK],
        target: &[Complex<T>; BLOCK],
        first: usize,
        length: usize,
        weighted: impl Fn(Complex<T>, Complex<T>, Complex<T>, T) -> Complex<T>,
    ) {
        let mut held = [[T::zero(); BLOCK]; 4];
        let [magnitudes, in_reference, in_target, powers] = &mut held;
        for (index, (r, t)) in reference.iter_mut().zip(target).enumerate() {
            let g = *r * t.conj();
            (in_reference[index], in_target[index]) = (r.norm_sqr(), t.norm_sqr());
            // The root of each: the square of the product could be too large for a number.
            magnitudes[index] = Float::sqrt(in_reference[index]) * Float::sqrt(in_target[index]);
            *r = weighted(*r, *t, g, magnitudes[index]);
            powers[index] = r.norm_sqr();
        }
        let bins: [T; BLOCK] = std::array::from_fn(|index| T::from_usize(first + index).unwrap_or_else(T::zero));
        self.magnitude += sum(magnitudes, |_, magnitude| magnitude);
        // In double precision: of loud sound it could be too large for a number.
        self.magnitude_squared += energy(magnitudes);
        self.power += sum(powers, |_, power| power);
        self.turned += sum(powers, |index, power| power * bins[index] * bins[index]);
        if !self.has_levels {
            return;
        }
        // All bins but the first, and the middle one of an even length, stand for their mirror image, too.
        let is_alone = |bin: usize| bin == 0 || 2 * bin == length;
        let alone = (first..first + BLOCK).find(|bin| is_alone(*bin)).map(|bin| bin - first);
        let both = |values: &[T; BLOCK]| {
            2.0 * sum(values, |_, value| value) - alone.and_then(|index| values[index].to_f64()).unwrap_or(0.0)
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

#[cfg(test)]
mod tests {
    use super::*;
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
        fn one_transform_of_two_windows_is_two_of_one(
            one in proptest::collection::vec(-1.0f32..1.0, 1..300),
            other in proptest::collection::vec(-1.0f32..1.0, 1..300),
            padding in 0usize..20,
            quiet in prop_oneof![Just(1.0f32), Just(1e-4), Just(1e4)],
        ) {
            let other: Vec<f32> = other.iter().map(|s| s * quiet).collect();
            prop_assume!(one.iter().chain(&other).all(|s| *s != 0.0));
            let length = one.len().max(other.len()) + padding;
            let (mut planner, mut complex) = (RealFftPlanner::<f64>::new(), rustfft::FftPlanner::new());
            let alone = |samples: &[f32]| {
                let mut time: Vec<f64> = samples.iter().map(|s| f64::from(*s)).collect();
                time.resize(length, 0.0);
                let transform = planner.plan_fft_forward(length);
                let mut spectrum = transform.make_output_vec();
                transform.process(&mut time, &mut spectrum).unwrap();
                spectrum
            };
            let [mut expected, target] = [&one, &other].map(|samples| samples.as_slice()).map(alone);
            let bins = 0..expected.len();
            let cross = weigh(&mut expected, &target, Weighting::Phat, &bins, length);
            let windowed = |samples| Windowed { samples, mean: 0.0, fade: &[] };
            let mut pair = vec![Complex::new(9.0f64, 9.0); length];
            prop_assert_eq!(load(&mut pair, [windowed(&one), windowed(&other)]), Ok(true));
            complex.plan_fft_forward(length).process(&mut pair);
            let mut product = vec![Complex::default(); bins.len()];
            let together = weigh_pair(&pair, &mut product, Weighting::Phat, &bins, &[]);
            for (got, expected) in product.iter().zip(&expected) {
                prop_assert!((got - expected).norm() * (length as f64) < 1e-3, "{got} {expected}");
            }
            prop_assert!((together.bandwidth - cross.bandwidth).abs() < 1e-3);
            prop_assert!((together.spread_bins - cross.spread_bins).abs() < 1e-3 * cross.spread_bins);
        }
    }

    #[test]
    fn both_ends_are_faded_and_the_rest_is_silent() {
        let mut pair = [Complex::new(9.0f64, 9.0); 7];
        let one = Windowed { samples: &[1.5; 5], mean: 0.5, fade: &[0.25, 0.5] };
        let other = Windowed { samples: &[2.0; 3], mean: 0.0, fade: &[] };
        assert_eq!(load(&mut pair, [one, other]), Ok(true));
        assert_eq!(pair.map(|value| value.re), [0.25, 0.5, 1.0, 0.5, 0.25, 0.0, 0.0]);
        assert_eq!(pair.map(|value| value.im), [2.0, 2.0, 2.0, 0.0, 0.0, 0.0, 0.0]);
        let silence = Windowed { samples: &[0.0; 4], ..other };
        assert_eq!(load(&mut pair, [one, silence]), Ok(false));
    }

    #[test]
    fn a_sound_far_below_the_other_is_lifted_and_damage_is_found() {
        let (loud, quiet) = ([1.0; 6], [1e-5; 6]);
        let window = |samples| Windowed { samples, mean: 0.0, fade: &[] };
        let mut pair = [Complex::default(); 8];
        assert_eq!(load::<f32, f32>(&mut pair, [window(&loud), window(&quiet)]), Ok(true));
        assert!((0.5..2.0).contains(&pair[0].im) && pair[0].re == 1.0, "{pair:?}");
        assert_eq!(load::<f32, f32>(&mut pair, [window(&quiet), window(&loud)]), Ok(true));
        assert!((0.5e-5..2e-5).contains(&pair[0].im), "{pair:?}");
        let mut damaged = vec![0.0; 3000];
        damaged[2500] = f32::NAN;
        assert_eq!(load(&mut [Complex::<f32>::default(); 4000], [window(&loud), window(&damaged)]), Err((1, 2500)));
        assert_eq!([lift(1.0, 0.02, 1e-2), lift(1.0, 1e-3, 1e-2), lift(2e-3, 1.0, 1e-2)], [1.0, 1024.0, 1.0 / 512.0]);
        assert_eq!([lift(f64::INFINITY, 1.0, 1e-2), lift(1e38, 1e-38, 1e-2)], [1.0, 100f64.exp2()]);
        // As loud as numbers can be, they are numbers.
        let largest = [f32::MAX; 4];
        assert!(!mean_level(&largest, 0.0).is_finite());
        assert_eq!(load::<f32, f32>(&mut pair, [window(&loud), window(&largest)]), Ok(true));
    }
}
