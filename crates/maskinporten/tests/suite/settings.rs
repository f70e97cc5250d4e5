//! A section of the configuration: what is read, what is missing, what looks wrong.

use config::{Config, File, FileFormat};
use maskinporten::{Environment, Error, ErrorKind, KeyOptions, MaskinportenSettings, TokenRequest};
use serde_json::{Value, json};

use super::keys::{encoded, jwk};

fn config(section: Value) -> Config {
    let file = json!({ "MaskinportenSettings": section }).to_string();
    Config::builder()
        .add_source(File::from_str(&file, FileFormat::Json))
        .build()
        .unwrap()
}

pub(super) fn read(section: Value) -> Result<MaskinportenSettings, Error> {
    MaskinportenSettings::from_config(&config(section), "MaskinportenSettings")
}

/// With its private key: what PKCS#12 holds, as PEM.
const CERTIFICATE: &str = concat!(
    include_str!("../vectors/keys/pkcs8.pem"),
    include_str!("../vectors/keys/certificate.pem")
);

/// The guide's section, filled.
fn guide() -> Value {
    json!({
        "Environment": "test",
        "ClientId": "3f1c7a52-0d0e-4a7c-9b7e-1f2f2c6f0a11",
        "Scope": "altinn:serviceowner/instances.read",
        "EncodedJwk": encoded("vector-2048"),
        "ExhangeToAltinnToken": true,
        "EnableDebugLog": true,
    })
}

pub(super) fn with(mut section: Value, name: &str, value: impl Into<Value>) -> Value {
    section[name] = value.into();
    section
}

fn problems(section: Value) -> String {
    let error = read(section).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Settings);
    let shown = error.to_string();
    assert!(!shown.contains('\n'));
    shown
        .strip_prefix("Maskinporten: settings failed: ")
        .unwrap()
        .to_owned()
}

#[test]
fn the_guides_section() {
    let settings = read(guide()).unwrap();
    assert_eq!(settings.client_id(), "3f1c7a52-0d0e-4a7c-9b7e-1f2f2c6f0a11");
    assert_eq!(*settings.environment(), Environment::Test);
    assert_eq!(
        settings.token_request(),
        TokenRequest::new(["altinn:serviceowner/instances.read"])
    );
    assert_eq!(settings.signing_key().unwrap().kid(), Some("vector-2048"));
    assert_eq!(settings.warnings(), [""; 0]);
    let shown = format!("{settings:?}");
    assert!(
        shown.contains("exchange: true") && shown.contains("debug_logging: true"),
        "{shown}"
    );
    assert!(!shown.contains("eyJ"), "{shown}");
}

#[test]
fn every_setting_as_text_in_lower_case() {
    let settings = read(json!({
        "environment": "PROD", "clientid": "c", "scope": "b a", "resource": "https://api.example.no",
        "consumerorgno": 991825827, "encodedjwk": encoded("vector-2048"), "kid": "mine", "exchangetoaltinntoken": "true",
        "tokenexchangeenvironment": "PROD", "usealtinntestorg": "", "enabledebuglogging": "False",
        "overwriteauthorizationheader": "yes", "certificatepkcs12path": " ", "enterpriseusername": "",
    }))
    .unwrap();
    let expected = TokenRequest::new(["a", "b"])
        .resource("https://api.example.no")
        .consumer_org("991825827");
    assert_eq!(settings.token_request(), expected);
    assert_eq!(settings.signing_key().unwrap().kid(), Some("mine"));
    let shown = format!("{settings:?}");
    for part in [
        "exchange: true",
        "exchange_environment: Some(\"prod\")",
        "use_altinn_test_org: false",
        "overwrite_authorization_header: true",
        "debug_logging: false",
    ] {
        assert!(shown.contains(part), "{shown}");
    }
}

#[test]
fn altinn_apps_section() {
    let pascal = |jwk: Value| -> Value {
        let members = jwk.as_object().unwrap().clone();
        members
            .into_iter()
            .map(|(name, value)| (format!("{}{}", name[..1].to_uppercase(), &name[1..]), value))
            .collect()
    };
    let authority = "https://test.maskinporten.no";
    for section in [
        json!({ "authority": authority, "clientId": "c", "jwk": jwk("vector-2048") }),
        json!({ "authority": authority, "clientId": "c", "jwkBase64": encoded("vector-2048"), "jwk": jwk("vector-4096") }),
        json!({
            "Authority": authority, "ClientId": "c", "Jwk": pascal(jwk("vector-2048")),
            "Jwks": { "Keys": [jwk("vector-4096")] },
        }),
        json!({ "Authority": authority, "ClientId": "c", "Jwks": { "keys": [jwk("vector-2048")] } }),
        json!({ "Authority": authority, "ClientId": "c", "Jwk": jwk("vector-2048").to_string() }),
    ] {
        let settings = read(section).unwrap();
        assert_eq!(*settings.environment(), Environment::Test);
        assert_eq!(settings.warnings(), [""; 0]);
        assert_eq!(settings.signing_key().unwrap().kid(), Some("vector-2048"));
    }
}

