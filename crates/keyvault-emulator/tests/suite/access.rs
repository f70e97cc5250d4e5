//! Permissions, firewall, vaults by host name.

use keyvault_emulator::{KeyVaultEmulator, Permissions, RequestKind, SecretPermission};
use reqwest::Method;
use serde_json::json;

use crate::support::{Answer, Bench};

#[tokio::test]
async fn every_call_needs_its_permission() {
    let bench = Bench::new().await;
    let vault = bench.emulator.default_vault();
    let calls = [
        (SecretPermission::Get, Method::GET, "/secrets/Name"),
        (SecretPermission::Get, Method::GET, "/deletedsecrets/Name"),
        (SecretPermission::List, Method::GET, "/secrets"),
        (SecretPermission::List, Method::GET, "/secrets/Name/versions"),
        (SecretPermission::List, Method::GET, "/deletedsecrets"),
        (SecretPermission::Set, Method::PUT, "/secrets/Name"),
        (SecretPermission::Set, Method::PATCH, "/secrets/Name/"),
        (SecretPermission::Delete, Method::DELETE, "/secrets/Name"),
        (SecretPermission::Recover, Method::POST, "/deletedsecrets/Name/recover"),
        (SecretPermission::Purge, Method::DELETE, "/deletedsecrets/Name"),
        (SecretPermission::Backup, Method::POST, "/secrets/Name/backup"),
        (SecretPermission::Restore, Method::POST, "/secrets/restore"),
    ];
    for (permission, method, path) in calls {
        let body = json!({ "value": "x" });
        vault.set_permissions(Permissions::all_but([permission]));
        let refused = bench.call(method.clone(), path, Some(body.clone())).await;
        assert_eq!(
            refused.error(),
            (403, "Forbidden", "ForbiddenByRbac"),
            "{method} {path}"
        );
        vault.set_permissions(Permissions::only([permission]));
        let answer = bench.call(method.clone(), path, Some(body)).await;
        assert_ne!(answer.status, 403, "{method} {path}");
    }
}

#[tokio::test]
async fn one_secret_or_one_client_may_be_refused() {
    let builder = KeyVaultEmulator::builder()
        .client("first", "secret-1")
        .client("second", "secret-2");
    let bench = Bench::of(builder).await;
    let vault = bench.emulator.default_vault();
    vault.set("Open", "x");
    vault.set("Closed", "x");
    vault.deny("closed", SecretPermission::Get);
    assert_eq!(bench.get("/secrets/Open").await.status, 200);
    assert_eq!(
        bench.get("/secrets/Closed").await.error(),
        (403, "Forbidden", "ForbiddenByRbac")
    );
    vault.clear_denied();
    assert_eq!(bench.get("/secrets/Closed").await.status, 200);

    vault.set_client_permissions("second", Permissions::none());
    assert_eq!(bench.get("/secrets/Open").await.status, 200);
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", "second"),
        ("client_secret", "secret-2"),
        ("scope", "https://vault.azure.net/.default"),
    ];
    let token = bench.token(bench.emulator.tenant(), &form).await;
    let token = token.body["access_token"].as_str().unwrap();
    let response = bench
        .http
        .get(bench.url("/secrets/Open"))
        .bearer_auth(token)
        .send()
        .await
        .unwrap();
    let refused = Answer::of(response).await;
    assert_eq!(refused.error().2, "ForbiddenByRbac");
    assert!(refused.message().contains("Caller: appid=second;oid="));
}

#[tokio::test]
async fn a_firewall_opens_again() {
    let bench = Bench::new().await;
    let vault = bench.emulator.default_vault();
    vault.set_firewall(true);
    assert_eq!(bench.get("/secrets").await.status, 403);
    vault.set_firewall(false);
    assert_eq!(bench.get("/secrets").await.status, 200);
}

#[tokio::test]
async fn vaults_are_told_apart_by_host_and_ask_for_their_own_resource() {
    let bench = Bench::new().await;
    let url = bench.emulator.vault_url("My-Vault");
    bench.emulator.vault("my-vault").set("Name", "theirs");
    bench.emulator.default_vault().set("Name", "ours");
    let secret = format!("{url}/secrets/Name?api-version=7.5");

    let refused = bench.http.get(&secret).send().await.unwrap();
    let challenge = refused.headers()["www-authenticate"].to_str().unwrap().to_owned();
    assert!(
        challenge.ends_with("resource=\"https://vault.azure.test\""),
        "{challenge}"
    );
    let refused = Answer::of(bench.http.get(&secret).bearer_auth(&bench.token).send().await.unwrap()).await;
    assert!(
        refused
            .message()
            .starts_with("AKV10022: Invalid audience. Expected https://vault.azure.test")
    );
    let token = bench.emulator.access_token("https://vault.azure.test");
    let answer = Answer::of(bench.http.get(&secret).bearer_auth(token).send().await.unwrap()).await;
    assert_eq!(answer.body["value"], json!("theirs"));
    assert!(
        answer.body["id"]
            .as_str()
            .unwrap()
            .starts_with(&format!("{url}/secrets/Name/"))
    );
    let last = bench.emulator.requests().pop().unwrap();
    assert_eq!((last.vault.as_deref(), last.kind), (Some("my-vault"), RequestKind::Get));

    let unknown = secret.replace("my-vault", "no-vault");
    let error = bench.http.get(unknown).send().await.unwrap_err();
    assert!(error.is_connect(), "an unknown vault does not resolve: {error:?}");
}
