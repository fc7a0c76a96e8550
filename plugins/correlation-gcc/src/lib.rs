//! Generalised cross-correlation: the delay between two windows of audio from their phases.

mod phat;
mod scot;
mod settings;
mod whiten;

#[cfg(test)]
mod acceptance;

vsg_plugin_api::export!(phat::Phat, scot::Scot, whiten::Whiten);
