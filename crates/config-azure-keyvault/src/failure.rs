//! What went wrong on the wire, in words an operator can use. No values, no bodies.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use crate::error::one_line;

/// Why there was no usable answer.
#[derive(Debug, Clone)]
pub(crate) enum Failure {
    /// No connection: name, route, port or TLS.
    Unreachable {
        class: Reach,
        cause: String,
        source: Option<Arc<reqwest::Error>>,
    },
    /// Connected, but no answer in time.
    NoAnswer { within: Duration },
    /// The connection broke before the answer was whole.
    Broken {
        cause: String,
        source: Option<Arc<reqwest::Error>>,
    },
    /// The service said no.
    Answer(Answer),
    /// The service asks for a pause that the deadline does not allow.
    TooLongAPause { answer: Answer, wait: Duration },
    /// The reply sends us to another host; the token stays here.
    ForeignHost { host: String },
    /// The reply is larger than any the service sends.
    TooLarge { most: usize },
    /// The reply is not what the service sends.
    Unreadable { cause: String },
    /// The time is up, with what was seen last.
    Timeout {
        within: Duration,
        last: Option<Box<Failure>>,
    },
    /// Anything else, in words.
    Other { cause: String },
}

/// What stands in the way of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    Name,
    Certificate,
    Refused,
    Timeout,
    Other,
}

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

impl Answer {
    /// Reads a reply's body; of what is not in the service's form only the kind is kept.
    pub(crate) fn read(status: u16, content_type: Option<&str>, body: &[u8]) -> Self {
        let parsed: Option<Value> = serde_json::from_slice(body).ok();
        let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
        let (code, message) = match parsed.as_ref().map(|parsed| (parsed, parsed.get("error"))) {
            // Key Vault: {"error":{"code","message","innererror":{"code"}}}
            Some((_, Some(error @ Value::Object(_)))) => (
                innermost_code(error).or_else(|| text(error.get("code"))),
                text(error.get("message")),
            ),
            // Entra ID and managed identity: {"error","error_description"} (RFC 6749, section 5.2)
            Some((parsed, Some(Value::String(error)))) => {
                let description = text(parsed.get("error_description"));
                let number = description.as_deref().and_then(aadsts);
                (Some(number.unwrap_or_else(|| error.clone())), description)
            }
            // App Service's managed identity: {"statusCode","message"}
            Some((parsed, None)) if parsed.get("message").is_some() => (None, text(parsed.get("message"))),
            _ => {
                return Self {
                    status,
                    code: None,
                    message: foreign(content_type, body),
                    is_service: false,
                };
            }
        };
        let code = code.map(|code| one_line(&code)).filter(|code| !code.is_empty());
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

    pub(crate) fn is_not_found(&self) -> bool {
        self.status == 404 && self.is_service
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

fn innermost_code(error: &Value) -> Option<String> {
    let mut code = None;
    let mut inner = error.get("innererror");
    while let Some(value) = inner {
        code = value.get("code").and_then(Value::as_str).map(str::to_owned).or(code);
        inner = value.get("innererror");
    }
    code
}

/// The number that Entra ID's descriptions begin with.
fn aadsts(description: &str) -> Option<String> {
    let number: String = description
        .strip_prefix("AADSTS")?
        .chars()
        .take_while(char::is_ascii_digit)
        .collect();
    (!number.is_empty()).then(|| format!("AADSTS{number}"))
}

/// A message's first line and who was refused; the rest are trace ids and advice.
fn summary(message: &str, code: Option<&str>) -> String {
    let mut lines = message.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or_default();
    let first = code
        .and_then(|code| first.strip_prefix(code)?.strip_prefix(':'))
        .unwrap_or(first)
        .trim();
    let mut summary = one_line(first);
    for line in lines {
        if line.starts_with("Caller:") || line.starts_with("Action:") || line.starts_with("Client address:") {
            summary = format!("{} {}", summary, one_line(line));
        }
    }
    one_line(summary.trim_end_matches('.'))
}

fn foreign(content_type: Option<&str>, body: &[u8]) -> String {
    let kind = content_type
        .unwrap_or_default()
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    let start = String::from_utf8_lossy(&body[..body.len().min(64)])
        .trim_start()
        .to_ascii_lowercase();
    if body.is_empty() {
        "the reply is empty and not the service's own".to_owned()
    } else if kind == "text/html" || start.starts_with("<!doctype html") || start.starts_with("<html") {
        format!(
            "an HTML page of {} bytes instead of the service's reply, as a proxy sends it",
            body.len()
        )
    } else {
        format!(
            "{} bytes that are not in the service's form, as a proxy sends them",
            body.len()
        )
    }
}

impl Failure {
    /// What an operator can do about it; `to` is whom we spoke to.
    pub(crate) fn remedy(&self, to: &str) -> String {
        match self {
            Self::Unreachable { class, .. } => match class {
                Reach::Name => format!("check the name of {to} and this machine's DNS"),
                Reach::Certificate => {
                    format!("if a proxy or an emulator stands before {to}, trust its CA with `ca_pem` or SSL_CERT_FILE")
                }
                Reach::Refused => format!("check the host and port of {to} and what stands between"),
                Reach::Timeout | Reach::Other => {
                    format!("check the route to {to}: firewall, private endpoint, proxy")
                }
            },
            Self::NoAnswer { .. } | Self::Broken { .. } => {
                format!("check what stands between here and {to}: a proxy, a firewall, the service's health")
            }
            Self::Timeout { last: Some(last), .. } => last.remedy(to),
            Self::Timeout { last: None, .. } => format!("check the route to {to}, or allow more time"),
            Self::TooLongAPause { .. } => {
                "wait, spread the starts of your instances, or allow more time with `deadline`".to_owned()
            }
            Self::ForeignHost { .. } => {
                "if this is no attack, name the host that the vault answers for as the vault's URL".to_owned()
            }
            Self::Answer(answer) if !answer.is_service => {
                format!("check the URL of {to} and what stands between: a proxy, a firewall")
            }
            Self::Answer(_) | Self::TooLarge { .. } | Self::Unreadable { .. } | Self::Other { .. } => {
                format!("check that {to} is what it should be")
            }
        }
    }

    pub(crate) fn answer(&self) -> Option<&Answer> {
        match self {
            Self::Answer(answer) | Self::TooLongAPause { answer, .. } => Some(answer),
            _ => None,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable { cause, .. } => write!(f, "no connection: {cause}"),
            Self::NoAnswer { within } => write!(f, "connected, but no answer within {within:?}"),
            Self::Broken { cause, .. } => write!(f, "the connection broke before the reply was whole: {cause}"),
            Self::Answer(answer) => answer.fmt(f),
            Self::TooLongAPause { answer, wait } => {
                write!(
                    f,
                    "{answer} (it asks for a pause of {} s, past the deadline)",
                    wait.as_secs()
                )
            }
            Self::ForeignHost { host } => {
                write!(
                    f,
                    "the reply leads to another host, {host}; it was not followed and no token was sent there"
                )
            }
            Self::TooLarge { most } => write!(f, "the reply is larger than {most} bytes"),
            Self::Unreadable { cause } => write!(f, "the reply is not the service's: {cause}"),
            Self::Timeout {
                within,
                last: Some(last),
            } => write!(f, "no success within {within:?}; last seen: {last}"),
            Self::Timeout { within, last: None } => write!(f, "no success within {within:?}"),
            Self::Other { cause } => f.write_str(cause),
        }
    }
}

impl StdError for Failure {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Unreachable {
                source: Some(source), ..
            }
            | Self::Broken {
                source: Some(source), ..
            } => Some(&**source),
            Self::Timeout { last: Some(last), .. } => Some(&**last),
            _ => None,
        }
    }
}

/// A credential that gave no token: which it was, why it was picked, and the root cause.
#[derive(Debug, Clone)]
pub(crate) struct CredentialFailure {
    pub(crate) name: String,
    pub(crate) cause: Failure,
}

impl CredentialFailure {
    pub(crate) fn new(name: String, cause: Failure) -> Self {
        Self { name, cause }
    }

