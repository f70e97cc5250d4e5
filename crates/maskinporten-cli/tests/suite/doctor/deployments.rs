//! What is wrong with a deployment that never worked, or does no longer: the whole page, at eighty columns.

use std::time::SystemTime;

use altinn_emulators::keyvault_emulator::{Firewall, KeyVaultEmulator, Permissions, SecretSeed};
use altinn_emulators::maskinporten_emulator::{ClientKey, MaskinportenEmulator};
use serde_json::json;

use super::reach::free_port;
use super::{AT_ONCE, Fails, assert_snapshot, diagnosis};
use crate::support::{MARKER, World};

/// The line, in JSON and as people see it.
#[track_caller]
fn check(world: &World, name: &str, arguments: &[&str], row: &Fails) {
    let found = diagnosis(world, AT_ONCE, arguments);
    found.assert(row);
    if matches!(name, "firewall" | "wrong-scope") {
        super::snapshot::assert(world, &format!("{name}.json"), &super::pretty(&found.written));
    }
    assert_snapshot(world, name, arguments);
}

fn set(world: &mut World, variable: &str, value: &str) {
    world.variables.insert(variable.to_owned(), value.to_owned());
}

#[test]
fn a_wrong_tenant() {
    let mut world = World::new();
    set(&mut world, "AZURE_TENANT_ID", "11111111-2222-3333-4444-555555555555");
    check(
        &world,
        "wrong-tenant",
        &[],
        &Fails {
            step: "sign_in",
            cause: "AADSTS90002: Tenant",
            remedy: "check the tenant id",
            help: "az account list",
        },
    );
}

#[test]
fn a_wrong_vault() {
    let mut world = World::new();
    set(&mut world, "AZURE_KEYVAULT_URL", "https://ap.vault.invalid");
    diagnosis(&world, AT_ONCE, &[]).assert(&Fails {
        step: "dns",
        cause: "no connection",
        remedy: "check the name of ap.vault.invalid",
        help: "nslookup ap.vault.invalid",
    });
    // One that is there, and is another app's.
    let world = World::new();
    let vault = world.emulators.vault.default_vault();
    vault.clear();
    vault.set("Other--Password", MARKER);
    check(
        &world,
        "wrong-vault",
        &[],
        &Fails {
            step: "setting",
            cause: "`MaskinportenSettings.ClientId`: is missing",
            remedy: "set `ClientId` in a file, or as the secret `MaskinportenSettings--ClientId`",
            help: "az keyvault secret set --vault-name localhost --name MaskinportenSettings--ClientId",
        },
    );
}

#[test]
fn no_vault_at_all() {
    let mut world = World::new();
    world.variables.remove("AZURE_KEYVAULT_URL");
    check(
        &world,
        "no-vault",
        &[],
        &Fails {
            step: "vault",
            cause: "",
            remedy: "AZURE_KEYVAULT_URL",
            help: "export AZURE_KEYVAULT_URL=",
        },
    );
}

#[test]
fn no_permission() {
    let world = World::new();
    world
        .emulators
        .vault
        .default_vault()
        .set_permissions(Permissions::none());
    check(
        &world,
        "no-permission",
        &[],
        &Fails {
            step: "list",
            cause: "403 ForbiddenByRbac",
            remedy: "give the identity the role `Key Vault Secrets User`",
            help: "az role assignment create",
        },
    );
}

#[test]
fn a_firewall() {
    let world = World::new();
    world.emulators.vault.default_vault().set_firewall(Firewall::Closed);
    check(
        &world,
        "firewall",
        &[],
        &Fails {
            step: "list",
            cause: "403 ForbiddenByFirewall",
            remedy: "let this machine's address through the vault's firewall",
            help: "az keyvault network-rule add --name localhost --ip-address 127.0.0.1",
        },
    );
}

