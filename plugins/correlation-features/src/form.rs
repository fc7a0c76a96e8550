//! What the methods of this plugin have in common.

use vsg_dsp::DspError;
use vsg_plugin_api::prelude::*;

choice! {
    /// What is compared, and how.
    pub enum Form {
        /// Without the frames that hold an edge of the window, and placed between frames.
        Robust,
        /// As the reference program does.
        Reference,
    }
}

/// Damage in one window is no reason to give up the others.
pub(crate) fn unless_damaged<T>(found: Result<T, DspError>) -> Result<Option<T>> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(DspError::NonFiniteSample { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
