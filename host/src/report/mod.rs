//! What a run leaves behind for people and programs: `report.json` and `report.html`.

mod html;
mod json;
mod plot;

pub use html::html;
pub use json::json;
pub use plot::svg;
