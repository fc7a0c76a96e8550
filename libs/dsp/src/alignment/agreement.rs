//! How well a stretch of a reference agrees with a target at given lags.

use super::correlate::top;
use super::wave::Wave;
use crate::dot::dot;
use crate::resample;

/// A target, and the same between its values: half a value off, a wave up to nearly half its rate agrees little with itself.
pub(super) struct Agreement<'t> {
    target: &'t Wave,
    between: Vec<f32>,
}

impl<'t> Agreement<'t> {
    /// Prepares a target.
    #[must_use]
    pub(super) fn new(target: &'t Wave) -> Self {
        let mut between = vec![0.0; target.len()];
        resample::fill(&target.values, 0.5, 1.0, &mut between);
        Self { target, between }
    }

    /// How well the reference's values `start..end` agree with the target at each of these lags or up to one value beside it: in standard
    /// deviations of what independent values would give. 0 where the target has nothing.
    #[must_use]
    pub(super) fn at(&self, reference: &Wave, (start, end): (usize, usize), lags: &[i64]) -> Vec<f64> {
        let end = end.min(reference.len());
        let r = &reference.values[start.min(end)..end];
        let target = &self.target.values;
        let best = |lag: &i64| {
            let (from, to) = (start as i64 - lag, end as i64 - lag);
            if from < 2 || to + 1 > target.len() as i64 || r.is_empty() {
                return 0.0;
            }
            let (from, to) = (from as usize, to as usize);
            let height = |values: &[f32], ahead: usize| dot(r, &values[from + 1 - ahead..to + 1 - ahead]).abs();
            // From one value later to one value earlier.
            let heights = [
                height(target, 0),
                height(&self.between, 1),
                height(target, 1),
                height(&self.between, 2),
                height(target, 2),
            ];
            let highest = (0..5).max_by(|a, b| heights[*a].total_cmp(&heights[*b])).unwrap_or(2);
            let t = &target[from..to];
            let squares = f64::from(dot(r, r)) * f64::from(dot(t, t)) / r.len() as f64;
            if squares > 0.0 { top(&heights, highest).1 / squares.sqrt() } else { 0.0 }
        };
        lags.iter().map(best).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alignment::wave::made_up as wave;
    use crate::made_up::noise;

    #[test]
    fn agreement_is_high_at_the_right_lag_alone() {
        let (film, target) = (noise(5000, 4), noise(5000, 4)[700..].to_vec());
        let target = wave(&target);
        let found = Agreement::new(&target).at(&wave(&film), (1000, 2000), &[700, 701, 705, -20, 9000]);
        assert!(found[0] > 25.0 && found[1] > 25.0 && found[2] < 5.0 && found[3] < 5.0, "{found:?}");
        assert_eq!(found[4], 0.0);
    }

    #[test]
    fn half_a_value_off_is_hardly_less_agreement() {
        let film = noise(6000, 9);
        let low: Vec<f32> = film.windows(4).map(|w| w.iter().sum()).collect();
        let mut between = vec![0.0; low.len()];
        resample::fill(&low, 0.5, 1.0, &mut between);
        let (whole, half) = (wave(&low), wave(&between));
        let at = |target: &Wave| Agreement::new(target).at(&whole, (2000, 4000), &[0])[0];
        assert!(at(&half) > 0.9 * at(&whole), "{} {}", at(&half), at(&whole));
    }

    #[test]
    fn silence_agrees_with_nothing() {
        let silence = wave(&[0.0; 3000]);
        assert_eq!(Agreement::new(&silence).at(&silence, (500, 900), &[0]), [0.0]);
    }
}
