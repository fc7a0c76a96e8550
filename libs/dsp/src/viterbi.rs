//! The cheapest path through a row of states, each change of state costing the same.
//!
//! Source: Viterbi, "Error bounds for convolutional codes and an asymptotically optimum decoding algorithm" (1967). As all changes cost
//! alike, the best state before decides them all, and a step costs as many operations as there are states.

/// The state of each of `count` places on the path with the least sum of `cost(place, state)`, and `change` for each change of state. Of
/// equal paths the one that changes less; empty without states.
pub fn cheapest(count: usize, states: usize, change: f64, cost: impl Fn(usize, usize) -> f64) -> Vec<usize> {
    if states == 0 {
        return Vec::new();
    }
    let mut totals = vec![0.0; states];
    let mut from: Vec<Vec<usize>> = Vec::with_capacity(count);
    for place in 0..count {
        let best = least(&totals);
        let origins: Vec<usize> =
            (0..states).map(|state| if totals[state] <= totals[best] + change { state } else { best }).collect();
        totals = (0..states)
            .map(|state| {
                let changed = if origins[state] == state { 0.0 } else { change };
                totals[origins[state]] + changed + cost(place, state)
            })
            .collect();
        from.push(origins);
    }
    let mut state = least(&totals);
    let mut path = vec![0; count];
    for place in (0..count).rev() {
        path[place] = state;
        state = from[place][state];
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

    fn total(path: &[usize], costs: &[Vec<f64>], change: f64) -> f64 {
        let places: f64 = path.iter().zip(costs).map(|(state, costs)| costs[*state]).sum();
        places + change * path.windows(2).filter(|pair| pair[0] != pair[1]).count() as f64
    }

    proptest! {
        #[test]
        fn no_other_path_is_cheaper(
            costs in proptest::collection::vec(proptest::collection::vec(-5.0f64..5.0, 3), 1..7), change in 0.0f64..6.0,
        ) {
            let path = cheapest(costs.len(), 3, change, |place, state| costs[place][state]);
            let found = total(&path, &costs, change);
            for other in 0..3usize.pow(costs.len() as u32) {
                let other: Vec<usize> = (0..costs.len()).map(|place| other / 3usize.pow(place as u32) % 3).collect();
                prop_assert!(found <= total(&other, &costs, change) + 1e-9, "{path:?} {other:?}");
            }
        }
    }

    #[test]
    fn nothing_has_an_empty_path() {
        assert_eq!(cheapest(0, 3, 1.0, |_, _| 0.0), [0; 0]);
        assert_eq!(cheapest(3, 0, 1.0, |_, _| 0.0), [0; 0]);
    }
}
