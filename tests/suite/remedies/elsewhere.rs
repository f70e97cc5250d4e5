//! What the source was told decides: a prefix, names, a filter, a mapper, Development, a second vault.

use config::{Config, File, FileFormat};
use config_azure_keyvault::{AzureKeyVault, SecretName};
use keyvault_emulator::SecretSeed;

use super::{Settings, error, secret};
use crate::support::{World, load, over};

/// As [`load`], on a sync builder and a thread without a runtime.
async fn load_sync(source: &AzureKeyVault) -> Config {
    let source = source.clone();
    let build = move || Config::builder().add_source(source).build().expect("the vault loads");
    tokio::task::spawn_blocking(build).await.expect("no panic")
}

#[tokio::test]
async fn without_a_vault_one_that_is_loaded_whole_is_thought_of() {
    let config = over("{}").build().expect("a configuration");
    assert_eq!(secret(&config).as_deref(), Some("Database--Host"));
}

#[tokio::test]
async fn a_prefix_is_part_of_the_name() {
    let world = World::start().await;
    // Of an empty vault too: nothing but the source itself can tell.
    for (prefix, expected) in [
        ("MyApp--", "MyApp--Database--Host"),
        ("MyApp", "MyApp--Database--Host"),
        ("MyApp-", "MyApp-Database--Host"),
    ] {
        let config = load(&world.source().prefix(prefix)).await.expect("the vault loads");
        assert_eq!(secret(&config).as_deref(), Some(expected));
    }
    world.seed(&["MyApp--Other", "MyApp--Database--Port"]);
    for (prefix, expected) in [("MyApp--", "MyApp--Database--Host"), ("myapp", "myapp--Database--Host")] {
        let source = world.source().prefix(prefix);
        let config = load(&source).await.expect("the vault loads");
        assert_eq!(secret(&config).as_deref(), Some(expected));
        assert_eq!(secret(&load_sync(&source).await), secret(&config));
    }
    let config = load(&world.source().prefix("no name begins so"))
        .await
        .expect("the vault loads");
    assert_eq!(secret(&config), None);
}

#[tokio::test]
async fn where_the_code_picks_the_secrets_none_is_named() {
    let world = World::start().await;
    let sources = || {
        [
            world.source().names([SecretName::optional("Other")]),
            world.source().names([SecretName::optional("Other")]).prefix("Oth"),
            world.source().filter(|_| true),
            world.source().key_mapper(|name| Some(vec![name.to_owned()])),
        ]
    };
    for source in sources() {
        let config = load(&source).await.expect("the vault loads");
        assert_eq!(secret(&config), None, "{source:?}");
    }
    world.seed(&["Other"]);
    for source in sources() {
        assert_eq!(secret(&load_sync(&source).await), None, "{source:?}");
    }
}

#[tokio::test]
async fn in_development_no_vault_is_asked_so_none_is_named() {
    let desk = tempfile::tempdir().expect("a directory");
    let source = AzureKeyVault::default()
        .environment("Development")
        .working_directory(desk.path());
    let config = load(&source).await.expect("no file need be there");
    assert_eq!(secret(&config), None);
    std::fs::write(desk.path().join("secrets.json"), r#"{"Other": "x"}"#).expect("a file");
    let config = load(&source).await.expect("the file loads");
    assert_eq!(secret(&config), None);
    assert_eq!(secret(&load_sync(&source).await), None);
}

#[tokio::test]
async fn two_vaults_that_agree_are_as_good_as_one() {
    let world = World::start().await;
    let both = async |first: AzureKeyVault, second: AzureKeyVault| {
        let builder = Config::builder().add_async_source(first).add_async_source(second);
        secret(&builder.build().await.expect("both load"))
    };
    let plain = || world.source();
    let prefixed = |prefix: &str| world.source().prefix(prefix);
    assert_eq!(both(plain(), plain()).await.as_deref(), Some("Database--Host"));
    assert_eq!(
        both(prefixed("A--"), prefixed("A")).await.as_deref(),
        Some("A--Database--Host")
    );
    assert_eq!(both(prefixed("A--"), prefixed("B--")).await, None);
    assert_eq!(both(plain(), prefixed("B--")).await, None);
    assert_eq!(both(prefixed("B--"), plain().filter(|_| true)).await, None);
}

/// The mark of a vault that gave nothing is not taken for the origin of what is wrong with the whole.
#[tokio::test]
async fn what_is_wrong_with_the_whole_comes_from_no_vault() {
    let world = World::start().await;
    let config = load(&world.source()).await.expect("the vault loads");
    let wrong = error::<u16>(&config);
    assert_eq!(wrong.problems()[0].origin, None, "{wrong}");
    assert!(!wrong.to_string().contains("Azure Key Vault"), "{wrong}");
}

/// An element past the end of the file's array is appended, so the vault knows it by another index.
#[tokio::test]
async fn an_element_that_was_appended_keeps_the_index_of_its_secrets() {
    #[derive(Debug, serde::Deserialize)]
    struct Fleet {
        #[serde(rename = "servers")]
        _servers: Vec<super::Database>,
    }
    let world = World::start().await;
    world.vault.seed(SecretSeed::new("Servers--7--Port", "1"));
    world.vault.seed(SecretSeed::new("Servers--9--Port", "1"));
    let file = File::from_str(r#"{"Servers": [{ "Host": "a" }]}"#, FileFormat::Json);
    let build = async || {
        let builder = Config::builder()
            .add_source(file.clone())
            .add_async_source(world.source());
        builder.build().await.expect("the vault loads")
    };
    let config = build().await;
    assert_eq!(
        super::named::<Fleet>(&config),
        [Some("Servers--7--Host".to_owned()), Some("Servers--9--Host".to_owned())]
    );
    for name in ["Servers--7--Host", "Servers--9--Host"] {
        world.vault.seed(SecretSeed::new(name, "h"));
    }
    assert!(config_azure_keyvault::BindConfig::bind::<Fleet>(&build().await).is_ok());
}

/// Values say what the source was told, for whoever reads an error.
#[tokio::test]
async fn an_origin_says_how_its_secret_was_chosen() {
    let world = World::start().await;
    let version = world.vault.seed(SecretSeed::new("MyApp--Database", "x"));
    for (source, way) in [
        (world.source().prefix("MyApp"), ", prefix `MyApp--`"),
        (world.source().prefix("MyApp").filter(|_| true), ", hand-picked"),
    ] {
        let config = load(&source).await.expect("the vault loads");
        let wrong = error::<Settings>(&config);
        let expected = format!("{} secret `MyApp--Database` version {version}{way}", world.url);
        assert_eq!(wrong.problems()[0].origin, Some(expected));
    }
}
