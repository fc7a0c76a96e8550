//! Clusters of numbers by density (DBSCAN of Ester and others, 1996), labelled as scikit-learn labels them.
//!
//! linfa's implementation is adapted in three places: its neighbours are nearer than the distance where scikit-learn's may also be just that
//! far, it refuses clusters of one, and its Euclidean distance compares squares, which rounds.

use linfa::{ParamGuard, traits::Transformer};
use linfa_clustering::Dbscan;
use linfa_nn::{CommonNearestNeighbour, distance::L1Dist};
use ndarray::Array2;
use vsg_plugin_api::{Error, Result};

/// The cluster of each value, counted from 0 in the order of their first core points; `None` of what belongs to no cluster.
///
/// A core point has at least `min_samples` values no farther than `eps`, itself among them. A value that is near to core points of two
/// clusters belongs to the first. Fails if `eps` is not above 0 or a value is not finite.
pub(crate) fn labels(values: &[f64], eps: f64, min_samples: usize) -> Result<Vec<Option<usize>>> {
    if values.iter().any(|value| !value.is_finite()) {
        return Err(Error::new("a delay that is no number can not be clustered"));
    }
    // Alone in a cluster means to be a core point without neighbours: twice the same point has one.
    let copies = if min_samples <= 1 { 2 } else { 1 };
    let points: Vec<f64> = values.iter().flat_map(|value| std::iter::repeat_n(*value, copies)).collect();
    let points = Array2::from_shape_vec((points.len(), 1), points).map_err(|error| Error::new(error.to_string()))?;
    let clustering = Dbscan::params_with(min_samples.max(2), L1Dist, CommonNearestNeighbour::LinearSearch)
        .tolerance(eps.next_up())
        .check()
        .map_err(|error| Error::new(format!("clusters of delays: {error}")))?;
    Ok(clustering.transform(&points).iter().step_by(copies).copied().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The definition, word for word.
    fn by_definition(values: &[f64], eps: f64, min_samples: usize) -> Vec<Option<usize>> {
        let near = |i: usize| (0..values.len()).filter(move |j| (values[i] - values[*j]).abs() <= eps);
        let is_core = |i: usize| near(i).count() >= min_samples;
        let (mut labels, mut next) = (vec![None; values.len()], 0);
        for first in 0..values.len() {
            if labels[first].is_some() || !is_core(first) {
                continue;
            }
            let mut reached = vec![first];
            while let Some(at) = reached.pop() {
                if labels[at].is_none() {
                    labels[at] = Some(next);
                    reached.extend(near(at).filter(|_| is_core(at)));
                }
            }
            next += 1;
        }
        labels
    }

    #[test]
    fn what_is_no_number_is_refused_and_nothing_has_no_clusters() {
        assert!(labels(&[1.0, f64::NAN], 20.0, 2).is_err());
        assert!(labels(&[1.0, f64::INFINITY], 20.0, 2).is_err());
        assert!(labels(&[1.0], -1.0, 2).is_err());
        assert_eq!(labels(&[], 20.0, 2).unwrap(), []);
    }

    proptest! {
        #[test]
        fn labels_are_those_of_the_definition(
            values in proptest::collection::vec(-60i32..60, 0..40), eps in 1u32..20, min_samples in 1usize..6,
        ) {
            let values: Vec<f64> = values.into_iter().map(f64::from).collect();
            let eps = f64::from(eps) / 2.0;
            prop_assert_eq!(labels(&values, eps, min_samples).unwrap(), by_definition(&values, eps, min_samples));
        }
    }
}
