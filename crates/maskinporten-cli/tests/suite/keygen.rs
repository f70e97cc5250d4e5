//! `maskinporten keygen`.

use std::io::Read as _;
use std::process::Stdio;

use altinn_emulators::keyvault_emulator::{Fault, RequestKind};
use altinn_emulators::maskinporten_emulator::ClientKey;
use serde_json::Value;

use crate::support::{World, decoded, now, private_parts};

const KEY: &str = "MaskinportenSettings--EncodedJwk";
const ID: &str = "MaskinportenSettings--ClientId";

/// With nothing of Maskinporten's in its vault.
fn empty() -> World {
    let world = World::new();
    let vault = world.emulators.vault.default_vault();
    vault.purge(KEY);
    vault.purge(ID);
    world
}

#[test]
fn a_new_key_goes_into_the_vault_and_its_public_half_to_stdout_and_together_they_get_a_token() {
    let world = empty();
    let maskinporten = &world.emulators.maskinporten;
    let (url, id) = (
        world.emulators.vault.url(),
        maskinporten.client().client_id().to_owned(),
    );
    let ran = world
        .run(&["keygen", "--vault", &url, "--client-id", &id, "-vvv"])
        .well();
    let set: Value = serde_json::from_str(&ran.stdout).expect("a key set alone");
    let vault = world.emulators.vault.default_vault();
    assert_eq!(vault.value(ID), Some(id.clone()));
    let private = decoded(&vault.value(KEY).expect("a key")).expect("base64 of JSON");
    let private: Value = serde_json::from_str(&private).expect("a JWK");
    let public = set["keys"][0].as_object().expect("one key");
    assert!(public.iter().all(|(member, value)| private[member] == *value));
    let year = private["exp"].as_i64().expect("an end") - now();
    assert!((364 * 86_400..=365 * 86_400).contains(&year), "a year: {year}");

    // Pasted into the portal.
    let key = ClientKey::from_jwk(&set["keys"][0].to_string()).expect("a public key");
    maskinporten.set_keys(&id, [key]).expect("the client");
    world.run(&["token"]).well();
}

#[test]
fn the_secret_ends_when_the_key_does() {
    let world = empty();
    let url = world.emulators.vault.url();
    world.run(&["keygen", "--vault", &url, "--bits", "2048"]).well();
    let set = world.emulators.vault.requests().into_iter();
    let set: Vec<Value> = set
        .filter(|request| request.kind == RequestKind::Set && request.status == 200)
        .filter_map(|request| request.body)
        .collect();
    let private = decoded(&world.emulators.vault.default_vault().value(KEY).expect("a key")).expect("base64");
    let private: Value = serde_json::from_str(&private).expect("a JWK");
    assert_eq!(set.len(), 1, "{set:?}");
    assert_eq!(set[0]["attributes"]["exp"], private["exp"], "{set:?}");
}

#[test]
fn a_key_in_use_is_not_replaced_by_a_slip() {
    let world = World::new();
    let vault = world.emulators.vault.default_vault();
    let (url, before) = (world.emulators.vault.url(), vault.value(KEY));
    let ran = world.run(&["keygen", "--vault", &url]);
    assert_eq!((ran.status, ran.stdout.as_str()), (1, ""));
    assert!(ran.error().contains("rotate"), "{}", ran.stderr);
    assert_eq!(vault.value(KEY), before);
    vault.purge(KEY);
    let ran = world.run(&["keygen", "--vault", &url, "--client-id", "another"]);
    assert!(ran.error().contains("of another client"), "{}", ran.stderr);
    assert_eq!(vault.value(KEY), None);
    world
        .run(&[
            "keygen",
            "--vault",
            &url,
            "--client-id",
            "another",
            "--force",
            "--kid",
            "my.key_1",
        ])
        .well();
    assert_eq!(vault.value(ID).as_deref(), Some("another"));
    let shown = world.run(&["keygen", "--vault", &url, "--public"]).well();
    assert!(shown.stdout.contains("\"my.key_1\""), "{}", shown.stdout);
}

#[test]
fn the_section_names_the_secrets() {
    let world = empty();
    let (url, maskinporten) = (world.emulators.vault.url(), &world.emulators.maskinporten);
    let id = maskinporten.client().client_id().to_owned();
    let section = ["--section", "Services.Maskinporten"];
    let mut arguments = vec!["keygen", "--vault", &url, "--client-id", &id];
    arguments.extend(section);
    let made = world.run(&arguments).well();
    let names = world.emulators.vault.default_vault().names();
    assert!(
        names.contains(&"Services--Maskinporten--EncodedJwk".to_owned()),
        "{names:?}"
    );
    let set: Value = serde_json::from_str(&made.stdout).expect("a key set");
    let key = ClientKey::from_jwk(&set["keys"][0].to_string()).expect("a public key");
    maskinporten.set_keys(&id, [key]).expect("the client");
    let settings = world.appsettings()["MaskinportenSettings"].clone();
    world.write(
        "appsettings.json",
        &serde_json::json!({ "Services": { "Maskinporten": settings } }),
    );
    world.run(&["token", "--section", "Services.Maskinporten"]).well();
}

