//! Finds the lines that the delays of windows lie on: one slope, and a level for each stretch between cuts.
//!
//! The model is d(t) = a[k] + b·t: the target runs at one speed and is cut between stretches k. Some windows are astray. Slopes are
//! guessed from pairs of windows ([`slopes`]); with a slope taken out, the levels are clusters of running medians ([`levels`]), the cheapest
//! path through them in order of time gives the stretches ([`path`]), and a common fit to all stretches gives a better slope ([`lines`]), until
//! nothing changes. Of all guesses the one that explains the windows at the least cost is taken.

mod cuts;
mod levels;
mod lines;
mod noise;
mod path;
mod slopes;

pub(crate) use cuts::segments;

use path::Stretches;
use vsg_plugin_api::Result;

/// A speed that differs by more than this (ms/s) is none that a film is played at.
const LARGEST_RATE_MS_PER_S: f64 = 100.0;

/// What drift costs, on the scale of `path::STRAY_COST`.
const DRIFT_COST: f64 = 6.0;

/// Windows that lie as near as their length divided by this share too much sound to confirm each other.
const SHARED: f64 = 1.5;

/// One accepted window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Point {
    /// Its middle (s of the reference).
    pub(crate) at_s: f64,
    /// Its delay (ms).
    pub(crate) delay_ms: f64,
    /// Standard error of the delay (ms), as the method tells.
    pub(crate) sigma_ms: f64,
}

/// How windows lie, and what is told of them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Limits {
    /// Length of a window (s).
    pub(crate) window_s: f64,
    /// How finely the method measures (ms).
    pub(crate) resolution_ms: f64,
    /// Steps below are not told (ms).
    pub(crate) min_step_ms: f64,
    /// Drift below is not told (ms/s).
    pub(crate) min_rate_ms_per_s: f64,
    /// Slope that the correlation assumed (ms/s).
    pub(crate) assumed_rate_ms_per_s: f64,
}

/// The windows of one target, in order of time, and what follows from how they lie.
#[derive(Debug)]
struct Scan<'a> {
    points: &'a [Point],
    limits: &'a Limits,
    /// How many windows share each moment, at least 1: neighbours are no independent witnesses then.
    overlap: f64,
    /// Middle of all times (s): slopes turn around it.
    middle_s: f64,
}

impl<'a> Scan<'a> {
    fn new(points: &'a [Point], limits: &'a Limits) -> Self {
        let spacings = points.windows(2).map(|pair| pair[1].at_s - pair[0].at_s);
        let spacing_s = noise::median(spacings.collect()).unwrap_or(0.0);
        let overlap = if spacing_s > 0.0 { (limits.window_s / spacing_s).max(1.0) } else { 1.0 };
        let middle_s = points.iter().map(|point| point.at_s).sum::<f64>() / points.len().max(1) as f64;
        Self { points, limits, overlap, middle_s }
    }

    /// Whether neighbouring windows share sound.
    fn is_dense(&self) -> bool {
        self.overlap > SHARED
    }

    /// Whether windows that begin so far apart are no independent witnesses.
    fn share_sound(&self, apart_s: f64) -> bool {
        apart_s * SHARED < self.limits.window_s
    }

    /// Delays with a slope taken out.
    fn residuals_ms(&self, rate_ms_per_s: f64) -> Vec<f64> {
        self.points.iter().map(|point| point.delay_ms - rate_ms_per_s * (point.at_s - self.middle_s)).collect()
    }

    /// The spread that windows of one level are granted (ms): that of their errors, and no less than what keeps steps apart that are
    /// not told.
    fn sigmas_ms(&self, noise: f64) -> Vec<f64> {
        self.points
            .iter()
            .map(|point| (noise * point.sigma_ms).min(noise::LARGEST_MS).max(self.limits.min_step_ms / 8.0))
            .collect()
    }
}

/// What was found.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Found {
    /// Drift (ms/s); exactly 0 if none can be told.
    pub(crate) rate_ms_per_s: f64,
    /// Half of the range that holds the true drift in 95 % of all cases (ms/s).
    pub(crate) rate_error_ms_per_s: f64,
    /// Stretches between cuts, in order of time.
    pub(crate) pieces: Vec<Piece>,
    /// Spread of the windows around their lines (ms).
    pub(crate) spread_ms: f64,
}

/// Windows of one stretch.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Piece {
    /// Delay that the stretch would have at the start of the reference (ms).
    pub(crate) delay_ms: f64,
    /// Half of the range that holds the true one in 95 % of all cases (ms).
    pub(crate) error_ms: f64,
    /// Indices of its windows.
    pub(crate) members: Vec<usize>,
}

impl Found {
    /// Windows that lie on a line.
    pub(crate) fn explained(&self) -> usize {
        self.pieces.iter().map(|piece| piece.members.len()).sum()
    }

    /// Windows that would not have to lie on the lines: the first of each stretch always does, and a second one if there is a drift.
    pub(crate) fn coincidences(&self) -> usize {
        self.explained().saturating_sub(self.pieces.len() + usize::from(self.rate_ms_per_s != 0.0))
    }
}

/// One guess that was followed to its end.
#[derive(Clone)]
struct Guess {
    stretches: Stretches,
    noise: f64,
    /// Whether there is no drift.
    is_level: bool,
}

