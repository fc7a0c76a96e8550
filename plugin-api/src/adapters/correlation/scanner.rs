//! How densely a pair is measured, and at which speed: what the first windows show decides.

use super::lines::{self, Lengths, Line, Placed};
use super::measure::{Pair, in_trains, one_by_one};
use super::method::CorrelationMethod;
use super::scan::{Scan, ScanMode};
use crate::{
    Ctx, Error, Result,
    kinds::{Alignment, Window},
};
use vsg_dsp::window_plan;

/// Delays that grow by this much over a window (ms) blur its peak; the windows are measured again at the speed that they show.
const BLUR_MS: f64 = 0.02;
/// How often windows are measured again at most.
const AGAIN: usize = 2;
/// Windows that agree lie this near to the line through them (ms), or as near as the method tells.
const AGREEMENT_MS: f64 = 1.0;
/// Share of the windows that must agree for a classic scan to be enough.
const ENOUGH: f64 = 0.8;

/// Measures one pair with one method.
pub(super) struct Scanner<'a, 'c, M> {
    pub(super) method: &'a M,
    pub(super) scan: &'a Scan,
    pub(super) pair: &'a Pair<'a>,
    pub(super) files: &'a Lengths,
    pub(super) ctx: &'a Ctx<'c>,
}

/// What was measured, and how.
pub(super) struct Scanned {
    /// Each window, and where it was read.
    pub(super) windows: Vec<(Placed, Window)>,
    pub(super) lines: Vec<Line>,
    pub(super) is_dense: bool,
    pub(super) planned: usize,
    /// Length of a window (s).
    pub(super) window_s: f64,
}

impl<M: CorrelationMethod> Scanner<'_, '_, M> {
    /// Measures as densely as is asked, or needed, where the alignment says; if that is nowhere, at the same clock time.
    pub(super) fn scanned(&self, alignment: Option<&Alignment>) -> Result<Scanned> {
        let files = self.files;
        let mut lines = alignment.map(Line::of).unwrap_or_default();
        let is_aligned = !lines.is_empty();
        if !is_aligned {
            lines.push(Line::same_clock(files.reference_s, alignment));
        }
        // Windows that share their sound tell a drift badly; shorter ones are needed then.
        let tells_drift = files.reference_s >= self.scan.windows as f64 * self.scan.window_s;
        let is_simple = lines.len() == 1 && (lines[0].rate_ms_per_s == 0.0 || tells_drift);
        if self.scan.scan == ScanMode::Classic || (self.scan.scan == ScanMode::Auto && is_simple) {
            let mut placed = if is_aligned { lines::classic(&lines, files, self.scan) } else { self.same_clock() };
            let planned = placed.len();
            if self.scan.skip_duplicates {
                lines::leave_out_copies(&mut placed);
            }
            let copies = planned - placed.len();
            if copies > 0 && is_aligned && self.scan.scan == ScanMode::Auto {
                self.ctx.log(format!(
                    "The files share too little sound for {planned} windows of {} s; shorter ones are taken.",
                    self.scan.window_s
                ));
                return self.densely(lines, is_aligned);
            }
            if copies > 0 {
                self.ctx.log(format!(
                    "{copies} of {planned} windows fall on the same samples as others and are not measured again."
                ));
            }
            let scanned = self.measured(lines, is_aligned, Windows::Apart(placed))?;
            let is_enough = agree(&scanned, M::RESOLUTION_MS);
            if !is_aligned || is_enough || self.scan.scan == ScanMode::Classic {
                return Ok(scanned);
            }
            self.ctx.log("The windows do not all agree; the whole film is scanned.");
            return self.densely(scanned.lines, is_aligned);
        }
        self.densely(lines, is_aligned)
    }

