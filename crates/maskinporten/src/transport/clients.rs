//! One HTTP client for each runtime: a connection is driven by the runtime that opened it, and none waits for another's.

use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};
use url::Url;

use super::proxy::Variables;
use super::{is_local, root};
use crate::error::{Error, ErrorKind, Retry, Stage};
use crate::quoted::{self, Secrets};
use crate::runtime::PerRuntime;

/// A host that does not answer is not waited for; a token endpoint that does may take its time (15 s have been seen).
pub(super) const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// On their way at a time, of one runtime: to the token endpoint and the exchange together. A crowd of callers with a wish each
/// waits here, and not in the queues of a service that many share.
pub(crate) const MOST_REQUESTS: usize = 32;

pub(crate) type Configure = Arc<dyn Fn(reqwest::ClientBuilder) -> reqwest::ClientBuilder + Send + Sync>;

/// What a caller adds to the clients that are made here.
#[derive(Clone, Default)]
pub(crate) struct Additions {
    pub(crate) roots: Vec<reqwest::Certificate>,
    pub(crate) configure: Option<Configure>,
}

impl Additions {
    pub(super) fn to(&self, builder: reqwest::ClientBuilder) -> reqwest::ClientBuilder {
        let roots = self.roots.clone();
        match &self.configure {
            None => process_tls::trusting(builder, roots),
            // Who takes the machine's roots away must not find them among his own.
            Some(configure) if roots.is_empty() => configure(builder),
            Some(configure) => configure(builder.tls_certs_merge(roots)),
        }
    }
}

/// The HTTP clients of metadata, tokens and the exchange. A cheap clone.
#[derive(Clone)]
pub(crate) struct Clients(Arc<Inner>);

struct Inner {
    source: Source,
    variables: Variables,
    lines: PerRuntime<Arc<Line>>,
}

enum Source {
    Made {
        additions: Additions,
        /// Made beforehand, to tell early if none can be; the first who needs one takes it.
        spare: Mutex<Option<(bool, reqwest::Client)>>,
    },
    /// The caller's, with the caller's connections.
    Given(reqwest::Client),
}

/// What one runtime has.
struct Line {
    outside: OnceLock<reqwest::Client>,
    /// For this machine and its links, without any proxy.
    local: OnceLock<reqwest::Client>,
    requests: Arc<Semaphore>,
}

/// A client for one request, whose turn it is.
pub(crate) struct Turn {
    pub(crate) http: reqwest::Client,
    _permit: OwnedSemaphorePermit,
}

impl Clients {
    /// Clients that are made here. One is made now, for requests to this address.
    pub(crate) fn made(additions: Additions, variables: Variables, first: &str) -> Result<Self, Error> {
        let local = Url::parse(first).is_ok_and(|first| is_local(&first));
        let spare = client(&additions, local)?;
        Ok(Self::new(
            Source::Made {
                additions,
                spare: Mutex::new(Some((local, spare))),
            },
            variables,
        ))
    }

    #[cfg(test)]
    pub(crate) fn plain() -> Self {
        Self::made(Additions::default(), Variables::default(), "http://localhost").expect("a client")
    }

    /// One that was handed in.
    pub(crate) fn given(http: reqwest::Client, variables: Variables) -> Self {
        Self::new(Source::Given(http), variables)
    }

    fn new(source: Source, variables: Variables) -> Self {
        Self(Arc::new(Inner {
            source,
            variables,
            lines: PerRuntime::new(),
        }))
    }

    /// A client for this address in this runtime.
    pub(crate) fn client(&self, url: &str, stage: Stage) -> Result<reqwest::Client, Error> {
        self.0.line(stage)?.client(&self.0, url, stage)
    }

    /// The same, once fewer than [`MOST_REQUESTS`] are on their way.
    pub(crate) async fn turn(&self, url: &str, stage: Stage, until: Instant) -> Result<Turn, Error> {
        let line = self.0.line(stage)?;
        let http = line.client(&self.0, url, stage)?;
        let turn = timeout_at(until, line.requests.clone().acquire_owned()).await;
        match turn {
            Ok(Ok(permit)) => Ok(Turn { http, _permit: permit }),
            Ok(Err(_)) | Err(_) => Err(Error::new(
                ErrorKind::Unreachable,
                stage,
                format!("it was not its turn before the deadline: {MOST_REQUESTS} requests are sent at a time"),
            )
            .with_remedy("ask for fewer different tokens at once, or give the client a longer deadline")
            .with(|inner| {
                inner.endpoint = Some(url.to_owned());
                inner.retry = Retry::After(None);
            })),
        }
    }

