//! Windows lie where the reference program puts them.
#![allow(clippy::unwrap_used, reason = "clippy exempts test functions only, not what they call")]

mod golden;

use golden::Settings;
use golden_reader::{count, json, list, numbers};
use vsg_dsp::window_plan::plan_windows;

#[test]
fn plans_equal_the_reference() {
    let (set, config) = (json("analysis/chunk_plan.json"), json("analysis/config.json"));
    let rate_hz = golden_reader::number(&json("analysis/pairs.json")["sample_rate"]);
    for case in list(&set["cases"]) {
        let scan = Settings::new(&config, &case["config"]).scan();
        let plan = plan_windows(count(&case["ref_samples"]), count(&case["target_samples"]), rate_hz, &scan);
        let starts: Vec<f64> = plan.iter().map(|w| w.start_s).collect();
        let samples: Vec<f64> = plan.iter().map(|w| w.first_sample as f64).collect();
        assert_eq!(starts, numbers(&case["starts"]), "{case}");
        assert_eq!(samples, numbers(&case["start_samples"]), "{case}");
    }
}
