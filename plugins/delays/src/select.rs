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

/// Windows that agree lie this near to the selected delay (ms).
const AGREEMENT_MS: f64 = 1.0;

params! {
    /// How one delay comes out of many windows.
    pub struct Select {
        /// How the delay is selected.
        mode: Selection = Selection::ClusterMedian,
        /// Accepted windows that are needed for an answer.
        #[schemars(range(min = 1, max = 10000))]
        min_accepted: usize = 3,
        /// Share of the accepted windows, and no fewer than `min_accepted`, that must lie within 1 ms of the selected delay
        /// (%); 0 does not ask.
        #[schemars(range(min = 0.0, max = 100.0))]
        min_agreement_pct: f64 = 50.0,
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
            .example(example("a stray window does not move the median", Selection::ClusterMedian, 100.25))
            .example(example("the mean of all windows does", Selection::Average, 226.4))
    }

    fn run(&self, inputs: &Inputs, ctx: &Ctx<'_>) -> Result<Outputs> {
        let correlation: Correlation = inputs.one("correlation")?;
        for window in &correlation.windows {
            let what = || format!("the delay of {} in window {}", correlation.source, window.number);
            crate::require_time(what, window.delay_ms)?;
        }
        let mut log = Vec::new();
        let delay = self.decide(&correlation, &mut log);
        log.iter().for_each(|line| ctx.log(line));
        let delay = delay?;
        ctx.report(&Entry::facts(&["targets", &delay.source], &Facts { selection: &delay })?)?;
        if let Some(doubt) = doubt(&correlation, delay.raw_ms) {
            ctx.warn(&doubt);
            ctx.report(&Entry::Issue(doubt))?;
        }
        Outputs::new().with("delay", delay)
    }
}

/// Five windows, one of which is astray, and the delay that comes out of them (ms).
fn example(name: &str, mode: Selection, raw_ms: f64) -> Example {
    let windows = [100.0, 100.25, 100.25, 100.5, 731.0].iter().zip(1..).map(|(delay_ms, number)| Window {
        number,
        start_s: 60.0 * number as f64,
        delay_ms: *delay_ms,
        match_pct: 90.0,
        peak_ratio: None,
        runner_up_ms: None,
        accepted: true,
        rejected_because: None,
        ..Window::default()
    });
    let correlation = Correlation {
        source: "Source 2".into(),
        track_id: 1,
        reference_track_id: 1,
        method: "phat".into(),
        start_ms: 0.0,
        reference_start_ms: 0.0,
        reference_duration_s: 400.0,
        planned: 5,
        min_match_pct: 5.0,
        windows: windows.collect(),
        ..Correlation::default()
    };
    let delay = Delay {
        source: "Source 2".into(),
        rounded_ms: raw_ms.round_ties_even() as i64,
        raw_ms,
        label: if mode == Selection::Average { "average" } else { "cluster median" }.into(),
        accepted: 5,
        measured: 5,
        start_ms: 0.0,
        reference_start_ms: 0.0,
        reference_track_id: 1,
        ..Delay::default()
    };
    let example = Example::new(name).input("correlation", correlation).output("delay", delay).tolerance(1e-9);
    match mode {
        // Four of five windows are nowhere near the mean, which only this mode takes all the same.
        Selection::Average => example.with("mode", "average").with("min_agreement_pct", 0.0),
        _ => example,
    }
}

impl Select {
    /// The delay of a target, and the lines of the log that explain it. Fails with too few windows, or if they disagree.
    pub(crate) fn decide(&self, correlation: &Correlation, log: &mut Vec<String>) -> Result<Delay> {
        let source = &correlation.source;
        let accepted: Vec<&Window> = correlation.windows.iter().filter(|window| window.accepted).collect();
        let enough = accepted.len() >= self.min_accepted;
        let Some(selected) = selection::select(&accepted, self.selection_mode()).filter(|_| enough) else {
            log.push(format!("[ERROR] Analysis failed: Only {} chunks were accepted.", accepted.len()));
            return Err(too_few(correlation, accepted.len(), self.min_accepted));
        };
        log.extend(selected.log);
        log.push(format!("{source} delay determined: {:+} ms ({}).", selected.rounded_ms, selected.label));
        log.extend(selected.raw_log);
        self.require_agreement(source, &accepted, selected.raw_ms)?;
        Ok(Delay {
            source: source.clone(),
            rounded_ms: selected.rounded_ms,
            raw_ms: selected.raw_ms,
            label: selected.label.to_owned(),
            accepted: accepted.len(),
            measured: correlation.windows.len(),
            start_ms: correlation.start_ms,
            reference_start_ms: correlation.reference_start_ms,
            reference_track_id: correlation.reference_track_id,
            ..Delay::default()
        })
    }

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

