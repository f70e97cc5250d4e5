//! What went wrong on the wire, in words an operator can use. No values, no bodies.

mod answer;
mod credential;
mod json;
mod reach;

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub(crate) use answer::{Answer, Body, Speaker, is_html, without_tokens};
pub(crate) use credential::CredentialFailure;
pub(crate) use json::place;
pub(crate) use reach::Via;

use crate::error::one_line;
use crate::obstacle::Obstacle;
use crate::quoted::Secrets;

/// Why there was no usable answer.
#[derive(Debug, Clone)]
pub(crate) enum Failure {
    /// No connection: name, route, port or TLS.
    Unreachable {
        class: Obstacle,
        cause: String,
        /// The proxy that it was to go through.
        via: Option<Via>,
        source: Option<Arc<reqwest::Error>>,
    },
    /// The environment names a proxy of a kind that is not spoken.
    Socks { via: Via },
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
    /// The reply sends us out of TLS at the same host; the token stays here.
    OutOfTls { host: String },
    /// The client followed a redirect to another host.
    Redirected { host: String },
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

impl Failure {
    /// A transport error in our words; the URL is left out, since a next page's holds the service's own token.
    pub(crate) fn of_transport(error: reqwest::Error) -> Self {
        let error = error.without_url();
        let mut cause = deepest(&error);
        // The TLS library adds where to read on, which is for whoever writes programs with it.
        cause.truncate(cause.find(": https://docs.rs/").unwrap_or(cause.len()));
        if !error.is_connect() {
            // Whether reading or writing meets the reset first is chance.
            if cause.contains("broken pipe") {
                "connection reset".clone_into(&mut cause);
            }
            return Self::Broken {
                cause,
                source: Some(Arc::new(error)),
            };
        }
        let class = Obstacle::of(&error, &cause);
        let cause = if class == Obstacle::Timeout {
            "connecting took too long".to_owned()
        } else {
            cause
        };
        Self::Unreachable {
            class,
            cause,
            via: None,
            source: Some(Arc::new(error)),
        }
    }

    /// Without what it quotes of these secrets. An answer was cut before it was read.
    pub(crate) fn without(mut self, secrets: &Secrets) -> Self {
        match &mut self {
            Self::Unreachable { cause: text, .. }
            | Self::Broken { cause: text, .. }
            | Self::ForeignHost { host: text }
            | Self::OutOfTls { host: text }
            | Self::Redirected { host: text }
            | Self::Unreadable { cause: text }
            | Self::Other { cause: text } => *text = secrets.cut(text),
            _ => {}
        }
        self
    }

    /// Went the request through this proxy, then that is what could not be reached, and not whom it was for.
    pub(crate) fn through(mut self, proxy: Option<Via>) -> Self {
        if let (Self::Unreachable { class, via, .. }, Some(proxy)) = (&mut self, proxy) {
            if !class.is_final() {
                *class = Obstacle::Proxy;
            }
            *via = Some(proxy);
        }
        self
    }

    /// Does it say that the service is not ready yet, where that is one that begins with its machine? (Microsoft's documentation,
    /// "How to use managed identities to get an access token", on errors and retries.)
    pub(crate) fn is_not_ready(&self) -> bool {
        match self {
            Self::Answer(answer) => matches!(answer.status, 404 | 410 | 429 | 500..),
            Self::Broken { .. } => true,
            Self::Timeout { last: Some(last), .. } => last.is_not_ready(),
            _ => false,
        }
    }

    /// What an operator can do about it; `to` is whom we spoke to.
    pub(crate) fn remedy(&self, to: &str) -> String {
        match self {
            Self::Unreachable { class, cause, via, .. } => match class {
                Obstacle::Name => format!("check the name of {to} and this machine's DNS"),
                Obstacle::Certificate => {
                    format!("if a proxy or an emulator stands before {to}, trust its CA with `ca_pem` or SSL_CERT_FILE")
                }
                Obstacle::CertificateName => format!("check the URL of {to}: another host answers there"),
                Obstacle::CertificateTime => {
                    format!("check this machine's clock; if it is right, the certificate of {to} is to be renewed")
                }
                Obstacle::NoTls => format!("check the port of {to}: what answers there speaks no TLS"),
                Obstacle::Proxy => {
                    let variable = via.as_ref().map_or("HTTPS_PROXY", |via| via.variable);
                    if cause.contains("authorization required") {
                        format!("give the proxy's user and password in {variable}")
                    } else {
                        format!("check {variable}, and NO_PROXY if {to} is to be reached without a proxy")
                    }
                }
                Obstacle::Refused => format!("check the host and port of {to} and what stands between"),
                Obstacle::Timeout | Obstacle::Other => {
                    format!("check the route to {to}: firewall, private endpoint, proxy")
                }
            },
            Self::Socks { .. } => format!(
                "name an HTTP proxy in HTTPS_PROXY, let NO_PROXY name {to}, or give `http_client` a client that speaks SOCKS"
            ),
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
            Self::OutOfTls { .. } => {
                format!("check what stands between here and {to}: a proxy that ends TLS may rewrite links")
            }
            Self::Redirected { .. } => "give `http_client` a client that follows no redirects, and name the host that \
                                        the vault answers for as the vault's URL"
                .to_owned(),
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

    /// What stood in the way, where there was no connection.
    pub(crate) fn obstacle(&self) -> Option<Obstacle> {
        match self {
            Self::Unreachable { class, .. } => Some(*class),
            Self::Socks { .. } => Some(Obstacle::Proxy),
            Self::Timeout { last: Some(last), .. } => last.obstacle(),
            _ => None,
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
            Self::Unreachable { cause, via: None, .. } => write!(f, "no connection: {cause}"),
            Self::Unreachable {
                cause, via: Some(via), ..
            } => write!(
                f,
                "no connection through the proxy {} of {}: {cause}",
                via.address, via.variable
            ),
            Self::Socks { via } => write!(
                f,
                "{} names the SOCKS proxy {}, and SOCKS is not spoken here",
                via.variable, via.address
            ),
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
            Self::OutOfTls { host } => {
                write!(
                    f,
                    "the list leads to http://{host}, and nothing secret may travel in the clear; it was not followed"
                )
            }
            Self::Redirected { host } => write!(f, "the reply came from another host, {host}, where a redirect led"),
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
