//! What the file may hold.

use super::*;

#[tokio::test]
async fn every_form_of_json_that_dotnet_reads() {
    for content in [
        r#"{ "Section--Key": "v", "Hosts--0": "a", "Hosts--1": "b" }"#,
        r#"{ "Section:Key": "v", "Hosts:0": "a", "Hosts:1": "b" }"#,
        r#"{ "Section": { "Key": "v" }, "Hosts": ["a", "b"] }"#,
        r#"{ "Section--Key": "v", "Hosts": { "0": "a", "1": "b" } }"#,
        "\u{feff}{ \"Section\": { \"Key\": \"v\" }, \"Hosts\": [\"a\", \"b\"] }",
        "// mine\n{ /* here */ \"Section\": { \"Key\": \"v\", }, // and\r\n \"Hosts\": [\"a\", \"b\",], }\n// end",
        "{\r\n\t\"Section\":{\"Key\":\"\\u0076\"},\r\n\t\"Hosts\":[\"a\",\"b\"]}",
    ] {
        let desk = Desk::with(content);
        let config = load(&desk.source())
            .await
            .unwrap_or_else(|error| panic!("{content}: {error}"));
        assert_eq!(config.get_string("Section.Key").expect("a value"), "v", "{content}");
        assert_eq!(
            config.get::<Vec<String>>("Hosts").expect("an array"),
            ["a", "b"],
            "{content}"
        );
    }

    // Deeper, and in a mixture of spellings.
    let desk = Desk::with(r#"{ "A": { "B--C": { "D:E": "v" } }, "List": [{ "Name:First": "x" }, [1, [2]]] }"#);
    let config = load(&desk.source()).await.expect("the file loads");
    assert_eq!(config.get_string("A.B.C.D.E").expect("a value"), "v");
    assert_eq!(config.get_string("List[0].Name.First").expect("a value"), "x");
    assert_eq!(config.get_int("List[1][1][0]").expect("a value"), 2);
}

#[tokio::test]
async fn values_keep_their_types() {
    let desk = Desk::with(
        r#"{ "S": "1", "I": -7, "U": 18446744073709551615, "F": 1.5, "E": 1e3, "Huge": 1e999, "T": true, "N": null, "Empty": "",
             "Table": {}, "Array": [] }"#,
    );
    let config = load(&desk.source()).await.expect("the file loads");
    let kind = |key: &str| {
        config
            .cache
            .clone()
            .into_table()
            .expect("a table")
            .get(key)
            .map(|value| value.kind.clone())
    };
    assert_eq!(kind("S"), Some(ValueKind::String("1".to_owned())));
    assert_eq!(kind("I"), Some(ValueKind::I64(-7)));
    assert_eq!(kind("U"), Some(ValueKind::U64(u64::MAX)));
    assert_eq!(kind("F"), Some(ValueKind::Float(1.5)));
    assert_eq!(kind("E"), Some(ValueKind::Float(1000.0)));
    // No float holds it; whoever asks for a text gets what was written.
    assert_eq!(kind("Huge"), Some(ValueKind::String("1e999".to_owned())));
    assert_eq!(kind("T"), Some(ValueKind::Boolean(true)));
    assert_eq!(kind("Empty"), Some(ValueKind::String(String::new())));
    assert_eq!(kind("N"), None);
    assert!(matches!(kind("Table"), Some(ValueKind::Table(table)) if table.is_empty()));
    assert!(matches!(kind("Array"), Some(ValueKind::Array(array)) if array.is_empty()));
    let origin = config.cache.into_table().expect("a table")["S"]
        .origin()
        .map(str::to_owned);
    assert_eq!(origin, Some(desk.path("secrets.json, in place of the vault")));
}

#[tokio::test]
async fn it_is_laid_over_earlier_sources_as_the_vault_is() {
    let earlier =
        r#"{ "Db": { "Host": "file", "Port": 1 }, "Hosts": ["a", "b", "c"], "Keep": "file", "Scalar": "old" }"#;
    let desk = Desk::with(
        r#"{ "db": { "HOST": "local", "port": null }, "hosts": [null, "B"], "KEEP": null, "Db--Name": "n", "Db": "value",
             "Scalar--Deep": 1, "a": { "--b": 1, "": 2 } }"#,
    );
    let source = desk.source();
    let config = load_over(over(earlier), &source).await.expect("the file loads");
    assert_eq!(config.get_string("Db.Host").expect("a value"), "local");
    assert_eq!(config.get_int("Db.Port").expect("null leaves it"), 1);
    assert_eq!(config.get_string("Keep").expect("null leaves it"), "file");
    assert_eq!(config.get_string("Db.Name").expect("a value"), "n");
    assert_eq!(config.get_int("Scalar.Deep").expect("a value"), 1);
    assert_eq!(config.get::<Vec<String>>("Hosts").expect("an array"), ["a", "B", "c"]);

    let report = source.report().expect("a report");
    let mut skipped: Vec<_> = report.skipped.iter().map(|skipped| skipped.name.as_str()).collect();
    skipped.sort_unstable();
    assert_eq!(skipped, ["Db", "a--", "a----b"]);
    assert_eq!(report.warnings.len(), 1, "{:?}", report.warnings);
}

#[tokio::test]
async fn a_prefix_is_the_vaults_and_the_file_may_hold_it_or_not() {
    for content in [
        r#"{ "MyApp--Db--Host": "v", "Plain": 1 }"#,
        r#"{ "myapp:Db:Host": "v", "Plain": 1 }"#,
        r#"{ "MyApp": { "Db": { "Host": "v" } }, "Plain": 1 }"#,
        r#"{ "Db": { "Host": "v" }, "Plain": 1 }"#,
    ] {
        let desk = Desk::with(content);
        let config = load(&desk.source().prefix("MyApp--")).await.expect("the file loads");
        assert_eq!(config.get_string("Db.Host").expect("a value"), "v", "{content}");
        assert_eq!(config.get_int("Plain").expect("a value"), 1, "{content}");
    }
}

#[tokio::test]
async fn a_key_mapper_maps_the_file_too() {
    let desk = Desk::with(r#"{ "Db": { "Host": "v" }, "Out": 1 }"#);
    let source = desk
        .source()
        .key_mapper(|name| (name != "Out").then(|| vec!["Mapped".to_owned(), name.replace("--", "_")]));
    let config = load(&source).await.expect("the file loads");
    assert_eq!(config.get_string("Mapped.Db_Host").expect("a value"), "v");
    let report = source.report().expect("a report");
    assert_eq!(report.skipped.len(), 1);
    assert_eq!(report.skipped[0].name, "Out");
    assert!(matches!(
        &report.skipped[0].reason,
        SkipReason::LeftOut("by the key mapper")
    ));
}
