//! What a run leaves behind for people and programs, `report.json` and `report.html`, and how tables and figures look.

pub mod compare;
mod html;
mod json;
mod plot;
mod text;

pub use html::html;
pub use json::json;
pub use plot::{standalone_svg, svg};
pub use text::plain_table;
