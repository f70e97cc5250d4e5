//! A reply that says no: its status, its code and the one line of it that matters.

use std::fmt;

use azure_core::error::ErrorKind as SdkKind;
use azure_core::http::headers::HeaderName;
use serde_json::Value;

use crate::error::one_line;

/// A reply that says no.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// The most specific code: Key Vault's inner code, else its code; Entra ID's AADSTS number, else its `error`.
    pub(crate) code: Option<String>,
    /// Its first line, or what kind of body came instead of the service's.
    pub(crate) message: String,
    /// Is it in the service's own form? A proxy's page is not.
    pub(crate) is_service: bool,
}

/// Whose reply it is to be. Each has forms of its own; a gateway's JSON looks much like the sign-in's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Speaker {
    Vault,
    SignIn,
    /// Managed identity's endpoint, which is on the machine itself.
    Identity,
}

/// What came with a reply.
#[derive(Clone, Copy)]
pub(crate) struct Body<'b> {
    pub(crate) content_type: Option<&'b str>,
    pub(crate) bytes: &'b [u8],
    /// How long it was when it came, before anything was cut from it.
    pub(crate) length: usize,
}

impl<'b> Body<'b> {
    pub(crate) fn of(content_type: Option<&'b str>, bytes: &'b [u8]) -> Self {
        Self {
            content_type,
            bytes,
            length: bytes.len(),
        }
    }
}

impl Answer {
    /// Reads a reply's body; of what is not in the service's form only the kind is kept.
    pub(crate) fn read(speaker: Speaker, status: u16, body: Body<'_>) -> Self {
        let parsed: Option<Value> = serde_json::from_slice(body.bytes).ok();
        let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
        let (code, message) = match parsed.as_ref().map(|parsed| (parsed, parsed.get("error"))) {
            // Key Vault: {"error":{"code","message","innererror":{"code"}}}, whatever the code
            Some((_, Some(error @ Value::Object(_))))
                if speaker != Speaker::Vault || (error["code"].is_string() && error["message"].is_string()) =>
            {
                (innermost_code(error), text(error.get("message")))
            }
            // Entra ID and managed identity: {"error","error_description"} (RFC 6749, section 5.2)
            Some((parsed, Some(Value::String(error)))) if speaker != Speaker::Vault => {
                let description = text(parsed.get("error_description"));
                let number = description.as_deref().and_then(aadsts);
                (number.or_else(|| as_code(error)), description)
            }
            // App Service's managed identity: {"statusCode","message"}
            Some((parsed, None)) if speaker != Speaker::Vault && parsed.get("message").is_some() => {
                (None, text(parsed.get("message")))
            }
            _ => {
                return Self {
                    status,
                    code: None,
                    message: foreign(speaker, body),
                    is_service: false,
                };
            }
        };
        let message = message
            .as_deref()
            .map(|message| summary(message, code.as_deref()))
            .unwrap_or_default();
        let message = if message.is_empty() {
            "no message".to_owned()
        } else {
            message
        };
        Self {
            status,
            code,
            message,
            is_service: true,
        }
    }

    /// The reply in an error of the SDK's, which quotes the whole of it.
    pub(crate) fn of_sdk(speaker: Speaker, error: &azure_core::Error) -> Option<Self> {
        let SdkKind::HttpResponse {
            status,
            raw_response: Some(raw),
            ..
        } = error.kind()
        else {
            return None;
        };
        let content_type = raw.headers().get_optional_str(&HeaderName::from_static("content-type"));
        let body = Body::of(content_type, raw.body().as_ref());
        Some(Self::read(speaker, u16::from(*status), body))
    }

    /// There is no such secret. Whatever else is not found (the vault, the path, the API's version) says nothing about a secret.
    pub(crate) fn is_no_such_secret(&self) -> bool {
        self.status == 404 && self.code.as_deref() == Some("SecretNotFound")
    }

    pub(crate) fn is_secret_disabled(&self) -> bool {
        self.status == 403 && self.code.as_deref() == Some("SecretDisabled")
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.status)?;
        if let Some(code) = &self.code {
            write!(f, " {code}")?;
        }
        write!(f, ": {}", self.message)
    }
}

/// The innermost code that is one.
fn innermost_code(error: &Value) -> Option<String> {
    let levels = std::iter::successors(Some(error), |error| error.get("innererror"));
    levels.filter_map(|error| as_code(error.get("code")?.as_str()?)).last()
}

