//! The names and addresses that an environment is given by.

use maskinporten::{Environment, ErrorKind};

#[test]
fn names_and_addresses() {
    for (text, expected) in [
        ("prod", Environment::Prod),
        (" Prod ", Environment::Prod),
        ("TEST", Environment::Test),
        ("https://maskinporten.no", Environment::Prod),
        ("https://maskinporten.no/", Environment::Prod),
        ("https://test.maskinporten.no/", Environment::Test),
        ("https://sky.maskinporten.no/", Environment::SkyportenProd),
        ("skyporten-test", Environment::SkyportenTest),
        // An endpoint's address.
        ("https://maskinporten.no/token", Environment::Prod),
        ("https://test.maskinporten.no/token/", Environment::Test),
        ("https://test.maskinporten.no//token", Environment::Test),
        ("HTTPS://TEST.MASKINPORTEN.NO/Token", Environment::Test),
        (
            "https://test.maskinporten.no/.well-known/oauth-authorization-server",
            Environment::Test,
        ),
        (
            "https://maskinporten.no/.well-known/openid-configuration/",
            Environment::Prod,
        ),
        (
            "https://sky.maskinporten.no/.well-known/openid-configuration",
            Environment::SkyportenProd,
        ),
        ("https://test.sky.maskinporten.no/token", Environment::SkyportenTest),
    ] {
        assert_eq!(Environment::parse(text).unwrap(), expected, "{text}");
    }
    for text in [
        "https://maskinporten.dev/",
        "http://localhost:8080/a",
        "http://127.0.0.1:1",
        "http://[::1]:1",
    ] {
        assert!(
            matches!(Environment::parse(text).unwrap(), Environment::Other(_)),
            "{text}"
        );
    }
}

#[test]
fn what_is_refused() {
    for (text, expected) in [
        (
            "ver1",
            "`ver1` was phased out by Digdir (ver2 on 10 June 2024); use `test`",
        ),
        ("VER2", "`ver2` was phased out"),
        (
            "https://ver2.maskinporten.no/",
            "is an environment that Digdir phased out; use `test`",
        ),
        (
            "staging",
            "the environment is neither `prod`, `test` nor an authority's URL",
        ),
        ("test.maskinporten.no", "which begins with `https://`"),
        ("tt02", "is the name of an Altinn environment"),
        ("${ENVIRONMENT}", "the environment is a placeholder"),
        ("\"test\"", "begins or ends with a quotation mark"),
        ("\u{feff}test", "holds a byte order mark"),
        ("https://<host>/", "is a placeholder"),
        (
            "@Microsoft.KeyVault(VaultName=v;SecretName=hunter2)",
            "is a Key Vault reference that nobody resolved",
        ),
        (
            "http://maskinporten.no/",
            "must be https (http only for this machine, unless `AllowInsecureHttp` is set)",
        ),
        ("http://localhost.example.no/", "must be https"),
        ("ftp://localhost/", "must be https"),
        (
            "https://user:hunter2@maskinporten.no/",
            "must hold no user name and no password",
        ),
        ("https://maskinporten.no/?x=1", "must have neither query nor fragment"),
        ("https://", "is no URL"),
    ] {
        let error = Environment::parse(text).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Settings);
        let shown = error.to_string();
        assert!(shown.contains(expected), "{shown}");
        assert!(!shown.contains("hunter2"));
    }
}

#[test]
fn an_environment_is_read_from_text_like_any_type() {
    assert_eq!("TEST".parse::<Environment>().unwrap(), Environment::Test);
    "ver2".parse::<Environment>().unwrap_err();
}
