//! What the accepted windows of a target say: which agree with what was selected, and what the others agree on.

use vsg_plugin_api::kinds::{Vote, Window};

/// What one accepted window says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Said<'a> {
    pub(crate) window: &'a Window,
    /// Its delay without what drift adds (ms).
    pub(crate) level_ms: f64,
    /// Whether that is what was selected for its time.
    pub(crate) agrees: bool,
}

/// How long the sound is that windows of one length hold, in order of time (s); where they overlap it counts once.
pub(crate) fn covered_s<'w>(windows: impl IntoIterator<Item = &'w Window>, window_s: f64) -> f64 {
    let mut end_s = f64::NEG_INFINITY;
    let new_s = |window: &Window| {
        let (start_s, before_s) = (window.start_s, end_s);
        end_s = start_s + window_s;
        window_s.min(end_s - before_s)
    };
    windows.into_iter().map(new_s).sum()
}

/// Of values those that most others lie near, in their order; none of nothing.
pub(crate) fn densest(values: &[f64], within: f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|one, other| values[*one].total_cmp(&values[*other]));
    let (mut from, mut to) = (0, 0);
    let mut counts = vec![0; values.len()];
    for &index in &order {
        let value = values[index];
        while value - values[order[from]] > within {
            from += 1;
        }
        while to < order.len() && values[order[to]] - value <= within {
            to += 1;
        }
        counts[index] = to - from;
    }
    let highest = counts.iter().copied().max();
    values.iter().zip(counts).filter(|(_, count)| Some(*count) == highest).map(|(value, _)| *value).collect()
}

/// What windows that do not agree with the selection agree on: each by at least two of them, the most first. Also those that are alone.
pub(crate) fn others<'s, 'w>(said: &'s [Said<'w>], within_ms: f64) -> (Vec<Vote>, Vec<&'s Said<'w>>) {
    let mut left: Vec<&Said<'w>> = said.iter().filter(|said| !said.agrees).collect();
    let mut votes = Vec::new();
    loop {
        let levels_ms: Vec<f64> = left.iter().map(|said| said.level_ms).collect();
        let Some(&center_ms) = densest(&levels_ms, within_ms).first() else { break };
        let near = |said: &&Said<'w>| (said.level_ms - center_ms).abs() <= within_ms;
        let (together, apart): (Vec<&Said<'w>>, Vec<&Said<'w>>) = left.iter().copied().partition(near);
        if together.len() < 2 {
            break;
        }
        votes.extend(vote(&together));
        left = apart;
    }
    (votes, left)
}

/// The vote of windows in order of time; `None` of nothing.
pub(crate) fn vote(together: &[&Said<'_>]) -> Option<Vote> {
    let [first, .., last] = together else {
        return together.first().map(|said| one(said.level_ms, said, said, 1));
    };
    let level_ms = crate::selection::median(together.iter().map(|said| said.level_ms));
    Some(one(level_ms, first, last, together.len()))
}

fn one(delay_ms: f64, first: &Said<'_>, last: &Said<'_>, windows: usize) -> Vote {
    Vote { delay_ms, windows, first_s: first.window.start_s, last_s: last.window.start_s }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::made_up::windows;

    #[test]
    fn what_windows_share_counts_once() {
        let at = |start_s| Window { start_s, ..Window::default() };
        let windows = [at(5.0), at(7.0), at(9.0), at(40.0), at(50.0), at(50.0)];
        assert_eq!((covered_s(&windows, 10.0), covered_s(&[], 10.0)), (14.0 + 10.0 + 10.0, 0.0));
    }

    #[test]
    fn the_densest_place_is_where_most_values_are_near() {
        assert_eq!(densest(&[], 1.0), [0.0; 0]);
        assert_eq!(densest(&[5.0], 1.0), [5.0]);
        assert_eq!(densest(&[300.0, 100.0, 100.0, 300.0], 1.0), [300.0, 100.0, 100.0, 300.0], "in their order");
        assert_eq!(densest(&[9.0, 1.0, 2.0, 3.0], 1.0), [2.0]);
        assert_eq!(densest(&[9.0, 1.0, 2.0, 3.0], 6.0), [3.0]);
    }

    #[test]
    fn those_who_disagree_are_counted_by_what_they_agree_on() {
        let windows = windows(&[5.0, 905.0, 5.0, -40.0, 905.5, 904.9, 77.0, 77.5]);
        let said: Vec<Said<'_>> = windows
            .iter()
            .map(|window| Said { window, level_ms: window.delay_ms, agrees: window.delay_ms == 5.0 })
            .collect();
        let (votes, alone) = others(&said, 1.0);
        assert_eq!(alone.iter().map(|said| said.level_ms).collect::<Vec<_>>(), [-40.0]);
        assert_eq!(votes[0], Vote { delay_ms: 905.0, windows: 3, first_s: 10.0, last_s: 50.0 });
        assert_eq!(votes[1], Vote { delay_ms: 77.25, windows: 2, first_s: 60.0, last_s: 70.0 });
        assert_eq!(votes.len(), 2);
    }
}