#[test]
fn what_is_missing_is_told_at_once() {
    let all = "3 problems: `MaskinportenSettings.ClientId`: is missing (a Key Vault names it \
        `MaskinportenSettings--ClientId`, after its prefix if it has one); `MaskinportenSettings.Environment`: is missing \
        (a Key Vault names it `MaskinportenSettings--Environment`, after its prefix if it has one); `Authority` would do as \
        well; `MaskinportenSettings.EncodedJwk`: is missing (a Key Vault names it `MaskinportenSettings--EncodedJwk`, after \
        its prefix if it has one); `JwkBase64`, `Jwk`, `Jwks`, `EncodedX509` or `CertificatePkcs12Path` would do as well; a certificate kept in Key Vault is a \
        `managed` secret, which is skipped unless it is asked for";
    assert_eq!(problems(json!({})), all);
    assert_eq!(
        problems(json!({ "ClientId": " ", "EncodedJwk": "", "Environment": null })),
        all
    );
    let nothing = Config::builder().build().unwrap();
    let error = MaskinportenSettings::from_config(&nothing, "MaskinportenSettings").unwrap_err();
    assert!(error.to_string().ends_with(all), "{error}");

    let keyless = json!({ "ClientId": "c", "Environment": "test" });
    let settings = MaskinportenSettings::from_config_without_key(&config(keyless), "MaskinportenSettings").unwrap();
    let error = settings.signing_key().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Settings);
    assert!(error.remedy().unwrap().contains("`JwkBase64`"), "{error}");
}

#[test]
fn a_misspelt_section_is_named_beside_the_one_that_is_there() {
    let config = config(guide());
    for asked in [
        "MaskinportenSetting",
        "Maskinporten",
        "maskinporten-setings",
        "MASKINPORTEN_SETTINGSINTERNAL",
    ] {
        let error = MaskinportenSettings::from_config(&config, asked).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("Maskinporten: settings failed: there is no section `{asked}`; there is `MaskinportenSettings`")
        );
    }
    // The same but for case and separators is no slip; what is like none is told as before.
    MaskinportenSettings::from_config(&config, "maskinporten_settings").unwrap();
    let error = MaskinportenSettings::from_config(&config, "Kafka")
        .unwrap_err()
        .to_string();
    assert!(error.contains("`Kafka.ClientId`: is missing"), "{error}");

    let whole = Config::builder().set_override("a.b", "c").unwrap().build().unwrap();
    let error = MaskinportenSettings::from_config(&whole, "").unwrap_err().to_string();
    assert!(!error.contains("there is no section"), "{error}");

    let nested = Config::builder()
        .set_override("App.Maskinporten.ClientId", "c")
        .unwrap()
        .build()
        .unwrap();
    let error = MaskinportenSettings::from_config(&nested, "app.Maskinportn").unwrap_err();
    assert!(error.to_string().contains("there is `app.Maskinporten`"), "{error}");
}

#[test]
fn a_blank_scope_is_told_when_a_client_is_built() {
    let (log, _guard) = crate::log::capture_at(tracing::Level::WARN);
    let without = with(guide(), "Scope", " ");
    maskinporten::MaskinportenClient::from_settings(read(without).unwrap()).unwrap();
    let told = "`MaskinportenSettings.Scope` is not set: a request that names no scopes itself cannot be sent";
    assert_eq!(log.text().matches(told).count(), 1, "{}", log.text());
    maskinporten::MaskinportenClient::from_settings(read(guide()).unwrap()).unwrap();
    assert_eq!(log.text().matches("is not set").count(), 1, "{}", log.text());
}

