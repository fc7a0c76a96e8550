//! The robust form of GCC-PHAT finds the delays that are built into the audio of the golden set.
#![allow(clippy::unwrap_used, reason = "clippy exempts test functions only, not what they call")]

mod golden;

use golden::Settings;
use golden_reader::{json, number, text};
use vsg_dsp::peak::RELATED_PEAK_RATIO;
use vsg_dsp::window_plan::plan_windows;
use vsg_dsp::{Gcc, GccOptions};

/// The delays are those that were built into the audio, not what the reference program makes of it.
#[test]
fn the_robust_form_finds_the_true_delays_whatever_the_filter() {
    let (pairs, config, versions) =
        (json("analysis/pairs.json"), json("analysis/config.json"), json("analysis/versions.json"));
    let rate_hz = number(&pairs["sample_rate"]);
    let (low_hz, high_hz) = ("filter_bandpass_lowcut_hz", "filter_bandpass_highcut_hz");
    let mut checked = 0;
    for (name, set) in pairs["sets"].as_object().unwrap() {
        let Some(delay) = name.split('_').next().and_then(|p| versions["audio"].get(format!("{p}_delay_samples")))
        else {
            continue;
        };
        // A list of delays belongs to audio that steps.
        if delay.is_array() {
            continue;
        }
        let settings = Settings::new(&config, &set["config"]);
        let mut reference = golden::audio(text(&set["ref"]), rate_hz);
        let mut target = golden::audio(text(&set["target"]), rate_hz);
        if let Some(filter) = settings.filter(rate_hz) {
            filter.apply(&mut reference, 0);
            filter.apply(&mut target, 0);
        }
        let options = GccOptions::robust(rate_hz, number(settings.get(low_hz)), number(settings.get(high_hz)));
        let plan = plan_windows(reference.len(), target.len(), rate_hz, &settings.scan());
        let gcc = Gcc::<f32>::new(plan[0].len, plan[0].len, options).unwrap();
        let mut scratch = gcc.scratch();
        for window in plan {
            let range = window.first_sample..window.first_sample + window.len;
            let peak = gcc.correlate(&reference[range.clone()], &target[range], &mut scratch).unwrap();
            let what = format!("{name}, window {} at {} s: {peak:?}", window.index, window.start_s);
            // The treble of the first pair is tilted, which turns phases: it is more than a sample late in this band.
            let within = if name.starts_with("p1_") { 2.0 } else { 0.5 };
            assert!((peak.lag_samples - number(delay)).abs() < within, "{what}, expected {delay}");
            assert!(peak.peak_ratio > RELATED_PEAK_RATIO && !peak.on_edge, "{what}");
        }
        checked += 1;
    }
    assert!(checked >= 3, "{checked} sets");
}
