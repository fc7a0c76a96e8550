//! Features of audio that methods compare instead of samples: mel spectrum, onsets, cepstrum; and how two series of them are
//! aligned.
//!
//! They are those of the reference program, which takes them from librosa 0.11. In double precision they are the
//! same; single precision is enough to compare them. A feature of a window is a list of [`Frames`]: one row of numbers for every 512 samples
//! at 48 kHz (10.67 ms).

pub mod decibel;
pub mod diagonals;
mod distance;
mod distance_band;
pub mod dtw;
pub mod frames;
pub mod mel;
pub mod mfcc;
pub mod onset;
pub mod series;
pub mod stft;

pub use diagonals::Diagonals;
pub use distance::mean_distance;
pub use distance_band::DistanceBand;
pub use dtw::{WarpingPath, WarpingScratch};
pub use frames::{Frames, FramesView, Framing};
pub use mel::MelBank;
pub use mfcc::Cepstrum;
pub use series::{SeriesCorrelation, SeriesOptions};
pub use stft::{MelScratch, MelSpectrum};

use crate::dot::sum_of_pairs;
use crate::spectrum::Precision;
use decibel::larger;

/// Bands of the spectrum that onsets and cepstra are taken from.
pub const FINE_BANDS: usize = 128;
/// Bands of the spectrum that loudness is taken from.
pub const COARSE_BANDS: usize = 64;
/// Coefficients of a cepstrum.
pub const COEFFICIENTS: usize = 13;

/// Power in bands as levels (dB). What follows takes those of a window, which may be part of a longer stretch.
#[must_use]
pub fn levels<T: Precision>(mut power: Frames<T>) -> Frames<T> {
    decibel::from_power(power.values_mut());
    power
}

/// How much louder the sound becomes at each frame, from the levels of [`FINE_BANDS`] bands.
#[must_use]
pub fn onsets<T: Precision>(levels_db: FramesView<'_, T>) -> Vec<f64> {
    onset::envelope(levels_db, decibel::floor(levels_db.values()))
}

/// Mean level of all bands at each frame (dB below the loudest), from the levels of [`COARSE_BANDS`] bands.
#[must_use]
pub fn loudness<T: Precision>(levels_db: FramesView<'_, T>) -> Vec<f64> {
    let (loudest, floor) = (decibel::loudest(levels_db.values()), decibel::floor(levels_db.values()));
    let below_loudest = |level: T, _: T| larger(level, floor) - loudest;
    let mean = |row: &[T]| sum_of_pairs(row, row, below_loudest).to_f64().unwrap_or_default() / row.len() as f64;
    levels_db.rows().map(mean).collect()
}

/// The cepstrum of each frame, from the levels of [`FINE_BANDS`] bands.
#[must_use]
pub fn cepstra<T: Precision>(levels_db: FramesView<'_, T>, cepstrum: &Cepstrum<T>) -> Frames<T> {
    cepstrum.run(levels_db, decibel::floor(levels_db.values()))
}
