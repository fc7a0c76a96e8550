//! The sound of a film, as a pure function of a seed and of time.
//!
//! Time runs in *cells* of eight seconds. All that starts in a cell (notes, hits, lines of dialogue) is rendered from
//! that cell's own random generators, tails included, and the tails are added to the next cell. So any part of an
//! endless programme can be rendered without what comes before it, and the result does not depend on how it is read.

mod dialogue;
mod effects;
mod instrument;
mod master;
mod mix;
mod music;
mod programme;
mod reverb;
mod score;
mod style;
mod voice;

pub(crate) use master::{Master, limit};
pub(crate) use mix::gain;
pub use mix::{Language, Layout, Mix};
pub use programme::{Line, Programme};
pub use style::Style;

/// Rate of the programme's own grid (Hz); releases at other rates are interpolated from it.
pub const RATE_HZ: u32 = 48_000;

/// The same as a number to calculate with.
pub(crate) const RATE: f64 = RATE_HZ as f64;

/// Samples of programme time in a cell.
pub(crate) const CELL: usize = 8 * RATE_HZ as usize;

/// Samples a cell's sound may last beyond its end; less than [`CELL`], so that only the next cell hears it.
pub(crate) const TAIL: usize = 6 * RATE_HZ as usize;

/// Length of everything that is rendered for one cell.
pub(crate) const SPAN: usize = CELL + TAIL;

/// Programme time (s) at which a cell starts.
pub(crate) fn cell_start_s(cell: i64) -> f64 {
    cell as f64 * (CELL as f64 / RATE)
}

/// Where in a cell's buffer something at `time_s` belongs. Times before the cell (a humanised onset) give 0.
pub(crate) fn sample_in_cell(cell: i64, time_s: f64) -> usize {
    ((time_s - cell_start_s(cell)) * RATE).round().max(0.0) as usize
}
