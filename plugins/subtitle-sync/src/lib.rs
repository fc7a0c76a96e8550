//! Sync modes: what times the events of subtitles get.

mod time_based;

vsg_plugin_api::export!(time_based::TimeBased);
