//! Issuer, token endpoint and exchange that are not where the authority says, and hosts that are asked without TLS.

use config::{Config, File, FileFormat};
use maskinporten::{Environment, Error, ErrorKind, MaskinportenClient, MaskinportenSettings, TokenRequest};
use maskinporten_emulator::{ClientKey, Fault, MaskinportenEmulator, RequestKind, oauth_error};
use serde_json::{Value, json};
use tracing::Level;

use crate::gateway::{Gateway, HOST};
use crate::log::capture_at;
use crate::world::SCOPE;

/// What no test is about: client, key and scope, and the issuer if it is the emulator's.
fn section(emulator: &MaskinportenEmulator, more: Value) -> Value {
    let client = emulator.client();
    let mut section = json!({ "ClientId": client.client_id(), "EncodedJwk": client.encoded_jwk(), "Scope": SCOPE });
    let own = section.as_object_mut().unwrap();
    own.extend(more.as_object().unwrap().clone());
    section
}

fn settings(section: &Value) -> Result<MaskinportenSettings, Error> {
    let text = json!({ "M": section }).to_string();
    let config = Config::builder().add_source(File::from_str(&text, FileFormat::Json));
    MaskinportenSettings::from_config(&config.build().unwrap(), "M")
}

fn client(emulator: &MaskinportenEmulator, gateway: &Gateway, section: &Value) -> MaskinportenClient {
    MaskinportenClient::builder(settings(section).unwrap())
        .ca_pem(emulator.ca_pem())
        .configure_http(gateway.known())
        .build()
        .unwrap()
}

#[tokio::test]
async fn a_token_endpoint_of_its_own_replaces_only_where_tokens_are_asked_for() {
    let emulator = MaskinportenEmulator::start().await.unwrap();
    let gateway = Gateway::before(&emulator, &[]).await;
    let section = section(
        &emulator,
        json!({
            "Authority": emulator.issuer(), "TokenEndpoint": gateway.url("/token"), "AllowInsecureHttp": true,
        }),
    );
    let client = client(&emulator, &gateway, &section);
    client.check().await.unwrap();
    // The emulator takes no `aud` but its own issuer.
    assert_eq!(gateway.seen(), ["/token"]);
    assert_eq!(emulator.counts().metadata_requests, 1);
}

#[tokio::test]
async fn an_issuer_of_its_own_replaces_aud_and_is_expected_of_the_metadata() {
    let emulator = MaskinportenEmulator::builder()
        .audience("https://idp.internal.example/")
        .start()
        .await
        .unwrap();
    let own = emulator.issuer();
    // As a mock in a container names itself: by the name it has in there.
    let gateway = Gateway::before(
        &emulator,
        &[(&format!("\"{own}\""), "\"https://idp.internal.example/\"")],
    )
    .await;
    let named = |issuer: Option<&str>| {
        let said = json!({ "Authority": gateway.url("/"), "Issuer": issuer, "AllowInsecureHttp": true });
        section(&emulator, said)
    };
    let answered = client(&emulator, &gateway, &named(Some("https://idp.internal.example/")));
    answered.check().await.unwrap();

    let error = client(&emulator, &gateway, &named(None)).check().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Metadata);
    assert!(
        error.to_string().contains(
            "is of another issuer, `https://idp.internal.example/`, than the authority `http://gateway.test:"
        ),
        "{error}"
    );
    assert!(error.remedy().unwrap().contains("or `Issuer` to its name"), "{error}");

    let other = client(&emulator, &gateway, &named(Some("https://other.example/")));
    let error = other.check().await.unwrap_err();
    assert!(
        error.remedy().unwrap().contains("set `Issuer` as the metadata has it"),
        "{error}"
    );
}

#[tokio::test]
async fn issuer_and_token_endpoint_together_need_no_metadata() {
    let emulator = MaskinportenEmulator::start().await.unwrap();
    let both = json!({ "Issuer": emulator.issuer(), "TokenEndpoint": emulator.token_endpoint() });
    let settings = settings(&section(&emulator, both)).unwrap();
    let in_code = MaskinportenSettings::new(emulator.client().client_id(), Environment::Test)
        .key(emulator.client().encoded_jwk(), maskinporten::KeyOptions::new())
        .scope(SCOPE)
        .issuer(emulator.issuer())
        .token_endpoint(Some(emulator.token_endpoint()));
    assert_eq!(in_code.configured_issuer(), Some(emulator.issuer().as_str()));
    for settings in [settings, in_code] {
        let client = MaskinportenClient::builder(settings)
            .ca_pem(emulator.ca_pem())
            .build()
            .unwrap();
        client.check().await.unwrap();
    }
    assert_eq!(emulator.counts().metadata_requests, 0);
}

