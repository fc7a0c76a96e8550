//! What the methods of this plugin have in common.

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

impl Form {
    /// Filters may be left to the spectra that features are taken from.
    pub(crate) fn wants_unfiltered(self) -> bool {
        self == Form::Robust
    }
}
