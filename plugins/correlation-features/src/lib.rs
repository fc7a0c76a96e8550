//! The delay between two windows of audio from features: onsets, loudness, cepstrum. They survive what no sample does, such as
//! another recording of the same music, and tell the delay to a part of a frame of 10.67 ms.

mod dtw;
mod form;
mod levels;
mod onset;
mod spectrogram;
mod train;

#[cfg(test)]
mod acceptance;
#[cfg(test)]
mod tests;

vsg_plugin_api::export!(onset::Onset, dtw::Dtw, spectrogram::Spectrogram);
