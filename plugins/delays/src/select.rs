//! `delays/select`: one delay for one target.

use crate::{
    error_bar::{self, Evidence},
    example::example,
    selection::{self, Mode, Selected, Tie},
    telling,
    uneven::{self, Lines},
    verdict::{self, Case, Judgement},
    votes::{Said, covered_s},
};
use vsg_plugin_api::prelude::*;

choice! {
    /// How the delay is selected.
    pub enum Selection {
        /// The most frequent whole millisecond, and the mean of the windows that have it.
        MostCommon,
        /// The mean of all windows within 1 ms of the most frequent one.
        Clustered,
        /// The median of all windows within 1 ms, or what the method can tell apart, of where they are densest; a few stray windows
        /// can not move it.
        ClusterMedian,
        /// The mean of a cluster within 1 ms that is there from the beginning; without one, as `clustered`.
        EarlyCluster,
        /// The mean of the first run of windows that stay within 1 ms.
        FirstStable,
        /// The mean of all accepted windows.
        Average,
    }
}

choice! {
    /// Which delay a target gets that steps.
    pub enum SteppingDelay {
        /// That of its first segment, which a correction starts from.
        FirstSegment,
        /// That of all windows, as if it did not step.
        Ignore,
    }
}

impl Selection {
    /// As the reference program calls it, if it has it.
    fn name(self) -> &'static str {
        match self {
            Self::MostCommon => "Mode (Most Common)",
            Self::Clustered => "Mode (Clustered)",
            Self::ClusterMedian => "Cluster Median",
            Self::EarlyCluster => "Mode (Early Cluster)",
            Self::FirstStable => "First Stable",
            Self::Average => "Average",
        }
    }
}

/// Windows that agree lie this near to each other (ms), or as near as the method can tell.
const AGREEMENT_MS: f64 = 1.0;

/// No method is so coarse (ms).
const COARSEST_MS: f64 = 100.0;

params! {
    /// How one delay comes out of many windows.
    pub struct Select {
        /// How the delay is selected.
        mode: Selection = Selection::ClusterMedian,
        /// How the delay of a separated sound (its vocals, its instruments) is selected. Steps of it are not trusted: a separation changes
        /// from window to window.
        separated_mode: Selection = Selection::Clustered,
        /// Accepted windows that are needed for an answer.
        #[schemars(range(min = 1, max = 10000))]
        min_accepted: usize = 3,
        /// Share of the accepted windows, and no fewer than `min_accepted`, that must lie within 1 ms of the selected delay
        /// (%). Windows that overlap hold the same sound: those that agree have to hold as much of it as `min_accepted` that do
        /// not overlap, or half of what was measured. 0 does not ask.
        #[schemars(range(min = 0.0, max = 100.0))]
        min_agreement_pct: f64 = 50.0,
        /// `first-stable` and a target that steps: windows that a run or a segment needs.
        #[schemars(range(min = 1, max = 10000))]
        first_stable_min_windows: usize = 3,
        /// `first-stable` and a target that steps: whether shorter runs are passed over.
        first_stable_skip_unstable: bool = true,
        /// `early-cluster`: how many accepted windows are the beginning.
        #[schemars(range(min = 1, max = 10000))]
        early_cluster_window: usize = 10,
        /// `early-cluster`: how many of them the cluster needs.
        #[schemars(range(min = 1, max = 10000))]
        early_cluster_threshold: usize = 5,
        /// With a diagnosis: which delay a target gets that steps.
        stepping: SteppingDelay = SteppingDelay::FirstSegment,
    }
}

/// A delay, and what to tell the user of one that windows speak against.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Decision {
    pub(crate) delay: Delay,
    pub(crate) doubt: Option<String>,
}

/// A delay before anybody asked whether it is right.
struct Proposal<'a> {
    selected: Selected,
    /// The lines that it is taken from, if it is not taken from windows.
    lines: Option<Lines<'a>>,
}

impl Stage for Select {
    const ID: &'static str = "select";

    fn signature() -> Signature {
        Signature::new("Selects one delay from the measured windows of a target.")
            .phase("Analysis")
            .input::<Correlation>("correlation", "the measured windows")
            .optional_input::<Diagnosis>(
                "diagnosis",
                "what the windows show: drift is taken out, and segments are told apart",
            )
            .output::<Delay>("delay", "the selected delay")
            .example(example("a stray window does not move the median", Selection::ClusterMedian, 100.25))
            .example(example("the mean of all windows does", Selection::Average, 226.4))
    }

