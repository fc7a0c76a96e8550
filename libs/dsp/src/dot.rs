//! Sums over two rows, in lanes that become vector instructions.

use crate::spectrum::Precision;

/// Sums that are kept side by side.
const LANES: usize = 8;

/// The sum of the products of two rows of the same length.
#[inline(always)]
pub(crate) fn dot<T: Precision>(one: &[T], other: &[T]) -> T {
    sum_of_pairs(one, other, |a, b| a * b)
}

/// The sum of something of each pair of two rows of the same length.
#[inline(always)]
pub(crate) fn sum_of_pairs<T: Precision>(one: &[T], other: &[T], of: impl Fn(T, T) -> T) -> T {
    let ((a, rest_a), (b, rest_b)) = (one.as_chunks::<LANES>(), other.as_chunks::<LANES>());
    let mut lanes = [T::zero(); LANES];
    for (a, b) in a.iter().zip(b) {
        for ((lane, a), b) in lanes.iter_mut().zip(a).zip(b) {
            *lane = *lane + of(*a, *b);
        }
    }
    let rest = rest_a.iter().zip(rest_b).fold(T::zero(), |sum, (a, b)| sum + of(*a, *b));
    lanes.into_iter().fold(T::zero(), |sum, lane| sum + lane) + rest
}
