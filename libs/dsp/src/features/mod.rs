//! Features of audio that methods compare instead of samples: mel spectrum, onsets, cepstrum; and how two series of them are
//! aligned.
//!
//! They are those of the reference program, which takes them from librosa 0.11 (sections 7.1 and 7.2 of the analysis
//! specification), in double precision. A feature of a window is a list of [`Frames`]: one row of numbers for every 512 samples
//! at 48 kHz (10.67 ms).

pub mod decibel;
pub mod diagonals;
mod distance;
pub mod dtw;
pub mod frames;
pub mod mel;
pub mod mfcc;
pub mod onset;
pub mod series;
pub mod stft;

pub use diagonals::Diagonals;
pub use dtw::{Alignment, AlignmentScratch};
pub use frames::{Frames, Framing};
pub use mel::MelBank;
pub use mfcc::Cepstrum;
pub use series::{SeriesCorrelation, SeriesOptions};
pub use stft::{MelScratch, MelSpectrum};

/// Bands of the spectrum that onsets and cepstra are taken from.
pub const FINE_BANDS: usize = 128;
/// Bands of the spectrum that loudness is taken from.
pub const COARSE_BANDS: usize = 64;
/// Coefficients of a cepstrum.
pub const COEFFICIENTS: usize = 13;

/// How much louder the sound becomes at each frame, from the power in [`FINE_BANDS`] bands.
pub fn onsets(mut power: Frames) -> Vec<f64> {
    decibel::from_power(power.values_mut(), 1.0);
    onset::envelope(&power)
}

/// Mean level of all bands at each frame (dB below the loudest), from the power in [`COARSE_BANDS`] bands.
pub fn loudness(mut power: Frames) -> Vec<f64> {
    let loudest = decibel::loudest(power.values());
    decibel::from_power(power.values_mut(), loudest);
    power.means()
}

/// The cepstrum of each frame, from the power in [`FINE_BANDS`] bands.
pub fn cepstra(mut power: Frames, cepstrum: &Cepstrum) -> Frames {
    decibel::from_power(power.values_mut(), 1.0);
    cepstrum.run(&power)
}
