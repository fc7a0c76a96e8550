//! Where two sounds lie against each other as a whole, to some milliseconds: enough to know where to measure exactly.
//!
//! Of each sound only the wave below 190 Hz is kept (`sketch`), levelled so that every pitch and every moment counts alike
//! (`wave`). That is so little that whole films are correlated in some milliseconds (`correlate`), pieces of them wherever they are
//! (`pieces`), and at other speeds (`speeds`). Where pieces say nothing against one lag that is the answer (`steady`); else they are put on a
//! path of lines (`path`), which is followed through both films (`track`). Of lags that are all as good for the wave the sounds themselves
//! decide (`contest`). The result (`search`) says how fast the target runs and which part of the reference lies where.

mod agreement;
mod contest;
mod correlate;
mod path;
mod pieces;
mod search;
mod sketch;
mod speeds;
mod steady;
mod track;
mod transform;
mod wave;

pub use contest::Sounds;
pub use search::{Limits, Piece, Placement, RunnerUp, search};
pub use sketch::Sketch;
pub use speeds::SPEEDS;
