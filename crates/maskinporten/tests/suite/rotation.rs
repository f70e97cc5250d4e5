//! Settings and keys that change while the client runs.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use config::Config;
use maskinporten::{HealthState, MaskinportenClient, MaskinportenClientBuilder, TokenRequest};
use maskinporten_emulator::{Client, ClientKey, ClientSpec, Fault, MaskinportenEmulator, RequestKind};
use tokio::sync::watch;
use tracing::Level;

use crate::log::{Log, capture_at};
use crate::world::{OTHER_SCOPE, SCOPE};

const SECTION: &str = "MaskinportenSettings";

/// A configuration that changes, and who follows it.
struct Rotation {
    emulator: MaskinportenEmulator,
    sender: watch::Sender<Arc<Config>>,
}

impl Rotation {
    async fn start() -> Self {
        Self::of(MaskinportenEmulator::start().await.unwrap())
    }

    fn of(emulator: MaskinportenEmulator) -> Self {
        let first = config(&emulator, &emulator.client(), &[("Scope", SCOPE)]);
        let (sender, _) = watch::channel(Arc::new(first));
        Self { emulator, sender }
    }

    fn builder(&self) -> MaskinportenClientBuilder {
        MaskinportenClientBuilder::watching(self.sender.subscribe(), SECTION)
            .ca_pem(self.emulator.ca_pem())
            .plain_http_to_loopback(true)
    }

    fn client(&self) -> MaskinportenClient {
        self.builder().build().unwrap()
    }

    /// The configuration says this from now on.
    fn set(&self, client: &Client, more: &[(&str, &str)]) {
        self.sender.send_replace(Arc::new(config(&self.emulator, client, more)));
    }

    /// Registers another key beside those that are given, and sets it.
    fn rotate(&self, key: &ClientKey, beside: &[&ClientKey], scope: &str) {
        let keys: Vec<ClientKey> = beside.iter().map(|key| (*key).clone()).chain([key.clone()]).collect();
        let client = self
            .emulator
            .set_keys(self.emulator.client().client_id(), keys)
            .unwrap();
        self.set(&client, &[("Scope", scope)]);
    }

    fn token_requests(&self) -> usize {
        self.emulator.counts().token_requests
    }
}

fn config(emulator: &MaskinportenEmulator, client: &Client, more: &[(&str, &str)]) -> Config {
    let settings = [
        ("Environment", emulator.issuer()),
        ("TokenExchangeEnvironment", emulator.exchange_base()),
        ("ClientId", client.client_id().to_owned()),
        ("EncodedJwk", client.encoded_jwk()),
    ];
    let more = more.iter().map(|(name, value)| (*name, (*value).to_owned()));
    let mut config = Config::builder();
    for (name, value) in settings.into_iter().chain(more) {
        config = config.set_override(format!("{SECTION}.{name}"), value).unwrap();
    }
    config.build().unwrap()
}

/// Lets time pass; what that begins runs in real time, as it speaks with a server.
async fn pass(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}

fn count(log: &Log, text: &str) -> usize {
    log.text().matches(text).count()
}

async fn token(client: &MaskinportenClient) -> Arc<maskinporten::Token> {
    client.token(client.default_request()).await.unwrap()
}

#[tokio::test]
async fn key_and_scope_change_together_and_valid_tokens_serve_on() {
    let world = Rotation::start().await;
    let client = world.client();
    let first = token(&client).await;
    let old = world.emulator.client().key().clone();
    let new = ClientKey::generate();
    // The old key is gone at once: nothing may be signed with it any more.
    world.rotate(&new, &[], OTHER_SCOPE);

    assert_eq!(*client.default_request(), TokenRequest::new([OTHER_SCOPE]));
    assert_ne!(token(&client).await.secret(), first.secret());
    let requests = world.emulator.requests();
    let signed = requests
        .iter()
        .filter(|request| request.kind == RequestKind::Token)
        .count();
    assert_eq!(signed, 2);
    // Another key makes no token wrong.
    let again = client.token(&TokenRequest::new([SCOPE])).await.unwrap();
    assert!(Arc::ptr_eq(&again, &first), "the valid token serves on");
    assert_eq!((world.token_requests(), client.stats().token_requests), (2, 2));
    assert_ne!(old.kid(), new.kid());
}