/// As docker-compose has it: everything under names of its own, over plain HTTP.
#[tokio::test]
async fn the_switch_lets_all_be_asked_without_tls_and_is_told_once() {
    let emulator = MaskinportenEmulator::start().await.unwrap();
    let gateway = Gateway::before(&emulator, &[]).await;
    let base = gateway.url("");
    let (log, _guard) = capture_at(Level::WARN);
    let section = section(
        &emulator,
        json!({
            "Issuer": emulator.issuer(), "TokenEndpoint": gateway.url("/token"), "TokenExchangeEnvironment": base,
            "ExchangeToAltinnToken": true, "AllowInsecureHttp": "true",
        }),
    );
    let client = client(&emulator, &gateway, &section);
    let told = format!(
        "`M.AllowInsecureHttp` is set: tokens may go to any API over plain HTTP, and these are asked without TLS: {base}/token, \
         {base}/authentication/api/v1/exchange/maskinporten; whoever is on the way"
    );
    assert_eq!(log.text().matches(&told).count(), 1, "{}", log.text());
    let api = emulator.api_url();
    let path = api.split_once("://").unwrap().1.split_once('/').unwrap().1;
    let http = client.http_client();
    for _ in 0..2 {
        let reply = http.get(gateway.url(&format!("/{path}"))).send().await.unwrap();
        assert_eq!(reply.status(), 200);
    }
    assert_eq!(gateway.seen().len(), 4, "{:?}", gateway.seen());
    assert_eq!(log.text().matches("AllowInsecureHttp").count(), 1, "{}", log.text());
}

#[test]
fn without_the_switch_the_error_names_the_setting_and_the_switch() {
    let emulator = MaskinportenEmulator::start_blocking().unwrap();
    let plain = format!("http://{HOST}:8080");
    let known = json!({ "Environment": "test" });
    let of = |name: &str, value: &str| {
        let mut said = known.clone();
        if name == "Authority" {
            said = json!({});
        }
        said[name] = value.into();
        settings(&section(&emulator, said))
    };
    for name in ["Authority", "TokenEndpoint", "TokenExchangeEnvironment"] {
        let error = of(name, &plain).unwrap_err().to_string();
        let start = format!("Maskinporten: settings failed: `M.{name}`: ");
        assert!(error.starts_with(&start), "{error}");
        assert!(
            error.contains("must be https (http only for this machine, unless `M.AllowInsecureHttp` is set)"),
            "{error}"
        );
    }
    // In code the same, when the client is built.
    let url = plain.parse().unwrap();
    let in_code = MaskinportenSettings::new("c", Environment::Other(url))
        .key(emulator.client().encoded_jwk(), maskinporten::KeyOptions::new());
    let error = MaskinportenClient::from_settings(in_code.clone()).unwrap_err();
    assert!(
        error.to_string().contains("unless `AllowInsecureHttp` is set"),
        "{error}"
    );
    MaskinportenClient::from_settings(in_code.allow_insecure_http(true)).unwrap();
    // A name is never asked.
    of("Issuer", &plain).unwrap();
}

#[tokio::test]
async fn a_request_to_an_api_over_plain_http_names_the_switch() {
    let emulator = MaskinportenEmulator::start().await.unwrap();
    let section = section(&emulator, json!({ "Authority": emulator.issuer() }));
    let client = MaskinportenClient::builder(settings(&section).unwrap())
        .ca_pem(emulator.ca_pem())
        .build()
        .unwrap();
    let sent = client.http_client().get(format!("http://{HOST}/")).send().await;
    let error = sent.unwrap_err().to_string();
    assert!(
        error.contains("no token is sent to gateway.test over plain http"),
        "{error}"
    );
    assert!(error.contains("any other with `AllowInsecureHttp`"), "{error}");
    assert_eq!(emulator.counts().token_requests, 0);
}

#[test]
fn every_slip_is_named() {
    let emulator = MaskinportenEmulator::start_blocking().unwrap();
    let jwk = emulator.client().encoded_jwk();
    for name in ["Issuer", "TokenEndpoint"] {
        for (value, expected) in [
            ("<issuer>", "is a placeholder"),
            ("\"https://a.example/\"", "begins or ends with a quotation mark"),
            ("\u{feff}https://a.example/", "holds a byte order mark"),
            (
                "@Microsoft.KeyVault(VaultName=v;SecretName=s)",
                "is a Key Vault reference that nobody resolved",
            ),
            (
                jwk.as_str(),
                "is base64 of JSON, as an encoded JWK is, and is not shown",
            ),
            ("https://user:hunter2@a.example/", " user"),
            ("https://a.example/?x=hunter2", "must have neither query nor fragment"),
            ("a.example", "is no URL"),
        ] {
            let said = json!({ "Environment": "test", name: value });
            let error = settings(&section(&emulator, said)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Settings);
            let shown = error.to_string();
            assert!(
                shown.starts_with(&format!("Maskinporten: settings failed: `M.{name}`: ")),
                "{shown}"
            );
            assert!(shown.contains(expected), "{shown}\nlacks\n{expected}");
            assert!(!shown.contains("hunter2") && !shown.contains(&jwk), "{shown}");
        }
        // Blank is not set.
        let blank = settings(&section(&emulator, json!({ "Environment": "test", name: " " }))).unwrap();
        assert_eq!(
            (blank.configured_issuer(), blank.configured_token_endpoint()),
            (None, None)
        );
    }
    // One of them alone says too little.
    for (name, missing) in [
        ("Issuer", "or, with `Issuer`, `TokenEndpoint`"),
        ("TokenEndpoint", "or, with `TokenEndpoint`, `Issuer`"),
    ] {
        let error = settings(&section(&emulator, json!({ name: "https://a.example/" }))).unwrap_err();
        assert!(error.to_string().contains(missing), "{error}");
    }
}

