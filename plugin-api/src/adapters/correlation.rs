//! Turns a correlation method into a stage: window plan, parallel loop, acceptance, log and report.

use crate::{
    Ctx, Error, Inputs, Outputs, Params, Result, Signature, Stage,
    kinds::{Audio, AudioFilter, Correlation as Measured, Window},
    params,
    report::{Entry, Figure, Mark, Series, Table},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Mutex;
use vsg_dsp::window_plan::{self, PlannedWindow};

/// One pair of windows that is to be correlated.
#[derive(Debug, Clone, Copy)]
pub struct WindowPair<'a> {
    /// Samples of the reference, filtered unless the method [needs no filter](CorrelationMethod::wants_unfiltered).
    pub reference: &'a [f32],
    /// Samples of the target, from the same clock time.
    pub target: &'a [f32],
    /// Samples per second.
    pub sample_rate_hz: f64,
    /// The band that the filters before this stage let pass (Hz).
    pub pass_band_hz: Option<(f64, f64)>,
}

/// What a method found in one pair of windows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Peak {
    /// Delay to add to the target (ms): time of an event in the reference less its time in the target.
    pub delay_ms: f64,
    /// How well the windows match, on the method's own scale, 0..=100. NaN is never accepted.
    pub match_pct: f64,
    /// Highest peak against the second highest, if the method has such a thing; related sound stands far above 1.
    pub peak_ratio: Option<f64>,
    /// Delay of the second highest peak (ms).
    pub runner_up_ms: Option<f64>,
    /// Half of the range around the delay that holds the true one in 95 % of all cases (ms), if the method can tell.
    pub error_ms: Option<f64>,
    /// Whether the peak lies on the edge of the range that was searched, where nothing shows that it is one.
    pub on_edge: bool,
}

impl Peak {
    /// Nothing was found: the window is rejected.
    #[must_use]
    pub fn none() -> Self {
        Self {
            delay_ms: f64::NAN,
            match_pct: 0.0,
            peak_ratio: None,
            runner_up_ms: None,
            error_ms: None,
            on_edge: false,
        }
    }
}

/// Measures the shift between two windows of audio. The implementing type is its parameters: see [`params!`](crate::params).
pub trait CorrelationMethod: Params {
    /// Name within the plugin.
    const ID: &'static str;
    /// One sentence.
    const SUMMARY: &'static str;
    /// How finely it measures (ms), if that is coarser than half a sample: the length of a frame of a method that compares
    /// features. The conformance kit holds a method to it.
    const RESOLUTION_MS: Option<f64> = None;

    /// Whether this method, with these parameters, keeps to [`WindowPair::pass_band_hz`] by itself and prefers samples from
    /// before the filters. It gets them if both sides have the same filters, which then delay both sides alike: a method
    /// that ignores levels, such as a phase transform within the pass band, finds the same delay without them and saves the
    /// filtering, which can cost more than the correlation. By default samples are filtered.
    fn wants_unfiltered(&self) -> bool {
        false
    }

    /// Correlates one pair of windows. Called from several threads at once.
    fn correlate(&self, windows: &WindowPair<'_>) -> Result<Peak>;

    /// The correlation itself, for a plot: pairs of delay (ms) and height, in order of delay. None if the method has no such
    /// thing. Thousands of pairs are fine; the stage thins them out and keeps the peaks.
    fn curve(&self, windows: &WindowPair<'_>) -> Result<Vec<(f64, f64)>> {
        let _ = windows;
        Ok(Vec::new())
    }
}

params! {
    /// Where the windows lie, and which of them count.
    pub struct Scan {
        /// Number of windows, spread evenly over the part of the reference that is scanned.
        #[schemars(range(min = 1, max = 10000))]
        windows: usize = 10,
        /// Length of a window (s).
        #[schemars(range(min = 1.0, max = 120.0))]
        window_s: f64 = 15.0,
        /// Where the scan starts (% of the reference).
        #[schemars(range(min = 0.0, max = 99.0))]
        scan_start_pct: f64 = 5.0,
        /// Where the scan ends (% of the reference).
        #[schemars(range(min = 1.0, max = 100.0))]
        scan_end_pct: f64 = 95.0,
        /// Least match that is accepted (%).
        #[schemars(range(min = 0.0, max = 100.0))]
        min_match_pct: f64 = 5.0,
        /// How far the highest peak must stand above the second highest for a window to count; 0 accepts any.
        #[schemars(range(min = 0.0, max = 1000.0))]
        min_peak_ratio: f64 = vsg_dsp::peak::RELATED_PEAK_RATIO,
        /// Whether windows of a very short reference that fall on the same samples are measured only once.
        skip_duplicates: bool = true,
    }
}

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

/// Samples of a pair of windows; used again by whichever thread measures next, so that memory is touched once.
#[derive(Default)]
struct Buffers {
    reference: Vec<f32>,
    target: Vec<f32>,
}

impl<M: CorrelationMethod> Stage for Correlation<M> {
    const ID: &'static str = M::ID;

