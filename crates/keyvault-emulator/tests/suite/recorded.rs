//! Answers of the service itself, as the recordings of Azure's SDK for JavaScript have them
//! (<https://github.com/Azure/azure-sdk-for-js>, `sdk/keyvault/keyvault-secrets/recordings/node`). Each test names its recording.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::Bench;

/// `secret_client__list_secrets_in_various_ways/recording_can_list_secret_versions_non_existing.js`
#[tokio::test]
async fn the_versions_of_nothing_are_none() {
    let bench = Bench::new().await;
    let answer = bench.get("/secrets/Missing/versions").await;
    assert_eq!(
        (answer.status.as_u16(), answer.body),
        (200, json!({ "value": [], "nextLink": null }))
    );
    // Deleted is nothing too.
    bench.emulator.default_vault().set("Gone", "x");
    bench.delete("/secrets/Gone").await;
    assert_eq!(bench.get("/secrets/Gone/versions").await.body["value"], json!([]));
    assert_eq!(
        bench.get("/secrets/a_b/versions").await.error(),
        (400, "BadParameter", "")
    );
}

/// `secret_client__restore_secrets_and_recover_backups/recording_can_restore_a_secret_malformed_backup_bytes.json`
#[tokio::test]
async fn a_backup_that_is_none_is_malformed() {
    let bench = Bench::new().await;
    for blob in ["A".repeat(200), "no base64!".to_owned(), String::new()] {
        let refused = bench.post("/secrets/restore", Some(json!({ "value": blob }))).await;
        assert_eq!(
            (refused.status.as_u16(), refused.body),
            (
                400,
                json!({ "error": {
                    "code": "Malformed backup blob",
                    "message": "Backup blob contains invalid or corrupt version.",
                } })
            )
        );
    }
}

/// `secret_client__restore_secrets_and_recover_backups/recording_can_restore_a_secret.json` for a get;
/// `recording_can_recover_a_deleted_secret_non_existing.json` beside it has other words for a recovery. A purge is not recorded.
#[tokio::test]
async fn what_was_not_deleted_is_not_found() {
    let bench = Bench::new().await;
    let missing = json!({ "error": { "code": "SecretNotFound", "message": "Deleted Secret not found: Missing" } });
    let get = bench.get("/deletedsecrets/Missing").await;
    assert_eq!((get.status.as_u16(), get.body), (404, missing.clone()));
    let purge = bench.delete("/deletedsecrets/Missing").await;
    assert_eq!((purge.status.as_u16(), purge.body), (404, missing));
    let recover = bench.post("/deletedsecrets/Missing/recover", None).await;
    assert_eq!(
        (recover.status.as_u16(), recover.message()),
        (
            404,
            "A secret with (name/id) Missing was not found in this key vault. If you recently deleted this secret you may be \
             able to recover it using the correct recovery command. For help resolving this issue, please see \
             https://go.microsoft.com/fwlink/?linkid=2125182"
        )
    );
}

/// `secret_client__create_read_update_and_delete_operations/recording_cannot_create_a_secret_with_an_empty_name.json`
#[tokio::test]
async fn a_wrong_method_is_named() {
    let bench = Bench::new().await;
    for (method, path) in [
        (Method::PUT, "/secrets/"),
        (Method::POST, "/secrets"),
        (Method::PATCH, "/deletedsecrets"),
        (Method::DELETE, "/secrets/Name/versions"),
    ] {
        let refused = bench.call(method.clone(), path, Some(json!({ "value": "x" }))).await;
        let message = format!("HTTP {method} not allowed");
        assert_eq!(
            (refused.status.as_u16(), refused.body),
            (
                405,
                json!({ "error": { "code": "MethodNotAllowed", "message": message } })
            )
        );
    }
}

/// `secret_client__create_read_update_and_delete_operations/recording_can_set_a_secret_with_attributes.json`
#[tokio::test]
async fn nothing_that_was_not_set_is_a_member() {
    fn members(value: &Value) -> Vec<&str> {
        let mut members: Vec<_> = value.as_object().unwrap().keys().map(String::as_str).collect();
        members.sort_unstable();
        members
    }
    let bench = Bench::new().await;
    let body = json!({ "value": "x", "attributes": { "exp": 32_503_680_000_i64 } });
    let set = bench.put("Name", body).await;
    let get = bench.get("/secrets/Name").await;
    assert_eq!(set.body, get.body);
    assert_eq!(members(&get.body), ["attributes", "id", "value"]);
    assert_eq!(
        members(&get.body["attributes"]),
        [
            "created",
            "enabled",
            "exp",
            "recoverableDays",
            "recoveryLevel",
            "updated"
        ]
    );
    for path in ["/secrets", "/secrets/Name/versions"] {
        let page = bench.get(path).await;
        assert_eq!(members(&page.body["value"][0]), ["attributes", "id"], "{path}");
    }
    let deleted = bench.delete("/secrets/Name").await;
    assert_eq!(
        members(&deleted.body),
        ["attributes", "deletedDate", "id", "recoveryId", "scheduledPurgeDate"]
    );
    // What was set, be it empty, is there.
    assert_eq!(
        bench.put("Tagged", json!({ "value": "x", "tags": {} })).await.body["tags"],
        json!({})
    );
}