    /// Fails if too few windows say what was selected: then the files share no single delay, or nothing at all. A share alone
    /// is not enough, because a single window is a third of three.
    fn require_agreement(&self, source: &str, accepted: &[&Window], raw_ms: f64) -> Result<()> {
        let agreeing = accepted.iter().filter(|window| (window.delay_ms - raw_ms).abs() <= AGREEMENT_MS).count();
        let agreement_pct = 100.0 * agreeing as f64 / accepted.len() as f64;
        let agree = agreement_pct >= self.min_agreement_pct && agreeing >= self.min_accepted;
        if agree || self.min_agreement_pct == 0.0 {
            return Ok(());
        }
        Err(Error::new(format!(
            "{source}: the accepted windows disagree; only {agreeing} of {} lie within {AGREEMENT_MS} ms of {raw_ms:+.3} ms",
            accepted.len()
        ))
        .help(
            "the target may drift, run at another speed, or be cut differently; look at the plot of delay over time in the \
             report, or set min_agreement_pct = 0 to take the delay all the same",
        ))
    }
}

/// What to tell the user of a delay that windows speak against.
fn doubt(correlation: &Correlation, selected_ms: f64) -> Option<String> {
    let source = &correlation.source;
    let accepted: Vec<&Window> = correlation.windows.iter().filter(|window| window.accepted).collect();
    let is_near = |window: &&&Window, ms: f64| (window.delay_ms - ms).abs() <= AGREEMENT_MS;
    let others: Vec<&Window> = accepted.iter().filter(|window| !is_near(window, selected_ms)).copied().collect();
    let second = selection::select(&others, Mode::ClusterMedian);
    let agreeing = |ms: f64| others.iter().filter(|window| is_near(window, ms)).copied().collect::<Vec<_>>();
    if let Some(second) = second
        && let [first, .., last] = agreeing(second.raw_ms)[..]
    {
        return Some(format!(
            "{source}: {} of {} accepted windows, between {:.0} s and {:.0} s, say {:+.3} ms instead of {selected_ms:+.3} ms; the \
             target may be cut differently there, and one delay can not be right everywhere",
            agreeing(second.raw_ms).len(),
            accepted.len(),
            first.start_s,
            last.start_s,
            second.raw_ms,
        ));
    }
    let agreeing = accepted.len() - others.len();
    if others.len() >= 2 && 5 * others.len() > accepted.len() {
        return Some(format!(
            "{source}: only {agreeing} of {} accepted windows lie within {AGREEMENT_MS} ms of {selected_ms:+.3} ms; the target may \
             drift, and one delay can not be right everywhere",
            accepted.len(),
        ));
    }
    (10 * agreeing < 6 * correlation.windows.len()).then(|| {
        format!(
            "{source}: only {agreeing} of {} windows say {selected_ms:+.3} ms, the others found nothing; look at the result, and if \
             it is out of sync, the files may be shifted by more than a window (window_s)",
            correlation.windows.len(),
        )
    })
}