    fn signature() -> Signature {
        let signature = Signature::new(M::SUMMARY)
            .phase("Analysis")
            .input::<Audio>("reference", "audio of the reference")
            .input::<Audio>("target", "audio of the target")
            .output::<Measured>("correlation", "the delay in each window");
        Signature { resolution_ms: M::RESOLUTION_MS, ..signature }
    }

    fn run(&self, inputs: &Inputs, ctx: &Ctx<'_>) -> Result<Outputs> {
        let reference: Audio = inputs.one("reference")?;
        let target: Audio = inputs.one("target")?;
        let plan = self.scan.place(&reference, &target)?;
        ctx.log(format!("\n[Analyzing {}]", target.header.source));

        let done = std::sync::atomic::AtomicUsize::new(0);
        let idle = Mutex::default();
        let windows = ctx.for_each(plan.len(), |index| {
            let window = self.measure(&plan[index], &reference, &target, &idle)?;
            let done = done.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1;
            ctx.progress(done as f64 / plan.len() as f64)?;
            Ok(window)
        })?;

        for window in &windows {
            ctx.log(self.scan.log_line(window));
        }
        let measured = Measured {
            source: target.header.source.clone(),
            track_id: target.header.track_id,
            reference_track_id: reference.header.track_id,
            method: M::ID.to_owned(),
            start_ms: target.header.start_ms,
            reference_start_ms: reference.header.start_ms,
            reference_duration_s: reference.duration_s(),
            planned: self.scan.windows,
            min_match_pct: self.scan.min_match_pct,
            window_s: self.scan.window_s,
            resolution_ms: M::RESOLUTION_MS,
            rate_ms_per_s: 0.0,
            windows,
        };
        let facts = Facts { method: &measured.method, windows: &measured.windows };
        ctx.report(&Entry::facts(&["targets", &measured.source], &facts)?)?;
        ctx.report(&Entry::Figure(delay_over_time(&measured)))?;
        ctx.report(&Entry::Table(table(&measured)))?;
        Outputs::new().with("correlation", measured)
    }
}

impl<M: CorrelationMethod> Correlation<M> {
    fn measure(
        &self,
        planned: &PlannedWindow,
        reference: &Audio,
        target: &Audio,
        idle: &Mutex<Vec<Buffers>>,
    ) -> Result<Window> {
        let range = planned.first_sample..planned.first_sample + planned.len;
        let alike = reference.header.filters == target.header.filters;
        let unfiltered = alike && self.method.wants_unfiltered();
        let read = |audio: &Audio, samples: &mut Vec<f32>| {
            let filters: &[AudioFilter] = if unfiltered { &[] } else { &audio.header.filters };
            audio.read(range.clone(), filters, samples)
        };
        let mut buffers = idle.lock().ok().and_then(|mut idle| idle.pop()).unwrap_or_default();
        read(reference, &mut buffers.reference)?;
        read(target, &mut buffers.target)?;
        let peak = self.method.correlate(&WindowPair {
            reference: &buffers.reference,
            target: &buffers.target,
            sample_rate_hz: f64::from(reference.header.sample_rate_hz),
            pass_band_hz: common_band_hz(reference.pass_band_hz(), target.pass_band_hz()),
        })?;
        if let Ok(mut idle) = idle.lock() {
            idle.push(buffers);
        }
        let rejected_because = self.scan.objection(&peak);
        Ok(Window {
            number: planned.index + 1,
            start_s: planned.start_s,
            // A method may find nothing in silence; reports and values hold numbers only.
            delay_ms: finite(peak.delay_ms).unwrap_or(0.0),
            error_ms: peak.error_ms.and_then(finite),
            expected_ms: None,
            match_pct: finite(peak.match_pct).unwrap_or(0.0),
            peak_ratio: peak.peak_ratio.and_then(finite),
            runner_up_ms: peak.runner_up_ms.and_then(finite),
            accepted: rejected_because.is_none(),
            rejected_because,
        })
    }
}

fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

/// The band that both sides let pass (Hz).
fn common_band_hz(one: Option<(f64, f64)>, other: Option<(f64, f64)>) -> Option<(f64, f64)> {
    match (one, other) {
        (Some((low, high)), Some((other_low, other_high))) => Some((low.max(other_low), high.min(other_high))),
        (one, other) => one.or(other),
    }
}

impl Scan {
    fn place(&self, reference: &Audio, target: &Audio) -> Result<Vec<PlannedWindow>> {
        let rate = reference.header.sample_rate_hz;
        if target.header.sample_rate_hz != rate {
            return Err(Error::new(format!(
                "the reference has {rate} samples a second and {} has {}",
                target.header.source, target.header.sample_rate_hz
            )));
        }
        if self.scan_start_pct >= self.scan_end_pct {
            return Err(Error::new(format!(
                "scan_start_pct ({} %) is not before scan_end_pct ({} %)",
                self.scan_start_pct, self.scan_end_pct
            )));
        }
        let plan = window_plan::Scan {
            windows: self.windows,
            window_s: self.window_s,
            start_pct: self.scan_start_pct,
            end_pct: self.scan_end_pct,
        };
        let mut windows = window_plan::plan_windows(reference.len(), target.len(), f64::from(rate), &plan);
        if self.skip_duplicates {
            windows = window_plan::distinct(&windows);
        }
        if windows.is_empty() {
            return Err(Error::new(format!(
                "no window of {} s fits: the first would lie at {:.1} to {:.1} s, and the reference has {:.1} s of audio, {} has {:.1} s",
                self.window_s,
                reference.duration_s() * self.scan_start_pct / 100.0,
                reference.duration_s() * self.scan_start_pct / 100.0 + self.window_s,
                reference.duration_s(),
                target.header.source,
                target.duration_s()
            ))
            .help("choose a shorter window_s or a lower scan_start_pct, or other files"));
        }
        Ok(windows)
    }

