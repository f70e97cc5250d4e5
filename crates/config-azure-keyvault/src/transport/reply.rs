//! A reply as it came, whole and not too large.

use azure_core::http::headers::{HeaderName, Headers};
use azure_core::time::{OffsetDateTime, parse_rfc7231};

use super::header::header;
use crate::failure::{Failure, without_tokens};
use crate::quoted::Secrets;

/// More than a page of 25 names or a secret of 25 KiB can ever be.
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// More than any refusal in a service's own form; of what is longer the rest is not looked at.
const MOST_BYTES_OF_A_REFUSAL: usize = 64 * 1024;

pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: Headers,
    pub(super) body: Vec<u8>,
    /// How long it was when it came.
    pub(super) length: usize,
}

impl Reply {
    pub(super) async fn read(mut reply: reqwest::Response) -> Result<Self, Failure> {
        let status = reply.status().as_u16();
        let headers = headers(reply.headers());
        let mut body = Vec::new();
        while let Some(chunk) = reply.chunk().await.map_err(Failure::of_transport)? {
            if body.len() + chunk.len() > MOST_BYTES {
                return Err(Failure::TooLarge { most: MOST_BYTES });
            }
            body.extend_from_slice(&chunk);
        }
        let length = body.len();
        Ok(Self {
            status,
            headers,
            body,
            length,
        })
    }

    #[cfg(test)]
    pub(super) fn simulated(status: u16, told: Vec<(&'static str, String)>, body: String) -> Self {
        let mut headers = Headers::new();
        for (name, value) in told {
            headers.insert(HeaderName::from_static(name), value);
        }
        Self {
            status,
            headers,
            length: body.len(),
            body: body.into_bytes(),
        }
    }

    /// A refusal without what it quotes of the secrets that it was asked with.
    pub(super) fn without(mut self, secrets: &Secrets) -> Self {
        self.body.truncate(MOST_BYTES_OF_A_REFUSAL);
        self.body = secrets.cut(&String::from_utf8_lossy(&self.body)).into_bytes();
        let mut headers = Headers::new();
        for (name, value) in self.headers.iter() {
            headers.insert(name.clone(), secrets.cut(value.as_str()));
        }
        self.headers = headers;
        self
    }

    pub(super) fn content_type(&self) -> Option<&str> {
        self.header("content-type")
    }

    /// The service's clock when it answered (the `Date` header), in unix seconds.
    pub(super) fn date(&self) -> Option<i64> {
        parse_rfc7231(self.header("date")?)
            .ok()
            .map(OffsetDateTime::unix_timestamp)
    }

    fn header(&self, name: &'static str) -> Option<&str> {
        header(&self.headers, &HeaderName::from_static(name))
    }
}

/// What is read of a reply's headers, here and by the SDK, and what its log shows of them.
const READ: [&str; 10] = [
    "content-type",
    "date",
    "retry-after",
    "retry-after-ms",
    "www-authenticate",
    "x-ms-client-request-id",
    "x-ms-error-code",
    "x-ms-request-id",
    "x-ms-retry-after-ms",
    "server",
];

fn headers(map: &reqwest::header::HeaderMap) -> Headers {
    let mut headers = Headers::new();
    for name in READ {
        if let Some(value) = value(map, name) {
            headers.insert(HeaderName::from_static(name), without_tokens(value));
        }
    }
    headers
}

/// The SDK has one value of each name. Of several challenges it can answer only a bearer's.
fn value<'m>(map: &'m reqwest::header::HeaderMap, name: &str) -> Option<&'m str> {
    let values = || map.get_all(name).iter().filter_map(|value| value.to_str().ok());
    let is_bearer = |value: &&str| {
        value
            .get(..7)
            .is_some_and(|scheme| scheme.eq_ignore_ascii_case("bearer "))
    };
    values().find(is_bearer).or_else(|| values().next())
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderMap, HeaderValue, WWW_AUTHENTICATE};

    use super::*;

    #[test]
    fn of_several_challenges_the_bearers_is_the_sdks() {
        let mut map = HeaderMap::new();
        for challenge in [
            "PoP authorization=\"https://login.example.com/tenant\", nonce=\"a\"",
            "Bearer authorization=\"https://login.example.com/tenant\", resource=\"https://vault.azure.net\"",
            "Basic realm=\"a\"",
        ] {
            map.append(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        let headers = headers(&map);
        let challenge = header(&headers, &HeaderName::from_static("www-authenticate")).expect("a challenge");
        assert!(challenge.starts_with("Bearer "), "{challenge}");
    }
}