#[test]
fn a_secret_that_has_expired_and_a_key_that_has() {
    let world = World::new();
    let vault = world.emulators.vault.default_vault();
    vault.seed(SecretSeed::new("Database--Password", MARKER).expires(1_500_000_000));
    let client = world.emulators.maskinporten.client();
    let mut jwk: serde_json::Value = serde_json::from_str(&client.jwk_json()).expect("a JWK");
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    jwk["exp"] = json!(now.as_secs() - 3 * 24 * 60 * 60 - 600);
    vault.set("MaskinportenSettings--EncodedJwk", jwk.to_string());
    let refusal = altinn_emulators::maskinporten_emulator::oauth_error(
        400,
        "invalid_grant",
        "Invalid assertion. Client authentication failed. Expired key.",
        Some(121),
    );
    world.emulators.maskinporten.inject(
        altinn_emulators::maskinporten_emulator::Fault::new(refusal)
            .for_kind(altinn_emulators::maskinporten_emulator::RequestKind::Token),
    );
    let found = diagnosis(&world, AT_ONCE, &[]);
    found.assert_of(
        "warned",
        &Fails {
            step: "secret",
            cause: "secret `Database--Password` has expired",
            remedy: "set a new version",
            help: "az keyvault secret set --vault-name localhost --name Database--Password",
        },
    );
    assert_eq!(found.outcome("key"), "warned", "{}", found.written);
    check(
        &world,
        "expired",
        &[],
        &Fails {
            step: "token",
            cause: "MP-121: Invalid assertion. Client authentication failed. Expired key",
            remedy: "the key has expired at Maskinporten",
            help: "maskinporten keygen --vault",
        },
    );
}

#[test]
fn a_wrong_kid() {
    let world = World::new();
    let client = world.emulators.maskinporten.client();
    let mut jwk: serde_json::Value = serde_json::from_str(&client.jwk_json()).expect("a JWK");
    jwk["kid"] = json!("another");
    world
        .emulators
        .vault
        .default_vault()
        .set("MaskinportenSettings--EncodedJwk", jwk.to_string());
    check(
        &world,
        "wrong-kid",
        &[],
        &Fails {
            step: "token",
            cause: "invalid_grant",
            remedy: "check that the key is registered with this client under this `kid`",
            help: "Samarbeidsportalen: Integrasjoner",
        },
    );
}

#[test]
fn another_key_than_the_one_that_is_registered() {
    let world = World::new();
    let client = world.emulators.maskinporten.client();
    let other = ClientKey::generate();
    let mut jwk: serde_json::Value = serde_json::from_str(&other.jwk_json().expect("a JWK")).expect("JSON");
    jwk["kid"] = json!(client.key().kid());
    world
        .emulators
        .vault
        .default_vault()
        .set("MaskinportenSettings--EncodedJwk", jwk.to_string());
    diagnosis(&world, AT_ONCE, &[]).assert(&Fails {
        step: "token",
        cause: "invalid_grant",
        remedy: "the private key is the one registered under this `kid`",
        help: "Samarbeidsportalen",
    });
}

#[test]
fn a_wrong_scope() {
    let world = World::new();
    let mut settings = world.appsettings();
    settings["MaskinportenSettings"]["Scope"] = json!("somebody:elses");
    world.write("appsettings.json", &settings);
    check(
        &world,
        "wrong-scope",
        &[],
        &Fails {
            step: "token",
            cause: "invalid_scope MP-200",
            remedy: "add the scope to the client in Samarbeidsportalen",
            help: "Samarbeidsportalen",
        },
    );
}