/// The lines through windows in order of time; `None` if no two of them agree.
pub(crate) fn find(points: &[Point], limits: &Limits) -> Result<Option<Found>> {
    let scan = Scan::new(points, limits);
    let level = follow(&scan, 0.0, true)?;
    let mut guesses: Vec<Guess> = level.iter().cloned().collect();
    for rate in slopes::candidates(&scan) {
        guesses.extend(follow(&scan, rate, false)?);
    }
    let noise = guesses.iter().map(|guess| guess.noise).fold(f64::INFINITY, f64::min);
    let sigmas_ms = scan.sigmas_ms(noise);
    let costs = guesses.into_iter().map(|guess| (cost(&scan, &guess, &sigmas_ms), guess));
    let Some((_, best)) = costs.min_by(|(one, _), (other, _)| one.total_cmp(other)) else { return Ok(None) };
    if !best.is_level {
        let stretches = merge_small_steps(&scan, best.stretches, noise);
        let found = lines::trimmed(&scan, &stretches, None);
        if is_told(&scan, &found) {
            return Ok(Some(found));
        }
    }
    // A drift that can not be told from none is none; its stretches went with it.
    Ok(level.map(|level| {
        let stretches = merge_small_steps(&scan, level.stretches, noise);
        let free = lines::trimmed(&scan, &stretches, None);
        Found { rate_error_ms_per_s: free.rate_error_ms_per_s, ..lines::trimmed(&scan, &stretches, Some(0.0)) }
    }))
}

/// Follows a slope until the stretches that it leads to lead back to it, or looks for stretches without drift.
fn follow(scan: &Scan<'_>, rate_ms_per_s: f64, is_level: bool) -> Result<Option<Guess>> {
    let mut rate = rate_ms_per_s;
    let mut guess: Option<Guess> = None;
    for _ in 0..8 {
        let residuals = scan.residuals_ms(rate);
        let noise = noise::scale(scan, &residuals);
        let sigmas_ms = scan.sigmas_ms(noise);
        let levels = levels::levels(scan, &residuals, &sigmas_ms)?;
        let stretches = path::stretches(scan, &residuals, &sigmas_ms, &levels);
        if guess.as_ref().is_some_and(|last| last.stretches == stretches) {
            break;
        }
        let fixed = is_level.then_some(rate);
        let Some(fit) = lines::fit(scan.points, &stretches, fixed) else { break };
        if fit.rate_ms_per_s.abs() > LARGEST_RATE_MS_PER_S {
            break;
        }
        rate = fit.rate_ms_per_s;
        guess = Some(Guess { stretches, noise, is_level });
    }
    Ok(guess)
}

/// Whether a drift is large enough to be told: beyond its error, and far beyond it if cuts could make it up.
fn is_told(scan: &Scan<'_>, found: &Found) -> bool {
    let certainty = if found.pieces.len() > 1 { 3.0 } else { 1.5 };
    let least = scan.limits.min_rate_ms_per_s.max(certainty * found.rate_error_ms_per_s);
    let span_s = scan.points.last().map_or(0.0, |point| point.at_s) - scan.points.first().map_or(0.0, |p| p.at_s);
    let is_seen = found.rate_ms_per_s.abs() * span_s > 1.5 * scan.limits.resolution_ms;
    found.rate_ms_per_s.abs() >= least && is_seen
}

/// What a guess costs: windows that lie off or astray, cuts, and drift.
fn cost(scan: &Scan<'_>, guess: &Guess, sigmas_ms: &[f64]) -> f64 {
    let stretches = &guess.stretches;
    let Some(fit) = lines::fit(scan.points, stretches, guess.is_level.then_some(0.0)) else { return f64::INFINITY };
    let windows: f64 = (0..scan.points.len())
        .map(|index| match stretches.of[index] {
            Some(stretch) => path::emission(fit.residual_ms(&scan.points[index], stretch), sigmas_ms[index]),
            None => path::STRAY_COST,
        })
        .sum();
    let cuts = stretches.count.saturating_sub(1) as f64 * path::cut_cost(scan);
    let drifts = fit.rate_ms_per_s.abs() >= scan.limits.min_rate_ms_per_s;
    windows + cuts + if drifts { DRIFT_COST } else { 0.0 }
}

/// Joins neighbouring stretches whose levels are too near to be told apart.
fn merge_small_steps(scan: &Scan<'_>, stretches: Stretches, noise: f64) -> Stretches {
    let sigma_ms = noise::median(scan.sigmas_ms(noise)).unwrap_or(0.0);
    let least_ms = scan.limits.min_step_ms.max(5.0 * sigma_ms).max(1.5 * scan.limits.resolution_ms);
    let mut stretches = stretches;
    while let Some(fit) = lines::fit(scan.points, &stretches, None) {
        let steps = fit.levels_ms.windows(2).map(|pair| (pair[1] - pair[0]).abs()).enumerate();
        let smallest = steps.min_by(|(_, one), (_, other)| one.total_cmp(other));
        match smallest.filter(|(_, step_ms)| *step_ms < least_ms) {
            Some((index, _)) => stretches.join(index),
            None => break,
        }
    }
    stretches
}
