//! The cheapest path through a row of states, each change of state costing the same.
//!
//! Source: Viterbi, "Error bounds for convolutional codes and an asymptotically optimum decoding algorithm" (1967). A change may pass over
//! places, as where a film goes on without a counterpart; without that the best state before decides all changes, and a step costs as
//! many operations as there are states.

/// The state of each of `count` places on the path with the least sum of `cost(place, state)`, and `change` for each change of state. A
/// change passes over `passed(from, to)` places, which have no state and cost nothing. Of equal paths the one that changes less;
/// without states no place has one.
pub fn cheapest(
    count: usize,
    states: usize,
    change: f64,
    passed: impl Fn(usize, usize) -> usize,
    cost: impl Fn(usize, usize) -> f64,
) -> Vec<Option<usize>> {
    let mut path = vec![None; count];
    if states == 0 || count == 0 {
        return path;
    }
    let passed: Vec<Vec<usize>> = (0..states).map(|to| (0..states).map(|from| passed(from, to)).collect()).collect();
    let mut totals: Vec<Vec<f64>> = Vec::with_capacity(count);
    // Place and state before each.
    let mut before: Vec<Vec<Option<(usize, usize)>>> = Vec::with_capacity(count);
    for place in 0..count {
        let best = totals.last().map_or(0, |last| least(last));
        let reached = |to: usize| {
            let stayed = place.checked_sub(1).map(|last| (totals[last][to], Some((last, to))));
            let is_plain = passed[to].iter().all(|places| *places == 0);
            let changed = if is_plain { best..best + 1 } else { 0..states }.filter_map(|from| {
                let last = place.checked_sub(1 + passed[to][from])?;
                Some((totals[last][from] + change, Some((last, from))))
            });
            // The first place is reached at no cost.
            stayed
                .into_iter()
                .chain(changed)
                .reduce(|one, other| if other.0 < one.0 { other } else { one })
                .unwrap_or((0.0, None))
        };
        let row: Vec<(f64, Option<(usize, usize)>)> = (0..states).map(reached).collect();
        totals.push(row.iter().enumerate().map(|(state, (total, _))| total + cost(place, state)).collect());
        before.push(row.into_iter().map(|(_, from)| from).collect());
    }
    let mut next = Some((count - 1, least(&totals[count - 1])));
    while let Some((place, state)) = next {
        path[place] = Some(state);
        next = before[place][state];
    }
    path
}

fn least(totals: &[f64]) -> usize {
    (0..totals.len()).fold(0, |best, index| if totals[index] < totals[best] { index } else { best })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What a path costs; none if it changes in another way than it may.
    fn total(
        path: &[Option<usize>],
        costs: &[Vec<f64>],
        change: f64,
        passed: impl Fn(usize, usize) -> usize,
    ) -> Option<f64> {
        let on: Vec<(usize, usize)> =
            path.iter().enumerate().filter_map(|(place, state)| Some((place, (*state)?))).collect();
        let places: f64 = on.iter().map(|(place, state)| costs[*place][*state]).sum();
        let mut changes = 0.0;
        for pair in on.windows(2) {
            let ((at, from), (next, to)) = (pair[0], pair[1]);
            let between = if from == to { 0 } else { passed(from, to) };
            if next - at - 1 != between {
                return None;
            }
            changes += if from == to { 0.0 } else { change };
        }
        let ends = path.first()?.is_some() && path.last()?.is_some();
        ends.then_some(places + changes)
    }

    proptest! {
        #[test]
        fn no_other_path_is_cheaper(
            costs in proptest::collection::vec(proptest::collection::vec(-5.0f64..5.0, 2), 1..7), change in 0.0f64..6.0, up in 0usize..3,
        ) {
            let passed = |from: usize, to: usize| if to > from { up } else { 0 };
            let path = cheapest(costs.len(), 2, change, passed, |place, state| costs[place][state]);
            let found = total(&path, &costs, change, passed).unwrap();
            for other in 0..3usize.pow(costs.len() as u32) {
                let state = |place: usize| Some(other / 3usize.pow(place as u32) % 3).filter(|state| *state < 2);
                let other: Vec<Option<usize>> = (0..costs.len()).map(state).collect();
                if let Some(other_total) = total(&other, &costs, change, passed) {
                    prop_assert!(found <= other_total + 1e-9, "{path:?} {other:?}");
                }
            }
        }
    }

    #[test]
    fn nothing_has_an_empty_path() {
        assert_eq!(cheapest(0, 3, 1.0, |_, _| 0, |_, _| 0.0), []);
        assert_eq!(cheapest(3, 0, 1.0, |_, _| 0, |_, _| 0.0), [None; 3]);
    }
}