    /// A request to this address got no reply, or was never sent. What the other side says of it, in a certificate or where it ends a connection, may
    /// quote what was sent.
    pub(crate) fn unreached(
        &self,
        url: &str,
        stage: Stage,
        error: reqwest::Error,
        limit: Duration,
        sent: &Secrets,
    ) -> Error {
        let error = error.without_url();
        let mut cause = sent.cut(&super::cause(&error, limit));
        // Nobody knows what a caller's own client does.
        let proxy = match &self.0.source {
            Source::Made { .. } => self.0.variables.proxy(url),
            Source::Given(_) => None,
        };
        let remedy = if error.is_builder() {
            "check the address, and what token_http_client or configure_http allows".to_owned()
        } else if cause.contains("certificate") {
            "if a proxy or an emulator stands before it, trust its CA with ca_pem, configure_http or SSL_CERT_FILE"
                .to_owned()
        } else if let Some(proxy) = proxy {
            cause = format!("{cause} ({})", proxy.by_way_of());
            proxy.remedy()
        } else if error.is_connect() {
            "check the route there: DNS, firewall, proxy".to_owned()
        } else if error.is_timeout() {
            "check the route there, or give the client a longer deadline".to_owned()
        } else {
            "check the route there: the service, a proxy or a firewall ended the connection".to_owned()
        };
        let retry = match error.is_builder() {
            true => Retry::Never,
            false => Retry::After(None),
        };
        let told = sent.are_told_by(&error, &[]) || quoted::is_behind(&error, &[]);
        let unreached = Error::new(ErrorKind::Unreachable, stage, cause).with(|inner| {
            inner.remedy = Some(remedy);
            inner.retry = retry;
        });
        match told {
            true => unreached,
            false => unreached.with_source(error),
        }
    }
}

impl Inner {
    fn line(&self, stage: Stage) -> Result<Arc<Line>, Error> {
        let runtime = Handle::try_current().map_err(|error| {
            Error::new(ErrorKind::Unreachable, stage, "called outside a tokio runtime").with_source(error)
        })?;
        let line = || {
            Arc::new(Line {
                outside: OnceLock::new(),
                local: OnceLock::new(),
                requests: Arc::new(Semaphore::new(MOST_REQUESTS)),
            })
        };
        match &self.source {
            Source::Made { .. } => Ok(self.lines.get(&runtime, line)),
            Source::Given(_) => self.lines.only(&runtime, line).ok_or_else(|| foreign(stage)),
        }
    }
}

/// Its connections are another runtime's, and nobody can tell whether that one is driven: asking would be waiting for it.
fn foreign(stage: Stage) -> Error {
    let cause = "the client given to token_http_client is in use in another runtime, whose connections this one cannot wait for";
    Error::new(ErrorKind::Settings, stage, cause).with_remedy(
        "use configure_http instead, which makes a client for each runtime, or build a MaskinportenClient in each",
    )
}

impl Line {
    fn client(&self, all: &Inner, url: &str, stage: Stage) -> Result<reqwest::Client, Error> {
        let (additions, spare) = match &all.source {
            Source::Given(http) => return Ok(http.clone()),
            Source::Made { additions, spare } => (additions, spare),
        };
        // Where a caller had a say, the variables may not be what counts.
        if additions.configure.is_none()
            && let Some(named) = all.variables.proxy(url)
            && named.is_socks()
        {
            return Err(named.refused(stage, url));
        }
        let local = Url::parse(url).is_ok_and(|url| is_local(&url));
        let place = if local { &self.local } else { &self.outside };
        if let Some(http) = place.get() {
            return Ok(http.clone());
        }
        let ready = spare
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take_if(|(for_local, _)| *for_local == local);
        let http = match ready {
            Some((_, http)) => http,
            None => client(additions, local)?,
        };
        Ok(place.get_or_init(|| http).clone())
    }
}

/// No redirects: an assertion goes where the authority says and nowhere else. And no retries of the library's own: it would send the
/// same assertion twice, and the second is refused as a replay (MP-012).
fn client(additions: &Additions, local: bool) -> Result<reqwest::Client, Error> {
    let builder = reqwest::Client::builder()
        .connect_timeout(CONNECT_LIMIT)
        .user_agent(concat!("maskinporten-rust/", env!("CARGO_PKG_VERSION")));
    let mut builder = additions.to(builder);
    if local {
        builder = builder.no_proxy();
    }
    build(
        builder
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never()),
    )
}

pub(super) fn build(builder: reqwest::ClientBuilder) -> Result<reqwest::Client, Error> {
    builder.build().map_err(no_client)
}

fn no_client(error: reqwest::Error) -> Error {
    let root = root(&error);
    let cause = format!(
        "no HTTPS client can be made: {}",
        root.trim_start_matches("unexpected error: ")
    );
    Error::new(ErrorKind::Settings, Stage::Settings, cause)
        .with_remedy(
            "install the CA certificates of the system (ca-certificates), point SSL_CERT_FILE at them, or give roots with ca_pem \
             or configure_http",
        )
        .with_source(error)
}

impl fmt::Debug for Clients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0.source {
            Source::Made { .. } => "Clients(made)",
            Source::Given(_) => "Clients(given)",
        })
    }
}