    fn run(&self, inputs: &Inputs, ctx: &Ctx<'_>) -> Result<Outputs> {
        let correlation: Correlation = inputs.one("correlation")?;
        let diagnosis: Option<Diagnosis> = inputs.optional("diagnosis")?;
        for window in &correlation.windows {
            let what = || format!("the delay or the start of {} in window {}", correlation.source, window.number);
            crate::require_time(what, window.delay_ms)?;
            crate::require_time(what, 1000.0 * window.start_s)?;
        }
        crate::require_time(|| "the length of a window".into(), 1000.0 * correlation.window_s)?;
        if let Some(diagnosis) = &diagnosis {
            uneven::require_sane(diagnosis, &correlation.source)?;
        }
        let mut log = Vec::new();
        let decision = self.decide(&correlation, diagnosis.as_ref(), &mut log);
        log.iter().for_each(|line| ctx.log(line));
        match decision {
            Ok(decision) => {
                telling::tell(&decision, ctx)?;
                Outputs::new().with("delay", decision.delay)
            }
            Err(error) => {
                telling::tell_refusal(&correlation, &error, ctx)?;
                Err(error)
            }
        }
    }
}

pub(crate) fn accepted(correlation: &Correlation) -> Vec<&Window> {
    correlation.windows.iter().filter(|window| window.accepted).collect()
}

/// What is to be judged: the windows, the level that was selected (ms), and the one that was as good for that.
pub(crate) fn case<'a>(
    correlation: &'a Correlation,
    said: &'a [Said<'a>],
    selected_ms: f64,
    tie: Option<Tie>,
) -> Case<'a> {
    Case {
        source: &correlation.source,
        windows: &correlation.windows,
        said,
        selected_ms,
        rival_ms: rival_ms(correlation, selected_ms),
        is_searched: correlation.max_offset_s.is_some()
            || correlation.windows.iter().any(|window| window.expected_ms.is_some()),
        tie,
        within_ms: within_ms(correlation),
        window_s: correlation.window_s,
        overlap: overlap(correlation),
        reference_s: correlation.reference_duration_s,
    }
}

/// A delay that is as good for the whole sounds as the selected one: the rival that alignment knows, or, if the windows were drawn to that one,
/// the place where they were read.
fn rival_ms(correlation: &Correlation, selected_ms: f64) -> Option<f64> {
    let rival_ms = correlation.rival_ms?;
    let read_at_ms = correlation.windows.first()?.expected_ms.unwrap_or(0.0);
    let away = |delay_ms: f64| (delay_ms - selected_ms).abs();
    Some(if away(read_at_ms) > away(rival_ms) { read_at_ms } else { rival_ms })
}

/// How far a window is looked for (ms), if that is known.
fn reach_ms(correlation: &Correlation) -> Option<f64> {
    (correlation.window_s > 0.0).then_some(1000.0 * correlation.window_s)
}

/// How near to each other delays count as one (ms).
fn within_ms(correlation: &Correlation) -> f64 {
    let said: Vec<f64> = correlation.windows.iter().filter_map(|window| window.error_ms).collect();
    let typical_ms = if said.is_empty() { 0.0 } else { 1.5 * selection::median(said.into_iter()) };
    let resolution_ms = correlation.resolution_ms.unwrap_or(0.0);
    // In this order a number that is none is passed over.
    let ms = AGREEMENT_MS.max(resolution_ms).max(typical_ms).min(COARSEST_MS);
    (10.0 * ms).ceil() / 10.0
}

/// How many windows share each moment, at least 1.
fn overlap(correlation: &Correlation) -> f64 {
    let starts_s: Vec<f64> = correlation.windows.iter().map(|window| window.start_s).collect();
    if starts_s.len() < 2 {
        return 1.0;
    }
    let spacing_s = selection::median(starts_s.windows(2).map(|pair| pair[1] - pair[0]));
    // Windows on one place are one.
    let shared_by = if spacing_s > 0.0 { correlation.window_s / spacing_s } else { starts_s.len() as f64 };
    shared_by.clamp(1.0, 1e3)
}

