//! Which level each window lies on: the cheapest path through the levels in order of time.

use super::Scan;
use vsg_dsp::viterbi;

/// What a window astray costs: as much as one that lies four standard errors off.
pub(super) const STRAY_COST: f64 = 8.0;

/// Which stretch each window belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stretches {
    /// By window; `None` of those that are astray.
    pub(super) of: Vec<Option<usize>>,
    /// Number of stretches.
    pub(super) count: usize,
}

impl Stretches {
    /// Joins a stretch with the next one.
    pub(super) fn join(&mut self, stretch: usize) {
        self.of.iter_mut().flatten().filter(|of| **of > stretch).for_each(|of| *of -= 1);
        self.count -= 1;
    }
}

/// What a window costs that lies this far from its level.
pub(super) fn emission(residual_ms: f64, sigma_ms: f64) -> f64 {
    let z = residual_ms / sigma_ms;
    (z * z / 2.0).min(STRAY_COST)
}

/// What a cut costs: more than a window or two astray, and more than the same astray sound in several windows that share it.
pub(super) fn cut_cost(scan: &Scan<'_>) -> f64 {
    1.5 * STRAY_COST * (scan.overlap / 2.0).max(1.0)
}

/// The stretches of the cheapest path. A stretch that no two windows without common sound confirm is astray.
pub(super) fn stretches(scan: &Scan<'_>, residuals_ms: &[f64], sigmas_ms: &[f64], levels_ms: &[f64]) -> Stretches {
    let mut is_astray = vec![false; residuals_ms.len()];
    loop {
        let costs = |index: usize, level_ms: f64| {
            if is_astray[index] { 0.0 } else { emission(residuals_ms[index] - level_ms, sigmas_ms[index]) }
        };
        let cost = |index: usize, level: usize| costs(index, levels_ms[level]);
        let path = viterbi::cheapest(residuals_ms.len(), levels_ms.len(), cut_cost(scan), |_, _| 0, cost);
        let path: Vec<usize> = path.into_iter().flatten().collect();
        let near = |index: usize| !is_astray[index] && costs(index, levels_ms[path[index]]) < STRAY_COST;
        let on_path: Vec<(usize, usize)> =
            (0..path.len()).filter(|index| near(*index)).map(|index| (index, path[index])).collect();
        let runs: Vec<&[(usize, usize)]> = on_path.chunk_by(|one, other| one.1 == other.1).collect();
        let unconfirmed = || runs.iter().filter(|run| !is_confirmed(scan, run));
        if let Some(shortest) = unconfirmed().map(|run| run.len()).min() {
            let shortest = unconfirmed().filter(|run| run.len() == shortest);
            shortest.copied().flatten().for_each(|(index, _)| is_astray[*index] = true);
            continue;
        }
        let mut of = vec![None; residuals_ms.len()];
        for (stretch, run) in runs.iter().enumerate() {
            run.iter().for_each(|(index, _)| of[*index] = Some(stretch));
        }
        return Stretches { of, count: runs.len() };
    }
}

fn is_confirmed(scan: &Scan<'_>, run: &[(usize, usize)]) -> bool {
    let [(first, _), .., (last, _)] = run else { return false };
    let apart_s = scan.points[*last].at_s - scan.points[*first].at_s;
    if scan.is_dense() {
        return run.len() >= 3 && apart_s >= 0.999 * scan.limits.window_s;
    }
    // Few windows of a dense scan may be accepted, and neighbours among them.
    !scan.share_sound(apart_s)
}
