//! Values of earlier sources that are Key Vault references.

use super::*;

pub(super) fn uri(world: &World, vault: &str, name: &str) -> String {
    format!(
        "@Microsoft.KeyVault(SecretUri={}/secrets/{name})",
        world.emulator.vault_url(vault)
    )
}

pub(super) async fn resolved(source: &AzureKeyVault, earlier: &serde_json::Value) -> Result<Config, ConfigError> {
    let built = over(&earlier.to_string())
        .add_async_source(source.clone())
        .build()
        .await;
    check_built(source, &built);
    built
}

pub(super) async fn refused(source: &AzureKeyVault, earlier: &serde_json::Value) -> String {
    let error = resolved(source, earlier).await.map(|_| ()).expect_err("it fails");
    Error::find(&error)
        .unwrap_or_else(|| panic!("not ours: {error}"))
        .to_string()
}

pub(super) fn set(world: &World, vault: &str, name: &str) -> (String, String) {
    let value = leaks::marker();
    let version = world.emulator.vault(vault).set(name, &value);
    (value, version)
}

#[tokio::test]
async fn the_secret_stands_in_the_place_of_the_reference() {
    let world = World::start().await;
    let (own, _) = set(&world, "app", "Own");
    let (first, pinned) = set(&world, "other", "Pinned");
    let (newest, _) = set(&world, "other", "Pinned");
    let (third, _) = set(&world, "third", "Deep-1");
    let earlier = serde_json::json!({
        "A": { "B": [uri(&world, "other", &format!("Pinned/{pinned}")), uri(&world, "other", "Pinned/")] },
        "C": format!("  {} ", uri(&world, "third", "Deep-1").replace('(', " ( ").replace("SecretUri=", " secreturi = ")),
        "D": uri(&world, "app", "Own"),
        "E": "@Microsoft.KeyVaults and other texts stay",
        "Own": "below the vault",
    });
    let source = world.source().resolve_references();
    let config = resolved(&source, &earlier).await.expect("it loads");
    let text = |key: &str| config.get_string(key).expect("a value");
    assert_eq!(text("A.B[0]"), first);
    assert_eq!(text("A.B[1]"), newest);
    assert_eq!(text("C"), third);
    assert_eq!((text("D"), text("Own")), (own.clone(), own));
    assert!(text("E").starts_with('@'));

    let report = source.report().expect("a report");
    let loaded: Vec<_> = report
        .loaded
        .iter()
        .map(|loaded| (loaded.key.as_str(), loaded.name.as_str()))
        .collect();
    assert_eq!(
        loaded,
        [
            ("A.B[0]", "Pinned"),
            ("A.B[1]", "Pinned"),
            ("C", "Deep-1"),
            ("D", "Own"),
            ("Own", "Own")
        ]
    );
    assert_eq!(report.loaded[0].version.as_deref(), Some(pinned.as_str()));
    assert_eq!(
        report.loaded[2].vault.as_deref(),
        Some(world.emulator.vault_url("third").as_str())
    );
    // One vault, one challenge; one credential, one token.
    assert_eq!((report.challenges, report.token_requests), (3, 1));
}

#[tokio::test]
async fn nothing_is_resolved_unless_it_is_asked_for() {
    let world = World::start().await;
    let reference = uri(&world, "other", "A");
    let config = resolved(&world.source(), &serde_json::json!({ "A": reference }))
        .await
        .expect("it loads");
    assert_eq!(config.get_string("A").expect("a value"), reference);
}

#[tokio::test]
async fn what_a_secret_holds_is_no_reference() {
    let world = World::start().await;
    let inner = uri(&world, "other", "Inner");
    world.emulator.vault("other").set("Outer", &inner);
    world.vault.set("Own", &inner);
    let source = world.source().resolve_references();
    let config = resolved(&source, &serde_json::json!({ "A": uri(&world, "other", "Outer") }))
        .await
        .expect("it loads");
    assert_eq!(config.get_string("A").expect("a value"), inner);
    assert_eq!(config.get_string("Own").expect("a value"), inner);

    // Nor for another handle behind the one that loaded it.
    let behind = world.signed_in(AzureKeyVault::references_only()).cloud(cloud(&world));
    let built = over("{}")
        .add_async_source(world.source())
        .add_async_source(behind)
        .build()
        .await;
    assert_eq!(built.expect("it loads").get_string("Own").expect("a value"), inner);
}

