//! Filters decoded audio before it is correlated.

mod band_pass;
mod low_pass;

vsg_plugin_api::export!(band_pass::BandPass, low_pass::LowPass);
