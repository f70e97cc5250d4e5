//! Why there is no connection.

use std::error::Error as StdError;

use crate::obstacle::Obstacle;

/// The proxy of a request, without its password, and the variable that names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Via {
    pub(crate) variable: &'static str,
    pub(crate) address: String,
}

impl Via {
    /// Is it one of the SOCKS protocols, which are not spoken?
    pub(crate) fn is_socks(&self) -> bool {
        self.address.starts_with("socks")
    }
}

impl Obstacle {
    /// Told apart by their words, since the types behind them are private to the TLS library and differ by platform.
    pub(crate) fn of(error: &reqwest::Error, cause: &str) -> Self {
        let lower = cause.to_ascii_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
        let names_dns = std::iter::successors(Some(error as &(dyn StdError + 'static)), |&error| error.source())
            .any(|error| error.to_string().contains("dns error"));
        if error.is_timeout() {
            Self::Timeout
        } else if names_dns {
            Self::Name
        } else if has(&["certificate"]) {
            if has(&["not valid for name", "notvalidforname"]) {
                Self::CertificateName
            } else if has(&["expired", "not valid yet", "notvalidyet"]) {
                Self::CertificateTime
            } else {
                Self::Certificate
            }
        } else if has(&["invalidcontenttype"]) {
            Self::NoTls
        } else if has(&["proxy", "tunnel"]) {
            Self::Proxy
        } else if has(&["refused"]) {
            Self::Refused
        } else {
            Self::Other
        }
    }

    /// Will it be the same the next time?
    pub(crate) fn is_final(self) -> bool {
        matches!(
            self,
            Self::Certificate | Self::CertificateName | Self::CertificateTime | Self::NoTls
        )
    }
}
