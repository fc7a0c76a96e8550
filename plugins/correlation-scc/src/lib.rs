//! Standard cross-correlation: the delay between two windows of audio from how alike they are.

mod scc;

#[cfg(test)]
mod acceptance;

vsg_plugin_api::export!(scc::Scc);
