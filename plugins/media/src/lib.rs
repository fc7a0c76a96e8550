//! Looks into media files, decodes audio, chooses and extracts tracks.

mod decode;
mod extract;
mod first_sample;
mod layout;
mod probe;
mod rules;

vsg_plugin_api::export!(probe::Probe, decode::Decode, layout::ChooseTracks, extract::Extract);
