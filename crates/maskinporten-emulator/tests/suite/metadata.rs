//! What is read before anything is asked.

use serde_json::json;

use crate::support::Bench;

#[tokio::test]
async fn the_metadata_says_where_everything_is() {
    let bench = Bench::new().await;
    let emulator = &bench.emulator;
    let metadata = bench.get(&emulator.metadata_url()).await;
    assert!(
        emulator
            .metadata_url()
            .ends_with("/.well-known/oauth-authorization-server")
    );
    assert_eq!(metadata.body["issuer"], json!(emulator.issuer()));
    assert!(emulator.issuer().starts_with("https://localhost:") && emulator.issuer().ends_with('/'));
    assert_eq!(metadata.body["token_endpoint"], json!(emulator.token_endpoint()));
    assert_eq!(metadata.body["jwks_uri"], json!(emulator.jwks_url()));
    assert!(emulator.jwks_url().ends_with("/jwk"));
    assert_eq!(
        metadata.body["grant_types_supported"],
        json!(["urn:ietf:params:oauth:grant-type:jwt-bearer"])
    );
    assert_eq!(
        metadata.body["token_endpoint_auth_signing_alg_values_supported"],
        json!(["RS256", "RS384", "RS512"])
    );
    let sibling = bench
        .get(&format!("{}.well-known/openid-configuration", emulator.issuer()))
        .await;
    assert_eq!(sibling.body, metadata.body);
    assert_eq!(emulator.counts().metadata_requests, 2);
}

#[tokio::test]
async fn a_slash_at_the_end_is_none() {
    let bench = Bench::new().await;
    let emulator = &bench.emulator;
    let altinn = format!(
        "{}/authentication/api/v1/openid/.well-known/openid-configuration",
        emulator.exchange_base()
    );
    let openid = format!("{}.well-known/openid-configuration", emulator.issuer());
    for url in [emulator.metadata_url(), openid, altinn] {
        let (without, with) = (bench.get(&url).await, bench.get(&format!("{url}/")).await);
        assert_eq!((without.status.as_u16(), with.status.as_u16()), (200, 200), "{url}");
        assert_eq!(with.body, without.body, "{url}");
    }
    assert_eq!(emulator.counts().metadata_requests, 4);
    assert_eq!(bench.get(&format!("{}/", emulator.jwks_url())).await.status, 404);
}

/// The members of altinn-authentication's `OpenIdController`, at the addresses of its `GeneralSettings`.
#[tokio::test]
async fn altinns_metadata_is_all_that_the_services_is() {
    let bench = Bench::new().await;
    let base = bench.emulator.exchange_base();
    let issuer = format!("{base}/authentication/api/v1/openid/");
    let metadata = bench
        .get(&format!("{issuer}.well-known/openid-configuration"))
        .await
        .body;
    assert_eq!(
        metadata,
        json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{base}/authentication/api/v1/authorize/"),
            "token_endpoint": format!("{base}/authentication/api/v1/token/"),
            "jwks_uri": bench.emulator.altinn_jwks_url(),
            "response_types_supported": ["token"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "end_session_endpoint": format!("{base}/authentication/api/v1/openid/logout/"),
        })
    );
}

#[tokio::test]
async fn keys_are_public() {
    let bench = Bench::new().await;
    for url in [bench.emulator.jwks_url(), bench.emulator.altinn_jwks_url()] {
        let keys = bench.get(&url).await.body;
        let key = keys["keys"][0].as_object().unwrap();
        let mut members: Vec<_> = key.keys().map(String::as_str).collect();
        members.sort_unstable();
        assert_eq!(members, ["alg", "e", "kid", "kty", "n", "use"]);
    }
}

#[tokio::test]
async fn nothing_else_is_there() {
    let bench = Bench::new().await;
    let at = |path: &str| format!("{}{path}", bench.emulator.issuer());
    assert_eq!(bench.get(&at("elsewhere")).await.status, 404);
    assert_eq!(bench.get(&at("apiary")).await.status, 404);
    assert_eq!(bench.http.post(at("jwk")).send().await.unwrap().status(), 405);
    // HTTP/2 has the host in the URL.
    let http1 = bench.emulator.http_client_builder().http1_only().build().unwrap();
    let request = http1.get(at("jwk")).header("host", "maskinporten.no");
    assert_eq!(request.send().await.unwrap().status(), 421);
    assert!(
        bench.http.get("https://maskinporten.no/jwk").send().await.is_err(),
        "no way out"
    );
}
