//! The stage that a correlation method becomes.

use super::lines::{self, Lengths, Line, Placed};
use super::measure::{Pair, in_trains, one_by_one};
use super::method::CorrelationMethod;
use super::report::{self, Facts};
use super::scan::{Scan, ScanMode, log_line};
use crate::{
    Ctx, Error, Inputs, Outputs, Params, Result, Signature, Stage,
    kinds::{Alignment, Audio, Correlation as Measured, Window},
    report::Entry,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vsg_dsp::window_plan;

/// Delays that grow by this much over a window (ms) blur its peak; the windows are measured again at the speed that they show.
const BLUR_MS: f64 = 0.02;
/// How often windows are measured again at most.
const AGAIN: usize = 2;
/// Speeds of a target against the reference that windows are read at; releases run at 0.92 to 1.09.
const SPEEDS: std::ops::RangeInclusive<f64> = 0.1..=10.0;
/// Windows that agree lie this near to the line through them (ms).
const AGREEMENT_MS: f64 = 1.0;
/// Share of the windows that must agree for a classic scan to be enough.
const ENOUGH: f64 = 0.8;

/// The stage that a correlation method becomes.
#[derive(Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, bound(deserialize = "M: Params"))]
#[schemars(bound = "M: Params")]
pub struct Correlation<M> {
    #[serde(flatten)]
    scan: Scan,
    #[serde(flatten)]
    method: M,
}

/// What was measured, and how.
struct Scanned {
    /// Each window, and where it was read.
    windows: Vec<(Placed, Window)>,
    lines: Vec<Line>,
    is_dense: bool,
    planned: usize,
}

impl<M: CorrelationMethod> Stage for Correlation<M> {
    const ID: &'static str = M::ID;

    fn signature() -> Signature {
        let signature = Signature::new(M::SUMMARY)
            .phase("Analysis")
            .input::<Audio>("reference", "audio of the reference")
            .input::<Audio>("target", "audio of the target")
            .optional_input::<Alignment>("alignment", "where the target lies as a whole; windows are read there")
            .output::<Measured>("correlation", "the delay in each window");
        Signature { resolution_ms: M::RESOLUTION_MS, ..signature }
    }

    fn run(&self, inputs: &Inputs, ctx: &Ctx<'_>) -> Result<Outputs> {
        let reference: Audio = inputs.one("reference")?;
        let target: Audio = inputs.one("target")?;
        let alignment: Option<Alignment> = inputs.optional("alignment")?;
        let rate = self.check(&reference, &target)?;
        let files =
            Lengths { reference_s: reference.duration_s(), target_s: target.duration_s(), rate_hz: f64::from(rate) };
        ctx.log(format!("\n[Analyzing {}]", target.header.source));
        let pair = Pair::new(&reference, &target, self.method.wants_unfiltered());
        let aligned = match &alignment {
            Some(Alignment { speed, .. }) if !SPEEDS.contains(speed) => {
                return Err(Error::new(format!(
                    "the alignment says that {} runs at {speed} times the speed of the reference",
                    target.header.source
                )));
            }
            Some(alignment) => Line::of(alignment),
            None => Vec::new(),
        };
        let scanned = self.scanned(&pair, aligned, &files, ctx)?;
        if scanned.windows.is_empty() {
            return Err(self.no_window(&reference, &target, scanned.is_dense));
        }
        let Scanned { windows, lines, is_dense, planned } = scanned;
        let (places, windows): (Vec<Placed>, Vec<Window>) = windows.into_iter().unzip();
        for window in &windows {
            ctx.log(log_line(window, planned));
        }
        let measured = Measured {
            source: target.header.source.clone(),
            track_id: target.header.track_id,
            reference_track_id: reference.header.track_id,
            method: M::ID.to_owned(),
            start_ms: target.header.start_ms,
            reference_start_ms: reference.header.start_ms,
            reference_duration_s: reference.duration_s(),
            planned,
            min_match_pct: self.scan.min_match_pct,
            window_s: if is_dense { self.scan.dense_window_s } else { self.scan.window_s },
            resolution_ms: M::RESOLUTION_MS,
            rate_ms_per_s: lines.first().map_or(0.0, |line| line.rate_ms_per_s),
            windows,
        };
        let facts = Facts { method: &measured.method, windows: &measured.windows };
        ctx.report(&Entry::facts(&["targets", &measured.source], &facts)?)?;
        ctx.report(&Entry::Figure(report::delay_over_time(&measured)))?;
        ctx.report(&Entry::Figure(report::confidence_over_time(&measured)))?;
        self.report_curves(&pair, &lines, &places, &measured, ctx)?;
        ctx.report(&Entry::Table(report::table(&measured)))?;
        Outputs::new().with("correlation", measured)
    }
}

impl<M: CorrelationMethod> Correlation<M> {
    fn check(&self, reference: &Audio, target: &Audio) -> Result<u32> {
        let rate = reference.header.sample_rate_hz;
        if target.header.sample_rate_hz != rate {
            return Err(Error::new(format!(
                "the reference has {rate} samples a second and {} has {}",
                target.header.source, target.header.sample_rate_hz
            )));
        }
        if self.scan.scan_start_pct >= self.scan.scan_end_pct {
            return Err(Error::new(format!(
                "scan_start_pct ({} %) is not before scan_end_pct ({} %)",
                self.scan.scan_start_pct, self.scan.scan_end_pct
            )));
        }
        Ok(rate)
    }

    /// Measures as densely as is asked, or needed.
    fn scanned(&self, pair: &Pair<'_>, aligned: Vec<Line>, files: &Lengths, ctx: &Ctx<'_>) -> Result<Scanned> {
        let is_aligned = !aligned.is_empty();
        let lines = if is_aligned { aligned } else { vec![Line::same_clock(files.reference_s)] };
        let is_simple = lines.len() == 1 && lines[0].rate_ms_per_s == 0.0;
        if self.scan.scan == ScanMode::Classic || (self.scan.scan == ScanMode::Auto && is_simple) {
            let placed = if is_aligned { lines::classic(&lines, files, &self.scan) } else { self.same_clock(files) };
            let scanned = self.measured(pair, lines, is_aligned, Windows::Apart(placed), ctx)?;
            let is_enough = agree(&scanned, self.scan.window_s);
            if !is_aligned || is_enough || self.scan.scan == ScanMode::Classic {
                return Ok(scanned);
            }
            ctx.log("The windows do not all agree; the whole film is scanned.");
            return self.densely(pair, scanned.lines, is_aligned, files, ctx);
        }
        self.densely(pair, lines, is_aligned, files, ctx)
    }

    fn densely(
        &self,
        pair: &Pair<'_>,
        lines: Vec<Line>,
        is_aligned: bool,
        files: &Lengths,
        ctx: &Ctx<'_>,
    ) -> Result<Scanned> {
        let placed = lines::dense(&lines, files, &self.scan);
        let windows = if is_aligned {
            Windows::Trains(placed)
        } else {
            // Nothing says where to look: each window is looked for as far as it reaches.
            Windows::Trains(placed.into_iter().flatten().map(|one| vec![one]).collect())
        };
        self.measured(pair, lines, is_aligned, windows, ctx)
    }

    /// Windows of the same clock time in both, as the reference program places them.
    fn same_clock(&self, files: &Lengths) -> Vec<Placed> {
        let plan = self.scan.classic();
        let samples = |seconds: f64| (seconds * files.rate_hz).round() as usize;
        let windows =
            window_plan::plan_windows(samples(files.reference_s), samples(files.target_s), files.rate_hz, &plan);
        let windows = if self.scan.skip_duplicates { window_plan::distinct(&windows) } else { windows };
        windows.into_iter().map(|window| Placed { window, line: 0 }).collect()
    }

    /// Measures windows on lines; if they show that the lines are not steep enough, on better ones once more.
    fn measured(
        &self,
        pair: &Pair<'_>,
        mut lines: Vec<Line>,
        may_adjust: bool,
        placed: Windows,
        ctx: &Ctx<'_>,
    ) -> Result<Scanned> {
        let mut scanned = None;
        for _ in 0..=AGAIN {
            let (windows, window_s) = match &placed {
                Windows::Apart(placed) => {
                    (one_by_one(&self.method, pair, &lines, placed, &self.scan, ctx)?, self.scan.window_s)
                }
                Windows::Trains(placed) => {
                    (in_trains(&self.method, pair, &lines, placed, &self.scan, ctx)?, self.scan.dense_window_s)
                }
            };
            let steeper = on_lines(&windows, window_s);
            let steeper = lines::steeper_ms_per_s(&steeper, &lines).filter(|slope| (slope * window_s).abs() > BLUR_MS);
            let is_dense = matches!(placed, Windows::Trains(_));
            let planned = if is_dense { windows.len() } else { self.scan.windows };
            scanned = Some(Scanned { windows, lines: lines.clone(), is_dense, planned });
            let Some(slope) = steeper.filter(|_| may_adjust && M::RESOLUTION_MS.is_none()) else { break };
            for line in &mut lines {
                // Through the middle of the stretch, where it is right.
                line.delay_ms -= slope * (line.start_s + line.end_s) / 2.0;
                line.rate_ms_per_s += slope;
            }
        }
        scanned.ok_or_else(|| Error::new("nothing was measured"))
    }

    fn no_window(&self, reference: &Audio, target: &Audio, is_dense: bool) -> Error {
        let window_s = if is_dense { self.scan.dense_window_s } else { self.scan.window_s };
        let start_s = if is_dense { 0.0 } else { reference.duration_s() * self.scan.scan_start_pct / 100.0 };
        Error::new(format!(
            "no window of {window_s} s fits: the first would lie at {start_s:.1} to {:.1} s, and the reference has {:.1} s of audio, {} has \
             {:.1} s",
            start_s + window_s,
            reference.duration_s(),
            target.header.source,
            target.duration_s()
        ))
        .help(if is_dense {
            "choose a shorter dense_window_s, or other files; windows of silence are left out (dense_silence_db)"
        } else {
            "choose a shorter window_s or a lower scan_start_pct, or other files"
        })
    }

    /// Curves of the windows that stand out most and least; `places` is where each window was read.
    fn report_curves(
        &self,
        pair: &Pair<'_>,
        lines: &[Line],
        places: &[Placed],
        measured: &Measured,
        ctx: &Ctx<'_>,
    ) -> Result<()> {
        let Some((best, worst)) = report::best_and_worst(&measured.windows) else { return Ok(()) };
        for (name, index) in [("best", best), ("worst", worst)] {
            let Placed { window, line } = &places[index];
            let curve = pair.window(window, &lines[*line], |windows| self.method.curve(windows))?;
            if let Some(figure) = report::curve(&measured.source, name, &measured.windows[index], &curve) {
                ctx.report(&Entry::Figure(figure))?;
            }
        }
        Ok(())
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

/// Whether nearly all windows were accepted and lie on one line.
fn agree(scanned: &Scanned, window_s: f64) -> bool {
    let measured = on_lines(&scanned.windows, window_s);
    let rest = |(at_s, delay_ms, line): &(f64, f64, usize)| delay_ms - scanned.lines[*line].delay_ms(*at_s);
    let mut rests: Vec<f64> = measured.iter().map(rest).collect();
    let Some(level) = vsg_dsp::stats::median(&mut rests) else { return false };
    let agreeing = rests.iter().filter(|rest| (*rest - level).abs() <= AGREEMENT_MS).count();
    agreeing as f64 >= ENOUGH * scanned.windows.len() as f64
}
