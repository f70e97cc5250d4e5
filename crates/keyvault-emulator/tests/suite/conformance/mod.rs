//! What a client may expect of a vault, written down once (`conformance/*.json`) and asked three times: by Azure's SDK, by plain
//! HTTP, and of a real vault where the environment names one.

mod ask;
mod fill;
mod list;
mod page;
mod pattern;
mod plain;
mod real;
mod run;
mod sdk;

use keyvault_emulator::{Firewall, KeyVaultEmulator, Permissions, Refusal, SecretSeed};
use serde_json::{Map, Value};

use self::list::{Case, Setup, cases};
use self::plain::Plain;
use self::run::{Patience, known, run};
use self::sdk::Sdk;

/// The emulator's vaults beside the default one are of this cloud.
const RESOURCE: &str = "https://vault.azure.test";
/// Where a case's own secret is in the emulator.
const NAME: &str = "Conformance-Case";

/// A vault of its own for each case: none sees another's secrets.
fn vault_of(emulator: &KeyVaultEmulator, index: usize, case: &Case) -> (String, Map<String, Value>) {
    let vault = emulator.vault(&format!("case-{index}"));
    let known = known(NAME, &emulator.vault_url(&vault.name()), RESOURCE, None);
    if let Some(setup) = &case.setup {
        prepare(&vault, setup);
    }
    (emulator.vault_url(&vault.name()), known)
}

fn prepare(vault: &keyvault_emulator::Vault, setup: &Setup) {
    if let Some(seed) = &setup.seed {
        let secret = SecretSeed::new(NAME, run::VALUE).content_type(&seed.content_type);
        vault.seed(secret.managed(seed.managed));
    }
    match setup.refusal.as_deref() {
        Some("rbac") => vault.set_permissions(Permissions::none().refused_by(Refusal::Rbac)),
        Some("access-policy") => vault.set_permissions(Permissions::none().refused_by(Refusal::AccessPolicy)),
        other => assert_eq!(other, None, "a refusal that nobody knows"),
    }
    match setup.firewall.as_deref() {
        Some("closed") => vault.set_firewall(Firewall::Closed),
        Some("private") => vault.set_firewall(Firewall::PublicAccessDisabled),
        other => assert_eq!(other, None, "a firewall that nobody knows"),
    }
}

/// All of what differs at once: one wrong word in the emulator may fail many rows.
fn report(asked: usize, failures: &[String]) {
    assert!(asked > 0, "nothing was asked");
    let failed = failures.len();
    assert!(
        failed == 0,
        "{failed} of {asked} cases differ:\n{}",
        failures.join("\n")
    );
}

#[tokio::test]
async fn the_emulator_answers_plain_http_as_the_list_says() {
    let emulator = KeyVaultEmulator::start().await.unwrap();
    let token = emulator.access_token(RESOURCE);
    let cases = cases();
    let mut failures = Vec::new();
    for (index, case) in cases.iter().enumerate() {
        let (url, known) = vault_of(&emulator, index, case);
        let client = Plain::new(emulator.http_client(), &url, &token);
        failures.extend(run(case, &client, known, Patience::NONE).await.err());
    }
    report(cases.len(), &failures);
}

#[tokio::test]
async fn the_emulator_answers_azures_sdk_as_the_list_says() {
    let emulator = KeyVaultEmulator::start().await.unwrap();
    let cases: Vec<_> = cases().into_iter().filter(sdk::can_ask).collect();
    let mut failures = Vec::new();
    for (index, case) in cases.iter().enumerate() {
        let (url, known) = vault_of(&emulator, index, case);
        let client = Sdk::new(&emulator, &url);
        failures.extend(run(case, &client, known, Patience::NONE).await.err());
    }
    report(cases.len(), &failures);
}
