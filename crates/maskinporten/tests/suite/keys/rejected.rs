use maskinporten::{KeyOptions, SigningKey};
use serde_json::json;

use super::{assert_tells_nothing, base64, check, encoded, jwk, nothings, read, with, with_kid, without};

/// Plainly and as base64: the same words.
fn rejected(text: impl AsRef<[u8]>, expected: &str) {
    let text = text.as_ref();
    check(text, read(text), expected);
    check(text, read(base64(text)), expected);
}

#[test]
fn what_is_no_key() {
    check(b"", read(""), "the key is blank");
    check(b"", read(" \r\n\u{feff}"), "the key is blank");
    for reference in [
        "@Microsoft.KeyVault(VaultName=v;SecretName=MaskinportenSettings--EncodedJwk)",
        " @microsoft.keyvault(SecretUri=https://v.vault.azure.net/secrets/s)",
    ] {
        check(
            b"",
            read(reference),
            "the key is a Key Vault reference that nobody resolved",
        );
    }
    let text = b"this is !not! base64, but it might well be secret";
    check(
        text,
        read(text),
        "the key is neither JSON nor PEM, and not base64 of either",
    );
    let text = base64("this is base64 of something that is no key");
    check(
        text.as_bytes(),
        read(&text),
        "the key is base64, but not of JSON, PEM, PKCS#1, PKCS#8 or PKCS#12",
    );
    check(
        b"",
        read(base64([0xff, 0xfe, 0x00, 0xd8, 0x01])),
        "the key is base64, but not of JSON, PEM, PKCS#1, PKCS#8 or PKCS#12",
    );
    check(b"", read([0xff, 0xfe, 0x00]), "the key is no UTF-8 text");
    rejected(
        r#"{"kty":"RSA","n":"0123456789abcdefghij"#,
        "the key is not JSON: it breaks off or goes wrong at line 1, column 38",
    );
    rejected(
        "{\"kty\":\"RSA\",\n 'n': 'xjnlesgsz7cn_k7luPjKCNZR'}",
        "the key is not JSON: it breaks off or goes wrong at line 2, column 2",
    );
    rejected("{}", "the JSON is no JWK: it has no `kty`");
}

#[test]
fn keys_that_cannot_sign_for_maskinporten() {
    let jwk = jwk("vector-2048");
    let public = without(jwk.clone(), &["d", "p", "q", "dp", "dq", "qi"]);
    rejected(public.to_string(), "the key is a public key only");
    rejected(json!({ "keys": [public] }).to_string(), "the key is a public key only");
    rejected(
        json!({ "kty": "EC", "crv": "P-256", "x": "AAAA", "y": "AAAA", "d": "AAAA" }).to_string(),
        "the key is no RSA key but EC",
    );
    rejected(
        json!({ "kty": "OKP", "crv": "Ed25519", "x": "AAAA", "d": "AAAA" }).to_string(),
        "the key is no RSA key but OKP (Ed25519)",
    );
    rejected(
        json!({ "kty": "oct", "k": "AAAA" }).to_string(),
        "the key is no RSA key but a shared secret (oct)",
    );
    rejected(
        with(jwk.clone(), "use", "enc").to_string(),
        "the key is not for signatures (`use` is `enc`)",
    );
    for alg in ["PS256", "ES256", "EdDSA", "RSA-OAEP", "HS256", "none"] {
        rejected(
            with(jwk.clone(), "alg", alg).to_string(),
            &format!("the key is for `{alg}`, which Maskinporten does not take"),
        );
    }
    rejected(without(jwk.clone(), &["kid"]).to_string(), "the key has no `kid`");
    for nothing in nothings() {
        let jwk = |member: &str| with(jwk.clone(), member, nothing.clone()).to_string();
        rejected(jwk("kid"), "the key has no `kid`");
        rejected(jwk("kty"), "the JSON is no JWK: it has no `kty`");
        rejected(jwk("d"), "the key is a public key only");
        rejected(jwk("n"), "the JWK lacks the member `n`");
        rejected(jwk("e"), "the JWK lacks the member `e`");
    }
    for (kid, what) in [
        ("<kid>", "is a placeholder"),
        ("\u{feff}kid-1", "holds a byte order mark (U+FEFF)"),
        ("\"kid-1\"", "begins or ends with a quotation mark"),
    ] {
        let error = read(with(jwk.clone(), "kid", kid).to_string()).unwrap_err().to_string();
        assert!(error.contains(&format!("the key's `kid` {what}")), "{error}");
        let options = KeyOptions::new().kid(kid);
        let error = SigningKey::read(jwk.to_string(), &options).unwrap_err().to_string();
        assert!(error.contains(&format!("the key's `kid` {what}")), "{error}");
    }
}

