//! RSA keys as JSON Web Keys (RFC 7517; RFC 7518, section 6.3): one that is made here, and the public half of one that is there.
//!
//! A private part is text only on its way into a vault or a file.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use maskinporten::{KeyOptions, SigningKey};
use pkcs1::RsaPrivateKey;
use pkcs1::der::Decode as _;
use pkcs8::PrivateKeyInfo;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::vault::{day, now};

/// A key lives a year from when it is registered
/// (<https://docs.digdir.no/docs/idporten/oidc/oidc_func_clientreg>).
pub(crate) const LIFETIME: i64 = 365 * 86_400;

/// How long the modulus is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Bits {
    /// What Digdir's own documentation asks for.
    #[value(name = "2048")]
    Two,
    /// What Altinn Studio makes; one page of that documentation has 2048 only.
    #[value(name = "4096")]
    Four,
}

impl Bits {
    /// The next longer one, where it is another.
    pub(crate) fn of(number: usize) -> Self {
        match number {
            ..=2048 => Self::Two,
            _ => Self::Four,
        }
    }

    pub(crate) fn number(self) -> usize {
        match self {
            Self::Two => 2048,
            Self::Four => 4096,
        }
    }
}

/// The public half, as it is registered with Maskinporten: `kty`, `use`, `kid`, `alg`, `n` and `e`, in this order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PublicKey {
    // As .NET writes it, which the library reads as well.
    #[serde(alias = "Kty")]
    kty: String,
    #[serde(rename = "use", alias = "Use", default = "signing")]
    usage: String,
    #[serde(alias = "Kid")]
    pub(crate) kid: String,
    #[serde(alias = "Alg", default = "rs256")]
    alg: String,
    #[serde(alias = "N")]
    n: String,
    #[serde(alias = "E")]
    e: String,
}

fn signing() -> String {
    "sig".to_owned()
}

fn rs256() -> String {
    "RS256".to_owned()
}

/// The set that a portal or an API takes.
#[derive(Serialize)]
struct KeySet<'a> {
    keys: [&'a PublicKey; 1],
}

impl PublicKey {
    /// The public half of a private JWK, whether in base64 of any spelling (`EncodedJwk`) or not. `None` where it is no JWK with a `kid`.
    pub(crate) fn of_private(text: &str) -> Option<Self> {
        let text = text.trim_start_matches('\u{feff}').trim();
        if text.starts_with('{') {
            return serde_json::from_str(text).ok();
        }
        // Whoever put it there had another tool, and the library reads what that one writes.
        let standard = |c| match c {
            '-' => '+',
            '_' => '/',
            other => other,
        };
        let letters = text.chars().filter(|c| !c.is_whitespace() && *c != '=');
        let packed: Zeroizing<String> = Zeroizing::new(letters.map(standard).collect());
        let json = Zeroizing::new(STANDARD_NO_PAD.decode(packed.as_bytes()).ok()?);
        let json = json.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&json);
        serde_json::from_slice(json).ok()
    }

    /// The public set, for people to paste.
    pub(crate) fn set(&self) -> String {
        serde_json::to_string_pretty(&KeySet { keys: [self] }).unwrap_or_default()
    }
}

/// The twelve members that the .NET libraries ask for, and `exp`.
#[derive(Serialize)]
struct PrivateKey<'a> {
    #[serde(flatten)]
    public: &'a PublicKey,
    d: &'a str,
    p: &'a str,
    q: &'a str,
    dp: &'a str,
    dq: &'a str,
    qi: &'a str,
    exp: i64,
}

/// A key pair that was made here.
pub(crate) struct NewKey {
    pub(crate) public: PublicKey,
    /// When it ends, in unix seconds.
    pub(crate) expires: i64,
    encoded: SecretString,
}

impl NewKey {
    /// Makes one, on a thread of its own: 4096 bits take a while, and Ctrl-C has to be heard meanwhile. Without a `kid` it is called by
    /// the day and by its thumbprint (RFC 7638), so that people see which is newer and no other customer's key has that name.
    pub(crate) async fn generate(bits: Bits, kid: Option<String>, expires: i64) -> Result<Self, Failure> {
        let made = tokio::task::spawn_blocking(move || Self::make(bits, kid, expires));
        made.await
            .unwrap_or_else(|_| Err(Failure::failed("the key could not be made")))
    }

