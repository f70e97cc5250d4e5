//! What is wrong with a key, in words that name what to do and show nothing of it.

use std::fmt;

use crate::error::{Error, ErrorKind, Stage};
use crate::slip::Slip;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Problem {
    Blank,
    Unresolved,
    NotBase64,
    NotAKey,
    NotJson {
        line: usize,
        column: usize,
    },
    NotUtf8,
    PemBroken,
    PublicOnly,
    /// Its `kty` or what PEM and DER call it.
    NotRsa(String),
    NoType,
    NotForSignatures,
    Alg(String),
    Short(usize),
    Long(usize),
    Member(&'static str),
    Missing(&'static str),
    MultiPrime,
    Inconsistent(&'static str),
    Unusable,
    NoKid,
    Kid(Slip),
    /// Of the text of the key, or of its file's name.
    Slip(Slip),
    NotText(&'static str),
    SetEmpty,
    SetAmbiguous(usize),
    SetNoSuchKid,
    EncryptedPem,
    #[cfg_attr(not(feature = "pkcs12"), expect(dead_code, reason = "nothing asks for a password"))]
    Password,
    #[cfg_attr(not(feature = "pkcs12"), expect(dead_code, reason = "nothing asks for a password"))]
    PasswordNeeded,
    Pkcs12(&'static str),
    #[cfg_attr(feature = "pkcs12", expect(dead_code, reason = "it is read"))]
    Pkcs12Unread,
    Certificate,
    CertificateForeign,
    Expired(i64),
    NotYet(i64),
    File {
        path: String,
        why: String,
    },
}

impl Problem {
    /// As an error, under the name of the setting it came from.
    pub(crate) fn error(&self, setting: Option<&str>) -> Error {
        let cause = match setting {
            Some(setting) => format!("`{setting}`: {self}"),
            None => self.to_string(),
        };
        Error::new(ErrorKind::Key, Stage::Key, cause).with_remedy(self.remedy())
    }

    fn remedy(&self) -> &'static str {
        match self {
            Self::Blank => "set it to the private key that is registered with the client",
            Self::Unresolved => {
                "let the host resolve Key Vault references, or turn them on where the configuration is loaded, \
                 or store the key in the vault as a secret of the section"
            }
            Self::NotBase64 | Self::NotAKey | Self::NotJson { .. } | Self::NotUtf8 | Self::PemBroken | Self::NoType => {
                "give the private key as base64 of its JWK, as JSON, as PEM or as PKCS#12"
            }
            Self::PublicOnly | Self::Missing(_) => {
                "give the private half too: it was shown once, when the key pair was made"
            }
            Self::NotRsa(_) | Self::Short(_) | Self::Long(_) => {
                "register an RSA key of 2048 to 8192 bits with the client and use that"
            }
            Self::MultiPrime => "register an RSA key with two primes, as every usual tool makes it, and use that",
            Self::NotForSignatures => "use the key pair that is registered for signatures",
            Self::Alg(_) => "Maskinporten takes RS256, RS384 and RS512: correct `alg` or leave it out",
            Self::Member(_) | Self::Inconsistent(_) | Self::Unusable => {
                "it was damaged on its way: copy the key pair again"
            }
            Self::NotText(_) => "correct it, or leave it out",
            Self::Kid(_) => "set it as it was given when the key was registered",
            Self::Slip(_) => "give the private key, or the path of its file, as it is",
            Self::NoKid => "add `kid` to the JWK or set `Kid`, as it was given when the key was registered",
            Self::SetEmpty => "use the set that holds the private keys",
            Self::SetAmbiguous(_) => "keep one of them, or pick one with `Kid`",
            Self::SetNoSuchKid => "correct `Kid`, or leave it out if the set has one key",
            Self::EncryptedPem => "decrypt it, or use PKCS#12 with its password",
            Self::Password | Self::PasswordNeeded => "set `CertificatePkcs12Password` to the file's password",
            Self::Pkcs12(_) => "export it again, with AES-256 and SHA-256 (the default of OpenSSL 3)",
            Self::Pkcs12Unread => {
                "turn on the feature `pkcs12` of the crate `maskinporten`, or give the private key and its \
                 certificate as PEM"
            }
            Self::Certificate | Self::CertificateForeign => "export the certificate together with its private key",
            Self::Expired(_) => "use the certificate that replaced it",
            Self::NotYet(_) => "use the certificate that is valid now, or correct the clock",
            Self::File { .. } => "check that the file is there and readable",
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Blank => f.write_str("the key is blank"),
            Self::Unresolved => f.write_str("the key is a Key Vault reference that nobody resolved"),
            Self::NotBase64 => f.write_str("the key is neither JSON nor PEM, and not base64 of either"),
            Self::NotAKey => f.write_str("the key is base64, but not of JSON, PEM, PKCS#1, PKCS#8 or PKCS#12"),
            Self::NotJson { line, column } => {
                write!(
                    f,
                    "the key is not JSON: it breaks off or goes wrong at line {line}, column {column}"
                )
            }
            Self::NotUtf8 => f.write_str("the key is no UTF-8 text"),
            Self::PemBroken => f.write_str("the key is PEM that is cut off or broken"),
            Self::PublicOnly => f.write_str("the key is a public key only"),
            Self::NotRsa(kind) => write!(f, "the key is no RSA key but {kind}"),
            Self::NoType => f.write_str("the JSON is no JWK: it has no `kty`"),
            Self::NotForSignatures => f.write_str("the key is not for signatures (`use` is `enc`)"),
            Self::Alg(alg) => write!(f, "the key is for `{alg}`, which Maskinporten does not take"),
            Self::Short(bits) => write!(
                f,
                "the key is too short: {bits} bits, where Maskinporten wants 2048 or more"
            ),
            Self::Long(bits) => write!(f, "the key is too long: {bits} bits, where 8192 can be used"),
            Self::Member(name) => write!(f, "the JWK's member `{name}` is no base64url text"),
            Self::Missing(name) => write!(f, "the JWK lacks the member `{name}`"),
            Self::MultiPrime => f.write_str("the key has more than two primes (`oth`), and only two can be used"),
            Self::Inconsistent(how) => write!(f, "the key's parts do not belong together: {how}"),
            Self::Unusable => f.write_str("the key does not verify what it signed"),
            Self::NoKid => f.write_str("the key has no `kid`"),
            Self::Kid(slip) => write!(f, "the key's `kid` {slip}"),
            Self::Slip(slip) => write!(f, "the text {slip}"),
            Self::NotText(name) => write!(f, "the JWK's member `{name}` is no text"),
            Self::SetEmpty => f.write_str("the JWKS holds no private RSA key for signatures"),
            Self::SetAmbiguous(n) => write!(f, "the JWKS holds {n} private keys, and no `exp` tells the newest"),
            Self::SetNoSuchKid => f.write_str("the JWKS holds no private RSA key with the `kid` that is set"),
            Self::EncryptedPem => f.write_str("the key is an encrypted PEM"),
            Self::Password => f.write_str("the PKCS#12 file's password is wrong"),
            Self::PasswordNeeded => f.write_str("the PKCS#12 file has a password, and none is set"),
            Self::Pkcs12(why) => write!(f, "the PKCS#12 file cannot be read: {why}"),
            Self::Pkcs12Unread => f.write_str("the key is a PKCS#12 file, which this build does not read"),
            Self::Certificate => f.write_str("the certificate cannot be read"),
            Self::CertificateForeign => f.write_str("no certificate belongs to the private key"),
            Self::Expired(at) => write!(f, "the certificate expired {}", date(*at)),
            Self::NotYet(at) => write!(f, "the certificate is not valid before {}", date(*at)),
            Self::File { path, why } => write!(f, "the file `{path}` cannot be read: {why}"),
        }
    }
}

pub(super) fn date(unix: i64) -> String {
    // The last second that has four digits for its year: beyond it there is no such date.
    const LAST: i64 = 253_402_300_799;
    let since = std::time::Duration::from_secs(u64::try_from(unix.min(LAST)).unwrap_or_default());
    httpdate::fmt_http_date(std::time::UNIX_EPOCH + since)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_number_is_a_date(unix: i64) {
            prop_assert!(Problem::Expired(unix).to_string().ends_with(" GMT"));
        }
    }
}