#[test]
fn what_an_environment_says_itself_is_no_other_issuer() {
    let emulator = MaskinportenEmulator::start_blocking().unwrap();
    let both = |issuer: &str| json!({ "Issuer": issuer, "TokenEndpoint": "https://test.maskinporten.no/token" });
    let known = settings(&section(&emulator, both("https://test.maskinporten.no/"))).unwrap();
    assert_eq!(*known.environment(), Environment::Test);
    assert_eq!(
        (known.configured_issuer(), known.configured_token_endpoint()),
        (None, None)
    );

    // Maskinporten compares to the letter (MP-110).
    let mut without_slash = both("https://test.maskinporten.no");
    without_slash["Environment"] = "test".into();
    let warned = settings(&section(&emulator, without_slash)).unwrap();
    assert_eq!(
        warned.warnings(),
        [
            "`M.Issuer` differs from the environment's own by the slash at its end, and is sent as it is; Maskinporten refuses the \
             wrong one (MP-110)"
        ]
    );
    let mixed = json!({ "Environment": "prod", "TokenEndpoint": "https://test.maskinporten.no/token" });
    assert_eq!(
        settings(&section(&emulator, mixed)).unwrap().warnings(),
        ["`M.Environment` is production, `M.TokenEndpoint` looks like one of test"]
    );
}

#[tokio::test]
async fn an_issuer_that_changes_is_told_with_both_its_names() {
    let (log, _guard) = capture_at(Level::WARN);
    let emulator = MaskinportenEmulator::start().await.unwrap();
    let own = section(&emulator, json!({ "Authority": emulator.issuer() }));
    let client = MaskinportenClient::builder(settings(&own).unwrap())
        .ca_pem(emulator.ca_pem())
        .build()
        .unwrap();
    client.check().await.unwrap();
    assert_eq!(log.text(), "");

    let before = emulator.issuer();
    let now = before.trim_end_matches('/');
    let metadata = json!({ "issuer": now, "token_endpoint": emulator.token_endpoint() }).to_string();
    emulator.inject(Fault::status(200, metadata).for_kind(RequestKind::Metadata));
    let refused = oauth_error(400, "invalid_grant", "Invalid JWT claim aud", Some(110));
    emulator.inject(Fault::new(refused).for_kind(RequestKind::Token).once());
    drop(client.token(&TokenRequest::new(["altinn:serviceowner"])).await);
    let told = log.text();
    let told: Vec<&str> = told
        .lines()
        .filter(|line| line.contains("names another issuer"))
        .collect();
    assert_eq!(told.len(), 1, "{}", log.text());
    assert!(
        told[0].contains(&format!("issuer={now} ")) && told[0].contains(&format!("issuer_before={before} ")),
        "{told:?}"
    );
}

/// For a start-up that must not come up broken: what it says is what a request would have been told.
#[tokio::test]
async fn a_check_at_start_fails_as_the_first_request_would() {
    let emulator = MaskinportenEmulator::start().await.unwrap();
    let said = json!({
        "Authority": emulator.issuer(), "TokenExchangeEnvironment": emulator.exchange_base(), "ExchangeToAltinnToken": true,
    });
    let section = section(&emulator, said);
    let client = || {
        let builder = MaskinportenClient::builder(settings(&section).unwrap());
        builder.ca_pem(emulator.ca_pem()).build().unwrap()
    };
    client().check().await.unwrap();
    assert_eq!(emulator.counts().exchange_requests, 1);
    let id = emulator.client().client_id().to_owned();
    emulator.set_keys(&id, [ClientKey::generate()]).unwrap();
    let (checked, asked) = (client(), client());
    let checked = checked.check().await.unwrap_err().to_string();
    let asked = asked
        .altinn_token(asked.default_request())
        .await
        .unwrap_err()
        .to_string();
    let without_trace = |text: &str| text.split(" (trace id").next().unwrap().to_owned();
    assert_eq!(without_trace(&checked), without_trace(&asked));
    assert!(!checked.contains('\n') && checked.contains("`kid`"), "{checked}");
}
