//! The other way round: each line that a Maskinporten client can write is quoted by the page.

use std::path::{Path, PathBuf};

use super::{OF_THE_CLIENT, fits, quoted};

/// What a source file can say: the level, and the words with `…` for what differs.
fn said(source: &str) -> Vec<(&'static str, String)> {
    const WHERE: [(&str, &str); 4] = [
        ("tracing::warn!(", "WARN"),
        ("tracing::info!(", "INFO"),
        // Told together, when all are there.
        ("self.warn(", "WARN"),
        ("warnings.push(", "WARN"),
    ];
    let mut said = Vec::new();
    for (call, level) in WHERE {
        for (at, _) in source.match_indices(call) {
            let words = first_literal(&source[at + call.len()..]).expect("words");
            said.push((level, with_gaps(&words)));
        }
    }
    said
}

/// The first text of a call's arguments.
fn first_literal(arguments: &str) -> Option<String> {
    let (_, text) = arguments.split_once('"')?;
    let mut literal = String::new();
    let mut rest = text.chars();
    while let Some(letter) = rest.next().filter(|letter| *letter != '"') {
        match letter {
            // What is broken over two lines is one.
            '\\' if rest.as_str().starts_with('\n') => rest = rest.as_str().trim_start().chars(),
            '\\' => literal.extend(rest.next()),
            other => literal.push(other),
        }
    }
    Some(literal)
}

fn with_gaps(format: &str) -> String {
    let mut words = String::new();
    let mut rest = format;
    while let Some((before, gap)) = rest.split_once('{') {
        words = format!("{words}{before}…");
        rest = gap.split_once('}').map_or("", |(_, after)| after);
    }
    words + rest
}

/// The crate's sources, but for its tests.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder of the crate") {
        let path = entry.expect("it can be read").path();
        match path.is_dir() {
            _ if path.file_stem().is_some_and(|name| name == "tests") => {}
            true => files.extend(sources(&path)),
            false => files.push(path),
        }
    }
    files
}

#[test]
fn each_line_that_a_client_can_write_is_quoted() {
    let quoted = quoted();
    let is_quoted = |level: &str, words: &str| {
        let of_the_client = quoted.iter().filter(|quoted| quoted.section == OF_THE_CLIENT);
        of_the_client
            .clone()
            .any(|quoted| quoted.level == level && fits(words, quoted.words))
    };
    let (mut lines, mut only_gaps) = (0, 0);
    let mut missing = Vec::new();
    for file in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/maskinporten/src")) {
        let source = std::fs::read_to_string(&file).expect("it can be read");
        for (level, words) in said(&source) {
            match words.as_str() {
                // The warnings of settings, whose words are found where they are made.
                "…" => only_gaps += 1,
                words if !is_quoted(level, words) => missing.push(format!("{level} {words} ({})", file.display())),
                _ => {}
            }
            lines += 1;
        }
    }
    assert!(missing.is_empty(), "docs/operating.md does not quote {missing:#?}");
    assert!(lines >= 20 && only_gaps == 1, "{lines} {only_gaps}");
}

#[test]
fn a_line_is_found_in_its_source() {
    let source = r#"
        tracing::warn!(kid = key.kid(), "a {place}, \
                       and ({what:?})");
        tracing::info!("`{}` is \"set\"", self.path("Kid"), "none");
        self.warn(format!("`{key}`"));"#;
    assert_eq!(
        said(source),
        [("WARN", "a …, and (…)"), ("INFO", "`…` is \"set\""), ("WARN", "`…`")]
            .map(|(level, words)| (level, words.to_owned()))
    );
}
