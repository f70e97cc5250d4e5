#![allow(clippy::unwrap_used)]

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use super::{assertion, claims, shown};
use crate::key::{KeyOptions, SigningKey};
use crate::request::{Consent, SystemUser, TokenRequest};

const VECTORS: &str = include_str!("../../tests/vectors/assertions.json");
const CLIENT: &str = "3f1c7a52-0d0e-4a7c-9b7e-1f2f2c6f0a11";
const ISSUER: &str = "https://test.maskinporten.no/";

fn vectors() -> Value {
    serde_json::from_str(VECTORS).unwrap()
}

fn key(name: &str) -> SigningKey {
    let text = vectors()["keys"][name]["encoded_jwk"].as_str().unwrap().to_owned();
    SigningKey::read(text, &KeyOptions::new()).unwrap()
}

fn signed(key_name: &str, request: &TokenRequest, jti: &str) -> String {
    let key = key(key_name);
    let jws = key
        .sign(&claims(CLIENT, ISSUER, request, 1_790_000_000, jti.to_owned()))
        .unwrap();
    jws.expose_secret().to_owned()
}

fn expected(name: &str) -> (String, String) {
    let vectors = vectors();
    let vector = vectors["assertions"]
        .as_array()
        .unwrap()
        .iter()
        .find(|v| v["name"] == name)
        .unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (text(&vector["jws"]), text(&vector["claims"]["jti"]))
}

#[test]
fn a_plain_assertion_is_the_vector_byte_for_byte() {
    let (jws, jti) = expected("plain RS256");
    let request = TokenRequest::new([
        "altinn:serviceowner/instances.read",
        "altinn:serviceowner/instances.write",
    ]);
    assert_eq!(signed("vector-2048", &request, &jti), jws);
}

#[test]
fn a_system_users_assertion_is_the_vector_byte_for_byte() {
    let (jws, jti) = expected("system user RS512 4096");
    let user = SystemUser::of("991825827").external_ref("customer-123");
    let request = TokenRequest::new(["altinn:serviceowner"]).system_user(user.clone());
    assert_eq!(signed("vector-4096", &request, &jti), jws);

    let prefixed = SystemUser::of("0192:991825827").external_ref("customer-123");
    let request = TokenRequest::new(["altinn:serviceowner"]).system_user(prefixed);
    assert_eq!(signed("vector-4096", &request, &jti), jws);
}

fn parts(jws: &SecretString) -> (Value, Value) {
    let shown = shown(jws);
    let (header, rest) = shown.split_once("}.{").unwrap();
    let (claims, _) = rest.rsplit_once("}.").unwrap();
    let json = |text: String| serde_json::from_str(&text).unwrap();
    (json(format!("{header}}}")), json(format!("{{{claims}}}")))
}

#[test]
fn only_documented_claims_are_sent() {
    let key = key("vector-2048");
    let request = TokenRequest::new(["b:two a:one"])
        .resource("https://api.example.no/v1")
        .resource("urn:example:api")
        .consumer_org("0192:991825827")
        .pid("01017012343");
    let jws = assertion(&key, CLIENT, "https://sky.maskinporten.no", &request, 1000).unwrap();
    let (header, claims) = parts(&jws);
    assert_eq!(
        header,
        serde_json::json!({ "alg": "RS256", "kid": "vector-2048", "typ": "JWT" })
    );
    let jti = claims["jti"].as_str().unwrap();
    assert_eq!(uuid::Uuid::parse_str(jti).unwrap().get_version_num(), 4);
    let expected = serde_json::json!({
        "aud": "https://sky.maskinporten.no",
        "iss": CLIENT,
        "scope": "a:one b:two",
        "iat": 1000,
        "exp": 1119,
        "jti": jti,
        "resource": ["https://api.example.no/v1", "urn:example:api"],
        "consumer_org": "991825827",
        "pid": "…",
    });
    assert_eq!(claims, expected);
    // Masked in what is shown, but not in what is sent.
    let sent = jws.expose_secret().split('.').nth(1).unwrap();
    let sent: Value = serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(sent).unwrap()).unwrap();
    assert_eq!(sent["pid"], "01017012343");
}

#[test]
fn a_persons_number_is_not_shown() {
    // A resource that looks like the claim is left alone.
    let request = TokenRequest::new(["a"])
        .resource("urn:x:\"pid\":\"y\".")
        .pid("01017012343")
        .system_user(SystemUser::of("991825827"));
    let jws = assertion(&key("vector-2048"), CLIENT, ISSUER, &request, 0).unwrap();
    let shown = shown(&jws);
    assert!(!shown.contains("0101701"), "{shown}");
    let (_, claims) = parts(&jws);
    assert_eq!(claims["resource"], "urn:x:\"pid\":\"y\".");
    assert_eq!(claims["pid"], "…");
    assert_eq!(claims["authorization_details"][0]["type"], "urn:altinn:systemuser");
}