#[test]
fn a_key_in_quotes_or_a_placeholder_for_one() {
    let encoded = encoded("vector-2048");
    let text = format!("\"{encoded}\"");
    check(
        text.as_bytes(),
        read(&text),
        "the text begins or ends with a quotation mark; take the quotes away",
    );
    for text in ["<base64 of the JWK>", "${JWK}", "#{EncodedJwk}#"] {
        check(b"", read(text), "the text is a placeholder; set the value itself");
    }
}

#[test]
fn numbers_that_do_not_belong_together() {
    let jwk = jwk("vector-2048");
    let other = super::jwk("vector-4096");
    rejected(without(jwk.clone(), &["n"]).to_string(), "the JWK lacks the member `n`");
    rejected(without(jwk.clone(), &["e"]).to_string(), "the JWK lacks the member `e`");
    rejected(
        with(jwk.clone(), "d", "%%%").to_string(),
        "the JWK's member `d` is no base64url text",
    );
    rejected(
        with(jwk.clone(), "p", 17).to_string(),
        "the JWK's member `p` is no base64url text",
    );
    // RFC 7518, section 6.3.2.7.
    for more in [
        json!([{ "r": "AQAB", "d": "AQAB", "t": "AQAB" }]),
        json!([{ "r": "AQAB" }, {}]),
        json!([{}, "AQAB"]),
        json!({ "r": "AQAB" }),
        json!("AQAB"),
        json!(1),
    ] {
        rejected(
            with(jwk.clone(), "oth", more).to_string(),
            "the key has more than two primes (`oth`), and only two can be used",
        );
    }
    for member in ["kty", "use", "alg", "kid"] {
        for odd in [json!(1), json!(true), json!(["RSA"]), json!({ "a": 1 })] {
            rejected(
                with(jwk.clone(), member, odd).to_string(),
                &format!("the JWK's member `{member}` is no text"),
            );
        }
    }
    let apart = "the key's parts do not belong together: ";
    for (changed, how) in [
        (
            with(jwk.clone(), "p", other["n"].clone()),
            "a private part is longer than the modulus",
        ),
        (with(jwk.clone(), "p", other["p"].clone()), "`p` times `q` is not `n`"),
        (with(jwk.clone(), "p", jwk["q"].clone()), "`p` times `q` is not `n`"),
        (with(jwk.clone(), "e", "Ag"), "the public exponent `e` is none"),
        (with(jwk.clone(), "e", "AQ"), "the public exponent `e` is none"),
        (
            with(jwk.clone(), "e", "Aw"),
            "`d`, `dp`, `dq` and `qi` do not fit `n` and `e`",
        ),
        (
            with(jwk.clone(), "d", jwk["dp"].clone()),
            "`d`, `dp`, `dq` and `qi` do not fit `n` and `e`",
        ),
        (
            with(jwk.clone(), "qi", jwk["dp"].clone()),
            "`d`, `dp`, `dq` and `qi` do not fit `n` and `e`",
        ),
        (
            with(without(jwk.clone(), &["p", "q"]), "d", jwk["dp"].clone()),
            "`d` does not fit `n` and `e`",
        ),
        (
            with(without(jwk.clone(), &["p", "q"]), "d", "AA"),
            "`d` does not fit `n` and `e`",
        ),
    ] {
        rejected(changed.to_string(), &format!("{apart}{how}"));
    }
    let text = include_str!("../../vectors/keys/short.pem");
    check(
        text.as_bytes(),
        with_kid(text),
        "the key is too short: 1024 bits, where Maskinporten wants 2048 or more",
    );
}

#[test]
fn sets() {
    let key = jwk("vector-2048");
    let public = without(key.clone(), &["d"]);
    let set = |keys: serde_json::Value| json!({ "keys": keys }).to_string();
    let none = "the JWKS holds no private RSA key for signatures";
    rejected(set(json!([])), none);
    rejected(set(json!("x")), none);
    for nothing in nothings() {
        rejected(set(nothing), none);
    }
    rejected(set(json!([public, public])), none);
    rejected(
        set(json!([key, jwk("vector-4096")])),
        "the JWKS holds 2 private keys, and no `exp` tells the newest",
    );
    check(
        b"",
        with_kid(set(json!([key, jwk("vector-4096")]))),
        "the JWKS holds no private RSA key with the `kid` that is set",
    );
}

