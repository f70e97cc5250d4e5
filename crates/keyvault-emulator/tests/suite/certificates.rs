//! What api-version 2025-07-01 knows of a certificate's secret: its previous version, and PEM in place of PKCS#12
//! (<https://learn.microsoft.com/rest/api/keyvault/secrets/get-secret/get-secret>).

use keyvault_emulator::SecretSeed;
use serde_json::{Value, json};

use crate::support::{Answer, Bench};

const PKCS12: &str = "application/x-pkcs12";
const PEM: &str = "outContentType=application/x-pem-file";

fn certificate(value: &str) -> SecretSeed {
    SecretSeed::new("Cert", value).managed(true).content_type(PKCS12)
}

async fn get(bench: &Bench, version: &str, query: &str) -> Answer {
    let url = format!("{}{query}", bench.emulator.url());
    let separator = if query.contains('?') { '&' } else { '?' };
    let request = bench.http.get(format!("{url}{separator}api-version={version}"));
    Answer::of(request.bearer_auth(&bench.token).send().await.unwrap()).await
}

#[tokio::test]
async fn a_certificate_tells_which_version_it_took_the_place_of() {
    let bench = Bench::new().await;
    let vault = bench.emulator.default_vault();
    let first = vault.seed(certificate("one"));
    let second = vault.seed(certificate("two"));
    vault.set("Plain", "x");
    vault.set("Plain", "y");
    for version in ["2025-07-01", "2026-04-01"] {
        let latest = get(&bench, version, "/secrets/Cert").await;
        assert_eq!(latest.body["previousVersion"], json!(first), "{version}");
        for path in [format!("/secrets/Cert/{first}"), "/secrets/Plain".to_owned()] {
            assert_eq!(
                get(&bench, version, &path).await.body.get("previousVersion"),
                None,
                "{path}"
            );
        }
    }
    for version in ["7.4", "7.6", "2025-06-01-preview"] {
        let latest = get(&bench, version, "/secrets/Cert").await;
        assert_eq!(latest.body.get("previousVersion"), None, "{version}");
    }
    let items = bench.get("/secrets/Cert/versions").await.body;
    assert!(
        items["value"]
            .as_array()
            .unwrap()
            .iter()
            .all(|item| item.get("previousVersion").is_none())
    );
    assert!(vault.delete("Cert"));
    let deleted = bench.get("/deletedsecrets/Cert").await.body;
    assert_eq!(deleted["previousVersion"], json!(first));
    assert!(deleted["id"].as_str().unwrap().ends_with(&second));
}

#[tokio::test]
async fn pem_is_made_of_pkcs12_and_nothing_else_of_anything() {
    let bench = Bench::new().await;
    let vault = bench.emulator.default_vault();
    vault.seed(certificate("base64").pem("-----BEGIN PRIVATE KEY-----"));
    vault.set("Plain", "x");

    let converted = get(&bench, "2025-07-01", &format!("/secrets/Cert/?{PEM}")).await;
    assert_eq!(converted.body["value"], json!("-----BEGIN PRIVATE KEY-----"));
    assert_eq!(converted.body["contentType"], json!("application/x-pem-file"));
    for (version, query) in [
        ("2025-07-01", String::new()),
        ("2025-07-01", format!("?outContentType={PKCS12}")),
        // Whoever is older does not know the parameter.
        ("7.6", format!("?{PEM}")),
    ] {
        let kept = get(&bench, version, &format!("/secrets/Cert{query}")).await;
        let shown = (&kept.body["value"], &kept.body["contentType"]);
        assert_eq!(shown, (&json!("base64"), &json!(PKCS12)), "{version} {query}");
    }
    for path in [
        "/secrets/Cert?outContentType=text/plain".to_owned(),
        format!("/secrets/Plain?{PEM}"),
    ] {
        let refused = get(&bench, "2025-07-01", &path).await;
        assert_eq!(refused.error(), (400, "BadParameter", ""), "{path}");
        assert_eq!(refused.body.get("value"), None::<&Value>);
    }
}
