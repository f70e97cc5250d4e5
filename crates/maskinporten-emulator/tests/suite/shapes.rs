//! What other people's clients put on the wire, as captured: each is accepted.

use maskinporten_emulator::{ClientKey, ClientSpec};
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};

use crate::support::{Answer, Bench, JWT_BEARER, SCOPE, now, unique};

const ORG: &str = "974760673";

struct Shape {
    client: &'static str,
    header: Value,
    claims: Value,
    lifetime: i64,
    content_type: &'static str,
    charset: bool,
    raw_colons: bool,
}

impl Shape {
    fn new(client: &'static str, header: Value, claims: Value, lifetime: i64) -> Self {
        Self {
            client,
            header,
            claims,
            lifetime,
            content_type: "application/x-www-form-urlencoded",
            charset: false,
            raw_colons: false,
        }
    }

    async fn ask(&self, bench: &Bench, key: &ClientKey) -> Answer {
        let now = now();
        let mut claims = json!({
            "aud": bench.emulator.issuer(), "scope": SCOPE, "iss": "shape",
            "iat": now, "exp": now + self.lifetime, "jti": unique(),
        });
        for (name, value) in self.claims.as_object().unwrap() {
            claims[name] = value.clone();
        }
        let assertion = key.sign_with(&self.header, &claims).unwrap();
        let grant = if self.raw_colons {
            JWT_BEARER.to_owned()
        } else {
            JWT_BEARER.replace(':', "%3A")
        };
        let mut request = bench
            .http
            .post(bench.emulator.token_endpoint())
            .header(CONTENT_TYPE, self.content_type)
            .body(format!("grant_type={grant}&assertion={assertion}"));
        if self.charset {
            request = request.header("Charset", "UTF-8");
        }
        Answer::of(request.send().await.unwrap()).await
    }
}

#[tokio::test]
async fn clients_with_a_registered_key() {
    let bench = Bench::new().await;
    let key = ClientKey::generate();
    bench
        .emulator
        .register(ClientSpec::new("shape").scopes([SCOPE]).key(key.clone()));
    bench.emulator.delegate(SCOPE, ORG);
    let kid = key.kid();
    let header = json!({ "kid": kid, "alg": "RS256" });
    let typed = json!({ "alg": "RS256", "kid": kid, "typ": "JWT" });
    let ks = |claims: Value| Shape {
        raw_colons: true,
        charset: true,
        ..Shape::new("no.ks.fiks:maskinporten-client 3.6.0", header.clone(), claims, 120)
    };
    let shapes = [
        ks(json!({})),
        ks(json!({ "resource": "https://api.test/", "pid": "12345678901" })),
        ks(json!({ "consumer_org": ORG })),
        Shape::new("pymaskinporten 2.1.0", typed.clone(), json!({}), 60),
        Shape {
            content_type: "application/x-www-form-urlencoded;charset=UTF-8",
            ..Shape::new(
                "maskinporten-jwt 1.0.4",
                typed.clone(),
                json!({ "resource": "https://api.test/" }),
                12,
            )
        },
        Shape::new("Altinn.App.Core", typed.clone(), json!({ "nbf": now() }), 120),
        Shape::new(
            "nais/texas",
            typed,
            json!({ "nbf": now(), "resource": "https://api.test/" }),
            30,
        ),
        Shape::new("Altinn.ApiClients.Maskinporten", header, json!({ "sub": "shape" }), 10),
    ];
    for shape in shapes {
        let answer = shape.ask(&bench, &key).await;
        assert_eq!(answer.status, 200, "{}: {}", shape.client, answer.body);
        assert!(
            answer.body["expires_in"].is_u64(),
            "a whole number, as the Python client needs"
        );
    }
}

#[tokio::test]
async fn clients_with_a_certificate() {
    let bench = Bench::new().await;
    let key = ClientKey::generate_certificate("991825827");
    bench
        .emulator
        .register(ClientSpec::new("shape").scopes([SCOPE]).key(key.clone()));
    let leaf = &key.x5c()[..1];
    for shape in [
        Shape {
            raw_colons: true,
            charset: true,
            ..Shape::new(
                "no.ks.fiks:maskinporten-client 3.6.0",
                json!({ "x5c": leaf, "alg": "RS256" }),
                json!({}),
                120,
            )
        },
        Shape::new(
            "@vtfk/maskinporten-auth 2.0.5",
            json!({ "alg": "RS256", "typ": "JWT", "x5c": leaf }),
            json!({ "jti": "V1StGXR8_Z5jdHi6B-myT" }),
            120,
        ),
        Shape::new(
            "@vtfk/maskinporten-auth 2.0.5, from a PKCS#12 file",
            json!({ "alg": "RS256", "typ": "JWT", "x5c": [leaf[0].replacen('A', "A\r", 9) + "\r"] }),
            json!({}),
            120,
        ),
        Shape::new(
            "the whole chain",
            json!({ "alg": "RS512", "x5c": key.x5c() }),
            json!({}),
            100,
        ),
    ] {
        let answer = shape.ask(&bench, &key).await;
        assert_eq!(answer.status, 200, "{}: {}", shape.client, answer.body);
    }
}