    /// Why a window does not count, or `None`.
    fn objection(&self, peak: &Peak) -> Option<String> {
        if !peak.delay_ms.is_finite() {
            return Some("no delay: silent, a few tones, or damaged".into());
        }
        if peak.match_pct.is_nan() || peak.match_pct < self.min_match_pct {
            return Some(format!("below {:.1}", self.min_match_pct));
        }
        if self.min_peak_ratio == 0.0 {
            return None;
        }
        // Of windows that far apart hardly a second is compared, which some sound always matches.
        let is_far = peak.delay_ms.abs() > 950.0 * self.window_s;
        if peak.on_edge || is_far {
            return Some("peak on the edge of the search range".into());
        }
        let ratio = peak.peak_ratio?;
        let stands_out = ratio >= self.min_peak_ratio;
        (!stands_out).then(|| format!("peak {ratio:.2} times the second, below {:.2}", self.min_peak_ratio))
    }

    fn log_line(&self, window: &Window) -> String {
        let verdict = match &window.rejected_because {
            None => "ACCEPTED".to_owned(),
            Some(reason) => format!("REJECTED ({reason})"),
        };
        format!(
            "  Chunk {}/{} (@{:.1}s): delay = {:+} ms (raw={:+.3}, match={:.2}) — {verdict}",
            window.number,
            self.windows,
            window.start_s,
            window.rounded_ms(),
            window.delay_ms,
            window.match_pct,
        )
    }
}

/// A target's measurements in the report.
#[derive(Serialize)]
struct Facts<'a> {
    method: &'a str,
    windows: &'a [Window],
}

fn delay_over_time(measured: &Measured) -> Figure {
    let points = |accepted: bool| -> Vec<(f64, f64)> {
        let chosen = measured.windows.iter().filter(|window| window.accepted == accepted);
        chosen.map(|window| (window.start_s, window.delay_ms)).collect()
    };
    Figure {
        title: format!("{}: delay over time", measured.source),
        x_label: "time in the reference (s)".into(),
        y_label: "delay (ms)".into(),
        series: vec![
            Series { name: "accepted".into(), mark: Mark::Point, points: points(true) },
            Series { name: "rejected".into(), mark: Mark::Cross, points: points(false) },
        ],
    }
}

fn table(measured: &Measured) -> Table {
    let optional = |value: Option<f64>, decimals: usize| value.map_or(String::new(), |v| format!("{v:.decimals$}"));
    let rows = measured.windows.iter().map(|window| {
        vec![
            window.number.to_string(),
            format!("{:.1}", window.start_s),
            format!("{:+.3}", window.delay_ms),
            format!("{:.1}", window.match_pct),
            optional(window.peak_ratio, 2),
            optional(window.runner_up_ms, 3),
            window.rejected_because.clone().map_or("accepted".into(), |reason| format!("rejected: {reason}")),
        ]
    });
    let columns = ["window", "start (s)", "delay (ms)", "match (%)", "peak ratio", "runner-up (ms)", "verdict"];
    Table {
        title: format!("{}: windows", measured.source),
        columns: columns.map(String::from).to_vec(),
        rows: rows.collect(),
        is_detail: true,
    }
}
