//! What several numbers have in common.

/// The middle one of some numbers, or the mean of the two in the middle.
pub(super) fn median(numbers: impl IntoIterator<Item = f64>) -> Option<f64> {
    let mut sorted: Vec<f64> = numbers.into_iter().filter(|number| number.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    let upper = *sorted.get(sorted.len() / 2)?;
    let lower = sorted[(sorted.len() - 1) / 2];
    Some(lower + (upper - lower) / 2.0)
}

/// The median distance from the median.
pub(super) fn spread(numbers: &[f64]) -> Option<f64> {
    let middle = median(numbers.iter().copied())?;
    median(numbers.iter().map(|number| (number - middle).abs()))
}

/// The greatest number less the smallest one.
pub(super) fn range(numbers: &[f64]) -> Option<f64> {
    let finite = || numbers.iter().copied().filter(|number| number.is_finite());
    Some(greatest(finite())? - finite().reduce(f64::min)?)
}

/// The greatest number.
pub(super) fn greatest(numbers: impl IntoIterator<Item = f64>) -> Option<f64> {
    numbers.into_iter().filter(|number| number.is_finite()).reduce(f64::max)
}

/// How many of some are `good` (%).
pub(super) fn share_pct(good: usize, all: usize) -> Option<f64> {
    (all > 0).then(|| 100.0 * good as f64 / all as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_nothing_there_is_nothing() {
        assert_eq!((median([]), spread(&[]), range(&[]), share_pct(0, 0)), (None, None, None, None));
        assert_eq!(median([f64::NAN]), None);
    }

    #[test]
    fn one_outlier_moves_the_range_and_not_the_spread() {
        let numbers = [10.0, 10.5, 11.0, 10.25, 500.0];
        assert_eq!(median(numbers), Some(10.5));
        assert_eq!(spread(&numbers), Some(0.5));
        assert_eq!(range(&numbers), Some(490.0));
        assert_eq!(median([1.0, 2.0]), Some(1.5));
    }
}
