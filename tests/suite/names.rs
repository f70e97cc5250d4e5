//! Names through the door: what a vault holds, over a file, as a service reads it.

use config::{Config, Environment, File, FileFormat, Value};
use config_azure_keyvault::{AzureKeyVault, SkipReason, Warning, ignore_case};
use keyvault_emulator::SecretSeed;
use serde_json::json;

use crate::support::{World, leaks, load, load_over, over};

const FILE: &str = r#"{
    "MaskinportenSettings": { "Environment": "test", "ClientId": "from the file", "Scope": "file" },
    "Hosts": ["a", "b", "c"],
    "Servers": [{ "Name": "one", "Port": 1 }, { "Name": "two", "Port": 2 }],
    "ByNumber": { "0": "zero", "x": "x" },
    "Text": "file",
    "Section": { "Key": "file" },
    "Empty": {},
    "Nothing": null
}"#;

fn seed(world: &World, secrets: &[(&str, &str)]) {
    for (name, value) in secrets {
        world.vault.seed(SecretSeed::new(*name, *value));
    }
}

fn at<'v>(value: &'v Value, key: &str) -> Option<&'v Value> {
    match &value.kind {
        config::ValueKind::Table(table) => table.get(key),
        _ => None,
    }
}

fn json_of(config: Config) -> serde_json::Value {
    config.try_deserialize().expect("any configuration is JSON")
}

fn why(source: &AzureKeyVault, name: &str) -> String {
    let report = source.report().expect("a report");
    let skipped = report.skipped.iter().find(|skipped| skipped.name == name);
    match &skipped.unwrap_or_else(|| panic!("{name} was not skipped")).reason {
        SkipReason::NotPlaced(why) => why.clone(),
        other => panic!("{name}: {other}"),
    }
}

#[tokio::test]
async fn secrets_are_laid_over_a_file_in_the_files_spelling() {
    let world = World::start().await;
    seed(
        &world,
        &[
            ("MASKINPORTENSETTINGS--clientid", "vault"),
            ("maskinportensettings--EncodedJwk", "vault"),
            ("MaskinportenSettings--Deep--Deeper--Deepest", "vault"),
            ("text", "vault"),
            ("New--Key", "vault"),
            ("NEW--Other", "vault"),
            ("nothing", "vault"),
            ("Empty--Key", "vault"),
            ("a---b", "vault"),
            ("ByNumber--1", "vault"),
            ("BYNUMBER--X", "vault"),
        ],
    );
    let source = world.source();
    let config = json_of(load_over(over(FILE), &source).await.expect("the vault loads"));

    assert_eq!(
        config["MaskinportenSettings"],
        json!({
            "Environment": "test", "ClientId": "vault", "Scope": "file", "EncodedJwk": "vault",
            "Deep": { "Deeper": { "Deepest": "vault" } },
        })
    );
    assert_eq!(config["Text"], "vault");
    assert_eq!(config["Nothing"], "vault");
    assert_eq!(config["Empty"], json!({ "Key": "vault" }));
    assert_eq!(config["a"], json!({ "-b": "vault" }));
    // Numbers into a table are keys of it.
    assert_eq!(config["ByNumber"], json!({ "0": "zero", "1": "vault", "x": "vault" }));
    // Two spellings of a section that no file holds are one section all the same.
    let new = config.get("New").or_else(|| config.get("NEW")).expect("a section");
    assert_eq!(new, &json!({ "Key": "vault", "Other": "vault" }));
    let root = config.as_object().expect("a table");
    assert_eq!(root.keys().filter(|key| key.eq_ignore_ascii_case("new")).count(), 1);
    assert!(source.report().expect("a report").skipped.is_empty());
    // What was not named stays.
    assert_eq!(config["Hosts"], json!(["a", "b", "c"]));
    assert_eq!(config["Section"], json!({ "Key": "file" }));
}

