//! What nobody can have meant to write into a section: named, and not mended, sent or shown.

use maskinporten::{
    AltinnEnvironment, Environment, KeyOptions, MaskinportenClient, MaskinportenSettings, TokenRequest,
};
use serde_json::{Value, json};

use super::keys::{encoded, jwk};
use super::settings::{read, with};

/// Its key has ended, which is told with its `kid`.
fn section() -> Value {
    let mut key = jwk("vector-2048");
    key["exp"] = json!(1_000_000_000);
    json!({ "ClientId": "c", "Environment": "test", "Scope": "a:b", "EncodedJwk": key.to_string() })
}

fn refused(section: Value, name: &str, what: &str) {
    let (log, guard) = crate::log::capture();
    let error = read(section).unwrap_err().to_string();
    drop(guard);
    assert!(!log.text().contains("hunter2"), "{}", log.text());
    let expected = format!("Maskinporten: settings failed: `MaskinportenSettings.{name}`: {what}");
    assert!(error.starts_with(&expected), "{error}\nis not\n{expected}");
    assert!(!error.contains('\n') && !error.contains("hunter2"), "{error}");
}

const NAMES: [&str; 7] = [
    "ClientId",
    "Scope",
    "Resource",
    "ConsumerOrgNo",
    "Kid",
    "Environment",
    "TokenExchangeEnvironment",
];

#[test]
fn each_is_named_in_every_setting() {
    let reference = "is a Key Vault reference that nobody resolved; let the host resolve it";
    for (text, what) in [
        (
            "\u{feff}hunter2",
            "holds a byte order mark (U+FEFF), which cannot be seen; delete it",
        ),
        (
            "hunter2\u{200b}",
            "holds a character that cannot be seen (U+200B); delete it",
        ),
        (
            "\"hunter2\"",
            "begins or ends with a quotation mark; take the quotes away",
        ),
        (
            "'hunter2'",
            "begins or ends with a quotation mark; take the quotes away",
        ),
        ("<hunter2>", "is a placeholder; set the value itself"),
        ("${HUNTER2_hunter2}", "is a placeholder; set the value itself"),
        ("#{hunter2}#", "is a placeholder; set the value itself"),
        ("your-hunter2-key", "is a placeholder; set the value itself"),
        ("TODO", "is a placeholder; set the value itself"),
        ("changeme", "is a placeholder; set the value itself"),
        ("@Microsoft.KeyVault(VaultName=v;SecretName=hunter2)", reference),
        (
            "@microsoft.keyvault(SecretUri=https://v.vault.azure.net/secrets/hunter2)",
            reference,
        ),
        (
            r#"{"kty":"RSA","d":"hunter2"}"#,
            "is JSON, as a JWK is, and is not shown; a private key belongs into `EncodedJwk`",
        ),
    ] {
        for name in NAMES {
            refused(with(section(), name, text), name, what);
        }
        let mut section = section();
        section.as_object_mut().unwrap().remove("Environment");
        refused(with(section, "Authority", text), "Authority", what);
    }
}

/// Where the key belongs, and in its id's place: neither an error nor the log, which tells whose end has come, has a part of it.
#[test]
fn a_key_in_the_place_of_its_id_is_not_logged() {
    for kid in [
        encoded("vector-2048"),
        jwk("vector-2048").to_string(),
        include_str!("../vectors/keys/pkcs8.pem").to_owned(),
    ] {
        let (log, guard) = crate::log::capture();
        let error = read(with(section(), "Kid", kid.clone())).unwrap_err().to_string();
        drop(guard);
        assert!(error.contains("`MaskinportenSettings.Kid`: is "), "{error}");
        for text in [error, log.text()] {
            assert!(!text.contains(&kid[40..60]), "{text}");
        }
    }
    // An address is nobody's `kid`, but no slip either.
    let (log, guard) = crate::log::capture();
    let settings = read(with(section(), "Kid", "https://u:hunter2@h/")).unwrap();
    drop(guard);
    let shown = format!("{} {:?}", log.text(), settings.signing_key().unwrap());
    assert!(shown.contains("https://h/") && !shown.contains("hunter2"), "{shown}");
}

/// A JWK's own `kid` is judged where it is used.
#[test]
fn a_kid_that_is_replaced_is_not_judged() {
    let mut key = jwk("vector-2048");
    key["kid"] = json!(1);
    let alone = with(section(), "EncodedJwk", key.to_string());
    let error = read(alone.clone()).unwrap_err().to_string();
    assert!(error.contains("the JWK's member `kid` is no text"), "{error}");
    let settings = read(with(alone, "Kid", "registered")).unwrap();
    assert_eq!(settings.signing_key().unwrap().kid(), Some("registered"));
    key["kid"] = json!("{3F1C7A52-0D0E-4A7C-9B7E-1F2F2C6F0A11}");
    read(with(section(), "EncodedJwk", key.to_string())).unwrap();
}

/// What is told is told once, and beside everything else that is wrong.
#[test]
fn no_slip_hides_another_problem() {
    let section = json!({
        "ClientId": "<client-id>", "Environment": "${ENV}", "Scope": "#{Scope}# your-scope", "EncodedJwk": "hunter2 !",
        "Kid": "TODO", "ConsumerOrgNo": "\"991825827\"",
    });
    let error = read(section).unwrap_err().to_string();
    assert!(error.contains("settings failed: 7 problems: "), "{error}");
    for name in ["ClientId", "Environment", "Kid", "EncodedJwk", "Scope", "ConsumerOrgNo"] {
        assert!(error.contains(&format!("`MaskinportenSettings.{name}`: ")), "{error}");
    }
    assert!(!error.contains("hunter2"), "{error}");
}

