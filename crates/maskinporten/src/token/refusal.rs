//! A reply that is no token, as an error: what was said, by whom, whether to try again, and what to do.
//!
//! The code (`MP-121`) decides, then `error`, then the status; the description is only shown. A body that is not the JSON of an OAuth
//! error is not shown at all: nobody knows what a proxy puts there. Of what is shown, whatever quotes the assertion is cut before it is
//! read.

use std::time::{Duration, UNIX_EPOCH};

use http::HeaderMap;
use http::header::{CONTENT_TYPE, DATE, RETRY_AFTER};
use serde_json::Value;

use super::remedy;
use crate::error::{Error, ErrorKind, Retry, Stage, one_line};
use crate::quoted::Secrets;

pub(crate) struct Reply<'a> {
    pub(crate) endpoint: &'a str,
    pub(crate) status: u16,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a [u8],
    /// What the request was sent with.
    pub(crate) sent: &'a Secrets,
    /// This machine's time, in unix seconds.
    pub(crate) now: i64,
}

#[derive(Default)]
struct Said {
    error: Option<String>,
    description: Option<String>,
    code: Option<String>,
    trace: Option<String>,
}

/// The error for a reply whose status is no success.
pub(crate) fn refusal(reply: &Reply<'_>) -> Error {
    let said = Said::read(reply.body, reply.sent);
    let (kind, retry) = classify(reply, &said);
    let mut remedy = said.remedy(reply.status);
    if said.is_about_time()
        && let Some(skew) = skew(reply)
    {
        remedy = format!("{remedy}; {skew}");
    }
    Error::new(kind, Stage::Token, said.cause(reply))
        .with_remedy(remedy)
        .with(|inner| {
            inner.endpoint = Some(reply.endpoint.to_owned());
            inner.status = Some(reply.status);
            inner.oauth_error = said.error;
            inner.mp_code = said.code;
            inner.trace_id = said.trace;
            inner.retry = retry;
        })
}

fn classify(reply: &Reply<'_>, said: &Said) -> (ErrorKind, Retry) {
    let later = Retry::After(retry_after(reply.headers, reply.now));
    let unavailable = matches!(said.error.as_deref(), Some("temporarily_unavailable" | "server_error"));
    match reply.status {
        408 | 429 | 500.. => (ErrorKind::Unavailable, later),
        _ if unavailable => (ErrorKind::Unavailable, later),
        _ => match said.code.as_deref() {
            // The next attempt has an assertion of its own, so what was wrong with this one may be over.
            Some("MP-012" | "MP-130") => (ErrorKind::Refused, Retry::Once),
            Some(_) => (ErrorKind::Refused, Retry::Never),
            None if said.error.as_deref() == Some(remedy::USED) => (ErrorKind::Refused, Retry::Once),
            None if said.error.is_some() => (ErrorKind::Refused, Retry::Never),
            None => (ErrorKind::InvalidResponse, Retry::Never),
        },
    }
}

impl Said {
    fn read(body: &[u8], sent: &Secrets) -> Self {
        let Ok(Value::Object(members)) = serde_json::from_slice(body) else {
            // A plain text may name the code all the same.
            return Self {
                code: std::str::from_utf8(body).ok().and_then(find_code),
                ..Self::default()
            };
        };
        let member = |name: &str| members.get(name).and_then(Value::as_str);
        let shown = |text: &str| Some(one_line(&sent.cut(text))).filter(|text| !text.is_empty());
        let (description, trace) = match member("error_description") {
            Some(description) => without_trace(description),
            None => (String::new(), None),
        };
        let description = shown(&description);
        // As it came, since what is taken out of it may be an escape's; and as it is shown, since what is left may run together.
        let tells = |id: &str| sent.cut(id) != id;
        let trace = trace
            .filter(|id| !tells(id))
            .map(plain)
            .filter(|id| !id.is_empty() && !tells(id));
        let text = |name: &str| member(name).and_then(shown);
        let error = text("error").map(|error| error.chars().take(80).collect::<String>());
        let uri = text("error_uri");
        let places = [uri.as_deref(), error.as_deref(), description.as_deref()];
        let code = places.into_iter().flatten().find_map(find_code);
        Self {
            code,
            error,
            description,
            trace,
        }
    }

    fn cause(&self, reply: &Reply<'_>) -> String {
        if let Some(description) = &self.description {
            return description.clone();
        }
        if self.error.is_some() {
            return "the grant was refused without a description".to_owned();
        }
        let kind = reply.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default();
        match reply.body.len() {
            0 => "the reply is empty".to_owned(),
            n if serde_json::from_slice::<Value>(reply.body).is_ok() => {
                format!("the reply is JSON of {n} bytes that names no `error`")
            }
            n if kind.is_empty() => format!("the reply is {n} bytes that are no JSON"),
            n => format!(
                "the reply is no JSON but {n} bytes of `{}`",
                one_line(&reply.sent.cut(kind))
            ),
        }
    }

