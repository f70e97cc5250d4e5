//! The program: one line on stdout, a seed file, signals.

use std::path::Path;

use emulator_kit::testing::{Program, Running};
use maskinporten_emulator::ClientKey;
use serde_json::{Value, json};

use crate::support::{Answer, JWT_BEARER, now, unique};

fn program() -> Program {
    Program::new(env!("CARGO_BIN_EXE_maskinporten-emulator"))
}

fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap_or_else(|| panic!("{member} in {value}"))
}

async fn token(running: &Running, client: &Value, key: &ClientKey, changes: Value) -> Answer {
    let now = now();
    let mut claims = json!({
        "aud": running.text("issuer"), "iss": client["client_id"], "scope": client["scopes"][0],
        "iat": now, "exp": now + 100, "jti": unique(),
    });
    for (name, value) in changes.as_object().unwrap() {
        claims[name] = value.clone();
    }
    let assertion = key.sign(&claims).unwrap();
    let form = [("grant_type", JWT_BEARER), ("assertion", &assertion)];
    let request = running.http_client().post(running.text("token_endpoint")).form(&form);
    Answer::of(request.send().await.unwrap()).await
}

#[cfg(unix)]
#[tokio::test]
async fn it_says_where_it_is_serves_and_ends_on_a_signal() {
    for signal in ["TERM", "INT"] {
        let running = program().start();
        assert_eq!(
            running.members(),
            [
                "api",
                "ca",
                "clients",
                "exchange",
                "issuer",
                "jwks",
                "metadata",
                "self_service",
                "token_endpoint"
            ]
        );
        let http = running.http_client();
        for url in ["metadata", "jwks"] {
            assert_eq!(http.get(running.text(url)).send().await.unwrap().status(), 200);
        }
        let client = &running.ready()["clients"][0];
        let jwk = std::fs::read_to_string(text(client, "key")).unwrap();
        let pem = std::fs::read_to_string(text(client, "key_pem")).unwrap();
        let key = ClientKey::from_jwk(&jwk).unwrap();
        assert_eq!((key.private_key_pem().unwrap(), key.kid()), (pem, text(client, "kid")));
        let token = token(&running, client, &key, json!({})).await.token().to_owned();
        let call = |url: &str| http.get(running.text(url)).bearer_auth(&token).send();
        assert_eq!(call("api").await.unwrap().status(), 200);
        assert_eq!(call("exchange").await.unwrap().status(), 200);

        let certified = &running.ready()["clients"][1];
        let key = ClientKey::from_jwk(&std::fs::read_to_string(text(certified, "key")).unwrap()).unwrap();
        let chain = std::fs::read_to_string(text(certified, "certificate_pem")).unwrap();
        let key = key.certified(certificates(&chain)).unwrap();
        assert_eq!(self::token(&running, certified, &key, json!({})).await.status, 200);

        let folder = Path::new(running.text("ca")).parent().unwrap().to_owned();
        let ended = running.end(signal);
        assert_eq!(ended.code, Some(0), "{signal}");
        assert_eq!(ended.stdout, "", "one line and no more");
        assert!(ended.stderr.contains("/token"), "requests are logged: {ended:?}");
        assert!(!ended.stderr.contains(&token), "and no token with them");
        assert!(!folder.exists(), "nothing stays behind");
    }
}

fn certificates(pem: &str) -> Vec<Vec<u8>> {
    use base64::Engine as _;
    pem.split("-----BEGIN CERTIFICATE-----")
        .skip(1)
        .map(|rest| {
            let text: String = rest.split("-----").next().unwrap().split_whitespace().collect();
            base64::engine::general_purpose::STANDARD.decode(text).unwrap()
        })
        .collect()
}

#[cfg(unix)]
#[tokio::test]
async fn a_seed_says_who_may_do_what() {
    use std::os::unix::fs::PermissionsExt;

    let key = ClientKey::generate();
    let jwk: Value = serde_json::from_str(&key.jwk_json().unwrap()).unwrap();
    let seed = json!({
        "clients": [
            { "client_id": "one", "scopes": ["a:b"], "org": "974760673", "token_lifetime": 30, "jwk": jwk },
            { "client_id": "public", "scopes": ["a:b"], "jwk": key.public_jwk() },
        ],
        "audiences": ["https://test.maskinporten.no/"],
        "propagation": 120,
        "token_lifetime": 60,
        "altinn_token_lifetime": 90,
        "system_users": [{ "org": "991825827" }, { "org": "991825827", "external_ref": "x" }],
        "delegations": [{ "scope": "c:d", "org": "991825827" }],
        "org_codes": { "974760673": "skd" },
    });
    let running = program().arg("--quiet").start_seeded(&seed.to_string());
    let clients = &running.ready()["clients"];
    assert_eq!(
        (&clients[0]["client_id"], &clients[1]["client_id"]),
        (&json!("one"), &json!("public"))
    );
    assert_eq!(clients[0]["scopes"], json!(["a:b"]));
    assert!(clients[1].get("key").is_none(), "what is not known is not written");
    let mode = std::fs::metadata(text(&clients[0], "key"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);

    let details = json!([{
        "type": "urn:altinn:systemuser",
        "systemuser_org": { "authority": "iso6523-actorid-upis", "ID": "0192:991825827" },
        "externalRef": "x",
    }]);
    let changes = json!({ "aud": "https://test.maskinporten.no/", "authorization_details": details });
    let answer = token(&running, &clients[0], &key, changes).await;
    assert_eq!((answer.status.as_u16(), &answer.body["expires_in"]), (200, &json!(30)));
    let changes = json!({ "consumer_org": "991825827", "scope": "c:d" });
    assert_eq!(token(&running, &clients[0], &key, changes).await.status, 200);
    let answer = token(&running, &clients[1], &key, json!({})).await;
    assert_eq!(answer.body["expires_in"], json!(60));

    let ended = running.end("TERM");
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "quiet");
}

#[test]
fn a_bad_seed_is_named_in_one_line_and_never_quoted() {
    for (seed, place) in [
        (r#"{ "clients": "marker" "#, "is not JSON"),
        (r#"["marker"]"#, "the seed must be an object"),
        (r#"{ "secrets": {} }"#, "the seed has no member secrets"),
        (
            r#"{ "clients": [{ "scopes": [] }] }"#,
            "clients[0].client_id is missing",
        ),
        (
            r#"{ "clients": [{ "client_id": "a", "scopes": ["b", 7] }] }"#,
            "clients[0].scopes[1] must be a text",
        ),
        (
            r#"{ "clients": [{ "client_id": "a", "org": "marker" }] }"#,
            "clients[0].org must be nine digits",
        ),
        (
            r#"{ "clients": [{ "client_id": "a", "jwk": { "kty": "RSA", "n": "marker!" } }] }"#,
            "clients[0].jwk: the key's member n is missing or not base64url",
        ),
        (
            r#"{ "clients": [{ "client_id": "a", "certificate": "marker" }] }"#,
            "clients[0].certificate must be true or false",
        ),
        (r#"{ "token_lifetime": -1 }"#, "token_lifetime must not be negative"),
        (r#"{ "system_users": [{}] }"#, "system_users[0].org is missing"),
        (
            r#"{ "delegations": [{ "org": "991825827" }] }"#,
            "delegations[0].scope is missing",
        ),
    ] {
        program().assert_refuses(seed, place, "marker");
    }
    let missing = program().arg("--seed").arg("does-not-exist.json").run();
    assert_eq!(missing.code, Some(2));
}
