//! Generalised cross-correlation: the delay between two windows of audio from their phases.

mod phat;

vsg_plugin_api::export!(phat::Phat);
