//! Samples that are no numbers.

/// Where the first sample that is not finite is.
pub(crate) fn first_damaged(samples: &[f32]) -> Option<usize> {
    // A whole block at a time, which the compiler turns into vector instructions.
    let is_sound = |block: &[f32]| block.iter().fold(true, |all, s| all & s.is_finite());
    if samples.chunks(1024).all(is_sound) { None } else { samples.iter().position(|s| !s.is_finite()) }
}
