//! The middleware of `reqwest-middleware`.

use http::{Extensions, StatusCode};
use reqwest::{Request, Response};
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware, Error, Middleware, Next, Result};

use super::bearer::{authorize, leaves_alone, may_carry};
use super::failure;
use super::sender::Sender;
use super::target::Source;
use super::wish::MaskinportenRequest;
use crate::client::MaskinportenClient;
use crate::quoted::Secrets;

/// Gives each request its token. For a client with more middleware than this; [`MaskinportenClient::http_client`] is ready-made.
///
/// Put it after what retries, so that each try gets a token that is still valid.
///
/// * A request with an `Authorization` header of its own keeps it, unless `OverwriteAuthorizationHeader` is set.
/// * A 401 to our token gives up exactly that token and resends the request once with another, if its body can be sent again (not if
///   it is a stream).
/// * The token goes over https only, and to no other host when a reply redirects.
/// * [`MaskinportenRequest`](crate::MaskinportenRequest) or [`TokenRequest`](crate::TokenRequest) in the request's extensions say what
///   this request wants otherwise.
///
/// ```
/// use maskinporten::reqwest_middleware::{ClientBuilder, ClientWithMiddleware};
/// use maskinporten::{MaskinportenClient, reqwest};
///
/// fn stack(maskinporten: &MaskinportenClient) -> ClientWithMiddleware {
///     ClientBuilder::new(reqwest::Client::new())
///         // what retries comes before
///         .with(maskinporten.middleware())
///         // what logs comes after, and sees the header
///         .build()
/// }
/// ```
#[derive(Debug, Clone)]
pub struct MaskinportenMiddleware(Source);

/// Requests that authenticate themselves.
impl MaskinportenClient {
    /// A reqwest client whose requests carry a token: Altinn's if `ExchangeToAltinnToken` is set, else Maskinporten's.
    ///
    /// Each runtime has connections of its own, unless the client was given to
    /// [`MaskinportenClientBuilder::http_client`](crate::MaskinportenClientBuilder::http_client).
    #[must_use]
    pub fn http_client(&self) -> ClientWithMiddleware {
        self.sending(self.middleware())
    }

    /// The same for another kind of request: with scopes of its own, say, or Maskinporten's token where others carry Altinn's. All HTTP
    /// clients of one client share its tokens, connections and settings. What one request says in its extensions goes over this.
    ///
    /// ```
    /// use maskinporten::reqwest_middleware::ClientWithMiddleware;
    /// use maskinporten::{MaskinportenClient, MaskinportenRequest};
    ///
    /// struct Clients {
    ///     instances: ClientWithMiddleware,
    ///     register: ClientWithMiddleware,
    /// }
    ///
    /// fn clients(maskinporten: &MaskinportenClient) -> Clients {
    ///     let register = MaskinportenRequest::new().scopes(["brreg:roller"]).exchange(false);
    ///     Clients { instances: maskinporten.http_client(), register: maskinporten.http_client_for(register) }
    /// }
    /// ```
    #[must_use]
    pub fn http_client_for(&self, request: MaskinportenRequest) -> ClientWithMiddleware {
        self.sending(self.middleware_for(request))
    }

    /// The middleware of [`http_client`](Self::http_client), for a stack of your own.
    #[must_use]
    pub fn middleware(&self) -> MaskinportenMiddleware {
        MaskinportenMiddleware(Source::new(self.clone(), None))
    }

    /// The middleware of [`http_client_for`](Self::http_client_for).
    #[must_use]
    pub fn middleware_for(&self, request: MaskinportenRequest) -> MaskinportenMiddleware {
        MaskinportenMiddleware(Source::new(self.clone(), Some(request)))
    }

    fn sending(&self, middleware: MaskinportenMiddleware) -> ClientWithMiddleware {
        ClientBuilder::new(self.http().http().clone())
            .with(middleware)
            .with(Sender(self.http().clone()))
            .build()
    }
}

#[async_trait::async_trait]
impl Middleware for MaskinportenMiddleware {
    async fn handle(&self, mut request: Request, extensions: &mut Extensions, next: Next<'_>) -> Result<Response> {
        let source = &self.0;
        let mut target = source.target(extensions);
        let behaviour = target.parts.behaviour;
        let own = request.url().clone();
        if leaves_alone(behaviour, request.headers()) {
            let sent = next.run(request, extensions).await;
            return sent.map_err(|error| failure::of_reqwest(error, &Secrets::none(), own.as_str()));
        }
        may_carry(behaviour, request.url()).map_err(Error::middleware)?;
        let token = source.token(&mut target, extensions).await.map_err(Error::middleware)?;
        let again = request.try_clone();
        authorize(request.headers_mut(), &token).map_err(Error::middleware)?;

        let sent = next.clone().run(request, extensions).await;
        let response = sent.map_err(|error| failure::of_reqwest(error, &Secrets::of(token.secret()), own.as_str()))?;
        // After a redirect elsewhere it is not our token that was refused: it was not sent there.
        if response.status() != StatusCode::UNAUTHORIZED || response.url().origin() != own.origin() {
            return Ok(response);
        }
        let worth_it = target.refused(&token);
        let (true, Some(mut request)) = (worth_it, again) else {
            return Ok(response);
        };
        // The settings may be newer by now, and the token that was refused that of a client which is gone.
        let mut target = source.target(extensions);
        let other = source.token(&mut target, extensions).await.map_err(Error::middleware)?;
        authorize(request.headers_mut(), &other).map_err(Error::middleware)?;
        let sent = next.run(request, extensions).await;
        let both = Secrets::of(token.secret()).and(other.secret());
        sent.map_err(|error| failure::of_reqwest(error, &both, own.as_str()))
    }
}
