//! One error: HTTP status, `error`, MP code, trace id, whether to retry, and what to do. Never a token, key or assertion.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use crate::problem::SettingProblem;

/// What went wrong, for code that decides on it.
///
/// ```
/// use maskinporten::{Error, ErrorKind};
///
/// /// The status of a service that could not get its token.
/// fn status(error: &Error) -> u16 {
///     match error.kind() {
///         ErrorKind::Unreachable | ErrorKind::Unavailable => 503, // theirs, and it passes
///         _ => 500, // ours to mend: settings, key, what was asked for
///     }
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The settings are incomplete or contradict each other.
    Settings,
    /// The signing key cannot be used.
    Key,
    /// A token request that cannot be sent: no scope, a bad organisation number, a bad resource.
    InvalidRequest,
    /// The authority's metadata cannot be had or lacks what is needed.
    Metadata,
    /// The token endpoint could not be reached, or gave no answer in time.
    Unreachable,
    /// Maskinporten refused the grant.
    Refused,
    /// Maskinporten failed or asks for a pause.
    Unavailable,
    /// The reply is not what the endpoint sends.
    InvalidResponse,
    /// The Altinn exchange refused the token or failed.
    Exchange,
    /// The shared token store failed.
    Store,
}

/// Where it went wrong.
///
/// ```
/// use maskinporten::{Error, Stage};
///
/// /// Whose log to look into, by the trace id.
/// fn whose(error: &Error) -> Option<String> {
///     let whose = match error.stage() {
///         Stage::Token | Stage::Metadata => "Maskinporten",
///         Stage::Exchange => "Altinn",
///         _ => return None,
///     };
///     Some(format!("{whose}, {}", error.trace_id().unwrap_or("without a trace id")))
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// Reading settings.
    Settings,
    /// Loading the signing key.
    Key,
    /// Fetching metadata.
    Metadata,
    /// Asking for a token.
    Token,
    /// Exchanging it for Altinn's.
    Exchange,
    /// Talking to the shared store.
    Store,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Settings => "settings",
            Self::Key => "key",
            Self::Metadata => "metadata",
            Self::Token => "token",
            Self::Exchange => "Altinn exchange",
            Self::Store => "token store",
        })
    }
}

/// The error of this crate. A cheap clone: callers who share one request share its failure.
///
/// ```
/// use maskinporten::{ErrorKind, KeyOptions, SigningKey};
///
/// let error = SigningKey::read("no key", &KeyOptions::new()).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Key);
/// eprintln!("{error}"); // one line: what is wrong with it, and what to do; never a part of the key
/// ```
#[derive(Clone)]
pub struct Error(pub(crate) Arc<Inner>);

#[derive(Clone)]
pub(crate) struct Inner {
    pub(crate) kind: ErrorKind,
    pub(crate) stage: Stage,
    pub(crate) endpoint: Option<String>,
    pub(crate) status: Option<u16>,
    pub(crate) oauth_error: Option<String>,
    pub(crate) mp_code: Option<String>,
    pub(crate) trace_id: Option<String>,
    pub(crate) cause: String,
    pub(crate) remedy: Option<String>,
    pub(crate) problems: Vec<SettingProblem>,
    pub(crate) retry: Retry,
    pub(crate) source: Option<Arc<dyn StdError + Send + Sync>>,
}

