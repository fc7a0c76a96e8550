//! Looks into media files, decodes audio, chooses and extracts tracks.

mod decode;
mod extract;
mod first_sample;
mod layout;
mod probe;
mod rules;
mod sketching;

vsg_plugin_api::export!(probe::Probe, decode::Decode, layout::ChooseTracks, extract::Extract);

/// How long a tool may stay silent before it counts as hung.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(120);