#[tokio::test]
async fn an_app_without_a_vault_has_references_only() {
    let world = World::start().await;
    let (value, _) = set(&world, "other", "A");
    let cloud = config_azure_keyvault::Cloud::Custom {
        authority_host: world.emulator.authority(),
        vault_suffix: "vault.azure.test".to_owned(),
    };
    let source = world.signed_in(AzureKeyVault::references_only()).cloud(cloud);
    let config = resolved(&source, &serde_json::json!({ "A": uri(&world, "other", "A") }))
        .await
        .expect("it loads");
    assert_eq!(config.get_string("A").expect("a value"), value);
    let before = world.emulator.requests().len();
    let config = resolved(&source, &serde_json::json!({ "A": "b" }))
        .await
        .expect("it loads");
    assert_eq!(config.get_string("A").expect("a value"), "b");
    assert_eq!(world.emulator.requests().len(), before, "nobody is asked for nothing");
}

#[tokio::test]
async fn two_hundred_references_to_three_vaults_are_one_load() {
    let world = World::start().await;
    let mut earlier = serde_json::Map::new();
    let mut expected = Vec::new();
    for n in 0..200 {
        let vault = ["one", "two", "three"][n % 3];
        let (value, _) = set(&world, vault, &format!("S{n}"));
        expected.push(value);
        earlier.insert(format!("K{n}"), uri(&world, vault, &format!("S{n}")).into());
        // Named twice, got once.
        earlier.insert(format!("L{n}"), uri(&world, vault, &format!("S{n}")).into());
    }
    let source = world.source().resolve_references();
    let config = resolved(&source, &earlier.into()).await.expect("it loads");
    for (n, value) in expected.iter().enumerate() {
        assert_eq!(config.get_string(&format!("K{n}")).expect("a value"), *value);
        assert_eq!(config.get_string(&format!("L{n}")).expect("a value"), *value);
    }
    let report = source.report().expect("a report");
    assert_eq!(
        (report.challenges, report.token_requests, report.loaded.len()),
        (4, 1, 400)
    );
    // The list, the gets, and a challenge for each vault.
    assert_eq!(report.requests, 1 + 200 + 4);
}

