//! The diagnosis of the reference program: clusters of whole milliseconds whenever they are, lines through starts of windows.

mod composition;
mod line;
mod quality;

pub(crate) use quality::Thresholds;

use crate::dbscan;
use quality::Check;
use vsg_plugin_api::{Result, kinds::*};

/// Windows below which nothing is looked for.
const MIN_WINDOWS: usize = 6;

/// Which clusters a correction may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Correction {
    /// All, which must all pass; `strict` is another name for the same.
    All(&'static str),
    /// Those that pass.
    Filtered,
    /// None.
    Disabled,
    /// All, if each has enough windows.
    Unchecked,
}

impl Correction {
    fn name(self) -> &'static str {
        match self {
            Self::All(name) => name,
            Self::Filtered => "filtered",
            Self::Disabled => "disabled",
            Self::Unchecked => "unchecked",
        }
    }
}

/// What is asked of drift.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct DriftLimits {
    /// Least slope (ms/s).
    pub(crate) slope_ms_per_s: f64,
    /// Least square of the correlation with a line.
    pub(crate) r_squared: f64,
}

/// Settings, under the names that the log gives them.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) epsilon_ms: f64,
    pub(crate) min_samples: usize,
    pub(crate) lossless: DriftLimits,
    pub(crate) lossy: DriftLimits,
    pub(crate) correction: Correction,
    pub(crate) quality: &'static str,
    pub(crate) thresholds: Thresholds,
    /// Least windows of a cluster if nothing else is checked.
    pub(crate) unchecked_min_windows: usize,
    pub(crate) fallback: &'static str,
    pub(crate) verbose: bool,
}

/// What is known of the measured track.
#[derive(Debug, Clone, Default)]
pub(crate) struct Facts {
    /// Frame rate of the file that the test for PAL looks at; 0 if unknown.
    pub(crate) frame_rate_hz: f64,
    /// Matroska's id of the target's codec.
    pub(crate) codec_id: String,
}

/// What the accepted windows of a target show, and the lines of the log.
pub(crate) fn diagnose(
    accepted: &[&Window],
    facts: &Facts,
    settings: &Settings,
    log: &mut Vec<String>,
) -> Result<Diagnosis> {
    if accepted.len() < MIN_WINDOWS {
        return Ok(uniform("fewer than 6 windows were accepted, and the reference program takes that for one delay"));
    }
    let starts_s: Vec<f64> = accepted.iter().map(|window| window.start_s).collect();
    let delays_ms: Vec<f64> = accepted.iter().map(|window| window.rounded_ms() as f64).collect();
    let line = line::fit(&starts_s, &delays_ms);
    if (facts.frame_rate_hz - 25.0).abs() < 0.1 && (line.slope - 40.9).abs() < 5.0 {
        log.push(format!("[PAL Drift Detected] Framerate is ~25fps and audio drift rate is {:.2} ms/s.", line.slope));
        let reason = "the video has 25 frames a second, and the delay grows as PAL speed makes it grow";
        return Ok(drift(DiagnosisKind::PalDrift, line.slope, reason));
    }
    let labels = dbscan::labels(&delays_ms, settings.epsilon_ms, settings.min_samples)?;
    let clusters = composition::clusters(accepted, &labels);
    if clusters.len() > 1 {
        return Ok(stepping(accepted, clusters, settings, log));
    }
    Ok(linear(&starts_s, &delays_ms, line, facts, settings, log))
}

fn uniform(reason: &str) -> Diagnosis {
    Diagnosis { kind: DiagnosisKind::Uniform, reason: reason.into(), ..Diagnosis::default() }
}

fn drift(kind: DiagnosisKind, rate_ms_per_s: f64, reason: &str) -> Diagnosis {
    Diagnosis { kind, rate_ms_per_s, reason: reason.into(), ..Diagnosis::default() }
}

