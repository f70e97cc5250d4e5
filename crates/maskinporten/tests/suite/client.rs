//! The whole client against the emulator, which refuses what Maskinporten refuses.

use std::collections::HashSet;
use std::time::Duration;

use futures::future::join_all;
use maskinporten::{
    AltinnEnvironment, Environment, ErrorKind, KeyOptions, MaskinportenClient, MaskinportenRequest,
    MaskinportenSettings, SystemUser, TokenRequest,
};
use maskinporten_emulator::{ClientKey, Fault, FaultAction, MaskinportenEmulator, RequestKind, oauth_error};
use serde_json::Value;
use tokio::time::Instant;

use crate::world::{OTHER_SCOPE, SCOPE, World, request};

async fn ask(client: &MaskinportenClient, url: String, wish: MaskinportenRequest) -> Value {
    let response = client.http_client().get(url).with_extension(wish).send().await.unwrap();
    assert_eq!(response.status(), 200);
    response.json().await.unwrap()
}

#[tokio::test]
async fn the_api_is_told_who_we_are() {
    let world = World::start().await;
    let client = world.client();
    let api = world.emulator.api_url();
    let seen = ask(&client, api.clone(), MaskinportenRequest::new()).await;
    assert_eq!(
        (&seen["consumer"], &seen["scope"], &seen["exchanged"]),
        (&"991825827".into(), &SCOPE.into(), &false.into())
    );
    let seen = ask(&client, api, MaskinportenRequest::new().exchange(true)).await;
    assert_eq!(seen["exchanged"], true);
    assert!(seen["expires_in_s"].as_i64().unwrap() > 1_700);

    let (stats, counts) = (client.stats(), world.emulator.counts());
    assert_eq!((stats.token_requests, stats.exchange_requests), (1, 1));
    assert_eq!(
        (
            counts.token_requests,
            counts.exchange_requests,
            counts.metadata_requests
        ),
        (1, 1, 1)
    );
    assert!(stats.token_age.unwrap() < Duration::from_secs(10));
    assert_eq!((stats.tokens, stats.failures), (2, 0));
}

#[tokio::test]
async fn the_settings_choose_the_exchange_and_its_test_organisation() {
    let world = World::start().await;
    let settings = world
        .settings()
        .exchange_to_altinn_token(true)
        .use_altinn_test_org(true);
    let client = world.builder(settings).build().unwrap();
    let seen = ask(&client, world.emulator.api_url(), MaskinportenRequest::new()).await;
    assert_eq!((&seen["exchanged"], &seen["altinn_org"]), (&true.into(), &"ttd".into()));
}

#[tokio::test]
async fn a_client_whose_altinn_is_not_known_says_so() {
    let world = World::start().await;
    let builder = || MaskinportenClient::builder(world.settings().exchange_to_altinn_token(true));
    assert!(
        builder()
            .build()
            .unwrap_err()
            .to_string()
            .contains("TokenExchangeEnvironment")
    );
    let client = MaskinportenClient::from_settings(world.settings()).unwrap();
    let error = client.altinn_token(&request()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Settings);
}

