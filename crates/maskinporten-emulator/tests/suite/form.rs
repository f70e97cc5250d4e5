//! The request itself.

use maskinporten_emulator::RequestKind;
use reqwest::header::CONTENT_TYPE;
use serde_json::json;

use crate::support::{Answer, Bench, JWT_BEARER, SCOPE};

async fn post(bench: &Bench, content_type: &str, body: String) -> Answer {
    let request = bench.http.post(bench.emulator.token_endpoint()).body(body);
    Answer::of(request.header(CONTENT_TYPE, content_type).send().await.unwrap()).await
}

fn good(bench: &Bench) -> String {
    let assertion = bench.emulator.assertion(&bench.client, SCOPE);
    format!("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion={assertion}")
}

#[tokio::test]
async fn it_is_a_form_with_two_parameters() {
    const FORM: &str = "application/x-www-form-urlencoded";
    let bench = Bench::new().await;
    for content_type in [
        FORM,
        "application/x-www-form-urlencoded;charset=UTF-8",
        "Application/X-WWW-Form-URLEncoded ; charset=utf-8",
    ] {
        assert_eq!(
            post(&bench, content_type, good(&bench)).await.status,
            200,
            "{content_type}"
        );
    }
    let plus = format!("client_id=x&{}", good(&bench));
    assert_eq!(post(&bench, FORM, plus).await.status, 200, "others do no harm");

    let json = json!({ "grant_type": JWT_BEARER, "assertion": "x" }).to_string();
    for (content_type, body, error, description) in [
        (
            "application/json",
            json,
            "invalid_request",
            "Content type must be application/x-www-form-urlencoded",
        ),
        (FORM, String::new(), "invalid_request", "Missing parameter: grant_type"),
        (
            FORM,
            "grant_type=client_credentials".to_owned(),
            "unsupported_grant_type",
            "Unsupported grant type",
        ),
        (
            FORM,
            format!("grant_type={JWT_BEARER}"),
            "invalid_request",
            "Missing parameter: assertion",
        ),
        (
            FORM,
            format!("grant_type={JWT_BEARER}&assertion=a&assertion=b"),
            "invalid_request",
            "Duplicate parameter: assertion",
        ),
    ] {
        let answer = post(&bench, content_type, body.clone()).await;
        assert_eq!(answer.refusal(), (400, error, 0, description), "{body}");
    }
    for assertion in ["x", "a.b.c", "e30.e30", "e30.W10.AA", "e30.e30.AA%0A"] {
        let answer = post(&bench, FORM, format!("grant_type={JWT_BEARER}&assertion={assertion}")).await;
        assert_eq!(
            answer.refusal(),
            (400, "invalid_request", 11, "Invalid assertion. It is no signed JWT.")
        );
    }
}

#[tokio::test]
async fn the_query_is_no_place_for_an_assertion() {
    let bench = Bench::new().await;
    let url = format!("{}?{}", bench.emulator.token_endpoint(), good(&bench));
    let request = bench
        .http
        .post(url)
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    let answer = Answer::of(request.send().await.unwrap()).await;
    assert_eq!(answer.refusal().3, "Missing parameter: grant_type");
    let answer = bench.get(&bench.emulator.token_endpoint()).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.headers["allow"]),
        (405, &"POST".parse().unwrap())
    );
}

#[tokio::test]
async fn requests_are_recorded() {
    let bench = Bench::new().await;
    let claims = bench.claims();
    assert_eq!(bench.ask(claims.clone()).await.status, 200);
    bench.get(&bench.emulator.metadata_url()).await;
    let requests = bench.emulator.requests();
    let token = &requests[0];
    assert_eq!((token.id, token.connection, token.status), (1, 1, 200));
    assert_eq!((token.method.as_str(), token.path.as_str()), ("POST", "/token"));
    assert_eq!((token.kind, token.has_token), (RequestKind::Token, false));
    assert_eq!(token.client_id.as_deref(), Some(bench.client.client_id()));
    assert_eq!(token.scope.as_deref(), Some(SCOPE));
    assert_eq!(token.jti.as_deref(), claims["jti"].as_str());
    assert_eq!(token.claims.as_ref(), Some(&claims));
    let kid = bench.client.key().kid().to_owned();
    assert_eq!(token.header.as_ref().unwrap()["kid"], kid.as_str());
    assert_eq!((&requests[1].claims, &requests[1].header), (&None, &None));
    assert_eq!((requests[1].kind, requests[1].id), (RequestKind::Metadata, 2));
    let counts = bench.emulator.counts();
    assert_eq!(
        (counts.token_requests, counts.metadata_requests, counts.connections),
        (1, 1, 1)
    );
    bench.emulator.clear_requests();
    assert_eq!(bench.emulator.counts(), maskinporten_emulator::Counts::default());
    assert!(bench.emulator.seen_jtis().is_empty());
    assert_eq!(bench.ask(claims).await.refusal().2, 12, "what is used stays used");
}
