//! How far a selected delay can be trusted, and why.

use crate::{
    selection::Tie,
    votes::{self, Said},
};
use vsg_dsp::peak::{EDGE, RELATED_PEAK_RATIO};
use vsg_plugin_api::kinds::{Explanation, Rejection, RunnerUp, Verdict, Vote, Window};

/// Windows that have to agree before anything is certain.
const CERTAIN_WINDOWS: usize = 6;

/// Share of the reference that they have to come from.
const CERTAIN_SHARE: f64 = 0.5;

/// Share of the reference that is worth a word if no window of it agrees.
const MUCH: f64 = 0.2;

/// What was selected, and what the windows say to it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Case<'a> {
    pub(crate) source: &'a str,
    /// All windows, rejected ones too.
    pub(crate) windows: &'a [Window],
    /// Accepted windows in order of time.
    pub(crate) said: &'a [Said<'a>],
    /// Level that was selected (ms).
    pub(crate) selected_ms: f64,
    /// A delay at which the whole sounds agree as well (ms).
    pub(crate) rival_ms: Option<f64>,
    /// Whether windows were read where a search of the whole sounds said, or that found nothing.
    pub(crate) is_searched: bool,
    /// A delay that was as good for the selection, whose order of windows decided.
    pub(crate) tie: Option<Tie>,
    /// How near delays count as one (ms).
    pub(crate) within_ms: f64,
    /// Length of a window (s).
    pub(crate) window_s: f64,
    /// How many windows share each moment, at least 1.
    pub(crate) overlap: f64,
    /// Length of the reference (s).
    pub(crate) reference_s: f64,
}

/// What came out.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Judgement {
    pub(crate) verdict: Verdict,
    pub(crate) runner_up: Option<RunnerUp>,
    pub(crate) explanation: Explanation,
    /// What to tell the user of a delay that windows speak against.
    pub(crate) doubt: Option<String>,
    /// Whether the windows that agree may do so by chance, so that how near they lie to each other tells nothing of the truth.
    pub(crate) may_be_chance: bool,
}

/// Judges a selected delay.
pub(crate) fn judge(case: &Case<'_>) -> Judgement {
    let (others, alone) = votes::others(case.said, case.within_ms);
    let agreeing: Vec<&Said<'_>> = case.said.iter().filter(|said| said.agrees).collect();
    let repeats = case.rival_ms.map(|rival_ms| (Verdict::Ambiguous, repeats(case, rival_ms)));
    let chance = chance(case, &agreeing);
    let may_be_chance = chance.is_some();
    let chance = chance.map(|doubt| (Verdict::Ambiguous, doubt));
    let tied = || case.tie.map(|tie| (Verdict::Ambiguous, tied(case, tie)));
    let against = repeats.or(chance).or_else(tied).or_else(|| speaks_against(case, &agreeing, others.first()));
    let (verdict, because, doubt) = match against {
        Some((verdict, doubt)) => (verdict, doubt.clone(), Some(doubt)),
        None => unopposed(case, &agreeing),
    };
    let rival = case.rival_ms.map(|delay_ms| (delay_ms, 0)).or(case.tie.map(|tie| (tie.delay_ms, tie.windows)));
    let rival = rival.or_else(|| others.first().map(|vote| (vote.delay_ms, vote.windows)));
    // Where that is in doubt, a single window is another answer, too.
    let single = || alone.first().filter(|_| verdict == Verdict::Ambiguous).map(|said| (said.level_ms, 1));
    let runner_up = rival.or_else(single).map(|(delay_ms, windows)| RunnerUp {
        delay_ms,
        windows,
        distance_ms: (delay_ms - case.selected_ms).abs(),
    });
    let explanation = Explanation {
        because,
        votes: votes::vote(&agreeing).into_iter().chain(others).collect(),
        alone: alone.len(),
        rejected: rejections(case.windows),
    };
    Judgement { verdict, runner_up, explanation, doubt, may_be_chance }
}

/// What to tell if windows were accepted that do not stand out, or hardly share any sound: then only the others count, and half of all must.
fn chance(case: &Case<'_>, agreeing: &[&Said<'_>]) -> Option<String> {
    let Case { source, windows, said, selected_ms, window_s, .. } = case;
    let is_weak = |Said { window, .. }: &Said<'_>| {
        let away_ms = (window.delay_ms - window.expected_ms.unwrap_or(0.0)).abs();
        let is_on_edge = *window_s > 0.0 && away_ms > EDGE * 1000.0 * window_s;
        is_on_edge || window.peak_ratio.is_some_and(|ratio| ratio < RELATED_PEAK_RATIO)
    };
    let (count, measured) = (agreeing.len(), windows.len());
    let strong = agreeing.iter().filter(|said| !is_weak(said)).count();
    (said.iter().any(is_weak) && 2 * strong < measured).then(|| {
        format!(
            "{source}: {count} of {measured} windows say {selected_ms:+.3} ms, but only {strong} of {measured} also stand out from what unrelated \
             sound gives; the files may hold different material, which min_peak_ratio of the correlation would tell"
        )
    })
}

