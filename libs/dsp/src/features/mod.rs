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

/// Power in bands as levels (dB). What follows takes those of a window, which may be cut out of a longer stretch.
#[must_use]
pub fn levels(mut power: Frames) -> Frames {
    decibel::from_power(power.values_mut());
    power
}

/// How much louder the sound becomes at each frame, from the levels of [`FINE_BANDS`] bands.
#[must_use]
pub fn onsets(mut levels_db: Frames) -> Vec<f64> {
    decibel::relative_to(levels_db.values_mut(), 0.0);
    onset::envelope(&levels_db)
}

/// Mean level of all bands at each frame (dB below the loudest), from the levels of [`COARSE_BANDS`] bands.
#[must_use]
pub fn loudness(mut levels_db: Frames) -> Vec<f64> {
    let loudest_db = decibel::loudest(levels_db.values());
    decibel::relative_to(levels_db.values_mut(), loudest_db);
    levels_db.means()
}

/// The cepstrum of each frame, from the levels of [`FINE_BANDS`] bands.
#[must_use]
pub fn cepstra(mut levels_db: Frames, cepstrum: &Cepstrum) -> Frames {
    decibel::relative_to(levels_db.values_mut(), 0.0);
    cepstrum.run(&levels_db)
}
