//! How a reference is written, and where none belongs.

use std::sync::Arc;

use super::references::{cloud, refused, resolved, set, uri};
use super::*;

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