#[test]
fn a_persons_number_is_not_shown_wherever_it_stands() {
    let person = Consent::of("77ed8698-e019-4d9c-a5e4-8e0a3cf3f9d4", "01017012343");
    let other = serde_json::json!({ "type": "a", "about": ["urn:x:01017012343"], "number": 12_345_678_901_u64 });
    for (request, kept) in [
        (
            TokenRequest::new(["a"]).consent(person),
            "77ed8698-e019-4d9c-a5e4-8e0a3cf3f9d4",
        ),
        (TokenRequest::new(["a"]).authorization_details(other), "urn:x:…"),
    ] {
        let jws = assertion(&key("vector-2048"), CLIENT, ISSUER, &request, 1_790_000_000).unwrap();
        let shown = shown(&jws);
        assert!(!shown.contains("0101701") && !shown.contains("12345678901"), "{shown}");
        assert!(shown.contains(kept) && shown.contains(r#""iat":1790000000"#), "{shown}");
    }
}

#[test]
fn one_resource_is_a_text_and_each_assertion_is_new() {
    let key = key("vector-2048");
    let request = TokenRequest::new(["a"])
        .resource("https://api.example.no")
        .on_behalf_of("other");
    let first = parts(&assertion(&key, CLIENT, ISSUER, &request, 0).unwrap()).1;
    let second = parts(&assertion(&key, CLIENT, ISSUER, &request, 0).unwrap()).1;
    assert_eq!(first["resource"], "https://api.example.no");
    assert_eq!(first["iss_onbehalfof"], "other");
    assert_ne!(first["jti"], second["jti"]);
}

#[test]
fn a_certificate_goes_along_as_x5c() {
    let file = concat!(
        include_str!("../../tests/vectors/keys/pkcs8.pem"),
        include_str!("../../tests/vectors/keys/certificate.pem")
    );
    let key = SigningKey::read(file, &KeyOptions::new()).unwrap();
    let (header, _) = parts(&assertion(&key, CLIENT, ISSUER, &TokenRequest::new(["a"]), 0).unwrap());
    assert_eq!(header["alg"], "RS256");
    assert_eq!(header.get("kid"), None);
    let chain = header["x5c"].as_array().unwrap();
    assert_eq!(chain.len(), 1);
    assert!(chain[0].as_str().unwrap().starts_with("MII"));

    // Digdir's guide: either `kid` or `x5c`, and what is registered is named.
    let registered = SigningKey::read(file, &KeyOptions::new().kid("registered")).unwrap();
    let (header, _) = parts(&assertion(&registered, CLIENT, ISSUER, &TokenRequest::new(["a"]), 0).unwrap());
    assert_eq!(
        header,
        serde_json::json!({ "alg": "RS256", "kid": "registered", "typ": "JWT" })
    );
    assert_ne!(registered.identity(), key.identity());
}

/// A sub-unit, a prefix or a blank makes no other claim: `consumer_org` is nine digits, a system user's organisation has the prefix.
#[test]
fn an_organisation_is_one_claim_however_it_is_spelt() {
    for number in [
        "991825827",
        "991 825 827",
        "0192:991825827",
        "iso6523-actorid-upis::0192:991825827",
    ] {
        let request = TokenRequest::new(["a"])
            .consumer_org(number)
            .system_user(SystemUser::of(number));
        let (_, claims) = parts(&assertion(&key("vector-2048"), CLIENT, ISSUER, &request, 0).unwrap());
        assert_eq!(claims["consumer_org"], "991825827");
        assert_eq!(
            claims["authorization_details"][0]["systemuser_org"],
            serde_json::json!({ "authority": "iso6523-actorid-upis", "ID": "0192:991825827" })
        );
    }
}

#[test]
fn the_signature_is_not_shown() {
    let (jws, _) = expected("plain RS256");
    let signature = jws.rsplit('.').next().unwrap();
    let shown = shown(&SecretString::from(jws.clone()));
    assert!(shown.starts_with(r#"{"alg":"RS256","kid":"vector-2048","typ":"JWT"}.{"aud":"#));
    assert!(shown.ends_with(".(signature not shown)"));
    assert!(!shown.contains(&signature[..8]));
}

/// By a library that nobody here wrote, for each algorithm.
#[test]
fn another_library_verifies_what_is_signed() {
    use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};

    let jwk = vectors()["keys"]["vector-2048"]["jwk"].clone();
    let public = DecodingKey::from_rsa_components(jwk["n"].as_str().unwrap(), jwk["e"].as_str().unwrap()).unwrap();
    for algorithm in [Algorithm::RS256, Algorithm::RS384, Algorithm::RS512] {
        let mut jwk = jwk.clone();
        jwk["alg"] = format!("{algorithm:?}").into();
        let key = SigningKey::read(jwk.to_string(), &KeyOptions::new()).unwrap();
        let jws = assertion(&key, CLIENT, ISSUER, &TokenRequest::new(["a"]), 4_000_000_000).unwrap();
        let mut validation = Validation::new(algorithm);
        validation.set_audience(&[ISSUER]);
        validation.set_issuer(&[CLIENT]);
        let token = decode::<Value>(jws.expose_secret(), &public, &validation).unwrap();
        assert_eq!(token.claims["exp"], 4_000_000_119_i64);
    }
}
