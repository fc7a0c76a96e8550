//! What a stage adds to the report of a run: facts, figures and tables that the host prints without knowing their meaning.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One addition to the report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Entry {
    /// Merged into `report.json` at the top, object by object.
    Facts(serde_json::Value),
    /// A plot for `report.html`.
    Figure(Figure),
    /// A table for `report.html` and the terminal.
    Table(Table),
    /// Something that the user should look at; listed in `issues`.
    Issue(String),
}

impl Entry {
    /// Facts at a place of the report: `facts(&["targets", "Source 2"], &value)`. Fails if `value` can not be written as JSON.
    pub fn facts(place: &[&str], value: &impl Serialize) -> crate::Result<Self> {
        let value = serde_json::to_value(value)?;
        Ok(Self::Facts(place.iter().rev().fold(value, |inner, key| serde_json::json!({ *key: inner }))))
    }
}

/// A plot of points over two axes.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Figure {
    /// What it shows.
    pub title: String,
    /// Label of the horizontal axis, with its unit.
    pub x_label: String,
    /// Label of the vertical axis, with its unit.
    pub y_label: String,
    /// What is drawn, in order.
    pub series: Vec<Series>,
}

/// Points that are drawn alike.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Series {
    /// Name in the legend.
    pub name: String,
    /// How the points look.
    pub mark: Mark,
    /// Pairs of x and y.
    pub points: Vec<(f64, f64)>,
}

/// How the points of a series look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Mark {
    /// Filled circles: what counts.
    Point,
    /// Crosses: what was rejected.
    Cross,
    /// A line through the points.
    Line,
}

/// A table of text.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Table {
    /// What it shows.
    pub title: String,
    /// Head of each column.
    pub columns: Vec<String>,
    /// Rows of as many cells.
    pub rows: Vec<Vec<String>>,
    /// Whether it is a detail: folded in `report.html` and not on the terminal.
    #[serde(default)]
    pub is_detail: bool,
}
