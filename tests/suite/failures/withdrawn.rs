//! A token that was taken and is refused now, with credentials that cache it; and inputs that were bad and are good.

use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use azure_core::time::OffsetDateTime;
use config_azure_keyvault::{AzureKeyVault, ErrorKind, Stage};
use keyvault_emulator::{Fault, FaultAction, KeyVaultEmulator, Protocols, RequestKind, SecretSeed};
use tempfile::TempDir;

use super::child::Child;
use super::identity::AUTHORITY;
use super::{assert_loaded, fails, loads};
use crate::support::{World, error_of, leaks, withdrawn};

/// Twelve secrets over connections of their own, many times.
const BOUND: Duration = Duration::from_secs(20);

const NAMES: [&str; 12] = ["A", "B", "C", "D", "E", "F", "G", "H", "I", "J", "K", "L"];

async fn world(protocols: Protocols) -> World {
    let emulator = KeyVaultEmulator::builder()
        .client("5e1f0c8a-0000-4000-8000-00000000c11e", leaks::marker())
        .protocols(protocols);
    let world = World::of(emulator.start().await.expect("the emulator starts"));
    world.seed(&NAMES);
    world
}

/// A directory with a federated token in it.
struct Federated(TempDir);

impl Federated {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a directory"))
    }

    fn write(&self, token: &str) {
        std::fs::write(self.0.path().join("token"), token).expect("a file");
    }

    fn sign_in(&self, world: &World) -> AzureKeyVault {
        let file = self.0.path().join("token").display().to_string();
        let mut variables = world.variables();
        variables.retain(|(name, _)| name != "AZURE_CLIENT_SECRET");
        variables.push(("AZURE_FEDERATED_TOKEN_FILE".to_owned(), file));
        world.source().process_environment(variables)
    }
}

/// All secrets are new, so that they are got.
fn change(world: &World) {
    static UPDATED: AtomicI64 = AtomicI64::new(1_600_000_000);
    for name in NAMES {
        let updated = UPDATED.fetch_add(1, Ordering::Relaxed);
        world
            .vault
            .seed(SecretSeed::new(name, leaks::marker()).updated(updated));
    }
}

/// Every credential that keeps its tokens, on this world.
fn caching(world: &World, federated: &Federated) -> [AzureKeyVault; 2] {
    federated.write(&world.emulator.federated_token());
    [world.source(), federated.sign_in(world)]
}

#[tokio::test]
async fn between_two_loads() {
    let world = world(Protocols::Both).await;
    let federated = Federated::new();
    for source in caching(&world, &federated) {
        loads(&source, BOUND).await;
        // Nothing was withdrawn, and nobody signs in again.
        world.emulator.clear_requests();
        loads(&source, BOUND).await;
        assert_eq!(world.emulator.counts().token_requests, 0);
        for kind in [RequestKind::List, RequestKind::Get] {
            change(&world);
            world.emulator.clear_requests();
            world.emulator.inject(withdrawn().for_kind(kind).once());
            let config = loads(&source, BOUND).await;
            assert_loaded(&world, &config, &NAMES);
            assert_eq!(world.emulator.counts().token_requests, 1, "{kind:?}: a new token");
        }
    }
}

/// Many requests at once are refused: one signs in anew, and all of them send what it got.
#[tokio::test]
async fn in_the_middle_of_a_load() {
    for protocols in [Protocols::Http1, Protocols::Http2] {
        for refused in [2, NAMES.len()] {
            let world = world(protocols).await;
            let federated = Federated::new();
            for source in caching(&world, &federated) {
                world.emulator.clear_requests();
                world
                    .emulator
                    .inject(withdrawn().for_kind(RequestKind::Get).times(refused));
                // All of them are refused before anybody has a new token.
                let slow = Fault::delay(Duration::from_millis(250));
                world.emulator.inject(slow.for_kind(RequestKind::Token));
                let config = loads(&source, BOUND).await;
                assert_loaded(&world, &config, &NAMES);
                world.emulator.clear_faults();
                let counts = world.emulator.counts();
                assert_eq!(counts.token_requests, 2, "{refused} {protocols:?}: {counts:?}");
            }
        }
    }
}

