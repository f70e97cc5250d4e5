//! `docs/fleet.md`: what stands between two comments comes from here, and the rest from people.

use std::path::Path;

use super::cells::{Cell, HEAD};

const BEGIN: &str = "<!-- results: written by the simulation -->\n";
const END: &str = "<!-- end of the results -->";

/// A table for each scenario.
pub(super) fn results(cells: &[Cell]) -> String {
    let table = |cell: &Cell| {
        let lines: String = cell.rows.iter().map(|row| row.line()).collect();
        format!("### {}\n\n{HEAD}{lines}", cell.scenario.title)
    };
    cells.iter().map(table).collect::<Vec<_>>().join("\n")
}

/// Puts the results into the page, and the chart beside it.
pub(super) fn write(docs: &Path, results: &str, chart: &str) -> Result<(), String> {
    let path = docs.join("fleet.md");
    let told = |error| format!("{}: {error}", path.display());
    let page = std::fs::read_to_string(&path).map_err(told)?;
    let parts = page.split_once(BEGIN).zip(page.split_once(END));
    let ((before, _), (_, after)) =
        parts.ok_or_else(|| format!("{}: the two comments are not there", path.display()))?;
    std::fs::write(&path, format!("{before}{BEGIN}\n{results}\n{END}{after}")).map_err(told)?;
    std::fs::write(docs.join("fleet.svg"), chart).map_err(|error| format!("the chart: {error}"))
}
