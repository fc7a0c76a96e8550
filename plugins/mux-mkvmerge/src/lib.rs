//! Writes the output file with mkvmerge.

mod delay;
mod item;
mod mux;
mod options;
mod output_file;

vsg_plugin_api::export!(mux::Mux);