#[tokio::test]
async fn what_is_refused_for_good_fails_and_is_asked_for_once() {
    let world = world(Protocols::Both).await;
    let source = world.source();
    loads(&source, BOUND).await;
    world.emulator.clear_requests();
    world.emulator.inject(withdrawn().for_kind(RequestKind::List));
    let line = "list failed: 401 Unauthorized: AKV10022: Withdrawn; the token was refused: check that \
                app.vault.azure.test is of the tenant and the cloud that you sign in to";
    for tokens in [1, 2] {
        fails(&source, BOUND, (ErrorKind::Unauthorized, Stage::List), line).await;
        assert_eq!(world.emulator.counts().token_requests, tokens);
    }
    world.emulator.clear_faults();
    loads(&source, BOUND).await;
}

/// The input of each credential is bad, then good, on the same handle.
#[tokio::test]
async fn bad_then_good() {
    let world = world(Protocols::Both).await;
    let federated = Federated::new();

    // A file that is not there, is empty, or holds nonsense or a worthless token.
    let source = federated.sign_in(&world);
    let expired = "eyJhbGciOiJSUzI1NiJ9.eyJleHAiOjF9.c2ln";
    for bad in [None, Some(""), Some("nonsense"), Some(expired)] {
        if let Some(bad) = bad {
            federated.write(bad);
        }
        let text = error_of(&source).await;
        assert!(text.contains("workload identity"), "{text}");
        federated.write(&world.emulator.federated_token());
        assert_loaded(&world, &loads(&source, BOUND).await, &NAMES);
        // And bad again while a token is kept: nobody notices, as nobody signs in.
        federated.write("nonsense");
        loads(&source, BOUND).await;
        world.emulator.inject(withdrawn().for_kind(RequestKind::List).once());
        let text = error_of(&source).await;
        assert!(text.contains("workload identity"), "{text}");
    }

    // The token endpoint refuses a secret until it is known there.
    let source = world.source();
    let unknown = keyvault_emulator::entra_error(401, "invalid_client", 7_000_215, "Invalid client secret provided.");
    world
        .emulator
        .inject(Fault::new(unknown).for_kind(RequestKind::Token).times(2));
    for _ in 0..2 {
        assert!(error_of(&source).await.contains("AADSTS7000215"));
    }
    assert_loaded(&world, &loads(&source, BOUND).await, &NAMES);

    // Whatever of the vault's own fails.
    for kind in [RequestKind::List, RequestKind::Get] {
        change(&world);
        world.emulator.inject(Fault::status(400, "{}").for_kind(kind).once());
        error_of(&source).await;
        assert_loaded(&world, &loads(&source, BOUND).await, &NAMES);
    }
}

/// Managed identity: no identity is assigned yet, or somebody else answers in its place.
#[tokio::test]
async fn managed_identity_bad_then_good() {
    let world = world(Protocols::Both).await;
    let imds = world.emulator.imds_authority();
    let none = r#"{"error":"invalid_request","error_description":"Identity not found"}"#;
    for variables in [vec![], vec![("AZURE_CLIENT_ID", world.emulator.client_id())]] {
        let variables = variables.into_iter().chain([(AUTHORITY, imds.as_str())]);
        let source = world.source().process_environment(variables);
        for bad in [
            Fault::status(400, none),
            Fault::new(FaultAction::Html { status: 403 }),
            Fault::status(200, "{}"),
            Fault::status(200, "nonsense"),
        ] {
            world.emulator.inject(bad.for_kind(RequestKind::Identity));
            for _ in 0..2 {
                let text = error_of(&source).await;
                assert!(
                    text.contains("managed identity (") && text.contains(" got no token from IMDS"),
                    "{text}"
                );
            }
            world.emulator.clear_faults();
            assert_loaded(&world, &loads(&source, BOUND).await, &NAMES);
            // What was got is kept, so the next one signs in only because the vault refuses.
            world.emulator.inject(withdrawn().for_kind(RequestKind::List).once());
            assert_loaded(&world, &loads(&source, BOUND).await, &NAMES);
            world.emulator.inject(withdrawn().for_kind(RequestKind::List).times(3));
            error_of(&source).await;
            world.emulator.clear_faults();
        }
    }
}

/// A credential of the caller's own that caches, as those of the SDK do, and whose input is what it is at the time.
#[derive(Debug, Default)]
struct Own {
    input: Mutex<Option<Result<String, &'static str>>>,
    asked: AtomicUsize,
}

