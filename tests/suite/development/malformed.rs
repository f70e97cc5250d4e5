//! What it may not hold, and the words for it.

use super::*;

#[tokio::test]
async fn a_malformed_file_is_an_error_with_its_place_and_no_value() {
    let secret = leaks::marker();
    let remedy = "; mend the file; it is JSON, with comments and trailing commas allowed";
    for (content, expected) in [
        (format!("{{\n  \"A\": \"{secret}\"\n  \"B\": 1 }}"), "line 2, column "),
        (format!("{{\n\n  \"A\": {secret} }}"), "line 3, column 8: "),
        (
            format!("{{ \"A\": \"{secret}\n"),
            "line 1, column 8: Unterminated string literal",
        ),
        (format!("{{ \"A\": '{secret}' }}"), "line 1, column 8: "),
        (format!("{{ {secret}: 1 }}"), "line 1, column 3: "),
        ("{ \"A\": 0x10 }".to_owned(), "line 1, column "),
        ("{ \"A\": 1, , }".to_owned(), "line 1, column "),
        ("{ \"A\": 1 } {}".to_owned(), "line 1, column 12: "),
        ("{ \"A\": [1, 2 }".to_owned(), "line 1, column "),
        // What is not closed is told where it is opened, the innermost first.
        (
            "{ \"A\": 1".to_owned(),
            "line 1, column 1: what is opened here is not closed",
        ),
        (
            "{\n  \"A\": { \"B\": [1, 2] },\n  \"C\": {\n    \"D\": 1\n".to_owned(),
            "line 3, column 8: what is opened here is not closed",
        ),
        (
            "{\n  \"A\": {\n    \"D\": 1\n}\n".to_owned(),
            "line 1, column 1: what is opened here is not closed",
        ),
        (
            "\u{feff}{ \"Å\": \"💥\", \"B\": [\n1,\n2\n".to_owned(),
            "line 1, column 18: what is opened here is not closed",
        ),
        ("{ \"A\": NaN }".to_owned(), "line 1, column 8: "),
        ("{ \"Å\": \"ÆØÅ 💥\", \"B\": x }".to_owned(), "line 1, column 22: "),
        (
            format!("[\"{secret}\"]"),
            "line 1, column 1: the document is no JSON object",
        ),
        (
            format!("// first\n\"{secret}\""),
            "line 2, column 1: the document is no JSON object",
        ),
        ("null".to_owned(), "line 1, column 1: the document is no JSON object"),
        (String::new(), "line 1, column 1: the document is empty"),
        (
            " \n// only a comment\n".to_owned(),
            "line 1, column 1: the document is empty",
        ),
    ] {
        let desk = Desk::with(&content);
        let error = local_error(&desk.source()).await;
        let start = format!("{}: {expected}", desk.path("secrets.json"));
        assert!(
            error.starts_with(&start) && error.ends_with(remedy),
            "{content:?}: {error}"
        );
    }

    for (content, expected) in [
        (b"{ \"A\": \"\xff\xfe\" }".to_vec(), "line 1, column 9: not UTF-8"),
        (
            "{\n \"Å\": \"".bytes().chain([0xff, b'"', b'}']).collect(),
            "line 2, column 8: not UTF-8",
        ),
        // What PowerShell's redirection writes.
        (b"\xff\xfe{\0}\0".to_vec(), "line 1, column 1: not UTF-8"),
    ] {
        let desk = Desk::with(content);
        assert_eq!(
            local_error(&desk.source()).await,
            format!("{}: {expected}{remedy}", desk.path("secrets.json"))
        );
    }

    let desk = Desk::new();
    std::fs::create_dir(desk.directory.path().join("secrets.json")).expect("a directory");
    for source in [desk.source(), desk.source().local_file("secrets.json")] {
        let error = local_error(&source).await;
        assert!(
            error.starts_with(&format!("{}: cannot be read: ", desk.path("secrets.json"))),
            "{error}"
        );
        assert!(!error.contains("JSON"), "it is no matter of JSON: {error}");
    }
}

#[tokio::test]
async fn a_file_nested_too_deeply_is_an_error() {
    let deep = format!("{{ \"A\": {}1{} }}", "[".repeat(100_000), "]".repeat(100_000));
    let desk = Desk::with(&deep);
    assert!(
        local_error(&desk.source())
            .await
            .contains(desk.path("secrets.json").as_str())
    );
}

#[tokio::test]
async fn the_same_path_twice_is_an_error_that_names_it() {
    let s = leaks::marker();
    for (content, name, (first, second)) in [
        (format!("{{\n\"A\": \"{s}\",\n\"A\": \"{s}\" }}"), "A", ((2, 1), (3, 1))),
        (format!("{{\n\"A\": \"{s}\",\n\"a\": \"{s}\" }}"), "a", ((2, 1), (3, 1))),
        (
            format!("{{ \"A--B\": \"{s}\",\n\"A:B\": 1 }}"),
            "A--B",
            ((1, 3), (2, 1)),
        ),
        (
            format!("{{ \"A--B\": \"{s}\",\n\"A\": {{ \"B\": 1 }} }}"),
            "A--B",
            ((1, 3), (2, 8)),
        ),
        (
            format!("{{ \"A:B\": \"{s}\",\n\"A\": {{\n\"b\": 1 }} }}"),
            "A--b",
            ((1, 3), (3, 1)),
        ),
        (
            format!("{{ \"A\": {{ \"B\": 1 }},\n\"A\": {{ \"B\": \"{s}\" }} }}"),
            "A--B",
            ((1, 10), (2, 8)),
        ),
        (
            format!("{{ \"A\": [1, 2],\n\"A--1\": \"{s}\" }}"),
            "A--1",
            ((1, 3), (2, 1)),
        ),
        (format!("{{ \"A\": null,\n\"A\": \"{s}\" }}"), "A", ((1, 3), (2, 1))),
        (format!("{{ \"Æ\": \"💥\",\n\"Æ\": \"{s}\" }}"), "Æ", ((1, 3), (2, 1))),
    ] {
        let desk = Desk::with(&content);
        assert_eq!(
            local_error(&desk.source()).await,
            format!(
                "{}: `{name}` stands there twice, at line {}, column {} and line {}, column {}; mend the file; it is JSON, with comments \
                 and trailing commas allowed",
                desk.path("secrets.json"),
                first.0,
                first.1,
                second.0,
                second.1
            ),
            "{content}"
        );
    }
}

/// What an error of `config` itself prints is not ours; that the file's error stays ours through the builder is.
#[tokio::test]
async fn an_error_leaves_the_report_of_the_load_before() {
    let desk = Desk::with(r#"{ "A": 1 }"#);
    let source = desk.source();
    assert!(source.report().is_none());
    load(&source).await.expect("the file loads");
    desk.write("secrets.json", "{");
    let error = error_over(Config::builder(), &source).await;
    assert!(error.starts_with("Azure Key Vault: local file failed: "), "{error}");
    assert_eq!(source.report().expect("a report").loaded.len(), 1);
    assert!(Path::new(&desk.path("secrets.json")).exists());
}
