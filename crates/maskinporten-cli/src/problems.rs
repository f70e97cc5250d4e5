//! The problems of a section, one by one.

/// What is wrong with one setting.
pub(crate) struct Problem<'e> {
    /// Its name, without the section's; empty where the error is of none.
    pub(crate) setting: &'e str,
    pub(crate) cause: &'e str,
    pub(crate) remedy: &'e str,
}

/// An error of settings tells all problems in one line, each of which begins with its setting.
pub(crate) fn problems<'e>(line: &'e str, section: &str) -> Vec<Problem<'e>> {
    let start = format!("`{}.", section.to_ascii_lowercase());
    let lower = line.to_ascii_lowercase();
    let starts: Vec<usize> = lower
        .match_indices(&start)
        .map(|(at, _)| at)
        .filter(|at| *at == 0 || line[..*at].ends_with("; ") || line[..*at].ends_with("problems: "))
        .collect();
    let ends = starts.iter().skip(1).copied().chain([line.len()]);
    let told = starts
        .iter()
        .zip(ends)
        .map(|(from, to)| line[*from..to].trim_end_matches("; "));
    let mut problems: Vec<Problem<'e>> = told
        .map(|told| {
            let (cause, remedy) = told.split_once("; ").unwrap_or((told, ""));
            let name = told[start.len()..].split('`').next().unwrap_or_default();
            Problem {
                setting: name,
                cause,
                remedy,
            }
        })
        .collect();
    if problems.is_empty() {
        let (cause, remedy) = line.split_once("; ").unwrap_or((line, ""));
        let setting = "";
        problems.push(Problem { setting, cause, remedy });
    }
    problems
}
