//! Every call of the secrets API.

use keyvault_emulator::SecretSeed;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Bench, name_of};

fn version_of(body: &Value) -> String {
    body["id"].as_str().unwrap().rsplit('/').next().unwrap().to_owned()
}

#[tokio::test]
async fn set_makes_versions_and_get_reads_them() {
    let bench = Bench::new().await;
    let body = json!({ "value": "first", "contentType": "text/plain", "tags": { "a": "b" },
        "attributes": { "enabled": true, "nbf": 1_600_000_000, "exp": 1_600_000_001 } });
    let first = bench.put("Mixed-Case", body).await;
    assert_eq!(first.status, 200);
    let version = version_of(&first.body);
    assert!(version.len() == 32 && version.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let id = format!("{}/secrets/Mixed-Case/{version}", bench.emulator.url());
    assert_eq!(first.body["id"], json!(id));
    assert_eq!(first.body["contentType"], json!("text/plain"));
    assert_eq!(first.body["tags"], json!({ "a": "b" }));
    let attributes = &first.body["attributes"];
    assert_eq!(attributes["nbf"], json!(1_600_000_000));
    assert_eq!(attributes["recoveryLevel"], json!("Recoverable+Purgeable"));
    assert_eq!(attributes["recoverableDays"], json!(90));
    assert_eq!(attributes["created"], attributes["updated"]);
    assert!(first.body.get("managed").is_none());

    bench.put("mixed-case", json!({ "value": "second" })).await;
    // Expired, by version, in another spelling, with a slash at the end and with two at the start.
    for path in [
        format!("/secrets/MIXED-CASE/{version}"),
        format!("//secrets/Mixed-Case/{version}/"),
    ] {
        assert_eq!(bench.get(&path).await.body["value"], json!("first"));
    }
    for path in ["/secrets/mixed-case", "/secrets/Mixed-Case/"] {
        let latest = bench.get(path).await;
        assert_eq!(latest.body["value"], json!("second"));
        assert_eq!(name_of(&latest.body), "Mixed-Case", "the first spelling stays");
    }

    let versions = bench.get("/secrets/Mixed-Case/versions").await;
    let items = versions.body["value"].as_array().unwrap();
    assert_eq!(items.len(), 2);
    assert!(items.iter().any(|item| version_of(item) == version));
    assert!(items.iter().all(|item| item.get("value").is_none()));
}

#[tokio::test]
async fn update_changes_everything_but_the_value() {
    let bench = Bench::new().await;
    let old = bench
        .emulator
        .default_vault()
        .seed(SecretSeed::new("Name", "old").tag("keep", "me"));
    bench.emulator.default_vault().set("Name", "new");
    let body = json!({ "attributes": { "enabled": false }, "contentType": "text/x", "value": "ignored" });
    let updated = bench
        .call(Method::PATCH, &format!("/secrets/Name/{old}"), Some(body))
        .await;
    assert_eq!(updated.status, 200);
    assert_eq!(updated.body["attributes"]["enabled"], json!(false));
    assert_eq!(updated.body["contentType"], json!("text/x"));
    assert_eq!(updated.body["tags"], json!({ "keep": "me" }));
    assert!(updated.body.get("value").is_none());
    let (created, now) = (
        &updated.body["attributes"]["created"],
        &updated.body["attributes"]["updated"],
    );
    assert!(created.as_i64().unwrap() + 86_000 < now.as_i64().unwrap());

    assert_eq!(
        bench.get(&format!("/secrets/Name/{old}")).await.error().2,
        "SecretDisabled"
    );
    assert_eq!(bench.get("/secrets/Name").await.body["value"], json!("new"));
    // Without a version it is the latest one.
    let body = json!({ "tags": { "latest": "yes" } });
    let updated = bench.call(Method::PATCH, "/secrets/Name/", Some(body)).await;
    assert_eq!(updated.body["tags"], json!({ "latest": "yes" }));
    assert_ne!(version_of(&updated.body), old);
}

#[tokio::test]
async fn a_secret_is_deleted_recovered_and_purged() {
    let bench = Bench::new().await;
    bench.put("Name", json!({ "value": "value" })).await;
    let deleted = bench.delete("/secrets/name").await;
    assert_eq!(deleted.status, 200);
    let recovery = format!("{}/deletedsecrets/Name", bench.emulator.url());
    assert_eq!(deleted.body["recoveryId"], json!(recovery));
    let (at, purge) = (&deleted.body["deletedDate"], &deleted.body["scheduledPurgeDate"]);
    assert_eq!(purge.as_i64().unwrap() - at.as_i64().unwrap(), 90 * 86_400);
    assert!(deleted.body.get("value").is_none());

    assert_eq!(bench.get("/secrets/Name").await.error(), (404, "SecretNotFound", ""));
    assert_eq!(bench.get("/deletedsecrets").await.names(), ["Name"]);
    assert_eq!(
        bench.get("/deletedsecrets/Name").await.body["recoveryId"],
        json!(recovery)
    );

    let conflict = bench.put("name", json!({ "value": "again" })).await;
    assert_eq!(conflict.error(), (409, "Conflict", "ObjectIsDeletedButRecoverable"));
    assert_eq!(
        conflict.message(),
        "Secret Name is currently in a deleted but recoverable state, and its name cannot be reused; in this state, \
         the secret can only be recovered or purged."
    );

    assert_eq!(bench.post("/deletedsecrets/Name/recover", None).await.status, 200);
    assert_eq!(bench.get("/secrets/Name").await.body["value"], json!("value"));

    bench.delete("/secrets/Name").await;
    let purged = bench.delete("/deletedsecrets/Name").await;
    assert_eq!((purged.status.as_u16(), &purged.body), (204, &Value::Null));
    assert_eq!(bench.get("/deletedsecrets/Name").await.error().0, 404);
    assert_eq!(bench.delete("/deletedsecrets/Name").await.error().0, 404);
    assert_eq!(bench.post("/deletedsecrets/Name/recover", None).await.error().0, 404);
    assert_eq!(bench.put("Name", json!({ "value": "anew" })).await.status, 200);
}

#[tokio::test]
async fn a_backup_comes_back_where_the_name_is_free() {
    let bench = Bench::new().await;
    let first = version_of(&bench.put("Name", json!({ "value": "marker-first" })).await.body);
    bench.put("Name", json!({ "value": "marker-second" })).await;
    let backup = bench.post("/secrets/Name/backup", None).await;
    assert!(!backup.body["value"].as_str().unwrap().contains("marker"));

    let restore = || bench.post("/secrets/restore", Some(backup.body.clone()));
    assert_eq!(restore().await.error().0, 409);
    bench.delete("/secrets/Name").await;
    assert_eq!(
        restore().await.error(),
        (409, "Conflict", "ObjectIsDeletedButRecoverable")
    );
    bench.delete("/deletedsecrets/Name").await;
    let restored = restore().await;
    assert_eq!(restored.status, 200);
    assert!(restored.body.get("value").is_none());
    assert_eq!(bench.get("/secrets/Name").await.body["value"], json!("marker-second"));
    assert_eq!(
        bench.get(&format!("/secrets/Name/{first}")).await.body["value"],
        json!("marker-first")
    );

    let forged = bench.post("/secrets/restore", Some(json!({ "value": "AAAA" }))).await;
    assert_eq!(forged.error(), (400, "Malformed backup blob", ""));
}

#[tokio::test]
async fn seeds_look_settled_and_carry_what_they_were_given() {
    let bench = Bench::new().await;
    let vault = bench.emulator.default_vault();
    vault.seed(
        SecretSeed::new("Cert", "pfx")
            .managed(true)
            .content_type("application/x-pkcs12"),
    );
    vault.seed(
        SecretSeed::new("Old", "x")
            .expires(1)
            .not_before(0)
            .created(10)
            .updated(20),
    );
    vault.set("Now", "x");
    let page = bench.get("/secrets").await;
    let items = page.body["value"].as_array().unwrap();
    assert_eq!(page.names(), ["Cert", "Now", "Old"]);
    assert_eq!(items[0]["managed"], json!(true));
    let created = |index: usize| items[index]["attributes"]["created"].as_i64().unwrap();
    assert_eq!((created(1) - created(0)) / 86_000, 1);
    assert_eq!(
        (&items[2]["attributes"]["exp"], &items[2]["attributes"]["nbf"]),
        (&json!(1), &json!(0))
    );
    assert_eq!((created(2), &items[2]["attributes"]["updated"]), (10, &json!(20)));
    let refused = bench.put("Cert", json!({ "value": "x" })).await;
    assert_eq!(refused.error(), (403, "Forbidden", "SecretManagedByKeyVault"));

    assert!(vault.disable("old") && vault.delete("now") && !vault.delete("now"));
    assert_eq!(
        (vault.names(), vault.deleted_names()),
        (vec!["Cert".to_owned(), "Old".to_owned()], vec!["Now".to_owned()])
    );
    assert!(vault.purge("Now") && !vault.purge("Now"));
    assert_eq!(vault.value("CERT").as_deref(), Some("pfx"));
}