#[async_trait::async_trait]
impl TokenCredential for Own {
    async fn get_token(&self, _: &[&str], _: Option<TokenRequestOptions<'_>>) -> azure_core::Result<AccessToken> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let input = self.input.lock().expect("nobody panicked").clone();
        match input {
            None => std::future::pending().await,
            Some(Ok(token)) => {
                let ends = OffsetDateTime::now_utc() + azure_core::time::Duration::hours(1);
                Ok(AccessToken::new(token, ends))
            }
            Some(Err(text)) => Err(azure_core::Error::with_message(
                azure_core::error::ErrorKind::Credential,
                text,
            )),
        }
    }
}

#[tokio::test]
async fn a_credential_given_in_code_bad_then_good() {
    let world = world(Protocols::Both).await;
    let own = Arc::new(Own::default());
    let source = world.source().credential(Arc::clone(&own) as Arc<dyn TokenCredential>);
    let source = source.credential_timeout(Duration::from_secs(1));
    let give = |input| *own.input.lock().expect("nobody panicked") = input;
    let token = || {
        let token = world.emulator.access_token("https://vault.azure.test");
        leaks::watch(token.clone());
        token
    };
    // It hangs, it fails, it gives nothing, it gives what no header takes, it gives a token for somebody else.
    let foreign = world.emulator.access_token("https://graph.example");
    leaks::watch(foreign.clone());
    for bad in [
        None,
        Some(Err("no card")),
        Some(Ok(String::new())),
        Some(Ok("a\nb".to_owned())),
        Some(Ok(foreign)),
    ] {
        for _ in 0..2 {
            give(bad.clone());
            error_of(&source).await;
        }
        give(Some(Ok(token())));
        assert_loaded(&world, &loads(&source, BOUND).await, &NAMES);
        // Nobody is asked again for a token that serves, and one that is withdrawn is replaced.
        let asked = own.asked.load(Ordering::Relaxed);
        loads(&source, BOUND).await;
        assert_eq!(own.asked.load(Ordering::Relaxed), asked);
        give(Some(Ok(token())));
        world.emulator.inject(withdrawn().for_kind(RequestKind::List).once());
        loads(&source, BOUND).await;
        assert_eq!(own.asked.load(Ordering::Relaxed), asked + 1);
        give(bad);
        world.emulator.inject(withdrawn().for_kind(RequestKind::List).times(2));
        error_of(&source).await;
        world.emulator.clear_faults();
    }
}

/// Out of a cache that looks at no clock. The next one may be good; if it is not, this machine's clock may be wrong, and the vault
/// judges. However many secrets there are, it is asked for twice in a load.
#[tokio::test]
async fn a_token_that_is_dead_on_arrival() {
    #[derive(Debug)]
    struct Cached {
        token: String,
        dead: usize,
        asked: AtomicUsize,
    }
    #[async_trait::async_trait]
    impl TokenCredential for Cached {
        async fn get_token(&self, _: &[&str], _: Option<TokenRequestOptions<'_>>) -> azure_core::Result<AccessToken> {
            let hours = azure_core::time::Duration::hours(1);
            let now = OffsetDateTime::now_utc();
            match self.asked.fetch_add(1, Ordering::Relaxed) < self.dead {
                true => Ok(AccessToken::new(self.token.clone(), now - hours)),
                false => Ok(AccessToken::new(self.token.clone(), now + hours)),
            }
        }
    }
    let world = world(Protocols::Both).await;
    for (dead, asked) in [(0, [1, 1]), (1, [2, 2]), (2, [2, 3]), (usize::MAX, [2, 4])] {
        let token = world.emulator.access_token("https://vault.azure.test");
        leaks::watch(token.clone());
        let cached = Arc::new(Cached {
            token,
            dead,
            asked: AtomicUsize::new(0),
        });
        let source = world
            .source()
            .credential(Arc::clone(&cached) as Arc<dyn TokenCredential>);
        for asked in asked {
            change(&world);
            assert_loaded(&world, &loads(&source, BOUND).await, &NAMES);
            assert_eq!(cached.asked.load(Ordering::Relaxed), asked, "{dead} are dead");
        }
    }
}

