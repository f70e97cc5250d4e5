//! Values of earlier sources that are Key Vault references.

use std::sync::Arc;

use super::*;

fn uri(world: &World, vault: &str, name: &str) -> String {
    format!(
        "@Microsoft.KeyVault(SecretUri={}/secrets/{name})",
        world.emulator.vault_url(vault)
    )
}

async fn resolved(source: &AzureKeyVault, earlier: &serde_json::Value) -> Result<Config, ConfigError> {
    let built = over(&earlier.to_string())
        .add_async_source(source.clone())
        .build()
        .await;
    check_built(source, &built);
    built
}

async fn refused(source: &AzureKeyVault, earlier: &serde_json::Value) -> String {
    let error = resolved(source, earlier).await.map(|_| ()).expect_err("it fails");
    Error::find(&error)
        .unwrap_or_else(|| panic!("not ours: {error}"))
        .to_string()
}

fn set(world: &World, vault: &str, name: &str) -> (String, String) {
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

/// Every form of App Service's documentation, "Use Key Vault references", and what its users write.
#[tokio::test]
async fn each_documented_spelling_is_understood() {
    let world = World::start().await;
    let (first, pinned) = set(&world, "other", "Secret-1");
    let (newest, _) = set(&world, "other", "Secret-1");
    let url = world.emulator.vault_url("other");
    let port = url.rsplit_once(':').map_or("443", |(_, port)| port);
    assert!(port.parse::<u16>().is_ok(), "{url}");
    for (inside, value) in [
        (format!("SecretUri={url}/secrets/Secret-1"), &newest),
        (format!("SecretUri={url}/secrets/Secret-1/"), &newest),
        (format!("SecretUri={url}/secrets/Secret-1/{pinned}"), &first),
        (format!("SecretUri={url}/secrets/Secret-1/{pinned}/"), &first),
        (format!(" SecretUri = {url}/secrets/Secret-1 "), &newest),
        (
            format!(
                "secreturi={}/Secrets/Secret-1",
                url.to_uppercase().replacen("HTTPS", "https", 1)
            ),
            &newest,
        ),
        (format!("SecretUri={url}/secrets/Secret-1;"), &newest),
    ] {
        let source = world.source().resolve_references();
        for reference in [
            format!("@Microsoft.KeyVault({inside})"),
            format!(" @microsoft.keyvault ({inside}) "),
        ] {
            let config = resolved(
                &source,
                &serde_json::json!({ "Deep": { "List": [{ "K": reference }, "x"] } }),
            )
            .await;
            let config = config.unwrap_or_else(|error| panic!("{reference}: {error}"));
            assert_eq!(
                config.get_string("Deep.List[0].K").expect("a value"),
                *value,
                "{reference}"
            );
            assert_eq!(config.get_string("Deep.List[1]").expect("a value"), "x");
        }
    }
}

/// As above, where the vault is given by its name: it is under the suffix of one's own vault.
#[tokio::test]
async fn a_vault_by_its_name_and_a_version_beside_it() {
    let world = World::start().await;
    let (first, pinned) = set(&world, "other", "S");
    let (newest, _) = set(&world, "other", "S");
    let source = world.source().resolve_references();
    for (inside, value) in [
        ("VaultName=other;SecretName=S".to_owned(), &newest),
        ("SecretName=S;VaultName=Other".to_owned(), &newest),
        ("VaultName=other;SecretName=S;SecretVersion=".to_owned(), &newest),
        (format!("VaultName=other;SecretName=S;SecretVersion={pinned}"), &first),
        (
            format!(" vaultname = other ; SECRETNAME = S ; secretVersion = {pinned} ;"),
            &first,
        ),
    ] {
        let config = resolved(
            &source,
            &serde_json::json!({ "K": format!("@Microsoft.KeyVault({inside})") }),
        )
        .await;
        let config = config.unwrap_or_else(|error| panic!("{inside}: {error}"));
        assert_eq!(config.get_string("K").expect("a value"), *value, "{inside}");
    }
}

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

fn cloud(world: &World) -> config_azure_keyvault::Cloud {
    config_azure_keyvault::Cloud::Custom {
        authority_host: world.emulator.authority(),
        vault_suffix: "vault.azure.test".to_owned(),
    }
}

#[tokio::test]
async fn secrets_that_name_each_other_are_no_cycle() {
    let world = World::start().await;
    let other = world.emulator.vault("other");
    for (name, names) in [("A", "B"), ("B", "A"), ("Self", "Self")] {
        other.set(name, uri(&world, "other", names));
    }
    let source = world.source().resolve_references();
    let earlier = serde_json::json!({ "A": uri(&world, "other", "A"), "Self": uri(&world, "other", "Self") });
    let config = resolved(&source, &earlier).await.expect("it loads");
    assert_eq!(config.get_string("A").expect("a value"), uri(&world, "other", "B"));
    assert_eq!(
        config.get_string("Self").expect("a value"),
        uri(&world, "other", "Self")
    );
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
async fn the_vaults_own_settings_are_no_place_for_one() {
    let world = World::start().await;
    let before = world.emulator.requests().len();
    let reference = "@Microsoft.KeyVault(VaultName=other;SecretName=S)";
    let id = "11111111-2222-3333-4444-555555555555";
    let settings = |key: &str| {
        let mut section =
            serde_json::json!({ "SecretUri": world.url, "TenantId": id, "ClientId": id, "ClientSecret": "x" });
        section[key] = reference.into();
        serde_json::json!({ "kvSetting": section })
    };
    for (earlier, place) in [
        (settings("SecretUri"), "`kvSetting.SecretUri`"),
        (settings("TenantId"), "`kvSetting.TenantId`"),
        (settings("ClientId"), "`kvSetting.ClientId`"),
        (settings("ClientSecret"), "`kvSetting.ClientSecret`"),
        (
            serde_json::json!({ "KeyVault": { "Url": reference } }),
            "`KeyVault.Url`",
        ),
        (
            serde_json::json!({ "KeyVault": { "Name": reference } }),
            "`KeyVault.Name`",
        ),
    ] {
        for source in [AzureKeyVault::default(), AzureKeyVault::default().resolve_references()] {
            let text = refused(&world.signed_in(source), &earlier).await;
            assert!(text.contains(place) && text.ends_with(
                "is a Key Vault reference, and without its value no vault can be asked; give the value itself, or sign in with a \
                 managed identity, which needs none"
            ), "{text}");
        }
    }
    // With references alone it is who signs in for them.
    let source = world.signed_in(AzureKeyVault::references_only()).cloud(cloud(&world));
    let text = refused(&source, &settings("ClientSecret")).await;
    assert!(
        text.contains("settings failed: `kvSetting.ClientSecret` is a Key Vault reference"),
        "{text}"
    );
    // Where nobody signs in with it, it is a value like any other.
    set(&world, "other", "S");
    let credential = Arc::new(Ready(world.emulator.access_token("https://vault.azure.test")));
    let source = world.source().resolve_references().credential(credential);
    assert_eq!(world.emulator.requests().len(), before, "nobody is asked");
    resolved(&source, &settings("ClientSecret")).await.expect("it loads");
}

/// A token that is there.
#[derive(Debug)]
struct Ready(String);

#[async_trait::async_trait]
impl azure_core::credentials::TokenCredential for Ready {
    async fn get_token(
        &self,
        _: &[&str],
        _: Option<azure_core::credentials::TokenRequestOptions<'_>>,
    ) -> azure_core::Result<azure_core::credentials::AccessToken> {
        let end = azure_core::time::OffsetDateTime::now_utc() + azure_core::time::Duration::hours(1);
        Ok(azure_core::credentials::AccessToken::new(self.0.clone(), end))
    }
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
