//! `CONFORMANCE.md`, written from the list.

use std::fmt::Write as _;
use std::{env, fs};

use super::list::{Row, topics};
use super::sdk;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/CONFORMANCE.md");
const HEAD: &str = include_str!("../../../conformance/HEAD.md");
const SOURCES: [&str; 4] = ["REST", "recorded", "docs", "issue"];

fn page() -> String {
    let mut page = HEAD.to_owned();
    for topic in topics() {
        let _ = write!(
            page,
            "\n## {}\n\n| row | what a client may expect | asked by | source |\n|---|---|---|---|\n",
            topic.title
        );
        for row in &topic.rows {
            let sources: Vec<_> = row.source.iter().map(|source| linked(source)).collect();
            let _ = writeln!(
                page,
                "| `{}` | {} | {} | {} |",
                row.id,
                row.expects,
                askers(row),
                sources.join("; ")
            );
        }
    }
    page
}

/// Who can ask it, and how many times where a row is asked for several things.
fn askers(row: &Row) -> String {
    let cases = row.cases();
    let by_sdk = cases.iter().filter(|case| sdk::can_ask(case)).count();
    let by_real = cases.iter().filter(|case| case.setup.is_none()).count();
    let mut askers = Vec::new();
    for (asker, count) in [("HTTP", cases.len()), ("SDK", by_sdk), ("real", by_real)] {
        match count {
            0 => {}
            1 if cases.len() == 1 => askers.push(asker.to_owned()),
            count => askers.push(format!("{asker} ({count})")),
        }
    }
    askers.join(", ")
}

fn linked(source: &str) -> String {
    let (kind, rest) = source.split_once([' ', ',']).unwrap();
    assert!(SOURCES.contains(&kind), "no source is of the kind {kind}");
    match rest.split_once('#') {
        Some((repository, number)) if kind == "issue" => {
            format!("[{rest}](https://github.com/{repository}/issues/{number})")
        }
        _ => source.to_owned(),
    }
}

#[test]
fn the_page_is_what_the_list_says() {
    let page = page();
    if env::var_os("CONFORMANCE_WRITE").is_some() {
        fs::write(PAGE, &page).unwrap();
    }
    let written = fs::read_to_string(PAGE).unwrap_or_default();
    assert!(
        written == page,
        "CONFORMANCE.md is not what the list says: run the test again with CONFORMANCE_WRITE=1"
    );
}

#[test]
fn every_row_has_a_name_of_its_own_and_a_source() {
    let rows: Vec<_> = topics().into_iter().flat_map(|topic| topic.rows).collect();
    let mut names: Vec<_> = rows.iter().map(|row| &row.id).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), rows.len());
    for row in &rows {
        assert!(!row.source.is_empty() && row.expects.ends_with('.'), "{}", row.id);
    }
}
