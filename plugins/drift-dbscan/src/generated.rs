//! Hundreds of made-up targets of every kind: how many are diagnosed right.

use crate::{
    diagnose::Diagnose,
    judge::{self, Frames},
    made_up::{Random, Scan, Stretch, Target},
};
use vsg_plugin_api::kinds::{Correlation, Diagnosis, DiagnosisKind, Window};

/// Targets of each kind; `VSG_CASES` asks for another number.
fn cases() -> usize {
    std::env::var("VSG_CASES").ok().and_then(|count| count.parse().ok()).unwrap_or(60)
}

/// A classic or a dense scan, by a fine method or by one that measures features of the sound.
fn scan(random: &mut Random, is_dense: bool) -> Scan {
    let is_fine = random.is(0.7);
    let error_ms = if is_fine { random.of_any_size(0.005, 0.05) } else { random.between(1.0, 10.0) };
    let resolution_ms = (!is_fine).then_some(error_ms);
    // Two halves make up 5 to 30 % of a dense scan.
    let (most, least) = if is_dense { (0.15, 0.025) } else { (0.06, 0.0) };
    Scan {
        window_s: if is_dense { 10.0 } else { 15.0 },
        every_s: if is_dense { 2.0 } else { 0.0 },
        error_ms,
        resolution_ms,
        tells_errors: random.is(0.5),
        strays: random.between(least, most),
        rejected: random.between(least, most),
    }
}

fn diagnose(random: &mut Random, scan: &Scan, target: &Target, frames: Frames) -> Diagnosis {
    let correlation = scan.measure(random, target);
    judge::diagnose(&correlation, frames, &Diagnose::default().asked()).unwrap()
}

/// Whether the drift is that of the target, give or take twice the error.
fn has_rate(found: &Diagnosis, target: &Target) -> bool {
    (found.rate_ms_per_s - target.rate_ms_per_s).abs() <= 2.0 * found.rate_error_ms_per_s + 1e-6
}

/// Whether all cuts are where they are said to be, and as large, give or take twice the error.
fn has_cuts(found: &Diagnosis, target: &Target) -> bool {
    found.segments.len() == target.stretches.len()
        && found.segments.iter().zip(&target.stretches).all(|(segment, stretch)| {
            (segment.start_s - stretch.start_s).abs() <= segment.start_error_s + 1e-6
                && (segment.delay_ms - stretch.delay_ms).abs() <= 2.0 * segment.error_ms
        })
}

/// Diagnoses many targets and fails if fewer than 95 % are right; tells the others.
fn require(name: &str, is_dense: bool, mut is_right: impl FnMut(&mut Random, Scan) -> Result<(), String>) {
    let (cases, mut wrong) = (cases(), Vec::new());
    for case in 0..cases {
        let mut random = Random::new(1000 * name.len() as u64 + case as u64);
        let scan = scan(&mut random, is_dense);
        if let Err(what) = is_right(&mut random, scan) {
            wrong.push(format!("{case}: {what}\n  {scan:?}"));
        }
    }
    let (right, scanned) = (cases - wrong.len(), if is_dense { "dense" } else { "classic" });
    println!("| {name} | {scanned} | {right} of {cases} |");
    assert!(right * 100 >= 95 * cases, "{name}, {scanned}: {right} of {cases}\n{}", wrong.join("\n"));
}

fn expect(is_right: bool, found: &Diagnosis, target: &Target) -> Result<(), String> {
    if is_right {
        return Ok(());
    }
    let segments: Vec<String> = found
        .segments
        .iter()
        .map(|s| {
            format!(
                "{:.1}..{:.1}±{:.1} {:.3}±{:.3} n{}",
                s.start_s, s.end_s, s.start_error_s, s.delay_ms, s.error_ms, s.windows
            )
        })
        .collect();
    Err(format!(
        "{:?} {} rate {}±{}\n  {segments:#?}\n  truth: rate {} {:?}",
        found.kind,
        found.reason,
        found.rate_ms_per_s,
        found.rate_error_ms_per_s,
        target.rate_ms_per_s,
        target.stretches
    ))
}

fn uniform(is_dense: bool) {
    require("uniform", is_dense, |random, scan| {
        let target = Target::whole(random, 0.0);
        let found = diagnose(random, &scan, &target, Frames::default());
        let is_right = found.kind == DiagnosisKind::Uniform && found.rate_ms_per_s == 0.0 && has_cuts(&found, &target);
        expect(is_right, &found, &target)
    });
}

fn linear(is_dense: bool) {
    require("linear drift, 0.01 to 5 ms/s", is_dense, |random, scan| {
        let rate_ms_per_s = random.sign() * random.of_any_size(0.01, 5.0);
        let target = Target::whole(random, rate_ms_per_s);
        let found = diagnose(random, &scan, &target, Frames::default());
        expect(found.kind == DiagnosisKind::LinearDrift && has_rate(&found, &target), &found, &target)
    });
}

fn pal(is_dense: bool) {
    require("PAL", is_dense, |random, scan| {
        let film_hz = 24_000.0 / 1001.0;
        let (name, reference_hz, target_hz) =
            [("25/23.976", film_hz, 25.0), ("23.976/25", 25.0, film_hz), ("25/24", 24.0, 25.0)][random.below(3)];
        let target = Target::whole(random, 1000.0 * (1.0 - reference_hz / target_hz));
        let known = |random: &mut Random, hz: f64| random.is(0.7).then_some(hz);
        let frames = Frames { reference_hz: known(random, reference_hz), target_hz: known(random, target_hz) };
        let found = diagnose(random, &scan, &target, frames);
        let is_right = found.kind == DiagnosisKind::PalDrift && found.speed_name.as_deref() == Some(name);
        expect(is_right && has_rate(&found, &target), &found, &target)
    });
}

