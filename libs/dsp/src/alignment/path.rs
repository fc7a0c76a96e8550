//! The line, or the stretches of lines, that lags of pieces over time follow: how fast the delay grows, and where it jumps.

use super::correlate::Found;
use crate::stats;

/// Fastest growth of the lag that is taken for drift: twice what a piece bears without losing itself.
const FASTEST: f64 = 0.0006;
/// How far pieces with one delay scatter at most (values).
const SCATTER: f64 = 2.0;
/// Lags of stretches this near to each other are one (values).
const SAME: f64 = 1.2;
/// Drift that moves less than this over all pieces (values) is none.
const LEAST_DRIFT: f64 = 1.2;
/// Slope in standard errors above which it is one.
const CERTAIN: f64 = 5.0;
/// A stretch of one piece alone has to stand out this far.
const ALONE: f64 = 11.0;
/// How many pieces ahead slopes are taken.
const AHEAD: usize = 6;

/// A piece of the reference that was found in the target.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Placed {
    /// Its middle (values of the reference).
    pub(super) at: f64,
    /// Where it was found.
    pub(super) found: Found,
}

/// Pieces that lie on one line.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Stretch {
    /// Middle of the first piece (values).
    pub(super) first: f64,
    /// Middle of the last piece (values).
    pub(super) last: f64,
    /// Lag at the start of the reference (values).
    pub(super) lag: f64,
    /// Number of pieces.
    pub(super) pieces: usize,
}

/// What the pieces follow.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Path {
    /// How much the lag grows for each value of the reference; 0 unless it is certain that it does.
    pub(super) slope: f64,
    /// Stretches in order of time.
    pub(super) stretches: Vec<Stretch>,
}

impl Path {
    /// Pieces on stretches that more than one piece speaks for.
    #[must_use]
    pub(super) fn members(&self) -> usize {
        self.stretches.iter().map(|stretch| stretch.pieces).filter(|pieces| *pieces > 1).sum()
    }
}

/// The path of pieces in order of time.
#[must_use]
pub(super) fn path(placed: &[Placed]) -> Path {
    let steady = stretches(placed, 0.0);
    let mut slope = common_slope(placed);
    let mut drifting = stretches(placed, slope);
    for _ in 0..3 {
        let Some((better, _)) = refined(placed, slope, &drifting) else { break };
        slope = better;
        drifting = stretches(placed, slope);
    }
    let Some((_, error)) = refined(placed, slope, &drifting) else { return summed(placed, 0.0, &steady) };
    let span = placed.last().map_or(0.0, |last| last.at) - placed.first().map_or(0.0, |first| first.at);
    let is_sure = slope.abs() > CERTAIN * error && slope.abs() * span > LEAST_DRIFT;
    if is_sure { summed(placed, slope, &drifting) } else { summed(placed, 0.0, &steady) }
}

/// Median slope between pieces that are near each other, which jumps between some of them do not move.
fn common_slope(placed: &[Placed]) -> f64 {
    let mut slopes = Vec::new();
    for (index, one) in placed.iter().enumerate() {
        for other in placed[index + 1..].iter().take(AHEAD) {
            let (run, rise) = (other.at - one.at, other.found.lag - one.found.lag);
            if rise.abs() <= FASTEST * run + 1.0 {
                slopes.push(rise / run);
            }
        }
    }
    stats::median(&mut slopes).unwrap_or(0.0)
}

/// Groups of pieces (their numbers) whose lags lie together once the slope is taken out; strays are in none.
fn stretches(placed: &[Placed], slope: f64) -> Vec<Vec<usize>> {
    let rest = |index: usize| placed[index].found.lag - slope * placed[index].at;
    let mut runs: Vec<Vec<usize>> = Vec::new();
    for index in 0..placed.len() {
        let joins = |run: &Vec<usize>| (rest(index) - level(run, rest)).abs() <= SCATTER;
        // A stray piece does not end the run around it.
        let known = runs.iter().enumerate().rev().take(3).find(|(_, run)| joins(run)).map(|(known, _)| known);
        match known {
            Some(known) if known + 1 == runs.len() => runs[known].push(index),
            Some(known) if runs[known + 1..].iter().all(|run| is_stray(run, placed)) => {
                runs.truncate(known + 1);
                runs[known].push(index);
            }
            _ => runs.push(vec![index]),
        }
    }
    runs.retain(|run| !is_stray(run, placed));
    let mut merged: Vec<Vec<usize>> = Vec::new();
    for run in runs {
        match merged.last_mut() {
            Some(last) if (level(last, rest) - level(&run, rest)).abs() <= SAME => last.extend(run),
            _ => merged.push(run),
        }
    }
    merged
}

fn is_stray(run: &[usize], placed: &[Placed]) -> bool {
    run.len() == 1 && placed[run[0]].found.significance < ALONE
}

fn level(run: &[usize], rest: impl Fn(usize) -> f64) -> f64 {
    stats::median(&mut run.iter().map(|index| rest(*index)).collect::<Vec<f64>>()).unwrap_or(0.0)
}

