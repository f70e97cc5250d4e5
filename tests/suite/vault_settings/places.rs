//! Every place that may name the vault, and their order.

use super::*;

#[tokio::test]
async fn the_first_place_that_names_a_vault_wins() {
    let world = World::start().await;
    let url = |name: &str| world.emulator.vault_url(name);
    let (in_code, in_kv, in_url, in_env) = (url("in-code"), url("in-kv"), url("in-url"), url("in-env"));
    let _ = world.emulator.vault("in-name");

    let kv = ("kvSetting", json!({ "SecretUri": in_kv }));
    let by_url = ("KeyVault", json!({ "Url": in_url, "Name": "in-name" }));
    let by_name = ("KeyVault", json!({ "Name": "in-name" }));
    let blank_kv = ("kvSetting", json!({ "SecretUri": " \t" }));
    let null_kv = ("kvSetting", json!({ "SecretUri": null }));
    let blank_url = ("KeyVault", json!({ "Url": "", "Name": "in-name" }));
    let blank_name = ("KeyVault", json!({ "Url": " ", "Name": "  " }));
    let a_table = ("kvSetting", json!({ "SecretUri": { "a": 1 } }));
    let a_text = ("kvSetting", json!("no section"));

    for (code, sections, env, vault, named_by) in [
        (true, vec![&kv, &by_url], true, "in-code", "the code"),
        (false, vec![&kv, &by_url], true, "in-kv", "`kvSetting.SecretUri`"),
        (false, vec![&blank_kv, &by_url], true, "in-url", "`KeyVault.Url`"),
        (false, vec![&null_kv, &by_url], true, "in-url", "`KeyVault.Url`"),
        (false, vec![&a_table, &by_url], true, "in-url", "`KeyVault.Url`"),
        (false, vec![&a_text, &by_url], true, "in-url", "`KeyVault.Url`"),
        (false, vec![&by_url], true, "in-url", "`KeyVault.Url`"),
        (false, vec![&blank_url], true, "in-name", "`KeyVault.Name`"),
        (false, vec![&by_name], true, "in-name", "`KeyVault.Name`"),
        (
            false,
            vec![&blank_name],
            true,
            "in-env",
            "the environment variable AZURE_KEYVAULT_URL",
        ),
        (
            false,
            vec![],
            true,
            "in-env",
            "the environment variable AZURE_KEYVAULT_URL",
        ),
    ] {
        let earlier: serde_json::Map<String, Value> = sections
            .iter()
            .map(|(name, section)| ((*name).to_owned(), section.clone()))
            .collect();
        let source = if code {
            AzureKeyVault::new(&in_code)
        } else {
            AzureKeyVault::default()
        };
        let env = if env { in_env.as_str() } else { "" };
        let source = world
            .signed_in(source)
            .cloud(cloud(&world))
            .process_environment(variables(&world, &[("AZURE_KEYVAULT_URL", env)]));
        let found = loaded_from(over(&Value::from(earlier).to_string()), &source).await;
        assert_eq!(found, (vault.to_owned(), named_by.to_owned()), "{sections:?}");
    }
}

#[tokio::test]
async fn sections_and_keys_are_found_in_any_case() {
    let world = World::start().await;
    for earlier in [
        json!({ "kvsetting": { "secreturi": world.url } }),
        json!({ "KVSETTING": { "SECRETURI": world.url } }),
        json!({ "KvSetting": { "secretUri": world.url } }),
        json!({ "keyvault": { "url": world.url } }),
        json!({ "KEYVAULT": { "NAME": "app" } }),
        json!({ "keyVault": { "name": " app " } }),
        // A spelling of its own beats another, and what is blank in one may be in the other.
        json!({ "kvSetting": { "SecretUri": world.url }, "kvsetting": { "secreturi": "https://elsewhere.test" } }),
        json!({ "kvSetting": { "SecretUri": "" }, "kvsetting": { "secreturi": world.url } }),
        json!({ "kvSetting": { "SecretUri": " ", "secreturi": world.url } }),
    ] {
        let source = world.signed_in(AzureKeyVault::default()).cloud(cloud(&world));
        let (vault, _) = loaded_from(over(&earlier.to_string()), &source).await;
        assert_eq!(vault, "app", "{earlier}");
    }
}

