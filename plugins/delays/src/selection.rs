//! Selects one delay from those of the accepted windows: pure arithmetic and the lines that explain it.
//!
//! Rounded and raw delay come from the same windows. "Rounded" is to nearest, ties to even; means are plain sums from left
//! to right, so that equal input gives equal bits.

use crate::{early_cluster, votes};
use vsg_plugin_api::kinds::Window;

/// How a delay is selected.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Mode {
    /// The most frequent whole millisecond; the one that occurs first among equals.
    MostCommon,
    /// All windows within 1 ms of the most frequent one, averaged.
    Clustered,
    /// All windows near the place where they are densest: their median, which a few stray windows can not move.
    ClusterMedian {
        /// How near (ms).
        within_ms: f64,
    },
    /// A cluster that is there from the beginning.
    EarlyCluster {
        /// How many windows are the beginning.
        window: usize,
        /// How many of them the cluster needs.
        threshold: usize,
    },
    /// The first run of windows that stay within 1 ms of its start.
    FirstStable {
        /// Windows that a run needs.
        min_windows: usize,
        /// Whether shorter runs are passed over; otherwise the first run counts, however short.
        skip_unstable: bool,
    },
    /// All windows, averaged.
    Average,
}

/// A selected delay.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Selected {
    /// Whole milliseconds.
    pub(crate) rounded_ms: i64,
    /// Unrounded (ms).
    pub(crate) raw_ms: f64,
    /// Name of the way it was selected.
    pub(crate) label: &'static str,
    /// Lines of the log about the rounded delay.
    pub(crate) log: Vec<String>,
    /// Lines of the log about the raw delay.
    pub(crate) raw_log: Vec<String>,
    /// The delay that would have been selected if windows had come in another order.
    pub(crate) tie: Option<Tie>,
}

/// A delay with as much to say for itself as the selected one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Tie {
    /// The delay (ms).
    pub(crate) delay_ms: f64,
    /// Windows that it has.
    pub(crate) windows: usize,
}

/// Selects from accepted windows in order of time; `None` without any.
pub(crate) fn select(accepted: &[&Window], mode: Mode) -> Option<Selected> {
    let most_common = MostCommon::of(accepted)?;
    Some(match mode {
        Mode::MostCommon => {
            let raw_ms = mean(rounding_to(accepted, most_common.first));
            let tie = most_common.tie(raw_ms, |ms| {
                let windows = || rounding_to(accepted, ms);
                (mean(windows()), windows().count())
            });
            Selected { tie, ..selected(most_common.first, raw_ms, "mode") }
        }
        Mode::Clustered => clustered(accepted, &most_common),
        Mode::ClusterMedian { within_ms } => cluster_median(accepted, within_ms)?,
        Mode::EarlyCluster { window, threshold } => early_cluster::select(accepted, window, threshold, &most_common),
        Mode::FirstStable { min_windows, skip_unstable } => {
            first_stable(accepted, min_windows, skip_unstable, &most_common)?
        }
        Mode::Average => {
            let raw_ms = mean(accepted.iter());
            let (count, rounded) = (accepted.len(), round(raw_ms));
            Selected {
                log: vec![format!(
                    "[Delay Selection] Average of {count} raw values: {raw_ms:.3}ms → rounded to {rounded}ms"
                )],
                raw_log: vec![format!("[Delay Selection Raw] True average of {count} raw values: {raw_ms:.3}ms")],
                ..selected(rounded, raw_ms, "average")
            }
        }
    })
}

/// A selected delay without a line in the log.
pub(crate) fn selected(rounded_ms: i64, raw_ms: f64, label: &'static str) -> Selected {
    Selected { rounded_ms, raw_ms, label, log: Vec::new(), raw_log: Vec::new(), tie: None }
}

