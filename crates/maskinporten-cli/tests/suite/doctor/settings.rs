//! Settings and keys that nobody can have meant: each by its own line, without a part of what it holds.

use serde_json::{Value, json};

use super::{AT_ONCE, Fails, diagnosis};
use crate::support::World;

/// The section with one setting changed, wherever the vault has it as well.
fn with(world: &World, name: &str, value: Value) {
    let mut settings = world.appsettings();
    settings["MaskinportenSettings"][name] = value;
    world.write("appsettings.json", &settings);
}

#[test]
fn a_slip_is_told_of_its_setting() {
    let world = World::new();
    let config = "maskinporten config";
    let quotes = "take the quotes away";
    let rows = [
        (
            "Scope",
            "\u{feff}hunter2",
            "holds a byte order mark (U+FEFF)",
            "delete it",
            config,
        ),
        (
            "Scope",
            "hunter2\u{200b}",
            "holds a character that cannot be seen",
            "delete it",
            config,
        ),
        (
            "Resource",
            "\"hunter2\"",
            "begins or ends with a quotation mark",
            quotes,
            config,
        ),
        (
            "ConsumerOrgNo",
            "'hunter2'",
            "begins or ends with a quotation mark",
            quotes,
            config,
        ),
        ("Kid", "<hunter2>", "is a placeholder", "set the value itself", config),
        (
            "Environment",
            "${hunter2_hunter2}",
            "is a placeholder",
            "set the value itself",
            config,
        ),
        (
            "TokenExchangeEnvironment",
            "#{hunter2}#",
            "is a placeholder",
            "set the value itself",
            config,
        ),
        (
            "Scope",
            "your-hunter2-key",
            "is a placeholder",
            "set the value itself",
            config,
        ),
        (
            "Kid",
            "@Microsoft.KeyVault(VaultName=v;SecretName=hunter2)",
            "is a Key Vault reference that nobody resolved",
            "let the host resolve it",
            "--resolve-references",
        ),
        (
            "Kid",
            "{\"kty\":\"RSA\",\"d\":\"hunter2\"}",
            "is JSON, as a JWK is, and is not shown",
            "a private key belongs into `EncodedJwk`",
            config,
        ),
        ("ConsumerOrgNo", "123", "is not nine digits", "", config),
        ("Resource", "hunter3", "is no absolute URI", "", config),
        ("Environment", "ver2", "`ver2` was phased out by Digdir", "", config),
        (
            "Authority",
            "https://other.example",
            "contradicts `Authority`",
            "keep one of them",
            config,
        ),
        (
            "ExchangeToAltinnToken",
            "hunter2",
            "is neither `true` nor `false`",
            "",
            config,
        ),
        (
            "TokenExchangeEnvironment",
            "staging",
            "is none of `prod`, `tt02`",
            "",
            config,
        ),
        (
            "EnterpriseUserName",
            "hunter2",
            "enterprise users are gone",
            "use a system user",
            config,
        ),
        (
            "EncodedX509",
            "hunter2",
            "more than one key is set: `EncodedJwk`, `EncodedX509`",
            "keep one of them",
            config,
        ),
    ];
    for (name, value, cause, remedy, help) in rows {
        with(&world, name, json!(value));
        let found = diagnosis(&world, AT_ONCE, &[]);
        found.assert(&Fails {
            step: "setting",
            cause,
            remedy,
            help,
        });
        assert_eq!(found.outcome("token"), "not_reached", "{}", found.written);
        assert!(!found.written.contains("hunter2"), "{}", found.written);
    }
}

#[test]
fn every_problem_has_a_line_of_its_own() {
    let world = World::new();
    let mut settings = world.appsettings();
    for (name, value) in [
        ("Scope", "a\"b"),
        ("ConsumerOrgNo", "123"),
        ("Resource", "x"),
        ("Kid", "TODO"),
    ] {
        settings["MaskinportenSettings"][name] = json!(value);
    }
    world.write("appsettings.json", &settings);
    let found = diagnosis(&world, AT_ONCE, &[]);
    let failed: Vec<&str> = found
        .steps
        .iter()
        .filter(|step| step["outcome"] == "failed")
        .filter_map(|step| step["message"].as_str())
        .map(|message| message.split('`').nth(1).unwrap_or_default())
        .collect();
    let names = ["Kid", "Scope", "ConsumerOrgNo", "Resource"].map(|name| format!("MaskinportenSettings.{name}"));
    let mut expected: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut failed = failed;
    expected.sort_unstable();
    failed.sort_unstable();
    assert_eq!(failed, expected, "{}", found.written);
}