/// Least-squares slope with a level of its own for each stretch, and its standard error. Pieces far from their line do not count.
fn refined(placed: &[Placed], slope: f64, stretches: &[Vec<usize>]) -> Option<(f64, f64)> {
    let rest = |index: usize| placed[index].found.lag - slope * placed[index].at;
    let (mut products, mut squares, mut errors, mut count) = (0.0, 0.0, 0.0, 0usize);
    for run in stretches.iter().filter(|run| run.len() > 2) {
        let middle = level(run, rest);
        let kept: Vec<usize> = run.iter().copied().filter(|index| (rest(*index) - middle).abs() <= SCATTER).collect();
        let n = kept.len().max(1) as f64;
        let mean_at = kept.iter().map(|index| placed[*index].at).sum::<f64>() / n;
        let mean_rest = kept.iter().map(|index| rest(*index)).sum::<f64>() / n;
        for index in &kept {
            let (run, rise) = (placed[*index].at - mean_at, rest(*index) - mean_rest);
            products += run * rise;
            squares += run * run;
            errors += rise * rise;
        }
        count += kept.len().saturating_sub(1);
    }
    if count < 3 || squares <= 0.0 {
        return None;
    }
    let change = products / squares;
    let residual = ((errors - change * products).max(0.0) / (count - 1) as f64).sqrt();
    // Lags are no more exact than a tenth of a value, however well they agree.
    Some((slope + change, residual.max(0.1) / squares.sqrt()))
}

fn summed(placed: &[Placed], slope: f64, stretches: &[Vec<usize>]) -> Path {
    let rest = |index: usize| placed[index].found.lag - slope * placed[index].at;
    let stretch = |run: &Vec<usize>| {
        let (first, last) = (run.first()?, run.last()?);
        Some(Stretch { first: placed[*first].at, last: placed[*last].at, lag: level(run, rest), pieces: run.len() })
    };
    Path { slope, stretches: stretches.iter().filter_map(stretch).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::made_up::noise;

    /// Pieces 1000 frames apart with lags by `lag`, off by up to `scatter` frames.
    fn placed(count: usize, scatter: f64, lag: impl Fn(f64) -> f64) -> Vec<Placed> {
        let off = noise(count, 5);
        let at = |index: usize| 1000.0 * index as f64 + 500.0;
        let piece = |index: usize| Placed {
            at: at(index),
            found: Found { lag: lag(at(index)) + scatter * f64::from(off[index]), significance: 10.0 },
        };
        (0..count).map(piece).collect()
    }

    #[test]
    fn one_lag_is_one_stretch_without_slope() {
        let path = path(&placed(120, 0.4, |_| 77.0));
        assert_eq!((path.slope, path.stretches.len()), (0.0, 1));
        assert!((path.stretches[0].lag - 77.0).abs() < 0.2);
    }

    #[test]
    fn drift_of_any_sign_is_told_from_steps() {
        for slope in [0.0005, 0.0002, -0.0001, 0.00003, -0.00002] {
            let path = path(&placed(130, 0.4, |at| 40.0 + slope * at));
            assert!((path.slope - slope).abs() < 2e-6, "{slope}: {path:?}");
            assert_eq!(path.stretches.len(), 1, "{slope}: {path:?}");
            assert!((path.stretches[0].lag - 40.0).abs() < 0.3, "{slope}: {path:?}");
        }
    }

    #[test]
    fn steps_are_told_from_drift() {
        let staircase = |at: f64| 10.0 + 4.0 * (at / 15_000.0).floor();
        let path = path(&placed(130, 0.4, staircase));
        assert_eq!((path.slope, path.stretches.len()), (0.0, 9), "{path:?}");
        assert!((path.stretches[3].lag - 22.0).abs() < 0.3);
    }

    #[test]
    fn steps_and_drift_together_are_both_seen() {
        let path = path(&placed(130, 0.4, |at| 0.0004 * at + if at > 60_000.0 { -900.0 } else { 30.0 }));
        assert!((path.slope - 0.0004).abs() < 5e-6, "{path:?}");
        assert_eq!(path.stretches.len(), 2);
        assert_eq!(path.stretches[1].first, 60_500.0);
    }

    #[test]
    fn stray_pieces_are_left_out() {
        let mut pieces = placed(100, 0.4, |_| 50.0);
        for index in [3, 40, 41, 97] {
            pieces[index].found.lag = -5000.0 + 777.0 * index as f64;
        }
        let path = path(&pieces);
        assert_eq!(path.stretches.len(), 1, "{path:?}");
        assert_eq!(path.stretches[0].pieces, 96);
    }

    #[test]
    fn a_short_stretch_that_stands_out_is_kept() {
        let mut pieces = placed(100, 0.4, |_| 50.0);
        pieces[40].found = Found { lag: 9000.0, significance: 40.0 };
        assert_eq!(path(&pieces).stretches.len(), 3);
    }

    #[test]
    fn few_pieces_are_no_drift() {
        assert_eq!(path(&[]).stretches.len(), 0);
        let path = path(&placed(3, 0.0, |at| 0.001 * at));
        assert_eq!(path.slope, 0.0);
    }
}