#[tokio::test]
async fn no_address_of_another_machine_is_plain_http() {
    let world = World::start().await;
    let client = world.emulator.client();
    let url = |text: &str| text.parse().unwrap();
    let fixed = |endpoint: &str| Environment::Fixed {
        issuer: "https://issuer.example/".to_owned(),
        token_endpoint: url(endpoint),
    };
    let build = |environment: Environment, altinn: AltinnEnvironment| {
        let settings = MaskinportenSettings::new(client.client_id(), environment)
            .key(client.encoded_jwk(), KeyOptions::new())
            .scope(SCOPE);
        MaskinportenClient::builder(settings).altinn(altinn).build()
    };
    let altinn = || AltinnEnvironment::Tt02;
    let custom = |text: &str| AltinnEnvironment::Custom(url(text));
    let refused = [
        build(fixed("http://remote.example/token"), altinn()),
        build(fixed("https://user:secret@remote.example/token"), altinn()),
        build(Environment::Other(url("http://remote.example/")), altinn()),
        build(Environment::Other(url("ftp://remote.example/")), altinn()),
        build(Environment::Test, custom("http://remote.example")),
        build(Environment::Test, custom("http://10.0.0.1:5101/")),
    ];
    for result in refused {
        let error = result.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Settings, "{error}");
        let text = error.to_string();
        assert!(
            text.contains("https")
                && !text.contains("secret")
                && (text.contains("remote") || text.contains("10.0.0.1")),
            "{text}"
        );
    }
    build(fixed("http://localhost:1/token"), custom("http://127.0.0.1:5101/")).unwrap();
    build(Environment::Other(url("http://[::1]:1/")), altinn()).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_callers_make_one_request() {
    let world = World::start().await;
    let client = world.client();
    let calls = (0..10_000).map(|_| {
        let client = client.clone();
        tokio::spawn(async move { client.token(&request()).await.unwrap() })
    });
    assert!(join_all(calls).await.into_iter().all(|call| call.is_ok()));
    assert_eq!(
        (world.token_requests(), world.emulator.counts().metadata_requests),
        (1, 1)
    );
}