#[cfg(unix)]
#[test]
fn a_file_is_its_owners_alone_and_is_not_replaced_by_a_slip() {
    use std::os::unix::fs::PermissionsExt as _;

    let world = empty();
    let path = world.dir.path().join("secrets.json");
    let arguments = [
        "keygen",
        "--out",
        "secrets.json",
        "--client-id",
        "my-client",
        "--bits",
        "4096",
    ];
    let ran = world.run(&arguments).well();
    let text = std::fs::read_to_string(&path).expect("a file");
    let mode = std::fs::metadata(&path).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let secrets: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(secrets[ID], "my-client");
    let private = decoded(secrets[KEY].as_str().expect("a key")).expect("base64");
    for part in private_parts(&private) {
        assert!(
            !ran.stdout.contains(&part) && !ran.stderr.contains(&part),
            "a private part"
        );
    }
    let again = world.run(&arguments);
    assert_eq!(again.status, 1);
    assert!(again.error().contains("--force"), "{}", again.stderr);
    assert_eq!(std::fs::read_to_string(&path).expect("a file"), text);
    let shown = world.run(&["keygen", "--out", "secrets.json", "--public"]).well();
    assert_eq!(shown.stdout, ran.stdout);
    world.run(&["keygen", "--out", "secrets.json", "--force"]).well();
    assert_ne!(std::fs::read_to_string(&path).expect("a file"), text);
    // In Development it stands in for the vault, and nothing else was left in the folder.
    let config = world.run(&["config", "--env", "Development"]).well();
    assert!(config.stdout.contains("EncodedJwk"), "{}", config.stdout);
    let left = std::fs::read_dir(world.dir.path()).expect("a folder").flatten();
    let left: Vec<_> = left
        .map(|entry| entry.file_name())
        .filter(|name| name.to_string_lossy().starts_with('.'))
        .collect();
    assert!(left.is_empty(), "{left:?}");
    assert_eq!(world.emulators.vault.counts().requests, 0);
}

#[test]
fn a_key_has_one_place_and_a_plain_name() {
    let world = empty();
    let url = world.emulators.vault.url();
    for (arguments, said) in [
        (vec!["keygen"], "--vault URL, or --out FILE"),
        (vec!["keygen", "--out", "k.json", "--vault", &url], "either"),
        (vec!["keygen", "--out", "k.json", "--kid", "my key"], "letters, digits"),
        (vec!["keygen", "--out", "k.json", "--bits", "1024"], "2048"),
        (vec!["keygen", "--out", "k.json", "--client-id", " "], "blank"),
    ] {
        let ran = world.run(&arguments);
        assert_eq!(ran.status, 2, "{arguments:?}");
        assert!(ran.stderr.contains(said), "{arguments:?}: {}", ran.stderr);
    }
    let nowhere = world.run(&["keygen", "--out", "no/such/folder/k.json"]);
    assert_eq!(nowhere.status, 1);
    assert!(nowhere.error().contains("cannot be written"), "{}", nowhere.stderr);
}

#[test]
fn without_the_permission_the_role_is_named_and_nothing_is_printed_to_paste() {
    use altinn_emulators::keyvault_emulator::{Permissions, SecretPermission};

    let world = empty();
    let vault = world.emulators.vault.default_vault();
    vault.set_permissions(Permissions::all_but([SecretPermission::Set]));
    let ran = world.run(&["keygen", "--vault", &world.emulators.vault.url()]);
    assert_eq!((ran.status, ran.stdout.as_str()), (1, ""));
    assert!(ran.error().contains("Key Vault Secrets Officer"), "{}", ran.stderr);
}

#[cfg(target_os = "linux")]
#[test]
fn a_process_shows_no_secret_in_its_command_line() {
    let world = empty();
    let secret = world.emulators.vault.client_secret().to_owned();
    world
        .emulators
        .vault
        .inject(Fault::hang().for_kind(RequestKind::Set).once());
    let url = world.emulators.vault.url();
    let mut command = world.command(&["keygen", "--vault", &url, "--no-verify-challenge"]);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("it runs");
    world.until(|| {
        let requests = world.emulators.vault.requests();
        requests
            .iter()
            .any(|request| request.kind == RequestKind::Set && request.authorized)
    });
    let shown = std::fs::read(format!("/proc/{}/cmdline", child.id())).expect("a process");
    child.kill().expect("it is killed");
    let _ = child.wait();
    let mut stdout = String::new();
    child
        .stdout
        .take()
        .expect("piped")
        .read_to_string(&mut stdout)
        .expect("text");
    assert_eq!(stdout, "", "nothing to paste before the private key is safe");
    let shown = String::from_utf8_lossy(&shown);
    assert!(shown.contains("keygen") && !shown.contains(&secret), "{shown}");
    assert!(!shown.contains("eyJ"), "{shown}");
}
