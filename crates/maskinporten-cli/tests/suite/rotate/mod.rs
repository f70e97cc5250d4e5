//! `maskinporten rotate`.

mod killed;

use altinn_emulators::keyvault_emulator::{self, KeyVaultEmulator, Permissions, SecretPermission};
use altinn_emulators::maskinporten_emulator::{
    ClientKey, ClientSpec, Fault, MaskinportenEmulator, RequestKind, oauth_error,
};
use serde_json::{Value, json};

use crate::support::{Ran, World, decoded, now};

const KEY: &str = "MaskinportenSettings--EncodedJwk";
const STATE: &str = "MaskinportenSettings-Rotation";
const APP: &str = "the-app";
const SCOPE: &str = "altinn:serviceowner/instances.read";

/// An app, and beside it the client that may change keys, whose settings are in a section of their own.
fn world() -> World {
    let app = ClientSpec::new(APP).scopes([SCOPE]).key(key());
    let admin = ClientSpec::new("the-admin").scopes(["idporten:dcr.write"]);
    let maskinporten = MaskinportenEmulator::builder().client(app).client(admin);
    let world = World::of(KeyVaultEmulator::builder(), maskinporten);
    let admin = world
        .emulators
        .maskinporten
        .find_client("the-admin")
        .expect("the admin");
    world
        .emulators
        .vault
        .default_vault()
        .set("SelfService--EncodedJwk", admin.encoded_jwk());
    let mut settings = world.appsettings();
    settings["SelfService"] = json!({
        "Environment": world.emulators.maskinporten.issuer(), "ClientId": "the-admin", "Scope": "idporten:dcr.write",
    });
    world.write("appsettings.json", &settings);
    world
}

fn arguments<'a>(url: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec!["rotate", "--admin-section", "SelfService", "--self-service", url];
    arguments.extend(more);
    arguments
}

fn rotate(world: &World, more: &[&str]) -> Ran {
    let url = world.emulators.maskinporten.self_service_url();
    world.run(&arguments(&url, more))
}

/// The names of the keys that are registered.
fn registered(world: &World) -> Vec<String> {
    let keys = world.emulators.maskinporten.keys(APP).into_iter();
    keys.map(|key| key.kid().to_owned()).collect()
}

/// The name of the key that the app signs with.
fn in_force(world: &World) -> String {
    let value = world.emulators.vault.default_vault().value(KEY).expect("a key");
    let jwk: Value = serde_json::from_str(&decoded(&value).expect("base64")).expect("a JWK");
    jwk["kid"].as_str().expect("a kid").to_owned()
}

fn state(world: &World) -> Value {
    let text = world.emulators.vault.default_vault().value(STATE);
    text.map_or(Value::Null, |text| serde_json::from_str(&text).expect("JSON"))
}

/// Maskinporten takes the key that the vault has for the app.
#[track_caller]
fn works(world: &World) {
    let value = world.emulators.vault.default_vault().value(KEY).expect("a key");
    let key = ClientKey::from_jwk(&decoded(&value).expect("base64")).expect("a JWK");
    let maskinporten = &world.emulators.maskinporten;
    let (now, jti) = (now(), format!("{:?}", std::time::Instant::now()));
    let claims = json!({
        "aud": maskinporten.issuer(), "iss": APP, "scope": SCOPE, "iat": now, "exp": now + 100, "jti": jti,
    });
    let assertion = key.sign(&claims).expect("it signs");
    let body = format!("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion={assertion}");
    let request = maskinporten
        .http_client()
        .post(maskinporten.token_endpoint())
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let reply = runtime.expect("a runtime").block_on(request.send()).expect("a reply");
    assert_eq!(reply.status(), 200, "the app's key is taken");
}

/// One whose name does not look like a token, by chance.
fn key() -> ClientKey {
    loop {
        let key = ClientKey::generate();
        if !key.kid().contains("eyJ") {
            return key;
        }
    }
}

#[test]
fn a_plan_changes_nothing() {
    let world = world();
    let before = (registered(&world), in_force(&world));
    let ran = rotate(&world, &[]).well();
    assert_eq!(
        ran.stdout.lines().filter(|line| line.starts_with("to do  ")).count(),
        6,
        "{}",
        ran.stdout
    );
    assert!(ran.stderr.contains("--apply"), "{}", ran.stderr);
    assert_eq!((registered(&world), in_force(&world)), before);
    let requests = world.emulators.vault.requests();
    assert!(
        requests
            .iter()
            .all(|request| request.kind != keyvault_emulator::RequestKind::Set)
    );
    let requests = world.emulators.maskinporten.requests();
    assert!(
        requests
            .iter()
            .all(|request| request.kind == RequestKind::Token || request.method == "GET")
    );
}

