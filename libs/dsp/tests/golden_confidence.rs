//! The confidence figure equals the reference program's on explicit arrays.
#![allow(clippy::unwrap_used, reason = "clippy exempts test functions only, not what they call")]

use golden_reader::{count, json, list, number, numbers, text};
use vsg_dsp::confidence::match_pct;

#[test]
fn confidence_equals_the_reference() {
    let set = json("analysis/confidence.json");
    for case in list(&set["cases"]) {
        let mut magnitudes: Vec<f64> = if case.get("re").is_some() {
            numbers(&case["re"]).iter().zip(numbers(&case["im"])).map(|(re, im)| re.hypot(im)).collect()
        } else {
            numbers(&case["values"]).iter().map(|v| v.abs()).collect()
        };
        let mut single: Vec<f32> = magnitudes.iter().map(|&v| v as f32).collect();
        let (label, peak) = (text(&case["label"]), count(&case["peak_idx"]));
        let expected = number(&case["confidence_f64"]);
        let got = match_pct(&mut magnitudes, peak);
        assert!((got - expected).abs() <= 1e-9 * expected.max(1.0), "{label}: {got}, expected {expected}");
        let got = match_pct(&mut single, peak);
        let expected = number(&case["confidence"]);
        assert!((got - expected).abs() <= 1e-4, "{label} in f32: {got}, expected {expected}");
    }
}