fn too_few(correlation: &Correlation, accepted: usize, needed: usize) -> Error {
    let (source, measured) = (&correlation.source, correlation.windows.len());
    Error::new(format!(
        "Analysis failed for {source}: Could not determine a reliable delay.\n  - Accepted chunks: {accepted}\n  - Minimum \
         required: {needed}\n  - Total chunks scanned: {measured}\n  - Match threshold: {:.1}%",
        correlation.min_match_pct
    ))
    .help(if measured < needed {
        "the files are too short for that many windows; choose a shorter window_s, or fewer windows by min_accepted of \
         delays/select"
    } else {
        "the files may hold different material, be silent or damaged, run at different speeds, or be shifted by more than a \
         window; try another audio track (language of media/decode), longer windows (window_s) or another correlation method"
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::made_up::windows;

    fn measured(delays_ms: &[f64]) -> Correlation {
        Correlation {
            source: "Source 2".into(),
            track_id: 4,
            reference_track_id: 1,
            method: "phat".into(),
            start_ms: 7.0,
            reference_start_ms: 21.0,
            reference_duration_s: 100.0,
            planned: 10,
            min_match_pct: 5.0,
            windows: windows(delays_ms),
            ..Correlation::default()
        }
    }

    fn decide(select: &Select, delays_ms: &[f64]) -> Result<Delay> {
        select.decide(&measured(delays_ms), &mut Vec::new())
    }

    #[test]
    fn by_default_stray_windows_do_not_move_the_delay() {
        let delay = decide(&Select::default(), &[100.2, 100.2, 100.3, 100.9, 731.0, -12.0]).unwrap();
        assert_eq!((delay.rounded_ms, delay.raw_ms, delay.label.as_str()), (100, 100.25, "cluster median"));
        assert_eq!((delay.accepted, delay.measured), (6, 6));
        assert_eq!((delay.start_ms, delay.reference_start_ms, delay.reference_track_id), (7.0, 21.0, 1));
    }

    #[test]
    fn rejected_windows_do_not_count() {
        let mut correlation = measured(&[5.0, 5.0, 5.0, 900.0]);
        correlation.windows[3].accepted = false;
        let delay = Select::default().decide(&correlation, &mut Vec::new()).unwrap();
        assert_eq!((delay.raw_ms, delay.accepted, delay.measured), (5.0, 3, 4));
    }

    #[test]
    fn windows_that_drift_apart_are_no_delay() {
        let error = decide(&Select::default(), &[0.0, 10.0, 20.0, 30.0, 40.0, 50.0]).unwrap_err();
        assert!(error.message().contains("only 1 of 6 lie within 1 ms"), "{error}");
        assert!(error.help_text().is_some_and(|help| help.contains("drift")), "{error:?}");
    }

    #[test]
    fn the_share_of_agreeing_windows_decides() {
        let windows = [8.0, 8.0, 8.0, 100.0, 200.0, 300.0, 400.0, 500.0, 600.0, 700.0];
        let asking = |min_agreement_pct| Select { min_agreement_pct, ..Select::default() };
        assert!(decide(&asking(30.0), &windows).is_ok());
        assert!(decide(&asking(31.0), &windows).is_err());
    }

    #[test]
    fn as_many_windows_must_agree_as_must_be_accepted() {
        let (three, four) = ([100.0, 500.0, -900.0], [100.0, 100.0, 500.0, -900.0]);
        assert!(decide(&Select::default(), &three).is_err(), "a third, but one window");
        assert!(decide(&Select::default(), &four).is_err(), "half of them, but two windows");
        let asking_for = |min_accepted| Select { min_accepted, ..Select::default() };
        assert_eq!(decide(&asking_for(2), &four).unwrap().rounded_ms, 100);
        assert_eq!(decide(&asking_for(1), &[100.0]).unwrap().rounded_ms, 100);
        let not_asking = Select { min_agreement_pct: 0.0, ..Select::default() };
        assert_eq!(decide(&not_asking, &three).unwrap().rounded_ms, 100);
    }

    #[test]
    fn a_second_delay_is_told() {
        let mut correlation = measured(&[5.0, 5.0, 5.2, 5.0, 905.0, 905.5, -40.0]);
        let told = doubt(&correlation, 5.0).unwrap();
        let expected = "Source 2: 2 of 7 accepted windows, between 40 s and 50 s, say +905.250 ms instead of +5.000 ms";
        assert!(told.starts_with(expected), "{told}");
        correlation.windows[5].accepted = false;
        let told = doubt(&correlation, 5.0).unwrap();
        assert!(told.starts_with("Source 2: only 4 of 6 accepted windows lie within 1 ms of +5.000 ms"), "{told}");
        correlation.windows[4].accepted = false;
        let told = doubt(&correlation, 5.0).unwrap();
        assert!(told.starts_with("Source 2: only 4 of 7 windows say +5.000 ms"), "{told}");
    }

    #[test]
    fn a_stray_window_is_no_doubt() {
        assert_eq!(doubt(&measured(&[5.0, 5.0, 5.2, 5.0, 5.1, 905.5]), 5.0), None);
        let mut some_silent = measured(&[5.0; 10]);
        some_silent.windows[2..6].iter_mut().for_each(|window| window.accepted = false);
        assert_eq!(doubt(&some_silent, 5.0), None);
    }

    #[test]
    fn too_few_windows_are_an_error_that_counts_them() {
        let mut log = Vec::new();
        let error = Select::default().decide(&measured(&[1.0, 1.0]), &mut log).unwrap_err();
        assert!(error.message().contains("Accepted chunks: 2"), "{error}");
        assert_eq!(log, ["[ERROR] Analysis failed: Only 2 chunks were accepted."]);
        assert!(decide(&Select { min_accepted: 0, ..Select::default() }, &[]).is_err());
    }
}