#[test]
fn a_key_is_replaced_in_one_go_and_nothing_is_left_of_the_old_one() {
    let world = world();
    let old = in_force(&world);
    let ran = rotate(&world, &["--apply", "--grace", "0s", "-vvv"]).well();
    assert_eq!(
        ran.stdout.lines().filter(|line| line.starts_with("done   ")).count(),
        6,
        "{}",
        ran.stdout
    );
    let new = in_force(&world);
    assert_ne!(new, old);
    assert_eq!(registered(&world), std::slice::from_ref(&new));
    assert_eq!(state(&world), json!({ "finished": new }));
    works(&world);

    let again = rotate(&world, &["--apply"]).well();
    assert!(again.stderr.contains("within the last hour"), "{}", again.stderr);
    assert_eq!(in_force(&world), new);
    rotate(&world, &["--apply", "--grace", "0s", "--force"]).well();
    assert_ne!(in_force(&world), new);
    works(&world);
}

#[test]
fn a_client_that_may_change_its_own_keys_needs_no_other() {
    let scopes = [SCOPE, "idporten:dcr.write"];
    let app = ClientSpec::new(APP).scopes(scopes).key(key());
    let world = World::of(KeyVaultEmulator::builder(), MaskinportenEmulator::builder().client(app));
    let mut settings = world.appsettings();
    settings["MaskinportenSettings"]["Scope"] = json!(SCOPE);
    settings["MaskinportenSettings"]["ExchangeToAltinnToken"] = json!(true);
    world.write("appsettings.json", &settings);
    let old = in_force(&world);
    let url = world.emulators.maskinporten.self_service_url();
    let run = |more: &[&str]| {
        let mut arguments = vec!["rotate", "--self-service", &url, "--apply", "--grace", "0s"];
        arguments.extend(more);
        world.run(&arguments).well()
    };
    run(&[]);
    let new = in_force(&world);
    assert_ne!(new, old);
    assert_eq!(registered(&world), std::slice::from_ref(&new));
    run(&["--force"]);
    assert_ne!(in_force(&world), new);
    works(&world);
    assert_eq!(world.emulators.maskinporten.counts().exchange_requests, 0);
}

#[test]
fn the_old_key_stays_until_what_runs_has_had_the_time_to_read_the_new_one() {
    let world = world();
    let old = in_force(&world);
    let ran = rotate(&world, &["--apply"]).well();
    let new = in_force(&world);
    assert_eq!(registered(&world), [old.clone(), new.clone()]);
    let last = ran.stdout.lines().last().expect("a line");
    assert!(last.starts_with("later") && last.contains(&old), "{}", ran.stdout);
    let plan = rotate(&world, &[]).well();
    assert_eq!(
        plan.stdout.lines().filter(|line| line.starts_with("done ")).count(),
        4,
        "{}",
        plan.stdout
    );
    rotate(&world, &["--apply"]).well();
    assert_eq!(registered(&world), [old, new.clone()]);
    rotate(&world, &["--apply", "--grace", "0s"]).well();
    assert_eq!(registered(&world), [new]);
    works(&world);
}

#[test]
fn it_waits_until_maskinporten_takes_the_new_key_and_the_app_has_the_old_one_meanwhile() {
    let world = world();
    let old = in_force(&world);
    let unknown = oauth_error(
        400,
        "invalid_grant",
        "Invalid assertion. Client authentication failed. Unknown key identifier (kid) for client.",
        None,
    );
    // The first is the admin's.
    let fault = || Fault::new(unknown.clone()).for_kind(RequestKind::Token).skip(1);
    world.emulators.maskinporten.inject(fault());
    let ran = rotate(&world, &["--apply", "--wait", "0s", "--grace", "0s"]);
    assert_eq!(ran.status, 1);
    assert!(ran.error().contains("does not take key"), "{}", ran.stderr);
    assert_eq!((in_force(&world), registered(&world).len()), (old.clone(), 2));
    world.emulators.maskinporten.clear_faults();
    world.emulators.maskinporten.inject(fault().times(1));
    let waited = rotate(&world, &["--apply", "--wait", "1m", "--grace", "0s"]).well();
    assert!(waited.stderr.contains("waiting for up to 60 s"), "{}", waited.stderr);
    assert_ne!(in_force(&world), old);
    works(&world);
}

