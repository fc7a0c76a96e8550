//! Shifts far beyond a window: the target starts late, has a longer beginning, or is an excerpt.

use super::draw::{Draw, ORIGINAL, other_mix, quick_encoding};
use super::plain::style;
use crate::Case;
use vsg_sample_media::Mix;

/// Shifts by 20 s to 10 minutes, evenly over their logarithm.
pub(super) fn offset(draw: &mut Draw) -> Case {
    let film = draw.programme();
    let shift_s = (20.0 * 30.0_f64.powf(draw.rng.unit()) * 1e4).round() / 1e4;
    let shared_s = draw.rng.range(180.0, 420.0).round();
    let (mix, name) = other_mix(&mut draw.rng, -9.0);
    // A film goes on before its beginning, so a longer beginning is another sound that is in one file only.
    let (group, delay_ms, reference_s, target_s) = match draw.name.number % 3 {
        0 => ("starts late", 1000.0 * shift_s, shift_s + shared_s, shared_s),
        1 => ("longer beginning", -1000.0 * shift_s, shared_s, shift_s + shared_s),
        _ => ("excerpt", 1000.0 * shift_s, (1.4 * shift_s).round() + shared_s, shared_s),
    };
    let reference = quick_encoding(&mut draw.rng).release(film, reference_s, 0.0, Mix::original(ORIGINAL));
    let target = quick_encoding(&mut draw.rng).release(film, target_s, delay_ms, mix);
    draw.pair(group, format!("{}, {name}, {group} by {shift_s:.0} s", style(&film)), reference, target)
}