#[test]
fn what_is_wrong_is_told_at_once_without_values() {
    let shown = problems(json!({
        "ClientId": "c", "Environment": "ver2", "EncodedJwk": "hunter2", "EncodedX509": "hunter3",
        "ExhangeToAltinnToken": true, "ExchangeToAltinnToken": false, "UseAltinnTestOrg": "hunter4",
        "TokenExchangeEnvironment": "staging", "EnterpriseUserName": "hunter5", "EnterpriseUserPassword": "hunter6",
    }));
    for part in [
        "6 problems: ",
        "`MaskinportenSettings.EnterpriseUserName`: enterprise users are gone: the exchange answers 410 since Altinn 2 was \
         closed; use a system user",
        "`MaskinportenSettings.Environment`: `ver2` was phased out by Digdir",
        "`MaskinportenSettings.ExhangeToAltinnToken`: contradicts `ExchangeToAltinnToken`; keep one of them",
        "`MaskinportenSettings.UseAltinnTestOrg`: is neither `true` nor `false`",
        "`MaskinportenSettings.TokenExchangeEnvironment`: is none of `prod`, `tt02`, `at21` to `at24` and `yt01`, nor the \
         address of a platform",
        "`MaskinportenSettings.EncodedJwk`: more than one key is set: `EncodedJwk`, `EncodedX509`; keep one of them",
    ] {
        assert!(shown.contains(part), "{shown}\nlacks\n{part}");
    }
    assert!(!shown.contains("hunter"), "{shown}");

    assert!(
        problems(with(guide(), "ConsumerOrgNo", "123"))
            .contains("`MaskinportenSettings.ConsumerOrgNo`: is not nine digits")
    );
    assert!(
        problems(with(guide(), "Resource", "x")).contains("`MaskinportenSettings.Resource`: `x` is no absolute URI")
    );
    assert!(problems(with(guide(), "Authority", "https://other.example")).contains("contradicts `Authority`"));
    let store = json!({ "ClientId": "c", "Environment": "test", "CertificateStoreThumbprint": "ab" });
    assert!(problems(store).contains("a certificate store is only there on Windows"));
    assert!(problems(with(guide(), "ClientId", json!({ "a": 1 }))).contains("`MaskinportenSettings.ClientId`"));
}

#[test]
fn production_and_test_are_not_mixed_either_way() {
    let warnings = |environment: &str, name: &str, value: &str| {
        let section = with(with(guide(), "Environment", environment), name, value);
        read(section).unwrap().warnings().join("; ")
    };
    for host in [
        "api.test.example.no",
        "platform.tt02.altinn.no",
        "ttd.apps.at21.altinn.cloud",
        "platform.yt01.altinn.cloud",
        "api-test.example.no",
    ] {
        let url = format!("https://{host}/v1");
        assert!(warnings("prod", "Resource", &url).ends_with("`MaskinportenSettings.Resource` looks like one of test"));
        assert_eq!(warnings("test", "Resource", &url), "");
        let altinn = format!("https://{host}");
        assert!(warnings("prod", "TokenExchangeEnvironment", &altinn).contains("is production"));
        assert_eq!(warnings("test", "TokenExchangeEnvironment", &altinn), "");
    }
    for host in [
        "platform.altinn.no",
        "skd.apps.altinn.no",
        "altinn.no",
        "api.prod.example.no",
    ] {
        let url = format!("https://{host}/v1");
        assert_eq!(
            warnings("test", "Resource", &url),
            "`MaskinportenSettings.Environment` is test, `MaskinportenSettings.Resource` looks like one of production"
        );
        assert_eq!(warnings("prod", "Resource", &url), "");
        let altinn = format!("https://{host}");
        assert!(warnings("test", "TokenExchangeEnvironment", &altinn).contains("is test"));
        assert_eq!(warnings("prod", "TokenExchangeEnvironment", &altinn), "");
    }
    for url in [
        "https://api.example.no",
        "https://notaltinn.no",
        "https://contest.example.no",
        "urn:example:test",
    ] {
        assert_eq!(warnings("test", "Resource", url), "");
        assert_eq!(warnings("prod", "Resource", url), "");
    }
}

#[test]
fn no_problem_hides_another() {
    let section = json!({
        "Authority": "https://maskinporten.example", "EncodedJwk": "!", "ConsumerOrgNo": "123", "Resource": "x", "Scope": "a\"b",
        "ExchangeToAltinnToken": true,
    });
    let shown = problems(section.clone());
    for part in [
        "6 problems: ",
        "`MaskinportenSettings.ClientId`: is missing",
        "`MaskinportenSettings.EncodedJwk`: the key is neither JSON nor PEM, and not base64 of either; give the private key as",
        "`MaskinportenSettings.Scope`: `a\"b` holds a character that a scope cannot",
        "`MaskinportenSettings.ConsumerOrgNo`: is not nine digits, with or without `0192:`",
        "`MaskinportenSettings.Resource`: `x` is no absolute URI",
        "`MaskinportenSettings.TokenExchangeEnvironment`: is missing: tokens are to be exchanged, and no Altinn environment \
         goes with this authority",
    ] {
        assert!(shown.contains(part), "{shown}\nlacks\n{part}");
    }
    assert!(!problems(with(section.clone(), "ExchangeToAltinnToken", false)).contains("TokenExchangeEnvironment"));
    let named = problems(with(section, "TokenExchangeEnvironment", "tt02"));
    assert!(!named.contains("TokenExchangeEnvironment"), "{named}");
}

