use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE, BASE64_URL_SAFE_NO_PAD};
use maskinporten::{Algorithm, Error, FileKey, KeyOptions, KeySource as _, SigningKey};
use serde_json::{Map, Value, json};

use super::{THUMBPRINT, assert_tells_nothing, base64, encoded, jwk, nothings, read, with, with_kid, without};

fn accepted(text: impl AsRef<[u8]>) -> SigningKey {
    let key = read(&text).unwrap();
    assert_eq!(key.thumbprint(), THUMBPRINT);
    assert_eq!(key.kid(), Some("vector-2048"));
    assert_eq!(key.bits(), 2048);
    assert_tells_nothing(text.as_ref(), &format!("{key:?}"));
    key
}

#[test]
fn base64_of_a_jwk() {
    let json = jwk("vector-2048").to_string();
    accepted(encoded("vector-2048"));
    accepted(base64(&json));
    accepted(BASE64_STANDARD_NO_PAD.encode(&json));
    accepted(BASE64_URL_SAFE.encode(&json));
    accepted(BASE64_URL_SAFE_NO_PAD.encode(&json));
    let broken: Vec<String> = base64(&json)
        .as_bytes()
        .chunks(64)
        .map(|line| String::from_utf8_lossy(line).into())
        .collect();
    accepted(format!("  {}\r\n", broken.join("\r\n")));
    accepted(format!("\u{feff}{}", base64(&json)));
    accepted(base64(format!("\u{feff}{json}")));
    accepted(base64(format!("\n {json} \n")));
}

#[test]
fn a_jwk_as_it_is() {
    let jwk = jwk("vector-2048");
    let key = accepted(jwk.to_string());
    assert_eq!(key.algorithm(), Algorithm::Rs256);
    assert_eq!(key.expires(), None);
    accepted(format!("\u{feff}\n{} ", serde_json::to_string_pretty(&jwk).unwrap()));
    accepted(with(jwk.clone(), "oth_er", json!({ "x": [1, null, true, 0.5] })).to_string());
    assert_eq!(
        accepted(with(jwk.clone(), "exp", 1_900_000_000).to_string()).expires(),
        Some(1_900_000_000)
    );
    accepted(with(jwk, "n", encoded_with_plus()).to_string());
}

/// As Altinn's key tool prints it, and .NET's `JsonWebKey`: every member that there is.
#[test]
fn members_that_say_nothing_are_left_out() {
    let jwk = jwk("vector-2048");
    let unread = [
        "key_ops", "x5c", "x5t", "x5t#S256", "x5u", "oth", "nbf", "iat", "k", "crv", "keys",
    ];
    let read = ["use", "alg", "exp", "dp", "dq", "qi"];
    for member in ["oth", "alg", "p", "q"] {
        accepted(with(jwk.clone(), member, Value::Null).to_string());
    }
    for nothing in nothings() {
        let mut all = jwk.clone();
        for member in unread.into_iter().chain(read) {
            all[member] = nothing.clone();
        }
        let key = accepted(all.to_string());
        assert_eq!((key.algorithm(), key.expires()), (Algorithm::Rs256, None));
        accepted(base64(json!({ "keys": [all] }).to_string()));
        // In a set they do not choose the key either.
        let other = with(super::jwk("vector-4096"), "exp", nothing);
        accepted(json!({ "keys": [with(jwk.clone(), "exp", 1_900_000_000), other] }).to_string());
    }
}

/// A number that somebody else chose ends no process, and no build.
#[test]
fn an_end_of_any_size() {
    let jwk = jwk("vector-2048");
    for exp in [
        json!(i64::MIN),
        json!(i64::MAX),
        json!(u64::MAX),
        json!(1e300),
        json!(-1e300),
        json!(-1),
        json!(0),
        json!("-9223372036854775808"),
        json!("9223372036854775808"),
        json!("soon"),
        json!(true),
        json!([1]),
        json!({ "a": 1 }),
    ] {
        read(with(jwk.clone(), "exp", exp).to_string()).unwrap();
    }
}

/// The modulus in the standard alphabet, padded: some writers do.
fn encoded_with_plus() -> String {
    let n = jwk("vector-2048")["n"]
        .as_str()
        .unwrap()
        .replace('-', "+")
        .replace('_', "/");
    format!("{n}==")
}

#[test]
fn the_algorithm_is_the_jwks_own() {
    let jwk = jwk("vector-2048");
    for (alg, expected) in [
        ("RS256", Algorithm::Rs256),
        ("RS384", Algorithm::Rs384),
        ("RS512", Algorithm::Rs512),
        ("rs512", Algorithm::Rs512),
    ] {
        let key = accepted(with(jwk.clone(), "alg", alg).to_string());
        assert_eq!(key.algorithm(), expected);
    }
    assert_eq!(
        accepted(without(jwk, &["alg", "use"]).to_string()).algorithm(),
        Algorithm::Rs256
    );
    let large = read(encoded("vector-4096")).unwrap();
    assert_eq!((large.bits(), large.algorithm()), (4096, Algorithm::Rs512));
}

#[test]
fn pascal_case() {
    let mut pascal = Map::new();
    for (name, value) in jwk("vector-2048").as_object().unwrap() {
        let name = match name.as_str() {
            "kty" => "Kty".to_owned(),
            "use" => "Use".to_owned(),
            "kid" => "Kid".to_owned(),
            "alg" => "Alg".to_owned(),
            other => other.to_uppercase(),
        };
        pascal.insert(name, value.clone());
    }
    accepted(Value::from(pascal).to_string());
}

