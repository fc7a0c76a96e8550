//! What the adapter accepts by default.

use crate::scc::Scc;
use method_check::separates;

#[test]
fn dubs_are_accepted_and_unrelated_films_are_not() {
    separates::<Scc>(2, 0.03);
}
