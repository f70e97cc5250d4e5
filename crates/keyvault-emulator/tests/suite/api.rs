//! What the secrets API does beyond the conformance list, which says nothing about it: what no source tells, and numbers.

use keyvault_emulator::SecretSeed;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Bench, name_of};

fn version_of(body: &Value) -> String {
    body["id"].as_str().unwrap().rsplit('/').next().unwrap().to_owned()
}

#[tokio::test]
async fn the_first_spelling_of_a_name_stays() {
    let bench = Bench::new().await;
    let version = version_of(&bench.put("Mixed-Case", json!({ "value": "first" })).await.body);
    bench.put("mixed-case", json!({ "value": "second", "tags": {} })).await;
    for (path, value) in [
        ("/secrets/mixed-case".to_owned(), "second"),
        (format!("//secrets/MIXED-CASE/{version}/"), "first"),
    ] {
        let answer = bench.get(&path).await;
        assert_eq!(
            (name_of(&answer.body), &answer.body["value"]),
            ("Mixed-Case", &json!(value))
        );
    }
    assert_eq!(
        bench.get("/secrets/mixed-case").await.body["tags"],
        json!({}),
        "set, be it to none"
    );
    bench.delete("/secrets/mixed-case").await;
    let conflict = bench.put("mixed-case", json!({ "value": "again" })).await;
    assert!(
        conflict
            .message()
            .starts_with("Secret Mixed-Case is currently in a deleted")
    );
}

#[tokio::test]
async fn an_update_takes_no_value_and_tells_when_it_was() {
    let bench = Bench::new().await;
    let vault = bench.emulator.default_vault();
    let old = vault.seed(SecretSeed::new("Name", "old").tag("keep", "me"));
    let body = json!({ "contentType": "text/x", "value": "ignored" });
    let updated = bench
        .call(Method::PATCH, &format!("/secrets/Name/{old}"), Some(body))
        .await;
    assert_eq!(updated.body["tags"], json!({ "keep": "me" }));
    let attributes = &updated.body["attributes"];
    assert!(attributes["created"].as_i64().unwrap() + 86_000 < attributes["updated"].as_i64().unwrap());
    assert_eq!(vault.value("Name").as_deref(), Some("old"));
}

#[tokio::test]
async fn what_is_deleted_is_kept_for_ninety_days() {
    let bench = Bench::new().await;
    let set = bench.put("Name", json!({ "value": "value" })).await;
    let backup = bench.post("/secrets/Name/backup", None).await.body;
    let deleted = bench.delete("/secrets/Name").await.body;
    let attributes = &set.body["attributes"];
    assert_eq!(
        (&attributes["recoveryLevel"], &attributes["recoverableDays"]),
        (&json!("Recoverable+Purgeable"), &json!(90))
    );
    let (at, purge) = (&deleted["deletedDate"], &deleted["scheduledPurgeDate"]);
    assert_eq!(purge.as_i64().unwrap() - at.as_i64().unwrap(), 90 * 86_400);
    assert_eq!(bench.get("/secrets/Name/versions").await.body["value"], json!([]));
    let restored = bench.post("/secrets/restore", Some(backup)).await;
    assert_eq!(restored.error(), (409, "Conflict", "ObjectIsDeletedButRecoverable"));
}

#[tokio::test]
async fn a_backup_shows_nothing_of_the_value() {
    let bench = Bench::new().await;
    bench.put("Name", json!({ "value": "marker" })).await;
    let backup = bench.post("/secrets/Name/backup", None).await;
    assert!(!backup.body["value"].as_str().unwrap().contains("marker"));
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
