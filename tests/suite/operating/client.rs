//! The lines of a Maskinporten client that the page quotes, and what it says of a key that is a file.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use config::{Config, File, FileFormat};
use maskinporten::{
    AppSecrets, KeyOptions, MaskinportenClient, MaskinportenClientBuilder, MaskinportenSettings, StoreError,
    TokenRequest, TokenStore,
};
use maskinporten_emulator::{ClientKey, Fault, MaskinportenEmulator, RequestKind, oauth_error};
use serde_json::{Value, json};
use tokio::sync::watch;
use tracing::Level;

use super::{OF_THE_CLIENT, assert_written, fits, quoted};
use crate::support::leaks;
use crate::support::lines::Lines;

const SECTION: &str = "MaskinportenSettings";
const SCOPE: &str = "altinn:serviceowner/instances.read";
const OTHER_SCOPE: &str = "altinn:serviceowner/instances.write";
const DAY: Duration = Duration::from_secs(86_400);

/// What was written so far.
struct Written {
    lines: Lines,
    all: Vec<(Level, String)>,
}

impl Written {
    /// What goes on in the background is waited for.
    async fn wait_for(&mut self, words: &str) {
        for _ in 0..2_000 {
            self.all.extend(self.lines.take());
            if self.all.iter().any(|(_, line)| fits(words, line)) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("nobody writes `{words}`: {:#?}", self.all);
    }
}

#[tokio::test]
async fn each_quoted_line_of_a_client_is_one_that_it_writes() {
    let mut written = Written {
        lines: Lines::listen_to("maskinporten"),
        all: Vec::new(),
    };
    settings_that_look_wrong();
    an_endpoint_for_an_authority().await;
    settings_that_change().await;
    keys_that_end();
    a_key_that_is_not_known_yet().await;
    a_second_key().await;
    a_key_that_is_gone().await;
    a_client_that_studio_does_not_know();
    an_issuer_that_changes().await;
    refused_tokens().await;
    a_store_that_fails().await;
    in_the_background(&mut written).await;
    written.all.extend(written.lines.take());

    let mut quoted = quoted();
    quoted.retain(|quoted| quoted.section == OF_THE_CLIENT);
    assert!(quoted.len() >= 20, "{}", quoted.len());
    assert_written(&quoted, &written.all);
    leaks::assert_clean_logs();
}

async fn start() -> MaskinportenEmulator {
    MaskinportenEmulator::start().await.expect("it starts")
}

/// The section of the emulator's client, with this beside it or in the place of it.
fn section(emulator: &MaskinportenEmulator, more: &Value) -> Config {
    let client = emulator.client();
    let mut section = json!({
        "Environment": emulator.issuer(), "ClientId": client.client_id(), "EncodedJwk": client.encoded_jwk(), "Scope": SCOPE,
    });
    let members = section.as_object_mut().expect("a section");
    for (name, value) in more.as_object().expect("settings") {
        members.insert(name.clone(), value.clone());
    }
    members.retain(|_, value| !value.is_null());
    over(&section)
}

fn over(section: &Value) -> Config {
    let text = json!({ SECTION: section }).to_string();
    let config = Config::builder().add_source(File::from_str(&text, FileFormat::Json));
    config.build().expect("it is JSON")
}

fn settings(emulator: &MaskinportenEmulator) -> MaskinportenSettings {
    MaskinportenSettings::from_config(&section(emulator, &json!({})), SECTION).expect("they are good")
}

fn client(emulator: &MaskinportenEmulator, settings: MaskinportenSettings) -> MaskinportenClientBuilder {
    MaskinportenClient::builder(settings).ca_pem(emulator.ca_pem())
}

fn built(builder: MaskinportenClientBuilder) -> MaskinportenClient {
    builder.build().expect("the settings are good")
}

/// A client that follows what is sent.
fn following(emulator: &MaskinportenEmulator, more: &Value) -> (MaskinportenClient, watch::Sender<Arc<Config>>) {
    let (sender, receiver) = watch::channel(Arc::new(section(emulator, more)));
    let builder = MaskinportenClientBuilder::watching(receiver, SECTION);
    (built(builder.ca_pem(emulator.ca_pem())), sender)
}

async fn token(client: &MaskinportenClient) {
    let token = client.token(client.default_request()).await.expect("a token");
    leaks::watch(token.secret());
}

/// Lets time pass; what that begins runs in real time, as it speaks with a server.
async fn pass(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}

fn certificate() -> String {
    let key = ClientKey::generate_certificate("310000000");
    key.private_key_pem().expect("a private key") + &key.certificate_pem()
}

fn settings_that_look_wrong() {
    let twice = ClientKey::generate().jwk_json();
    for section in [
        json!({ "Environment": "prod", "Scoope": SCOPE, "CertificateStoreThumbprint": "00",
            "EncodedJwk": ClientKey::generate().jwk_json() }),
        json!({ "Environment": "prod", "TokenExchangeEnvironment": "tt02", "Resource": "https://tt02.altinn.no/",
            "UseAltinnTestOrg": true, "EncodedJwk": ClientKey::generate().jwk_json() }),
        json!({ "Environment": "test", "Issuer": "https://test.maskinporten.no", "EncodedJwk": twice, "SecondEncodedJwk": twice }),
        json!({ "Environment": "test", "EncodedX509": certificate(), "Kid": "registered" }),
    ] {
        let mut section = section;
        section["ClientId"] = "a-client".into();
        MaskinportenSettings::from_config(&over(&section), SECTION).expect("they are usable");
    }
}

async fn an_endpoint_for_an_authority() {
    let emulator = start().await;
    let endpoint = json!({ "Environment": emulator.token_endpoint(), "EnableDebugLogging": true });
    let settings = MaskinportenSettings::from_config(&section(&emulator, &endpoint), SECTION);
    token(&built(client(&emulator, settings.expect("they are usable")))).await;
}

async fn settings_that_change() {
    let emulator = start().await;
    let (client, sender) = following(&emulator, &json!({}));
    for more in [json!({ "Scope": "\"quoted\"" }), json!({ "Scope": OTHER_SCOPE })] {
        sender.send_replace(Arc::new(section(&emulator, &more)));
        token(&client).await;
    }
    drop(sender);
    token(&client).await;
}

/// It is told where a key comes into use, without a request.
fn keys_that_end() {
    let of = |name: &str, key: &str, ahead: Duration| {
        let section = json!({ "Environment": "test", "ClientId": "a-client", "Scope": SCOPE, name: key });
        let settings = MaskinportenSettings::from_config(&over(&section), SECTION).expect("they are good");
        let clock = move || SystemTime::now() + ahead;
        built(MaskinportenClient::builder(settings).clock(clock));
    };
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let end = now.expect("after 1970") + 20 * DAY;
    let jwk = ClientKey::generate().jwk_json().expect("a private key");
    let jwk = jwk.replacen('{', &format!(r#"{{"exp":{},"#, end.as_secs()), 1);
    of("EncodedJwk", &jwk, Duration::ZERO);
    of("EncodedX509", &certificate(), 350 * DAY);
}

/// It is set, and registered a moment later.
async fn a_key_that_is_not_known_yet() {
    let emulator = start().await;
    let (client, sender) = following(&emulator, &json!({}));
    let id = emulator.client().client_id().to_owned();
    let (old, new) = (emulator.client().key().clone(), ClientKey::generate());
    emulator.set_keys(&id, [old.clone(), new.clone()]).expect("the client");
    let jwk = json!({ "EncodedJwk": new.jwk_json() });
    sender.send_replace(Arc::new(section(&emulator, &jwk)));
    emulator.set_keys(&id, [old.clone()]).expect("the client");
    token(&client).await;
    emulator.set_keys(&id, [old, new]).expect("the client");
    let other = client.token(&TokenRequest::new([OTHER_SCOPE])).await;
    other.expect("a token");
}

async fn a_second_key() {
    let emulator = start().await;
    let id = emulator.client().client_id().to_owned();
    let (first, second) = (emulator.client().key().clone(), ClientKey::generate());
    let more = json!({ "SecondEncodedJwk": second.jwk_json() });
    let settings = MaskinportenSettings::from_config(&section(&emulator, &more), SECTION).expect("they are good");
    let client = built(client(&emulator, settings));
    emulator.set_keys(&id, [second.clone()]).expect("the client");
    token(&client).await;
    pass(Duration::from_secs(16 * 60)).await;
    let other = TokenRequest::new([OTHER_SCOPE]);
    client.token(&other).await.expect_err("the time of the second is over");
    emulator.set_keys(&id, [first, second]).expect("the client");
    client
        .token(&other.resource("https://api.example/"))
        .await
        .expect("a token");
}

/// Another client, of a source after the mounted file.
fn a_client_that_studio_does_not_know() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("maskinporten-settings.json");
    let jwk = |key: ClientKey| serde_json::from_str::<Value>(&key.jwk_json().expect("a private key")).expect("JSON");
    let studios = json!({ SECTION: {
        "Authority": "https://test.maskinporten.no/", "ClientId": "studios", "Jwk": jwk(ClientKey::generate()),
    } });
    std::fs::write(&file, studios.to_string()).expect("it is written");
    let own = json!({ SECTION: { "ClientId": "own", "EncodedJwk": ClientKey::generate().jwk_json() } });
    let config = Config::builder()
        .add_source(AppSecrets::at(&file))
        .add_source(File::from_str(&own.to_string(), FileFormat::Json))
        .build()
        .expect("it is JSON");
    let settings = MaskinportenSettings::from_config(&config, SECTION).expect("they are good");
    // And without a scope, over plain HTTP.
    built(MaskinportenClient::builder(settings.allow_insecure_http(true)));
}

async fn an_issuer_that_changes() {
    let emulator = start().await;
    let client = built(client(&emulator, settings(&emulator)));
    token(&client).await;
    let issuer = emulator.issuer();
    let metadata = json!({ "issuer": issuer.trim_end_matches('/'), "token_endpoint": emulator.token_endpoint() });
    emulator.inject(Fault::status(200, metadata.to_string()).for_kind(RequestKind::Metadata));
    let refused = oauth_error(400, "invalid_grant", "Invalid JWT claim aud", Some(110));
    emulator.inject(Fault::new(refused).for_kind(RequestKind::Token).once());
    drop(client.token(&TokenRequest::new([OTHER_SCOPE])).await);
}

async fn a_key_that_is_gone() {
    let emulator = start().await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("key.jwk");
    std::fs::write(&file, emulator.client().jwk_json()).expect("it is written");
    let client = built(client(
        &emulator,
        settings(&emulator).key_file(&file, KeyOptions::new()),
    ));
    token(&client).await;
    std::fs::remove_file(&file).expect("it was there");
    emulator.rotate_key(emulator.client().client_id()).expect("the client");
    let refused = client.token(&TokenRequest::new([OTHER_SCOPE])).await;
    leaks::assert_clean_error(&refused.expect_err("its key is not known"));
}

async fn refused_tokens() {
    let emulator = start().await;
    let builder = || client(&emulator, settings(&emulator));
    let http = built(builder()).http_client();
    for _ in 0..2 {
        let reply = http.get(emulator.api_url()).send().await.expect("a reply");
        assert_eq!(reply.status(), 200);
        emulator.revoke_tokens();
    }
    let client = built(builder());
    let token = client.token(client.default_request()).await.expect("a token");
    client.invalidate(&token);
}

#[derive(Debug)]
struct Store(Arc<AtomicBool>);

#[async_trait]
impl TokenStore for Store {
    async fn get(&self, _: &str) -> Result<Option<Vec<u8>>, StoreError> {
        match self.0.load(Ordering::SeqCst) {
            true => Ok(None),
            false => Err("no connection".into()),
        }
    }

    async fn set(&self, key: &str, _: Vec<u8>, _: Duration) -> Result<(), StoreError> {
        self.get(key).await.map(drop)
    }
}

async fn a_store_that_fails() {
    let emulator = start().await;
    let answers = Arc::new(AtomicBool::new(false));
    let client = client(&emulator, settings(&emulator)).token_store(Store(Arc::clone(&answers)));
    let client = built(client);
    token(&client).await;
    answers.store(true, Ordering::SeqCst);
    pass(Duration::from_secs(11)).await;
    let other = client.token(&TokenRequest::new([OTHER_SCOPE])).await;
    other.expect("a token");
}

/// While what is held or known serves.
async fn in_the_background(written: &mut Written) {
    let emulator = start().await;
    let client = built(client(&emulator, settings(&emulator)));
    token(&client).await;
    // Not tried again for as long as the deadline has it.
    let refused = Fault::status(400, r#"{"error":"invalid_grant"}"#);
    emulator.inject(refused.for_kind(RequestKind::Token));
    pass(Duration::from_secs(80)).await;
    token(&client).await;
    written.wait_for("the token could not be refreshed; …").await;

    emulator.clear_faults();
    emulator.inject(Fault::status(503, "").for_kind(RequestKind::Metadata));
    pass(DAY / 2).await;
    token(&client).await;
    written.wait_for("metadata could not be refreshed; …").await;
}

/// The page's words of a key that is replaced at its path.
#[tokio::test]
async fn a_key_file_that_is_replaced_is_read_when_its_key_is_refused_and_no_request_fails() {
    leaks::listen();
    for watched in [false, true] {
        let emulator = start().await;
        let id = emulator.client().client_id().to_owned();
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("key.jwk");
        let (old, new) = (emulator.client().key().clone(), ClientKey::generate());
        std::fs::write(&file, old.jwk_json().expect("a private key")).expect("it is written");
        let by_file = json!({ "EncodedJwk": null, "CertificatePkcs12Path": file });
        let (client, sender) = match watched {
            true => following(&emulator, &by_file),
            false => {
                let settings = MaskinportenSettings::from_config(&section(&emulator, &by_file), SECTION);
                let client = client(&emulator, settings.expect("they are good"));
                (built(client), watch::channel(Arc::default()).0)
            }
        };
        token(&client).await;

        emulator.set_keys(&id, [old.clone(), new.clone()]).expect("the client");
        std::fs::write(&file, new.jwk_json().expect("a private key")).expect("it is written");
        if watched {
            let mut more = by_file.clone();
            more["Scope"] = OTHER_SCOPE.into();
            sender.send_replace(Arc::new(section(&emulator, &more)));
        }
        let asked = |n: u32| TokenRequest::new([SCOPE]).resource(format!("https://{n}.example/"));
        client.token(&asked(1)).await.expect("the old key is known still");
        emulator.set_keys(&id, [new.clone()]).expect("the client");
        client.token(&asked(2)).await.expect("the new key is read");
        client.token(&asked(3)).await.expect("and in use");

        let requests = emulator.requests();
        let signed: Vec<&str> = requests
            .iter()
            .filter_map(|request| request.header.as_ref()?["kid"].as_str())
            .collect();
        let (old, new) = (old.kid(), new.kid());
        assert_eq!(signed, [old, old, old, new, new], "watched: {watched}");
    }
    leaks::assert_clean_logs();
}
