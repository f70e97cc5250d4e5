//! What the exchange answers: a token, raw or quoted, or one of a few refusals.

use std::time::Duration;

use secrecy::SecretString;
use serde::Deserialize;
use tokio::time::Instant;

use crate::error::{Error, ErrorKind, Retry, Stage};
use crate::quoted::Secrets;
use crate::token::Token;
use crate::token::http::own_lifetime;

/// Altinn's own `JwtValidityMinutes`, for a token that does not say.
const LIFETIME: Duration = Duration::from_secs(30 * 60);

/// ASP.NET's ProblemDetails (RFC 9457).
#[derive(Default, Deserialize)]
struct Problem {
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    detail: Option<String>,
}

/// Reads `text/plain` and, in quotes, `application/json`: which one comes depends on what lies between.
pub(crate) fn token(body: &str, asked: Instant, unix: i64) -> Result<Token, Error> {
    let text = body.trim_start_matches('\u{feff}').trim();
    let text = match text.starts_with('"') {
        true => serde_json::from_str(text).unwrap_or_default(),
        false => text.to_owned(),
    };
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) || text.starts_with(['<', '{', '[']) {
        return Err(
            Error::new(ErrorKind::InvalidResponse, Stage::Exchange, "the reply is not a token")
                .with_remedy("see whether a proxy answers in Altinn's place, and check the exchange environment"),
        );
    }
    let lifetime = own_lifetime(&text, unix).unwrap_or(LIFETIME);
    Ok(Token::new(
        SecretString::from(text),
        asked,
        Some(asked + lifetime),
        None,
    ))
}

/// A refusal. The body says little, and may quote what was sent; the status says what is known from the exchange's source.
pub(crate) fn refusal(status: u16, body: &str, retry_after: Option<Duration>, sent: &Secrets) -> Error {
    let problem: Problem = serde_json::from_str(body).unwrap_or_default();
    let said = sent.cut(&problem.detail.or(problem.title).unwrap_or_default());
    let (cause, remedy) = match status {
        400 => (
            "the exchange did not understand the request",
            "check the address of the exchange",
        ),
        401 => (
            "the exchange did not take the Maskinporten token, even a fresh one",
            "check that Environment and TokenExchangeEnvironment belong together (test with tt02, prod with prod) and that the \
             client belongs to a Norwegian organisation; the exchange also answers 401 when something fails behind it",
        ),
        403 => (
            "the exchange refused the client",
            "ask Altinn to give the organisation access",
        ),
        404 => ("there is no exchange at this address", "check TokenExchangeEnvironment"),
        410 => (
            "enterprise users are gone since Altinn 2 closed",
            "take EnterpriseUserName and EnterpriseUserPassword out, and use a system user instead",
        ),
        429 => ("the exchange asks for a pause", "exchange less often"),
        500.. => ("the exchange failed", "try again later"),
        _ => (
            "the exchange answered something unexpected",
            "see whether a proxy answers in Altinn's place",
        ),
    };
    let cause = match said.is_empty() {
        true => cause.to_owned(),
        false => format!("{cause} ({said})"),
    };
    Error::new(ErrorKind::Exchange, Stage::Exchange, cause)
        .with_remedy(remedy)
        .with(|inner| {
            inner.status = Some(status);
            if matches!(status, 408 | 429 | 500..) {
                inner.retry = Retry::After(retry_after);
            }
        })
}