#[tokio::test]
async fn clients_and_requests_of_every_kind_get_their_own_tokens() {
    let world = World::start().await;
    let emulator = &world.emulator;
    emulator.approve_system_user("310000000", "one");
    emulator.approve_system_user("310000000", "two");
    emulator.delegate(SCOPE, "310000000");
    let client = world.client();
    let user =
        |reference: &str| MaskinportenRequest::new().system_user(SystemUser::of("310000000").external_ref(reference));
    let wishes = [
        MaskinportenRequest::new(),
        MaskinportenRequest::new().scopes([OTHER_SCOPE]),
        MaskinportenRequest::new().resource("https://api.example.no/"),
        MaskinportenRequest::new().consumer_org("310000000"),
        user("one"),
        user("two"),
    ];
    let mut seen = Vec::new();
    for wish in wishes.iter().chain(&wishes) {
        seen.push(ask(&client, emulator.api_url(), wish.clone()).await);
    }
    assert_eq!(world.token_requests(), wishes.len());
    for round in [0, wishes.len()] {
        assert_eq!(seen[round + 1]["scope"], OTHER_SCOPE);
        assert_eq!(seen[round + 2]["resource"], "https://api.example.no/");
        assert_eq!(
            (&seen[round + 3]["consumer"], &seen[round + 3]["supplier"]),
            (&"310000000".into(), &"991825827".into())
        );
        assert_eq!(seen[round + 4]["system_user_org"], "310000000");
        assert_ne!(seen[round + 4]["system_user"], seen[round + 5]["system_user"]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn revoked_tokens_are_replaced_once_for_all() {
    let world = World::start().await;
    let client = world.client();
    let http = client.http_client();
    let before = client.token(&request()).await.unwrap();
    world.emulator.revoke_tokens();
    let calls = (0..200).map(|_| http.post(world.emulator.api_url()).body("a body").send());
    for response in join_all(calls).await {
        let seen: Value = response.unwrap().error_for_status().unwrap().json().await.unwrap();
        assert_eq!(seen["body_bytes"], 6);
    }
    assert_eq!(world.token_requests(), 2);
    assert_ne!(client.token(&request()).await.unwrap().secret(), before.secret());
}

#[tokio::test]
async fn a_token_is_given_up_by_who_has_it_and_no_other() {
    let world = World::start().await;
    let client = world.client();
    let token = client.token(&request()).await.unwrap();
    let other = client.token(&TokenRequest::new([OTHER_SCOPE])).await.unwrap();
    let altinn = client.altinn_token(&request()).await.unwrap();
    client.invalidate(&token);
    let next = client.token(&request()).await.unwrap();
    assert_ne!(next.secret(), token.secret());
    // It was replaced; and its successor is not given up at once.
    client.invalidate(&token);
    client.invalidate(&next);
    assert_eq!(client.token(&request()).await.unwrap().secret(), next.secret());
    assert_eq!(client.altinn_token(&request()).await.unwrap().secret(), altinn.secret());
    client.invalidate(&altinn);
    assert_ne!(client.altinn_token(&request()).await.unwrap().secret(), altinn.secret());
    let same = client.token(&TokenRequest::new([OTHER_SCOPE])).await.unwrap();
    assert_eq!(same.secret(), other.secret());
    let counts = world.emulator.counts();
    assert_eq!((counts.token_requests, counts.exchange_requests), (3, 2));
}

fn no_jti_twice(emulator: &MaskinportenEmulator) -> usize {
    let seen = emulator.seen_jtis();
    let distinct: HashSet<&String> = seen.iter().collect();
    assert_eq!(distinct.len(), seen.len(), "an assertion was sent twice");
    seen.len()
}

#[tokio::test]
async fn what_may_pass_is_tried_again_with_a_fresh_assertion() {
    let faults = [
        Fault::status(503, "").times(2),
        Fault::status(500, "<html>").times(2),
        Fault::new(FaultAction::Html { status: 502 }).times(2),
        Fault::reset().times(2),
        Fault::new(FaultAction::TruncatedBody).times(2),
        Fault::throttled(Some(1)).times(2),
        Fault::new(oauth_error(400, "invalid_grant", "Grant is used before.", Some(12))).once(),
        Fault::new(oauth_error(400, "invalid_grant", "JWT has expired.", Some(130))).once(),
    ];
    for fault in faults {
        let world = World::start().await;
        world.emulator.inject(fault.clone().for_kind(RequestKind::Token));
        let start = Instant::now();
        let token = world.client().token(&request()).await;
        token.unwrap_or_else(|error| panic!("{fault:?}: {error}"));
        assert!(start.elapsed() < Duration::from_secs(10), "{fault:?}");
        assert!(no_jti_twice(&world.emulator) >= 1);
    }
}

#[tokio::test]
async fn what_will_not_pass_is_sent_once_and_the_one_more_is_one() {
    let cases = [
        (oauth_error(400, "invalid_grant", "Expired key.", Some(121)), 1),
        (oauth_error(400, "invalid_scope", "Not registered.", Some(200)), 1),
        (oauth_error(400, "invalid_grant", "Client not found.", Some(100)), 1),
        (oauth_error(400, "invalid_grant", "Grant is used before.", Some(12)), 2),
        (oauth_error(400, "invalid_grant", "JWT has expired.", Some(130)), 2),
    ];
    for (action, expected) in cases {
        let world = World::start().await;
        world.emulator.inject(Fault::new(action).for_kind(RequestKind::Token));
        let client = world.client();
        let error = client.token(&request()).await.unwrap_err();
        assert_eq!(error.endpoint(), Some(world.emulator.token_endpoint().as_str()));
        assert_eq!(
            (world.token_requests(), no_jti_twice(&world.emulator)),
            (expected, expected)
        );
        assert_eq!(client.stats().token_requests, expected as u64);
    }
}

#[tokio::test]
async fn everything_ends_within_the_deadline() {
    for fault in [
        Fault::hang(),
        Fault::status(503, ""),
        Fault::throttled(Some(60)),
        Fault::reset(),
    ] {
        let world = World::start().await;
        world.emulator.inject(fault.clone().for_kind(RequestKind::Token));
        let client = world
            .builder(world.settings())
            .deadline(Duration::from_secs(2))
            .build()
            .unwrap();
        let start = Instant::now();
        let error = client.token(&request()).await.unwrap_err();
        assert!(
            start.elapsed() < Duration::from_secs(4),
            "{fault:?}: {:?}",
            start.elapsed()
        );
        assert!(
            matches!(error.kind(), ErrorKind::Unreachable | ErrorKind::Unavailable),
            "{error}"
        );
        no_jti_twice(&world.emulator);
    }
}

#[tokio::test]
async fn a_deadline_of_any_length_makes_a_client() {
    let world = World::start().await;
    for deadline in [Duration::MAX, Duration::ZERO] {
        let client = world.builder(world.settings()).deadline(deadline).build().unwrap();
        client.token(&request()).await.unwrap();
        client.altinn_token(&request()).await.unwrap();
    }
}

#[tokio::test]
async fn a_401_of_the_exchange_gets_a_fresh_token() {
    let world = World::start().await;
    world
        .emulator
        .inject(Fault::status(401, "").for_kind(RequestKind::Exchange).once());
    let client = world.client();
    client.altinn_token(&request()).await.unwrap();
    let counts = world.emulator.counts();
    assert_eq!((counts.token_requests, counts.exchange_requests), (2, 2));
}

#[tokio::test]
async fn a_rotated_key_is_read_again() {
    let world = World::start().await;
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("key.jwk");
    std::fs::write(&file, world.emulator.client().jwk_json()).unwrap();
    let settings = world.settings().key_file(&file, KeyOptions::new());
    let client = world.builder(settings).build().unwrap();
    client.token(&request()).await.unwrap();
    let rotated = world.emulator.rotate_key(world.emulator.client().client_id()).unwrap();
    std::fs::write(&file, rotated.jwk_json()).unwrap();
    client.token(&TokenRequest::new([OTHER_SCOPE])).await.unwrap();
    assert_eq!(world.token_requests(), 3);
}

#[test]
fn a_client_outlives_the_runtime_it_was_first_used_in() {
    let world = MaskinportenEmulator::start_blocking().unwrap();
    let world = World { emulator: world.into() };
    // No pool: its connections belong to the runtime that is gone.
    let http = world
        .emulator
        .http_client_builder()
        .pool_max_idle_per_host(0)
        .build()
        .unwrap();
    let client = world.builder(world.settings()).token_http_client(http).build().unwrap();
    for scope in [SCOPE, OTHER_SCOPE] {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(client.token(&TokenRequest::new([scope]))).unwrap();
    }
    assert_eq!(world.token_requests(), 2);
}

#[tokio::test]
async fn nothing_shows_a_secret() {
    let world = World::start().await;
    let (log, guard) = crate::log::capture();
    let client = world.builder(world.settings().debug_logging(true)).build().unwrap();
    let token = client.token(&request()).await.unwrap();
    let altinn = client.altinn_token(&request()).await.unwrap();
    ask(&client, world.emulator.api_url(), MaskinportenRequest::new()).await;
    world.emulator.revoke_tokens();
    ask(
        &client,
        world.emulator.api_url(),
        MaskinportenRequest::new().exchange(true),
    )
    .await;
    world
        .emulator
        .inject(Fault::status(401, format!("{{\"detail\":\"{}\"}}", token.secret())).for_kind(RequestKind::Exchange));
    let error = client
        .altinn_token(&TokenRequest::new([OTHER_SCOPE]))
        .await
        .unwrap_err();
    drop(guard);

    let builder = world.builder(world.settings());
    let shown = format!(
        "{client:?} {token:?} {builder:?} {:?} {error} {error:?}",
        client.middleware()
    );
    let log = log.text();
    assert!(log.contains("asking for a token") && log.contains("the API refused the token"));
    for secret in [token.secret(), altinn.secret()] {
        let signature = &secret.rsplit('.').next().unwrap()[..40];
        assert!(!shown.contains(signature), "{shown}");
        assert!(!log.contains(signature), "a token is in the log");
    }
    let jwk: Value = serde_json::from_str(&world.emulator.client().jwk_json()).unwrap();
    for member in ["d", "p", "q", "dp", "dq", "qi"] {
        let secret = &jwk[member].as_str().unwrap()[..40];
        assert!(!shown.contains(secret) && !log.contains(secret), "{member} is shown");
    }
}

/// A client with registered keys takes no `x5c`, and Maskinporten takes one of the two.
#[tokio::test]
async fn a_certificate_whose_key_is_registered_signs_under_its_kid() {
    let world = World::start().await;
    let id = world.emulator.client().client_id().to_owned();
    let registered = ClientKey::from_jwk(&crate::keys::jwk("vector-2048").to_string()).unwrap();
    world.emulator.set_keys(&id, [registered]).unwrap();
    let pem = concat!(
        include_str!("../vectors/keys/pkcs8.pem"),
        include_str!("../vectors/keys/certificate.pem")
    );
    let client = |kid: &str| {
        let config = config::Config::builder()
            .set_override("M.ClientId", id.as_str())
            .and_then(|config| config.set_override("M.EncodedX509", pem))
            .and_then(|config| config.set_override("M.Kid", kid))
            .and_then(|config| config.set_override("M.Environment", world.emulator.issuer()))
            .and_then(|config| config.build())
            .unwrap();
        let settings = MaskinportenSettings::from_config(&config, "M").unwrap();
        world.builder(settings).build().unwrap()
    };
    client("vector-2048").token(&request()).await.unwrap();
    let error = client("").token(&request()).await.unwrap_err();
    assert!(
        error.remedy().unwrap().contains("the client has keys registered"),
        "{error}"
    );
    let error = client("another").token(&request()).await.unwrap_err();
    assert!(
        error
            .remedy()
            .unwrap()
            .contains("without a `kid` the certificate itself is sent"),
        "{error}"
    );
}

/// As Windows' editors write it, and with more than one in it: for the tokens and for what carries them.
#[tokio::test]
async fn a_ca_is_trusted_as_it_is_mounted() {
    let world = World::start().await;
    let altinn: AltinnEnvironment = world.emulator.exchange_base().parse().unwrap();
    let builder = || MaskinportenClient::builder(world.settings()).altinn(altinn.clone());
    let pem = world.emulator.ca_pem();
    let twice = format!("\u{feff}the CA\r\n{}{pem}", pem.replace('\n', "\r\n"));
    let client = builder().ca_pem(twice).build().unwrap();
    client.altinn_token(&request()).await.unwrap();
    ask(&client, world.emulator.api_url(), MaskinportenRequest::new()).await;
    let error = builder().ca_pem("/etc/ssl/ca.pem").build().unwrap_err();
    assert!(error.to_string().contains("`ca_pem` is a file's name"), "{error}");
    let error = builder().build().unwrap().token(&request()).await.unwrap_err();
    assert!(error.to_string().contains("certificate"), "{error}");
}

/// However many tries it took, and however deep it lay: the exchange asks for a token inside.
#[tokio::test]
async fn a_failed_call_is_one_failure() {
    for kind in [RequestKind::Token, RequestKind::Exchange] {
        for fault in [Fault::status(503, ""), Fault::status(401, ""), Fault::reset()] {
            let world = World::start().await;
            world.emulator.inject(fault.for_kind(kind));
            let builder = world.builder(world.settings()).deadline(Duration::from_secs(3));
            let client = builder.build().unwrap();
            let calls = (0..20).map(|_| {
                let client = client.clone();
                tokio::spawn(async move { client.altinn_token(&request()).await.map(drop) })
            });
            assert!(join_all(calls).await.into_iter().all(|call| call.unwrap().is_err()));
            assert_eq!(client.stats().failures, 1, "{kind:?}");
        }
    }
}

#[tokio::test]
async fn a_missing_scope_is_named_by_its_section() {
    let world = World::start().await;
    let client = world.emulator.client();
    let config = config::Config::builder()
        .set_override("Other.Section.ClientId", client.client_id())
        .and_then(|config| config.set_override("Other.Section.EncodedJwk", client.encoded_jwk()))
        .and_then(|config| config.set_override("Other.Section.Environment", "test"))
        .and_then(|config| config.build())
        .unwrap();
    let client = MaskinportenClient::from_config(&config, "Other.Section").unwrap();
    let error = client.token(client.default_request()).await.unwrap_err();
    assert_eq!(
        error.remedy(),
        Some("set `Other.Section.Scope` or name scopes in the request")
    );
}