#[tokio::test]
async fn indexes_reach_into_a_files_array() {
    let world = World::start().await;
    seed(
        &world,
        &[
            ("hosts--1", "B"),
            ("Hosts--7", "past the end"),
            ("HOSTS--4294967296000", "further past"),
            ("Hosts--99999999999999999999999999", "furthest"),
            ("Hosts--00", "no index"),
            ("Hosts--Count", "no index"),
            ("Servers--0--Password", "p"),
            ("SERVERS--1--name", "TWO"),
            ("Servers--2--Name", "three"),
            ("Over-Nothing--0", "x"),
            ("Over-Nothing--1", "y"),
            ("Gaps--0", "x"),
            ("Gaps--2", "y"),
            ("Gaps--99999999999999999999", "z"),
            ("From-One--1", "x"),
            ("Mixed--0", "x"),
            ("Mixed--Key", "y"),
        ],
    );
    let source = world.source();
    let config = load_over(over(FILE), &source).await.expect("the vault loads");
    assert_eq!(config.get_string("Servers[1].Name").expect("a value"), "TWO");
    let config = json_of(config);
    assert_eq!(
        config["Hosts"],
        json!(["a", "B", "c", "past the end", "further past", "furthest"])
    );
    assert_eq!(
        config["Servers"],
        json!([
            { "Name": "one", "Port": 1, "Password": "p" },
            { "Name": "TWO", "Port": 2 },
            { "Name": "three" },
        ])
    );
    assert_eq!(config["Over-Nothing"], json!(["x", "y"]));
    assert_eq!(
        config["Gaps"],
        json!({ "0": "x", "2": "y", "99999999999999999999": "z" })
    );
    assert_eq!(config["From-One"], json!({ "1": "x" }));
    assert_eq!(config["Mixed"], json!({ "0": "x", "Key": "y" }));

    for name in ["Hosts--00", "Hosts--Count"] {
        assert_eq!(
            why(&source, name),
            "an earlier source has an array at `Hosts`, and only an index reaches into it"
        );
    }
    assert_eq!(source.report().expect("a report").skipped.len(), 2);
}

#[tokio::test]
async fn a_section_beats_a_value_in_the_vault_and_against_the_file() {
    let world = World::start().await;
    seed(
        &world,
        &[
            ("Db", "value"),
            ("db--Password", "vault"),
            ("Section", "value"),
            ("Hosts", "value"),
            ("Text--Inner", "vault"),
            ("Servers--0", "value"),
        ],
    );
    let source = world.source();
    let config = json_of(load_over(over(FILE), &source).await.expect("the vault loads"));
    let db = config.get("db").or_else(|| config.get("Db")).expect("a section");
    assert_eq!(db, &json!({ "Password": "vault" }));
    assert_eq!(config["Section"], json!({ "Key": "file" }));
    assert_eq!(config["Hosts"], json!(["a", "b", "c"]));
    assert_eq!(config["Text"], json!({ "Inner": "vault" }));
    assert_eq!(config["Servers"][0], json!({ "Name": "one", "Port": 1 }));

    assert_eq!(
        why(&source, "Db"),
        "`db--Password` makes it a section, and a section wins over a value"
    );
    for (name, key) in [("Section", "Section"), ("Hosts", "Hosts"), ("Servers--0", "Servers[0]")] {
        assert_eq!(
            why(&source, name),
            format!("an earlier source has a section at `{key}`, and a section wins over a value")
        );
    }
    let report = source.report().expect("a report");
    assert_eq!(report.warnings, [Warning::Replaced { key: "Text".to_owned() }]);
    assert_eq!(
        report.warnings[0].to_string(),
        "the value of an earlier source at `Text` gave way to a section"
    );
}

#[tokio::test]
async fn names_with_an_empty_segment_are_reported_and_stop_nobody() {
    let world = World::start().await;
    seed(
        &world,
        &[
            ("--Leading", "x"),
            ("Trailing--", "x"),
            ("In----Between", "x"),
            ("--", "x"),
            ("----", "x"),
            ("-", "x"),
            ("Fine-", "x"),
        ],
    );
    let source = world.source();
    let config = json_of(load(&source).await.expect("the vault loads"));
    assert_eq!(config, json!({ "-": "x", "Fine-": "x" }));
    for name in ["--Leading", "Trailing--", "In----Between", "--", "----"] {
        assert_eq!(why(&source, name), "its name has an empty segment");
    }
}

#[tokio::test]
async fn names_of_127_characters_load() {
    let world = World::start().await;
    let flat = "n".repeat(127);
    let deep = vec!["s"; 43].join("--");
    let mixed = format!("{}--{}", "A".repeat(62), "b".repeat(63));
    assert_eq!((deep.len(), mixed.len()), (127, 127));
    for name in [&flat, &deep, &mixed] {
        world
            .vault
            .seed(SecretSeed::new(name.as_str(), format!("the value of {}", name.len())));
    }
    for source in [
        world.source(),
        world.source().names([&flat, &deep, &mixed].map(String::as_str)),
    ] {
        let config = load(&source).await.expect("the vault loads");
        for key in [flat.clone(), deep.replace("--", "."), mixed.replace("--", ".")] {
            assert_eq!(config.get_string(&key).expect("a value"), "the value of 127");
        }
    }
}

