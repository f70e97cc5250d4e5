//! Case, `_` and `-` do not matter: whatever spells a key first, what is added later sets that key, and `bind` reads it.

use config::{AsyncSource, Config, Environment, File, FileFormat};
use config_azure_keyvault::{AzureKeyVault, BindConfig, Warning, ignore_case};
use keyvault_emulator::SecretSeed;
use serde::Deserialize;
use serde_json::json;

use crate::support::{World, load, load_over, over};

const SPELLINGS: [&str; 5] = [
    "max_connections",
    "max-connections",
    "MaxConnections",
    "MAXCONNECTIONS",
    "MAX_CONNECTIONS",
];

#[derive(Debug, Deserialize, PartialEq)]
struct App {
    database: Database,
}

#[derive(Debug, Deserialize, PartialEq)]
struct Database {
    max_connections: u16,
}

fn environment(variables: &[(&str, &str)]) -> Environment {
    let variables = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    Environment::default().separator("__").source(Some(variables))
}

fn max_connections(config: &Config) -> u16 {
    let app: App = config.bind().expect("one spelling and no more");
    app.database.max_connections
}

fn json_of(config: Config) -> serde_json::Value {
    config.try_deserialize().expect("any configuration is JSON")
}

async fn vault_with(secrets: &[(&str, &str)]) -> (World, AzureKeyVault) {
    let world = World::start().await;
    for (n, (name, value)) in (1_700_000_000..).zip(secrets) {
        // Each newer than the one before.
        world.vault.seed(SecretSeed::new(*name, *value).updated(n));
    }
    let source = world.source();
    (world, source)
}

#[tokio::test]
async fn the_vault_sets_what_a_file_spells_otherwise() {
    let (_world, source) = vault_with(&[("Database--MaxConnections", "2")]).await;
    for key in SPELLINGS {
        for section in ["database", "Database", "data_base"] {
            let file = json!({ section: { key: 1 } }).to_string();
            let config = load_over(over(&file), &source).await.expect("the vault loads");
            assert_eq!(max_connections(&config), 2, "{section}.{key}");
            assert_eq!(json_of(config), json!({ section: { key: "2" } }));
            let loaded = source.report().expect("a report").loaded;
            assert_eq!(loaded[0].key, format!("{section}.{key}"));
        }
    }
}

#[tokio::test]
async fn a_later_environment_sets_what_the_vault_spells_otherwise() {
    for name in [
        "Database--MaxConnections",
        "Database--Max-Connections",
        "data-base--maxconnections",
    ] {
        let (_world, source) = vault_with(&[(name, "2")]).await;
        for variable in [
            "DATABASE__MAX_CONNECTIONS",
            "DATABASE__MAXCONNECTIONS",
            "DATA_BASE__MAX_CONNECTIONS",
        ] {
            for file in [json!({}), json!({ "database": { "max-connections": 1 } })] {
                let config = over(&file.to_string())
                    .add_async_source(source.clone())
                    .add_source(ignore_case(environment(&[(variable, "3")])))
                    .build()
                    .await
                    .expect("it builds");
                assert_eq!(max_connections(&config), 3, "{variable} over {name} over {file}");
            }
        }
    }
}

