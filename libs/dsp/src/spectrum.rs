//! What happens to the spectra of two windows between the transforms of a phase correlation.

use std::ops::Range;

use num_complex::Complex;
use realfft::FftNum;
use realfft::num_traits::{Float, Zero};

use crate::damage::first_damaged;
use crate::weighting::Weighting;

/// Keeps a bin without energy from being divided by zero; a constant of the reference program.
const EPS: f64 = 1e-9;

/// Arithmetic that a correlation is done in: `f32` is faster and needs half the memory of `f64`.
pub trait Precision: FftNum + Float + Default {}

impl Precision for f32 {}
impl Precision for f64 {}

/// Puts a window, less `mean`, at the start of a zero-padded buffer, weighted by `fade` at its start and by its mirror image at
/// its end. Gives the place of the first sample that is no number instead, if there is one.
pub(crate) fn load<T: Precision>(padded: &mut [T], window: &[f32], mean: f64, fade: &[f32]) -> Option<usize> {
    let (head, padding) = padded.split_at_mut(window.len());
    let mean = T::from_f64(mean).unwrap_or_else(T::zero);
    for (start, (to, from)) in
        (0..).step_by(BLOCK_OF_SAMPLES).zip(head.chunks_mut(BLOCK_OF_SAMPLES).zip(window.chunks(BLOCK_OF_SAMPLES)))
    {
        if let Some(index) = first_damaged(from) {
            return Some(start + index);
        }
        for (to, &from) in to.iter_mut().zip(from) {
            *to = T::from_f32(from).unwrap_or_else(T::zero) - mean;
        }
    }
    padding.fill(T::zero());
    let weights = || fade.iter().map(|&w| T::from_f32(w).unwrap_or_else(T::one));
    head.iter_mut().zip(weights()).for_each(|(s, w)| *s = *s * w);
    head.iter_mut().rev().zip(weights()).for_each(|(s, w)| *s = *s * w);
    None
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
    let eps = T::from_f64(EPS).unwrap_or_else(T::epsilon);
    let scale = T::from_f64(1.0 / length as f64).unwrap_or_else(T::one);
    match weighting {
        Weighting::Phat => {
            each_bin(reference, target, bins, length, false, |_, _, g, magnitude| g * (scale / (magnitude + eps)))
        }
        Weighting::Scot => each_bin(reference, target, bins, length, false, |r, t, g, _| {
            g * (scale / (Float::sqrt(r.norm_sqr() * t.norm_sqr()) + eps))
        }),
        Weighting::Whiten => each_bin(reference, target, bins, length, false, |r, t, _, _| {
            r * (scale / (r.norm() + eps)) * (t * (T::one() / (t.norm() + eps))).conj()
        }),
        Weighting::Plain => each_bin(reference, target, bins, length, true, |_, _, g, _| g * scale),
    }
}

/// Values that are copied in one go, few enough to be looked at before.
const BLOCK_OF_SAMPLES: usize = 1024;
/// Bins that are weighted in one go, which takes vector instructions, before what they hold is summed up.
const BLOCK: usize = 64;
/// Sums that are kept side by side.
const LANES: usize = 8;

fn each_bin<T: Precision>(
    reference: &mut [Complex<T>],
    target: &[Complex<T>],
    bins: &Range<usize>,
    length: usize,
    has_levels: bool,
    weighted: impl Fn(Complex<T>, Complex<T>, Complex<T>, T) -> Complex<T>,
) -> Cross {
    let end = bins.end.min(reference.len());
    let start = bins.start.min(end);
    reference[..start].fill(Complex::zero());
    reference[end..].fill(Complex::zero());
    let mut sums = Sums { has_levels, ..Sums::default() };
    let blocks = reference[start..end].chunks_mut(BLOCK).zip(target[start..end].chunks(BLOCK));
    for (first, (r, t)) in (start..).step_by(BLOCK).zip(blocks) {
        sums.add(r, t, first, length, &weighted);
    }
    sums.cross(length)
}

/// The sum of something of each value.
fn sum<T: Precision>(values: &[T; BLOCK], of: impl Fn(usize, f64) -> f64) -> f64 {
    let mut lanes = [0.0; LANES];
    for (row, values) in values.chunks(LANES).enumerate() {
        for (index, (lane, value)) in lanes.iter_mut().zip(values).enumerate() {
            *lane += of(row * LANES + index, value.to_f64().unwrap_or_default());
        }
    }
    lanes.iter().sum()
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
        reference: &mut [Complex<T>],
        target: &[Complex<T>],
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
        self.magnitude += sum(magnitudes, |_, magnitude| magnitude);
        self.magnitude_squared += sum(magnitudes, |_, magnitude| magnitude * magnitude);
        self.power += sum(powers, |_, power| power);
        self.turned += sum(powers, |index, power| power * ((first + index) as f64).powi(2));
        if !self.has_levels {
            return;
        }
        // All bins but the first, and the middle one of an even length, stand for their mirror image, too.
        let is_alone = |bin: usize| bin == 0 || 2 * bin == length;
        let alone = (first..first + reference.len()).find(|bin| is_alone(*bin)).map(|bin| bin - first);
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

    #[test]
    fn both_ends_are_faded_and_the_rest_is_silent() {
        let mut padded = [9.0f64; 7];
        assert_eq!(load(&mut padded, &[1.5; 5], 0.5, &[0.25, 0.5]), None);
        assert_eq!(padded, [0.25, 0.5, 1.0, 0.5, 0.25, 0.0, 0.0]);
        let mut damaged = vec![0.0; 3000];
        damaged[2500] = f32::NAN;
        assert_eq!(load(&mut [0.0f32; 4000], &damaged, 0.0, &[]), Some(2500));
    }
}
