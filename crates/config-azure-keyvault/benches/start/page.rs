//! `docs/performance.md`: the bench writes what stands between two comments, and people the rest.

use std::path::Path;

const BEGIN: &str = "<!-- results: written by the bench -->\n";
const END: &str = "<!-- end of the results -->";

/// Puts the results into the page and the chart beside it.
pub(crate) fn write(docs: &Path, results: &str, chart: &str) -> Result<(), String> {
    let path = docs.join("performance.md");
    let told = |error| format!("{}: {error}", path.display());
    let page = std::fs::read_to_string(&path).map_err(told)?;
    let page = replaced(&page, results).ok_or_else(|| format!("{}: the two comments are not there", path.display()))?;
    std::fs::write(&path, page).map_err(told)?;
    let path = docs.join("performance.svg");
    std::fs::write(&path, chart).map_err(|error| format!("{}: {error}", path.display()))
}

fn replaced(page: &str, results: &str) -> Option<String> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n{results}\n{END}{after}"))
}