/// The median of the windows near the place where they are densest. Of places whose windows agree it is their middle; of others the one
/// that comes first.
fn cluster_median(accepted: &[&Window], within_ms: f64) -> Option<Selected> {
    let delays_ms: Vec<f64> = accepted.iter().map(|window| window.delay_ms).collect();
    let mut places = votes::densest(&delays_ms, within_ms);
    let first = *places.first()?;
    places.sort_by(f64::total_cmp);
    let groups = places.chunk_by(|one, next| next - one <= within_ms);
    let near = |group: &[f64]| -> Vec<f64> {
        let center_ms = median(group.iter().copied());
        delays_ms.iter().copied().filter(|ms| (ms - center_ms).abs() <= within_ms).collect()
    };
    let (mut chosen, others): (Vec<&[f64]>, Vec<&[f64]>) = groups.partition(|group| group.contains(&first));
    let raw_ms = median(near(chosen.pop()?).into_iter());
    let tie = others.first().map(|group| {
        let rivals = near(group);
        Tie { delay_ms: median(rivals.iter().copied()), windows: rivals.len() }
    });
    Some(Selected { tie, ..selected(round(raw_ms), raw_ms, "cluster median") })
}

pub(crate) fn clustered(accepted: &[&Window], most_common: &MostCommon) -> Selected {
    let center = most_common.first;
    let raw_ms = mean(cluster(accepted, center));
    let (count, total, rounded) = (cluster(accepted, center).count(), accepted.len(), round(raw_ms));
    let breakdown: Vec<String> =
        counts(cluster(accepted, center)).iter().map(|(ms, count)| format!("{ms}: {count}")).collect();
    Selected {
        log: vec![format!(
            "[Delay Selection] Mode (Clustered): most common = {center}ms, cluster [{} to {}] contains {count}/{total} chunks \
             (breakdown: {{{}}}), raw avg: {raw_ms:.3}ms → rounded to {rounded}ms",
            center - 1,
            center + 1,
            breakdown.join(", ")
        )],
        raw_log: vec![format!(
            "[Delay Selection Raw] Mode (Clustered): {count} chunks in cluster, raw avg: {raw_ms:.3}ms"
        )],
        tie: most_common.tie(raw_ms, |ms| (mean(cluster(accepted, ms)), cluster(accepted, ms).count())),
        ..selected(rounded, raw_ms, "mode (clustered)")
    }
}

/// The first stable run, or the most common delay and the raw delay of the first window that has it.
fn first_stable(
    accepted: &[&Window],
    min_windows: usize,
    skip_unstable: bool,
    most_common: &MostCommon,
) -> Option<Selected> {
    match stable_run(accepted, min_windows, skip_unstable) {
        Ok(selected) => Some(selected),
        Err(raw_log) => {
            let mut log = raw_log.clone();
            log.push("[WARNING] No stable segment found, falling back to mode.".into());
            let first_ms = |ms: i64| rounding_to(accepted, ms).next().map(|window| window.delay_ms);
            let raw_ms = first_ms(most_common.first)?;
            let tie = most_common.tie(raw_ms, |ms| (first_ms(ms).unwrap_or(raw_ms), rounding_to(accepted, ms).count()));
            Some(Selected { log, raw_log, tie, ..selected(most_common.first, raw_ms, "mode (fallback)") })
        }
    }
}

/// The first stable run; the lines of the log that tell why there is none.
pub(crate) fn stable_run(
    accepted: &[&Window],
    min_windows: usize,
    skip_unstable: bool,
) -> Result<Selected, Vec<String>> {
    let segments = segments(accepted);
    let chosen = match segments.iter().find(|segment| !skip_unstable || segment.len() >= min_windows) {
        Some(segment) if accepted.len() >= min_windows => segment,
        _ if accepted.len() < min_windows => return Err(Vec::new()),
        _ => {
            let largest = segments.iter().map(|segment| segment.len()).max().unwrap_or(0);
            return Err(vec![format!(
                "[First Stable] No segment found with minimum {min_windows} chunks. Largest segment: {largest} chunks"
            )]);
        }
    };
    let raw_ms = mean(chosen.iter());
    let (count, rounded, start_s) = (chosen.len(), round(raw_ms), chosen[0].start_s);
    let facts = format!("{count} chunks at {rounded:+}ms (raw avg: {raw_ms:.3}ms, starting at {start_s:.1}s)");
    let mut log = Vec::new();
    if skip_unstable {
        log.push(format!("[First Stable] Found stable segment: {facts}"));
    } else {
        if count < min_windows {
            log.push(format!(
                "[First Stable] Warning: First segment has only {count} chunks (minimum: {min_windows}), \
                 but using it anyway (skip_unstable=False)"
            ));
        }
        log.push(format!("[First Stable] Using first segment: {facts}"));
    }
    Ok(Selected { raw_log: log.clone(), log, ..selected(rounded, raw_ms, "first stable") })
}