/// A text that may be a code: what else stands in its place may be an echo of anything.
fn as_code(text: &str) -> Option<String> {
    let is_code = (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'))
        && !text.contains(TOKEN);
    is_code.then(|| text.to_owned())
}

/// The number that Entra ID's descriptions begin with.
fn aadsts(description: &str) -> Option<String> {
    let number: String = description
        .strip_prefix("AADSTS")?
        .chars()
        .take_while(char::is_ascii_digit)
        .collect();
    (!number.is_empty()).then(|| as_code(&format!("AADSTS{number}")))?
}

/// How the services' advice begins; ours is next to it.
const ADVICE: [&str; 13] = [
    "If ",
    "Check ",
    "Ensure ",
    "This can ",
    "You ",
    "For ",
    "Please ",
    "To ",
    "Consider ",
    "Make sure ",
    "See ",
    "Contact ",
    "Verify ",
];

/// A text up to where it turns to advice.
fn without_advice(text: &str) -> &str {
    let advice = text
        .match_indices(". ")
        .map(|(at, end)| (at, &text[at + end.len()..]))
        .find(|(_, rest)| ADVICE.iter().any(|advice| rest.starts_with(advice)));
    advice.map_or(text, |(at, _)| &text[..at])
}

/// How a token begins: `{"` in base64.
const TOKEN: &str = "eyJ";

/// No service quotes a token, but what stands between may quote the header that it was sent with.
pub(crate) fn without_tokens(text: &str) -> String {
    let words = text
        .split_whitespace()
        .map(|word| if word.contains(TOKEN) { "(a token)" } else { word });
    words.collect::<Vec<_>>().join(" ")
}

/// A caller without the URL of its tenant, which is long and no news to whoever reads it.
fn without_issuer(text: &str) -> String {
    let Some((who, rest)) = text.split_once(";iss=") else {
        return text.to_owned();
    };
    let end = rest.find(['\'', ',', ';', ' ']).unwrap_or(rest.len());
    format!("{who}{}", &rest[end..])
}

/// A message's first line and who was refused; the rest are trace ids and advice.
fn summary(message: &str, code: Option<&str>) -> String {
    let mut lines = message.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or_default();
    let first = code
        .and_then(|code| first.strip_prefix(code)?.strip_prefix(':'))
        .unwrap_or(first)
        .trim();
    let summary = without_issuer(without_advice(first).trim_end_matches('.'));
    let details: Vec<&str> = lines
        .filter(|line| {
            ["Caller:", "Action:", "Client address:"]
                .iter()
                .any(|d| line.starts_with(d))
        })
        .collect();
    if details.is_empty() {
        one_line(&without_tokens(&summary))
    } else {
        one_line(&without_tokens(&format!(
            "{summary} ({})",
            without_issuer(&details.join(", "))
        )))
    }
}

/// A page for people's eyes, which no service sends.
pub(crate) fn is_html(content_type: Option<&str>, body: &[u8]) -> bool {
    let kind = content_type
        .unwrap_or_default()
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    let start = String::from_utf8_lossy(&body[..body.len().min(64)])
        .trim_start_matches('\u{feff}')
        .trim_start()
        .to_ascii_lowercase();
    kind == "text/html" || start.starts_with("<!doctype html") || start.starts_with("<html")
}

fn foreign(speaker: Speaker, body: Body<'_>) -> String {
    let Body {
        content_type,
        bytes: body,
        length,
    } = body;
    // Nothing stands between a machine and itself.
    let [page, many] = match speaker {
        Speaker::Identity => ["", ""],
        _ => [", as a proxy sends it", ", as a proxy sends them"],
    };
    if body.is_empty() {
        "the reply is empty and not the service's own".to_owned()
    } else if is_html(content_type, body) {
        format!("an HTML page of {length} bytes instead of the service's reply{page}")
    } else {
        format!("{length} bytes that are not in the service's form{many}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_that_matters() {
        for (body, line) in [
            (
                r#"{"error": {"code": "Forbidden", "message": "No.\r\n  Caller: appid=1;oid=2;iss=https://sts/3/\r\nAction: 'get'\r\nVault: v", "innererror": {"code": "ByRbac"}}}"#,
                "403 ByRbac: No (Caller: appid=1;oid=2, Action: 'get')",
            ),
            (
                r#"{"error": {"code": "C", "message": "Not found. If you deleted it. Recover it."}}"#,
                "403 C: Not found",
            ),
            (
                r#"{"error": {"code": "C", "message": "Wrong. Reason: 'x' is not y."}}"#,
                "403 C: Wrong. Reason: 'x' is not y",
            ),
            (
                r#"{"error": "invalid_client", "error_description": "AADSTS7000215: Invalid.\r\nTrace ID: 1"}"#,
                "403 AADSTS7000215: Invalid",
            ),
            (r#"{"error": "invalid_request"}"#, "403 invalid_request: no message"),
            (r#"{"statusCode": 403, "message": "No."}"#, "403: No"),
            (
                r#"{"error": {"code": "C", "message": "Got Bearer eyJ0eXAi.eyJhIjoxfQ.c2ln here"}}"#,
                "403 C: Got Bearer (a token) here",
            ),
            (
                "\u{feff} <!DOCTYPE html>",
                "403: an HTML page of 19 bytes instead of the service's reply, as a proxy sends it",
            ),
            ("", "403: the reply is empty and not the service's own"),
        ] {
            let answer = Answer::read(Speaker::SignIn, 403, Body::of(None, body.as_bytes()));
            assert_eq!(answer.to_string(), line);
        }
    }

    #[test]
    fn what_a_vault_says() {
        for (body, is_service, code) in [
            (r#"{"error": {"code": "C", "message": "M"}}"#, true, Some("C")),
            (
                r#"{"error": {"code": "A.b-c_1", "message": "M", "innererror": null}}"#,
                true,
                Some("A.b-c_1"),
            ),
            (
                r#"{"error": {"code": "C", "message": "M", "innererror": {"code": "a b"}}}"#,
                true,
                Some("C"),
            ),
            (
                r#"{"error": {"code": "C", "message": "M", "innererror": {"code": "I", "innererror": {"code": "J"}}}}"#,
                true,
                Some("J"),
            ),
            (r#"{"error": {"code": "not a code", "message": "M"}}"#, true, None),
            (r#"{"error": {"code": "eyJhbGci", "message": "M"}}"#, true, None),
            (r#"{"error": {"code": 404, "message": "M"}}"#, false, None),
            (r#"{"error": {"message": "M"}}"#, false, None),
            (r#"{"error": "not found"}"#, false, None),
            (r#"{"message": "no Route matched"}"#, false, None),
            (r#"{"statusCode": 404, "message": "M"}"#, false, None),
            ("[]", false, None),
        ] {
            let answer = Answer::read(Speaker::Vault, 404, Body::of(None, body.as_bytes()));
            assert_eq!(
                (answer.is_service, answer.code.as_deref()),
                (is_service, code),
                "{body}"
            );
        }
    }
}
