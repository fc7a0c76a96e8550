//! What the clusters of windows are made of, and the lines of the log that show it.

use crate::clusters::{cluster, mean};
use vsg_plugin_api::kinds::{Cluster, Window};

/// Match below which a window is told (%).
const LOW_MATCH_PCT: f64 = 70.0;

/// Jumps that differ from their mean by less than this are all alike (ms).
const ALIKE_MS: f64 = 50.0;

/// The clusters that labels make, in the order of labels.
pub(super) fn clusters(accepted: &[&Window], labels: &[Option<usize>]) -> Vec<Cluster> {
    let count = labels.iter().flatten().max().map_or(0, |last| last + 1);
    let members = |label: usize| (0..accepted.len()).filter(|index| labels[*index] == Some(label)).collect();
    (0..count).map(|label| cluster(label, members(label), accepted, |window| window.rounded_ms() as f64)).collect()
}

/// The lines of the log about what clusters are made of. As in the reference program they are sorted by delay, so that their delays
/// always increase.
pub(super) fn log(clusters: &[Cluster]) -> Vec<String> {
    let mut sorted: Vec<&Cluster> = clusters.iter().collect();
    sorted.sort_by(|one, other| one.mean_delay_ms.total_cmp(&other.mean_delay_ms));
    let jumps_ms: Vec<f64> = sorted.windows(2).map(|pair| pair[1].mean_delay_ms - pair[0].mean_delay_ms).collect();

    let mut log = vec!["[Cluster Diagnostics] Detailed composition:".to_owned()];
    for (index, cluster) in sorted.iter().enumerate() {
        let jump = index.checked_sub(1).map_or(String::new(), |before| {
            let ms = jumps_ms[before];
            format!(" [{}+{ms:.0}ms jump]", if ms > 0.0 { '↑' } else { '↓' })
        });
        log.push(format!(
            "  Cluster {}: delay={:+.0}±{:.1}ms, chunks {} (@{:.1}s - @{:.1}s), match={:.1}% (min={:.1}%){jump}",
            index + 1,
            cluster.mean_delay_ms,
            cluster.std_delay_ms,
            ranges(&cluster.members),
            cluster.time_range_s.0,
            cluster.time_range_s.1,
            cluster.mean_match_pct,
            cluster.min_match_pct
        ));
    }
    log.push("[Transition Analysis]:".into());
    log.push("  → All delays INCREASE (accumulating lag = missing content)".into());
    let mean_ms = mean(&jumps_ms);
    if jumps_ms.len() > 1 && jumps_ms.iter().all(|ms| (ms - mean_ms).abs() < ALIKE_MS) {
        log.push(format!("  → Consistent jump size: ~{mean_ms:.0}ms per transition"));
        log.push("  → Likely cause: Regular reel changes or commercial breaks".into());
    } else {
        let jumps: Vec<String> = jumps_ms.iter().map(|ms| format!("{ms:+.0}ms")).collect();
        log.push(format!("  → Variable jump sizes: {}", jumps.join(", ")));
        log.push("  → Likely cause: Scene-specific edits or variable content changes".into());
    }
    let low = sorted.iter().filter(|cluster| cluster.min_match_pct < LOW_MATCH_PCT).count();
    if low > 0 {
        log.push(format!("  ⚠ {low} clusters have chunks with match < {LOW_MATCH_PCT:.0}%"));
        log.push("  → Possible silence sections or content mismatches at transitions".into());
    }
    log
}

/// Positions from 0 as numbers from 1, runs as `first-last`.
fn ranges(members: &[usize]) -> String {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for number in members.iter().map(|index| index + 1) {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == number => *last = number,
            _ => runs.push((number, number)),
        }
    }
    let texts =
        runs.iter().map(|(first, last)| if first == last { first.to_string() } else { format!("{first}-{last}") });
    texts.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_windows_are_written_short() {
        assert_eq!(ranges(&[0, 1, 2, 4, 6, 7]), "1-3,5,7-8");
        assert_eq!(ranges(&[]), "");
    }

    /// The reference program reads a field that is not there, prints 0 and always warns.
    #[test]
    fn matches_are_those_of_the_windows_and_only_low_ones_are_warned_about() {
        let window = |delay_ms, match_pct| Window { delay_ms, match_pct, ..Window::default() };
        let windows = [window(0.0, 90.0), window(0.0, 95.0), window(500.0, 60.0), window(500.0, 99.0)];
        let accepted: Vec<&Window> = windows.iter().collect();
        let labels = [Some(0), Some(0), Some(1), Some(1)];
        let log = log(&clusters(&accepted, &labels));
        assert!(log[1].contains("match=92.5% (min=90.0%)"), "{log:#?}");
        assert!(log[2].contains("match=79.5% (min=60.0%)"), "{log:#?}");
        assert!(log.contains(&"  ⚠ 1 clusters have chunks with match < 70%".to_owned()), "{log:#?}");
        let good = super::log(&clusters(&accepted[..2], &labels[..2]));
        assert!(!good.iter().any(|line| line.contains('⚠')), "{good:#?}");
    }
}
