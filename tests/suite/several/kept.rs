//! What references cost at a later load, and whose word counts beside theirs.

use super::references::{cloud, refused, resolved, set, uri};
use super::*;

#[tokio::test]
async fn a_pinned_version_is_got_once_and_the_newest_at_each_load() {
    let world = World::start().await;
    let (first, pinned) = set(&world, "other", "S");
    set(&world, "other", "T");
    let earlier = serde_json::json!({
        "Pinned": uri(&world, "other", &format!("S/{pinned}")),
        "Again": uri(&world, "other", &format!("S/{pinned}")),
        "Newest": uri(&world, "other", "S"),
        "T": uri(&world, "other", "T"),
    });
    let source = world.source().resolve_references();
    let gets = || {
        let gets = world.emulator.counts().gets;
        world.emulator.clear_requests();
        gets
    };
    resolved(&source, &earlier).await.expect("it loads");
    gets();
    let (newest, version) = set(&world, "other", "S");
    let config = resolved(&source, &earlier).await.expect("it loads");
    assert_eq!(gets(), 2);
    let text = |config: &Config, key: &str| config.get_string(key).expect("a value");
    assert_eq!(
        (text(&config, "Pinned"), text(&config, "Again")),
        (first.clone(), first.clone())
    );
    assert_eq!(text(&config, "Newest"), newest);
    let loaded = source.report().expect("a report").loaded;
    assert_eq!(
        loaded.iter().map(|loaded| loaded.version.clone()).collect::<Vec<_>>()[..3],
        [Some(pinned.clone()), Some(version), Some(pinned.clone())]
    );

    // Of pinned ones alone nobody is asked, whatever became of the vault.
    let only = serde_json::json!({ "K": uri(&world, "other", &format!("S/{pinned}")) });
    let source = world.signed_in(AzureKeyVault::references_only()).cloud(cloud(&world));
    resolved(&source, &only).await.expect("it loads");
    world
        .emulator
        .vault("other")
        .set_permissions(keyvault_emulator::Permissions::none());
    world.emulator.clear_requests();
    let config = resolved(&source, &only).await.expect("it loads");
    assert_eq!(text(&config, "K"), first);
    assert_eq!(world.emulator.requests().len(), 0);
    // What is not referred to any more is not kept.
    resolved(&source, &serde_json::json!({ "K": "b" }))
        .await
        .expect("it loads");
    refused(&source, &only).await;
}

#[tokio::test]
async fn what_is_overridden_before_the_vault_is_not_asked_for_and_what_is_later_is() {
    let world = World::start().await;
    let earlier = over(&serde_json::json!({ "K": uri(&world, "other", "Missing") }).to_string());
    let source = world.source().resolve_references();
    let config = crate::support::load_over(earlier.clone().set_default("K", "x").expect("a key"), &source).await;
    config.map(|_| ()).expect_err("a default is below it");
    let by_a_source = earlier
        .clone()
        .add_source(config::File::from_str(r#"{ "K": "x" }"#, config::FileFormat::Json));
    let config = crate::support::load_over(by_a_source, &source).await.expect("it loads");
    assert_eq!(config.get_string("K").expect("a value"), "x");
    let text = crate::support::error_over(earlier.set_override("K", "x").expect("a key"), &source).await;
    assert!(
        text.contains("which `K` refers to: "),
        "an override comes after all sources: {text}"
    );
}

#[tokio::test]
async fn a_secret_that_a_reference_names_is_warned_of_as_any_other() {
    let world = World::start().await;
    let ended = keyvault_emulator::SecretSeed::new("Ended", leaks::marker()).expires(1);
    world.emulator.vault("other").seed(ended);
    let source = world.source().resolve_references();
    resolved(&source, &serde_json::json!({ "K": uri(&world, "other", "Ended") }))
        .await
        .expect("it loads");
    let warnings = source.report().expect("a report").warnings;
    assert_eq!(
        warnings.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["secret `Ended` has expired"]
    );
    let source = source.expired(config_azure_keyvault::ValidityPolicy::Fail);
    let text = refused(&source, &serde_json::json!({ "K": uri(&world, "other", "Ended") })).await;
    assert!(
        text.contains("get failed for secret `Ended`, which `K` refers to: "),
        "{text}"
    );
}

#[tokio::test]
async fn a_layered_handle_resolves_where_one_of_its_vaults_does() {
    let world = World::start().await;
    let (value, _) = set(&world, "other", "S");
    let earlier = serde_json::json!({ "K": uri(&world, "other", "S") });
    let base = || world.source();
    let special = || AzureKeyVault::new(world.emulator.vault_url("special"));
    for layered in [
        AzureKeyVault::layered([base(), special().resolve_references()]),
        AzureKeyVault::layered([base(), AzureKeyVault::references_only()]),
        AzureKeyVault::layered([
            AzureKeyVault::layered([base(), special()]),
            AzureKeyVault::references_only(),
        ]),
        world.signed_in(AzureKeyVault::layered([AzureKeyVault::references_only(), base()])),
        world
            .signed_in(AzureKeyVault::layered([AzureKeyVault::references_only()]))
            .cloud(cloud(&world)),
    ] {
        let config = resolved(&layered, &earlier).await.expect("it loads");
        assert_eq!(config.get_string("K").expect("a value"), value);
    }
}