#[tokio::test]
async fn what_does_not_concern_the_client_leaves_it_alone() {
    let (log, _guard) = capture_at(Level::INFO);
    let world = Rotation::start().await;
    let client = world.client();
    token(&client).await;
    for value in ["1", "2"] {
        let same = config(&world.emulator, &world.emulator.client(), &[("Scope", SCOPE)]);
        let more = Config::builder().add_source(same).set_override("Db.Password", value);
        world.sender.send_replace(Arc::new(more.unwrap().build().unwrap()));
        token(&client).await;
    }
    assert_eq!(world.token_requests(), 1);
    assert_eq!(count(&log, "new settings are in use"), 0, "{}", log.text());
}

#[tokio::test]
async fn another_client_id_has_tokens_of_its_own() {
    let world = Rotation::start().await;
    let client = world.client();
    let http = client.http_client();
    let told = || async {
        let reply = http.get(world.emulator.api_url()).send().await.unwrap();
        assert_eq!(reply.status(), 200);
        reply.text().await.unwrap()
    };
    let id = world.emulator.client().client_id().to_owned();
    assert!(told().await.contains(&id));
    let spec = ClientSpec::new("another-client")
        .scopes([SCOPE])
        .key(ClientKey::generate());
    let other = world.emulator.register(spec);
    world.set(&other, &[("Scope", SCOPE)]);
    let now = told().await;
    assert!(now.contains("another-client") && !now.contains(&id), "{now}");
    // Counters are of the client's whole life.
    assert_eq!(client.stats().token_requests, 2);
}

#[tokio::test]
async fn a_token_of_altinns_outlives_another_key_too() {
    let world = Rotation::start().await;
    let client = world.client();
    let altinn = client.altinn_token(client.default_request()).await.unwrap();
    world.rotate(&ClientKey::generate(), &[], SCOPE);
    let again = client.altinn_token(client.default_request()).await.unwrap();
    assert!(Arc::ptr_eq(&again, &altinn));
    assert_eq!(world.emulator.counts().exchange_requests, 1);
}

#[tokio::test]
async fn settings_that_cannot_be_used_leave_those_before_them() {
    let (log, _guard) = capture_at(Level::INFO);
    let world = Rotation::start().await;
    let client = world.client();
    assert_eq!(client.health().state, HealthState::Unknown);
    let first = token(&client).await;
    assert_eq!(client.health().state, HealthState::Healthy);

    let good = world.emulator.client();
    for (name, value, said) in [
        ("EncodedJwk", "bm8ga2V5IG9mIGFueWJvZHk=", "EncodedJwk"),
        ("Scope", "\"quoted\"", "Scope"),
        ("Environment", "staging", "Environment"),
    ] {
        world.set(&good, &[("Scope", SCOPE), (name, value)]);
        for _ in 0..3 {
            assert!(Arc::ptr_eq(&token(&client).await, &first));
        }
        let health = client.health();
        assert_eq!(health.state, HealthState::Degraded);
        let reason = health.reason.unwrap();
        assert!(reason.contains(said) && !reason.contains('\n'), "{reason}");
        assert!(!reason.contains(value) || name == "Environment", "{reason}");
    }
    assert_eq!(count(&log, "the newest settings cannot be used"), 3, "{}", log.text());

    world.set(&good, &[("Scope", OTHER_SCOPE)]);
    token(&client).await;
    assert_eq!(
        (client.health().state, client.health().reason),
        (HealthState::Healthy, None)
    );
    assert_eq!(count(&log, "can be used again"), 1, "{}", log.text());
}

#[tokio::test]
async fn a_key_that_is_not_known_yet_is_stood_in_for() {
    let (log, _guard) = capture_at(Level::INFO);
    let world = Rotation::start().await;
    let client = world.client();
    let old = world.emulator.client().key().clone();
    let new = ClientKey::generate();
    // Both are registered to have it written as a setting, and then Maskinporten does not know it yet.
    world.rotate(&new, &[&old], SCOPE);
    let id = world.emulator.client().client_id().to_owned();
    world.emulator.set_keys(&id, [old.clone()]).unwrap();

    for scope in [SCOPE, OTHER_SCOPE] {
        client.token(&TokenRequest::new([scope])).await.unwrap();
    }
    assert_eq!(world.token_requests(), 4, "each with the new key first");
    assert_eq!(count(&log, "the new signing key is not known yet"), 1, "{}", log.text());
    assert_eq!(client.health().state, HealthState::Healthy);
    let seen = world.emulator.seen_jtis();
    assert!(seen.len() >= 2, "each with an assertion of its own");

    world.emulator.set_keys(&id, [old, new]).unwrap();
    for scope in [SCOPE, OTHER_SCOPE] {
        client
            .token(&TokenRequest::new([scope]).resource("https://api.example/"))
            .await
            .unwrap();
    }
    assert_eq!(world.token_requests(), 6);
    assert_eq!(count(&log, "the new signing key is known now"), 1, "{}", log.text());
}