/// A default has no origin, and neither has an override: it is one key with what comes later, so nobody need tell them apart.
#[tokio::test]
async fn a_default_never_beats_what_comes_later() {
    let (_world, source) = vault_with(&[("Database--MaxConnections", "2")]).await;
    let variable = || ignore_case(environment(&[("DATABASE__MAXCONNECTIONS", "3")]));
    for key in SPELLINGS {
        let default = || {
            Config::builder()
                .set_default(format!("Database.{key}"), 1)
                .expect("a path")
        };
        let compiled_in = || Config::builder().add_source(compiled_in(key));

        for builder in [default(), compiled_in()] {
            let config = load_over(builder, &source).await.expect("the vault loads");
            assert_eq!(max_connections(&config), 2, "{key}");
        }
        for builder in [default(), compiled_in()] {
            let builder = builder.add_async_source(source.clone()).add_source(variable());
            let config = builder.build().await.expect("it builds");
            assert_eq!(max_connections(&config), 3, "{key}");
        }
        for builder in [default(), compiled_in()] {
            let builder = builder.add_async_source(source.clone()).add_source(variable());
            let builder = builder.set_override(format!("Database.{key}"), 4).expect("a path");
            let config = builder.build().await.expect("it builds");
            assert_eq!(max_connections(&config), 4, "{key}");
        }

        // Two compiled-in sources, the later one wrapped; no vault.
        let later = File::from_str(r#"{"DATA-BASE": {"Max-Connections": 5}}"#, FileFormat::Json);
        let config = compiled_in().add_source(ignore_case(later)).build().expect("it builds");
        assert_eq!(max_connections(&config), 5, "{key}");
    }
}

fn compiled_in(key: &str) -> File<config::FileSourceString, FileFormat> {
    File::from_str(&json!({ "Database": { key: 1 } }).to_string(), FileFormat::Json)
}

#[tokio::test]
async fn spellings_side_by_side_in_one_source_stay_and_are_told() {
    let (_world, source) = vault_with(&[("Database--MaxConnections", "3")]).await;
    let file = json!({ "Database": { "max-connections": 1, "Max_Connections": 2 } });
    let config = load_over(over(&file.to_string()), &source)
        .await
        .expect("the vault loads");
    assert_eq!(
        json_of(config),
        json!({ "Database": { "max-connections": 1, "Max_Connections": 2, "MaxConnections": "3" } })
    );

    let (_world, source) = vault_with(&[("Database--MaxConnections", "1"), ("Database--Max-Connections", "2")]).await;
    let config = load(&source).await.expect("the vault loads");
    let error = config.bind::<App>().expect_err("two spellings").to_string();
    for spelling in ["MaxConnections", "Max-Connections"] {
        assert!(error.contains(spelling), "{error}");
    }
    assert!(source.report().expect("a report").warnings.is_empty());

    // One of them takes the file's key, so that the file's value does not win; the other stays, and is named.
    let file = json!({ "Database": { "max_connections": 0 } });
    let config = load_over(over(&file.to_string()), &source)
        .await
        .expect("the vault loads");
    assert_eq!(max_connections(&config), 2);
    assert_eq!(
        json_of(config),
        json!({ "Database": { "max_connections": "2", "MaxConnections": "1" } })
    );
    let warnings = source.report().expect("a report").warnings;
    let [Warning::Stray { name, key, reason, .. }] = warnings.as_slice() else {
        panic!("{warnings:?}")
    };
    assert_eq!(
        (name.as_str(), key.as_str()),
        ("Database--MaxConnections", "Database.MaxConnections")
    );
    assert!(
        reason.contains("`Database.max_connections` of an earlier source"),
        "{reason}"
    );
}

/// Where the vault is, is read the same way.
#[tokio::test]
async fn the_settings_of_the_vault_itself() {
    let (world, _source) = vault_with(&[("Key", "value")]).await;
    for (section, key) in [
        ("kv_setting", "secret_uri"),
        ("KV-SETTING", "Secret-Uri"),
        ("key_vault", "url"),
        ("key-vault", "URL"),
        ("KEYVAULT", "url"),
    ] {
        let earlier = json!({ section: { key: world.url } }).to_string();
        let source = world.signed_in(AzureKeyVault::default());
        let config = load_over(over(&earlier), &source).await.expect("the vault loads");
        assert_eq!(config.get_string("Key").expect("a value"), "value", "{section}.{key}");

        let directory = tempfile::tempdir().expect("a directory");
        let mounted = directory.path().join("mounted.json");
        std::fs::write(&mounted, earlier).expect("a file");
        let source = world.signed_in(AzureKeyVault::default()).mounted_settings(mounted);
        let config = load(&source).await.expect("the vault loads");
        assert_eq!(config.get_string("Key").expect("a value"), "value", "{section}.{key}");
    }
    // The nearest spelling counts; the others are somebody else's.
    let earlier = json!({
        "key_vault": { "url": "https://other.vault.azure.net" },
        "KeyVault": { "u_r_l": "https://another.vault.azure.net", "Url": world.url },
    });
    let source = world.signed_in(AzureKeyVault::default());
    load_over(over(&earlier.to_string()), &source)
        .await
        .expect("the vault loads");
}

#[tokio::test]
async fn the_local_file_is_laid_the_same_way() {
    let directory = tempfile::tempdir().expect("a directory");
    let secrets = json!({ "Database--MaxConnections": 2, "Other": { "Log-Level": "x" } });
    std::fs::write(directory.path().join("secrets.json"), secrets.to_string()).expect("a file");
    let source = AzureKeyVault::default()
        .environment("Development")
        .working_directory(directory.path());
    let mut config = Config::default();
    config.cache = over(r#"{"database": {"max_connections": 1}, "other": {"log_level": "y"}}"#)
        .build()
        .expect("it builds")
        .cache;
    AsyncSource::collect_to(&source, &mut config.cache)
        .await
        .expect("the file loads");
    assert_eq!(max_connections(&config), 2);
    assert_eq!(
        json_of(config),
        json!({ "database": { "max_connections": 2 }, "other": { "log_level": "x" } })
    );
}
