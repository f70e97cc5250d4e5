//! The file that is mounted into an Altinn pod.

use super::*;

#[tokio::test]
async fn the_mounted_file_beats_the_earlier_sources_key_by_key() {
    let world = World::start().await;
    let (mounted, earlier) = (world.emulator.vault_url("mounted"), world.emulator.vault_url("earlier"));
    for content in [
        json!({ "kvSetting": { "SecretUri": mounted } }).to_string(),
        json!({ "kvSetting:SecretUri": mounted }).to_string(),
        json!({ "KVSETTING--secreturi": mounted }).to_string(),
        format!("\u{feff}{{ // from the operator\n \"kvSetting\": {{ /* here */ \"SecretUri\": \"{mounted}\", }}, }}"),
        json!({ "unrelated": [1], "kvSetting": { "SecretUri": mounted, "other": { "deep": 1 } } }).to_string(),
    ] {
        let file = Mounted::new(&content);
        let source = world.signed_in(AzureKeyVault::default()).mounted_settings(file.path());
        let (vault, named_by) = loaded_from(
            over(&json!({ "kvSetting": { "SecretUri": earlier } }).to_string()),
            &source,
        )
        .await;
        assert_eq!(vault, "mounted", "{content}");
        assert_eq!(named_by, format!("`kvSetting.SecretUri` in {}", file.path().display()));
    }

    // What the file leaves out, or leaves blank, the earlier sources say.
    for content in [
        json!({ "kvSetting": { "ClientSecret": world.emulator.client_secret() } }),
        json!({ "kvSetting": { "ClientSecret": world.emulator.client_secret(), "SecretUri": " ", "TenantId": null } }),
    ] {
        let file = Mounted::new(content.to_string());
        let source = world
            .signed_in(AzureKeyVault::default())
            .process_environment([("AZURE_AUTHORITY_HOST", world.emulator.authority())])
            .mounted_settings(file.path());
        let said = json!({ "kvSetting": {
            "SecretUri": earlier,
            "TenantId": world.emulator.tenant(),
            "ClientId": world.emulator.client_id(),
            "ClientSecret": leaks::marker(),
        } });
        assert_eq!(
            loaded_from(over(&said.to_string()), &source).await.0,
            "earlier",
            "{content}"
        );
    }

    // The code beats the file, and the file itself becomes no setting.
    let file = Mounted::new(json!({ "kvSetting": { "SecretUri": mounted }, "Key": "value" }).to_string());
    let source = world.source().mounted_settings(file.path());
    let config = load_over(Config::builder(), &source).await.expect("the vault loads");
    assert!(config.get::<config::Value>("kvSetting").is_err());
    assert!(config.get::<config::Value>("Key").is_err());
}

#[tokio::test]
async fn a_malformed_mounted_file_is_an_error_without_values() {
    let world = World::start().await;
    let secret = leaks::marker();
    for (content, text) in [
        (
            format!("{{\n  \"kvSetting\": {{ \"ClientSecret\": \"{secret}\" \"x\" }}\n}}").into_bytes(),
            "line 2, column ",
        ),
        (
            format!("[\"{secret}\"]").into_bytes(),
            "line 1, column 1: the document is no JSON object",
        ),
        (Vec::new(), "line 1, column 1: the document is empty"),
        (vec![b'{', 0xff, b'}'], "line 1, column 2: not UTF-8"),
        (
            format!("{{ \"kvSetting\": {{ \"SecretUri\": \"{secret}\" }}, \"KVSETTING:secreturi\": 1 }}").into_bytes(),
            "`KVSETTING--secreturi` stands there twice",
        ),
    ] {
        let file = Mounted::new(&content);
        let source = world.source().mounted_settings(file.path());
        let error = error_over(Config::builder(), &source).await;
        let start = format!("Azure Key Vault: settings failed: {}: {text}", file.path().display());
        assert!(error.starts_with(&start), "{error}");
    }
    let directory = tempfile::tempdir().expect("a directory");
    let error = error_over(Config::builder(), &world.source().mounted_settings(directory.path())).await;
    assert!(error.contains(": cannot be read: "), "{error}");
    // A path that leads nowhere is no file.
    for path in [
        directory.path().join("none.json"),
        directory.path().join("no/such/place.json"),
    ] {
        load_over(Config::builder(), &world.source().mounted_settings(path))
            .await
            .expect("the vault loads");
    }
}
