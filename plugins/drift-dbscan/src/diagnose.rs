//! `drift-dbscan/diagnose`: one delay, steps, drift, or too little to tell.

use crate::{
    judge::{self, Asked, Frames},
    picture,
    reference::{self, Correction, DriftLimits, Facts, Settings, Thresholds},
    sound::Sounds,
};
use vsg_plugin_api::{ExampleValue, prelude::*, report::Entry};

choice! {
    /// How windows are looked at.
    pub enum Method {
        /// Lines between cuts in order of time, with what the windows' errors allow to tell.
        Segments,
        /// The reference program's way: clusters of whole milliseconds, limits that fit its methods.
        Reference,
    }
}

choice! {
    /// `reference`: which clusters count.
    pub enum CorrectionMode {
        /// All, and all have to pass the checks.
        Full,
        /// The same as `full`.
        Strict,
        /// Those that pass the checks.
        Filtered,
        /// None: steps are not looked for.
        Disabled,
        /// All, if each has `min_windows_per_cluster`.
        Unchecked,
    }
}

choice! {
    /// `reference`: how good a cluster has to be.
    pub enum QualityMode {
        /// 3 windows, 10 %, 30 s, a match of 90 %; 3 clusters.
        Strict,
        /// 3 windows, 5 %, 20 s, a match of 85 %; 2 clusters.
        Normal,
        /// 2 windows, 3 %, 10 s, a match of 75 %; 2 clusters.
        Lenient,
        /// What the parameters say.
        Custom,
    }
}

choice! {
    /// `reference`: what a correction does where a cluster was filtered out.
    pub enum FallbackMode {
        /// Takes the nearest cluster.
        Nearest,
        /// Takes what lies between its neighbours.
        Interpolate,
        /// Takes the delay of the whole file.
        Uniform,
        /// Leaves it.
        Skip,
        /// Nothing is corrected if any is filtered out.
        Reject,
    }
}

params! {
    /// How windows are judged. Parameters that begin with `reference:` are those of `method = "reference"`.
    pub struct Diagnose {
        /// How windows are looked at.
        method: Method = Method::Segments,
        /// Accepted windows that are needed to tell anything.
        #[schemars(range(min = 2, max = 10000))]
        min_windows: usize = 6,
        /// Steps below are not told (ms): no cut of a film is that short, and mixes differ by as much.
        #[schemars(range(min = 0.1, max = 1000.0))]
        min_step_ms: f64 = 4.0,
        /// Drift below is not told (ms/s).
        #[schemars(range(min = 0.0, max = 10.0))]
        min_rate_ms_per_s: f64 = 0.005,
        /// reference: how near delays of one cluster lie (ms).
        #[schemars(range(min = 0.001, max = 60000.0))]
        epsilon_ms: f64 = 20.0,
        /// reference: windows that make a cluster.
        #[schemars(range(min = 1, max = 1000))]
        min_samples: usize = 2,
        /// reference: least drift of a lossless target (ms/s).
        #[schemars(range(min = -1000.0, max = 1000.0))]
        slope_lossless_ms_per_s: f64 = 0.2,
        /// reference: least drift of another target (ms/s).
        #[schemars(range(min = -1000.0, max = 1000.0))]
        slope_lossy_ms_per_s: f64 = 0.7,
        /// reference: how well the delays of a lossless target have to fit a line (R²).
        #[schemars(range(min = 0.0, max = 1.0))]
        r_squared_lossless: f64 = 0.95,
        /// reference: how well the delays of another target have to fit a line (R²).
        #[schemars(range(min = 0.0, max = 1.0))]
        r_squared_lossy: f64 = 0.9,
        /// reference: which clusters count.
        correction_mode: CorrectionMode = CorrectionMode::Full,
        /// reference: how good a cluster has to be.
        quality_mode: QualityMode = QualityMode::Normal,
        /// reference: what a correction does where a cluster was filtered out.
        fallback_mode: FallbackMode = FallbackMode::Nearest,
        /// reference: windows of a cluster, if `quality_mode = "custom"`.
        #[schemars(range(min = 1, max = 10000))]
        min_windows_per_cluster: usize = 3,
        /// reference: share of the accepted windows that a cluster has, if `quality_mode = "custom"` (%).
        #[schemars(range(min = 0.0, max = 100.0))]
        min_cluster_pct: f64 = 5.0,
        /// reference: length of a cluster, if `quality_mode = "custom"` (s).
        #[schemars(range(min = 0.0, max = 100000.0))]
        min_cluster_s: f64 = 20.0,
        /// reference: mean match of a cluster, if `quality_mode = "custom"` (%).
        #[schemars(range(min = 0.0, max = 100.0))]
        min_cluster_match_pct: f64 = 85.0,
        /// reference: clusters that have to pass, if `quality_mode = "custom"`.
        #[schemars(range(min = 1, max = 1000))]
        min_clusters: usize = 2,
        /// reference: whether the log tells what clusters are made of.
        verbose: bool = true,
    }
}

