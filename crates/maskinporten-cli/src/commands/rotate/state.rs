//! The secret that stands beside the key while a rotation is under way.

use maskinporten::{KeyOptions, SigningKey};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use crate::failure::Failure;

/// What tells it from other secrets.
pub(in crate::commands) const ROTATION_TYPE: &str = "application/vnd.maskinporten.rotation+json";

/// A private key as the vault holds it, with the name that it is registered under.
#[derive(Clone)]
pub(super) struct Key {
    pub(super) value: SecretString,
    pub(super) kid: String,
    /// When it ends, in unix seconds, if it says so.
    pub(super) expires: Option<i64>,
    pub(super) bits: usize,
}

impl Key {
    /// Reads one; `place` is where it is.
    pub(super) fn read(value: SecretString, place: &str) -> Result<Self, Failure> {
        let key = SigningKey::read(value.expose_secret(), &KeyOptions::new())
            .map_err(|error| Failure::failed(format!("{place}: {error}")))?;
        let kid = key.kid().ok_or_else(|| {
            Failure::failed(format!(
                "{place} holds a certificate, which is not registered by a `kid`; order another and set it"
            ))
        })?;
        Ok(Self {
            kid: kid.to_owned(),
            expires: key.expires(),
            bits: key.bits(),
            value,
        })
    }

    pub(super) fn is(&self, other: &Self) -> bool {
        self.value.expose_secret() == other.value.expose_secret()
    }
}

/// Where a rotation stands.
pub(super) enum Rotation {
    /// None, or one that was taken back.
    None,
    /// Both keys, until it is finished.
    UnderWay { next: Key, previous: Key },
    /// The last one put the key of this name into place.
    Finished { kid: String },
}

#[derive(Default, Serialize)]
struct Written<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    finished: Option<&'a str>,
}

/// What is written, as it is read: a key that is JSON itself stands there escaped, and so cannot be borrowed.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Read {
    next: Option<String>,
    previous: Option<String>,
    finished: Option<String>,
}

impl Rotation {
    pub(super) fn read(text: &SecretString, place: &str) -> Result<Self, Failure> {
        let foreign = || {
            Failure::failed(format!(
                "{place} is not what `rotate` writes there; if nobody needs it, delete and purge it"
            ))
        };
        let read: Read = serde_json::from_str(text.expose_secret()).map_err(|_| foreign())?;
        let key = |value: String| Key::read(value.into(), place);
        Ok(match (read.next, read.previous, read.finished) {
            (Some(next), Some(previous), None) => Self::UnderWay {
                next: key(next)?,
                previous: key(previous)?,
            },
            (None, None, Some(kid)) => Self::Finished { kid },
            (None, None, None) => Self::None,
            _ => return Err(foreign()),
        })
    }

    pub(super) fn write(&self) -> SecretString {
        let written = match self {
            Self::None => Written::default(),
            Self::UnderWay { next, previous } => Written {
                next: Some(next.value.expose_secret()),
                previous: Some(previous.value.expose_secret()),
                finished: None,
            },
            Self::Finished { kid } => Written {
                finished: Some(kid),
                ..Written::default()
            },
        };
        serde_json::to_string(&written).unwrap_or_default().into()
    }
}