impl Select {
    /// The delay of a target, and the lines of the log that explain it. Fails with too few windows, or if they disagree.
    pub(crate) fn decide(
        &self,
        correlation: &Correlation,
        diagnosis: Option<&Diagnosis>,
        log: &mut Vec<String>,
    ) -> Result<Decision> {
        let source = &correlation.source;
        if correlation.stem.is_some() {
            log.extend(separated(&correlation.method, self.mode_for(correlation)));
        }
        let accepted = accepted(correlation);
        let enough = accepted.len() >= self.min_accepted;
        let proposal = if enough { self.propose(correlation, &accepted, diagnosis, log) } else { None };
        let Some(Proposal { selected, lines }) = proposal else {
            log.push(format!("[ERROR] Analysis failed: Only {} chunks were accepted.", accepted.len()));
            return Err(too_few(correlation, accepted.len(), self.min_accepted));
        };
        log.extend(selected.log);
        log.push(format!("{source} delay determined: {:+} ms ({}).", selected.rounded_ms, selected.label));
        log.extend(selected.raw_log);

        let within_ms = within_ms(correlation);
        let said: Vec<Said<'_>> = accepted
            .iter()
            .map(|window| said(correlation, window, lines.as_ref(), selected.raw_ms, within_ms))
            .collect();
        self.require_agreement(correlation, &said, selected.raw_ms, within_ms)?;
        let judged = verdict::judge(&case(correlation, &said, selected.raw_ms, selected.tie));
        let Judgement { verdict, runner_up, explanation, doubt, may_be_chance } = judged;
        let error_ms =
            lines.map_or_else(|| self.error_ms(correlation, &said, selected.raw_ms), |lines| Some(lines.error_ms()));
        let reference_s = correlation.reference_duration_s;
        let delay = Delay {
            source: source.clone(),
            rounded_ms: selected.rounded_ms,
            raw_ms: selected.raw_ms,
            label: selected.label.to_owned(),
            accepted: accepted.len(),
            measured: correlation.windows.len(),
            start_ms: correlation.start_ms,
            reference_start_ms: correlation.reference_start_ms,
            reference_track_id: correlation.reference_track_id,
            // Of chance nothing is known but how far was looked.
            error_ms: if may_be_chance { reach_ms(correlation) } else { error_ms },
            verdict,
            runner_up,
            // Steps of a separated sound are its own.
            uncorrected: diagnosis
                .filter(|diagnosis| correlation.stem.is_none() || diagnosis.kind != DiagnosisKind::Stepping)
                .and_then(|diagnosis| uneven::uncorrected(diagnosis, source, reference_s)),
            explanation: Some(explanation),
        };
        // What a diagnosis tells is no news, unless few windows say so.
        let agreeing = said.iter().filter(|said| said.agrees).count();
        let is_news =
            delay.uncorrected.is_none() || verdict == Verdict::Ambiguous || verdict::are_few(agreeing, delay.measured);
        Ok(Decision { doubt: doubt.filter(|_| is_news), delay })
    }