#[test]
fn what_is_registered_beside_the_old_key_stays_and_what_has_ended_is_not_brought_back() {
    let world = world();
    let maskinporten = &world.emulators.maskinporten;
    let own = maskinporten.client().key().clone();
    let other = key();
    let mut ended = key().public_jwk().clone();
    ended["exp"] = json!(1_700_000_000);
    let ended = ClientKey::from_jwk(&ended.to_string()).expect("a key");
    maskinporten
        .set_keys(APP, [other.clone(), ended, own])
        .expect("the app");
    rotate(&world, &["--apply", "--grace", "0s"]).well();
    assert_eq!(registered(&world), [other.kid().to_owned(), in_force(&world)]);
}

#[test]
fn a_client_that_has_all_the_keys_it_may_have_is_told_so_before_anything_is_done() {
    let world = world();
    let maskinporten = &world.emulators.maskinporten;
    let own = maskinporten.client().key().clone();
    let others = (0..4).map(|_| key());
    maskinporten.set_keys(APP, others.chain([own])).expect("the app");
    let ran = rotate(&world, &["--apply"]);
    assert_eq!(ran.status, 1);
    assert!(ran.error().contains("5 are all it may have"), "{}", ran.stderr);
    assert_eq!(state(&world), Value::Null);
}

#[test]
fn a_rotation_is_taken_back_from_where_it_stands() {
    for grace in ["0s", "24h"] {
        let world = world();
        let old = in_force(&world);
        let nothing = rotate(&world, &["--apply", "--undo"]).well();
        assert!(nothing.stderr.contains("nothing to take back"), "{}", nothing.stderr);

        // The new one is in its place, and both are registered.
        rotate(&world, &["--apply"]).well();
        let new = in_force(&world);
        rotate(&world, &["--apply", "--undo", "--grace", grace]).well();
        assert_eq!(in_force(&world), old);
        works(&world);
        match grace {
            "0s" => assert_eq!((registered(&world), state(&world)), (vec![old], json!({}))),
            // What runs may have read the new one.
            _ => assert_eq!(registered(&world), [old, new]),
        }
    }
}

#[test]
fn one_that_never_came_into_its_place_is_taken_back_at_once() {
    let world = world();
    let old = in_force(&world);
    // In a vault's times, which are whole seconds: the old one is older than what follows.
    world
        .emulators
        .vault
        .default_vault()
        .seed(keyvault_emulator::SecretSeed::new(
            KEY,
            world.emulators.maskinporten.client().encoded_jwk(),
        ));
    let vault = world.emulators.vault.default_vault();
    vault.deny(KEY, SecretPermission::Set);
    let ran = rotate(&world, &["--apply"]);
    assert!(ran.error().contains("Key Vault Secrets Officer"), "{}", ran.stderr);
    assert_eq!(registered(&world).len(), 2);
    let plan = rotate(&world, &["--undo"]).well();
    assert_eq!(plan.stdout.lines().count(), 2, "{}", plan.stdout);
    rotate(&world, &["--apply", "--undo"]).well();
    assert_eq!((registered(&world), in_force(&world)), (vec![old.clone()], old));
    assert_eq!(state(&world), json!({}));
}

/// Whoever uploaded the key may have done it as JSON, which has quotes and line ends that a text in JSON writes otherwise.
#[test]
fn a_key_that_stands_in_the_vault_as_json_is_rotated_and_taken_back_as_any_other() {
    let jwk = |world: &World| {
        let value = world.emulators.vault.default_vault().value(KEY).expect("a key");
        let jwk: Value = serde_json::from_str(&decoded(&value).expect("base64")).expect("a JWK");
        serde_json::to_string_pretty(&jwk).expect("JSON")
    };
    let world = world();
    let (old, json) = (in_force(&world), jwk(&world));
    world.emulators.vault.default_vault().set(KEY, json.clone());
    rotate(&world, &["--apply"]).well();
    rotate(&world, &["--apply", "--grace", "0s"]).well();
    assert_ne!(in_force(&world), old);
    assert_eq!(registered(&world), [in_force(&world)]);

    let world = self::world();
    let json = jwk(&world);
    world.emulators.vault.default_vault().set(KEY, json.clone());
    rotate(&world, &["--apply"]).well();
    rotate(&world, &["--apply", "--undo", "--grace", "0s"]).well();
    assert_eq!(world.emulators.vault.default_vault().value(KEY), Some(json));
}