/// What to tell of sounds that agree as well at another delay.
fn repeats(Case { source, selected_ms, .. }: &Case<'_>, rival_ms: f64) -> String {
    format!(
        "{source}: the sound repeats itself, and {rival_ms:+.0} ms fits the whole file as well as {selected_ms:+.3} ms; look at the result, and if \
         it is out of sync, another audio track or a smaller max_offset_s of alignment/search may tell them apart"
    )
}

/// What to tell of a delay that was selected by the order of windows.
fn tied(Case { source, selected_ms, .. }: &Case<'_>, Tie { delay_ms, windows }: Tie) -> String {
    let say = if windows == 1 { "1 window says".to_owned() } else { format!("{windows} windows say") };
    format!(
        "{source}: {say} {delay_ms:+.3} ms, which is as good as {selected_ms:+.3} ms: only the order of windows decided; look at the result, or \
         let another mode of delays/select decide"
    )
}

/// What speaks against a delay, the worst first.
fn speaks_against(case: &Case<'_>, agree: &[&Said<'_>], second: Option<&Vote>) -> Option<(Verdict, String)> {
    let Case { source, selected_ms, within_ms, .. } = case;
    let (agreeing, accepted, measured) = (agree.len(), case.said.len(), case.windows.len());
    let others = accepted - agreeing;
    // In hundreds of windows two agree by chance, and neighbours that share sound stray together.
    let least = (0.03 * accepted as f64).max(case.overlap + 1.0).ceil() as usize;
    if let Some(second) = second.filter(|second| second.windows >= least.max(2)) {
        let Vote { delay_ms, windows, first_s, last_s } = second;
        let is_near = 4 * windows >= 3 * agreeing;
        let (verdict, more) = match windows.cmp(&agreeing) {
            std::cmp::Ordering::Less if !is_near => (Verdict::Likely, ""),
            std::cmp::Ordering::Less => (Verdict::Ambiguous, "; that is nearly as many as agree"),
            std::cmp::Ordering::Equal => {
                (Verdict::Ambiguous, "; that is as many as agree, and only their order decided")
            }
            std::cmp::Ordering::Greater => (Verdict::Ambiguous, "; that is more than agree"),
        };
        return Some((
            verdict,
            format!(
                "{source}: {windows} of {accepted} accepted windows, between {first_s:.0} s and {last_s:.0} s, say {delay_ms:+.3} ms instead \
                 of {selected_ms:+.3} ms{more}; the target may be cut differently there, and one delay can not be right everywhere"
            ),
        ));
    }
    if others >= 2 && 5 * others > accepted {
        let verdict = if 2 * agreeing < accepted { Verdict::Ambiguous } else { Verdict::Likely };
        return Some((
            verdict,
            format!(
                "{source}: only {agreeing} of {accepted} accepted windows lie within {within_ms} ms of {selected_ms:+.3} ms; the target may \
                 drift, and one delay can not be right everywhere"
            ),
        ));
    }
    are_few(agreeing, measured).then(|| {
        let advice = match case.is_searched {
            true => {
                "as where a dub leaves little of the common sound, or the speed was changed and the pitch kept, where \
                 correlation-features/onset hears more; look at the result"
            }
            false => {
                "look at the result, and if it is out of sync, the files may be shifted by more than a window (window_s)"
            }
        };
        let where_none = longest_without(case, agree)
            .map_or(String::new(), |(from_s, to_s)| format!(", among them all from {from_s:.0} s to {to_s:.0} s,"));
        let doubt = format!(
            "{source}: only {agreeing} of {measured} windows say {selected_ms:+.3} ms, the others{where_none} found nothing; {advice}"
        );
        (Verdict::Likely, doubt)
    })
}

/// Whether so few windows agree that the user should know.
pub(crate) fn are_few(agreeing: usize, measured: usize) -> bool {
    10 * agreeing < 6 * measured
}

/// The longest stretch (s) of which no window agrees, if it is much of the reference.
fn longest_without(case: &Case<'_>, agreeing: &[&Said<'_>]) -> Option<(f64, f64)> {
    let agrees = |window: &Window| agreeing.iter().any(|said| std::ptr::eq(said.window, window));
    let ends_s = |run: &[(&Window, bool)]| Some((run.first()?.0.start_s, run.last()?.0.start_s + case.window_s));
    let windows: Vec<(&Window, bool)> = case.windows.iter().map(|window| (window, agrees(window))).collect();
    let without = windows.split(|(_, agrees)| *agrees).filter(|run| run.len() > 1).filter_map(ends_s);
    let longest = without.max_by(|one, other| (one.1 - one.0).total_cmp(&(other.1 - other.0)))?;
    (longest.1 - longest.0 > MUCH * case.reference_s && case.reference_s > 0.0).then_some(longest)
}