/// Every value says where it came from: the vault, the secret, the version.
#[tokio::test]
async fn values_carry_their_origin() {
    let world = World::start().await;
    let version = world
        .vault
        .seed(SecretSeed::new("maskinportensettings--CLIENTID", leaks::marker()));
    let element = world.vault.seed(SecretSeed::new("Hosts--1", leaks::marker()));
    let fresh = world.vault.seed(SecretSeed::new("New--Key", leaks::marker()));
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("appsettings.json");
    std::fs::write(&path, FILE).expect("a file");
    let earlier = Config::builder().add_source(File::from(path));
    let source = world.source();
    let config = load_over(earlier, &source).await.expect("the vault loads");

    let section = at(&config.cache, "MaskinportenSettings").expect("a section");
    let origin = |value: Option<&Value>| value.and_then(Value::origin).unwrap_or("none").to_owned();
    let of_secret = |name: &str, version: &str| format!("{} secret `{name}` version {version}", world.url);
    assert_eq!(
        origin(at(section, "ClientId")),
        of_secret("maskinportensettings--CLIENTID", &version)
    );
    assert!(origin(at(section, "Environment")).ends_with("appsettings.json"));
    let hosts = at(&config.cache, "Hosts")
        .expect("an array")
        .clone()
        .into_array()
        .expect("an array");
    assert_eq!(origin(hosts.get(1)), of_secret("Hosts--1", &element));
    assert!(origin(hosts.first()).ends_with("appsettings.json"));
    let new = at(&config.cache, "New").expect("a section");
    assert_eq!(origin(at(new, "Key")), of_secret("New--Key", &fresh));
    // The report says the same, and in the spelling that the configuration has now.
    let loaded = source.report().expect("a report").loaded;
    let client_id = loaded
        .iter()
        .find(|loaded| loaded.key == "MaskinportenSettings.ClientId")
        .expect("it loaded");
    assert_eq!(
        (client_id.name.as_str(), client_id.version.as_deref()),
        ("maskinportensettings--CLIENTID", Some(version.as_str()))
    );
    assert!(loaded.iter().any(|loaded| loaded.key == "Hosts[1]"));
}

#[tokio::test]
async fn a_later_environment_overrides_the_vault_in_any_case() {
    let world = World::start().await;
    seed(
        &world,
        &[
            ("MaskinportenSettings--ClientId", "vault"),
            ("MaskinportenSettings--EncodedJwk", "vault"),
            ("Hosts--1", "vault"),
        ],
    );
    let environment = |variables: &[(&str, &str)]| {
        let variables = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        Environment::default().separator("__").source(Some(variables))
    };
    let variables = [
        ("MASKINPORTENSETTINGS__CLIENTID", "environment"),
        ("HOSTS__0", "environment"),
        ("BYNUMBER__X", "environment"),
    ];
    let source = world.source();
    let config = Config::builder()
        .add_source(File::from_str(FILE, FileFormat::Json))
        .add_async_source(source.clone())
        .add_source(ignore_case(environment(&variables)))
        .build()
        .await
        .expect("it builds");
    let config = json_of(config);
    assert_eq!(config["MaskinportenSettings"]["ClientId"], "environment");
    assert_eq!(config["MaskinportenSettings"]["EncodedJwk"], "vault");
    assert_eq!(config["Hosts"], json!(["environment", "vault", "c"]));
    assert_eq!(config["ByNumber"]["x"], "environment");
    assert!(config.get("maskinportensettings").is_none());

    // As an earlier source it gives way to the vault, and its spelling stays.
    let earlier = Config::builder().add_source(environment(&variables[..1]));
    let config = json_of(load_over(earlier, &world.source()).await.expect("the vault loads"));
    assert_eq!(config["maskinportensettings"]["clientid"], "vault");
    assert!(config.get("MaskinportenSettings").is_none());
}

/// The vault over a default, and an override over the vault: `config`'s own order is kept.
#[tokio::test]
async fn defaults_give_way_and_overrides_win() {
    let world = World::start().await;
    seed(&world, &[("Db--Host", "vault"), ("Db--Port", "1")]);
    let config = Config::builder()
        .set_default("Db.Host", "default")
        .and_then(|builder| builder.set_default("Db.Name", "default"))
        .and_then(|builder| builder.set_override("Db.Port", 2))
        .expect("paths")
        .add_async_source(world.source())
        .build()
        .await
        .expect("the vault loads");
    assert_eq!(
        json_of(config),
        json!({ "Db": { "Host": "vault", "Name": "default", "Port": 2 } })
    );
}

/// A value is a text, whatever it looks like: nothing is trimmed, parsed or cut.
#[tokio::test]
async fn values_arrive_as_they_are() {
    let world = World::start().await;
    let large = "x".repeat(25 * 1024);
    let values = [
        ("Empty", ""),
        ("Blank", " \t "),
        ("Lines", "one\r\ntwo\n"),
        ("Json", r#"{"a":[1]}"#),
        ("Unicode", "æøå 💥 \u{feff}"),
        ("Number", "007"),
        ("Large", large.as_str()),
    ];
    seed(&world, &values);
    let config = load(&world.source()).await.expect("the vault loads");
    for (name, value) in values {
        assert_eq!(config.get_string(name).expect("a value"), value, "{name}");
    }
}
