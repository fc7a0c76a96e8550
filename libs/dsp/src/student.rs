//! How far the mean of a few measurements may lie from the truth: quantiles of Student's t distribution.

/// Half of the range, in standard errors, that holds the truth in 95 % of all cases; to 0.3 %. Infinite without degrees of freedom.
///
/// Tables for one to three degrees of freedom, the expansion of Cornish and Fisher (1938) for more.
#[must_use]
pub fn t95(degrees_of_freedom: usize) -> f64 {
    match degrees_of_freedom {
        0 => f64::INFINITY,
        1 => 12.706,
        2 => 4.303,
        3 => 3.182,
        more => {
            let n = more as f64;
            1.959_964 + 2.372_3 / n + 2.822_5 / n.powi(2) + 2.555_9 / n.powi(3)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_the_tables() {
        let table =
            [(1, 12.706), (2, 4.303), (4, 2.776), (5, 2.571), (9, 2.262), (20, 2.086), (60, 2.0003), (10_000, 1.9602)];
        for (degrees, t) in table {
            assert!((t95(degrees) / t - 1.0).abs() < 0.003, "{degrees}: {}", t95(degrees));
        }
        assert_eq!(t95(0), f64::INFINITY);
    }

    #[test]
    fn more_measurements_never_tell_less() {
        assert!((1..200).all(|degrees| t95(degrees) > t95(degrees + 1)));
    }
}