#[test]
fn a_wrong_environment() {
    // Maskinporten's: the client is another's.
    let world = World::new();
    world
        .emulators
        .vault
        .default_vault()
        .set("MaskinportenSettings--ClientId", "0f0f0f0f-0000-4000-8000-000000000000");
    check(
        &world,
        "wrong-environment",
        &[],
        &Fails {
            step: "token",
            cause: "MP-100",
            remedy: "test and prod have clients of their own",
            help: "Samarbeidsportalen",
        },
    );
    // The app's own, by a slip of the pen.
    let mut world = World::new();
    set(&mut world, "APP_ENVIRONMENT", "Prodution");
    diagnosis(&world, AT_ONCE, &[]).assert_of(
        "warned",
        &Fails {
            step: "environment",
            cause: "`Prodution` (APP_ENVIRONMENT says so) is an environment of its own, and not Production",
            remedy: "if Production is meant, write it so",
            help: "export APP_ENVIRONMENT=Production",
        },
    );
    // The app's own: it has files for another.
    let world = World::new();
    world.write(
        "appsettings.Staging.json",
        &json!({ "KeyVault": { "Name": "staging" } }),
    );
    diagnosis(&world, AT_ONCE, &[]).assert_of(
        "warned",
        &Fails {
            step: "files",
            cause: "./appsettings.Production.json (not there), and variables with `__` over them; there are others: \
                    appsettings.Staging.json",
            remedy: "see whether this is the environment that is meant",
            help: "export APP_ENVIRONMENT=",
        },
    );
    // The settings', of an authority that is none.
    let world = World::new();
    let mut settings = world.appsettings();
    settings["MaskinportenSettings"]["Environment"] = json!("staging");
    world.write("appsettings.json", &settings);
    diagnosis(&world, AT_ONCE, &[]).assert(&Fails {
        step: "setting",
        cause: "`MaskinportenSettings.Environment`: ",
        remedy: "",
        help: "maskinporten config",
    });
}

#[test]
fn a_section_that_is_misspelt() {
    let world = World::new();
    let vault = world.emulators.vault.default_vault();
    for setting in ["ClientId", "EncodedJwk"] {
        let value = vault
            .value(&format!("MaskinportenSettings--{setting}"))
            .expect("a value");
        vault.set(&format!("MaskinportenSetings--{setting}"), value);
        vault.delete(&format!("MaskinportenSettings--{setting}"));
    }
    diagnosis(&world, AT_ONCE, &[]).assert_of(
        "warned",
        &Fails {
            step: "section",
            cause: "nobody reads `MaskinportenSetings`",
            remedy: "name it `MaskinportenSettings`",
            help: "--name MaskinportenSetings--ClientId",
        },
    );
    check(
        &world,
        "section-misspelt",
        &[],
        &Fails {
            step: "setting",
            cause: "is missing",
            remedy: "",
            help: "",
        },
    );
    world.write("appsettings.json", &json!({ "Other": 1 }));
    diagnosis(&world, AT_ONCE, &[]).assert(&Fails {
        step: "section",
        cause: "there is no section `MaskinportenSettings`; nobody reads `MaskinportenSetings`",
        remedy: "name it `MaskinportenSettings`",
        help: "MaskinportenSetings--ClientId",
    });
}

#[test]
fn development_by_mistake() {
    let mut world = World::new();
    set(&mut world, "DOTNET_ENVIRONMENT", "Development");
    let found = diagnosis(&world, AT_ONCE, &[]);
    found.assert_of(
        "warned",
        &Fails {
            step: "vault",
            cause: "is not asked: DOTNET_ENVIRONMENT says that this is Development",
            remedy: "in a deployment set the variable to `Production`, or unset it",
            help: "export DOTNET_ENVIRONMENT=Production",
        },
    );
    check(
        &world,
        "development-by-mistake",
        &[],
        &Fails {
            step: "setting",
            cause: "`MaskinportenSettings.ClientId`: is missing",
            remedy: "",
            help: "",
        },
    );
    assert_eq!(world.emulators.vault.counts().requests, 0);
}

