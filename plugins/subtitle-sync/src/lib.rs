//! Sync modes: how the events of subtitles get in line with the reference.

#[cfg(test)]
mod golden;
mod time_based;

vsg_plugin_api::export!(time_based::TimeBased);
