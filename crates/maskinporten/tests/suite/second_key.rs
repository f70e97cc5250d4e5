//! A second key of the settings, for the time in which the first is not known.

use std::sync::Arc;
use std::time::Duration;

use config::Config;
use maskinporten::{Error, ErrorKind, HealthState, KeyOptions, MaskinportenClient, MaskinportenSettings, TokenRequest};
use maskinporten_emulator::{ClientKey, Fault, MaskinportenEmulator, RequestKind, oauth_error};
use tokio::sync::watch;
use tracing::Level;

use crate::log::{Log, capture_at};
use crate::world::SCOPE;

const MINUTE: Duration = Duration::from_secs(60);

fn config(emulator: &MaskinportenEmulator, first: &ClientKey, second: Option<&ClientKey>) -> Config {
    let mut config = Config::builder();
    let text = |key: &ClientKey| key.jwk_json().unwrap();
    for (name, value) in [
        ("Environment", Some(emulator.issuer())),
        ("ClientId", Some(emulator.client().client_id().to_owned())),
        ("Scope", Some(SCOPE.to_owned())),
        ("EncodedJwk", Some(text(first))),
        ("SecondEncodedJwk", second.map(text)),
    ] {
        config = config.set_override(format!("M.{name}"), value).unwrap();
    }
    config.build().unwrap()
}

/// It registers these keys and no others.
fn register(emulator: &MaskinportenEmulator, keys: &[&ClientKey]) {
    let id = emulator.client().client_id().to_owned();
    emulator.set_keys(&id, keys.iter().map(|key| (*key).clone())).unwrap();
}

fn client(emulator: &MaskinportenEmulator, settings: MaskinportenSettings) -> MaskinportenClient {
    MaskinportenClient::builder(settings)
        .ca_pem(emulator.ca_pem())
        .build()
        .unwrap()
}

/// Each time another token.
async fn another(client: &MaskinportenClient, n: u32) -> Result<(), Error> {
    let request = TokenRequest::new([SCOPE]).resource(format!("https://{n}.example/"));
    client.token(&request).await.map(drop)
}

async fn pass(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}

fn count(log: &Log, text: &str) -> usize {
    log.text().matches(text).count()
}

const SERVES: &str = "the signing key is not known, and the second one serves, for 15 minutes more at most";
const OVER: &str = "the second signing key has stood in for 15 minutes, and is not used any more";
const KNOWN: &str = "the signing key is known now; the second one serves no more";

#[tokio::test]
async fn a_second_key_serves_for_fifteen_minutes_from_when_it_is_needed() {
    let (log, _guard) = capture_at(Level::INFO);
    let emulator = MaskinportenEmulator::start().await.unwrap();
    let (first, second) = (ClientKey::generate(), ClientKey::generate());
    register(&emulator, &[&first, &second]);
    let settings = MaskinportenSettings::from_config(&config(&emulator, &first, Some(&second)), "M").unwrap();
    assert_eq!(settings.second_key_setting(), Some("M.SecondEncodedJwk"));
    let client = client(&emulator, settings);
    another(&client, 0).await.unwrap();
    assert_eq!(count(&log, "second"), 0, "{}", log.text());

    // Long after the start: its time begins when it is needed.
    pass(60 * MINUTE).await;
    register(&emulator, &[&second]);
    for n in 1..4 {
        another(&client, n).await.unwrap();
    }
    assert_eq!(count(&log, SERVES), 1, "{}", log.text());

    pass(15 * MINUTE).await;
    let error = another(&client, 4).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert!(error.to_string().contains("Unknown key identifier"), "{error}");
    assert!(error.remedy().is_some_and(|remedy| remedy.contains("`kid`")), "{error}");
    another(&client, 5).await.unwrap_err();
    assert_eq!(count(&log, OVER), 1, "{}", log.text());

    // The first one is known again, and another time begins when it is not.
    register(&emulator, &[&first, &second]);
    another(&client, 6).await.unwrap();
    assert_eq!(count(&log, KNOWN), 1, "{}", log.text());
    register(&emulator, &[&second]);
    another(&client, 7).await.unwrap();
    assert_eq!(count(&log, SERVES), 2, "{}", log.text());
    assert!(!log.text().contains(first.jwk_json().unwrap().as_str()));
}