    /// The delay that windows, or the lines that they lie on, have for the target. `None` without windows.
    fn propose<'a>(
        &self,
        correlation: &Correlation,
        accepted: &[&Window],
        diagnosis: Option<&'a Diagnosis>,
        log: &mut Vec<String>,
    ) -> Option<Proposal<'a>> {
        let steps = diagnosis.is_some_and(|diagnosis| diagnosis.kind == DiagnosisKind::Stepping);
        let is_separated = correlation.stem.is_some();
        let ignores = steps && (is_separated || self.stepping == SteppingDelay::Ignore);
        let lines =
            diagnosis.filter(|_| !ignores).and_then(|diagnosis| Lines::of(diagnosis, self.first_stable_min_windows));
        if let Some(lines) = lines {
            let raw_ms = lines.first_ms();
            let selected = selection::selected(selection::round(raw_ms), raw_ms, lines.label());
            return Some(Proposal { selected, lines: Some(lines) });
        }
        // A diagnosis of the reference program's way knows no lines, and its log is as there.
        let knows_no_lines = diagnosis.is_some_and(|diagnosis| diagnosis.segments.is_empty());
        if steps && is_separated {
            log.extend(not_trusted(&correlation.source, self.separated_mode));
        } else if steps && knows_no_lines {
            if ignores {
                log.extend(not_corrected(&correlation.source));
            } else if let Some(selected) = self.first_segment(&correlation.source, accepted, log) {
                return Some(Proposal { selected, lines: None });
            }
        }
        let selected =
            selection::select(accepted, self.selection_mode(self.mode_for(correlation), within_ms(correlation)))?;
        Some(Proposal { selected, lines: None })
    }

    /// The reference program's delay of a target that steps: that of the first stable run, if there is one.
    fn first_segment(&self, source: &str, accepted: &[&Window], log: &mut Vec<String>) -> Option<Selected> {
        let (min_windows, skip_unstable) = (self.first_stable_min_windows, self.first_stable_skip_unstable);
        let found = selection::stable_run(accepted, min_windows, skip_unstable);
        // It is looked for twice: for the rounded delay and for the raw one.
        let lines = found.as_ref().map_or_else(|lines| lines, |run| &run.log);
        log.extend(lines.iter().chain(lines).cloned());
        let run = found.ok()?;
        let (rounded_ms, raw_ms) = (run.rounded_ms, run.raw_ms);
        log.extend([
            format!("[Stepping Detected] Found stepping in {source}"),
            format!("[Stepping Override] Using first segment's delay: {rounded_ms:+}ms (raw: {raw_ms:.3}ms)"),
            format!("[Stepping Override] This delay will be used for ALL tracks (audio + subtitles) from {source}"),
            "[Stepping Override] Stepping correction will be applied to audio tracks during processing".to_owned(),
        ]);
        let label = "first segment, stepping corrected";
        Some(Selected { label, log: Vec::new(), raw_log: Vec::new(), ..run })
    }

    /// The setting that counts for a sound.
    fn mode_for(&self, correlation: &Correlation) -> Selection {
        if correlation.stem.is_some() { self.separated_mode } else { self.mode }
    }

    fn selection_mode(&self, selection: Selection, within_ms: f64) -> Mode {
        match selection {
            Selection::MostCommon => Mode::MostCommon,
            Selection::Clustered => Mode::Clustered,
            Selection::ClusterMedian => Mode::ClusterMedian { within_ms },
            Selection::EarlyCluster => {
                Mode::EarlyCluster { window: self.early_cluster_window, threshold: self.early_cluster_threshold }
            }
            Selection::FirstStable => Mode::FirstStable {
                min_windows: self.first_stable_min_windows,
                skip_unstable: self.first_stable_skip_unstable,
            },
            Selection::Average => Mode::Average,
        }
    }

    /// Seconds of sound in windows that agree, and how many are needed: as many as in `min_accepted` windows that do not overlap, but no more
    /// than half of all that was measured.
    fn agreement_s(&self, correlation: &Correlation, agreeing: &[&Window]) -> (f64, f64) {
        let window_s = correlation.window_s;
        let half_s = 0.5 * covered_s(&correlation.windows, window_s);
        (covered_s(agreeing.iter().copied(), window_s), (self.min_accepted as f64 * window_s).min(half_s))
    }

    /// The error bar of a delay that was taken from windows (ms): from those that agree, or from all for their average.
    fn error_ms(&self, correlation: &Correlation, said: &[Said<'_>], selected_ms: f64) -> Option<f64> {
        let counts = |said: &&Said<'_>| said.agrees || self.mode_for(correlation) == Selection::Average;
        let windows: Vec<&Window> = said.iter().filter(counts).map(|said| said.window).collect();
        let delays_ms: Vec<f64> = windows.iter().map(|window| window.delay_ms).collect();
        let errors_ms: Vec<f64> = windows.iter().filter_map(|window| window.error_ms).collect();
        let evidence = Evidence {
            selected_ms,
            delays_ms: &delays_ms,
            errors_ms: &errors_ms,
            overlap: overlap(correlation),
            resolution_ms: correlation.resolution_ms.unwrap_or(0.0),
            within_ms: within_ms(correlation),
        };
        (!windows.is_empty()).then(|| error_bar::error_ms(&evidence)).filter(|ms| ms.is_finite())
    }

    /// Fails if too few windows say what was selected: then the files share no single delay, or nothing at all. A share alone
    /// is not enough, because a single window is a third of three; nor is a number, because windows that overlap hold the same sound.
    fn require_agreement(
        &self,
        correlation: &Correlation,
        said: &[Said<'_>],
        raw_ms: f64,
        within_ms: f64,
    ) -> Result<()> {
        let source = &correlation.source;
        if self.min_agreement_pct == 0.0 {
            return Ok(());
        }
        let agreeing: Vec<&Window> = said.iter().filter(|said| said.agrees).map(|said| said.window).collect();
        let (agreeing_s, needed_s) = self.agreement_s(correlation, &agreeing);
        let agreement_pct = 100.0 * agreeing.len() as f64 / said.len() as f64;
        if agreement_pct < self.min_agreement_pct || agreeing.len() < self.min_accepted {
            return Err(Error::new(format!(
                "{source}: the accepted windows disagree; only {} of {} lie within {within_ms} ms of {raw_ms:+.3} ms",
                agreeing.len(),
                said.len()
            ))
            .help(match 10 * said.len() < correlation.windows.len() && is_placed_for_waves(correlation) {
                true => COMPARE_WHAT_IS_HEARD,
                false => {
                    "the target may drift, run at another speed, or be cut differently; look at the plot of delay over time in the \
                     report, or set min_agreement_pct = 0 to take the delay all the same"
                }
            }));
        }
        if agreeing_s >= needed_s {
            return Ok(());
        }
        Err(Error::new(format!(
            "{source}: the {} windows that lie within {within_ms} ms of {raw_ms:+.3} ms hold the same {agreeing_s:.0} s of sound; \
             {needed_s:.0} s are needed",
            agreeing.len()
        ))
        .help(
            "the files may hold different material; try another audio track (language of media/decode), another correlation \
             method or scan = \"classic\", or set min_agreement_pct = 0 to take the delay all the same",
        ))
    }
}

/// What a window says, and whether that is what was selected.
fn said<'a>(
    correlation: &Correlation,
    window: &'a Window,
    lines: Option<&Lines<'_>>,
    selected_ms: f64,
    within_ms: f64,
) -> Said<'a> {
    let at_s = correlation.middle_s(window);
    match lines {
        Some(lines) => {
            let level_ms = lines.level_ms(window.delay_ms, at_s);
            Said { window, level_ms, agrees: lines.agrees(level_ms, at_s, within_ms) }
        }
        None => {
            let level_ms = window.delay_ms;
            Said { window, level_ms, agrees: (level_ms - selected_ms).abs() <= within_ms }
        }
    }
}