    pub(crate) fn remedy(&self) -> String {
        let code = self.cause.answer().and_then(|answer| answer.code.as_deref());
        match code {
            Some("AADSTS7000215" | "AADSTS7000222") => {
                "set the secret's value (not its id) of a client secret that has not expired".to_owned()
            }
            Some("AADSTS700016") => "check the client id and that the app is registered in this tenant".to_owned(),
            Some("AADSTS90002" | "AADSTS900023") => "check the tenant id".to_owned(),
            Some("AADSTS70021" | "AADSTS700211" | "AADSTS700212" | "AADSTS700213") => {
                "check the app's federated credential: issuer, subject and audience".to_owned()
            }
            _ if self.name.contains("managed identity") => {
                "give this machine or pod a managed identity, or set AZURE_TENANT_ID, AZURE_CLIENT_ID and \
                 AZURE_CLIENT_SECRET, or a federated token"
                    .to_owned()
            }
            _ => self.cause.remedy("the token endpoint"),
        }
    }
}

impl fmt::Display for CredentialFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} gave no token: {}", self.name, self.cause)
    }
}

impl StdError for CredentialFailure {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&self.cause)
    }
}

impl From<CredentialFailure> for azure_core::Error {
    fn from(failure: CredentialFailure) -> Self {
        Self::with_error(
            azure_core::error::ErrorKind::Credential,
            failure,
            "the credential gave no token",
        )
    }
}

/// An error of one type anywhere in a chain.
pub(crate) fn find<'e, T: StdError + 'static>(error: &'e (dyn StdError + 'static)) -> Option<&'e T> {
    std::iter::successors(Some(error), |&error| error.source()).find_map(|error| error.downcast_ref())
}

/// The root cause's own words.
pub(crate) fn deepest(error: &(dyn StdError + 'static)) -> String {
    std::iter::successors(Some(error), |&error| error.source())
        .map(|error| one_line(&error.to_string()))
        .filter(|text| !text.is_empty())
        .last()
        .unwrap_or_else(|| "no reason given".to_owned())
}
