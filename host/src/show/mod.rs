//! Views of a value that need not know what it means: tables, plots, and sound.

mod columns;
mod sound;
mod tables;
mod terminal_plot;

pub use columns::figure;
pub use sound::{SoundError, waveform, write_wav};
pub use tables::tables;
pub use terminal_plot::terminal_plot;
