//! A file says itself how much work its password is. What no tool asks for is refused before any of it is done.
#![allow(clippy::unwrap_used)]

use ::pkcs12::pfx::Pfx;
use der::asn1::OctetString;
use der::{Any, Decode as _, Encode as _};
use pkcs5::pbes2::{EncryptionScheme, Kdf, Parameters, Pbkdf2Params, Pbkdf2Prf, ScryptParams};
use pkcs8::ObjectIdentifier;

use super::*;

const IV: EncryptionScheme<'static> = EncryptionScheme::Aes256Cbc { iv: &[0; 16] };

fn pbes2(kdf: Kdf<'_>) -> AlgorithmIdentifierOwned {
    let parameters = Parameters { kdf, encryption: IV };
    let parameters = parameters.to_der().unwrap();
    AlgorithmIdentifierOwned {
        oid: ObjectIdentifier::new_unwrap(PBES2),
        parameters: Some(Any::from_der(&parameters).unwrap()),
    }
}

fn scrypt(cost_parameter: u64, block_size: u16, parallelization: u16) -> AlgorithmIdentifierOwned {
    pbes2(Kdf::Scrypt(ScryptParams {
        salt: b"salt",
        cost_parameter,
        block_size,
        parallelization,
        key_length: None,
    }))
}

fn pbkdf2(iteration_count: u32) -> AlgorithmIdentifierOwned {
    pbes2(Kdf::Pbkdf2(Pbkdf2Params {
        salt: b"salt",
        iteration_count,
        key_length: None,
        prf: Pbkdf2Prf::HmacWithSha256,
    }))
}

fn old(scheme: &str, iterations: i32) -> AlgorithmIdentifierOwned {
    let salt = OctetString::new(*b"salt").unwrap();
    let parameters = Pkcs12PbeParams { salt, iterations };
    AlgorithmIdentifierOwned {
        oid: ObjectIdentifier::new_unwrap(scheme),
        parameters: Some(Any::from_der(&parameters.to_der().unwrap()).unwrap()),
    }
}

#[test]
fn too_much_work_is_refused_at_once() {
    for algorithm in [
        pbkdf2(u32::MAX),
        pbkdf2(MOST_ROUNDS + 1),
        // More memory than there is, all that there can be, and none.
        scrypt(1 << 40, 8, 1),
        scrypt(1 << 50, 8, 1),
        scrypt(1 << 63, u16::MAX, u16::MAX),
        scrypt(0, 8, 1),
        scrypt(16384, 0, 1),
        scrypt(16384, 8, u16::MAX),
        // The blocks that it works on are memory, too.
        scrypt(1, u16::MAX, 38),
        scrypt(2, 1024, 600),
        scrypt(16384, 8, 0),
        old(SHA1_3DES, i32::MAX),
        old(SHA1_RC2_40, i32::MAX),
    ] {
        let refused = decrypt(&algorithm, &[0; 16], &Password::new("hemmelig", &Budget::of_a_file()));
        assert_eq!(refused.err(), Some(TOO_MUCH_WORK), "{algorithm:?}");
    }
}

#[test]
fn all_parts_and_every_form_of_the_password_share_what_may_be_spent() {
    let budget = Budget::of_a_file();
    let (empty, null) = (Password::new("", &budget), Password::null(&budget));
    let half = u64::from(MOST_ROUNDS) / 2;
    assert_eq!(empty.spend(half), Ok(()));
    assert_eq!(null.spend(half), Ok(()));
    assert_eq!(empty.spend(1), Err(TOO_MUCH_WORK));
    assert_eq!(null.spend(1), Err(TOO_MUCH_WORK));
}

/// OpenSSL's own parameters, which `openssl pkcs8 -scrypt` writes.
#[test]
fn what_is_usual_is_done() {
    let budget = Budget::of_a_file();
    let password = Password::new("feil", &budget);
    assert_eq!(decrypt(&scrypt(16384, 8, 1), &[0; 16], &password), Ok(None));
    assert_eq!(decrypt(&old(SHA1_2DES, -1), &[0; 16], &password), Ok(None));
}

#[test]
fn nor_is_the_check_of_its_integrity_endless() {
    let file = include_bytes!("../../../../tests/vectors/certificate-no-password.p12");
    let mut file = Pfx::from_der(file).unwrap();
    file.mac_data.as_mut().unwrap().iterations = i32::MAX;
    let refused = super::super::read(&file.to_der().unwrap(), None);
    assert_eq!(refused.err(), Some(TOO_MUCH_WORK));
}
