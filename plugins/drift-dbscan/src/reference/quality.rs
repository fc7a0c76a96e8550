//! Which clusters of windows are good enough to stand for a stretch of the film.

use vsg_plugin_api::kinds::Cluster;

/// What the reference program takes for the length of a window, whatever it is (s): the limits are made for that.
const WINDOW_S: f64 = 15.0;

/// What is asked of each cluster, and of their number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Thresholds {
    /// Windows.
    pub(crate) windows: usize,
    /// Share of the accepted windows (%).
    pub(crate) share_pct: f64,
    /// From the start of the first window to the end of the last (s).
    pub(crate) duration_s: f64,
    /// Mean match (%).
    pub(crate) match_pct: f64,
    /// Clusters that pass.
    pub(crate) clusters: usize,
}

impl Thresholds {
    pub(crate) const STRICT: Self =
        Self { windows: 3, share_pct: 10.0, duration_s: 30.0, match_pct: 90.0, clusters: 3 };
    pub(crate) const NORMAL: Self = Self { windows: 3, share_pct: 5.0, duration_s: 20.0, match_pct: 85.0, clusters: 2 };
    pub(crate) const LENIENT: Self =
        Self { windows: 2, share_pct: 3.0, duration_s: 10.0, match_pct: 75.0, clusters: 2 };
}

/// One check of a cluster.
pub(super) struct Check {
    label: &'static str,
    unit: &'static str,
    value: f64,
    threshold: f64,
    decimals: usize,
}

impl Check {
    /// Whether the cluster passes.
    pub(super) fn is_passed(&self) -> bool {
        self.value >= self.threshold
    }
}

/// The four checks of a cluster.
pub(super) fn checks(cluster: &Cluster, accepted: usize, needed: &Thresholds) -> [Check; 4] {
    let windows = cluster.members.len();
    let check = |label, unit, value, threshold, decimals| Check { label, unit, value, threshold, decimals };
    [
        check("Chunks", "", windows as f64, needed.windows as f64, 0),
        check("Percentage", "%", windows as f64 / accepted as f64 * 100.0, needed.share_pct, 1),
        check("Duration", "s", end_s(cluster) - cluster.time_range_s.0, needed.duration_s, 1),
        check("Match quality", "%", cluster.mean_match_pct, needed.match_pct, 1),
    ]
}

fn end_s(cluster: &Cluster) -> f64 {
    cluster.time_range_s.1 + WINDOW_S
}

/// The lines of the log about one cluster.
pub(super) fn log(cluster: &Cluster, checks: &[Check]) -> Vec<String> {
    let mut log = vec![format!(
        "  Cluster {} (@{:.1}s - {:.1}s): {:+.0}ms",
        cluster.label + 1,
        cluster.time_range_s.0,
        end_s(cluster),
        cluster.mean_delay_ms
    )];
    for Check { label, unit, value, threshold, decimals } in checks {
        let mark = if value >= threshold { '✓' } else { '✗' };
        log.push(format!("    {mark} {label}: {value:.decimals$}{unit} (need {threshold:.decimals$}{unit}+)"));
    }
    let passed = checks.iter().filter(|check| check.is_passed()).count();
    let status = if cluster.is_valid { "ACCEPTED" } else { "FILTERED OUT" };
    log.push(format!("    → STATUS: {status} ({passed}/{} checks passed)", checks.len()));
    log
}