#[tokio::test]
async fn after_a_quarter_of_an_hour_the_key_before_is_tried_no_more() {
    let world = Rotation::start().await;
    let client = world.client();
    let (old, new) = (world.emulator.client().key().clone(), ClientKey::generate());
    world.rotate(&new, &[&old], SCOPE);
    let id = world.emulator.client().client_id().to_owned();
    world.emulator.set_keys(&id, [old]).unwrap();
    token(&client).await;
    pass(Duration::from_secs(14 * 60)).await;
    token(&client).await;
    assert_eq!(world.token_requests(), 4);
    pass(Duration::from_secs(2 * 60)).await;
    let error = client.token(client.default_request()).await.unwrap_err();
    assert!(error.to_string().contains("key identifier"), "{error}");
    assert_eq!(world.token_requests(), 5);
}

#[tokio::test]
async fn a_key_that_was_wrong_for_a_moment_does_not_hide_the_one_before_it() {
    let world = Rotation::start().await;
    let client = world.client();
    let known = world.emulator.client().key().clone();
    let id = world.emulator.client().client_id().to_owned();
    for _ in 0..2 {
        // Neither this one nor the one that corrects it is registered.
        world.rotate(&ClientKey::generate(), &[&known], SCOPE);
        world.emulator.set_keys(&id, [known.clone()]).unwrap();
        let _ = client.default_request();
    }
    token(&client).await;
    assert_eq!(world.token_requests(), 3);
}

#[tokio::test]
async fn no_other_refusal_is_an_occasion_for_the_key_before() {
    let world = Rotation::start().await;
    let client = world.client();
    let (old, new) = (world.emulator.client().key().clone(), ClientKey::generate());
    world.rotate(&new, &[&old], SCOPE);
    for (code, error) in [
        ("MP-100", "invalid_client"),
        ("MP-200", "invalid_scope"),
        ("MP-250", "invalid_scope"),
        ("MP-303", "invalid_altinn_customer_configuration"),
    ] {
        let body = format!(
            r#"{{"error":"{error}","error_description":"no","error_uri":"https://maskinporten.no/errors/{code}"}}"#
        );
        world.emulator.clear_faults();
        world
            .emulator
            .inject(Fault::status(400, body).for_kind(RequestKind::Token));
        let before = world.token_requests();
        let request = TokenRequest::new([SCOPE]).resource(format!("https://{code}.example/"));
        client.token(&request).await.unwrap_err();
        assert_eq!(world.token_requests(), before + 1, "{code}");
    }
}