#[test]
fn missing_members_are_computed() {
    let jwk = jwk("vector-2048");
    for missing in [
        &["p", "q", "dp", "dq", "qi"][..],
        &["dp", "dq", "qi"],
        &["q", "dq"],
        &["p", "qi"],
        &["qi"],
    ] {
        accepted(without(jwk.clone(), missing).to_string());
    }
    // The primes the other way round, without what depends on their order.
    let (p, q) = (jwk["p"].clone(), jwk["q"].clone());
    accepted(with(with(without(jwk.clone(), &["dp", "dq", "qi"]), "p", q), "q", p).to_string());
    accepted(with(jwk, "qi", "").to_string());
    let large = without(super::jwk("vector-4096"), &["p", "q", "dp", "dq", "qi"]);
    assert_eq!(read(large.to_string()).unwrap().bits(), 4096);
}

#[test]
fn a_set_of_keys() {
    let small = jwk("vector-2048");
    let large = jwk("vector-4096");
    let public = without(large.clone(), &["d", "p", "q", "dp", "dq", "qi"]);
    let ec = json!({ "kty": "EC", "crv": "P-256", "x": "a", "y": "b", "d": "c", "kid": "ec" });
    let enc = with(large.clone(), "use", "enc");
    accepted(json!({ "keys": [small] }).to_string());
    accepted(base64(json!({ "Keys": [small] }).to_string()));
    accepted(json!({ "keys": [public, ec, enc, small] }).to_string());
    let older = with(large.clone(), "exp", 1000);
    accepted(json!({ "keys": [older, with(small.clone(), "exp", 2000), large] }).to_string());

    let both = json!({ "keys": [large, small] }).to_string();
    let picked = SigningKey::read(both, &KeyOptions::new().kid("vector-2048")).unwrap();
    assert_eq!(picked.thumbprint(), THUMBPRINT);
}

#[test]
fn the_kid_that_is_set_goes_before_the_keys_own() {
    let key = with_kid(encoded("vector-2048")).unwrap();
    assert_eq!(key.kid(), Some("set"));
    let blank = SigningKey::read(encoded("vector-2048"), &KeyOptions::new().kid(" ")).unwrap();
    assert_eq!(blank.kid(), Some("vector-2048"));
}

#[test]
fn pem() {
    for text in [
        include_str!("../../vectors/keys/pkcs1.pem"),
        include_str!("../../vectors/keys/pkcs8.pem"),
    ] {
        let der: String = text.lines().filter(|line| !line.starts_with("-----")).collect();
        let der = base64_decoded(&der);
        for text in [
            text.as_bytes().to_vec(),
            base64(text).into_bytes(),
            text.replace('\n', "\\n").into_bytes(),
            text.replace('\n', " ").into_bytes(),
            format!("Bag Attributes\n{text}").into_bytes(),
            base64(&der).into_bytes(),
            der,
        ] {
            let key = with_kid(&text).unwrap();
            assert_eq!((key.thumbprint(), key.kid()), (THUMBPRINT, Some("set")));
        }
    }
    // With its certificate beside it, it needs no `kid`.
    let both = concat!(
        include_str!("../../vectors/keys/pkcs8.pem"),
        include_str!("../../vectors/keys/certificate.pem")
    );
    assert_eq!(read(both).unwrap().kid(), None);
}

fn base64_decoded(text: &str) -> Vec<u8> {
    base64::prelude::BASE64_STANDARD.decode(text).unwrap()
}

#[tokio::test]
async fn a_file_is_read_anew_each_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key.json");
    std::fs::write(&path, encoded("vector-2048")).unwrap();
    let source = FileKey::new(&path, KeyOptions::new());
    assert_eq!(source.load().await.unwrap().kid(), Some("vector-2048"));
    std::fs::write(&path, encoded("vector-4096")).unwrap();
    assert_eq!(source.load().await.unwrap().kid(), Some("vector-4096"));
    std::fs::remove_file(&path).unwrap();
    let error = source.load().await.unwrap_err().to_string();
    assert!(
        error.contains(&format!("the file `{}` cannot be read: ", path.display())),
        "{error}"
    );
}

/// A path that leads to a device, or to a disk's image, must not be read until memory is full.
#[tokio::test]
async fn a_file_that_is_longer_than_any_key() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key.pem");
    std::fs::File::create(&path).unwrap().set_len(1 << 40).unwrap();
    let source = FileKey::new(&path, KeyOptions::new());
    let error = source.load().await.unwrap_err().to_string();
    assert!(
        error.contains("cannot be read: it is longer than 1 MiB, which no key is"),
        "{error}"
    );
    if cfg!(unix) {
        let error = FileKey::new("/dev/zero", KeyOptions::new()).load().await.unwrap_err();
        assert!(error.to_string().contains("longer than 1 MiB"), "{error}");
    }
}

#[tokio::test]
async fn a_source_of_ones_own() {
    let key = read(encoded("vector-2048")).unwrap();
    assert_eq!(key.load().await.unwrap().thumbprint(), THUMBPRINT);
    let error = Error::key_source(std::io::Error::other("the vault is closed"));
    assert_eq!(
        error.to_string(),
        "Maskinporten: key failed: the key cannot be had: the vault is closed"
    );
    assert!(std::error::Error::source(&error).is_some());
}
