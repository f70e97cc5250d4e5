//! What is read of the vault's replies before the SDK reads them.

use std::sync::{Arc, Mutex, PoisonError};

use azure_core::error::{Error, ErrorKind};
use azure_core::http::headers::{AUTHORIZATION, Headers, WWW_AUTHENTICATE};
use azure_core::http::policies::{Policy, PolicyResult};
use azure_core::http::{AsyncRawResponse, Context, Request, StatusCode};

use super::page::Page;
use crate::sign_in::SignIn;
use crate::transport::{header, secrets};

/// Where the page that was read last lies until the loader takes it.
#[derive(Debug, Clone, Default)]
pub(super) struct Shelf(Arc<Mutex<Option<Page>>>);

impl Shelf {
    pub(super) fn take(&self) -> Option<Page> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn put(&self, page: Page) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(page);
    }
}

/// Reads the pages of a request whose context has a [`Shelf`]. The SDK's pager would fail the list for one odd item, so it
/// is given nothing but the link to the next page.
#[derive(Debug)]
pub(super) struct ReadPages;

#[async_trait::async_trait]
impl Policy for ReadPages {
    async fn send(&self, ctx: &Context, request: &mut Request, next: &[Arc<dyn Policy>]) -> PolicyResult {
        let reply = next[0].send(ctx, request, &next[1..]).await?;
        let Some(shelf) = ctx.value::<Shelf>().filter(|_| reply.status() == StatusCode::Ok) else {
            return Ok(reply);
        };
        let (status, headers, body) = reply.try_into_raw_response().await?.deconstruct();
        let page = Page::read(body.as_ref(), request.url())
            .map_err(|failure| failure.without(&secrets(request)))
            .map_err(|failure| Error::with_error(ErrorKind::Other, failure, "no page of the list"))?;
        let link = serde_json::json!({ "nextLink": page.next_link }).to_string();
        shelf.put(page);
        Ok(AsyncRawResponse::from_bytes(status, headers, link.into_bytes()))
    }
}

/// Sends a request again with another token where the vault refuses one that it took before: it was withdrawn. The SDK would take
/// the same one from its credential's cache, and where several requests are refused at once it loses the new one.
#[derive(Debug)]
pub(super) struct SignAnew(pub(super) Arc<dyn SignIn>);

#[async_trait::async_trait]
impl Policy for SignAnew {
    async fn send(&self, ctx: &Context, request: &mut Request, next: &[Arc<dyn Policy>]) -> PolicyResult {
        let Some(mut token) = bearer(request) else {
            return next[0].send(ctx, request, &next[1..]).await;
        };
        if let Some(newer) = self.0.instead_of(&token) {
            sign(request, &newer);
            token = newer;
        }
        let mut reply = next[0].send(ctx, request, &next[1..]).await?;
        if reply.status() == StatusCode::Unauthorized
            && let Some(another) = self.0.anew(&token).await?
        {
            sign(request, &another);
            token = another;
            reply = next[0].send(ctx, request, &next[1..]).await?;
        }
        if reply.status() != StatusCode::Unauthorized {
            self.0.accepted(&token);
            return Ok(reply);
        }
        // Without its challenge the SDK takes it for what it is, and asks for no other token.
        let (status, headers, body) = reply.try_into_raw_response().await?.deconstruct();
        let others = headers.iter().filter(|(name, _)| **name != WWW_AUTHENTICATE);
        let mut headers = Headers::new();
        for (name, value) in others {
            headers.insert(name.clone(), value.clone());
        }
        Ok(AsyncRawResponse::from_bytes(status, headers, body))
    }
}

/// The token that a request is signed with.
fn bearer(request: &Request) -> Option<String> {
    let header = header(request.headers(), &AUTHORIZATION)?;
    header.strip_prefix("Bearer ").map(str::to_owned)
}

fn sign(request: &mut Request, token: &str) {
    request.insert_header(AUTHORIZATION, format!("Bearer {token}"));
}