/// Several clusters: steps, if the clusters are good enough.
fn stepping(accepted: &[&Window], clusters: Vec<Cluster>, settings: &Settings, log: &mut Vec<String>) -> Diagnosis {
    let count = clusters.len();
    if settings.correction == Correction::Disabled {
        log.push(format!("[Stepping] Found {count} timing clusters, but stepping correction is disabled."));
        return uniform("the delays form several clusters, but stepping correction is disabled");
    }
    let (mode, quality, needed) = (settings.correction.name(), settings.quality, &settings.thresholds);
    log.push(format!("[Stepping Detection] Found {count} timing clusters"));
    log.push(format!("[Stepping] Correction mode: {mode}, Quality mode: {quality}"));
    log.push(format!("[Quality Validation - Mode: {quality}]"));
    let mut clusters = clusters;
    for cluster in &mut clusters {
        let checks = quality::checks(cluster, accepted.len(), needed);
        cluster.is_valid = checks.iter().all(Check::is_passed);
        log.extend(quality::log(cluster, &checks));
    }
    if settings.verbose {
        log.extend(composition::log(&clusters));
    }
    let diagnosis = Diagnosis {
        kind: DiagnosisKind::Stepping,
        reason: format!("the delays form {count} clusters"),
        clusters,
        ..Diagnosis::default()
    };
    let is_stepping = decide(&diagnosis.clusters, settings, log);
    if !is_stepping {
        let reason = "the delays form several clusters, but not all that are needed pass the checks";
        return Diagnosis { clusters: diagnosis.clusters, ..uniform(reason) };
    }
    match settings.correction {
        Correction::Unchecked | Correction::Disabled => diagnosis,
        Correction::All(name) => Diagnosis { correction_mode: name.into(), ..diagnosis },
        Correction::Filtered => {
            Diagnosis { correction_mode: mode.into(), fallback_mode: settings.fallback.into(), ..diagnosis }
        }
    }
}

/// Whether the clusters are those of a target that steps.
fn decide(clusters: &[Cluster], settings: &Settings, log: &mut Vec<String>) -> bool {
    let (all, valid) = (clusters.len(), clusters.iter().filter(|cluster| cluster.is_valid).count());
    let (bad, needed) = (all - valid, settings.thresholds.clusters);
    match settings.correction {
        Correction::Disabled => false,
        Correction::Unchecked => clusters.iter().all(|cluster| cluster.members.len() >= settings.unchecked_min_windows),
        Correction::All(mode) if bad > 0 => {
            log.push(format!("[Stepping Rejected] {bad}/{all} clusters failed validation in '{mode}' mode."));
            log.push("  → Treating as uniform delay. Switch to 'filtered' mode to use valid clusters only.".to_owned());
            false
        }
        Correction::All(_) if valid < needed => {
            log.push(format!("[Stepping Rejected] Only {valid} clusters (need {needed}+)."));
            false
        }
        Correction::All(_) => {
            log.push(format!("[Stepping Accepted] All {valid} clusters passed validation."));
            true
        }
        Correction::Filtered if valid < needed => {
            log.push(format!("[Filtered Stepping Rejected] Only {valid} valid clusters (need {needed}+)."));
            false
        }
        Correction::Filtered if settings.fallback == "reject" && bad > 0 => {
            log.push(format!(
                "[Filtered Stepping Rejected] Fallback mode is 'reject' and {bad} clusters were filtered."
            ));
            false
        }
        Correction::Filtered => {
            log.push(format!("[Filtered Stepping Accepted] Using {valid}/{all} valid clusters (filtered {bad})."));
            if bad > 0 {
                log.push(format!("  → Filtered regions will use fallback mode: '{}'", settings.fallback));
            }
            true
        }
    }
}

/// One cluster or none: a line, if the delays lie on one that is steep enough for the codec.
fn linear(
    starts_s: &[f64],
    delays_ms: &[f64],
    line: line::Line,
    facts: &Facts,
    settings: &Settings,
    log: &mut Vec<String>,
) -> Diagnosis {
    let codec = facts.codec_id.to_lowercase();
    let is_lossless = ["pcm", "flac", "truehd"].iter().any(|name| codec.contains(name));
    let limits = if is_lossless { settings.lossless } else { settings.lossy };
    let flag = if is_lossless { "True" } else { "False" };
    log.push(format!(
        "[DriftDiagnosis] Codec: {codec} (lossless={flag}). Using R²>{:.2}, slope>{:.1} ms/s.",
        limits.r_squared, limits.slope_ms_per_s
    ));
    if line.slope.abs() > limits.slope_ms_per_s {
        let r_squared = line::r_squared(starts_s, delays_ms, &line);
        if r_squared > limits.r_squared {
            let slope = line.slope;
            log.push(format!(
                "[Linear Drift Detected] Delays fit a straight line with R-squared={r_squared:.3} and slope={slope:.2} ms/s."
            ));
            return drift(DiagnosisKind::LinearDrift, slope, "the delays lie on a line");
        }
    }
    uniform("the delays form one cluster and lie on no steep line")
}