/// What the reference program says of settings for separated sounds.
fn separated(method: &str, selection: Selection) -> [String; 3] {
    [
        "[Analysis Config] Source separation detected - using:".into(),
        format!("  Correlation: {method}"),
        format!("  Delay Mode: {}", selection.name()),
    ]
}

/// The reference program's words on steps of separated sounds.
fn not_trusted(source: &str, selection: Selection) -> [String; 4] {
    [
        format!("[Stepping Detected] Found stepping in {source}"),
        "[Stepping Disabled] Source separation is enabled - stepping correction is unreliable on separated stems"
            .into(),
        "[Stepping Disabled] Separated stems have different waveform characteristics that break stepping detection"
            .into(),
        format!("[Stepping Disabled] Using delay_selection_mode='{}' instead", selection.name()),
    ]
}

/// The reference program's warning of steps that it does not correct.
fn not_corrected(source: &str) -> [String; 4] {
    [
        format!("⚠️  [Stepping Detected] Found stepping in {source}"),
        "⚠️  [Stepping Disabled] Stepping correction is disabled - timing may be inconsistent".into(),
        "⚠️  [Recommendation] Enable 'Stepping Correction' in settings if you want automatic correction".into(),
        "⚠️  [Manual Review] You should manually review this file's sync quality".into(),
    ]
}

/// What to do where [`is_placed_for_waves`] holds and few windows are accepted all the same.
const COMPARE_WHAT_IS_HEARD: &str = "the sounds agree as a whole (alignment/search), but not wave by wave: the target may run at another speed \
    with its pitch kept, or be processed heavily; compare what is heard instead, by correlation-features/onset in place of this method";

/// Whether a search of the whole sounds knew where to read most windows, and the method compares waves, not what is heard.
fn is_placed_for_waves(correlation: &Correlation) -> bool {
    let placed = correlation.windows.iter().filter(|window| window.expected_ms.is_some()).count();
    correlation.resolution_ms.is_none() && 2 * placed > correlation.windows.len()
}

fn too_few(correlation: &Correlation, accepted: usize, needed: usize) -> Error {
    let (source, measured) = (&correlation.source, correlation.windows.len());
    Error::new(format!(
        "Analysis failed for {source}: Could not determine a reliable delay.\n  - Accepted chunks: {accepted}\n  - Minimum \
         required: {needed}\n  - Total chunks scanned: {measured}\n  - Match threshold: {:.1}%",
        correlation.min_match_pct
    ))
    .help(match correlation.max_offset_s {
        _ if measured < needed => "the files are too short for that many windows; choose a shorter window_s, or fewer windows by \
             min_accepted of delays/select"
            .to_owned(),
        _ if is_placed_for_waves(correlation) => COMPARE_WHAT_IS_HEARD.to_owned(),
        Some(longest_s) => format!(
            "the files may hold different material, be silent or damaged, be shifted by more than {longest_s} s (max_offset_s of \
             alignment/search), or run at a speed that was not looked for (speeds); try another audio track (language of media/decode) or another correlation method"
        ),
        None => "the files may hold different material, be silent or damaged, run at different speeds, or be shifted by more than a \
             window; try another audio track (language of media/decode), longer windows (window_s), a search of the whole sounds \
             (alignment/search) or another correlation method"
            .to_owned(),
    })
}
