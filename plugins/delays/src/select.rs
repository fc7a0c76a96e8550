//! `delays/select`: one delay for one target.

use crate::selection::{self, Mode};
use vsg_plugin_api::{prelude::*, report::Entry};

choice! {
    /// How the delay is selected.
    pub enum Selection {
        /// The most frequent whole millisecond, and the mean of the windows that have it.
        MostCommon,
        /// The mean of all windows within 1 ms of the most frequent one.
        Clustered,
        /// The median of all windows within 1 ms of the most frequent one; a few stray windows can not move it.
        ClusterMedian,
        /// The mean of the first run of windows that stay within 1 ms.
        FirstStable,
        /// The mean of all accepted windows.
        Average,
    }
}

params! {
    /// How one delay comes out of many windows.
    pub struct Select {
        /// How the delay is selected.
        mode: Selection = Selection::ClusterMedian,
        /// Accepted windows that are needed for an answer.
        #[schemars(range(min = 1, max = 10000))]
        min_accepted: usize = 3,
        /// Share of the accepted windows that must lie within 1 ms of the selected delay (%); 0 does not ask.
        #[schemars(range(min = 0.0, max = 100.0))]
        min_agreement_pct: f64 = 30.0,
        /// `first-stable`: windows that a run needs.
        #[schemars(range(min = 1, max = 10000))]
        first_stable_min_windows: usize = 3,
        /// `first-stable`: whether shorter runs are passed over.
        first_stable_skip_unstable: bool = true,
    }
}

/// The delay's place in the report.
#[derive(serde::Serialize)]
struct Facts<'a> {
    selection: &'a Delay,
}

impl Stage for Select {
    const ID: &'static str = "select";

    fn signature() -> Signature {
        Signature::new("Selects one delay from the measured windows of a target.")
            .phase("Analysis")
            .input::<Correlation>("correlation", "the measured windows")
            .output::<Delay>("delay", "the selected delay")
    }

    fn run(&self, inputs: &Inputs, ctx: &Ctx<'_>) -> Result<Outputs> {
        let correlation: Correlation = inputs.one("correlation")?;
        let accepted: Vec<&Window> = correlation.windows.iter().filter(|window| window.accepted).collect();
        if accepted.len() < self.min_accepted {
            ctx.log(format!("[ERROR] Analysis failed: Only {} chunks were accepted.", accepted.len()));
            return Err(too_few(&correlation, accepted.len(), self.min_accepted));
        }
        let Some(selected) = selection::select(&accepted, self.selection_mode()) else {
            return Err(too_few(&correlation, accepted.len(), self.min_accepted));
        };
        let source = &correlation.source;
        selected.log.iter().for_each(|line| ctx.log(line));
        ctx.log(format!("{source} delay determined: {:+} ms ({}).", selected.rounded_ms, selected.label));
        selected.raw_log.iter().for_each(|line| ctx.log(line));
        self.require_agreement(&correlation, &accepted, selected.raw_ms)?;

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
        };
        ctx.report(&Entry::facts(&["targets", source], &Facts { selection: &delay })?)?;
        Outputs::new().with("delay", delay)
    }
}

impl Select {
    fn selection_mode(&self) -> Mode {
        match self.mode {
            Selection::MostCommon => Mode::MostCommon,
            Selection::Clustered => Mode::Clustered,
            Selection::ClusterMedian => Mode::ClusterMedian,
            Selection::FirstStable => Mode::FirstStable {
                min_windows: self.first_stable_min_windows,
                skip_unstable: self.first_stable_skip_unstable,
            },
            Selection::Average => Mode::Average,
        }
    }

    /// Fails if too few windows say what was selected: then the files share no single delay, or nothing at all.
    fn require_agreement(&self, correlation: &Correlation, accepted: &[&Window], raw_ms: f64) -> Result<()> {
        let agreeing = accepted.iter().filter(|window| (window.delay_ms - raw_ms).abs() <= 1.0).count();
        let agreement_pct = 100.0 * agreeing as f64 / accepted.len() as f64;
        if agreement_pct >= self.min_agreement_pct {
            return Ok(());
        }
        Err(Error::new(format!(
            "{}: the accepted windows disagree; only {agreeing} of {} lie within 1 ms of {raw_ms:+.3} ms",
            correlation.source,
            accepted.len()
        ))
        .help(
            "the target may drift, run at another speed, or be cut differently; look at the plot of delay over time in the \
             report, or lower min_agreement_pct to take the delay all the same",
        ))
    }
}

fn too_few(correlation: &Correlation, accepted: usize, needed: usize) -> Error {
    let (source, measured) = (&correlation.source, correlation.windows.len());
    Error::new(format!(
        "Analysis failed for {source}: Could not determine a reliable delay.\n  - Accepted chunks: {accepted}\n  - Minimum \
         required: {needed}\n  - Total chunks scanned: {measured}\n  - Match threshold: {:.1}%",
        correlation.min_match_pct
    ))
    .help(
        "the files may hold different material, be silent or damaged, run at different speeds, or be shifted by more than a \
         window; try another audio track (language of media/decode), longer windows (window_s) or another correlation method",
    )
}
