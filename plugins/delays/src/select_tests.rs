//! What `delays/select` decides, with and without a diagnosis.

use crate::{
    made_up::windows,
    select::{Decision, Select, Selection, SteppingDelay},
};
use vsg_plugin_api::prelude::*;

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
    Ok(select.decide(&measured(delays_ms), None, &mut Vec::new())?.delay)
}

#[test]
fn by_default_stray_windows_do_not_move_the_delay() {
    let delay = decide(&Select::default(), &[100.2, 100.2, 100.3, 100.9, 731.0, -12.0]).unwrap();
    assert_eq!((delay.rounded_ms, delay.raw_ms, delay.label.as_str()), (100, 100.25, "cluster median"));
    assert_eq!((delay.accepted, delay.measured), (6, 6));
    assert_eq!((delay.start_ms, delay.reference_start_ms, delay.reference_track_id), (7.0, 21.0, 1));
}

#[test]
fn a_sound_that_repeats_itself_is_ambiguous_however_the_windows_agree() {
    let mut correlation = measured(&[100.0; 10]);
    correlation.windows.iter_mut().for_each(|window| window.expected_ms = Some(99.0));
    correlation.rival_ms = Some(7400.0);
    let decided = Select::default().decide(&correlation, None, &mut Vec::new()).unwrap();
    assert_eq!((decided.delay.verdict, decided.delay.runner_up.unwrap().delay_ms), (Verdict::Ambiguous, 7400.0));
    assert!(decided.doubt.unwrap().contains("the sound repeats itself, and +7400 ms fits"));
    // Windows that were drawn to the rival.
    correlation.rival_ms = Some(101.0);
    correlation.windows.iter_mut().for_each(|window| window.expected_ms = Some(7400.0));
    let delay = Select::default().decide(&correlation, None, &mut Vec::new()).unwrap().delay;
    assert_eq!((delay.verdict, delay.runner_up.unwrap().delay_ms), (Verdict::Ambiguous, 7400.0));
}

#[test]
fn a_separated_sound_has_a_mode_of_its_own_and_no_cuts() {
    let mut correlation = measured(&[100.2, 100.2, 100.3, 100.9, 731.0, -12.0]);
    correlation.stem = Some("vocals".into());
    let steps = Diagnosis { source: "Source 2".into(), kind: DiagnosisKind::Stepping, ..Diagnosis::default() };
    let decide = |separated_mode, log: &mut Vec<String>| {
        let select = Select { separated_mode, ..Select::default() };
        select.decide(&correlation, Some(&steps), log).unwrap().delay
    };
    let mut log = Vec::new();
    let delay = decide(Selection::Clustered, &mut log);
    assert_eq!((delay.label.as_str(), &delay.uncorrected), ("mode (clustered)", &None));
    assert_eq!(
        log[..4],
        [
            "[Analysis Config] Source separation detected - using:",
            "  Correlation: phat",
            "  Delay Mode: Mode (Clustered)",
            "[Stepping Detected] Found stepping in Source 2"
        ]
    );
    assert_eq!(log[6], "[Stepping Disabled] Using delay_selection_mode='Mode (Clustered)' instead");
    assert_eq!(decide(Selection::ClusterMedian, &mut Vec::new()).label, "cluster median");
}

