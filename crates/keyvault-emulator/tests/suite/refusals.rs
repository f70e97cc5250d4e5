//! What is refused beyond the conformance list, which says what the service is known to say.

use reqwest::StatusCode;

use crate::support::Bench;

#[tokio::test]
async fn what_is_wrong_is_named() {
    let bench = Bench::new().await;
    bench.emulator.default_vault().set("Name", "x");
    let version = "0".repeat(32);
    let missing = bench.get(&format!("/secrets/Name/{version}")).await;
    assert!(missing.message().contains(&format!("(name/id) Name/{version} ")));
    let long = "n".repeat(128);
    for name in ["per%20cent", long.as_str()] {
        let refused = bench.get(&format!("/secrets/{name}")).await;
        assert_eq!(refused.error(), (400, "BadParameter", ""), "{name}");
        assert_eq!(
            refused.message(),
            format!("The request URI contains an invalid name: {name}")
        );
    }
    for query in ["maxresults=-1", "$skiptoken=nonsense"] {
        let refused = bench.get(&format!("/secrets?{query}")).await;
        assert_eq!(refused.error(), (400, "BadParameter", ""), "{query}");
    }
}

#[tokio::test]
async fn paths_and_hosts_are_checked() {
    let bench = Bench::new().await;
    for path in ["/nothing", "/keys", "/secrets/a/b/c/d"] {
        assert_eq!(bench.get(path).await.error().0, 404, "{path}");
    }

    // A host that this emulator does not serve, at the address that it does.
    let other = reqwest::Client::builder()
        .tls_certs_only([reqwest::Certificate::from_pem(bench.emulator.ca_pem().as_bytes()).unwrap()])
        .resolve("unknown.vault.azure.test", ([127, 0, 0, 1], 0).into())
        .build()
        .unwrap();
    let port = bench.emulator.url().rsplit(':').next().unwrap().to_owned();
    let url = format!("https://unknown.vault.azure.test:{port}/secrets?api-version=7.4");
    assert_eq!(
        other.get(url).send().await.unwrap().status(),
        StatusCode::MISDIRECTED_REQUEST
    );
}
