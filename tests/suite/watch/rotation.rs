//! Secrets and keys that are rotated while requests are on their way.

use maskinporten::{HealthState, MaskinportenClientBuilder};
use maskinporten_emulator::{ClientKey, ClientSpec, MaskinportenEmulator};

use super::*;

const ROTATIONS: usize = 50;
const REQUESTS: usize = 200;
const CLIENT: &str = "a-client-whose-key-is-rotated";

fn scope(rotation: usize) -> String {
    format!("rotation:{rotation}")
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut line = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        line = format!("{line}: {cause}");
        next = cause.source();
    }
    line
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_rotations_under_load_fail_no_request_and_each_is_told_once() {
    let world = World::start().await;
    // A handful of keys, used in turn: making one takes long.
    let keys: Vec<ClientKey> = (0..3).map(|_| ClientKey::generate()).collect();
    let spec = ClientSpec::new(CLIENT)
        .scopes((0..=ROTATIONS).map(scope))
        .key(keys[0].clone());
    let maskinporten = MaskinportenEmulator::builder()
        .client(spec)
        .start()
        .await
        .expect("it starts");
    let set = |name: &str, value: String| world.vault.set(&format!("MaskinportenSettings--{name}"), value);
    let use_of = |rotation: usize, before: &[ClientKey]| {
        let key = keys[rotation % keys.len()].clone();
        let registered = before.iter().cloned().chain([key.clone()]);
        let client = maskinporten.set_keys(CLIENT, registered).expect("the client");
        set("EncodedJwk", client.encoded_jwk());
        set("Scope", scope(rotation));
        key
    };
    set("Environment", maskinporten.issuer());
    set("ClientId", CLIENT.to_owned());
    let mut key = use_of(0, &[]);

    let watch = watching(&world.source()).await;
    let mut changes = watch.changes();
    let client = MaskinportenClientBuilder::watching(watch.receiver(), "MaskinportenSettings")
        .ca_pem(maskinporten.ca_pem())
        .build()
        .expect("the settings are good");
    let http = client.http_client();

    let url = maskinporten.api_url();
    let ask = || {
        let request = http.get(&url).send();
        tokio::spawn(async move {
            let reply = match request.await {
                Ok(reply) => reply,
                Err(error) => return Some(chain(&error)),
            };
            let status = reply.status();
            match reply.text().await {
                Ok(told) if status == 200 && told.contains(CLIENT) => None,
                Ok(told) => Some(format!("{status} {told}")),
                Err(error) => Some(chain(&error)),
            }
        })
    };
    let half_of_them = || -> Vec<_> { (0..REQUESTS / 2).map(|_| ask()).collect() };
    let mut under_way = half_of_them();
    for rotation in 1..=ROTATIONS {
        // Half of them were there at the rotation before, and half will be at the next.
        let half = half_of_them();
        let new = use_of(rotation, &[key]);
        let change = watch.refresh().await.expect("it loads");
        // The old one is taken away: whoever still signs with it is refused.
        maskinporten.set_keys(CLIENT, [new.clone()]).expect("the client");
        key = new;
        let keys: Vec<&str> = change.keys.iter().map(|changed| changed.key.as_str()).collect();
        assert_eq!(keys, ["MaskinportenSettings.EncodedJwk", "MaskinportenSettings.Scope"]);
        assert_eq!(changes.next().await.as_ref(), Some(&change), "rotation {rotation}");
        assert_eq!(changes.untold(), None, "it is told once");
        let token = client.token(client.default_request()).await.expect("a token");
        assert_eq!(token.scope(), Some(scope(rotation).as_str()));
        for (n, request) in std::mem::replace(&mut under_way, half).into_iter().enumerate() {
            let failure = request.await.expect("it ends");
            assert_eq!(failure, None, "request {n} of rotation {rotation}");
        }
    }
    for request in under_way {
        assert_eq!(request.await.expect("it ends"), None);
    }
    assert_eq!(client.health().state, HealthState::Healthy);
    leaks::assert_clean_debug(&client);
    leaks::assert_clean_logs();
}