#[test]
fn what_looks_wrong_is_a_warning_of_its_setting() {
    let world = World::new();
    with(&world, "EncodedJkw", json!("hunter2"));
    diagnosis(&world, AT_ONCE, &[]).assert_of(
        "warned",
        &Fails {
            step: "setting",
            cause: "`MaskinportenSettings.EncodedJkw` is a key that nobody reads; did you mean `EncodedJwk`?",
            remedy: "see whether it is meant so",
            help: "maskinporten config",
        },
    );
}

#[test]
fn a_key_that_cannot_sign_is_told_of_without_a_part_of_it() {
    let world = World::new();
    let vault = world.emulators.vault.default_vault();
    let jwk: Value = serde_json::from_str(&world.emulators.maskinporten.client().jwk_json()).expect("a JWK");
    let change = |name: &str, value: Value| {
        let mut jwk = jwk.clone();
        jwk[name] = value;
        jwk.to_string()
    };
    let without = |names: &[&str]| {
        let mut jwk = jwk.clone();
        for name in names {
            jwk.as_object_mut().expect("an object").remove(*name);
        }
        jwk.to_string()
    };
    let vector = |name: &str| {
        let path = format!(
            "{}/../maskinporten/tests/vectors/keys/{name}",
            env!("CARGO_MANIFEST_DIR")
        );
        std::fs::read_to_string(path).expect("a vector")
    };
    let cut = jwk.to_string();
    let rows = [
        (
            "this is !not! base64".to_owned(),
            "is neither JSON nor PEM, and not base64 of either",
        ),
        (
            "dGhpcyBpcyBubyBrZXk".to_owned(),
            "the key is base64, but not of JSON, PEM",
        ),
        (
            cut[..cut.len() / 2].to_owned(),
            "the key is not JSON: it breaks off or goes wrong at line 1",
        ),
        ("{\"a\": 1}".to_owned(), "the JSON is no JWK: it has no `kty`"),
        (
            without(&["d", "p", "q", "dp", "dq", "qi"]),
            "the key is a public key only",
        ),
        (without(&["kid"]), "the key has no `kid`"),
        (without(&["n"]), "the JWK lacks the member `n`"),
        (change("kty", json!("EC")), "the key is no RSA key but EC"),
        (change("use", json!("enc")), "the key is not for signatures"),
        (
            change("alg", json!("ES256")),
            "the key is for `ES256`, which Maskinporten does not take",
        ),
        (change("p", jwk["q"].clone()), "the key's parts do not belong together"),
        (change("kid", json!("<kid>")), "the key's `kid` is a placeholder"),
        (
            json!({ "keys": [] }).to_string(),
            "the JWKS holds no private RSA key for signatures",
        ),
        (vector("short.pem"), "the key is too short: 1024 bits"),
        (vector("encrypted.pem"), "the key is an encrypted PEM"),
        (vector("ec.pem"), "the key is no RSA key but EC"),
        (vector("pub.pem"), "the key is a public key only"),
        ("<base64 of the JWK>".to_owned(), "the text is a placeholder"),
    ];
    for (value, cause) in rows {
        if value.starts_with("-----BEGIN") {
            // No PEM has one.
            with(&world, "Kid", json!("registered"));
        }
        vault.set("MaskinportenSettings--EncodedJwk", value);
        let found = diagnosis(&world, AT_ONCE, &[]);
        found.assert(&Fails {
            step: "key",
            cause,
            remedy: "",
            help: "--section MaskinportenSettings --force",
        });
        assert!(
            found.written.contains("`MaskinportenSettings.EncodedJwk`: "),
            "{}",
            found.written
        );
    }
}
