//! Any JSON header as tables: what stands alone in one, each list of objects in one of its own.

use serde_json::Value;
use vsg_plugin_api::report::Table;

/// Longest list of plain values that stands in a cell.
const LONGEST_LIST: usize = 12;

/// The tables of a header; the first one holds what stands alone.
#[must_use]
pub fn tables(title: &str, header: &Value) -> Vec<Table> {
    let mut alone = Table { title: title.to_owned(), columns: vec!["name".into(), "value".into()], ..Table::default() };
    let mut lists = Vec::new();
    walk("", header, &mut alone, &mut lists);
    let alone = Some(alone).filter(|table| !table.rows.is_empty());
    alone.into_iter().chain(lists).collect()
}

fn walk(place: &str, value: &Value, alone: &mut Table, lists: &mut Vec<Table>) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (name, value) in fields {
                walk(&joined(place, name), value, alone, lists);
            }
        }
        Value::Array(items) if is_of_objects(items) => lists.push(list(place, items)),
        value => alone.rows.push(vec![if place.is_empty() { "value".into() } else { place.to_owned() }, cell(value)]),
    }
}

/// Whether a list is one of objects, and so a table.
pub(super) fn is_of_objects(items: &[Value]) -> bool {
    !items.is_empty() && items.iter().all(Value::is_object)
}

fn list(place: &str, items: &[Value]) -> Table {
    let mut columns: Vec<String> = Vec::new();
    for name in items.iter().filter_map(Value::as_object).flat_map(|fields| fields.keys()) {
        if !columns.contains(name) {
            columns.push(name.clone());
        }
    }
    let row = |item: &Value| columns.iter().map(|name| item.get(name).map_or(String::new(), cell)).collect();
    Table {
        title: format!("{place} ({})", items.len()),
        rows: items.iter().map(row).collect(),
        columns,
        is_detail: false,
    }
}

fn joined(place: &str, name: &str) -> String {
    if place.is_empty() { name.to_owned() } else { format!("{place}.{name}") }
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) if items.len() > LONGEST_LIST => {
            let first: Vec<String> = items.iter().take(LONGEST_LIST).map(cell).collect();
            format!("{}, … ({} in all)", first.join(", "), items.len())
        }
        Value::Array(items) => items.iter().map(cell).collect::<Vec<_>>().join(", "),
        Value::Number(number) if number.is_f64() => rounded(number.as_f64().unwrap_or(f64::NAN)),
        other => other.to_string(),
    }
}

/// With as many decimals as anybody reads; `--json` has all of them.
fn rounded(value: f64) -> String {
    if value != 0.0 && value.abs() < 1e-4 {
        return format!("{value:e}");
    }
    let text = format!("{value:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_header_becomes_a_list_of_names_and_a_table_for_each_list_of_objects() {
        let header = json!({
            "source": "Source 2",
            "range": { "start_s": 1.5, "end_s": null },
            "band": [300, 3400],
            "windows": [{ "start_s": 1, "delay_ms": 2.5 }, { "start_s": 2, "accepted": true }],
        });
        let tables = tables("correlation/1", &header);
        assert_eq!(tables.len(), 2);
        assert_eq!(
            tables[0].rows,
            [["source", "Source 2"], ["range.start_s", "1.5"], ["range.end_s", ""], ["band", "300, 3400"]]
        );
        assert_eq!(tables[1].title, "windows (2)");
        assert_eq!(tables[1].columns, ["start_s", "delay_ms", "accepted"]);
        assert_eq!(tables[1].rows, [["1", "2.5", ""], ["2", "", "true"]]);
    }

    #[test]
    fn numbers_are_rounded_for_reading() {
        let cells =
            [json!(10.501_333_333_333_335), json!(-2.0), json!(0.0), json!(1e-9), json!(48000)].map(|v| cell(&v));
        assert_eq!(cells, ["10.501333", "-2", "0", "1e-9", "48000"]);
    }

    #[test]
    fn long_lists_are_cut_and_plain_values_have_a_row() {
        let long: Vec<u64> = (0..100).collect();
        assert!(tables("k", &json!({ "long": long }))[0].rows[0][1].ends_with("11, … (100 in all)"));
        assert_eq!(tables("k", &json!(7))[0].rows, [["value", "7"]]);
    }
}
