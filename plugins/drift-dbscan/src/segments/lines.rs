//! Parallel lines through the stretches of a target, by weighted least squares, and how far off they may be.

use super::{Found, Piece, Point, Scan, noise::median, path::Stretches};
use vsg_dsp::peak::HALF_A_SAMPLE_MS;
use vsg_dsp::student::t95;

/// Parallel lines.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fit {
    /// Their slope (ms/s).
    pub(super) rate_ms_per_s: f64,
    /// Delay of each line at the start of the reference (ms).
    pub(super) levels_ms: Vec<f64>,
    /// For each line: sum of weights (1/ms²) and weighted mean of times (s).
    moments: Vec<(f64, f64)>,
    /// Weighted sum of squares of times around the means of their lines (s²/ms²).
    spread: f64,
}

impl Fit {
    /// How far a window lies above a line (ms).
    pub(super) fn residual_ms(&self, point: &Point, stretch: usize) -> f64 {
        point.delay_ms - self.levels_ms[stretch] - self.rate_ms_per_s * point.at_s
    }
}

/// The lines with the least squares, all of one slope; `rate_ms_per_s` sets it. `None` without stretches.
pub(super) fn fit(points: &[Point], stretches: &Stretches, rate_ms_per_s: Option<f64>) -> Option<Fit> {
    let members = || points.iter().zip(&stretches.of).filter_map(|(point, of)| Some((point, (*of)?, weight(point))));
    let mut sums = vec![(0.0, 0.0, 0.0); stretches.count];
    for (point, stretch, weight) in members() {
        let (sum, times, delays) = &mut sums[stretch];
        *sum += weight;
        *times += weight * point.at_s;
        *delays += weight * point.delay_ms;
    }
    if sums.is_empty() || sums.iter().any(|(sum, ..)| *sum == 0.0) {
        return None;
    }
    let means: Vec<(f64, f64)> = sums.iter().map(|(sum, times, delays)| (times / sum, delays / sum)).collect();
    let (mut spread, mut covariance) = (0.0, 0.0);
    for (point, stretch, weight) in members() {
        let off_s = point.at_s - means[stretch].0;
        spread += weight * off_s * off_s;
        covariance += weight * off_s * (point.delay_ms - means[stretch].1);
    }
    let rate = rate_ms_per_s.unwrap_or(if spread > 0.0 { covariance / spread } else { 0.0 });
    Some(Fit {
        rate_ms_per_s: rate,
        levels_ms: means.iter().map(|(at_s, delay_ms)| delay_ms - rate * at_s).collect(),
        moments: sums.iter().zip(&means).map(|((sum, ..), (at_s, _))| (*sum, *at_s)).collect(),
        spread,
    })
}

fn weight(point: &Point) -> f64 {
    1.0 / (point.sigma_ms * point.sigma_ms)
}

/// The lines without what lies more than four spreads off, and their errors.
pub(super) fn trimmed(scan: &Scan<'_>, stretches: &Stretches, rate_ms_per_s: Option<f64>) -> Found {
    let mut kept = stretches.clone();
    let mut fitted = fit(scan.points, &kept, rate_ms_per_s);
    for _ in 0..3 {
        let Some(lines) = &fitted else { break };
        let off = |index: usize, stretch| lines.residual_ms(&scan.points[index], stretch) / scan.points[index].sigma_ms;
        let all = stretches.of.iter().enumerate().filter_map(|(index, of)| Some(off(index, (*of)?).abs()));
        let limit = 4.0 * (1.4826 * median(all.collect()).unwrap_or(0.0)).max(1.0);
        for (index, of) in stretches.of.iter().enumerate() {
            kept.of[index] = of.filter(|stretch| off(index, *stretch).abs() <= limit);
        }
        match fit(scan.points, &kept, rate_ms_per_s) {
            Some(better) => fitted = Some(better),
            // A stretch lost all its windows.
            None => {
                kept = stretches.clone();
                break;
            }
        }
    }
    let nothing = Found { rate_ms_per_s: 0.0, rate_error_ms_per_s: 0.0, pieces: Vec::new(), spread_ms: 0.0 };
    fitted.map_or(nothing, |fit| with_errors(scan, &kept, &fit, rate_ms_per_s.is_none()))
}

/// Errors from how far windows scatter. Windows that share sound count as the one that they are.
fn with_errors(scan: &Scan<'_>, kept: &Stretches, fit: &Fit, is_rate_free: bool) -> Found {
    let members: Vec<(&Point, usize)> =
        scan.points.iter().zip(&kept.of).filter_map(|(point, of)| Some((point, (*of)?))).collect();
    let squares = |of: &dyn Fn(&Point, f64) -> f64| -> f64 {
        members.iter().map(|(point, stretch)| of(point, fit.residual_ms(point, *stretch))).sum()
    };
    let parameters = kept.count + usize::from(is_rate_free);
    let freedom = members.len().saturating_sub(parameters);
    // Without any freedom the windows' own word has to do.
    let scatter = if freedom == 0 { 1.0 } else { squares(&|point, off| weight(point) * off * off) / freedom as f64 };
    let independent = (members.len() as f64 / scan.overlap) as usize;
    let t = t95(independent.saturating_sub(parameters).max(1)) * (scatter * scan.overlap).sqrt();
    let systematic_ms = HALF_A_SAMPLE_MS.max(scan.limits.resolution_ms / 2.0);
    let rate_error = if fit.spread > 0.0 { t / fit.spread.sqrt() } else { 0.0 };
    let pieces = (0..kept.count).map(|stretch| {
        let (sum, mean_s) = fit.moments[stretch];
        let along_ms = if is_rate_free { rate_error * mean_s } else { 0.0 };
        let random_ms = (t / sum.sqrt()).hypot(along_ms);
        Piece {
            delay_ms: fit.levels_ms[stretch],
            error_ms: random_ms.hypot(systematic_ms),
            members: (0..kept.of.len()).filter(|index| kept.of[*index] == Some(stretch)).collect(),
        }
    });
    Found {
        rate_ms_per_s: fit.rate_ms_per_s,
        rate_error_ms_per_s: rate_error,
        pieces: pieces.collect(),
        spread_ms: (squares(&|_, off| off * off) / freedom.max(1) as f64).sqrt(),
    }
}
