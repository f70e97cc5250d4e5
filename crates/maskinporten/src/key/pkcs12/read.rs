//! One private RSA key and its certificates, as Key Vault, Buypass, Commfides, Windows, Java and OpenSSL write it.

use ::pkcs12::authenticated_safe::AuthenticatedSafe;
use ::pkcs12::cert_type::CertBag;
use ::pkcs12::kdf::{Pkcs12KeyType, derive_key};
use ::pkcs12::mac_data::MacData;
use ::pkcs12::pbe_params::EncryptedPrivateKeyInfo;
use ::pkcs12::pfx::Pfx;
use ::pkcs12::safe_bag::SafeContents;
use aws_lc_rs::hmac;
use cms::content_info::ContentInfo;
use cms::encrypted_data::EncryptedData;
use der::asn1::{AnyRef, ContextSpecific, OctetString};
use der::{Decode as _, Encode as _};
use secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

use super::pbe::{self, Budget, Password};
use crate::key::material::Material;
use crate::key::numbers::Secret;
use crate::key::private;
use crate::key::problem::Problem;

const DATA: &str = "1.2.840.113549.1.7.1";
const ENCRYPTED_DATA: &str = "1.2.840.113549.1.7.6";
const KEY_BAG: &str = "1.2.840.113549.1.12.10.1.1";
const SHROUDED_KEY_BAG: &str = "1.2.840.113549.1.12.10.1.2";
const CERT_BAG: &str = "1.2.840.113549.1.12.10.1.3";
const X509: &str = "1.2.840.113549.1.9.22.1";

const DAMAGED: Problem = Problem::Pkcs12("it is damaged");

#[derive(Default)]
struct Contents {
    keys: Vec<Secret>,
    certificates: Vec<Vec<u8>>,
}

pub(in crate::key) fn read(bytes: &[u8], password: Option<&SecretString>) -> Result<Material, Problem> {
    let pfx = Pfx::from_der(bytes).map_err(|_| DAMAGED)?;
    if pfx.auth_safe.content_type.to_string() != DATA {
        return Err(Problem::Pkcs12("it is signed, not protected by a password"));
    }
    let given = password
        .map(SecretString::expose_secret)
        .filter(|password| !password.is_empty());
    let wrong = || match given {
        Some(_) => Problem::Password,
        None => Problem::PasswordNeeded,
    };
    let budget = Budget::of_a_file();
    // Without a password, some write the empty one and some none.
    let forms = match given {
        Some(password) => vec![Password::new(password, &budget)],
        None => vec![Password::new("", &budget), Password::null(&budget)],
    };
    let safe = octets(&pfx.auth_safe)?;
    let mut read = Err(wrong());
    for password in &forms {
        let fits = match &pfx.mac_data {
            Some(mac) => verifies(mac, password, safe.as_bytes())?,
            None => true,
        };
        if fits {
            read = Contents::of(safe.as_bytes(), password, &wrong);
        }
        // Where no MAC tells which form it is, what is encrypted does.
        if !matches!(read, Err(Problem::Password | Problem::PasswordNeeded)) {
            break;
        }
    }
    let contents = read?;

    match contents.keys.as_slice() {
        [] => Err(Problem::Pkcs12("it holds no private key")),
        [key] => {
            let mut material = private::pkcs8(key)?;
            if contents.certificates.is_empty() {
                return Err(Problem::Pkcs12("it holds no certificate"));
            }
            material.chain = contents.certificates;
            Ok(material)
        }
        _ => Err(Problem::Pkcs12("it holds more than one private key")),
    }
}

impl Contents {
    fn of(safe: &[u8], password: &Password<'_>, wrong: &dyn Fn() -> Problem) -> Result<Self, Problem> {
        let mut contents = Self::default();
        for part in AuthenticatedSafe::from_der(safe).map_err(|_| DAMAGED)? {
            let bags = match part.content_type.to_string().as_str() {
                DATA => Zeroizing::new(octets(&part)?.into_bytes()),
                ENCRYPTED_DATA => {
                    let content = part.content.to_der().map_err(|_| DAMAGED)?;
                    let content = EncryptedData::from_der(&content).map_err(|_| DAMAGED)?.enc_content_info;
                    let encrypted = content.encrypted_content.ok_or(DAMAGED)?;
                    pbe::decrypt(&content.content_enc_alg, encrypted.as_bytes(), password)?.ok_or_else(wrong)?
                }
                _ => return Err(Problem::Pkcs12("a part of it is encrypted with a certificate")),
            };
            contents.read(&bags, password, wrong)?;
        }
        Ok(contents)
    }

    fn read(&mut self, bags: &[u8], password: &Password<'_>, wrong: &dyn Fn() -> Problem) -> Result<(), Problem> {
        for bag in SafeContents::from_der(bags).map_err(|_| wrong())? {
            let value = bag.bag_value.as_slice();
            match bag.bag_id.to_string().as_str() {
                KEY_BAG => {
                    let key: ContextSpecific<AnyRef<'_>> = ContextSpecific::from_der(value).map_err(|_| DAMAGED)?;
                    self.keys.push(Zeroizing::new(key.value.to_der().map_err(|_| DAMAGED)?));
                }
                SHROUDED_KEY_BAG => {
                    let key: ContextSpecific<EncryptedPrivateKeyInfo> =
                        ContextSpecific::from_der(value).map_err(|_| DAMAGED)?;
                    let key = key.value;
                    let plain = pbe::decrypt(&key.encryption_algorithm, key.encrypted_data.as_bytes(), password)?;
                    self.keys.push(plain.ok_or_else(wrong)?);
                }
                CERT_BAG => {
                    let bag: ContextSpecific<CertBag> = ContextSpecific::from_der(value).map_err(|_| DAMAGED)?;
                    if bag.value.cert_id.to_string() == X509 {
                        self.certificates.push(bag.value.cert_value.into_bytes());
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }
}

fn octets(part: &ContentInfo) -> Result<OctetString, Problem> {
    part.content.decode_as::<OctetString>().map_err(|_| DAMAGED)
}

fn verifies(mac: &MacData, password: &Password<'_>, data: &[u8]) -> Result<bool, Problem> {
    let salt = mac.mac_salt.as_bytes();
    let rounds = mac.iterations;
    password.spend(u64::try_from(rounds).unwrap_or_default())?;
    let derive = |algorithm: &str| {
        let (id, password) = (Pkcs12KeyType::Mac, password.bytes());
        match algorithm {
            "1.3.14.3.2.26" => Some((
                hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
                derive_key::<sha1::Sha1>(password, salt, id, rounds, 20),
            )),
            "2.16.840.1.101.3.4.2.1" => Some((
                hmac::HMAC_SHA256,
                derive_key::<sha2::Sha256>(password, salt, id, rounds, 32),
            )),
            "2.16.840.1.101.3.4.2.2" => Some((
                hmac::HMAC_SHA384,
                derive_key::<sha2::Sha384>(password, salt, id, rounds, 48),
            )),
            "2.16.840.1.101.3.4.2.3" => Some((
                hmac::HMAC_SHA512,
                derive_key::<sha2::Sha512>(password, salt, id, rounds, 64),
            )),
            _ => None,
        }
    };
    let (algorithm, key) = derive(mac.mac.algorithm.oid.to_string().as_str()).ok_or(Problem::Pkcs12(
        "its integrity is protected in a way that is not known here",
    ))?;
    let key = Zeroizing::new(key);
    let key = hmac::Key::new(algorithm, &key);
    Ok(hmac::verify(&key, data, mac.mac.digest.as_bytes()).is_ok())
}
