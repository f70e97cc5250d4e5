//! Given in code, or by a section of the earlier sources.

use super::*;

#[tokio::test]
async fn a_credential_given_in_code_beats_everything() {
    let world = World::start().await;
    world.seed(&["A"]);
    let token = world.emulator.access_token("https://vault.azure.test");
    leaks::watch(&token);
    let partial = json!({ "kvSetting": { "ClientId": "half", "ClientSecret": leaks::marker() } }).to_string();
    let source = world
        .source()
        .process_environment([(NAMED, "nonsense"), (SECRET, "x"), (TENANT, "")])
        .credential(Arc::new(Given(Ok(token))));
    load_over(over(&partial), &source).await.expect("the vault loads");
    let report = source.report().expect("a report");
    assert_eq!(report.credential.as_deref(), Some("the credential (given in code)"));
    assert_eq!((report.token_requests, world.emulator.counts().token_requests), (0, 0));

    let failing = world
        .source()
        .credential(Arc::new(Given(Err("the smart card is not there"))));
    let error = error_of(&failing).await;
    assert!(
        error.contains(
            ": credential failed: the credential (given in code) gave no token: the smart card is not there; "
        ),
        "{error}"
    );
}

#[tokio::test]
async fn complete_settings_sign_in() {
    let world = World::start().await;
    world.seed(&["A"]);
    // Everything in the environment points elsewhere; the settings are complete, so it is not asked.
    let misleading = [
        (NAMED, "dev".to_owned()),
        (TENANT, "another".to_owned()),
        (CLIENT, "another".to_owned()),
        (SECRET, leaks::marker()),
        (TOKEN_FILE, "/nowhere".to_owned()),
        ("AZURE_AUTHORITY_HOST", world.emulator.authority()),
    ];
    let secret = format!(" {}\n", world.emulator.client_secret());
    for section in ["kvSetting", "KeyVault"] {
        let earlier = json!({ section: {
            "TenantId": world.emulator.tenant(), "clientid": world.emulator.client_id(), "ClientSecret": secret,
        } });
        let source = world.source().process_environment(misleading.clone());
        load_over(over(&earlier.to_string()), &source)
            .await
            .expect("the vault loads");
        let credential = source.report().and_then(|report| report.credential);
        assert_eq!(
            credential,
            Some(format!("client secret (from the section `{section}`)"))
        );
    }
}

/// The section that names the vault says who signs in; only if it says nothing does the other.
#[tokio::test]
async fn the_identity_is_of_the_section_that_names_the_vault() {
    let world = World::start().await;
    let whole = json!({
        "TenantId": world.emulator.tenant(), "ClientId": world.emulator.client_id(),
        "ClientSecret": world.emulator.client_secret(),
    });
    let mut with_url = whole.clone();
    with_url["Url"] = world.url.clone().into();
    let other = json!({ "TenantId": "t", "ClientId": "c", "ClientSecret": leaks::marker() });
    for (earlier, section) in [
        (json!({ "KeyVault": with_url, "kvSetting": other }), "KeyVault"),
        (
            json!({ "KeyVault": { "Url": world.url }, "kvSetting": whole }),
            "kvSetting",
        ),
        (
            json!({ "KeyVault": whole, "kvSetting": { "SecretUri": world.url, "ClientId": " " } }),
            "KeyVault",
        ),
    ] {
        let source = world
            .signed_in(AzureKeyVault::default())
            .process_environment([("AZURE_AUTHORITY_HOST", world.emulator.authority())]);
        load_over(over(&earlier.to_string()), &source)
            .await
            .expect("the vault loads");
        let credential = source.report().and_then(|report| report.credential);
        assert_eq!(
            credential,
            Some(format!("client secret (from the section `{section}`)"))
        );
    }
}