/// Runs of windows whose whole milliseconds stay within 1 of the first of the run.
fn segments<'a>(accepted: &[&'a Window]) -> Vec<Vec<&'a Window>> {
    let mut segments: Vec<Vec<&Window>> = Vec::new();
    for &window in accepted {
        match segments.last_mut() {
            Some(segment) if (segment[0].rounded_ms() - window.rounded_ms()).abs() <= 1 => segment.push(window),
            _ => segments.push(vec![window]),
        }
    }
    segments
}

fn rounding_to<'w, 'a>(accepted: &'w [&'a Window], ms: i64) -> impl Iterator<Item = &'w &'a Window> {
    accepted.iter().filter(move |window| window.rounded_ms() == ms)
}

fn cluster<'w, 'a>(accepted: &'w [&'a Window], center: i64) -> impl Iterator<Item = &'w &'a Window> {
    accepted.iter().filter(move |window| (window.rounded_ms() - center).abs() <= 1)
}

/// How often each whole millisecond occurs, in the order of first occurrence.
fn counts<'w, 'a: 'w>(windows: impl Iterator<Item = &'w &'a Window>) -> Vec<(i64, usize)> {
    let mut counts: Vec<(i64, usize)> = Vec::new();
    for window in windows {
        let ms = window.rounded_ms();
        match counts.iter_mut().find(|(known, _)| *known == ms) {
            Some((_, count)) => *count += 1,
            None => counts.push((ms, 1)),
        }
    }
    counts
}

/// The most frequent whole milliseconds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct MostCommon {
    /// Of equally frequent ones that which occurs first.
    pub(crate) first: i64,
    /// The others, in the order of first occurrence.
    others: Vec<i64>,
}

impl MostCommon {
    fn of(accepted: &[&Window]) -> Option<Self> {
        let counts = counts(accepted.iter());
        let count = counts.iter().map(|(_, count)| *count).max()?;
        let mut all = counts.into_iter().filter(|(_, one)| *one == count).map(|(ms, _)| ms);
        Some(Self { first: all.next()?, others: all.collect() })
    }

    /// What would have been selected instead of `raw_ms` if another one had occurred first; `of` gives the delay that comes of each (ms), and
    /// its windows.
    fn tie(&self, raw_ms: f64, of: impl Fn(i64) -> (f64, usize)) -> Option<Tie> {
        let (delay_ms, windows) = self.others.iter().map(|ms| of(*ms)).find(|(ms, _)| *ms != raw_ms)?;
        Some(Tie { delay_ms, windows })
    }
}

pub(crate) fn mean<'w, 'a: 'w>(windows: impl Iterator<Item = &'w &'a Window>) -> f64 {
    let (sum, count) = windows.fold((0.0, 0usize), |(sum, count), window| (sum + window.delay_ms, count + 1));
    sum / count as f64
}

pub(crate) fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 { values[middle] } else { (values[middle - 1] + values[middle]) / 2.0 }
}