/// Nothing speaks against the delay; whether enough speaks for it.
fn unopposed(case: &Case<'_>, agreeing: &[&Said<'_>]) -> (Verdict, String, Option<String>) {
    let (count, accepted, within_ms) = (agreeing.len(), case.said.len(), case.within_ms);
    let ends_s = agreeing.first().zip(agreeing.last()).map(|(first, last)| (first.window.start_s, last.window.start_s));
    let (first_s, last_s) = ends_s.unwrap_or_default();
    let agree = format!(
        "{count} of {accepted} accepted windows, from {first_s:.0} s to {last_s:.0} s, agree within {within_ms} ms"
    );
    if count < CERTAIN_WINDOWS {
        return (Verdict::Likely, format!("{agree}; that is few"), None);
    }
    if case.reference_s <= 0.0 || last_s - first_s < CERTAIN_SHARE * case.reference_s {
        return (Verdict::Likely, format!("{agree}; that is a part of the file only"), None);
    }
    (Verdict::Certain, format!("{agree}, and nothing speaks for another delay"), None)
}

/// Windows that did not count, by reason. Reasons that differ in their figures only are one.
pub(crate) fn rejections(windows: &[Window]) -> Vec<Rejection> {
    let kind_of = |because: &str| because.chars().filter(|letter| !letter.is_ascii_digit()).collect::<String>();
    let mut rejections: Vec<Rejection> = Vec::new();
    for window in windows.iter().filter(|window| !window.accepted) {
        let because = window.rejected_because.clone().unwrap_or_else(|| "no reason is given".into());
        match rejections.iter_mut().find(|known| kind_of(&known.because) == kind_of(&because)) {
            Some(known) => known.windows.push(window.number),
            None => rejections.push(Rejection { because, windows: vec![window.number] }),
        }
    }
    rejections
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::made_up::windows;

    /// Judges windows of which the accepted ones within 1 ms agree.
    fn judge_all(windows: &[Window], selected_ms: f64, reference_s: f64) -> Judgement {
        judge_searched(windows, selected_ms, reference_s, false)
    }

    fn judge_searched(windows: &[Window], selected_ms: f64, reference_s: f64, is_searched: bool) -> Judgement {
        let accepted = windows.iter().filter(|window| window.accepted);
        let said: Vec<Said<'_>> = accepted
            .map(|window| Said {
                window,
                level_ms: window.delay_ms,
                agrees: (window.delay_ms - selected_ms).abs() <= 1.0,
            })
            .collect();
        judge(&Case {
            source: "Source 2",
            windows,
            said: &said,
            selected_ms,
            rival_ms: None,
            is_searched,
            tie: None,
            within_ms: 1.0,
            window_s: 10.0,
            overlap: 1.0,
            reference_s,
        })
    }

    fn doubt(windows: &[Window], selected_ms: f64) -> Option<String> {
        judge_all(windows, selected_ms, 100.0).doubt
    }

    #[test]
    fn a_second_delay_is_told() {
        let mut windows = windows(&[5.0, 5.0, 5.2, 5.0, 905.0, 905.5, -40.0]);
        let told = doubt(&windows, 5.0).unwrap();
        let expected = "Source 2: 2 of 7 accepted windows, between 40 s and 50 s, say +905.250 ms instead of +5.000 ms";
        assert!(told.starts_with(expected), "{told}");
        windows[5].accepted = false;
        let told = doubt(&windows, 5.0).unwrap();
        assert!(told.starts_with("Source 2: only 4 of 6 accepted windows lie within 1 ms of +5.000 ms"), "{told}");
        windows[4].accepted = false;
        let told = doubt(&windows, 5.0).unwrap();
        assert!(told.starts_with("Source 2: only 4 of 7 windows say +5.000 ms"), "{told}");
        assert!(told.ends_with("shifted by more than a window (window_s)"), "{told}");
        assert!(told.contains(" ms, the others, among them all from 40 s to 70 s, found nothing; "), "{told}");
        // Where windows were placed by a search, they are not out of each other's reach.
        let told = judge_searched(&windows, 5.0, 100.0, true).doubt.unwrap();
        assert!(told.ends_with("look at the result"), "{told}");
    }

    #[test]
    fn a_stray_window_is_no_doubt() {
        assert_eq!(doubt(&windows(&[5.0, 5.0, 5.2, 5.0, 5.1, 905.5]), 5.0), None);
        let mut some_silent = windows(&[5.0; 10]);
        some_silent[2..6].iter_mut().for_each(|window| window.accepted = false);
        assert_eq!(doubt(&some_silent, 5.0), None);
    }

    #[test]
    fn windows_from_the_whole_file_make_a_delay_certain() {
        let judged = judge_all(&windows(&[5.0; 10]), 5.0, 100.0);
        assert_eq!((judged.verdict, judged.runner_up), (Verdict::Certain, None));
        let because =
            "10 of 10 accepted windows, from 0 s to 90 s, agree within 1 ms, and nothing speaks for another delay";
        assert_eq!(judged.explanation.because, because);
        assert_eq!(judge_all(&windows(&[5.0; 10]), 5.0, 1000.0).verdict, Verdict::Likely, "a tenth of the file");
        assert_eq!(judge_all(&windows(&[5.0; 4]), 5.0, 40.0).verdict, Verdict::Likely, "four windows");
        assert_eq!(judge_all(&windows(&[5.0; 10]), 5.0, 0.0).verdict, Verdict::Likely, "a file of unknown length");
    }

    #[test]
    fn a_tie_is_ambiguous_and_its_loser_the_runner_up() {
        let judged = judge_all(&windows(&[5.0, 300.0, 5.0, 300.0, 5.0, 300.5]), 5.0, 100.0);
        assert_eq!(judged.verdict, Verdict::Ambiguous);
        assert_eq!(judged.runner_up, Some(RunnerUp { delay_ms: 300.0, windows: 3, distance_ms: 295.0 }));
        assert!(judged.explanation.because.contains("as many as agree, and only their order decided"), "{judged:?}");
        let nearly = judge_all(&windows(&[5.0, 5.0, 5.0, 5.0, 300.0, 300.0, 300.0]), 5.0, 100.0);
        assert_eq!(nearly.verdict, Verdict::Ambiguous);
        let fewer = judge_all(&windows(&[5.0, 5.0, 5.0, 5.0, 5.0, 300.0, 300.0]), 5.0, 100.0);
        assert_eq!(fewer.verdict, Verdict::Likely);
        let none = judge_all(&windows(&[5.0, 100.0, 200.0, 300.0]), 150.0, 100.0);
        assert_eq!(none.verdict, Verdict::Ambiguous, "an average that no window has");
        assert_eq!(none.runner_up, Some(RunnerUp { delay_ms: 5.0, windows: 1, distance_ms: 145.0 }));
    }

    #[test]
    fn windows_that_do_not_stand_out_may_agree_by_chance() {
        let mut windows = windows(&[5.0; 10]);
        let judged = |windows: &[Window]| {
            let Judgement { verdict, doubt, may_be_chance, .. } = judge_all(windows, 5.0, 100.0);
            (
                verdict,
                doubt.is_some_and(|doubt| doubt.contains("stand out from what unrelated sound gives")),
                may_be_chance,
            )
        };
        windows.iter_mut().for_each(|window| window.peak_ratio = Some(RELATED_PEAK_RATIO));
        assert_eq!(judged(&windows), (Verdict::Certain, false, false));
        windows[..5].iter_mut().for_each(|window| window.peak_ratio = Some(1.3));
        assert_eq!(judged(&windows), (Verdict::Certain, false, false), "half of them are enough");
        windows[5].peak_ratio = Some(1.3);
        assert_eq!(judged(&windows), (Verdict::Ambiguous, true, true));
        // Whether the weak ones agree or not.
        windows[..6].iter_mut().for_each(|window| window.delay_ms = 77.0);
        assert_eq!(judged(&windows), (Verdict::Ambiguous, true, true));
        // Or on the edge of what can be found.
        windows.iter_mut().for_each(|window| (window.delay_ms, window.peak_ratio) = (5.0, Some(9.0)));
        windows[..6].iter_mut().for_each(|window| window.delay_ms = 9_999.0);
        assert_eq!(judged(&windows), (Verdict::Ambiguous, true, true));
        windows.iter_mut().for_each(|window| (window.delay_ms, window.peak_ratio) = (5.0, None));
        assert_eq!(judged(&windows), (Verdict::Certain, false, false), "a method that does not tell");
    }

    #[test]
    fn rejected_windows_are_counted_by_their_reasons() {
        let mut windows = windows(&[5.0; 5]);
        for (index, because) in [(1, "below 5.0"), (2, "peak 1.25 times the second, below 1.50"), (4, "below 5.0")] {
            windows[index].accepted = false;
            windows[index].rejected_because = Some(because.into());
        }
        windows[3].accepted = false;
        windows[3].rejected_because = Some("peak 1.31 times the second, below 1.50".into());
        let found = rejections(&windows);
        assert_eq!(found.len(), 2);
        assert_eq!(found[0], Rejection { because: "below 5.0".into(), windows: vec![2, 5] });
        assert_eq!(found[1].windows, [3, 4]);
    }
}