#[test]
fn development_as_it_should_be() {
    let mut world = World::new();
    set(&mut world, "APP_ENVIRONMENT", "Development");
    world.variables.remove("AZURE_KEYVAULT_URL");
    let vault = world.emulators.vault.default_vault();
    let value = |name: &str| vault.value(name).expect("a value");
    world.write(
        "secrets.json",
        &json!({
            "MaskinportenSettings--ClientId": value("MaskinportenSettings--ClientId"),
            "MaskinportenSettings--EncodedJwk": value("MaskinportenSettings--EncodedJwk"),
        }),
    );
    assert_snapshot(&world, "development", &[]);
    let found = diagnosis(&world, AT_ONCE, &[]);
    assert_eq!(
        (found.status, found.outcome("token")),
        (0, "passed"),
        "{}",
        found.written
    );
    assert_eq!(world.emulators.vault.counts().requests, 0);
    std::fs::write(world.dir.path().join("secrets.json"), "{ oops").expect("a file");
    let found = diagnosis(&world, AT_ONCE, &[]);
    found.assert(&Fails {
        step: "local_file",
        cause: "line 1",
        remedy: "",
        help: "maskinporten config",
    });
}

#[test]
fn a_proxy_that_is_dead() {
    let mut world = World::new();
    set(
        &mut world,
        "HTTPS_PROXY",
        &format!("http://user:{MARKER}@127.0.0.1:{}", free_port()),
    );
    set(&mut world, "AZURE_KEYVAULT_URL", "https://app.vault.invalid");
    check(
        &world,
        "proxy-dead",
        &[],
        &Fails {
            step: "tls",
            cause: "no connection through the proxy http://127.0.0.1:",
            remedy: "check HTTPS_PROXY, and NO_PROXY",
            help: "env | grep -i _proxy=",
        },
    );
}

#[test]
fn a_clock_that_is_off() {
    let off_by = |seconds: i64| {
        MaskinportenEmulator::builder().clock(move || {
            let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
            i64::try_from(now.unwrap_or_default().as_secs()).unwrap_or_default() + seconds
        })
    };
    let world = World::of(KeyVaultEmulator::builder(), off_by(300));
    let found = diagnosis(&world, AT_ONCE, &[]);
    found.assert(&Fails {
        step: "clock",
        cause: "s behind Maskinporten's: an assertion is over before it arrives",
        remedy: "set this machine's clock",
        help: "timedatectl set-ntp true",
    });
    assert!(found.written.contains("MP-130"), "{}", found.written);
    let world = World::of(KeyVaultEmulator::builder(), off_by(-90));
    let found = diagnosis(&world, AT_ONCE, &[]);
    found.assert(&Fails {
        step: "clock",
        cause: "s ahead of Maskinporten's; Maskinporten refuses what is more than 10 s ahead",
        remedy: "set this machine's clock",
        help: "timedatectl set-ntp true",
    });
    assert_eq!(found.outcome("token"), "failed", "{}", found.written);
    assert!(
        found.written.contains("correct this machine's clock"),
        "{}",
        found.written
    );
}

#[test]
fn a_ca_that_is_missing() {
    let mut world = World::new();
    world.variables.remove("SSL_CERT_FILE");
    check(
        &world,
        "ca-missing",
        &[],
        &Fails {
            step: "tls",
            cause: "invalid peer certificate",
            remedy: "trust its CA with `ca_pem` or SSL_CERT_FILE",
            help: "openssl s_client -connect localhost:",
        },
    );
}

#[test]
fn an_identity_that_is_absent() {
    let mut world = World::new();
    world
        .variables
        .retain(|name, _| !name.starts_with("AZURE_") || name == "AZURE_KEYVAULT_URL");
    set(
        &mut world,
        "AZURE_POD_IDENTITY_AUTHORITY_HOST",
        &format!("http://127.0.0.1:{}", free_port()),
    );
    check(
        &world,
        "identity-absent",
        &[],
        &Fails {
            step: "sign_in",
            cause: "system-assigned managed identity (the environment names nothing else) got no token",
            remedy: "give this machine or pod a managed identity",
            help: "az identity list",
        },
    );
}

