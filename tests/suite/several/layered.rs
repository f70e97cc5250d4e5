//! Several vaults as one source.

use super::*;

#[tokio::test]
async fn the_last_vault_wins_and_all_are_one_load() {
    let world = World::start().await;
    let base = world.emulator.vault("base");
    let special = world.emulator.vault("special");
    let values: Vec<String> = (0..5).map(|_| leaks::marker()).collect();
    base.set("A", &values[0]);
    base.set("Shared--B", &values[1]);
    special.set("MyApp--Shared--B", &values[2]);
    special.set("MyApp--C", &values[3]);
    special.set("Other--D", &values[4]);
    let layered = AzureKeyVault::layered([
        world.signed_in(AzureKeyVault::new(world.emulator.vault_url("base"))),
        AzureKeyVault::new(world.emulator.vault_url("special")).prefix("MyApp--"),
    ]);
    let built = over(r#"{ "shared": { "b": "file" } }"#)
        .add_async_source(layered.clone())
        .build()
        .await;
    check_built(&layered, &built);
    let config = built.expect("it loads");
    assert_eq!(config.get_string("A").expect("a value"), values[0]);
    assert_eq!(config.get_string("shared.b").expect("a value"), values[2]);
    assert_eq!(config.get_string("C").expect("a value"), values[3]);
    assert!(config.get_string("Other.D").is_err());

    let report = layered.report().expect("a report");
    let vault = |name: &str| Some(world.emulator.vault_url(name));
    let lines: Vec<_> = report
        .loaded
        .iter()
        .map(|loaded| (loaded.key.as_str(), loaded.vault.clone()))
        .collect();
    assert_eq!(
        lines,
        [
            ("A", vault("base")),
            ("C", vault("special")),
            ("shared.b", vault("special"))
        ]
    );
    assert_eq!((report.challenges, report.token_requests, report.filtered), (2, 1, 1));
    assert!(report.to_string().starts_with(&format!(
        "loaded 3 values from {} and {} in ",
        world.emulator.vault_url("base"),
        world.emulator.vault_url("special")
    )));

    // Only what changed is got again.
    world.emulator.clear_requests();
    let again = over("{}")
        .add_async_source(layered.clone())
        .build()
        .await
        .expect("it loads");
    assert_eq!(again.get_string("A").expect("a value"), values[0]);
    let report = layered.report().expect("a report");
    assert_eq!((report.challenges, report.token_requests), (0, 0));
}

#[tokio::test]
async fn they_are_loaded_side_by_side() {
    let world = World::start().await;
    for vault in ["base", "special"] {
        world.emulator.vault(vault).set("A", leaks::marker());
    }
    // Each get waits for the other.
    world
        .emulator
        .inject(keyvault_emulator::Fault::until_in_flight(2).for_secret("A").times(2));
    let layered = AzureKeyVault::layered(
        ["base", "special"].map(|vault| world.signed_in(AzureKeyVault::new(world.emulator.vault_url(vault)))),
    );
    crate::support::load(&layered).await.expect("it loads");
}

#[tokio::test]
async fn one_that_fails_fails_all_and_is_named() {
    let world = World::start().await;
    world.emulator.vault("base").set("A", leaks::marker());
    world
        .emulator
        .vault("special")
        .set_permissions(keyvault_emulator::Permissions::none());
    let layered = AzureKeyVault::layered(
        ["base", "special"].map(|vault| world.signed_in(AzureKeyVault::new(world.emulator.vault_url(vault)))),
    );
    let text = crate::support::error_of(&layered).await;
    assert!(
        text.starts_with(&format!(
            "Azure Key Vault {}: list failed: ",
            world.emulator.vault_url("special")
        )),
        "{text}"
    );
}

#[tokio::test]
async fn a_section_of_one_vault_lies_over_that_of_the_other() {
    let world = World::start().await;
    for (vault, name) in [
        ("base", "Hosts--0"),
        ("base", "Hosts--1"),
        ("special", "Hosts--1"),
        ("base", "Db--User"),
        ("special", "Db--Password"),
    ] {
        world.emulator.vault(vault).set(name, format!("{vault} {name}"));
    }
    let layered = AzureKeyVault::layered(
        ["base", "special"].map(|vault| world.signed_in(AzureKeyVault::new(world.emulator.vault_url(vault)))),
    );
    let config = crate::support::load(&layered).await.expect("it loads");
    assert_eq!(
        config.get::<Vec<String>>("Hosts").expect("a list"),
        ["base Hosts--0", "special Hosts--1"]
    );
    assert_eq!(config.get_string("Db.User").expect("a value"), "base Db--User");
    assert_eq!(
        config.get_string("Db.Password").expect("a value"),
        "special Db--Password"
    );
}

#[tokio::test]
async fn one_vault_may_be_two_layers() {
    let world = World::start().await;
    world.seed(&["Base--Db--User", "Base--Db--Host", "Mine--Db--Host", "Other--X"]);
    let layer = |prefix: &str| world.source().prefix(prefix);
    let layered = AzureKeyVault::layered([layer("Base--"), layer("Mine--")]);
    for gets in [3, 0] {
        world.emulator.clear_requests();
        let config = crate::support::load(&layered).await.expect("it loads");
        let text = |key: &str| config.get_string(key).ok();
        assert_eq!(text("Db.User"), world.vault.value("Base--Db--User"));
        assert_eq!(text("Db.Host"), world.vault.value("Mine--Db--Host"));
        assert!(config.get_string("X").is_err());
        let counts = world.emulator.counts();
        assert_eq!((counts.lists, counts.gets), (2, gets));
        assert!(counts.token_requests <= 1);
    }
}

#[tokio::test]
async fn no_vault_at_all_is_an_error() {
    let world = World::start().await;
    let text = crate::support::error_of(&world.signed_in(AzureKeyVault::layered([]))).await;
    assert_eq!(
        text,
        "Azure Key Vault: settings failed: `layered` was given no vault; give it one, or use `AzureKeyVault::default()`, which finds \
         the vault in the settings"
    );
}

/// A load that failed has given nothing to anybody: the vault that need not be there need not be there the next time either.
#[tokio::test]
async fn an_optional_vault_stays_optional_until_a_whole_load_had_it() {
    use config_azure_keyvault::OptionalIf;
    use keyvault_emulator::{Fault, Permissions, RequestKind, SecretPermission};
    let world = World::start().await;
    let special = world.emulator.vault("special");
    world.emulator.vault("base").set("A", leaks::marker());
    special.set("B", leaks::marker());
    let base = world.signed_in(AzureKeyVault::new(world.emulator.vault_url("base")));
    let optional = AzureKeyVault::new(world.emulator.vault_url("special")).optional([OptionalIf::NoPermission]);
    let layered = AzureKeyVault::layered([base, optional]);

    special.set_permissions(Permissions::none());
    crate::support::load(&layered).await.expect("it need not be there");
    special.set_permissions(Permissions::default());
    // Late enough that the other vault is done by then.
    let late = Fault::delay(std::time::Duration::from_millis(200));
    world.emulator.inject(late.for_kind(RequestKind::Get).for_vault("base"));
    world.emulator.vault("base").set("A", leaks::marker());
    world.emulator.vault("base").deny("A", SecretPermission::Get);
    crate::support::error_of(&layered).await;
    world.emulator.clear_faults();
    world.emulator.vault("base").clear_denied();
    special.set_permissions(Permissions::none());
    crate::support::load(&layered)
        .await
        .expect("it need not be there still");
    assert!(layered.report().expect("a report").is_degraded());

    special.set_permissions(Permissions::default());
    crate::support::load(&layered).await.expect("all of it");
    special.set_permissions(Permissions::none());
    crate::support::error_of(&layered).await;
}