#[test]
fn a_key_that_somebody_set_meanwhile_is_not_overwritten() {
    let world = world();
    rotate(&world, &["--apply"]).well();
    let other = key();
    let maskinporten = &world.emulators.maskinporten;
    maskinporten.set_keys(APP, [other]).expect("the app");
    let vault = world.emulators.vault.default_vault();
    vault.set(KEY, maskinporten.client().encoded_jwk());
    let before = vault.value(KEY);
    for direction in [vec!["--apply"], vec!["--apply", "--undo"]] {
        let ran = rotate(&world, &direction);
        assert!(ran.error().contains("somebody set it meanwhile"), "{}", ran.stderr);
    }
    assert_eq!(vault.value(KEY), before);
}

#[test]
fn what_stands_in_the_way_is_said_before_anything_is_done() {
    let world = world();
    let vault = world.emulators.vault.default_vault();
    let url = world.emulators.maskinporten.self_service_url();
    // The app's own client may not.
    let ran = world.run(&["rotate", "--apply", "--self-service", &url]);
    assert!(
        ran.error().contains("MP-200") && ran.error().contains("--admin-section"),
        "{}",
        ran.stderr
    );
    // Nobody knows where.
    let ran = world.run(&["rotate", "--apply", "--admin-section", "SelfService"]);
    assert_eq!(ran.status, 2);
    assert!(ran.error().contains("--self-service URL"), "{}", ran.stderr);
    let ran = world.run(&["rotate", "--self-service", "http://example.test"]);
    assert_eq!(ran.status, 2);
    assert!(ran.error().contains("https"), "{}", ran.stderr);
    // Another name for the key than its own.
    vault.set("MaskinportenSettings--Kid", "another-name");
    let ran = rotate(&world, &["--apply"]);
    assert!(ran.error().contains("`MaskinportenSettings.Kid`"), "{}", ran.stderr);
    vault.purge("MaskinportenSettings--Kid");
    // What is not a rotation's.
    vault.set(STATE, "somebody-elses-secret");
    let ran = rotate(&world, &["--apply"]);
    assert!(ran.error().contains("is not what `rotate` writes"), "{}", ran.stderr);
    vault.purge(STATE);
    vault.set_permissions(Permissions::all_but([SecretPermission::Set]));
    let ran = rotate(&world, &["--apply"]);
    assert!(ran.error().contains("Key Vault Secrets Officer"), "{}", ran.stderr);
    assert_eq!(registered(&world).len(), 1);
    // The API is down, or another.
    vault.set_permissions(Permissions::all());
    for (fault, said) in [
        (Fault::status(503, "{}"), "answered 503"),
        (
            Fault::status(
                403,
                r#"{"error":"insufficient_scope","error_description":"m4rk3r-quoted"}"#,
            ),
            "--admin-section",
        ),
        (
            Fault::status(200, "<html>m4rk3r-quoted</html>"),
            "something else than a set of keys",
        ),
        (Fault::reset(), "cannot be reached"),
    ] {
        world
            .emulators
            .maskinporten
            .inject(fault.for_kind(RequestKind::SelfService));
        let ran = rotate(&world, &["--apply"]);
        assert!(ran.error().contains(said), "{said}: {}", ran.stderr);
        assert!(!ran.stderr.contains("m4rk3r-quoted"), "{}", ran.stderr);
        world.emulators.maskinporten.clear_faults();
    }
    assert_eq!(state(&world), Value::Null);
}

#[test]
fn pruning_a_vault_leaves_the_state_of_a_rotation() {
    let world = world();
    rotate(&world, &["--apply"]).well();
    world.write("secrets.json", &json!({ "Database--Password": "another-secret-one" }));
    let url = world.emulators.vault.url();
    world
        .run(&["push", "secrets.json", "--vault", &url, "--prune", "--yes"])
        .well();
    assert!(world.emulators.vault.default_vault().value(STATE).is_some());
}
