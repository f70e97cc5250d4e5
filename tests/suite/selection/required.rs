//! A required name is a setting, or there is an error.

use config::ConfigError;

use super::*;
use crate::support::{load_over, over};

fn lost(error: &ConfigError) -> (ErrorKind, Option<&str>, String) {
    let ours = Error::find(error).expect("our error");
    (ours.kind(), ours.secret(), ours.to_string())
}

#[tokio::test]
async fn a_required_name_that_is_no_setting_is_an_error_that_says_why() {
    let world = World::start().await;
    world.seed(&["A", "B--", "Db", "Db--Host", "Hosts--x", "Section"]);
    world
        .vault
        .seed(SecretSeed::new("Old", leaks::marker()).expires(1_000_000_000));
    world
        .vault
        .seed(SecretSeed::new("Early", leaks::marker()).not_before(4_000_000_000));
    let earlier = || over(r#"{ "Hosts": ["a"], "Section": { "Key": 1 } }"#);
    let source = || world.source();
    let rows = [
        (
            source().names(["A", "B--"]),
            "B--",
            "mapping",
            "its name has an empty segment",
        ),
        (
            source().names(["A"]).key_mapper(|_| None),
            "A",
            "mapping",
            "left out by the key mapper",
        ),
        (
            source().names(["A"]).filter(|_| false),
            "A",
            "get",
            "left out by the filter",
        ),
        (
            source().names(["Old"]).expired(ValidityPolicy::Skip),
            "Old",
            "get",
            "expired",
        ),
        (
            source().names(["Early"]).not_yet_valid(ValidityPolicy::Skip),
            "Early",
            "get",
            "not valid yet",
        ),
        (
            source().names(["Db", "Db--Host"]),
            "Db",
            "mapping",
            "`Db--Host` makes it a section, and a section wins over a value",
        ),
        (
            source().names(["A", "Section"]),
            "Section",
            "mapping",
            "an earlier source has a section at `Section`, and a section wins over a value",
        ),
        (
            source().names(["Hosts--x"]),
            "Hosts--x",
            "mapping",
            "an earlier source has an array at `Hosts`, and only an index reaches into it",
        ),
    ];
    for (source, name, stage, reason) in rows {
        let error = load_over(earlier(), &source).await.map(|_| ()).expect_err(name);
        let text = format!(
            "Azure Key Vault {}: {stage} failed for secret `{name}`: it is required, but {reason}; let it become a setting, or \
             make it optional",
            world.url
        );
        assert_eq!(lost(&error), (ErrorKind::Secret, Some(name), text));
        assert!(source.report().is_none());
    }

    // Optional names say it in the report and no more.
    let source = world
        .source()
        .names(["A", "B--", "Db", "Db--Host", "Old", "Section"].map(SecretName::optional))
        .expired(ValidityPolicy::Skip);
    load_over(earlier(), &source).await.expect("it loads");
    let names: BTreeSet<String> = skipped(&source).into_iter().map(|(name, _)| name).collect();
    assert_eq!((keys(&source).len(), names), (2, set(&["B--", "Db", "Old", "Section"])));
}

#[tokio::test]
async fn what_can_have_no_place_is_an_error_before_anybody_signs_in() {
    let world = World::start().await;
    for source in [
        world.source().names(["A", "B--"]),
        world.source().names(["A"]).key_mapper(|_| None),
    ] {
        assert!(error_of(&source).await.contains("it is required, but "));
    }
    assert_eq!(world.emulator.counts().connections, 0);
}

/// The setting is there, by the newer of the two.
#[tokio::test]
async fn a_required_name_may_lose_to_a_newer_one_of_its_setting() {
    let world = World::start().await;
    let seed = |name: &str, updated| {
        world
            .vault
            .seed(SecretSeed::new(name, leaks::marker()).updated(updated));
    };
    seed("Db-Host", 1_600_000_000);
    seed("Db--Host", 1_600_000_001);
    let dashes = |name: &str| {
        Some(
            name.split('-')
                .filter(|part| !part.is_empty())
                .map(str::to_owned)
                .collect(),
        )
    };
    let source = world.source().names(["Db-Host", "Db--Host"]).key_mapper(dashes);
    let config = load(&source).await.expect("the setting is there");
    assert_eq!(config.get_string("Db.Host").ok(), world.vault.value("Db--Host"));
    assert_eq!(skipped(&source)[0].0, "Db-Host");

    // But where the newer one finds no place either, neither is there.
    let source = world
        .source()
        .names([SecretName::required("Db-Host"), SecretName::optional("Db--Host")])
        .key_mapper(dashes);
    let error = load_over(over(r#"{ "Db": { "Host": { "Name": 1 } } }"#), &source).await;
    let error = error.map(|_| ()).expect_err("the setting is not there");
    assert_eq!(lost(&error).1, Some("Db-Host"));
}