/// Maskinporten's own words, and where they are from those of Keycloak (JWTClientAuthenticator) and Hydra (fosite's handler of RFC 7523).
#[tokio::test]
async fn in_whatever_words_the_key_is_refused_the_one_before_it_is_tried() {
    let world = Rotation::start().await;
    let client = world.client();
    let (old, new) = (world.emulator.client().key().clone(), ClientKey::generate());
    world.rotate(&new, &[&old], SCOPE);
    for (n, (error, description, uri)) in [
        ("invalid_grant", "Invalid assertion. Client authentication failed. Unknown key identifier (kid) for client.", ""),
        ("invalid_grant", "Expired key.", "https://maskinporten.no/errors/MP-121"),
        ("invalid_grant", "Invalid JWT signature.", "https://maskinporten.no/errors/MP-124"),
        ("invalid_client", "Unable to load public key", ""),
        (
            "invalid_grant",
            "The provided authorization grant is invalid. No public JWK was registered for issuer \\\"a\\\" and subject \\\"b\\\".",
            "",
        ),
        ("invalid_grant", "Unable to verify the integrity of the 'assertion' value.", ""),
    ]
    .into_iter()
    .enumerate()
    {
        let body = format!(r#"{{"error":"{error}","error_description":"{description}","error_uri":"{uri}"}}"#);
        let fault = Fault::status(400, body).for_kind(RequestKind::Token).once();
        world.emulator.inject(fault);
        let request = TokenRequest::new([SCOPE]).resource(format!("https://{n}.example/"));
        client.token(&request).await.expect(description);
        assert_eq!(world.token_requests(), 2 * (n + 1), "{description}");
    }
}

#[tokio::test]
async fn who_asks_while_the_old_key_goes_gets_a_token_with_the_new() {
    let emulator = MaskinportenEmulator::builder().round_trip(Duration::from_millis(150));
    let world = Rotation::of(emulator.start().await.unwrap());
    let client = world.client();
    // The metadata are there.
    token(&client).await;
    let request = TokenRequest::new([OTHER_SCOPE]);
    let under_way = tokio::spawn({
        let (client, request) = (client.clone(), request.clone());
        async move { client.token(&request).await }
    });
    tokio::task::yield_now().await;
    // It is on its way with a key that is gone when it arrives.
    world.rotate(&ClientKey::generate(), &[], SCOPE);
    let (first, second) = tokio::join!(under_way, client.token(&request));
    first.unwrap().unwrap();
    second.unwrap();

    // Nor does who insists come away with an error of the key that went.
    let insisting = request.fresh();
    let under_way = tokio::spawn({
        let (client, insisting) = (client.clone(), insisting.clone());
        async move { client.token(&insisting).await }
    });
    tokio::task::yield_now().await;
    world.rotate(&ClientKey::generate(), &[], SCOPE);
    let (first, second) = tokio::join!(under_way, client.token(&insisting));
    first.unwrap().unwrap();
    second.unwrap();
}

#[tokio::test]
async fn whoever_sent_the_settings_may_go() {
    let world = Rotation::start().await;
    let client = world.client();
    token(&client).await;
    let Rotation { emulator, sender } = world;
    sender.send_replace(Arc::new(config(
        &emulator,
        &emulator.client(),
        &[("Scope", OTHER_SCOPE)],
    )));
    drop(sender);
    // The last word counts.
    assert_eq!(*client.default_request(), TokenRequest::new([OTHER_SCOPE]));
    token(&client).await;
    assert_eq!(client.health().state, HealthState::Healthy);
}

#[test]
fn one_runtime_sends_the_settings_and_another_follows_them() {
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
    };
    let (a, b) = (runtime(), runtime());
    let world = a.block_on(Rotation::start());
    let client = world.client();
    // Nobody drives the first one any more.
    b.block_on(token(&client));
    world.rotate(&ClientKey::generate(), &[], OTHER_SCOPE);
    b.block_on(token(&client));
    drop(a);
    world.rotate(&ClientKey::generate(), &[], SCOPE);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            b.block_on(client.token(&TokenRequest::new(["altinn:serviceowner"])))
                .unwrap()
        });
    });
    assert_eq!(world.token_requests(), 3);
}

#[tokio::test]
async fn a_request_that_was_lent_stays_what_it_was() {
    let world = Rotation::start().await;
    let client = world.client();
    let first = client.default_request();
    for n in 0..100 {
        let scope = if n % 2 == 0 { OTHER_SCOPE } else { SCOPE };
        world.set(&world.emulator.client(), &[("Scope", scope)]);
        assert_eq!(*client.default_request(), TokenRequest::new([scope]));
    }
    assert_eq!(*first, TokenRequest::new([SCOPE]));
    assert!(std::ptr::eq(first, client.default_request()), "each is kept once");
}