#[test]
fn pem() {
    let reject = |text: &str, expected: &str| {
        check(text.as_bytes(), with_kid(text), expected);
        check(text.as_bytes(), with_kid(base64(text)), expected);
    };
    reject(
        include_str!("../../vectors/keys/encrypted.pem"),
        "the key is an encrypted PEM",
    );
    reject(
        include_str!("../../vectors/keys/ec.pem"),
        "the key is no RSA key but EC",
    );
    reject(
        include_str!("../../vectors/keys/ed25519.pem"),
        "the key is no RSA key but Ed25519",
    );
    reject(
        include_str!("../../vectors/keys/pub.pem"),
        "the key is a public key only",
    );
    reject(
        include_str!("../../vectors/keys/certificate.pem"),
        "the key is a public key only",
    );
    let whole = include_str!("../../vectors/keys/pkcs8.pem");
    reject(&whole[..whole.len() / 2], "the key is PEM that is cut off or broken");
    let text = whole.to_owned();
    check(text.as_bytes(), read(&text), "the key has no `kid`");
}

#[test]
fn certificates() {
    let mut foreign = include_bytes!("../../vectors/keys/pkcs8.pem").to_vec();
    foreign.extend_from_slice(FOREIGN.as_bytes());
    check(&foreign, read(&foreign), "no certificate belongs to the private key");
    rejected(
        [0x30, 0x80, 0x02, 0x01, 0x03],
        "the PKCS#12 file cannot be read: it is BER without lengths, where DER is asked for",
    );
    let file = include_bytes!("../../vectors/certificate-password-hemmelig.p12");
    rejected(
        &file[..file.len() - 100],
        "the key is base64, but not of JSON, PEM, PKCS#1, PKCS#8 or PKCS#12",
    );
}

#[test]
fn a_key_that_was_cut_off() {
    let text = encoded("vector-4096");
    let cut = &text[..text.len() - 8];
    check(
        cut.as_bytes(),
        read(cut),
        "the key is not JSON: it breaks off or goes wrong at line 13, column 12",
    );
}

#[test]
fn damage_anywhere_neither_panics_nor_tells() {
    let files: [&[u8]; 5] = [
        encoded("vector-2048").leak().as_bytes(),
        jwk("vector-2048").to_string().leak().as_bytes(),
        include_bytes!("../../vectors/keys/pkcs8.pem"),
        include_bytes!("../../vectors/keys/chain.p12"),
        include_bytes!("../../vectors/certificate-no-password.p12"),
    ];
    for file in files {
        for step in 0..60 {
            let at = step * file.len() / 60;
            let mut changed = file.to_vec();
            changed[at] ^= 1 << (step % 7);
            for damaged in [&changed[..], &file[..at]] {
                if let Err(error) = with_kid(damaged) {
                    assert_tells_nothing(file, &format!("{error} {error:?}"));
                }
            }
        }
    }
}

/// The certificate of an elliptic curve.
const FOREIGN: &str = "\
-----BEGIN CERTIFICATE-----\n\
MIIBcjCCARegAwIBAgIULItNqrNFEJChh1cnAMI9LTATOCgwCgYIKoZIzj0EAwIw\n\
DTELMAkGA1UEAwwCZWMwIBcNMjYxMTIyMTEzMzU3WhgPMjA4MTA4MjUxMTMzNTda\n\
MA0xCzAJBgNVBAMMAmVjMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE4KWrv/Gk\n\
91Fsgcp42BsDoLxE7IBLHPL+UMCd8yU2IyLmcGVWaE0/7wXWbcLtKI2RgAuwPafq\n\
TjT7fJdMvk/UnaNTMFEwHQYDVR0OBBYEFLSji9t4pWUPK8efzp8qkV1GCTNgMB8G\n\
A1UdIwQYMBaAFLSji9t4pWUPK8efzp8qkV1GCTNgMA8GA1UdEwEB/wQFMAMBAf8w\n\
CgYIKoZIzj0EAwIDSQAwRgIhALWV/SHWAe36pRAcs3qWvd+dOG3CmlRDKP82+1bi\n\
Z+j/AiEAoBUENUs0I2ZlD1ALxDm8J4KDOg+IukRnZGsyuiIBeJo=\n\
-----END CERTIFICATE-----\n\n";
