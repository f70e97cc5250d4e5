//! Certificates of organisations (`virksomhetssertifikat`).

use std::sync::OnceLock;

use emulator_kit::SigningKey;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose, PKCS_RSA_SHA256};
use time::{Duration, OffsetDateTime};
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::public_key::PublicKey;

use super::KeyError;

/// One certificate of a chain.
#[derive(Clone, Debug)]
pub(crate) struct Certificate {
    pub(crate) der: Vec<u8>,
    pub(super) modulus: Vec<u8>,
    pub(super) exponent: Vec<u8>,
    /// Unix seconds.
    pub(crate) not_before: i64,
    /// Unix seconds.
    pub(crate) not_after: i64,
}

impl Certificate {
    /// Reads a certificate. The modulus is empty where the key is no RSA key, as an authority's need not be.
    pub(crate) fn read(der: &[u8]) -> Result<Self, KeyError> {
        let (rest, certificate) = X509Certificate::from_der(der).map_err(|_| KeyError::Certificate)?;
        if !rest.is_empty() {
            return Err(KeyError::Certificate);
        }
        let (modulus, exponent) = match certificate.public_key().parsed() {
            Ok(PublicKey::RSA(key)) => (bare(key.modulus), bare(key.exponent)),
            _ => Default::default(),
        };
        Ok(Self {
            der: der.to_vec(),
            modulus,
            exponent,
            not_before: certificate.validity().not_before.timestamp(),
            not_after: certificate.validity().not_after.timestamp(),
        })
    }
}

/// Without the zeros that keep DER's integers positive.
fn bare(integer: &[u8]) -> Vec<u8> {
    integer.iter().copied().skip_while(|byte| *byte == 0).collect()
}

pub(super) fn a_year_from_now() -> OffsetDateTime {
    OffsetDateTime::now_utc() + Duration::days(365)
}

/// A leaf for this key and the authority that issued it, in DER. The leaf names the organisation as the Norwegian
/// profile does: `organizationIdentifier` with `NTRNO-`.
pub(super) fn issue(org: &str, pkcs8: &[u8], not_after: OffsetDateTime) -> Vec<Vec<u8>> {
    try_issue(org, pkcs8, not_after).expect("a certificate can be made")
}

fn try_issue(org: &str, pkcs8: &[u8], not_after: OffsetDateTime) -> Result<Vec<Vec<u8>>, rcgen::Error> {
    const ORGANIZATION_IDENTIFIER: [u64; 4] = [2, 5, 4, 97];
    let not_before = OffsetDateTime::now_utc() - Duration::DAY;
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
        .distinguished_name
        .push(DnType::CommonName, "maskinporten-emulator certificate CA");
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    (params.not_before, params.not_after) = (not_before, not_after);
    let ca_key = rsa(authority().pkcs8_der())?;
    let ca = params.self_signed(&ca_key)?;
    let issuer = Issuer::new(params, ca_key);

    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CountryName, "NO");
    params
        .distinguished_name
        .push(DnType::CommonName, format!("Organisation {org}"));
    params.distinguished_name.push(
        DnType::CustomDnType(ORGANIZATION_IDENTIFIER.to_vec()),
        format!("NTRNO-{org}"),
    );
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::ContentCommitment];
    (params.not_before, params.not_after) = (not_before, not_after);
    let key = rsa(pkcs8)?;
    let leaf = params.signed_by(&key, &issuer)?;
    Ok(vec![leaf.der().to_vec(), ca.der().to_vec()])
}

fn rsa(pkcs8: &[u8]) -> Result<KeyPair, rcgen::Error> {
    KeyPair::from_pkcs8_der_and_sign_algo(&pkcs8.into(), &PKCS_RSA_SHA256)
}

/// RSA, as of the Norwegian authorities: some clients read no chain with another key in it. Made once a process.
fn authority() -> &'static SigningKey {
    static KEY: OnceLock<SigningKey> = OnceLock::new();
    KEY.get_or_init(SigningKey::generate)
}
