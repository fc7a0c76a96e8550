//! Figures of windows that belong together.

use vsg_plugin_api::kinds::{Cluster, Window};

/// The cluster of these accepted windows (their positions, ascending), by the delay that `delay_ms` takes of each. There is at least one.
pub(crate) fn cluster(
    label: usize,
    members: Vec<usize>,
    accepted: &[&Window],
    delay_ms: impl Fn(&Window) -> f64,
) -> Cluster {
    let of = |value: &dyn Fn(&Window) -> f64| members.iter().map(|index| value(accepted[*index])).collect::<Vec<_>>();
    let (delays_ms, starts_s) = (of(&delay_ms), of(&|window| window.start_s));
    let matches_pct = of(&|window| window.match_pct);
    let mean_delay_ms = mean(&delays_ms);
    let squares: Vec<f64> = delays_ms.iter().map(|ms| (ms - mean_delay_ms) * (ms - mean_delay_ms)).collect();
    let least = |values: &[f64]| values.iter().copied().fold(f64::INFINITY, f64::min);
    let greatest = |values: &[f64]| values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    Cluster {
        label,
        mean_delay_ms,
        std_delay_ms: mean(&squares).sqrt(),
        time_range_s: (least(&starts_s), greatest(&starts_s)),
        mean_match_pct: mean(&matches_pct),
        min_match_pct: least(&matches_pct),
        is_valid: false,
        members,
    }
}

/// A plain sum from left to right, divided by the count; NaN of nothing.
pub(crate) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}