    fn remedy(&self, status: u16) -> String {
        let by_text = || match self.description.as_deref()? {
            // Maskinporten gives these no code.
            text if text.contains("key identifier") => Some(
                "check that the key is registered with this client under this `kid`; a new key is known after some minutes",
            ),
            text if is_about_time(text) => remedy::by_code("MP-130"),
            // Hydra and Keycloak. Of other things than an assertion it is said, too: of the resource that was asked for.
            text if text.contains("audience") && self.is_about_the_assertion() => remedy::by_code("MP-110"),
            text if text.contains("verify the integrity") => Some(remedy::SIGNATURE),
            _ => None,
        };
        let known = self.code.as_deref().and_then(remedy::by_code);
        let known = known.or_else(by_text);
        let known = known.or_else(|| self.error.as_deref().and_then(remedy::by_error));
        match (known, &self.code) {
            (Some(known), _) => known.to_owned(),
            (None, Some(code)) => format!("see https://maskinporten.no/errors/{code}"),
            (None, None) => remedy::by_status(status).to_owned(),
        }
    }

    fn is_about_the_assertion(&self) -> bool {
        matches!(self.error.as_deref(), Some("invalid_grant" | "invalid_client"))
    }

    fn is_about_time(&self) -> bool {
        self.code.as_deref() == Some("MP-130")
            || self.code.is_none() && self.description.as_deref().is_some_and(is_about_time)
    }
}

/// What servers say of an assertion whose time is wrong.
const TIME: [&str; 9] = [
    "has expired",
    "is expired",
    // Keycloak (AbstractBaseJWTValidator).
    "token is not active",
    "issued in the future",
    "issued too far in the past",
    // Hydra (fosite's handler of RFC 7523). Its words for any refused grant speak of what is expired, too.
    "request parameter expired",
    "the token must not be accepted",
    // Nimbus, which is inside many others.
    "expired jwt",
    "jwt before use time",
];

/// The assertion came too early or too late. A key and a certificate expire by themselves, whatever the clock says.
fn is_about_time(description: &str) -> bool {
    let text = description.to_ascii_lowercase();
    let off = TIME.iter().any(|said| text.contains(said));
    let other = ["key", "certificate"].iter().any(|what| text.contains(what));
    text.contains("issue time") || off && !other
}

/// `MP-121` at the end of `https://maskinporten.no/errors/MP-121`, or inside a text.
fn find_code(text: &str) -> Option<String> {
    text.match_indices("MP-").find_map(|(at, _)| {
        let alone = !text[..at].ends_with(|c: char| c.is_ascii_alphanumeric());
        let digits: String = text[at + 3..].chars().take_while(char::is_ascii_digit).collect();
        (alone && (2..=4).contains(&digits.len())).then(|| format!("MP-{digits}"))
    })
}

/// The description, and the id at its end: `(trace_id: …)`, formerly `(correlation id: …)`.
fn without_trace(description: &str) -> (String, Option<&str>) {
    for name in ["(trace_id:", "(trace id:", "(correlation id:", "(correlation_id:"] {
        if let Some((before, after)) = description.split_once(name) {
            let (id, rest) = after.split_once(')').unwrap_or((after, ""));
            return (format!("{before} {rest}"), Some(id.trim()));
        }
    }
    (description.to_owned(), None)
}

/// An id of either age, whatever else stands in it.
fn plain(id: &str) -> String {
    let id = id.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-');
    id.take(64).collect()
}

fn date(headers: &HeaderMap, name: http::HeaderName) -> Option<i64> {
    let date = httpdate::parse_http_date(headers.get(name)?.to_str().ok()?).ok()?;
    i64::try_from(date.duration_since(UNIX_EPOCH).ok()?.as_secs()).ok()
}

/// Seconds, or a date (RFC 9110, section 10.2.3), which is told by the server's clock.
pub(crate) fn retry_after(headers: &HeaderMap, now: i64) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = date(headers, RETRY_AFTER)?;
    let now = date(headers, DATE).unwrap_or(now);
    Some(Duration::from_secs(
        u64::try_from(at.saturating_sub(now)).unwrap_or_default(),
    ))
}

/// How far this machine's clock is from the server's.
fn skew(reply: &Reply<'_>) -> Option<String> {
    let ahead = reply.now.saturating_sub(date(reply.headers, DATE)?);
    Some(match ahead {
        2.. => format!("it is {ahead} s ahead of the server's"),
        ..=-2 => format!("it is {} s behind the server's", ahead.unsigned_abs()),
        _ => "by the reply's date, the two clocks agree".to_owned(),
    })
}

#[cfg(test)]
mod tests;