/// A file that changes or goes meanwhile does not matter: it was read with the settings.
#[test]
fn the_key_is_read_once_and_with_the_settings() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key.pem");
    std::fs::write(&path, CERTIFICATE).unwrap();
    let section = json!({ "ClientId": "c", "Environment": "test", "CertificatePkcs12Path": path });
    let settings = read(section.clone()).unwrap();
    std::fs::remove_file(&path).unwrap();
    settings.signing_key().unwrap();
    assert_eq!(read(section.clone()).unwrap_err().kind(), ErrorKind::Key);
    MaskinportenSettings::from_config_without_key(&config(section), "MaskinportenSettings").unwrap();
}

#[test]
fn what_looks_wrong_is_a_warning() {
    let warnings = |section: Value| read(section).unwrap().warnings().to_vec();
    assert_eq!(
        warnings(with(guide(), "EncodedJkw", "hunter2")),
        ["`MaskinportenSettings.EncodedJkw` is a key that nobody reads; did you mean `EncodedJwk`?"]
    );
    assert_eq!(warnings(with(guide(), "MyOwnSetting", "x")), [""; 0]);
    assert_eq!(warnings(with(guide(), "TokenExchangeEnvironment", "tt02")), [""; 0]);
    assert_eq!(
        warnings(with(guide(), "TokenExchangeEnvironment", "prod")),
        [
            "`MaskinportenSettings.Environment` is test, `MaskinportenSettings.TokenExchangeEnvironment` is prod: a token of one \
          is not taken in the other"
        ]
    );
    let production = with(guide(), "Environment", "https://maskinporten.no");
    assert_eq!(
        warnings(with(production.clone(), "TokenExchangeEnvironment", "tt02")),
        [
            "`MaskinportenSettings.Environment` is production, `MaskinportenSettings.TokenExchangeEnvironment` is tt02: a token \
          of one is not taken in the other"
        ]
    );
    assert_eq!(
        warnings(with(production.clone(), "UseAltinnTestOrg", true)),
        ["`MaskinportenSettings.UseAltinnTestOrg` has no meaning in production"]
    );
    assert_eq!(
        warnings(with(production, "Resource", "https://api.test.example.no")),
        ["`MaskinportenSettings.Environment` is production, `MaskinportenSettings.Resource` looks like one of test"]
    );
}

#[test]
fn a_key_that_cannot_be_used_names_its_setting() {
    for (name, value, expected) in [
        (
            "EncodedJwk",
            "@Microsoft.KeyVault(VaultName=v;SecretName=s)".to_owned(),
            "a Key Vault reference that nobody resolved",
        ),
        (
            "JwkBase64",
            encoded("vector-2048")[..400].to_owned(),
            "the key is not JSON",
        ),
        (
            "EncodedX509",
            "!".to_owned(),
            "the key is neither JSON nor PEM, and not base64 of either",
        ),
        (
            "CertificatePkcs12Path",
            "/nowhere/key.p12".to_owned(),
            "the file `/nowhere/key.p12` cannot be read: ",
        ),
    ] {
        let section = with(json!({ "ClientId": "c", "Environment": "test" }), name, value);
        let error = read(section).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Key);
        let start = format!("Maskinporten: key failed: `MaskinportenSettings.{name}`: ");
        assert!(error.to_string().starts_with(&start), "{error}");
        assert!(error.to_string().contains(expected), "{error}");
    }
}

