//! The same for stacks of `tower` services.

use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures::future::BoxFuture;
use http::{Request, Response, StatusCode};
use tower_layer::Layer;
use tower_service::Service;
use url::Url;

use super::bearer::{authorize, leaves_alone, may_carry};
use super::failure::{BoxError, of_service};
use super::target::Source;
use super::wish::MaskinportenRequest;
use crate::client::{Behaviour, MaskinportenClient};
use crate::error::{Error, ErrorKind, Stage};
use crate::quoted::Secrets;

type Replay<B> = Arc<dyn Fn(&B) -> Option<B> + Send + Sync>;

/// Wraps a service that sends [`http::Request`]s, as [`MaskinportenMiddleware`](super::MaskinportenMiddleware) does for reqwest.
///
/// A body cannot be copied unless the layer is told how ([`replay`](Self::replay)): without it a 401 gives up the token, so that the
/// next request gets another, and is handed to the caller.
///
/// Around any client that is a `tower` service; here around one that only looks:
///
/// ```no_run
/// use maskinporten::{MaskinportenClient, MaskinportenLayer};
/// use tower_layer::Layer;
///
/// fn with_tokens<S>(client: MaskinportenClient, inner: S) -> impl Sized {
///     // Bodies that are texts can be sent again after a 401.
///     MaskinportenLayer::<String>::new(client).replay(|body| Some(body.clone())).layer(inner)
/// }
/// ```
pub struct MaskinportenLayer<B> {
    source: Source,
    replay: Replay<B>,
}

impl<B> MaskinportenLayer<B> {
    /// A layer that gives each request its token.
    #[must_use]
    pub fn new(client: MaskinportenClient) -> Self {
        Self {
            source: Source::new(client, None),
            replay: Arc::new(|_| None),
        }
    }

    /// What all requests through it want, as of [`MaskinportenClient::http_client_for`]. What one request says in its extensions goes
    /// over this.
    #[must_use]
    pub fn wanting(mut self, request: MaskinportenRequest) -> Self {
        self.source = Source::new(self.source.client, Some(request));
        self
    }

    /// How to copy a body, so that a request can be resent after a 401; `None` for one that cannot be.
    #[must_use]
    pub fn replay(mut self, replay: impl Fn(&B) -> Option<B> + Send + Sync + 'static) -> Self {
        self.replay = Arc::new(replay);
        self
    }
}

impl<S, B> Layer<S> for MaskinportenLayer<B> {
    type Service = MaskinportenService<S, B>;

    fn layer(&self, inner: S) -> Self::Service {
        MaskinportenService {
            inner,
            layer: self.clone(),
        }
    }
}

/// What [`MaskinportenLayer`] makes of a service.
///
/// ```no_run
/// use maskinporten::{MaskinportenClient, MaskinportenLayer, MaskinportenService};
/// use tower_layer::Layer;
///
/// /// A client of an API, over whatever sends its requests.
/// struct Instances<S> {
///     http: MaskinportenService<S, String>,
/// }
///
/// fn instances<S>(client: MaskinportenClient, sender: S) -> Instances<S> {
///     Instances { http: MaskinportenLayer::new(client).layer(sender) }
/// }
/// ```
pub struct MaskinportenService<S, B> {
    inner: S,
    layer: MaskinportenLayer<B>,
}

impl<S, B, R> Service<Request<B>> for MaskinportenService<S, B>
where
    S: Service<Request<B>, Response = Response<R>> + Clone + Send + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
    B: Send + 'static,
    R: Send,
{
    type Response = Response<R>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Response<R>, BoxError>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        let ready = self.inner.poll_ready(context);
        ready.map_err(|error| of_service(error.into(), &Secrets::none(), ""))
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        // The one that was polled ready is the one to call.
        let waiting = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, waiting);
        let layer = self.layer.clone();
        let mut target = layer.source.target(request.extensions());
        let behaviour = target.parts.behaviour;
        let own = request.uri().to_string();
        if leaves_alone(behaviour, request.headers()) {
            let reply = inner.call(request);
            let failed = move |error: S::Error| of_service(error.into(), &Secrets::none(), &own);
            return Box::pin(async move { reply.await.map_err(failed) });
        }
        Box::pin(async move {
            let source = &layer.source;
            check(&request, behaviour)?;
            let token = source.token(&mut target, request.extensions()).await?;
            let again = layer.copy(&request);
            authorize(request.headers_mut(), &token)?;
            let sent = inner.call(request).await;
            let response = sent.map_err(|error| of_service(error.into(), &Secrets::of(token.secret()), &own))?;
            if response.status() != StatusCode::UNAUTHORIZED {
                return Ok(response);
            }
            let (true, Some(request)) = (target.refused(&token), again) else {
                return Ok(response);
            };
            let resent = resend(inner, request, source).await;
            resent.map_err(|error| of_service(error, &Secrets::of(token.secret()), &own))
        })
    }
}

async fn resend<S, B, R>(mut inner: S, mut request: Request<B>, source: &Source) -> Result<Response<R>, BoxError>
where
    S: Service<Request<B>, Response = Response<R>>,
    S::Error: Into<BoxError>,
{
    // The settings may be newer by now, and the token that was refused that of a client which is gone.
    let mut target = source.target(request.extensions());
    let token = source.token(&mut target, request.extensions()).await?;
    let own = request.uri().to_string();
    authorize(request.headers_mut(), &token)?;
    poll_fn(|context| inner.poll_ready(context)).await.map_err(Into::into)?;
    let sent = inner.call(request).await;
    sent.map_err(|error| of_service(error.into(), &Secrets::of(token.secret()), &own))
}

fn check<B>(request: &Request<B>, behaviour: Behaviour) -> Result<(), Error> {
    let url = Url::parse(&request.uri().to_string()).map_err(|_| {
        Error::new(
            ErrorKind::InvalidRequest,
            Stage::Token,
            "no token is sent to an address without scheme and host",
        )
        .unsent()
    })?;
    may_carry(behaviour, &url)
}

impl<B> MaskinportenLayer<B> {
    fn copy(&self, request: &Request<B>) -> Option<Request<B>> {
        let mut copy = Request::new((self.replay)(request.body())?);
        *copy.method_mut() = request.method().clone();
        *copy.uri_mut() = request.uri().clone();
        *copy.version_mut() = request.version();
        copy.headers_mut().clone_from(request.headers());
        copy.extensions_mut().clone_from(request.extensions());
        Some(copy)
    }
}

impl<B> Clone for MaskinportenLayer<B> {
    fn clone(&self) -> Self {
        Self {
            source: self.source.clone(),
            replay: self.replay.clone(),
        }
    }
}

impl<S: Clone, B> Clone for MaskinportenService<S, B> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            layer: self.layer.clone(),
        }
    }
}

impl<B> fmt::Debug for MaskinportenLayer<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MaskinportenLayer")
            .field("client", &self.source.client)
            .field("wanting", &self.source.wish)
            .finish_non_exhaustive()
    }
}

impl<S: fmt::Debug, B> fmt::Debug for MaskinportenService<S, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MaskinportenService")
            .field("inner", &self.inner)
            .field("layer", &self.layer)
            .finish()
    }
}