#[test]
fn a_reference_that_nobody_resolves() {
    let world = World::new();
    let mut settings = world.appsettings();
    let vault = world.emulators.vault.default_vault();
    let reference = "@Microsoft.KeyVault(VaultName=app;SecretName=Client-Key)";
    settings["MaskinportenSettings"]["EncodedJwk"] = json!(reference);
    world.write("appsettings.json", &settings);
    vault.delete("MaskinportenSettings--EncodedJwk");
    check(
        &world,
        "reference-unresolved",
        &[],
        &Fails {
            step: "key",
            cause: "`MaskinportenSettings.EncodedJwk`",
            remedy: "",
            help: "maskinporten doctor --resolve-references",
        },
    );
    // One that cannot be read fails whoever resolves it.
    settings["MaskinportenSettings"]["EncodedJwk"] = json!("@Microsoft.KeyVault(SecretNam=Client-Key)");
    world.write("appsettings.json", &settings);
    diagnosis(&world, AT_ONCE, &["--resolve-references"]).assert(&Fails {
        step: "vault",
        cause: "EncodedJwk",
        remedy: "",
        help: "",
    });
    settings["MaskinportenSettings"]["EncodedJwk"] =
        json!("@Microsoft.KeyVault(VaultName=nobody-has-this;SecretName=Key)");
    world.write("appsettings.json", &settings);
    diagnosis(&world, "3", &["--resolve-references"]).assert(&Fails {
        step: "get",
        cause: "secret `Key`, which `MaskinportenSettings.EncodedJwk` refers to: ",
        remedy: "",
        help: "",
    });
}

#[test]
fn a_file_that_is_no_json() {
    let world = World::new();
    std::fs::write(world.dir.path().join("appsettings.json"), "{ \"Password\": oops").expect("a file");
    let found = diagnosis(&world, AT_ONCE, &[]);
    assert_eq!(found.outcome("files"), "failed", "{}", found.written);
    assert!(
        found.written.contains("appsettings.json is no JSON: line 1, column"),
        "{}",
        found.written
    );
    assert_eq!(found.outcome("vault"), "not_reached", "{}", found.written);
}

#[test]
fn a_secret_that_is_disabled_is_what_a_missing_setting_is_for() {
    let world = World::new();
    world
        .emulators
        .vault
        .default_vault()
        .disable("MaskinportenSettings--EncodedJwk");
    diagnosis(&world, AT_ONCE, &[]).assert(&Fails {
        step: "setting",
        cause: "the secret `MaskinportenSettings--EncodedJwk` is there, and disabled",
        remedy: "enable the secret, or set a new version of it",
        help: "--name MaskinportenSettings--EncodedJwk --enabled true",
    });
}

#[test]
fn a_key_that_is_nearly_a_year_old() {
    let world = World::new();
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let now = i64::try_from(now.unwrap_or_default().as_secs()).unwrap_or_default();
    let key = world.emulators.maskinporten.client().encoded_jwk();
    let old = SecretSeed::new("MaskinportenSettings--EncodedJwk", key).created(now - 350 * 24 * 60 * 60);
    world.emulators.vault.default_vault().seed(old);
    let found = diagnosis(&world, AT_ONCE, &[]);
    found.assert_of(
        "warned",
        &Fails {
            step: "key",
            cause: "in the vault for 350 days; Maskinporten keeps a key for a year",
            remedy: "see at Samarbeidsportalen when it ends",
            help: "maskinporten rotate",
        },
    );
    assert_eq!(found.status, 0, "{}", found.written);
}

#[test]
fn many_that_want_attention_are_counted_and_not_all_told() {
    let world = World::new();
    let vault = world.emulators.vault.default_vault();
    for n in 0..45 {
        vault.seed(SecretSeed::new(format!("Off--Key{n}"), MARKER).enabled(false));
    }
    let found = diagnosis(&world, AT_ONCE, &[]);
    let told = found.steps.iter().filter(|step| step["step"] == "secret").count();
    assert_eq!((found.status, told), (0, 21), "{}", found.written);
    assert!(found.written.contains("and 25 more"), "{}", found.written);
}