#[test]
fn rejected_windows_do_not_count() {
    let mut correlation = measured(&[5.0, 5.0, 5.0, 900.0]);
    correlation.windows[3].accepted = false;
    let delay = Select::default().decide(&correlation, None, &mut Vec::new()).unwrap().delay;
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
fn windows_that_agree_because_they_overlap_are_not_enough() {
    let spaced = |spacing_s: f64, delays_ms: &[f64]| {
        let mut correlation = Correlation { window_s: 10.0, ..measured(delays_ms) };
        for (index, window) in correlation.windows.iter_mut().enumerate() {
            window.start_s = spacing_s * index as f64;
        }
        correlation
    };
    let mut delays_ms = [100.0; 50];
    let decide = |correlation: &Correlation| Select::default().decide(correlation, None, &mut Vec::new());
    // All of a short film.
    assert!(decide(&spaced(2.0, &delays_ms[..6])).is_ok());
    let mut correlation = spaced(2.0, &delays_ms);
    correlation.windows[4..].iter_mut().for_each(|window| window.accepted = false);
    let error = decide(&correlation).unwrap_err();
    assert!(error.message().contains("hold the same 16 s of sound; 30 s are needed"), "{error}");
    correlation.windows[30..37].iter_mut().for_each(|window| window.accepted = true);
    assert!(decide(&correlation).is_ok(), "elsewhere, too");
    delays_ms[3..].iter_mut().zip(0..).for_each(|(delay_ms, stray)| *delay_ms = 1000.0 * f64::from(stray));
    assert!(decide(&spaced(10.0, &delays_ms[..6])).is_ok(), "three that do not overlap");
}

#[test]
fn too_few_windows_are_an_error_that_counts_them() {
    let mut log = Vec::new();
    let error = Select::default().decide(&measured(&[1.0, 1.0]), None, &mut log).unwrap_err();
    assert!(error.message().contains("Accepted chunks: 2"), "{error}");
    assert_eq!(log, ["[ERROR] Analysis failed: Only 2 chunks were accepted."]);
    assert!(error.help_text().is_some_and(|help| help.contains("too short for that many windows")), "{error:?}");
    let mut correlation = measured(&[1.0, 1.0, 1.0]);
    correlation.windows[1].accepted = false;
    let mut help = |max_offset_s| {
        correlation.max_offset_s = max_offset_s;
        let error = Select::default().decide(&correlation, None, &mut Vec::new()).unwrap_err();
        error.help_text().unwrap().to_owned()
    };
    assert!(help(None).contains("shifted by more than a window"));
    assert!(help(Some(600.0)).contains("shifted by more than 600 s (max_offset_s of alignment/search)"));
    assert!(decide(&Select { min_accepted: 0, ..Select::default() }, &[]).is_err());
}

#[test]
fn all_stages_keep_their_promises() {
    vsg_plugin_api::assert_conforms!();
}

#[test]
fn a_delay_comes_with_its_error_bar_verdict_and_reasons() {
    let delay =
        decide(&Select::default(), &[100.2, 100.2, 100.3, 100.25, 100.3, 100.2, 100.25, 100.25, 731.0]).unwrap();
    assert_eq!(delay.verdict, Verdict::Certain);
    assert!(delay.error_ms.is_some_and(|ms| (0.01..0.1).contains(&ms)), "{delay:?}");
    assert_eq!((delay.runner_up, delay.uncorrected), (None, None));
    let explanation = delay.explanation.unwrap();
    assert_eq!((explanation.votes.len(), explanation.votes[0].windows, explanation.alone), (1, 8, 1));
}

#[test]
fn what_only_order_decided_is_ambiguous() {
    let mode = |mode| Select { mode, min_agreement_pct: 0.0, ..Select::default() };
    let runner_up = |select: &Select, delays_ms: &[f64]| {
        let delay = decide(select, delays_ms).unwrap();
        assert_eq!(delay.verdict, Verdict::Ambiguous, "{delay:?}");
        let RunnerUp { delay_ms, windows, .. } = delay.runner_up.unwrap();
        (delay.raw_ms, delay_ms, windows)
    };
    // Whole milliseconds that are as frequent, although all windows agree within one.
    let near = [0.25, 1.25, 0.25, 1.25, 1.25, 0.25, 0.25, 1.25];
    assert_eq!(runner_up(&mode(Selection::MostCommon), &near), (0.25, 1.25, 4));
    assert_eq!(decide(&mode(Selection::ClusterMedian), &near).unwrap().verdict, Verdict::Certain);
    for selection in [Selection::MostCommon, Selection::Clustered, Selection::ClusterMedian, Selection::FirstStable] {
        let select = mode(selection);
        assert_eq!(runner_up(&select, &[5.0, 300.0, 5.0, 300.0]), (5.0, 300.0, 2), "{selection:?}");
        assert_eq!(runner_up(&select, &[5.0, 100.0, 200.0, 300.0]), (5.0, 100.0, 1), "single windows: {selection:?}");
    }
}

#[test]
fn of_what_may_be_chance_no_more_is_known_than_how_far_was_looked() {
    let mut correlation = Correlation { window_s: 15.0, ..measured(&[100.0; 10]) };
    correlation.windows.iter_mut().for_each(|window| window.peak_ratio = Some(1.2));
    let delay = Select::default().decide(&correlation, None, &mut Vec::new()).unwrap().delay;
    assert_eq!((delay.verdict, delay.error_ms), (Verdict::Ambiguous, Some(15_000.0)));
}

#[test]
fn a_coarse_method_agrees_within_what_it_can_tell() {
    let mut correlation = measured(&[100.0, 110.0, 100.0, 110.0, 110.0, 100.0, 110.0]);
    assert!(
        Select::default()
            .decide(&correlation, None, &mut Vec::new())
            .is_ok_and(|decision| { decision.delay.verdict == Verdict::Ambiguous })
    );
    correlation.resolution_ms = Some(10.0);
    let delay = Select::default().decide(&correlation, None, &mut Vec::new()).unwrap().delay;
    assert_eq!((delay.verdict, delay.raw_ms), (Verdict::Certain, 110.0));
    assert!(delay.error_ms.is_some_and(|ms| ms >= 5.0), "{delay:?}");
}

/// A diagnosis with segments: start (s), end (s) and delay at the start of the reference (ms).
fn diagnosis(kind: DiagnosisKind, rate_ms_per_s: f64, segments: &[(f64, f64, f64)]) -> Diagnosis {
    let segments = segments.iter().map(|&(start_s, end_s, delay_ms)| Segment {
        start_s,
        end_s,
        start_error_s: 0.0,
        delay_ms,
        error_ms: 0.03,
        windows: 4,
    });
    Diagnosis { source: "Source 2".into(), kind, rate_ms_per_s, segments: segments.collect(), ..Diagnosis::default() }
}

#[test]
fn a_target_that_drifts_gets_the_delay_of_its_first_sample() {
    // 40 ms/s: 96 s of the target are 100 s of the reference.
    let delays_ms: Vec<f64> = (0..10).map(|index| 960.0 + 40.0 * 10.0 * f64::from(index)).collect();
    let found = diagnosis(DiagnosisKind::PalDrift, 40.0, &[(0.0, 100.0, 960.0)]);
    let correlation = measured(&delays_ms);
    let decision = Select::default().decide(&correlation, Some(&found), &mut Vec::new()).unwrap();
    let delay = decision.delay;
    assert!((delay.raw_ms - 1000.0).abs() < 1e-9, "{delay:?}");
    assert_eq!((delay.rounded_ms, delay.verdict), (1000, Verdict::Certain));
    assert_eq!(delay.label, "first sample, drift taken out");
    assert!(delay.uncorrected.is_some_and(|text| text.starts_with("Source 2 drifts by +40.000 ms/s: ")));
    assert_eq!(decision.doubt, None, "the diagnosis has told it");
    let error = decide(&Select::default(), &delays_ms).unwrap_err();
    assert!(error.message().contains("disagree"), "{error}");
}

#[test]
fn a_target_that_steps_gets_the_delay_of_its_first_segment() {
    let delays_ms = [100.0, 100.0, 100.1, 100.0, 350.0, 350.0, 350.1, 350.0, 350.0, 350.0];
    let found = diagnosis(DiagnosisKind::Stepping, 0.0, &[(0.0, 35.0, 100.02), (35.25, 100.0, 350.02)]);
    let correlation = measured(&delays_ms);
    let decide = |stepping| {
        let select = Select { stepping, ..Select::default() };
        select.decide(&correlation, Some(&found), &mut Vec::new()).unwrap()
    };
    let Decision { delay, doubt } = decide(SteppingDelay::FirstSegment);
    assert_eq!((delay.raw_ms, delay.verdict, delay.label.as_str()), (100.02, Verdict::Certain, "first segment"));
    assert_eq!((delay.error_ms, delay.runner_up, doubt), (Some(0.03), None, None));
    assert!(delay.uncorrected.is_some_and(|text| text.starts_with("Source 2 is cut differently at one place")));
    let ignoring = decide(SteppingDelay::Ignore);
    assert_eq!((ignoring.delay.raw_ms, ignoring.delay.verdict), (350.0, Verdict::Likely));
    assert!(ignoring.delay.runner_up.is_some_and(|second| second.windows == 4 && second.delay_ms == 100.0));
}

#[test]
fn windows_off_the_lines_of_a_diagnosis_disagree() {
    let found = diagnosis(DiagnosisKind::Stepping, 0.0, &[(0.0, 35.0, 100.0), (35.0, 100.0, 350.0)]);
    let correlation = measured(&[100.0, 7.0, 9.0, -3.0, 350.0, 2.0, -8.0, 44.0]);
    let error = Select::default().decide(&correlation, Some(&found), &mut Vec::new()).unwrap_err();
    assert!(error.message().contains("only 2 of 8"), "{error}");
}

#[test]
fn sounds_that_agree_as_a_whole_only_are_a_case_for_another_method() {
    let mut correlation = Correlation { max_offset_s: Some(3600.0), ..measured(&[100.0; 10]) };
    correlation.windows.iter_mut().skip(2).for_each(|window| window.accepted = false);
    let help = |correlation: &Correlation| {
        let error = Select::default().decide(correlation, None, &mut Vec::new()).unwrap_err();
        error.help_text().unwrap_or_default().to_owned()
    };
    assert!(help(&correlation).contains("be shifted by more than 3600 s"), "{}", help(&correlation));
    correlation.windows.iter_mut().for_each(|window| window.expected_ms = Some(99.0));
    assert!(help(&correlation).contains("correlation-features/onset"), "{}", help(&correlation));
    // So are a few windows that disagree; many that do are none.
    let mut disagree = Correlation { windows: windows(&[0.0; 40]), ..correlation.clone() };
    for (index, window) in disagree.windows.iter_mut().enumerate() {
        (window.delay_ms, window.accepted, window.expected_ms) = (9.0 * index as f64, index < 3, Some(99.0));
    }
    assert!(help(&disagree).contains("correlation-features/onset"), "{}", help(&disagree));
    disagree.windows.iter_mut().for_each(|window| window.accepted = true);
    assert!(help(&disagree).contains("be cut differently"), "{}", help(&disagree));
    // A method that compares what is heard has done so.
    correlation.resolution_ms = Some(10.0);
    assert!(help(&correlation).contains("be shifted by more than 3600 s"), "{}", help(&correlation));
}

#[test]
fn a_drift_that_few_windows_show_is_doubted() {
    let mut correlation = measured(&[0.0; 40]);
    let (rate_ms_per_s, reference_duration_s) = (2.0, 400.0);
    correlation.reference_duration_s = reference_duration_s;
    let segment = Segment {
        start_s: 0.0,
        end_s: reference_duration_s,
        start_error_s: 0.0,
        delay_ms: 7.0,
        error_ms: 0.1,
        windows: 3,
    };
    let drifts = Diagnosis {
        source: "Source 2".into(),
        kind: DiagnosisKind::LinearDrift,
        rate_ms_per_s,
        segments: vec![segment],
        ..Diagnosis::default()
    };
    let mut doubt = |accepted: usize| {
        let middles_s: Vec<f64> = correlation.windows.iter().map(|window| correlation.middle_s(window)).collect();
        for (index, window) in correlation.windows.iter_mut().enumerate() {
            (window.delay_ms, window.accepted) = (7.0 + rate_ms_per_s * middles_s[index], index < accepted);
        }
        Select::default().decide(&correlation, Some(&drifts), &mut Vec::new()).unwrap().doubt
    };
    assert_eq!(doubt(24), None);
    let doubt = doubt(23).unwrap();
    assert!(doubt.starts_with("Source 2: only 23 of 40 windows say +"), "{doubt}");
    assert!(doubt.contains("all from 230 s to "), "{doubt}");
}
