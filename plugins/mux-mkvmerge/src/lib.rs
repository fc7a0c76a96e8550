//! Writes the output file with mkvmerge.

mod defaults;
mod delay;
mod described;
#[cfg(test)]
mod golden;
mod item;
mod mux;
mod options;
mod options_file;
mod output_file;
#[cfg(test)]
mod passthrough_tests;

vsg_plugin_api::export!(mux::Mux);