#[tokio::test]
async fn a_bad_reference_names_its_key_and_nobody_is_asked() {
    let world = World::start().await;
    let before = world.emulator.requests().len();
    let secret = leaks::marker();
    for (reference, cause) in [
        ("@Microsoft.KeyVault", "it has no parentheses around its members"),
        (
            "@Microsoft.KeyVault(SecretUri=https://a.vault.azure.net/secrets/x",
            "it has no parentheses around its members",
        ),
        ("@Microsoft.KeyVault()", "it names no secret"),
        ("@Microsoft.KeyVault(SecretName=x)", "it has no VaultName"),
        ("@Microsoft.KeyVault(VaultName=abc)", "it has no SecretName"),
        (
            "@Microsoft.KeyVault(VaultName=a b;SecretName=x)",
            "its VaultName is no vault's name",
        ),
        (
            "@Microsoft.KeyVault(VaultName=evil.example/a#;SecretName=x)",
            "its VaultName is no vault's name",
        ),
        (
            "@Microsoft.KeyVault(VaultName=abc;SecretName=x/../y)",
            "its secret's name is none: 1 to 127 letters, digits and hyphens",
        ),
        (
            "@Microsoft.KeyVault(VaultName=abc;SecretName=x;SecretVersion=../y)",
            "its secret's version is none",
        ),
        (
            "@Microsoft.KeyVault(VaultName=abc;SecretName=x;SecretName=y)",
            "SecretName stands in it twice",
        ),
        (
            "@Microsoft.KeyVault(VaultName=abc;Secret=x)",
            "a member of it is none of SecretUri, VaultName, SecretName and SecretVersion",
        ),
        ("@Microsoft.KeyVault(abc)", "a member of it has no `=`"),
        (
            "@Microsoft.KeyVault(SecretUri=https://abc.vault.azure.net/secrets/x;SecretVersion=1)",
            "SecretVersion belongs to VaultName and SecretName; with SecretUri it is the URI's end",
        ),
        (
            "@Microsoft.KeyVault(SecretUri=https://abc.vault.azure.net/secrets/x;VaultName=abc)",
            "it has SecretUri beside VaultName or SecretName",
        ),
        (
            "@Microsoft.KeyVault(SecretUri=https://abc.vault.azure.net/keys/x)",
            "the path of its SecretUri is not `/secrets/NAME` or `/secrets/NAME/VERSION`",
        ),
        (
            "@Microsoft.KeyVault(SecretUri=https://vault.azure.net.evil.example/secrets/x)",
            "the host of its SecretUri is no Key Vault's",
        ),
        (
            "@Microsoft.KeyVault(SecretUri=https://a.b.vault.azure.net/secrets/x)",
            "the host of its SecretUri is no Key Vault's",
        ),
        (
            "@Microsoft.KeyVault(SecretUri=https://hsm.managedhsm.azure.net/secrets/x)",
            "the host of its SecretUri is no Key Vault's",
        ),
        (
            "@Microsoft.KeyVault(SecretUri=http://abc.vault.azure.net/secrets/x)",
            "the vault's URL from its SecretUri begins with http://, and nothing secret may travel in the clear",
        ),
    ] {
        let text = refused(
            &world.source().resolve_references(),
            &serde_json::json!({ "Section": { "Key": [1, reference] } }),
        )
        .await;
        assert_eq!(
            text,
            format!(
                "Azure Key Vault: settings failed: the Key Vault reference at `Section.Key[1]`: {cause}; write it as \
                 `@Microsoft.KeyVault(SecretUri=https://NAME.vault.azure.net/secrets/SECRET)` or \
                 `@Microsoft.KeyVault(VaultName=NAME;SecretName=SECRET)`"
            ),
            "{reference}"
        );
    }
    // Whatever landed there by mistake is not shown.
    let text = refused(
        &world.source().resolve_references(),
        &serde_json::json!({ "A": format!("@Microsoft.KeyVault({secret}={secret})"), "B": "@Microsoft.KeyVault" }),
    )
    .await;
    assert!(
        text.contains("2 Key Vault references, the first at `A`: a member of it is none of"),
        "{text}"
    );
    assert_eq!(world.emulator.requests().len(), before, "nobody is asked");
}

#[tokio::test]
async fn a_reference_that_cannot_be_resolved_fails_the_load_and_names_its_key() {
    let world = World::start().await;
    set(&world, "other", "Disabled");
    world.emulator.vault("other").disable("Disabled");
    let url = world.emulator.vault_url("other");
    let source = || world.source().resolve_references();
    for (name, cause) in [
        ("Missing", "404 SecretNotFound"),
        ("Disabled", "403 SecretDisabled"),
        ("Missing/abc", "404 SecretNotFound"),
    ] {
        let text = refused(
            &source(),
            &serde_json::json!({ "S": { "K": uri(&world, "other", name) } }),
        )
        .await;
        let named = match name.split_once('/') {
            Some((name, version)) => format!("`{name}` version {version}"),
            None => format!("`{name}`"),
        };
        let begins = format!("Azure Key Vault {url}: get failed for secret {named}, which `S.K` refers to: ");
        assert!(text.starts_with(&begins) && text.contains(cause), "{text}");
    }
    world
        .emulator
        .vault("other")
        .set_permissions(keyvault_emulator::Permissions::none());
    set(&world, "other", "A");
    let text = refused(
        &source(),
        &serde_json::json!({ "S": { "K": uri(&world, "other", "A") } }),
    )
    .await;
    assert!(
        text.contains("which `S.K` refers to: ") && text.contains("403"),
        "{text}"
    );
}

/// The emulator's, where no vault of one's own tells of it.
pub(super) fn cloud(world: &World) -> config_azure_keyvault::Cloud {
    config_azure_keyvault::Cloud::Custom {
        authority_host: world.emulator.authority(),
        vault_suffix: "vault.azure.test".to_owned(),
    }
}
