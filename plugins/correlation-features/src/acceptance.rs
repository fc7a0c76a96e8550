//! What the adapter accepts by default.

use crate::{dtw::Dtw, onset::Onset, spectrogram::Spectrogram};
use method_check::separates;

#[test]
fn dubs_are_accepted_and_unrelated_films_are_not() {
    separates::<Onset>(1, 10.67);
    separates::<Dtw>(3, 10.67);
    separates::<Spectrogram>(2, 10.67);
}
