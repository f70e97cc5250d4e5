//! PKCS#12 as many write it, read and refused, by itself and from settings.

use maskinporten::{KeyOptions, SigningKey};
use serde_json::json;

use super::{THUMBPRINT, assert_tells_nothing, base64, check};
use crate::settings::{read, with};

#[test]
fn accepted() {
    let files: [(&[u8], &str); 5] = [
        (include_bytes!("../../vectors/certificate-no-password.p12"), ""),
        (
            include_bytes!("../../vectors/certificate-password-hemmelig.p12"),
            "hemmelig",
        ),
        (
            include_bytes!("../../vectors/keys/legacy-password-gammel.p12"),
            "gammel",
        ),
        (include_bytes!("../../vectors/keys/3des-empty-password.p12"), ""),
        (include_bytes!("../../vectors/keys/chain.p12"), ""),
    ];
    for (file, password) in files {
        let options = KeyOptions::new().password(password);
        for spelling in [file.to_vec(), base64(file).into_bytes()] {
            let key = SigningKey::read(&spelling, &options).unwrap();
            assert_eq!((key.thumbprint(), key.kid()), (THUMBPRINT, None));
            assert!(key.expires().is_some_and(|at| at > 2_000_000_000));
            let registered = SigningKey::read(&spelling, &options.clone().kid("set")).unwrap();
            assert_eq!(registered.kid(), Some("set"));
            assert_tells_nothing(&spelling, &format!("{key:?}"));
        }
    }
}

#[test]
fn no_password_at_all() {
    let file = include_bytes!("../../vectors/keys/null-password.p12");
    for options in [KeyOptions::new(), KeyOptions::new().password("")] {
        let key = SigningKey::read(file, &options).unwrap();
        assert_eq!((key.bits(), key.kid()), (2048, None));
    }
    let error = SigningKey::read(file, &KeyOptions::new().password("feil")).unwrap_err();
    assert!(error.to_string().contains("password is wrong"), "{error}");
}

#[test]
fn rejected() {
    let reject = |file: &[u8], password: Option<&str>, expected: &str| {
        let mut options = KeyOptions::new();
        if let Some(password) = password {
            options = options.password(password);
        }
        check(file, SigningKey::read(file, &options), expected);
        check(file, SigningKey::read(base64(file), &options), expected);
    };
    let protected = include_bytes!("../../vectors/certificate-password-hemmelig.p12");
    let needed = "the PKCS#12 file has a password, and none is set";
    reject(protected, Some("feil"), "the PKCS#12 file's password is wrong");
    reject(protected, None, needed);
    reject(protected, Some(""), needed);
    reject(
        include_bytes!("../../vectors/keys/legacy-password-gammel.p12"),
        None,
        needed,
    );
    reject(
        include_bytes!("../../vectors/certificate-no-password.p12"),
        Some("hemmelig"),
        "the PKCS#12 file's password is wrong",
    );
    reject(
        include_bytes!("../../vectors/keys/expired.p12"),
        None,
        "the certificate expired Wed, 01 Jan 2020 00:00:00 GMT",
    );
    reject(
        include_bytes!("../../vectors/keys/not-yet-valid.p12"),
        None,
        "the certificate is not valid before Sun, 01 Jan 2090 00:00:00 GMT",
    );
    reject(
        include_bytes!("../../vectors/keys/ec.p12"),
        None,
        "the key is no RSA key but EC",
    );
    reject(
        include_bytes!("../../vectors/keys/no-key.p12"),
        None,
        "the PKCS#12 file cannot be read: it holds no private key",
    );
    reject(
        include_bytes!("../../vectors/keys/no-certificate.p12"),
        None,
        "the PKCS#12 file cannot be read: it holds no certificate",
    );
}

/// Its key is registered, and so it is not sent: that it has ended is Maskinporten's to say.
#[test]
fn a_registered_kid_is_sent_in_a_certificates_place() {
    let expired = include_bytes!("../../vectors/keys/expired.p12");
    let named = SigningKey::read(expired, &KeyOptions::new().kid("set")).unwrap();
    assert_eq!((named.kid(), named.expires()), (Some("set"), Some(1_577_836_800)));

    let open = include_bytes!("../../vectors/certificate-no-password.p12");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key.p12");
    std::fs::write(&path, open).unwrap();
    let section = json!({ "ClientId": "c", "Environment": "test", "Kid": "registered" });
    for (name, value) in [
        ("EncodedX509", base64(open)),
        ("CertificatePkcs12Path", path.to_str().unwrap().to_owned()),
    ] {
        let settings = read(with(section.clone(), name, value)).unwrap();
        assert_eq!(settings.signing_key().unwrap().kid(), Some("registered"));
        assert_eq!(settings.warnings(), [""; 0]);
    }
}

#[test]
fn a_certificate_file_with_its_password() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key.p12");
    std::fs::write(&path, include_bytes!("../../vectors/certificate-password-hemmelig.p12")).unwrap();
    let section = json!({
        "ClientId": "c", "Environment": "test", "CertificatePkcs12Path": path, "CertificatePkcs12Password": "hemmelig",
    });
    let settings = read(section).unwrap();
    assert_eq!(settings.signing_key().unwrap().kid(), None);
    assert!(!format!("{settings:?}").contains("hemmelig"));
}

#[test]
fn a_certificate_as_text_with_its_password() {
    let protected = base64(include_bytes!("../../vectors/certificate-password-hemmelig.p12"));
    let section = json!({ "ClientId": "c", "Environment": "test", "EncodedX509": protected });
    let settings = read(with(section.clone(), "CertificatePkcs12Password", "hemmelig")).unwrap();
    assert!(settings.signing_key().unwrap().expires().is_some());
    assert!(!format!("{settings:?}").contains("hemmelig"));

    let error = read(section.clone()).unwrap_err().to_string();
    assert!(
        error.contains("has a password, and none is set; set `CertificatePkcs12Password`"),
        "{error}"
    );
    let error = read(with(section.clone(), "CertificatePkcs12Password", "feil"))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("password is wrong; set `CertificatePkcs12Password`"),
        "{error}"
    );

    // What .NET does not read must not stop an app that moves over.
    let open = base64(include_bytes!("../../vectors/certificate-no-password.p12"));
    read(with(
        with(section, "EncodedX509", open),
        "CertificatePkcs12Password",
        "left behind",
    ))
    .unwrap();
}
