//! What went wrong on the wire, in words an operator can use. No values, no bodies.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use azure_core::error::ErrorKind as SdkKind;
use azure_core::http::headers::HeaderName;
use serde_json::Value;

use crate::error::one_line;

/// Where managed identity lives on a virtual machine.
const IMDS: &str = "169.254.169.254";

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
    /// The time is up, with what was seen last and how far it came.
    Timeout {
        within: Duration,
        last: Option<Box<Failure>>,
        progress: Option<Progress>,
    },
    /// Anything else, in words.
    Other { cause: String },
}

/// How much of a load was there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Progress {
    pub(crate) pages: usize,
    pub(crate) loaded: usize,
    pub(crate) wanted: usize,
}

/// What stands in the way of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    Name,
    /// Its issuer is not trusted here.
    Certificate,
    /// It is another host's.
    CertificateName,
    /// It has expired, or is not valid yet.
    CertificateTime,
    /// Whatever answers there speaks no TLS.
    NoTls,
    Proxy,
    Refused,
    Timeout,
    Other,
}

impl Reach {
    /// Told apart by their words, since the types behind them are private to the TLS library and differ by platform.
    fn of(error: &reqwest::Error, cause: &str) -> Self {
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

    /// The reply in an error of the SDK's, which quotes the whole of it.
    pub(crate) fn of_sdk(error: &azure_core::Error) -> Option<Self> {
        let SdkKind::HttpResponse {
            status,
            raw_response: Some(raw),
            ..
        } = error.kind()
        else {
            return None;
        };
        let content_type = raw.headers().get_optional_str(&HeaderName::from_static("content-type"));
        Some(Self::read(u16::from(*status), content_type, raw.body().as_ref()))
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

/// No service quotes a token, but what stands between may quote the header that it was sent with.
fn without_tokens(text: &str) -> String {
    let words = text
        .split_whitespace()
        .map(|word| if word.contains("eyJ") { "(a token)" } else { word });
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
    let summary = without_tokens(&without_issuer(without_advice(first).trim_end_matches('.')));
    let details: Vec<&str> = lines
        .filter(|line| {
            ["Caller:", "Action:", "Client address:"]
                .iter()
                .any(|d| line.starts_with(d))
        })
        .collect();
    if details.is_empty() {
        one_line(&summary)
    } else {
        one_line(&format!("{summary} ({})", without_issuer(&details.join(", "))))
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
        .trim_start()
        .to_ascii_lowercase();
    kind == "text/html" || start.starts_with("<!doctype html") || start.starts_with("<html")
}

fn foreign(content_type: Option<&str>, body: &[u8]) -> String {
    if body.is_empty() {
        "the reply is empty and not the service's own".to_owned()
    } else if is_html(content_type, body) {
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
    /// A transport error in our words; the URL is left out, since a next page's holds the service's own token.
    pub(crate) fn of_transport(error: reqwest::Error) -> Self {
        let error = error.without_url();
        let cause = deepest(&error);
        if !error.is_connect() {
            return Self::Broken {
                cause,
                source: Some(Arc::new(error)),
            };
        }
        let class = Reach::of(&error, &cause);
        let cause = if class == Reach::Timeout {
            "connecting took too long".to_owned()
        } else {
            cause
        };
        Self::Unreachable {
            class,
            cause,
            source: Some(Arc::new(error)),
        }
    }

    /// What an operator can do about it; `to` is whom we spoke to.
    pub(crate) fn remedy(&self, to: &str) -> String {
        match self {
            Self::Unreachable { class, .. } => match class {
                Reach::Name => format!("check the name of {to} and this machine's DNS"),
                Reach::Certificate => {
                    format!("if a proxy or an emulator stands before {to}, trust its CA with `ca_pem` or SSL_CERT_FILE")
                }
                Reach::CertificateName => format!("check the URL of {to}: another host answers there"),
                Reach::CertificateTime => {
                    format!("check this machine's clock; if it is right, the certificate of {to} is to be renewed")
                }
                Reach::NoTls => format!("check the port of {to}: what answers there speaks no TLS"),
                Reach::Proxy => format!("check HTTPS_PROXY, and NO_PROXY if {to} is to be reached without a proxy"),
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
            Self::Answer(Answer { status: 407, .. }) => "give the proxy's user and password in HTTPS_PROXY".to_owned(),
            Self::Answer(Answer {
                status: 500..,
                is_service: true,
                ..
            }) => "try again; if it lasts, look at Azure's service health".to_owned(),
            Self::Answer(_) | Self::TooLarge { .. } | Self::Unreadable { .. } | Self::Other { .. } => {
                format!("check the URL of {to} and what stands between: a proxy, a firewall")
            }
        }
    }

    pub(crate) fn answer(&self) -> Option<&Answer> {
        match self {
            Self::Answer(answer) | Self::TooLongAPause { answer, .. } => Some(answer),
            Self::Timeout { last: Some(last), .. } => last.answer(),
            _ => None,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable { cause, .. } => write!(f, "no connection: {cause}"),
            Self::NoAnswer { within } => write!(f, "no answer within {within:?}"),
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
            Self::Timeout { within, last, progress } => {
                match (last, progress) {
                    (Some(_), _) => write!(f, "no success within {within:?}")?,
                    (None, Some(_)) => write!(f, "not done within {within:?}")?,
                    (None, None) => write!(f, "no answer within {within:?}")?,
                }
                match progress {
                    Some(Progress {
                        pages: 0,
                        loaded,
                        wanted,
                    }) => write!(f, " ({loaded} of {wanted} secrets loaded)")?,
                    Some(Progress { pages, loaded, wanted }) => {
                        let s = if *pages == 1 { "" } else { "s" };
                        write!(f, " ({pages} page{s} listed, {loaded} of {wanted} secrets loaded)")?;
                    }
                    None => {}
                }
                match last {
                    Some(last) => write!(f, "; last seen: {last}"),
                    None => Ok(()),
                }
            }
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
    /// What helps whoever signs in this way; without it, what the cause suggests does.
    pub(crate) advice: Option<&'static str>,
    /// Whom it asked, if that went through our transport.
    pub(crate) host: Option<String>,
    pub(crate) cause: Failure,
}

impl CredentialFailure {
    pub(crate) fn remedy(&self) -> String {
        let answer = self.cause.answer();
        if self.host.as_deref() == Some(IMDS) && answer.is_some_and(|answer| !answer.is_service) {
            return format!("a proxy answers in the place of managed identity: let NO_PROXY name {IMDS}");
        }
        match answer.and_then(|answer| answer.code.as_deref()) {
            Some("AADSTS7000215" | "AADSTS7000222") => {
                "set the secret's value (not its id) of a client secret that has not expired".to_owned()
            }
            Some("AADSTS700016") => "check the client id and that the app is registered in this tenant".to_owned(),
            Some("AADSTS90002" | "AADSTS900023") => "check the tenant id".to_owned(),
            Some("AADSTS70021" | "AADSTS700211" | "AADSTS700212" | "AADSTS700213") => {
                "check the app's federated credential: issuer, subject and audience".to_owned()
            }
            Some("AADSTS500011") => "check that tenant, cloud and vault belong together".to_owned(),
            Some("AADSTS53003") => "let the tenant's conditional access let this app in".to_owned(),
            _ => self
                .advice
                .map_or_else(|| self.cause.remedy(&self.endpoint()), str::to_owned),
        }
    }
}

impl CredentialFailure {
    fn endpoint(&self) -> String {
        match &self.host {
            Some(host) => format!("the token endpoint {host}"),
            None => "the token endpoint".to_owned(),
        }
    }
}

impl fmt::Display for CredentialFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Some(host) => write!(f, "{} got no token from {host}: {}", self.name, self.cause),
            None => write!(f, "{} gave no token: {}", self.name, self.cause),
        }
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