pub(crate) fn round(ms: f64) -> i64 {
    ms.round_ties_even() as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::made_up::windows;

    fn cluster_median(delays_ms: &[f64]) -> (i64, f64) {
        let windows = windows(delays_ms);
        let selected = select(&windows.iter().collect::<Vec<_>>(), Mode::ClusterMedian { within_ms: 1.0 }).unwrap();
        assert_eq!((selected.label, selected.log.len(), selected.raw_log.len()), ("cluster median", 0, 0));
        (selected.rounded_ms, selected.raw_ms)
    }

    #[test]
    fn the_cluster_median_is_a_median_of_the_cluster_alone() {
        assert_eq!(cluster_median(&[7.5]), (8, 7.5));
        assert_eq!(cluster_median(&[10.0, 10.1, 10.4]), (10, 10.1));
        assert_eq!(cluster_median(&[10.0, 10.1, 10.3, 10.4]), (10, 10.2));
        assert_eq!(cluster_median(&[-500.0, 10.0, 10.1, 10.4, 9000.0]), (10, 10.1));
    }

    #[test]
    fn the_cluster_median_keeps_what_rounding_would_part() {
        // Half of the windows round to 10, half to 11; all of them say 10.5.
        assert_eq!(cluster_median(&[10.49, 10.51, 10.49, 10.51, 10.5]), (10, 10.5));
    }

    #[test]
    fn of_two_equally_frequent_delays_the_cluster_median_takes_the_first() {
        assert_eq!(cluster_median(&[100.0, 300.0, 100.0, 300.0]), (100, 100.0));
        assert_eq!(cluster_median(&[300.0, 100.0, 100.0, 300.0]), (300, 300.0));
    }

    #[test]
    fn what_order_alone_decided_is_told() {
        let tie = |delays_ms: &[f64], mode| {
            let windows = windows(delays_ms);
            select(&windows.iter().collect::<Vec<_>>(), mode).unwrap().tie.map(|tie| (tie.delay_ms, tie.windows))
        };
        let median = Mode::ClusterMedian { within_ms: 1.0 };
        let early = Mode::EarlyCluster { window: 10, threshold: 5 };
        let stable = Mode::FirstStable { min_windows: 3, skip_unstable: true };
        // Whole milliseconds that are as frequent, but agree.
        let near = [0.25, 1.25, 0.25, 1.25];
        assert_eq!(tie(&near, Mode::MostCommon), Some((1.25, 2)));
        for mode in [Mode::Clustered, median, early, stable, Mode::Average] {
            assert_eq!(tie(&near, mode), None, "{mode:?}");
        }
        for mode in [Mode::MostCommon, Mode::Clustered, median, early, stable] {
            assert_eq!(tie(&[100.0, 300.0, 300.0], mode), None, "{mode:?}");
        }
        let apart = [100.0, 300.0, 300.0, 100.0];
        for mode in [Mode::MostCommon, Mode::Clustered, median, early, stable] {
            assert_eq!(tie(&apart, mode), Some((300.0, 2)), "{mode:?}");
        }
        assert_eq!(tie(&apart, Mode::Average), None);
        assert_eq!(tie(&[100.0, 101.0, 100.0, 300.0, 300.0], Mode::Clustered), Some((300.0, 2)));
        // Two clusters that begin with the same window.
        assert_eq!(tie(&[5.0, 6.0, 7.0, 5.0, 6.0, 7.0, 6.0], early), Some((6.0, 7)));
    }

    #[test]
    fn of_dense_places_that_agree_the_cluster_median_takes_the_middle_whatever_their_order() {
        // 1.4 and 1.86 have eleven windows within 1 ms, each not one of those at the ends.
        let mut delays_ms = [&[0.85][..], &[1.4; 5], &[1.86; 5], &[2.5]].concat();
        assert_eq!(cluster_median(&delays_ms), (2, 1.63));
        delays_ms.reverse();
        assert_eq!(cluster_median(&delays_ms), (2, 1.63));
    }

    #[test]
    fn nothing_is_selected_from_nothing() {
        let stable = Mode::FirstStable { min_windows: 1, skip_unstable: false };
        let median = Mode::ClusterMedian { within_ms: 1.0 };
        let early = Mode::EarlyCluster { window: 10, threshold: 5 };
        for mode in [Mode::MostCommon, Mode::Clustered, median, early, stable, Mode::Average] {
            assert_eq!(select(&[], mode), None);
        }
    }
}
