//! Without a secret of its own: workload identity and managed identity.

use super::*;

#[tokio::test]
async fn a_federated_token_signs_in() {
    let world = World::start().await;
    world.seed(&["A"]);
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("token");
    std::fs::write(&file, world.emulator.federated_token()).expect("a file");
    let file = file.to_str().expect("a path").to_owned();
    let authority = ("AZURE_AUTHORITY_HOST", world.emulator.authority());

    let ids = json!({ "kvSetting": { "TenantId": world.emulator.tenant(), "ClientId": world.emulator.client_id() } });
    let source = world
        .source()
        .process_environment([(TOKEN_FILE, file.clone()), authority.clone()]);
    load_over(over(&ids.to_string()), &source)
        .await
        .expect("the vault loads");
    assert_eq!(
        source.report().and_then(|report| report.credential).as_deref(),
        Some("workload identity (from the section `kvSetting` and AZURE_FEDERATED_TOKEN_FILE)")
    );

    let variables = vec![
        (TENANT, world.emulator.tenant().to_owned()),
        (CLIENT, world.emulator.client_id().to_owned()),
        (TOKEN_FILE, file.clone()),
        authority,
        // It comes first in the rule, so this is not asked; blank, it is not even missing.
        (SECRET, String::new()),
    ];
    let source = world.source().process_environment(variables.clone());
    load(&source).await.expect("the vault loads");
    assert_eq!(
        source.report().and_then(|report| report.credential).as_deref(),
        Some("workload identity (the environment: AZURE_FEDERATED_TOKEN_FILE is set)")
    );

    // The picked one is named, and nothing is tried after it.
    let picked = "workload identity (the environment: AZURE_FEDERATED_TOKEN_FILE is set)";
    let failed = format!("Azure Key Vault {}: credential failed: {picked}", world.url);
    let with_file = |path: &std::path::Path| {
        let mut variables = variables.clone();
        variables[2].1 = path.to_str().expect("a path").to_owned();
        world.source().process_environment(variables)
    };
    let error = error_of(&with_file(&directory.path().join("none"))).await;
    assert_eq!(
        error,
        format!(
            "{failed} cannot be built: the file that AZURE_FEDERATED_TOKEN_FILE names: No such file or directory (os error 2); \
             mend the settings it is built from, or choose another credential"
        )
    );
    let other = directory.path().join("other");
    std::fs::write(&other, format!("{}\r\n", leaks::marker())).expect("a file");
    let error = error_of(&with_file(&other)).await;
    assert_no_token(&error, &world.url, picked, ": 400 AADSTS50027: ");
}

#[tokio::test]
async fn managed_identity_signs_in() {
    let world = World::start().await;
    world.seed(&["A"]);
    let source = world
        .source()
        .http_client(with_imds(&world))
        .process_environment(NO_VARIABLES);
    load(&source).await.expect("the vault loads");
    assert_eq!(
        source.report().and_then(|report| report.credential).as_deref(),
        Some("system-assigned managed identity (the environment names nothing else)")
    );

    let user = world.source().http_client(with_imds(&world));
    let source = user.clone().process_environment([(CLIENT, world.emulator.client_id())]);
    load(&source).await.expect("the vault loads");
    assert_eq!(
        source.report().and_then(|report| report.credential).as_deref(),
        Some("user-assigned managed identity (the environment: AZURE_CLIENT_ID is set)")
    );
    assert_eq!(world.emulator.counts().token_requests, 0);

    // An identity that this machine does not have.
    let source = user.process_environment([(CLIENT, "11111111-2222-3333-4444-555555555555")]);
    let error = error_of(&source.credential_timeout(Duration::from_secs(2))).await;
    let picked = "user-assigned managed identity (the environment: AZURE_CLIENT_ID is set)";
    assert_no_token(&error, &world.url, picked, ": 400 invalid_request: Identity not found");
}

#[tokio::test]
async fn managed_identity_where_there_is_none_is_said_in_time() {
    let world = World::start().await;
    // The emulator's resolver knows no such host, so the address of a machine's identity is never asked for real.
    let proxy =
        reqwest::Proxy::custom(|url| (url.host_str() == Some("169.254.169.254")).then_some("http://nowhere.invalid"));
    let client = world
        .emulator
        .http_client_builder()
        .proxy(proxy)
        .build()
        .expect("a client");
    let source = world
        .source()
        .http_client(client)
        .process_environment(NO_VARIABLES)
        .credential_timeout(Duration::from_millis(100));
    let error = error_of(&source).await;
    let picked = "system-assigned managed identity (the environment names nothing else)";
    assert_no_token(&error, &world.url, picked, ": no success within 100ms");
    let (_, remedy) = error
        .split_once("; give this machine or pod a managed identity")
        .expect("a remedy");
    assert!(remedy.contains("AZURE_CLIENT_SECRET"), "{error}");
}