/// What reads the process's own environment: App Service's identity, and the command line tools of a developer.
#[cfg(unix)]
#[tokio::test]
async fn what_the_process_environment_signs_in_bad_then_good() {
    use std::os::unix::fs::PermissionsExt as _;

    let world = world(Protocols::Both).await;
    world.emulator.default_vault().set("A", leaks::marker());
    let both = async |environment: &[(&str, &str)], words: &str| {
        let child = Child {
            vault: &world.emulator.url(),
            ca: Some(world.emulator.ca_pem()),
            environment,
            loads: 3,
        };
        let said = child.run_all().await;
        assert!(said[0].contains(words), "{said:?}");
        assert_eq!(said[1..], ["loaded 1", "loaded 1"]);
    };
    let endpoint = world.emulator.identity_endpoint();
    let refused = r#"{"statusCode":401,"message":"The X-IDENTITY-HEADER header is missing or wrong"}"#;
    let refused = Fault::status(401, refused).for_kind(RequestKind::Identity);
    world.emulator.inject(refused.once());
    both(
        &[
            ("IDENTITY_ENDPOINT", &endpoint),
            ("IDENTITY_HEADER", world.emulator.identity_header()),
        ],
        "managed identity (the environment names nothing else) got no token from 127.0.0.1: 401",
    )
    .await;

    // Tools that nobody is signed in with when they are asked first.
    let token = world.emulator.access_token("https://vault.azure.net");
    leaks::watch(token.clone());
    let az = format!(r#"{{"accessToken":"{token}","expires_on":4102444800,"tokenType":"Bearer"}}"#);
    let azd = format!(r#"{{"token":"{token}","expiresOn":"2100-01-01T00:00:00Z"}}"#);
    for (name, tool, reply) in [
        ("AzureCliCredential", "az", &az),
        ("AzureDeveloperCliCredential", "azd", &azd),
        ("dev", "az", &az),
        ("dev", "azd", &azd),
    ] {
        let tools = tempfile::tempdir().expect("a directory");
        let here = tools.path().display();
        let script = format!(
            "#!/bin/sh\nif [ -e {here}/asked ]; then printf '%s' '{reply}'; else : >{here}/asked; echo 'nobody is signed in' >&2; exit 1; fi\n"
        );
        let path = tools.path().join(tool);
        std::fs::write(&path, script).expect("a file");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).expect("a program");
        let environment = [
            ("AZURE_TOKEN_CREDENTIALS", name),
            ("PATH", &format!("{here}:/usr/bin:/bin")),
        ];
        both(&environment, "gave no token: ").await;
    }
}

/// The sources say something else at each load: the section's secret, wrong and then right.
#[tokio::test]
async fn a_secret_of_the_settings_bad_then_good() {
    let world = world(Protocols::Both).await;
    let source = world.signed_in(AzureKeyVault::default());
    let earlier = |secret: &str| {
        crate::support::over(
            &serde_json::json!({ "kvSetting": {
                "SecretUri": world.url,
                "TenantId": world.emulator.tenant(),
                "ClientId": world.emulator.client_id(),
                "ClientSecret": secret,
            } })
            .to_string(),
        )
    };
    for _ in 0..2 {
        let text = crate::support::error_over(earlier(&leaks::marker()), &source).await;
        assert!(text.contains("AADSTS7000215"), "{text}");
        let config = crate::support::load_over(earlier(world.emulator.client_secret()), &source).await;
        assert_loaded(&world, &config.expect("it loads"), &NAMES);
    }
}

/// A lifetime that no clock can hold.
#[tokio::test]
async fn an_absurd_lifetime_is_no_panic() {
    for lifetime in [
        "300000000000",
        "9223372036854775807",
        "-9223372036854775808",
        "-1",
        "1e300",
        "9223372036854775808",
        "\"x\"",
        "null",
    ] {
        let world = world(Protocols::Both).await;
        let token = world.emulator.access_token("https://vault.azure.test");
        leaks::watch(token.clone());
        let reply = format!(r#"{{"token_type":"Bearer","expires_in":{lifetime},"access_token":"{token}"}}"#);
        world
            .emulator
            .inject(Fault::status(200, reply).for_kind(RequestKind::Token));
        let source = world.source();
        // An integer is brought within bounds; what is none is no reply of a token endpoint.
        if lifetime.parse::<i64>().is_ok() {
            for _ in 0..2 {
                assert_loaded(&world, &loads(&source, BOUND).await, &NAMES);
            }
        } else {
            for _ in 0..2 {
                let text = error_of(&source).await;
                assert!(text.contains("got no token from localhost: the reply is not"), "{text}");
            }
        }
    }
}