    fn densely(&self, lines: Vec<Line>, is_aligned: bool) -> Result<Scanned> {
        let placed = lines::dense(&lines, self.files, self.scan);
        let windows = if is_aligned {
            Windows::Trains(placed)
        } else {
            // Nothing says where to look: each window is looked for as far as it reaches.
            Windows::Trains(placed.into_iter().flatten().map(|one| vec![one]).collect())
        };
        self.measured(lines, is_aligned, windows)
    }

    /// Windows of the same clock time in both, as the reference program places them.
    fn same_clock(&self) -> Vec<Placed> {
        let (files, plan) = (self.files, self.scan.classic());
        let samples = |seconds: f64| (seconds * files.rate_hz).round() as usize;
        let windows =
            window_plan::plan_windows(samples(files.reference_s), samples(files.target_s), files.rate_hz, &plan);
        windows.into_iter().map(|window| Placed { window, line: 0 }).collect()
    }

    /// Measures windows on lines; if they show that the lines are not steep enough, on better ones once more.
    fn measured(&self, mut lines: Vec<Line>, may_adjust: bool, placed: Windows) -> Result<Scanned> {
        let Self { method, scan, pair, ctx, .. } = self;
        let mut scanned = None;
        for _ in 0..=AGAIN {
            let (windows, window_s) = match &placed {
                Windows::Apart(placed) => (one_by_one(*method, pair, &lines, placed, scan, ctx)?, scan.window_s),
                Windows::Trains(placed) => (in_trains(*method, pair, &lines, placed, scan, ctx)?, scan.dense_window_s),
            };
            let steeper = on_lines(&windows, window_s);
            let steeper =
                lines::steeper_ms_per_s(&steeper, &lines, window_s).filter(|slope| (slope * window_s).abs() > BLUR_MS);
            let (is_dense, planned) = match &placed {
                Windows::Apart(_) => (false, scan.windows),
                // Numbers of windows count from the start of the film.
                Windows::Trains(lines) => {
                    (true, lines.iter().flatten().map(|one| one.window.index + 1).max().unwrap_or(0))
                }
            };
            scanned = Some(Scanned { windows, lines: lines.clone(), is_dense, planned, window_s });
            let Some(slope) = steeper.filter(|_| may_adjust && M::RESOLUTION_MS.is_none()) else { break };
            for line in &mut lines {
                // Through the middle of the stretch, where it is right.
                line.delay_ms -= slope * (line.start_s + line.end_s) / 2.0;
                line.rate_ms_per_s += slope;
            }
        }
        scanned.ok_or_else(|| Error::new("nothing was measured"))
    }
}

/// Windows that are measured one by one, or in rows of one line each.
enum Windows {
    Apart(Vec<Placed>),
    Trains(Vec<Vec<Placed>>),
}

/// Time (s), delay (ms) and line of the accepted windows.
fn on_lines(windows: &[(Placed, Window)], window_s: f64) -> Vec<(f64, f64, usize)> {
    let accepted = windows.iter().filter(|(_, window)| window.accepted);
    accepted.map(|(placed, window)| (window.start_s + window_s / 2.0, window.delay_ms, placed.line)).collect()
}

/// Whether nearly all windows were accepted and lie on one line, as finely as the method tells.
fn agree(scanned: &Scanned, resolution_ms: Option<f64>) -> bool {
    let measured = on_lines(&scanned.windows, scanned.window_s);
    let rest = |(at_s, delay_ms, line): &(f64, f64, usize)| delay_ms - scanned.lines[*line].delay_ms(*at_s);
    let mut rests: Vec<f64> = measured.iter().map(rest).collect();
    let Some(level) = vsg_dsp::stats::median(&mut rests) else { return false };
    let within_ms = resolution_ms.map_or(AGREEMENT_MS, |resolution_ms| resolution_ms.max(AGREEMENT_MS));
    let agreeing = rests.iter().filter(|rest| (*rest - level).abs() <= within_ms).count();
    agreeing as f64 >= ENOUGH * scanned.windows.len() as f64
}
