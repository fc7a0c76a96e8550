//! The delay of a cluster that is there from the beginning: a mode that came to the reference program later.

use crate::selection::{MostCommon, Selected, Tie, clustered, mean, round};
use vsg_plugin_api::kinds::Window;

/// A cluster of windows within 1 ms of a whole millisecond.
struct Cluster<'w, 'a> {
    center: i64,
    members: Vec<(usize, &'w &'a Window)>,
    early: usize,
}

impl Cluster<'_, '_> {
    fn mean_ms(&self) -> f64 {
        mean(self.members.iter().map(|(_, window)| *window))
    }

    /// Index of its first window.
    fn begins(&self) -> usize {
        self.members[0].0
    }
}

/// The cluster that has at least `threshold` of the first `window` accepted windows; of several the one that begins first. Without one, all
/// windows within 1 ms of the most frequent delay.
pub(crate) fn select(accepted: &[&Window], window: usize, threshold: usize, most_common: &MostCommon) -> Selected {
    let mut clusters: Vec<Cluster<'_, '_>> = Vec::new();
    for center in accepted.iter().map(|window| window.rounded_ms()) {
        if clusters.iter().any(|known| known.center == center) {
            continue;
        }
        let near = |(_, window): &(usize, &&Window)| (window.rounded_ms() - center).abs() <= 1;
        let members: Vec<_> = accepted.iter().enumerate().filter(near).collect();
        let early = members.iter().filter(|(index, _)| *index < window).count();
        clusters.push(Cluster { center, members, early });
    }
    let stable = || clusters.iter().filter(|cluster| cluster.early >= threshold);
    let Some(chosen) = stable().min_by_key(|cluster| cluster.begins()) else {
        let fallback = clustered(accepted, most_common);
        let (rounded, raw_ms) = (fallback.rounded_ms, fallback.raw_ms);
        return Selected {
            label: "mode (early cluster - clustered fallback)",
            log: vec![format!(
                "[Delay Selection] Mode (Early Cluster): no cluster met early threshold ({threshold} in first {window}), falling back to \
                 Mode (Clustered): {rounded}ms (raw avg: {raw_ms:.3}ms)"
            )],
            raw_log: Vec::new(),
            ..fallback
        };
    };
    let raw_ms = chosen.mean_ms();
    let mut rivals = stable().filter(|cluster| cluster.begins() == chosen.begins() && cluster.mean_ms() != raw_ms);
    let tie = rivals.next().map(|rival| Tie { delay_ms: rival.mean_ms(), windows: rival.members.len() });
    let (rounded_ms, found) = (round(raw_ms), stable().count());
    let (center, early, total, first) = (chosen.center, chosen.early, chosen.members.len(), chosen.begins() + 1);
    Selected {
        rounded_ms,
        raw_ms,
        label: "mode (early cluster)",
        log: vec![format!(
            "[Delay Selection] Mode (Early Cluster): found {found} early stable cluster(s), selected cluster at {center}ms with \
             {early}/{window} early chunks, total {total} chunks, first appears at chunk {first}, raw avg: {raw_ms:.3}ms -> rounded to \
             {rounded_ms}ms"
        )],
        raw_log: Vec::new(),
        tie,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        made_up::windows,
        selection::{self, Mode},
    };

    fn select(delays_ms: &[f64], window: usize, threshold: usize) -> Selected {
        let windows = windows(delays_ms);
        let accepted: Vec<&Window> = windows.iter().collect();
        selection::select(&accepted, Mode::EarlyCluster { window, threshold }).unwrap()
    }

    #[test]
    fn a_cluster_of_the_beginning_wins_against_a_larger_one_of_the_end() {
        let mut delays_ms = vec![731.0, 100.2, 100.4, 99.6, 100.2, 101.1];
        delays_ms.extend([500.0; 12]);
        let selected = select(&delays_ms, 10, 5);
        assert_eq!((selected.rounded_ms, selected.label), (100, "mode (early cluster)"));
        assert!((selected.raw_ms - 100.3).abs() < 1e-9, "{selected:?}");
        assert_eq!(
            selected.log,
            [
                "[Delay Selection] Mode (Early Cluster): found 2 early stable cluster(s), selected cluster at 100ms with 5/10 early chunks, \
              total 5 chunks, first appears at chunk 2, raw avg: 100.300ms -> rounded to 100ms"
            ]
        );
        assert_eq!(selected.raw_log, [""; 0]);
    }

    #[test]
    fn of_several_the_one_that_begins_first_wins() {
        let selected = select(&[7.0, 300.0, 300.0, 300.0, 7.0, 7.0], 6, 3);
        assert_eq!(selected.rounded_ms, 7);
        assert!(selected.log[0].contains("found 2 early stable cluster(s)"), "{selected:?}");
    }

    #[test]
    fn without_one_the_most_frequent_delay_is_clustered() {
        let selected = select(&[1.0, 50.0, 90.0, 90.25, 90.25], 2, 2);
        assert_eq!((selected.rounded_ms, selected.label), (90, "mode (early cluster - clustered fallback)"));
        assert_eq!(
            selected.log,
            [
                "[Delay Selection] Mode (Early Cluster): no cluster met early threshold (2 in first 2), falling back to Mode (Clustered): 90ms \
              (raw avg: 90.167ms)"
            ]
        );
    }
}
