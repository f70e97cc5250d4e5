//! Development: a local file stands in for the vault, and nothing else is touched.

use std::path::Path;

use config::{Config, ValueKind};
use config_azure_keyvault::{AzureKeyVault, Error, ErrorKind, LoadedFrom, SecretName, SkipReason};
use tempfile::TempDir;

use crate::support::nowhere::Asked;
use crate::support::{World, error_of, error_over, leaks, load, load_over, nowhere, over};

/// A working directory without a vault, a credential or a network.
struct Desk {
    directory: TempDir,
    asked: Asked,
    client: reqwest::Client,
}

impl Desk {
    fn new() -> Self {
        leaks::listen();
        let (client, asked) = nowhere::client();
        Self {
            directory: tempfile::tempdir().expect("a directory"),
            asked,
            client,
        }
    }

    fn with(content: impl AsRef<[u8]>) -> Self {
        let desk = Self::new();
        desk.write("secrets.json", content);
        desk
    }

    fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.directory.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        std::fs::write(path, content).expect("a file");
    }

    fn path(&self, name: &str) -> String {
        self.directory.path().join(name).display().to_string()
    }

    /// No vault is named, and what would choose a credential is wrong: none of it matters here.
    fn source(&self) -> AzureKeyVault {
        self.configured(AzureKeyVault::default()).environment("Development")
    }

    fn configured(&self, source: AzureKeyVault) -> AzureKeyVault {
        source
            .working_directory(self.directory.path())
            .mounted_settings("/nowhere")
            .http_client(self.client.clone())
            .process_environment([("AZURE_TOKEN_CREDENTIALS", "nonsense"), ("AZURE_CLIENT_SECRET", "half")])
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        assert!(self.asked.hosts().is_empty(), "{:?} was asked", self.asked.hosts());
    }
}

/// The error's text behind its stage.
async fn local_error(source: &AzureKeyVault) -> String {
    let error = load(source).await.map(|_| ()).expect_err("the load fails");
    let ours = Error::find(&error).expect("our error");
    assert_eq!(ours.kind(), ErrorKind::LocalFile, "{ours}");
    let text = ours.to_string();
    text.strip_prefix("Azure Key Vault: local file failed: ")
        .unwrap_or_else(|| panic!("{text}"))
        .to_owned()
}

