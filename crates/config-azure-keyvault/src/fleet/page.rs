//! A page with a chart beside it: what stands between two of its comments comes from a program, and the rest from people. The bench `start`
//! has this file too.

use std::path::Path;

const END: &str = "<!-- end of the results -->";

/// Puts the results into the page where it says by whom they are written, and the chart beside it.
pub(crate) fn write(page: &Path, by: &str, results: &str, chart: &str) -> Result<(), String> {
    let told = |error| format!("{}: {error}", page.display());
    let text = std::fs::read_to_string(page).map_err(told)?;
    let text =
        replaced(&text, by, results).ok_or_else(|| format!("{}: the two comments are not there", page.display()))?;
    std::fs::write(page, text).map_err(told)?;
    let path = page.with_extension("svg");
    std::fs::write(&path, chart).map_err(|error| format!("{}: {error}", path.display()))
}

fn replaced(text: &str, by: &str, results: &str) -> Option<String> {
    let begin = format!("<!-- results: written by the {by} -->\n");
    let (before, rest) = text.split_once(&begin)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{begin}\n{results}\n{END}{after}"))
}