/// A name of a file that is a key itself would be in the error of a file that is not there.
#[test]
fn a_key_in_the_place_of_a_file_is_not_shown() {
    for key in [
        encoded("vector-2048"),
        jwk("vector-2048").to_string(),
        include_str!("../vectors/keys/pkcs8.pem").to_owned(),
    ] {
        let section = json!({ "ClientId": "c", "Environment": "test", "CertificatePkcs12Path": key });
        let error = read(section).unwrap_err().to_string();
        assert!(
            error.contains("`MaskinportenSettings.CertificatePkcs12Path`: the text is "),
            "{error}"
        );
        assert!(!error.contains(&key[40..60]), "{error}");
        let settings = MaskinportenSettings::new("c", Environment::Test).key_file(&key, KeyOptions::new());
        let error = settings.signing_key().unwrap_err().to_string();
        assert!(
            error.contains("and is not shown") && !error.contains(&key[40..60]),
            "{error}"
        );
        // Nor is one that stands for the client.
        let settings =
            MaskinportenSettings::new(&key, Environment::Test).key(encoded("vector-2048"), KeyOptions::new());
        assert!(!format!("{settings:?}").contains(&key[40..60]));
        let error = MaskinportenClient::from_settings(settings).unwrap_err().to_string();
        assert!(
            error.contains("`ClientId`: is ") && !error.contains(&key[40..60]),
            "{error}"
        );
    }
    let section = json!({ "ClientId": "c", "Environment": "test", "CertificatePkcs12Path": "https://u:hunter2@h/key.p12?sig=hunter2" });
    let error = read(section).unwrap_err().to_string();
    assert!(
        error.contains("the file `https://h/key.p12` cannot be read") && !error.contains("hunter2"),
        "{error}"
    );
    let section = json!({ "ClientId": "c", "Environment": "test", "CertificatePkcs12Path": "\"key.p12\"" });
    let error = read(section).unwrap_err().to_string();
    assert!(error.contains("take the quotes away"), "{error}");
}

#[test]
fn a_password_that_is_a_reference_is_told() {
    let section = with(
        section(),
        "CertificatePkcs12Password",
        "@Microsoft.KeyVault(VaultName=v;SecretName=hunter2)",
    );
    refused(
        section,
        "CertificatePkcs12Password",
        "is a Key Vault reference that nobody resolved",
    );
}

#[test]
fn a_section_of_a_key_that_says_nothing_is_none() {
    for blank in [json!({}), json!({ "kty": "", "n": null, "oth": [] })] {
        let settings = read(with(section(), "Jwk", blank)).unwrap();
        assert_eq!(settings.signing_key().unwrap().kid(), Some("vector-2048"));
    }
    // As Altinn's key tool prints it.
    let mut printed = jwk("vector-2048");
    for member in ["oth", "key_ops", "x5c"] {
        printed[member] = json!([]);
    }
    let section = json!({ "ClientId": "c", "Environment": "test", "Jwk": printed });
    assert_eq!(read(section).unwrap().signing_key().unwrap().kid(), Some("vector-2048"));
}

#[test]
fn settings_in_code_are_held_to_the_same() {
    let build = |settings: MaskinportenSettings| {
        MaskinportenClient::from_settings(settings.key(encoded("vector-2048"), KeyOptions::new()))
    };
    for (client_id, what) in [
        (" ", "`ClientId`: is blank; set it to the client's id"),
        ("<client-id>", "`ClientId`: is a placeholder"),
        ("\u{feff}c", "`ClientId`: holds a byte order mark"),
    ] {
        let error = build(MaskinportenSettings::new(client_id, Environment::Test))
            .unwrap_err()
            .to_string();
        assert!(error.contains(what), "{error}");
    }
    let settings = || MaskinportenSettings::new(" c\n", Environment::Test);
    let error = build(settings().token_exchange_environment("${ALTINN}"))
        .unwrap_err()
        .to_string();
    assert!(error.contains("the Altinn environment is a placeholder"), "{error}");
    let kid = settings().key(encoded("vector-2048"), KeyOptions::new().kid("<kid>"));
    let error = MaskinportenClient::from_settings(kid).unwrap_err().to_string();
    assert!(error.contains("the key's `kid` is a placeholder"), "{error}");
    let fixed = |issuer: &str| Environment::Fixed {
        issuer: issuer.to_owned(),
        token_endpoint: "https://a.example/token".parse().unwrap(),
    };
    for (issuer, what) in [
        (" ", "the issuer is blank"),
        ("<issuer>", "the issuer is a placeholder"),
    ] {
        let error = build(MaskinportenSettings::new("c", fixed(issuer)))
            .unwrap_err()
            .to_string();
        assert!(error.contains(what), "{error}");
    }

    // White space is none of a value.
    let settings = settings()
        .scope(" b\ta ")
        .resource(" https://api.example.no\n")
        .consumer_org(" 0192:991825827 ")
        .token_exchange_environment(" TEST ");
    let expected = TokenRequest::new(["a", "b"])
        .resource("https://api.example.no")
        .consumer_org("991825827");
    assert_eq!((settings.client_id(), settings.token_request()), ("c", expected));
    build(settings.clone()).unwrap();
    let blank = settings
        .scope(" ")
        .resource("")
        .consumer_org(" ")
        .token_exchange_environment(" ");
    assert_eq!(blank.token_request(), TokenRequest::default());
    build(blank).unwrap();
    assert_eq!("test".parse::<AltinnEnvironment>().unwrap(), AltinnEnvironment::Tt02);
}
