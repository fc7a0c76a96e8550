//! `drift-dbscan/diagnose`: one delay, steps, drift, or too little to tell.

use crate::reference::{self, Correction, DriftLimits, Facts, Settings, Thresholds};
use vsg_plugin_api::{prelude::*, report::Entry};

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
            .output::<Diagnosis>("diagnosis", "what the windows show")
    }

    fn run(&self, inputs: &Inputs, ctx: &Ctx<'_>) -> Result<Outputs> {
        let correlation: Correlation = inputs.one("correlation")?;
        let reference: Option<Media> = inputs.optional("reference")?;
        let target: Option<Media> = inputs.optional("target")?;
        let accepted: Vec<&Window> = correlation.windows.iter().filter(|window| window.accepted).collect();
        let mut log = Vec::new();
        let track = target.as_ref().and_then(|media| media.track(correlation.track_id));
        let facts = Facts {
            frame_rate_hz: reference.as_ref().and_then(frame_rate_hz).unwrap_or(0.0),
            codec_id: track.map_or(String::new(), |track| track.codec_id.clone()),
        };
        let diagnosis = reference::diagnose(&accepted, &facts, &self.settings(), &mut log)?;
        let diagnosis = Diagnosis { source: correlation.source.clone(), ..diagnosis };
        log.iter().for_each(|line| ctx.log(line));
        ctx.report(&Entry::facts(&["targets", &diagnosis.source, "diagnosis"], &diagnosis)?)?;
        Outputs::new().with("diagnosis", diagnosis)
    }
}

fn frame_rate_hz(media: &Media) -> Option<f64> {
    media.tracks.iter().find(|track| track.kind == TrackType::Video).and_then(|track| track.frame_rate_hz)
}