/// A `kid` is the name of a registered key, whatever it came in. Maskinporten wants one of the two, `kid` and `x5c`.
#[test]
fn a_certificate_with_a_registered_kid_is_named_by_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key.pem");
    std::fs::write(&path, CERTIFICATE).unwrap();
    let base = json!({ "ClientId": "c", "Environment": "test", "Kid": " registered " });
    for section in [
        with(base.clone(), "CertificatePkcs12Path", path.to_str().unwrap()),
        with(base.clone(), "EncodedX509", CERTIFICATE),
        // A bare key has nothing else to be known by.
        with(base.clone(), "EncodedX509", include_str!("../vectors/keys/pkcs8.pem")),
    ] {
        let certified = section.get("EncodedX509").is_none_or(|text| text == CERTIFICATE);
        let (log, guard) = crate::log::capture();
        let settings = read(section.clone()).unwrap();
        drop(guard);
        assert_eq!(settings.signing_key().unwrap().kid(), Some("registered"));
        assert_eq!(settings.warnings(), [""; 0]);
        // One that was left behind changes what Maskinporten is sent.
        let told =
            "INFO maskinporten::settings::read::key: `MaskinportenSettings.Kid` is set: the key is named by this `kid`";
        assert_eq!(log.text().contains(told), certified, "{}", log.text());
    }
    for blank in [json!(" "), json!(null)] {
        let section = with(with(base.clone(), "EncodedX509", CERTIFICATE), "Kid", blank);
        assert_eq!(read(section).unwrap().signing_key().unwrap().kid(), None);
    }
    let registered = MaskinportenSettings::new("c", Environment::Test).key_file(&path, KeyOptions::new().kid(" set "));
    assert_eq!(registered.signing_key().unwrap().kid(), Some("set"));
}

/// Any source of `config` serves, and each may spell the section as it likes.
#[test]
fn a_file_and_the_environment_make_one_section() {
    let variables = [
        ("MASKINPORTENSETTINGS__CLIENTID".to_owned(), "c".to_owned()),
        ("MaskinportenSettings__EncodedJwk".to_owned(), encoded("vector-2048")),
    ];
    let environment = config::Environment::default()
        .separator("__")
        .source(Some(variables.into()));
    let file = r#"{ "MaskinportenSettings": { "Environment": "test", "Scope": "a:b" } }"#;
    let config = Config::builder()
        .add_source(File::from_str(file, FileFormat::Json))
        .add_source(environment)
        .build()
        .unwrap();
    let settings = MaskinportenSettings::from_config(&config, "MaskinportenSettings").unwrap();
    assert_eq!(settings.client_id(), "c");
    assert_eq!(settings.token_request(), TokenRequest::new(["a:b"]));
    assert_eq!(settings.signing_key().unwrap().kid(), Some("vector-2048"));
}

/// What an app's own configuration may or may not hold goes in as it is.
#[test]
fn setters_take_an_option_and_getters_tell_what_is_set() {
    let settings = MaskinportenSettings::new("c", Environment::Test)
        .scope(Some("b a"))
        .resource(Some("https://api.example.no".to_owned()))
        .resource(None::<String>)
        .consumer_org(String::from("991825827"))
        .token_exchange_environment(None::<&str>)
        .issuer("https://a.example/")
        .issuer(" ")
        .token_endpoint(Some(" https://gateway.example/token "))
        .overwrite_authorization_header(true)
        .use_altinn_test_org(true)
        .allow_insecure_http(true);
    assert_eq!(settings.default_scope(), Some("b a"));
    assert_eq!(settings.default_resource(), Some("https://api.example.no"));
    assert_eq!(settings.default_consumer_org(), Some("991825827"));
    assert_eq!(settings.configured_exchange_environment(), None);
    assert_eq!(settings.configured_issuer(), None);
    assert_eq!(
        settings.configured_token_endpoint(),
        Some("https://gateway.example/token")
    );
    assert_eq!(
        (
            settings.section(),
            settings.key_setting(),
            settings.second_key_setting()
        ),
        (None, None, None)
    );
    assert!(settings.overwrites_authorization_header() && settings.uses_altinn_test_org());
    assert!(settings.allows_insecure_http() && !settings.logs_debug() && !settings.exchanges_to_altinn_token());

    let read = read(guide()).unwrap();
    assert_eq!(read.section(), Some("MaskinportenSettings"));
    assert_eq!(read.key_setting(), Some("MaskinportenSettings.EncodedJwk"));
    assert!(read.exchanges_to_altinn_token() && read.logs_debug());
}

#[test]
fn settings_in_code() {
    let settings = MaskinportenSettings::new("c", Environment::Test)
        .key(encoded("vector-2048"), KeyOptions::new())
        .scope("b a")
        .exchange_to_altinn_token(true)
        .token_exchange_environment("tt02");
    assert_eq!(settings.token_request(), TokenRequest::new(["a", "b"]));
    assert_eq!(settings.signing_key().unwrap().bits(), 2048);
    assert!(!format!("{settings:?}").contains("eyJ"));
}