/// Is another try worth it?
///
/// A job that runs again later, and only where that may help. What is worth a retry at once, the client has retried.
///
/// ```
/// use std::time::Duration;
///
/// use maskinporten::{Error, Retry};
///
/// fn run_again_in(error: &Error) -> Option<Duration> {
///     match error.retry() {
///         Retry::After(pause) => Some(pause.unwrap_or(Duration::from_secs(60))),
///         _ => None,
///     }
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Retry {
    /// No: the same will be refused again.
    #[default]
    Never,
    /// Once more, with a fresh assertion (MP-012, MP-130).
    Once,
    /// Yes, after a pause of at least this long if one is given (`Retry-After`).
    After(Option<std::time::Duration>),
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, stage: Stage, cause: impl AsRef<str>) -> Self {
        Self(Arc::new(Inner {
            kind,
            stage,
            endpoint: None,
            status: None,
            oauth_error: None,
            mp_code: None,
            trace_id: None,
            cause: one_line(cause.as_ref()),
            remedy: None,
            problems: Vec::new(),
            retry: Retry::Never,
            source: None,
        }))
    }

    /// The error of this crate in another's: in what an HTTP client of [`http_client`](crate::MaskinportenClient::http_client) returns
    /// (`reqwest_middleware::Error`), also where a middleware that retries stands before it; a `tower` stack, `anyhow` or
    /// `Box<dyn Error>`; at any depth of sources. `None`: it is not about a token.
    ///
    /// ```
    /// use maskinporten::{Error, reqwest_middleware};
    ///
    /// fn code(error: &reqwest_middleware::Error) -> Option<&str> {
    ///     Error::find(error)?.mp_code()
    /// }
    ///
    /// fn is_about_a_token(error: &Box<dyn std::error::Error + Send + Sync>) -> bool {
    ///     Error::find(&**error).is_some()
    /// }
    /// ```
    #[must_use]
    pub fn find<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a Self> {
        let mut next = Some(error);
        while let Some(error) = next {
            if let Some(found) = error.downcast_ref::<Self>() {
                return Some(found);
            }
            if let Some(Unsent(found)) = error.downcast_ref() {
                return Some(found);
            }
            // Both show their sources' source as their own, and so hide what they hold.
            let held: Option<&(dyn StdError + 'static)> = match error.downcast_ref() {
                Some(reqwest_middleware::Error::Middleware(held)) => held.chain().next(),
                _ => error
                    .downcast_ref::<std::io::Error>()
                    .and_then(std::io::Error::get_ref)
                    .map(|held| held as _),
            };
            next = held.or_else(|| error.source());
        }
        None
    }

    /// For a request that does not go out for it: still found where another error shows this one's text and source as its own, as
    /// `thiserror`'s `transparent` does.
    pub(crate) fn unsent(self) -> Self {
        let unsent = Unsent(self.clone());
        self.with_source(unsent)
    }

    /// Changes what was just made; a shared error is copied first.
    pub(crate) fn with(mut self, change: impl FnOnce(&mut Inner)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }

    pub(crate) fn with_remedy(self, remedy: impl AsRef<str>) -> Self {
        let remedy = one_line(remedy.as_ref());
        self.with(|inner| inner.remedy = Some(remedy))
    }

    pub(crate) fn with_source(self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.with(|inner| inner.source = Some(Arc::new(source)))
    }

    /// What went wrong.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Where it went wrong.
    #[must_use]
    pub fn stage(&self) -> Stage {
        self.0.stage
    }

    /// The address that was asked, if one was.
    #[must_use]
    pub fn endpoint(&self) -> Option<&str> {
        self.0.endpoint.as_deref()
    }

    /// The HTTP status of the reply, if one came.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// The reply's `error` (RFC 6749, section 5.2), without what it quotes of a secret.
    #[must_use]
    pub fn oauth_error(&self) -> Option<&str> {
        self.0.oauth_error.as_deref()
    }

    /// Maskinporten's own code, `MP-121`, from the reply's `error_uri`.
    #[must_use]
    pub fn mp_code(&self) -> Option<&str> {
        self.0.mp_code.as_deref()
    }

    /// The trace id that Maskinporten's support asks for.
    #[must_use]
    pub fn trace_id(&self) -> Option<&str> {
        self.0.trace_id.as_deref()
    }

    /// Is another try worth it?
    #[must_use]
    pub fn retry(&self) -> Retry {
        self.0.retry
    }

    /// The root cause alone, without the place, the codes and the remedy.
    #[must_use]
    pub fn cause(&self) -> &str {
        &self.0.cause
    }

    /// Of an error of a section, each problem by itself: [`cause`](Self::cause) tells all of them in one line. None of any other error.
    #[must_use]
    pub fn problems(&self) -> &[SettingProblem] {
        &self.0.problems
    }

    /// What to do about it, in one sentence.
    #[must_use]
    pub fn remedy(&self) -> Option<&str> {
        self.0.remedy.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.0;
        write!(f, "Maskinporten: {} failed", inner.stage)?;
        if let Some(endpoint) = &inner.endpoint {
            write!(f, " at {endpoint}")?;
        }
        f.write_str(": ")?;
        let facts = [
            inner.status.map(|status| status.to_string()),
            inner.oauth_error.clone(),
            inner.mp_code.clone(),
        ];
        let facts: Vec<String> = facts.into_iter().flatten().collect();
        if !facts.is_empty() {
            write!(f, "{}: ", facts.join(" "))?;
        }
        f.write_str(&inner.cause)?;
        if let Some(remedy) = &inner.remedy {
            write!(f, "; {remedy}")?;
        }
        if let Some(trace_id) = &inner.trace_id {
            write!(f, " (trace id {trace_id})")?;
        }
        Ok(())
    }
}

/// As its `Display`: `fn main() -> Result<(), Error>` prints one clean line.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|error| error as &(dyn StdError + 'static))
    }
}

/// Stands between an error and its source, in words that add to its line.
struct Unsent(Error);

impl fmt::Display for Unsent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the request that needs the token was not sent")
    }
}

impl fmt::Debug for Unsent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl StdError for Unsent {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source()
    }
}

/// Text from outside on one line, without control characters, cut to a length a log line can bear.
pub(crate) fn one_line(text: &str) -> String {
    const MOST: usize = 400;
    let line = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    match line.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}