impl Diagnose {
    /// The settings of the reference program's way.
    pub(crate) fn settings(&self) -> Settings {
        let (quality, thresholds) = match self.quality_mode {
            QualityMode::Strict => ("strict", Thresholds::STRICT),
            QualityMode::Normal => ("normal", Thresholds::NORMAL),
            QualityMode::Lenient => ("lenient", Thresholds::LENIENT),
            QualityMode::Custom => ("custom", self.thresholds()),
        };
        Settings {
            epsilon_ms: self.epsilon_ms,
            min_samples: self.min_samples,
            lossless: DriftLimits { slope_ms_per_s: self.slope_lossless_ms_per_s, r_squared: self.r_squared_lossless },
            lossy: DriftLimits { slope_ms_per_s: self.slope_lossy_ms_per_s, r_squared: self.r_squared_lossy },
            correction: match self.correction_mode {
                CorrectionMode::Full => Correction::All("full"),
                CorrectionMode::Strict => Correction::All("strict"),
                CorrectionMode::Filtered => Correction::Filtered,
                CorrectionMode::Disabled => Correction::Disabled,
                CorrectionMode::Unchecked => Correction::Unchecked,
            },
            quality,
            thresholds,
            unchecked_min_windows: self.min_windows_per_cluster,
            fallback: match self.fallback_mode {
                FallbackMode::Nearest => "nearest",
                FallbackMode::Interpolate => "interpolate",
                FallbackMode::Uniform => "uniform",
                FallbackMode::Skip => "skip",
                FallbackMode::Reject => "reject",
            },
            verbose: self.verbose,
        }
    }

    /// What the default way asks of windows.
    pub(crate) fn asked(&self) -> Asked {
        Asked {
            min_windows: self.min_windows,
            min_step_ms: self.min_step_ms,
            min_rate_ms_per_s: self.min_rate_ms_per_s,
        }
    }

    /// The reference program's way: it looks at the frame rate of the reference.
    fn as_reference(
        &self,
        correlation: &Correlation,
        reference: Option<&Media>,
        target: Option<&Media>,
    ) -> Result<(Diagnosis, Vec<String>)> {
        let accepted: Vec<&Window> = correlation.windows.iter().filter(|window| window.accepted).collect();
        let track = target.and_then(|media| media.track(correlation.track_id));
        let facts = Facts {
            frame_rate_hz: reference.and_then(frame_rate_hz).unwrap_or(0.0),
            codec_id: track.map_or(String::new(), |track| track.codec_id.clone()),
        };
        let mut log = Vec::new();
        let diagnosis = reference::diagnose(&accepted, &facts, &self.settings(), &mut log)?;
        Ok((Diagnosis { source: correlation.source.clone(), ..diagnosis }, log))
    }

    fn thresholds(&self) -> Thresholds {
        Thresholds {
            windows: self.min_windows_per_cluster,
            share_pct: self.min_cluster_pct,
            duration_s: self.min_cluster_s,
            match_pct: self.min_cluster_match_pct,
            clusters: self.min_clusters,
        }
    }
}

impl Stage for Diagnose {
    const ID: &'static str = "diagnose";

    fn signature() -> Signature {
        Signature::new("Tells from the measured windows whether a target has one delay, steps, or drifts.")
            .phase("Analysis")
            .input::<Correlation>("correlation", "the measured windows")
            .optional_input::<Media>("reference", "the reference, for its frame rate")
            .optional_input::<Media>("target", "the target, for its frame rate and the codec of the measured track")
            .optional_input::<Audio>("reference_audio", "the sound of the reference, by which cuts are placed")
            .optional_input::<Audio>("target_audio", "the sound of the target")
            .output::<Diagnosis>("diagnosis", "what the windows show")
            .example(example("a cut in the middle", 0.0, 500.0))
            .example(example("a target whose clock is slow", -0.25, 0.0))
    }

