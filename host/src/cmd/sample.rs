//! `sample`: the demo pair.

use crate::Failure;
use std::path::Path;

pub(super) fn sample(_folder: &Path) -> Result<(), Failure> {
    Ok(())
}