/// A year in which posting a key again renews it with Maskinporten and not here: it is told, and nothing more.
#[tokio::test]
async fn the_end_of_a_key_is_told_a_month_before_and_once_a_day() {
    const DAY: u64 = 86_400;
    const NOW: u64 = 1_790_000_000;
    let (log, _guard) = capture_at(Level::INFO);
    let emulator = MaskinportenEmulator::builder().clock(|| NOW.cast_signed());
    let world = Rotation::of(emulator.start().await.unwrap());
    let client = world.emulator.client();
    let end = NOW + 29 * DAY + 600;
    let jwk = client.jwk_json().replacen('{', &format!(r#"{{"exp":{end},"#), 1);
    world.set(&client, &[("Scope", SCOPE), ("EncodedJwk", &jwk)]);
    let days = Arc::new(AtomicU64::new(0));
    let passed = Arc::clone(&days);
    let clock = move || UNIX_EPOCH + Duration::from_secs(NOW + passed.load(Ordering::SeqCst) * DAY / 2);
    let client = world.builder().clock(clock).build().unwrap();
    let said = || count(&log, "`MaskinportenSettings.EncodedJwk`: the signing key ends");
    assert_eq!(said(), 1, "{}", log.text());
    let asked = |n: u16| TokenRequest::new([SCOPE]).resource(format!("https://{n}.example/"));
    for n in 0..3 {
        client.token(&asked(n)).await.unwrap();
    }
    assert_eq!(said(), 1, "{}", log.text());
    assert!(
        log.text().contains("GMT, in 29 days: register another"),
        "{}",
        log.text()
    );

    // Half a day later, and a whole one. The server's clock did not go on: it refuses, and that does not matter here.
    for (half_days, times) in [(1_u16, 1), (2, 2), (3, 2), (70, 2)] {
        days.store(half_days.into(), Ordering::SeqCst);
        drop(client.token(&asked(100 + half_days)).await);
        assert_eq!(said(), times, "{}", log.text());
    }
    assert_eq!(count(&log, "the signing key ended"), 1, "{}", log.text());
}

/// The key of a client, by the name of its file.
fn by_file(world: &Rotation, path: &std::path::Path) -> Config {
    let settings = [
        ("Environment", world.emulator.issuer()),
        ("ClientId", world.emulator.client().client_id().to_owned()),
        ("CertificatePkcs12Path", path.to_str().unwrap().to_owned()),
        ("Scope", OTHER_SCOPE.to_owned()),
    ];
    let mut config = Config::builder();
    for (name, value) in settings {
        config = config.set_override(format!("{SECTION}.{name}"), value).unwrap();
    }
    config.build().unwrap()
}

#[tokio::test]
async fn a_key_file_that_was_missing_is_looked_for_again() {
    for goes in [false, true] {
        let (log, _guard) = capture_at(Level::INFO);
        let world = Rotation::start().await;
        let client = world.client();
        let first = token(&client).await;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key.pem");
        world.sender.send_replace(Arc::new(by_file(&world, &path)));
        let Rotation { emulator, sender } = world;
        let sender = (!goes).then_some(sender);
        assert!(Arc::ptr_eq(&token(&client).await, &first));
        assert_eq!(client.health().state, HealthState::Degraded);

        std::fs::write(&path, emulator.client().encoded_jwk()).unwrap();
        // Not at every token.
        assert!(Arc::ptr_eq(&token(&client).await, &first));
        pass(Duration::from_secs(31)).await;
        assert!(!Arc::ptr_eq(&token(&client).await, &first));
        assert_eq!(client.health().state, HealthState::Healthy, "{:?}", client.health());
        for said in [
            "the newest settings cannot be used",
            "the newest settings can be used again",
        ] {
            assert_eq!(count(&log, said), 1, "{}", log.text());
        }
        assert_eq!(
            count(&log, "nobody sends settings"),
            usize::from(goes),
            "{}",
            log.text()
        );
        drop(sender);
    }
}

#[tokio::test]
async fn what_another_client_id_came_to_says_nothing_of_the_one_in_use() {
    let world = Rotation::start().await;
    let client = world.client();
    world.emulator.inject(
        Fault::status(400, r#"{"error":"invalid_grant"}"#)
            .for_kind(RequestKind::Token)
            .once(),
    );
    client.token(client.default_request()).await.unwrap_err();
    assert_eq!(client.health().state, HealthState::Failing);

    let spec = ClientSpec::new("another-client")
        .scopes([SCOPE])
        .key(ClientKey::generate());
    let other = world.emulator.register(spec);
    let slow = Fault::delay(Duration::from_millis(300))
        .for_kind(RequestKind::Token)
        .once();
    world.emulator.inject(slow);
    // Another request: what was refused a moment ago is not asked again at once.
    let asked = {
        let client = client.clone();
        tokio::spawn(async move { client.token(&TokenRequest::new([OTHER_SCOPE])).await })
    };
    while world.token_requests() < 2 {
        assert!(!asked.is_finished());
        tokio::task::yield_now().await;
    }
    world.set(&other, &[("Scope", SCOPE)]);
    // The parts are exchanged by whoever asks first.
    let _ = client.default_request();
    let health = client.health();
    assert_eq!((health.state, health.reason), (HealthState::Unknown, None));
    asked.await.unwrap().unwrap();
    assert_eq!(client.health().state, HealthState::Unknown, "a token of the one before");
    assert_eq!(client.health().last_success, None);
    token(&client).await;
    assert_eq!(client.health().state, HealthState::Healthy);
}
