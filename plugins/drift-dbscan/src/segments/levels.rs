//! The levels that delays lie on when their slope is taken out: clusters of delays if there are few, of running medians if there are many.
//!
//! Many delays themselves would not do: hundreds of them with errors of 5 ms fill the 40 ms between two levels, and density clusters would grow
//! together. A running median keeps cuts sharp and errors small, and one that few of its windows agree with is left out.

use super::{Scan, noise};
use crate::dbscan;
use std::collections::BTreeMap;
use vsg_plugin_api::Result;

/// From here on windows are many.
pub(super) const MANY: usize = 30;

/// Of medians that lie as near as an eighth of the clusters' distance, this many tell as much as all.
const ALIKE: usize = 4;

/// The levels (ms), in no particular order.
pub(super) fn levels(scan: &Scan<'_>, residuals_ms: &[f64], sigmas_ms: &[f64]) -> Result<Vec<f64>> {
    let sigma_ms = noise::median(sigmas_ms.to_vec()).unwrap_or(1.0);
    if residuals_ms.len() < MANY {
        return clusters(residuals_ms.to_vec(), 2.5 * sigma_ms);
    }
    let held = held_medians(scan, residuals_ms, sigmas_ms);
    clusters(few_of_each(held, sigma_ms / 8.0), sigma_ms)
}

/// The running medians that most of their windows agree with.
fn held_medians(scan: &Scan<'_>, residuals_ms: &[f64], sigmas_ms: &[f64]) -> Vec<f64> {
    let width = noise::width(scan);
    let medians = noise::running(residuals_ms, width);
    let is_held = |index: usize| {
        let near = |other: &usize| (residuals_ms[*other] - medians[index]).abs() <= 3.0 * sigmas_ms[*other];
        noise::around(medians.len(), width, index).filter(near).count() > width / 2
    };
    (0..medians.len()).filter(|index| is_held(*index)).map(|index| medians[index]).collect()
}

/// The median of each cluster of values.
fn clusters(values: Vec<f64>, eps: f64) -> Result<Vec<f64>> {
    let mut clusters: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
    for (label, value) in dbscan::labels(&values, eps, 2)?.into_iter().zip(values) {
        if let Some(label) = label {
            clusters.entry(label).or_default().push(value);
        }
    }
    Ok(clusters.into_values().filter_map(noise::median).collect())
}

/// Leaves no more than a few values in each bin, because clustering compares all with all.
fn few_of_each(values: Vec<f64>, bin: f64) -> Vec<f64> {
    let mut sorted = values;
    sorted.sort_by(f64::total_cmp);
    let mut kept: Vec<f64> = Vec::new();
    for value in sorted {
        let full = kept.len() >= ALIKE && value - kept[kept.len() - ALIKE] < bin;
        if !full {
            kept.push(value);
        }
    }
    kept
}
