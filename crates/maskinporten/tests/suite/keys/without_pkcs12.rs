//! A build that does not read PKCS#12 knows it all the same, and says what would read it.

use maskinporten::{KeyOptions, SigningKey};
use serde_json::json;

use super::{base64, check};
use crate::settings::read;

const FILE: &[u8] = include_bytes!("../../vectors/certificate-password-hemmelig.p12");
const CAUSE: &str = "the key is a PKCS#12 file, which this build does not read";
const REMEDY: &str =
    "turn on the feature `pkcs12` of the crate `maskinporten`, or give the private key and its certificate as PEM";

#[test]
fn it_is_named_whatever_is_in_it() {
    let files: [&[u8]; 6] = [
        FILE,
        include_bytes!("../../vectors/certificate-no-password.p12"),
        include_bytes!("../../vectors/keys/legacy-password-gammel.p12"),
        include_bytes!("../../vectors/keys/null-password.p12"),
        include_bytes!("../../vectors/keys/chain.p12"),
        include_bytes!("../../vectors/keys/ec.p12"),
    ];
    for file in files {
        for options in [KeyOptions::new(), KeyOptions::new().password("hemmelig")] {
            check(file, SigningKey::read(file, &options), CAUSE);
            check(file, SigningKey::read(base64(file), &options), CAUSE);
        }
    }
}

#[test]
fn settings_are_called_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key.p12");
    std::fs::write(&path, FILE).unwrap();
    let base = json!({ "ClientId": "c", "Environment": "test", "CertificatePkcs12Password": "hemmelig" });
    for (name, value) in [
        ("CertificatePkcs12Path", path.to_str().unwrap().to_owned()),
        ("EncodedX509", base64(FILE)),
    ] {
        let mut section = base.clone();
        section[name] = value.into();
        let error = read(section).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("Maskinporten: key failed: `MaskinportenSettings.{name}`: {CAUSE}; {REMEDY}")
        );
    }
}