    fn run(&self, inputs: &Inputs, ctx: &Ctx<'_>) -> Result<Outputs> {
        let correlation: Correlation = inputs.one("correlation")?;
        let reference: Option<Media> = inputs.optional("reference")?;
        let target: Option<Media> = inputs.optional("target")?;
        for window in &correlation.windows {
            require_number(&correlation, window)?;
        }
        let mut cuts = Vec::new();
        let (diagnosis, log) = match self.method {
            Method::Reference => self.as_reference(&correlation, reference.as_ref(), target.as_ref())?,
            Method::Segments => {
                let frames = Frames {
                    reference_hz: reference.as_ref().and_then(frame_rate_hz),
                    target_hz: target.as_ref().and_then(frame_rate_hz),
                };
                let mut diagnosis = judge::diagnose(&correlation, frames, &self.asked())?;
                let sounds: (Option<Audio>, Option<Audio>) =
                    (inputs.optional("reference_audio")?, inputs.optional("target_audio")?);
                if let (Some(reference), Some(target)) = &sounds {
                    cuts = Sounds::new(reference, target)?.place(&mut diagnosis, correlation.window_s, ctx)?;
                }
                let log = judge::log(&diagnosis);
                (diagnosis, log)
            }
        };
        log.iter().for_each(|line| ctx.log(line));
        ctx.report(&Entry::facts(&["targets", &diagnosis.source, "diagnosis"], &diagnosis)?)?;
        if let Some(figure) = picture::picture(&correlation, &diagnosis) {
            ctx.report(&Entry::Figure(figure))?;
        }
        for (cut, number) in cuts.iter().zip(1..) {
            ctx.report(&Entry::Figure(picture::cut(&diagnosis.source, number, cut)))?;
        }
        // Steps of a separated sound are its own: a separation changes from window to window.
        let is_trusted = correlation.stem.is_none() || diagnosis.kind != DiagnosisKind::Stepping;
        if let Some(issue) = judge::issue(&diagnosis).filter(|_| is_trusted) {
            ctx.warn(&issue);
            ctx.report(&Entry::Issue(issue))?;
        }
        Outputs::new().with("diagnosis", diagnosis)
    }
}

/// Ten windows of a target that drifts or has a cut, and what is told of them.
fn example(name: &str, rate_ms_per_s: f64, step_ms: f64) -> Example {
    let delay_ms = |at_s: f64| 100.0 + rate_ms_per_s * at_s + if at_s > 600.0 { step_ms } else { 0.0 };
    let windows = (1..=10).map(|number| {
        let start_s = 120.0 * number as f64 - 67.5;
        Window {
            number,
            start_s,
            delay_ms: delay_ms(start_s + 7.5),
            match_pct: 90.0,
            accepted: true,
            ..Window::default()
        }
    });
    let correlation = Correlation {
        source: "Source 2".into(),
        track_id: 1,
        reference_track_id: 1,
        method: "phat".into(),
        reference_duration_s: 1200.0,
        planned: 10,
        min_match_pct: 5.0,
        window_s: 15.0,
        windows: windows.collect(),
        ..Correlation::default()
    };
    let output = serde_json::json!({
        "source": "Source 2",
        "kind": if step_ms == 0.0 { "linear-drift" } else { "stepping" },
        "rate_ms_per_s": rate_ms_per_s,
    });
    let output = ExampleValue {
        port: "diagnosis".into(),
        kind: Diagnosis::KIND.into(),
        header: output,
        ..ExampleValue::default()
    };
    let mut example = Example::new(name).input("correlation", correlation).tolerance(1e-9);
    example.outputs.push(output);
    example
}

/// A film is shorter than this (ms): a thousand hours. What claims to be longer is damage.
const LONGEST_MS: f64 = 3.6e9;

/// Fails if a window is nowhere or its delay is no time of a film.
fn require_number(correlation: &Correlation, window: &Window) -> Result<()> {
    let times_ms = [window.delay_ms, 1000.0 * window.start_s, 1000.0 * correlation.window_s];
    if times_ms.iter().all(|ms| ms.abs() <= LONGEST_MS) {
        return Ok(());
    }
    let (source, number) = (&correlation.source, window.number);
    Err(Error::new(format!("window {number} of {source} has a delay or a start that is no time of a film"))
        .help("the stage that measured it is defective, or its input is damaged"))
}

fn frame_rate_hz(media: &Media) -> Option<f64> {
    media.tracks.iter().find(|track| track.kind == TrackType::Video).and_then(|track| track.frame_rate_hz)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_stages_keep_their_promises() {
        vsg_plugin_api::assert_conforms!();
    }

    #[test]
    fn a_window_that_is_nowhere_is_an_error_that_names_it() {
        let correlation = Correlation { source: "Source 2".into(), ..Correlation::default() };
        for window in [
            Window { number: 3, delay_ms: f64::NAN, ..Window::default() },
            Window { number: 3, start_s: 1e300, ..Window::default() },
        ] {
            let error = require_number(&correlation, &window).unwrap_err();
            assert!(error.message().starts_with("window 3 of Source 2 has"), "{error}");
        }
        require_number(&correlation, &Window::default()).unwrap();
    }
}