#[test]
fn targets_with_one_delay_are_uniform() {
    uniform(true);
    uniform(false);
}

#[test]
fn targets_that_drift_are_told_their_rate() {
    linear(true);
    linear(false);
}

#[test]
fn targets_at_pal_speed_are_told_so_in_both_directions() {
    pal(true);
    pal(false);
}

#[test]
fn cuts_are_found_where_they_are() {
    require("1 to 8 cuts, 0.04 to 120 s", true, |random, scan| {
        let cuts = 1 + random.below(8);
        let target = Target::cut(random, 0.0, cuts, 40.0);
        let found = diagnose(random, &scan, &target, Frames::default());
        let is_right = found.kind == DiagnosisKind::Stepping && found.rate_ms_per_s == 0.0;
        expect(is_right && has_cuts(&found, &target), &found, &target)
    });
}

/// Ten windows see a stretch if two of them measure it.
#[test]
fn few_windows_see_few_cuts() {
    require("1 to 3 cuts", false, |random, scan| {
        let cuts = 1 + random.below(3);
        let (target, correlation) = loop {
            let target = Target::cut(random, 0.0, cuts, 360.0);
            let correlation = scan.measure(random, &target);
            if target.stretches.iter().all(|stretch| witnesses(&correlation, stretch) >= 2) {
                break (target, correlation);
            }
        };
        let found = judge::diagnose(&correlation, Frames::default(), &Diagnose::default().asked()).unwrap();
        let is_right = found.kind == DiagnosisKind::Stepping && found.rate_ms_per_s == 0.0;
        expect(is_right && has_cuts(&found, &target), &found, &target)
    });
}

/// Accepted windows that measured a stretch.
fn witnesses(correlation: &Correlation, stretch: &Stretch) -> usize {
    let saw = |window: &&Window| window.accepted && (window.delay_ms - stretch.delay_ms).abs() <= 15.0;
    correlation.windows.iter().filter(saw).count()
}

#[test]
fn drift_and_cuts_together_are_both_told() {
    require("1 to 8 cuts and drift", true, |random, scan| {
        let cuts = 1 + random.below(8);
        let rate_ms_per_s = random.sign() * random.of_any_size(0.03, 45.0);
        let target = Target::cut(random, rate_ms_per_s, cuts, 60.0);
        let found = diagnose(random, &scan, &target, Frames::default());
        let is_right = found.kind == DiagnosisKind::Stepping && has_rate(&found, &target);
        expect(is_right && has_cuts(&found, &target), &found, &target)
    });
}

#[test]
fn windows_that_agree_on_nothing_are_too_little_to_tell() {
    for is_dense in [true, false] {
        require("unrelated", is_dense, |random, scan| {
            let target = Target::whole(random, 0.0);
            let lost = Scan { strays: 1.0, ..scan };
            let correlation = lost.measure(random, &target);
            let mut correlation = correlation;
            for window in &mut correlation.windows {
                window.delay_ms = 1000.0 * random.between(-scan.window_s, scan.window_s);
            }
            let found = judge::diagnose(&correlation, Frames::default(), &Diagnose::default().asked()).unwrap();
            expect(found.kind == DiagnosisKind::InsufficientData, &found, &target)
        });
    }
    require("few windows", false, |random, scan| {
        let target = Target::whole(random, 0.0);
        let mut correlation = scan.measure(random, &target);
        correlation.windows.truncate(5);
        let found = judge::diagnose(&correlation, Frames::default(), &Diagnose::default().asked()).unwrap();
        expect(found.kind == DiagnosisKind::InsufficientData, &found, &target)
    });
}

#[test]
fn a_clean_drift_is_known_to_a_millionth() {
    for case in 0..50 {
        let mut random = Random::new(case);
        let rate_ms_per_s = random.sign() * random.of_any_size(0.01, 5.0);
        let target = Target { reference_s: 1440.0, ..Target::whole(&mut random, rate_ms_per_s) };
        let scan = Scan { error_ms: 0.02, resolution_ms: None, strays: 0.1, rejected: 0.1, ..scan(&mut random, true) };
        let found = diagnose(&mut random, &scan, &target, Frames::default());
        assert!((found.rate_ms_per_s - rate_ms_per_s).abs() < 0.001, "{case}: {found:?}, {rate_ms_per_s}");
    }
}

#[test]
fn the_truth_lies_within_the_error_bars() {
    let (mut levels, mut levels_held, mut rates, mut rates_held) = (0, 0, 0, 0);
    for case in 0..3 * cases() {
        let mut random = Random::new(case as u64);
        let scan = scan(&mut random, case % 2 == 0);
        let rate_ms_per_s = if case % 3 == 0 { 0.0 } else { random.sign() * random.of_any_size(0.03, 5.0) };
        let cuts = if case % 2 == 0 { random.below(4) } else { 0 };
        let target = Target::cut(&mut random, rate_ms_per_s, cuts, 100.0);
        let found = diagnose(&mut random, &scan, &target, Frames::default());
        rates += 1;
        rates_held += usize::from((found.rate_ms_per_s - rate_ms_per_s).abs() <= found.rate_error_ms_per_s);
        for (segment, stretch) in found.segments.iter().zip(&target.stretches) {
            levels += 1;
            levels_held += usize::from((segment.delay_ms - stretch.delay_ms).abs() <= segment.error_ms);
        }
    }
    println!("| within error bars | {levels_held} of {levels} levels, {rates_held} of {rates} rates |");
    assert!(100 * levels_held >= 93 * levels && 100 * rates_held >= 93 * rates);
}