#[tokio::test]
async fn no_request_no_credential_and_no_vault_are_needed() {
    let desk = Desk::with(r#"{ "MaskinportenSettings--ClientId": "mine" }"#);
    let source = desk.source();
    let config = load(&source).await.expect("the file loads");
    assert_eq!(
        config.get_string("MaskinportenSettings.ClientId").expect("a value"),
        "mine"
    );
    let report = source.report().expect("a report");
    assert_eq!(report.from, LoadedFrom::LocalFile(desk.path("secrets.json")));
    assert_eq!(report.credential, None);
    assert_eq!((report.requests, report.token_requests, report.pages), (0, 0, 0));
    assert_eq!(report.environment.name(), "Development");
    assert_eq!(report.loaded[0].name, "MaskinportenSettings--ClientId");
    assert_eq!(report.loaded[0].key, "MaskinportenSettings.ClientId");

    // What would be wrong outside Development is not even looked at.
    for source in [
        desk.configured(AzureKeyVault::new("http://nonsense")),
        desk.configured(AzureKeyVault::default()).names(["Required"]),
        desk.configured(AzureKeyVault::default())
            .names(Vec::<SecretName>::new()),
        desk.configured(AzureKeyVault::default()).concurrency(0),
        desk.configured(AzureKeyVault::default()).ca_pem("nonsense"),
        desk.configured(AzureKeyVault::default())
            .mounted_settings(desk.directory.path()),
    ] {
        load(&source.environment("development")).await.expect("the file loads");
    }
}

#[tokio::test]
async fn no_file_is_fine_unless_it_was_named() {
    let desk = Desk::new();
    let source = desk.source();
    let config = load_over(over(r#"{ "A": 1 }"#), &source)
        .await
        .expect("nothing to load");
    assert_eq!(config.get_int("A").expect("a value"), 1);
    let report = source.report().expect("a report");
    assert_eq!((report.from, report.loaded.len()), (LoadedFrom::Nothing, 0));

    assert_eq!(
        local_error(&desk.source().local_file("my.json")).await,
        format!(
            "{} is not there; create the file, or do not name one: `secrets.json` in the working directory is read if it \
             is there",
            desk.path("my.json")
        )
    );
    // Even one of the usual name.
    assert!(
        local_error(&desk.source().local_file("secrets.json"))
            .await
            .contains("is not there")
    );

    desk.write("deeper/my.json", r#"{ "A": 2 }"#);
    for path in ["deeper/my.json".to_owned(), desk.path("deeper/my.json")] {
        let source = desk.source().local_file(&path);
        let config = load_over(over(r#"{ "A": 1 }"#), &source).await.expect("the file loads");
        assert_eq!(config.get_int("A").expect("a value"), 2);
    }
}

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
    assert_eq!(origin, Some(desk.path("secrets.json")));
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
        ("{ \"A\": 1".to_owned(), "line 1, column 1: "),
        ("{ \"A\": NaN }".to_owned(), "line 1, column 8: "),
        ("{ \"Å\": \"ÆØÅ 💥\", \"B\": x }".to_owned(), "line 1, column 22: "),
        (format!("[\"{secret}\"]"), "line 1: the document is no JSON object"),
        (
            format!("// first\n\"{secret}\""),
            "line 2: the document is no JSON object",
        ),
        ("null".to_owned(), "line 1: the document is no JSON object"),
        (String::new(), "the document is empty"),
        (" \n// only a comment\n".to_owned(), "the document is empty"),
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
        (b"{ \"A\": \"\xff\xfe\" }".to_vec(), "is not UTF-8 (at byte 8)"),
        // What PowerShell's redirection writes.
        (b"\xff\xfe{\0}\0".to_vec(), "is not UTF-8 (at byte 0)"),
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
    for (content, name, lines) in [
        (format!("{{\n\"A\": \"{s}\",\n\"A\": \"{s}\" }}"), "A", (2, 3)),
        (format!("{{\n\"A\": \"{s}\",\n\"a\": \"{s}\" }}"), "a", (2, 3)),
        (format!("{{ \"A--B\": \"{s}\",\n\"A:B\": 1 }}"), "A--B", (1, 2)),
        (
            format!("{{ \"A--B\": \"{s}\",\n\"A\": {{ \"B\": 1 }} }}"),
            "A--B",
            (1, 2),
        ),
        (
            format!("{{ \"A:B\": \"{s}\",\n\"A\": {{\n\"b\": 1 }} }}"),
            "A--b",
            (1, 3),
        ),
        (
            format!("{{ \"A\": {{ \"B\": 1 }},\n\"A\": {{ \"B\": \"{s}\" }} }}"),
            "A--B",
            (1, 2),
        ),
        (format!("{{ \"A\": [1, 2],\n\"A--1\": \"{s}\" }}"), "A--1", (1, 2)),
        (format!("{{ \"A\": null,\n\"A\": \"{s}\" }}"), "A", (1, 2)),
        (format!("{{ \"Æ\": \"💥\",\n\"Æ\": \"{s}\" }}"), "Æ", (1, 2)),
    ] {
        let desk = Desk::with(&content);
        let (first, second) = lines;
        assert_eq!(
            local_error(&desk.source()).await,
            format!(
                "{}: `{name}` stands there twice, at line {first} and line {second}; mend the file; it is JSON, with comments \
                 and trailing commas allowed",
                desk.path("secrets.json")
            ),
            "{content}"
        );
    }
}

#[tokio::test]
async fn user_secrets_are_where_dotnet_keeps_them() {
    let desk = Desk::new();
    desk.write(
        "home/.microsoft/usersecrets/my-id/secrets.json",
        r#"{ "From": "home" }"#,
    );
    desk.write(
        "data/Microsoft/UserSecrets/my-id/secrets.json",
        r#"{ "From": "appdata" }"#,
    );
    desk.write(
        "fallback/.microsoft/usersecrets/my-id/secrets.json",
        r#"{ "From": "fallback" }"#,
    );
    desk.write("secrets.json", r#"{ "From": "directory" }"#);
    let (home, data, fallback) = (desk.path("home"), desk.path("data"), desk.path("fallback"));
    let fallback = ("DOTNET_USER_SECRETS_FALLBACK_DIR", fallback.as_str());
    for (variables, from) in [
        (vec![("HOME", home.as_str())], "home"),
        (vec![("HOME", home.as_str()), fallback], "home"),
        (vec![("APPDATA", data.as_str())], "appdata"),
        (vec![("APPDATA", data.as_str()), ("HOME", home.as_str())], "appdata"),
        (vec![("APPDATA", ""), ("HOME", home.as_str())], "home"),
        (vec![fallback], "fallback"),
    ] {
        let source = desk.source().user_secrets("my-id").process_environment(variables);
        let config = load(&source).await.expect("the file loads");
        assert_eq!(config.get_string("From").expect("a value"), from);
    }

    // It appears with the first secret that is set.
    let source = desk
        .source()
        .user_secrets("another-id")
        .process_environment([("HOME", &home)]);
    load(&source).await.expect("nothing to load");
    assert_eq!(source.report().expect("a report").from, LoadedFrom::Nothing);

    for id in ["../my-id", "a/b", "a\\b", "..", ".", "", " ", "C:x", "/etc"] {
        let source = desk.source().user_secrets(id).process_environment([("HOME", &home)]);
        assert_eq!(
            local_error(&source).await,
            "user secrets: the id is no file name; give the project's UserSecretsId",
            "{id}"
        );
    }
    let source = desk.source().user_secrets("my-id").process_environment([("HOME", "")]);
    assert_eq!(
        local_error(&source).await,
        "user secrets: neither APPDATA nor HOME nor DOTNET_USER_SECRETS_FALLBACK_DIR is set; set one of them, or name the file \
         with `local_file`"
    );
}

#[tokio::test]
async fn outside_development_the_file_is_never_read() {
    let world = World::start().await;
    world.seed(&["A"]);
    let desk = Desk::with("{ malformed");
    for environment in [
        "Production",
        "Staging",
        "Devlopment",
        "Dev",
        "Development ",
        " development",
        "Test",
    ] {
        for source in [
            world.source(),
            world.source().local_file("secrets.json"),
            world.source().local_file("none.json"),
            world.source().user_secrets(".."),
        ] {
            let source = source.environment(environment).working_directory(desk.directory.path());
            let config = load(&source).await.expect("the vault loads");
            assert!(config.get_string("A").is_ok(), "{environment}");
            assert_eq!(source.report().expect("a report").environment.name(), environment);
        }
    }
}

#[tokio::test]
async fn the_process_environment_says_which_it_is() {
    let desk = Desk::with(r#"{ "A": 1 }"#);
    for (variables, development) in [
        (
            vec![("APP_ENVIRONMENT", "Development"), ("DOTNET_ENVIRONMENT", "Production")],
            true,
        ),
        (
            vec![("APP_ENVIRONMENT", "Production"), ("DOTNET_ENVIRONMENT", "Development")],
            false,
        ),
        (
            vec![
                ("DOTNET_ENVIRONMENT", "Development"),
                ("ASPNETCORE_ENVIRONMENT", "Production"),
            ],
            true,
        ),
        (
            vec![
                ("DOTNET_ENVIRONMENT", "Staging"),
                ("ASPNETCORE_ENVIRONMENT", "Development"),
            ],
            false,
        ),
        (vec![("ASPNETCORE_ENVIRONMENT", "DEVELOPMENT")], true),
        (
            vec![
                ("APP_ENVIRONMENT", ""),
                ("DOTNET_ENVIRONMENT", ""),
                ("ASPNETCORE_ENVIRONMENT", "development"),
            ],
            true,
        ),
        // Blank is a name like any other, and not Development's.
        (
            vec![("APP_ENVIRONMENT", " "), ("DOTNET_ENVIRONMENT", "Development")],
            false,
        ),
        (vec![("APP_ENVIRONMENT", "Development\n")], false),
        (vec![], false),
    ] {
        let source = desk
            .configured(AzureKeyVault::default())
            .process_environment(variables.clone());
        let built = load(&source).await;
        assert_eq!(built.is_ok(), development, "{variables:?}");
        if let Err(error) = built {
            assert_eq!(
                Error::find(&error).map(Error::kind),
                Some(ErrorKind::NoVault),
                "{variables:?}"
            );
        }
        // The code beats the environment.
        load(&source.environment("Development")).await.expect("the file loads");
    }
    let source = desk
        .configured(AzureKeyVault::default())
        .process_environment([("APP_ENVIRONMENT", "Development")])
        .environment("Production");
    assert!(error_of(&source).await.contains("nothing names a vault"));
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
    assert!(matches!(&report.skipped[0].reason, SkipReason::NotPlaced(why) if why == "left out by the key mapper"));
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