/// Maskinporten keeps a key for a year, and says so with a code of its own.
#[tokio::test]
async fn an_expired_key_is_stood_in_for() {
    let emulator = MaskinportenEmulator::start().await.unwrap();
    let (first, second) = (ClientKey::generate(), ClientKey::generate());
    register(&emulator, &[&first, &second]);
    let settings = MaskinportenSettings::new(emulator.client().client_id(), emulator.issuer().parse().unwrap())
        .key(first.jwk_json().unwrap(), KeyOptions::new())
        .second_key(second.jwk_json().unwrap(), KeyOptions::new());
    let client = client(&emulator, settings);
    let expired = oauth_error(400, "invalid_grant", "Invalid assertion. Expired key.", Some(121));
    emulator.inject(Fault::new(expired).for_kind(RequestKind::Token).once());
    another(&client, 0).await.unwrap();
    assert_eq!(emulator.counts().token_requests, 2);
}

#[tokio::test]
async fn a_refusal_of_something_else_does_not_try_the_second_key() {
    let emulator = MaskinportenEmulator::start().await.unwrap();
    let (first, second) = (ClientKey::generate(), ClientKey::generate());
    register(&emulator, &[&first, &second]);
    let settings = MaskinportenSettings::from_config(&config(&emulator, &first, Some(&second)), "M").unwrap();
    let client = client(&emulator, settings);
    let error = client.token(&TokenRequest::new(["not:mine"])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert_eq!(emulator.counts().token_requests, 1);
}

#[tokio::test]
async fn a_second_key_comes_and_goes_with_settings_that_change() {
    let (log, _guard) = capture_at(Level::INFO);
    let emulator = MaskinportenEmulator::start().await.unwrap();
    let keys: Vec<ClientKey> = (0..3).map(|_| ClientKey::generate()).collect();
    register(&emulator, &[&keys[0]]);
    let (sender, receiver) = watch::channel(Arc::new(config(&emulator, &keys[0], Some(&keys[1]))));
    let client = maskinporten::MaskinportenClientBuilder::watching(receiver, "M")
        .ca_pem(emulator.ca_pem())
        .build()
        .unwrap();
    another(&client, 0).await.unwrap();

    // Neither the new key nor the one before it is known: the second one is.
    register(&emulator, &[&keys[1]]);
    sender.send_replace(Arc::new(config(&emulator, &keys[2], Some(&keys[1]))));
    another(&client, 1).await.unwrap();
    assert_eq!(count(&log, SERVES), 1, "{}", log.text());

    // A change of something else does not begin its time anew.
    pass(14 * MINUTE).await;
    let same = Config::builder()
        .add_source(config(&emulator, &keys[2], Some(&keys[1])))
        .set_override("M.Kid", keys[2].kid())
        .unwrap();
    sender.send_replace(Arc::new(same.build().unwrap()));
    another(&client, 2).await.unwrap();
    pass(2 * MINUTE).await;
    another(&client, 3).await.unwrap_err();

    // One that is named no more serves no more, and one that is named anew does.
    sender.send_replace(Arc::new(config(&emulator, &keys[2], None)));
    another(&client, 4).await.unwrap_err();
    register(&emulator, &[&keys[0]]);
    sender.send_replace(Arc::new(config(&emulator, &keys[2], Some(&keys[0]))));
    another(&client, 5).await.unwrap();
    assert_eq!(client.health().state, HealthState::Healthy);
}

#[test]
fn a_second_key_is_read_with_the_settings() {
    let emulator = MaskinportenEmulator::start_blocking().unwrap();
    let key = ClientKey::generate();
    let read = |second: &str| {
        let config = Config::builder()
            .add_source(config(&emulator, &key, None))
            .set_override("M.SecondEncodedJwk", second)
            .unwrap();
        MaskinportenSettings::from_config(&config.build().unwrap(), "M")
    };
    let error = read("hunter2!").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Key);
    let shown = error.to_string();
    assert!(
        shown.starts_with("Maskinporten: key failed: `M.SecondEncodedJwk`: the key is neither JSON nor PEM"),
        "{shown}"
    );
    assert!(!shown.contains("hunter2"));
    let error = read(include_str!("../vectors/keys/pkcs8.pem")).unwrap_err().to_string();
    assert!(
        error.contains("`M.SecondEncodedJwk`: the key has no `kid`; give it as a JWK with its own `kid`"),
        "{error}"
    );
    let same = read(&key.jwk_json().unwrap()).unwrap();
    assert_eq!(same.warnings(), ["`M.SecondEncodedJwk` is the same key as the first"]);
    assert_eq!(read(" ").unwrap().second_key_setting(), None);
}
