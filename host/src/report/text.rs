//! Tables as plain text.

use vsg_plugin_api::report::Table;

/// How the columns after the first one stand; the first one begins to the left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Columns {
    Words,
    Numbers,
}

/// The table with columns that line up.
#[must_use]
pub fn plain_table(table: &Table) -> String {
    let rows = std::iter::once(&table.columns).chain(&table.rows);
    // Cells beyond the headings belong to no column.
    let cut = |row: &Vec<String>| row.iter().take(table.columns.len()).cloned().collect();
    format!("\n{}\n{}", table.title, aligned(&rows.map(cut).collect::<Vec<_>>(), Columns::Words))
}

/// Rows whose columns line up, set in by two.
pub(super) fn aligned(rows: &[Vec<String>], columns: Columns) -> String {
    let count = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..count).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, width))| match columns {
            Columns::Numbers if column > 0 => format!("{cell:>width$}"),
            _ => format!("{cell:width$}"),
        });
        text.push_str(&format!("  {}\n", cells.collect::<Vec<_>>().join("   ").trim_end()));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stand_to_the_left_and_numbers_to_the_right() {
        let rows = [["ä", "b", "c"].map(String::from).to_vec(), ["long", "1234", "5"].map(String::from).to_vec()];
        assert_eq!(aligned(&rows, Columns::Words), "  ä      b      c\n  long   1234   5\n");
        assert_eq!(aligned(&rows, Columns::Numbers), "  ä         b   c\n  long   1234   5\n");
    }

    #[test]
    fn a_table_has_no_more_cells_than_headings() {
        let cells = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect();
        let table = Table {
            title: "all".into(),
            columns: cells(&["a", "b"]),
            rows: vec![cells(&["1", "2", "3"]), cells(&["22"])],
            is_detail: false,
        };
        assert_eq!(plain_table(&table), "\nall\n  a    b\n  1    2\n  22\n");
    }
}