#[tokio::test]
async fn a_part_of_the_settings_is_an_error_that_names_the_rest() {
    let secret = leaks::marker();
    let (t, c, s) = (
        "`kvSetting.TenantId`",
        "`kvSetting.ClientId`",
        "`kvSetting.ClientSecret`",
    );
    for (tenant, client, has_secret, has, lacks) in [
        (true, false, false, t.to_owned(), format!("{c} and {s}")),
        (false, true, false, c.to_owned(), format!("{t} and {s}")),
        (false, false, true, s.to_owned(), format!("{t} and {c}")),
        (true, true, false, format!("{t} and {c}"), s.to_owned()),
        (true, false, true, format!("{t} and {s}"), c.to_owned()),
        (false, true, true, format!("{c} and {s}"), t.to_owned()),
    ] {
        // What is missing is absent, blank, or null.
        for filler in [None, Some(json!(" ")), Some(json!("")), Some(json!(null))] {
            let mut section = serde_json::Map::new();
            for (set, key, value) in [
                (tenant, "TenantId", "a-tenant"),
                (client, "ClientId", "a-client"),
                (has_secret, "ClientSecret", secret.as_str()),
            ] {
                let value = if set { Some(json!(value)) } else { filler.clone() };
                section.extend(value.map(|value| (key.to_owned(), value)));
            }
            let earlier = json!({ "kvSetting": section }).to_string();
            // The environment must not fill what the settings left out: that would be a mixture of two identities.
            let error = picked(&earlier, &[(TENANT, "x"), (CLIENT, "y"), (SECRET, &secret)])
                .await
                .expect_err("partial");
            let remedy = if tenant && client {
                "set `kvSetting.ClientSecret` too, or AZURE_FEDERATED_TOKEN_FILE for a workload identity, or remove \
                 `kvSetting.TenantId` and `kvSetting.ClientId`"
                    .to_owned()
            } else {
                format!("set {lacks} too, or remove {has}")
            };
            assert_eq!(
                error,
                format!(
                    "the section `kvSetting` holds a part of a client's credentials: {has} without {lacks}; {remedy}"
                )
            );
        }
    }
    assert_eq!(
        picked(r#"{ "KeyVault": { "TenantId": "t", "ClientId": "c" } }"#, &[(TOKEN_FILE, " ")]).await,
        Err("the section `KeyVault` holds a part of a client's credentials: `KeyVault.TenantId` and `KeyVault.ClientId` \
             without `KeyVault.ClientSecret`, and AZURE_FEDERATED_TOKEN_FILE is set but blank; set \
             `KeyVault.ClientSecret` too, or AZURE_FEDERATED_TOKEN_FILE for a workload identity, or remove \
             `KeyVault.TenantId` and `KeyVault.ClientId`"
            .to_owned())
    );
}

/// The picked one fails, and nobody else is tried: the environment could sign in, but the settings come first.
#[tokio::test]
async fn nothing_is_tried_after_the_picked_one() {
    let world = World::start().await;
    world.seed(&["A"]);
    let earlier = json!({ "kvSetting": {
        "TenantId": world.emulator.tenant(), "ClientId": world.emulator.client_id(), "ClientSecret": leaks::marker(),
    } });
    let error = error_over(over(&earlier.to_string()), &world.source()).await;
    let picked = "client secret (from the section `kvSetting`)";
    assert_no_token(&error, &world.url, picked, ": 401 AADSTS7000215: ");
    assert_eq!((world.emulator.counts().gets, world.emulator.counts().lists), (0, 0));
    // The same vault, the same handle's options, without that section: the environment signs in.
    load_over(Config::builder(), &world.source())
        .await
        .expect("the vault loads");
}

/// What nobody can have meant is named before anybody is asked, and not shown.
#[tokio::test]
async fn an_id_that_is_none_is_named_and_not_sent() {
    let world = World::start().await;
    world.seed(&["A"]);
    let before = world.emulator.requests().len();
    let key = leaks::marker();
    for id in [
        "<client-id>",
        "\"5e1f0c8a-0000-4000-8000-00000000c11e\"",
        "${CLIENT_ID}",
        "#{ClientId}#",
        "\u{feff}5e1f0c8a-0000-4000-8000-00000000c11e",
        &format!("{{\"kty\":\"RSA\",\"d\":\"{key}\"}}"),
    ] {
        let earlier = json!({ "kvSetting": {
            "SecretUri": world.url, "TenantId": world.emulator.tenant(), "ClientId": id,
            "ClientSecret": world.emulator.client_secret(),
        } });
        let error = error_over(over(&earlier.to_string()), &world.source()).await;
        assert!(
            error.ends_with(
                "credential failed: `kvSetting.ClientId` holds no client's id; give the application's (client) id, without quotes: \
                 letters, digits and hyphens"
            ),
            "{id}: {error}"
        );
    }
    let earlier = json!({ "kvSetting": {
        "TenantId": world.emulator.tenant(), "ClientId": world.emulator.client_id(),
        "ClientSecret": " @microsoft.keyvault(VaultName=app;SecretName=Secret)",
    } });
    let error = error_over(over(&earlier.to_string()), &world.source()).await;
    assert!(
        error
            .contains("`kvSetting.ClientSecret` is a Key Vault reference, and without its value no vault can be asked"),
        "{error}"
    );
    assert_eq!(world.emulator.requests().len(), before);
}