    fn make(bits: Bits, kid: Option<String>, expires: i64) -> Result<Self, Failure> {
        let unmade = || Failure::failed("this machine's cryptography cannot make an RSA key");
        let size = match bits {
            Bits::Two => KeySize::Rsa2048,
            Bits::Four => KeySize::Rsa4096,
        };
        let pair = KeyPair::generate(size).map_err(|_| unmade())?;
        // It wipes itself.
        let pkcs8 = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).map_err(|_| unmade())?;
        let thumbprint = SigningKey::read(pkcs8.as_ref(), &KeyOptions::new().kid("new"))?
            .thumbprint()
            .to_owned();
        let info = PrivateKeyInfo::from_der(pkcs8.as_ref()).map_err(|_| unmade())?;
        let parts = RsaPrivateKey::from_der(info.private_key).map_err(|_| unmade())?;
        let text = |part: &pkcs1::UintRef<'_>| Zeroizing::new(URL_SAFE_NO_PAD.encode(part.as_bytes()));
        let public = PublicKey {
            kty: "RSA".to_owned(),
            usage: signing(),
            kid: kid.unwrap_or_else(|| name(&thumbprint)),
            alg: rs256(),
            n: URL_SAFE_NO_PAD.encode(parts.modulus.as_bytes()),
            e: URL_SAFE_NO_PAD.encode(parts.public_exponent.as_bytes()),
        };
        let private = PrivateKey {
            public: &public,
            d: &text(&parts.private_exponent),
            p: &text(&parts.prime1),
            q: &text(&parts.prime2),
            dp: &text(&parts.exponent1),
            dq: &text(&parts.exponent2),
            qi: &text(&parts.coefficient),
            exp: expires,
        };
        let json = Zeroizing::new(serde_json::to_vec(&private).map_err(|_| unmade())?);
        // As whoever signs with it will read it.
        let read = SigningKey::read(&*json, &KeyOptions::new())?;
        if read.thumbprint() != thumbprint || read.bits() != bits.number() {
            return Err(unmade());
        }
        Ok(Self {
            public,
            expires,
            encoded: STANDARD.encode(&*json).into(),
        })
    }

    /// What `EncodedJwk` holds: base64 of the private JWK.
    pub(crate) fn encoded(&self) -> &str {
        self.encoded.expose_secret()
    }
}

/// `2026-11-29.9f86d081884c7d65`
fn name(thumbprint: &str) -> String {
    let digest = URL_SAFE_NO_PAD.decode(thumbprint).unwrap_or_default();
    let hex: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("{}.{hex}", day(now()))
}

/// What a key may be called: what Digdir allows (letters, digits, `.`, `_` and `-`).
pub(crate) fn kid(text: &str) -> Result<String, String> {
    let is_fine = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    match !text.is_empty() && text.len() <= 255 && text.chars().all(is_fine) {
        true => Ok(text.to_owned()),
        false => Err("a key's id has letters, digits, `.`, `_` and `-`".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_private_jwk_has_the_twelve_members_that_net_asks_for_and_its_end() {
        let key = NewKey::make(Bits::Two, Some("my-key".to_owned()), 2_000_000_000).expect("a key");
        let json = STANDARD.decode(key.encoded()).expect("base64");
        let members: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(&json).expect("an object");
        let mut names: Vec<&str> = members.keys().map(String::as_str).collect();
        names.sort_unstable();
        let wanted = [
            "alg", "d", "dp", "dq", "e", "exp", "kid", "kty", "n", "p", "q", "qi", "use",
        ];
        assert_eq!(names, wanted);
        let read = SigningKey::read(key.encoded(), &KeyOptions::new()).expect("it is read");
        assert_eq!((read.kid(), read.expires()), (Some("my-key"), Some(2_000_000_000)));
    }

    #[test]
    fn the_public_half_is_that_of_the_private_one_and_has_nothing_of_it() {
        let key = NewKey::make(Bits::Two, None, 2_000_000_000).expect("a key");
        assert_eq!(PublicKey::of_private(key.encoded()).as_ref(), Some(&key.public));
        let set: serde_json::Value = serde_json::from_str(&key.public.set()).expect("JSON");
        let members = set["keys"][0].as_object().expect("one key");
        assert!(
            !["d", "p", "q", "dp", "dq", "qi"]
                .iter()
                .any(|part| members.contains_key(*part))
        );
        assert_eq!(PublicKey::of_private("no key"), None);
    }

    #[test]
    fn the_public_half_is_had_of_every_jwk_that_the_library_reads() {
        let key = NewKey::make(Bits::Two, None, 2_000_000_000).expect("a key");
        let json = STANDARD.decode(key.encoded()).expect("base64");
        let with_mark = [b"\xef\xbb\xbf", json.as_slice()].concat();
        let members: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(&json).expect("an object");
        let pascal = |name: &str| name[..1].to_uppercase() + &name[1..];
        let pascal: serde_json::Map<_, _> = members
            .into_iter()
            .map(|(name, value)| (pascal(&name), value))
            .collect();
        let spellings = [
            STANDARD.encode(serde_json::to_vec(&pascal).expect("JSON")),
            URL_SAFE_NO_PAD.encode(&json),
            format!("\u{feff}{}\n", key.encoded().trim_end_matches('=')),
            URL_SAFE_NO_PAD.encode(&with_mark),
            String::from_utf8(json).expect("text"),
        ];
        for text in spellings {
            SigningKey::read(&text, &KeyOptions::new()).expect("the library reads it");
            assert_eq!(PublicKey::of_private(&text).as_ref(), Some(&key.public));
        }
    }
}
