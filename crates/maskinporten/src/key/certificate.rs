//! The certificates beside a key: which is its own, in what order they go into `x5c`, and whether it is valid now.

use der::Decode as _;
use x509_cert::Certificate;

use super::problem::Problem;

/// The key's own certificate first, then each one's issuer as far as they are there.
pub(super) fn ordered(chain: Vec<Vec<u8>>, modulus: &[u8]) -> Result<Vec<Vec<u8>>, Problem> {
    let mut rest = Vec::new();
    for der in chain {
        let certificate = Certificate::from_der(&der).map_err(|_| Problem::Certificate)?;
        rest.push((der, certificate));
    }
    let own = rest.iter().position(|(_, certificate)| is_for(certificate, modulus));
    let (der, mut last) = rest.swap_remove(own.ok_or(Problem::CertificateForeign)?);
    let mut ordered = vec![der];
    while last.tbs_certificate.issuer != last.tbs_certificate.subject {
        let issuer = &last.tbs_certificate.issuer;
        let Some(next) = rest
            .iter()
            .position(|(_, other)| other.tbs_certificate.subject == *issuer)
        else {
            break;
        };
        let (der, certificate) = rest.swap_remove(next);
        ordered.push(der);
        last = certificate;
    }
    Ok(ordered)
}

fn is_for(certificate: &Certificate, modulus: &[u8]) -> bool {
    let key = certificate
        .tbs_certificate
        .subject_public_key_info
        .subject_public_key
        .raw_bytes();
    pkcs1::RsaPublicKey::from_der(key).is_ok_and(|key| key.modulus.as_bytes() == modulus)
}

/// Until when it is valid, which it has to be now.
pub(super) fn valid(der: &[u8], now: i64) -> Result<i64, Problem> {
    let (from, until) = validity(der)?;
    if now < from {
        return Err(Problem::NotYet(from));
    }
    if now > until {
        return Err(Problem::Expired(until));
    }
    Ok(until)
}

/// Its first second and its last.
pub(super) fn validity(der: &[u8]) -> Result<(i64, i64), Problem> {
    let certificate = Certificate::from_der(der).map_err(|_| Problem::Certificate)?;
    let validity = certificate.tbs_certificate.validity;
    let unix = |time: x509_cert::time::Time| i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX);
    Ok((unix(validity.not_before), unix(validity.not_after)))
}
