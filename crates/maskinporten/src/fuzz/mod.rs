//! What reads texts that somebody else wrote, a door for each: its tests give them anything.
//!
//! A door panics where a promise is broken. What it allocates, and how long it takes, is judged by whoever knocks.

use std::time::{Duration, UNIX_EPOCH};

use config::{Config, Map, Value, ValueKind};
use doors::Door;
use http::header::{CONTENT_TYPE, DATE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue};
use serde_json::Value as Json;

use crate::clock::Clock;
use crate::error::Error;
use crate::quoted::Secrets;
use crate::settings::MaskinportenSettings;
use crate::token::refusal::{Reply, refusal};
use crate::{KeyOptions, SigningKey, altinn, authority, token};

mod tests;

/// What may be allocated for each byte that comes in, all together, freed or not, ...
const FOR_EACH_BYTE: usize = 600;
/// ... beside what any text may cost.
const FOR_ANY: usize = 4 * 1024 * 1024;

/// What scrypt holds as OpenSSL asks for it (`N` of 16,384, `r` of 8): a table, its work, and no third thing of that size.
const FOR_SCRYPT: usize = 16 * 1024 * 1024;

/// What a door may allocate for a text. A key in a PKCS#12 file may be derived three times: where no password is given, from the empty
/// one and from none, and once from the one that is.
fn most(door: &str, length: usize) -> usize {
    let derived = match door {
        "key" if cfg!(feature = "pkcs12") => 3 * FOR_SCRYPT,
        _ => 0,
    };
    FOR_ANY + FOR_EACH_BYTE * length + derived
}

/// By name, which is that of its corpus in `tests/corpus`, too.
const DOORS: [(&str, Door); 7] = [
    ("key", key),
    ("settings", settings),
    ("token", token),
    ("refusal", refused),
    ("metadata", metadata),
    ("exchange", exchange),
    ("quoted", quoted),
];

/// The time at which everything is read, so that a text does the same every day.
const NOW: u64 = 1_790_000_000;

/// What was sent, as what comes back may quote it.
const SENT: &str = "eyJhbGciOiJSUzI1NiJ9.eyJqdGkiOiIwMTIzNDU2Ny04OWFiLWNkZWYiLCJwaWQiOiIwMTAxNzAwMDAwMCJ9.c2lnbmF0dXJl";

fn clock() -> Clock {
    Clock::new(|| UNIX_EPOCH + Duration::from_secs(NOW))
}

/// A key in any spelling: as it is, and with all that can be set beside it.
fn key(bytes: &[u8]) {
    let mut options = KeyOptions::new();
    options.clock = clock();
    let more = options.clone().kid("set").password("hemmelig");
    for options in [options, more] {
        if let Err(error) = SigningKey::read(bytes, &options) {
            judge(&error);
        }
    }
}

/// A section of the configuration, as JSON.
fn settings(bytes: &[u8]) {
    let Ok(json @ Json::Object(_)) = serde_json::from_slice(bytes) else {
        return;
    };
    let mut config = Config::default();
    let section = Map::from([("MaskinportenSettings".to_owned(), value(&json))]);
    config.cache = Value::new(None, ValueKind::Table(section));
    if let Err(error) = MaskinportenSettings::from_config(&config, "MaskinportenSettings") {
        judge(&error);
    }
}

/// What the token endpoint grants.
fn token(bytes: &[u8]) {
    token::http::fuzz::granted(bytes, i64::try_from(NOW).unwrap_or_default(), Secrets::of(SENT));
}

/// What the token endpoint refuses: the status, the headers `Retry-After`, `Date` and `Content-Type`, and behind a blank line the body.
fn refused(bytes: &[u8]) {
    let (status, lines, body) = split(bytes);
    let status = std::str::from_utf8(status).ok().and_then(|status| status.parse().ok());
    let mut headers = HeaderMap::new();
    for (name, line) in [RETRY_AFTER, DATE, CONTENT_TYPE].into_iter().zip(lines) {
        if let Ok(value) = HeaderValue::from_bytes(line) {
            headers.insert(name, value);
        }
    }
    let sent = Secrets::of(SENT);
    judge(&refusal(&Reply {
        endpoint: "https://maskinporten.no/token",
        status: status.unwrap_or(400),
        headers: &headers,
        body,
        sent: &sent,
        now: i64::try_from(NOW).unwrap_or_default(),
    }));
}

/// The authority's metadata.
fn metadata(bytes: &[u8]) {
    if let Err(error) = authority::fuzz::read(bytes) {
        judge(&error);
    }
}

/// What the exchange answers, granted and refused.
fn exchange(bytes: &[u8]) {
    for error in altinn::fuzz::read(bytes, i64::try_from(NOW).unwrap_or_default(), &Secrets::of(SENT)) {
        judge(&error);
    }
}

/// Any text that is searched for what was sent.
fn quoted(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let cut = Secrets::of(SENT).cut(&text);
    assert!(!cut.contains(SENT), "what was sent is shown");
    // What was sent may be anything as well, and may quote itself.
    let sent = Secrets::of(&text);
    sent.cut(&text);
    sent.are_in(&text, &["a:b".to_owned()]);
}

/// Four lines, each of which may be empty, and what is behind a blank one; all of it where they are not there.
fn split(bytes: &[u8]) -> (&[u8], [&[u8]; 3], &[u8]) {
    let lines: Vec<&[u8]> = bytes.splitn(6, |byte| *byte == b'\n').collect();
    match lines.as_slice() {
        &[status, pause, date, kind, b"", body] => (status, [pause, date, kind], body),
        _ => (b"", [b""; 3], bytes),
    }
}

/// One line that a log can bear, whoever wrote what it speaks of.
fn judge(error: &Error) {
    let line = error.to_string();
    assert!(
        !line.contains(char::is_control),
        "several lines, or what moves a cursor: {line:?}"
    );
    assert!(!line.contains(SENT), "what was sent is shown");
}

/// As `config` has it. A path would be read, wherever it leads.
fn value(json: &Json) -> Value {
    let kind = match json {
        Json::Null => ValueKind::Nil,
        Json::Bool(value) => (*value).into(),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(number), _) => number.into(),
            (None, number) => number.unwrap_or_default().into(),
        },
        Json::String(text) => text.as_str().into(),
        Json::Array(all) => all.iter().map(value).collect::<Vec<_>>().into(),
        Json::Object(members) => {
            let members = members
                .iter()
                .filter(|(name, _)| !name.to_ascii_lowercase().contains("path"));
            let members: Map<String, Value> = members.map(|(name, json)| (name.clone(), value(json))).collect();
            members.into()
        }
    };
    Value::new(None, kind)
}
