//! Finds roughly where targets lie, before they are measured exactly.

mod search;

vsg_plugin_api::export!(search::Search);
