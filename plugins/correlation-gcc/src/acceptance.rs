//! What the adapter accepts by default.

use crate::{phat::Phat, scot::Scot, whiten::Whiten};
use method_check::separates;

#[test]
fn dubs_are_accepted_and_unrelated_films_are_not() {
    separates::<Phat>(3, 0.03);
    separates::<Scot>(3, 0.03);
    separates::<Whiten>(3, 0.03);
}
