//! Samples that are no numbers.

use realfft::num_traits::Float;

use crate::error::DspError;

/// Where the first sample that is not finite is.
pub(crate) fn first_damaged<T: Float>(samples: &[T]) -> Option<usize> {
    // A whole block at a time, which the compiler turns into vector instructions.
    let is_sound = |block: &[T]| block.iter().fold(true, |all, s| all & s.is_finite());
    if samples.chunks(1024).all(is_sound) { None } else { samples.iter().position(|s| !s.is_finite()) }
}

/// What was found, or `None` where a window holds samples that are no numbers: damage in one window is no reason to give up the others.
///
/// # Errors
/// Any other error.
pub fn unless_damaged<T>(found: Result<T, DspError>) -> Result<Option<T>, DspError> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(DspError::NonFiniteSample { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
