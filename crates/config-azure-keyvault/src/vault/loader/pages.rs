//! The list, page by page, and the notice that it goes round in a circle.

use std::collections::HashSet;
use std::time::Duration;

use azure_core::http::Context;
use azure_core::http::pager::{PageIterator, PagerOptions};
use azure_security_keyvault_secrets::models::{ListSecretPropertiesResult, SecretClientListSecretPropertiesOptions};
use futures::stream::StreamExt as _;
use tokio::time::Instant;
use tracing::Span;

use crate::error::{Error, Stage};
use crate::failure::Failure;
use crate::telemetry;
use crate::vault::client::Session;
use crate::vault::page::Page;
use crate::vault::policies::Shelf;
use crate::vault::refusal::{of_failure, translate};

/// So many pages in a row without a new name, and the list goes round in a circle.
const BARREN: usize = 3;

/// The list, page by page.
pub(super) struct Pages<'s> {
    session: &'s Session,
    pager: PageIterator<azure_core::http::Response<ListSecretPropertiesResult>>,
    shelf: Shelf,
    /// Of the whole list.
    span: Span,
    started: Instant,
    ended_after: Option<Duration>,
}

impl<'s> Pages<'s> {
    /// Nothing is asked for yet.
    pub(super) fn of(session: &'s Session, started: Instant) -> Result<Self, Error> {
        let shelf = Shelf::default();
        let options = SecretClientListSecretPropertiesOptions {
            method_options: PagerOptions {
                context: Context::new().with_value(shelf.clone()),
                ..Default::default()
            },
            ..Default::default()
        };
        let pager = session
            .client
            .list_secret_properties(Some(options))
            .map_err(|error| translate(&error, Stage::List, session.host()))?
            .into_pages();
        Ok(Self {
            session,
            pager,
            shelf,
            span: telemetry::list(session.host()),
            started,
            ended_after: None,
        })
    }

    /// The next page, or `None` behind the last. Nothing is lost where it is dropped before it is done: it is asked again.
    pub(super) async fn next(&mut self) -> Result<Option<Page>, Error> {
        let span = self.span.clone();
        telemetry::within(span, self.follow()).await
    }

    async fn follow(&mut self) -> Result<Option<Page>, Error> {
        while let Some(answer) = self.pager.next().await {
            answer.map_err(|error| translate(&error, Stage::List, self.session.host()))?;
            let Some(page) = self.shelf.take() else { continue };
            if page.next_link.is_none() {
                self.end();
            }
            return Ok(Some(page));
        }
        self.end();
        Ok(None)
    }

    fn end(&mut self) {
        self.ended_after = Some(self.started.elapsed());
        self.span = Span::none();
    }

    pub(super) fn have_ended(&self) -> bool {
        self.ended_after.is_some()
    }

    /// How long after the start the last page was there.
    pub(super) fn ended_after(&self) -> Duration {
        self.ended_after.unwrap_or_default()
    }
}

/// Where the list has led so far.
#[derive(Default)]
pub(super) struct Trail {
    links: HashSet<String>,
    barren: usize,
}

impl Trail {
    /// A page brought that many new names. A list that changes meanwhile may tell a name twice, but not page after page; a page
    /// without a usable item says nothing.
    pub(super) fn pass(&mut self, has_names: bool, new: usize) {
        if has_names {
            self.barren = if new == 0 { self.barren + 1 } else { 0 };
        }
    }

    /// Fails where the link to the next page leads back.
    pub(super) fn follow(&mut self, link: String, session: &Session) -> Result<(), Error> {
        if self.links.insert(link) && self.barren < BARREN {
            return Ok(());
        }
        let cause = "the list leads back to pages that were read already".to_owned();
        Err(of_failure(&Failure::Unreadable { cause }, Stage::List, session.host()))
    }
}