/// `config`'s own `Environment` writes lower case beside the file's spelling; the halves are one section all the same.
#[tokio::test]
async fn a_section_may_be_half_file_and_half_environment() {
    let world = World::start().await;
    world.seed(&["A"]);
    let environment = Environment::default().separator("__").source(Some(
        [
            (
                "KVSETTING__CLIENTSECRET".to_owned(),
                world.emulator.client_secret().to_owned(),
            ),
            ("KVSETTING__CLIENTID".to_owned(), world.emulator.client_id().to_owned()),
        ]
        .into(),
    ));
    let earlier =
        over(&json!({ "kvSetting": { "SecretUri": world.url, "TenantId": world.emulator.tenant() } }).to_string())
            .add_source(environment);
    let source = world
        .signed_in(AzureKeyVault::default())
        .process_environment([("AZURE_AUTHORITY_HOST", world.emulator.authority())]);

    load_over(earlier, &source).await.expect("the vault loads");
    let credential = source.report().and_then(|report| report.credential);
    assert_eq!(
        credential.as_deref(),
        Some("client secret (from the section `kvSetting`)")
    );
}

#[tokio::test]
async fn numbers_and_booleans_are_texts_and_no_panic() {
    let world = World::start().await;
    for (earlier, text) in [
        (
            json!({ "kvSetting": { "SecretUri": 17 } }),
            "the vault's URL from `kvSetting.SecretUri` is no URL",
        ),
        (
            json!({ "KeyVault": { "Url": true } }),
            "the vault's URL from `KeyVault.Url` is no URL",
        ),
        (
            json!({ "KeyVault": { "Name": 1.5 } }),
            "`KeyVault.Name` is no vault's name",
        ),
        (json!({ "kvSetting": [1, 2], "KeyVault": 4 }), "nothing names a vault"),
        (
            json!({ "kvSetting": { "SecretUri": ["https://a.test"] } }),
            "nothing names a vault",
        ),
    ] {
        let error = error_over(over(&earlier.to_string()), &world.signed_in(AzureKeyVault::default())).await;
        assert!(error.contains(text), "{earlier}: {error}");
    }
    // An id that a file holds as a number is an id: the directory is asked for it.
    let earlier = json!({ "KeyVault": { "Url": world.url, "TenantId": 1, "ClientId": 2, "ClientSecret": 3 } });
    let error = error_over(over(&earlier.to_string()), &world.signed_in(AzureKeyVault::default())).await;
    assert!(error.contains("client secret (from the section `KeyVault`)"), "{error}");
}

#[tokio::test]
async fn nothing_that_names_a_vault_is_an_error_that_lists_the_places() {
    let world = World::start().await;
    let source = world.signed_in(AzureKeyVault::default());
    assert_eq!(
        error_over(
            over("{ \"kvSetting\": { \"SecretUri\": \"\" }, \"KeyVault\": null }"),
            &source
        )
        .await,
        "Azure Key Vault: settings failed: nothing names a vault, and this is not Development; name it in one of three \
         places: AzureKeyVault::new(\"https://NAME.vault.azure.net\") in code; `kvSetting.SecretUri`, `KeyVault.Url` or \
         `KeyVault.Name` in an earlier source; the environment variable AZURE_KEYVAULT_URL"
    );
    let file = Mounted::new("{}");
    let error = error_over(over("{}"), &source.clone().mounted_settings(file.path())).await;
    assert!(
        error.contains(&format!(
            "in an earlier source or the file {}; the environment variable",
            file.path().display()
        )),
        "{error}"
    );
    assert!(error.ends_with("AZURE_KEYVAULT_URL"), "{error}");
    let error = load_over(over("{}"), &source).await.map(|_| ()).expect_err("no vault");
    assert_eq!(Error::find(&error).map(Error::kind), Some(ErrorKind::NoVault));
    assert_eq!(world.emulator.counts().connections, 0);
}

/// Whatever `config` hands over counts: a default, and a secret of another vault before this one.
#[tokio::test]
async fn a_default_or_another_vault_may_name_the_vault() {
    let world = World::start().await;
    let builder = Config::builder()
        .set_default("kvSetting.SecretUri", world.url.clone())
        .expect("a path");
    let source = world.signed_in(AzureKeyVault::default());
    assert_eq!(loaded_from(builder, &source).await.0, "app");

    let second = world.emulator.vault_url("second");
    let version = world
        .vault
        .seed(keyvault_emulator::SecretSeed::new("kvSetting--SecretUri", second));
    let built = Config::builder()
        .add_async_source(world.source())
        .add_async_source(source.clone())
        .build()
        .await;
    crate::support::check_built(&source, &built);
    built.expect("both vaults load");
    let LoadedFrom::Vault { url, named_by } = source.report().expect("a report").from else {
        panic!("a vault");
    };
    assert!(url.starts_with("https://second."), "{url}");
    assert_eq!(
        named_by,
        format!(
            "`kvSetting.SecretUri` in {} secret `kvSetting--SecretUri` version {version}",
            world.url
        )
    );
}
