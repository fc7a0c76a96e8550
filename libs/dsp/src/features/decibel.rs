//! Powers as decibels, with a floor below the loudest.

use std::f64::consts::LOG10_2;

use crate::spectrum::Precision;

/// Powers below it count as this one.
const LEAST_POWER: f64 = 1e-10;
/// What is further below the loudest counts as this far below it (dB).
const RANGE_DB: f64 = 80.0;

/// Turns powers into decibels.
pub fn from_power<T: Precision>(powers: &mut [T]) {
    let of = |value: f64| T::from_f64(value).unwrap_or_else(T::zero);
    let (least, scale) = (of(LEAST_POWER), of(10.0 * LOG10_2));
    for power in powers.iter_mut() {
        *power = scale * larger(*power, least).log2();
    }
}

/// The level that whatever is lower counts as: 80 dB below the loudest.
pub fn floor<T: Precision>(levels: &[T]) -> T {
    loudest(levels) - T::from_f64(RANGE_DB).unwrap_or_else(T::zero)
}

/// The highest value; negative infinity of none.
pub fn loudest<T: Precision>(values: &[T]) -> T {
    let (blocks, rest) = values.as_chunks::<8>();
    let lanes = blocks
        .iter()
        .fold([T::neg_infinity(); 8], |highest, block| std::array::from_fn(|lane| larger(block[lane], highest[lane])));
    lanes.iter().chain(rest).copied().fold(T::neg_infinity(), larger)
}

/// The larger one; the second if the first is no number. Unlike `max` it is one instruction.
pub(crate) fn larger<T: PartialOrd>(one: T, other: T) -> T {
    if one > other { one } else { other }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_have_a_floor_below_the_loudest() {
        let mut levels = [1.0, 100.0, 0.0, 1e-5];
        from_power(&mut levels);
        assert!(
            levels
                .iter()
                .zip([0.0, 20.0, -100.0, -50.0])
                .all(|(got, expected): (&f64, f64)| (got - expected).abs() < 1e-12)
        );
        assert!(loudest(&levels) == levels[1] && floor(&levels) == levels[1] - 80.0);
        let many: Vec<f32> = (0..21).map(|i| (i as f32 * 0.7).sin()).collect();
        assert_eq!(loudest(&many), many.iter().copied().fold(f32::NEG_INFINITY, f32::max));
        assert_eq!(loudest::<f64>(&[]), f64::NEG_INFINITY);
    }
}
