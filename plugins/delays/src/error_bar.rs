//! How far a selected delay may be off: half of the range that holds the true one in 95 % of all cases.

use crate::selection::median;
use vsg_dsp::{peak::HALF_A_SAMPLE_MS, student::t95};

/// How much farther the median of normal errors scatters than their mean.
const OF_A_MEDIAN: f64 = 1.2533;

/// From this many windows on, a few strays among them are left out of account.
const MANY: usize = 10;

/// What is known of the windows that agree.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Evidence<'a> {
    /// The delay that the bar is about (ms).
    pub(crate) selected_ms: f64,
    /// Their delays (ms).
    pub(crate) delays_ms: &'a [f64],
    /// Their own error bars, as far as the method tells (ms).
    pub(crate) errors_ms: &'a [f64],
    /// How many of them share each moment, at least 1: these tell no more than one of them.
    pub(crate) overlap: f64,
    /// How finely the method measures (ms); 0 if as finely as samples.
    pub(crate) resolution_ms: f64,
    /// How near to each other delays count as one (ms).
    pub(crate) within_ms: f64,
}

/// The error bar (ms). From how far windows scatter, and no less than what they say themselves; what is wrong with all of them
/// alike comes on top, and how far from their middle the selected delay is.
pub(crate) fn error_ms(evidence: &Evidence<'_>) -> f64 {
    let count = evidence.delays_ms.len();
    let independent = ((count as f64 / evidence.overlap) as usize).max(1);
    let root = (independent as f64).sqrt();
    let scatter_ms = t95(independent - 1) * OF_A_MEDIAN * spread_ms(evidence.delays_ms) / root;
    let own_ms = mean(evidence.errors_ms).map(|ms| OF_A_MEDIAN * ms / root);
    let random_ms = match (independent, own_ms) {
        (1, own_ms) => own_ms.unwrap_or(evidence.within_ms),
        (_, own_ms) => scatter_ms.max(own_ms.unwrap_or(0.0)),
    };
    let off_ms =
        if count == 0 { 0.0 } else { (median(evidence.delays_ms.iter().copied()) - evidence.selected_ms).abs() };
    random_ms.hypot(HALF_A_SAMPLE_MS).hypot(evidence.resolution_ms / 2.0) + off_ms
}

/// Standard deviation; of many windows without those that lie far off, in medians of all distances.
fn spread_ms(delays_ms: &[f64]) -> f64 {
    if delays_ms.len() < MANY {
        return deviation(delays_ms);
    }
    let middle_ms = median(delays_ms.iter().copied());
    let typical_ms = 1.4826 * median(delays_ms.iter().map(|ms| (ms - middle_ms).abs()));
    let near: Vec<f64> = delays_ms.iter().copied().filter(|ms| (ms - middle_ms).abs() <= 4.0 * typical_ms).collect();
    deviation(&near)
}

fn deviation(values: &[f64]) -> f64 {
    let Some(mean) = mean(values) else { return 0.0 };
    let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    (squares / (values.len().max(2) - 1) as f64).sqrt()
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::made_up::Random;

    fn of(delays_ms: &[f64], errors_ms: &[f64]) -> f64 {
        error_ms(&evidence(median(delays_ms.iter().copied()), delays_ms, errors_ms))
    }

    fn evidence<'a>(selected_ms: f64, delays_ms: &'a [f64], errors_ms: &'a [f64]) -> Evidence<'a> {
        Evidence { selected_ms, delays_ms, errors_ms, overlap: 1.0, resolution_ms: 0.0, within_ms: 1.0 }
    }

    #[test]
    fn nothing_is_known_better_than_half_a_sample() {
        assert_eq!(of(&[5.0; 20], &[]), HALF_A_SAMPLE_MS);
    }

    #[test]
    fn a_single_window_is_believed_or_may_be_off_by_what_counts_as_agreement() {
        assert!((of(&[5.0], &[0.2]) - 0.2).abs() < 0.06);
        assert!(of(&[5.0], &[]) >= 1.0);
        let shared = Evidence { overlap: 5.0, ..evidence(5.0, &[5.0; 4], &[]) };
        assert!(error_ms(&shared) >= 1.0, "four windows of one and the same sound");
    }

    #[test]
    fn a_delay_beside_the_middle_of_its_windows_is_that_much_off() {
        let delays_ms = [5.25, 5.25, 5.25, 5.75, 5.75, 5.75];
        assert!((error_ms(&evidence(5.25, &delays_ms, &[])) - of(&delays_ms, &[]) - 0.25).abs() < 1e-12);
    }

    #[test]
    fn windows_that_agree_by_chance_are_no_better_than_they_say() {
        assert!(of(&[5.0, 5.0, 5.0], &[0.3, 0.3, 0.3]) > 0.2);
    }

    /// Windows with normal errors, a common error of up to half a sample, and some strays.
    #[test]
    fn the_truth_lies_within_the_bar() {
        let mut random = Random::new(1);
        for count in [3, 4, 6, 10, 20, 60] {
            let (trials, mut held) = (2000, 0);
            for _ in 0..trials {
                let sigma_ms = 0.002 * 100f64.powf(random.between(0.0, 1.0));
                let common_ms = random.between(-HALF_A_SAMPLE_MS, HALF_A_SAMPLE_MS);
                let mut delays_ms: Vec<f64> = (0..count).map(|_| common_ms + random.error(sigma_ms)).collect();
                if count >= MANY {
                    (0..count / MANY).for_each(|index| delays_ms[index] = random.between(-1.0, 1.0));
                }
                let found_ms = median(delays_ms.iter().copied());
                held += usize::from(found_ms.abs() <= of(&delays_ms, &[]));
            }
            assert!(100 * held >= 94 * trials, "{count} windows: {held} of {trials}");
        }
    }
}
