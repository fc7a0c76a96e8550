//! A straight line through points, by least squares.

use crate::clusters::mean;

/// A line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Line {
    pub(super) slope: f64,
    pub(super) intercept: f64,
}

/// The line with the least squares of differences in `y`. Not finite if all `x` are equal.
pub(super) fn fit(x: &[f64], y: &[f64]) -> Line {
    let (mean_x, mean_y) = (mean(x), mean(y));
    let covariance: f64 = x.iter().zip(y).map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    let variance: f64 = x.iter().map(|x| (x - mean_x) * (x - mean_x)).sum();
    let slope = covariance / variance;
    Line { slope, intercept: mean_y - slope * mean_x }
}

/// Square of the correlation of `y` with the line; NaN if either does not vary.
pub(super) fn r_squared(x: &[f64], y: &[f64], line: &Line) -> f64 {
    let fitted: Vec<f64> = x.iter().map(|x| line.slope * x + line.intercept).collect();
    let (mean_y, mean_fitted) = (mean(y), mean(&fitted));
    let sum = |of: &dyn Fn(f64, f64) -> f64| -> f64 {
        y.iter().zip(&fitted).map(|(y, fitted)| of(y - mean_y, fitted - mean_fitted)).sum()
    };
    let correlation = sum(&|a, b| a * b) / (sum(&|a, _| a * a) * sum(&|_, b| b * b)).sqrt();
    correlation * correlation
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_on_a_line_give_the_line() {
        let (x, y) = ([1.0, 2.0, 4.0], [3.0, 5.0, 9.0]);
        let line = fit(&x, &y);
        assert!((line.slope - 2.0).abs() < 1e-12 && (line.intercept - 1.0).abs() < 1e-12, "{line:?}");
        assert!((r_squared(&x, &y, &line) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn what_does_not_vary_correlates_with_nothing() {
        let (x, y) = ([1.0, 2.0, 3.0], [7.0; 3]);
        assert!(r_squared(&x, &y, &fit(&x, &y)).is_nan());
        assert!(fit(&[1.0, 1.0], &[0.0, 1.0]).slope.is_infinite() || fit(&[1.0, 1.0], &[0.0, 1.0]).slope.is_nan());
    }
}
