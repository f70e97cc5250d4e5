//! What every step of a load knows, and the error of one whose time is up.

use std::future::Future;
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures::future::{Either, select};
use tokio::time::Instant;

use super::under_way::{LIST_PATH, UnderWay, secret_path};
use crate::cloud::expected_scope;
use crate::error::{Error, Stage};
use crate::vault::client::Session;
use crate::vault::limits::Limits;
use crate::vault::memory::Memory;
use crate::vault::refusal::{of_credential, of_failure};
use crate::vault::selection::Selection;

pub(super) struct Load<'l> {
    pub(super) session: &'l Session,
    pub(super) selection: &'l Selection,
    pub(super) limits: &'l Limits,
    pub(super) memory: &'l Memory,
    pub(super) started: Instant,
    /// For the deadline's error.
    under_way: Mutex<UnderWay>,
}

impl<'l> Load<'l> {
    pub(super) fn new(
        session: &'l Session,
        selection: &'l Selection,
        limits: &'l Limits,
        memory: &'l Memory,
        started: Instant,
    ) -> Self {
        Self {
            session,
            selection,
            limits,
            memory,
            started,
            under_way: Mutex::default(),
        }
    }

    pub(super) fn now_at_the_vault(&self) -> i64 {
        self.session
            .transport
            .service_time()
            .unwrap_or_else(|| self.session.clock.unix())
    }

    pub(super) fn under_way(&self) -> MutexGuard<'_, UnderWay> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn out_of_time(&self) -> Error {
        let transport = &self.session.transport;
        // A vault that has not answered yet is what the load fails for, even while a token is fetched beside it.
        if transport.has_answered()
            && let Some(failure) = self.session.credential.out_of_time(self.limits.deadline)
        {
            return of_credential(&failure);
        }
        let under_way = self.under_way();
        let (path, stage) = match under_way.culprit(transport) {
            Some(name) => (secret_path(name), Stage::Get),
            None => (LIST_PATH.to_owned(), Stage::List),
        };
        let failure = transport.cause_of_timeout(&path, under_way.progress());
        let error = of_failure(&failure, stage, self.session.host());
        match under_way.culprit(transport) {
            Some(name) => error.with_secret(name),
            None => error,
        }
    }

    /// The first request runs into the vault's challenge; the token it needs is fetched meanwhile. What the fetch says is
    /// said again to the request itself, so nothing is lost by dropping it.
    pub(super) async fn primed<T>(&self, first: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        let mut primed = self.session.primed.lock().await;
        if *primed {
            drop(primed);
            return first.await;
        }
        let answer = self.beside_the_token(first).await;
        *primed = answer.is_ok();
        answer
    }

    async fn beside_the_token<T>(&self, first: impl Future<Output = T>) -> T {
        if !self.session.prefetch {
            return first.await;
        }
        let scope = expected_scope(&self.session.vault);
        let scopes = [scope.as_str()];
        let fetch = self.session.credential.get_token(&scopes, None);
        match select(pin!(first), pin!(fetch)).await {
            Either::Left((answer, _)) => answer,
            Either::Right((_, first)) => first.await,
        }
    }
}
