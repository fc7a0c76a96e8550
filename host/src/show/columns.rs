//! Two columns of a header's table as a figure.

use super::tables::is_of_objects;
use serde_json::Value;
use vsg_plugin_api::report::{Figure, Mark, Series};

/// Draws column `y` over column `x` of the first list of objects that has both. Without names: over the first column in
/// seconds the first one in milliseconds, or else the first two of numbers. A column of true and false parts the points.
///
/// # Errors
/// There are no such columns; the message names those that there are.
pub fn figure(title: &str, header: &Value, x: Option<&str>, y: Option<&str>) -> Result<Figure, String> {
    let mut lists = Vec::new();
    collect("", header, &mut lists);
    let mut seen = Vec::new();
    for (place, items) in lists {
        let columns = numeric(items);
        let wanted = |name: Option<&str>, unit: &str, but: Option<&str>| -> Option<String> {
            match name {
                Some(name) => columns.iter().find(|column| *column == name).cloned(),
                None => {
                    let mut free = columns.iter().filter(|column| Some(column.as_str()) != but);
                    free.clone().find(|column| column.ends_with(unit)).or_else(|| free.next()).cloned()
                }
            }
        };
        let across = wanted(x, "_s", y);
        let up = across.as_deref().and_then(|across| wanted(y, "_ms", Some(across)));
        if let (Some(across), Some(up)) = (across, up) {
            let title = if place.is_empty() { title.to_owned() } else { format!("{title}: {place}") };
            return Ok(Figure {
                title,
                series: series(items, &across, &up),
                x_label: label(&across),
                y_label: label(&up),
            });
        }
        seen.extend(columns);
    }
    Err(match seen.as_slice() {
        [] => "it has no list of numbers that could be drawn".to_owned(),
        seen => format!("it has no such columns of numbers; there are {}", seen.join(", ")),
    })
}

fn collect<'v>(place: &str, value: &'v Value, lists: &mut Vec<(String, &'v [Value])>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let place = if place.is_empty() { name.clone() } else { format!("{place}.{name}") };
                collect(&place, value, lists);
            }
        }
        Value::Array(items) if is_of_objects(items) => lists.push((place.to_owned(), items)),
        _ => {}
    }
}

/// Names of the columns that hold a number in some row.
fn numeric(items: &[Value]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (name, value) in items.iter().filter_map(Value::as_object).flatten() {
        if value.is_number() && !names.contains(name) {
            names.push(name.clone());
        }
    }
    names
}

fn series(items: &[Value], x: &str, y: &str) -> Vec<Series> {
    let flag = items.iter().filter_map(Value::as_object).flatten().find(|(_, value)| value.is_boolean());
    let flag = flag.map(|(name, _)| name.clone());
    let points = |wanted: Option<bool>| -> Vec<(f64, f64)> {
        let chosen = items.iter().filter(|item| match (&flag, wanted) {
            (Some(flag), Some(wanted)) => item.get(flag).and_then(Value::as_bool).unwrap_or(false) == wanted,
            _ => true,
        });
        chosen.filter_map(|item| Some((item.get(x)?.as_f64()?, item.get(y)?.as_f64()?))).collect()
    };
    match &flag {
        None => vec![Series { name: y.to_owned(), mark: Mark::Point, points: points(None) }],
        Some(flag) => vec![
            Series { name: flag.clone(), mark: Mark::Point, points: points(Some(true)) },
            Series { name: format!("not {flag}"), mark: Mark::Cross, points: points(Some(false)) },
        ],
    }
}

/// `start_s` as `start (s)`.
fn label(column: &str) -> String {
    match column.rsplit_once('_') {
        Some((name, unit @ ("s" | "ms" | "hz" | "pct"))) => format!("{} ({unit})", name.replace('_', " ")),
        _ => column.replace('_', " "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn windows() -> Value {
        json!({ "windows": [
            { "number": 1, "start_s": 1.0, "delay_ms": 5.0, "match_pct": 90.0, "accepted": true },
            { "number": 2, "start_s": 2.0, "delay_ms": 7.0, "match_pct": 10.0, "accepted": false },
        ] })
    }

    #[test]
    fn seconds_go_across_milliseconds_up_and_a_flag_parts_the_points() {
        let figure = figure("it", &windows(), None, None).unwrap();
        assert_eq!((figure.x_label.as_str(), figure.y_label.as_str()), ("start (s)", "delay (ms)"));
        let series: Vec<_> = figure.series.iter().map(|series| (series.name.as_str(), series.points.clone())).collect();
        assert_eq!(series, [("accepted", vec![(1.0, 5.0)]), ("not accepted", vec![(2.0, 7.0)])]);
    }

    #[test]
    fn columns_may_be_named_and_what_is_not_there_is_told() {
        let figure = |x, y| figure("it", &windows(), x, y);
        assert_eq!(figure(None, Some("match_pct")).unwrap().y_label, "match (pct)");
        let error = figure(Some("start_s"), Some("dealy_ms")).unwrap_err();
        assert!(error.contains("start_s, delay_ms, match_pct"), "{error}");
        assert!(super::figure("it", &json!({ "a": 1 }), None, None).is_err());
    }
}
