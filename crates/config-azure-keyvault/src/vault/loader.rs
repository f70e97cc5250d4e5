//! One list chain with the gets under way beside it, or gets by name; one deadline over all.

use std::collections::{HashSet, VecDeque};
use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use azure_core::http::Context;
use azure_core::http::pager::PagerOptions;
use azure_security_keyvault_secrets::models::SecretClientListSecretPropertiesOptions;
use futures::future::{Either, select};
use futures::stream::{FuturesUnordered, StreamExt as _};
use secrecy::SecretString;
use tokio::time::{Instant, sleep_until};

use super::client::Session;
use super::limits::Limits;
use super::memory::{Memory, Secret};
use super::page::{self, Item};
use super::policies::Shelf;
use super::refusal::{answer, of_credential, of_failure, translate};
use super::selection::{Asked, Selection, Verdict, lost};
use super::under_way::{LIST_PATH, UnderWay, secret_path};
use crate::clock::after;
use crate::cloud::expected_scope;
use crate::error::{Error, Stage};
use crate::failure::Failure;
use crate::report::{SkipReason, Skipped, Warning};

/// So many pages in a row without a new name, and the list goes round in a circle.
const BARREN: usize = 3;

/// What came out of the vault.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// With their paths, in the order of the list or of the names.
    pub(crate) secrets: Vec<(Vec<String>, Secret)>,
    pub(crate) skipped: Vec<Skipped>,
    pub(crate) warnings: Vec<Warning>,
    /// What the prefix leaves out.
    pub(crate) foreign: usize,
    pub(crate) unchanged: usize,
    pub(crate) pages: usize,
    pub(crate) listed_after: Duration,
    pub(crate) memory: Memory,
}

/// Loads the vault, or only what is asked for by name: everything, or nothing and an error. The deadline runs from `started`.
pub(crate) async fn load(
    session: &Session,
    selection: &Selection,
    asked: Option<Vec<Asked>>,
    limits: &Limits,
    memory: &Memory,
    started: Instant,
) -> Result<Outcome, Error> {
    let deadline = after(started, limits.deadline);
    session.transport.begin(deadline, limits.deadline);
    let load = Load {
        session,
        selection,
        limits,
        memory,
        started,
        under_way: Mutex::default(),
    };
    // What is in flight is dropped with the load, so it is read inside.
    let outcome = match select(pin!(load.run(asked)), pin!(sleep_until(deadline))).await {
        Either::Left((outcome, _)) => outcome,
        Either::Right(((), _still_running)) => Err(load.out_of_time()),
    };
    outcome.map_err(|error| error.with_vault(session.name()))
}

struct Load<'l> {
    session: &'l Session,
    selection: &'l Selection,
    limits: &'l Limits,
    memory: &'l Memory,
    started: Instant,
    /// For the deadline's error.
    under_way: Mutex<UnderWay>,
}

/// A secret to get, in its place in the list.
struct Wanted {
    order: usize,
    name: String,
    path: Vec<String>,
    by: WantedBy,
}

/// Why a secret is got.
#[derive(Clone, Copy, PartialEq, Eq)]
enum WantedBy {
    /// The list told of it: it must not stop the app.
    List,
    /// It was asked for by name, and the load fails without it if it is required.
    Name { required: bool },
}

enum Got {
    Secret(Box<Loaded>, Option<Warning>),
    Skipped(Skipped),
}

struct Loaded {
    order: usize,
    path: Vec<String>,
    secret: Secret,
}

impl Load<'_> {
    async fn run(&self, asked: Option<Vec<Asked>>) -> Result<Outcome, Error> {
        match asked {
            Some(names) => self.by_name(names).await,
            None => self.by_list().await,
        }
    }

    fn now_at_the_vault(&self) -> i64 {
        self.session
            .transport
            .service_time()
            .unwrap_or_else(|| self.session.clock.unix())
    }

    fn under_way(&self) -> MutexGuard<'_, UnderWay> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn out_of_time(&self) -> Error {
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
    async fn primed<T>(&self, first: impl Future<Output = T>) -> T {
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

    async fn by_list(&self) -> Result<Outcome, Error> {
        let translate = |error: &azure_core::Error| translate(error, Stage::List, self.session.host());
        let mut outcome = Outcome::default();
        let mut loaded: Vec<(Loaded, i64)> = Vec::new();
        let mut queue: VecDeque<Wanted> = VecDeque::new();
        let mut in_flight = FuturesUnordered::new();
        let mut seen = HashSet::new();
        let mut links = HashSet::new();
        let mut barren = 0;
        let mut order = 0;
        let mut listed_at = None;

        let shelf = Shelf::default();
        let options = SecretClientListSecretPropertiesOptions {
            method_options: PagerOptions {
                context: Context::new().with_value(shelf.clone()),
                ..Default::default()
            },
            ..Default::default()
        };
        let mut pages = self
            .session
            .client
            .list_secret_properties(Some(options))
            .map_err(|error| translate(&error))?
            .into_pages();
        let mut next = self.primed(pages.next()).await;
        let mut listing = true;
        loop {
            if let Some(answer) = next.take() {
                answer.map_err(|error| translate(&error))?;
                let Some(page) = shelf.take() else { continue };
                // Settled is what had not changed when the listing began.
                listed_at.get_or_insert_with(|| self.now_at_the_vault());
                outcome.pages += 1;
                self.under_way().pages += 1;
                let is_empty = page.items.iter().all(|item| matches!(item, Item::Odd { .. }));
                let known = seen.len();
                for (index, item) in page.items.into_iter().enumerate() {
                    let properties = match item {
                        Item::Secret(properties) => properties,
                        Item::Odd { name }
                            if name.as_deref().is_some_and(|name| self.selection.strip(name).is_none()) =>
                        {
                            outcome.foreign += 1;
                            continue;
                        }
                        Item::Odd { name } => {
                            let place = || format!("item {} of page {}", index + 1, outcome.pages);
                            outcome.skipped.push(Skipped {
                                name: name.unwrap_or_else(place),
                                reason: SkipReason::NotPlaced("its listing cannot be read".to_owned()),
                            });
                            continue;
                        }
                    };
                    if !seen.insert(properties.name.to_ascii_lowercase()) {
                        continue;
                    }
                    order += 1;
                    match self.selection.judge(&properties, self.session.clock.now())? {
                        Verdict::Foreign => outcome.foreign += 1,
                        Verdict::Skip(reason) => outcome.skipped.push(Skipped {
                            name: properties.name,
                            reason,
                        }),
                        Verdict::Load(path, warning) => {
                            outcome.warnings.extend(warning);
                            if let Some((secret, listed_before)) = self.memory.unchanged(&properties) {
                                outcome.unchanged += 1;
                                let secret = secret.clone();
                                loaded.push((Loaded { order, path, secret }, *listed_before));
                            } else {
                                self.under_way().wanted += 1;
                                queue.push_back(Wanted {
                                    order,
                                    name: properties.name,
                                    path,
                                    by: WantedBy::List,
                                });
                            }
                        }
                    }
                }
                // A list that changes meanwhile may tell a name twice, but not page after page; a page without a usable item
                // says nothing.
                if !is_empty {
                    barren = if seen.len() == known { barren + 1 } else { 0 };
                }
                if let Some(link) = page.next_link {
                    if !links.insert(link) || barren >= BARREN {
                        let cause = "the list leads back to pages that were read already".to_owned();
                        return Err(of_failure(
                            &Failure::Unreadable { cause },
                            Stage::List,
                            self.session.host(),
                        ));
                    }
                } else {
                    listing = false;
                    outcome.listed_after = self.started.elapsed();
                }
            }
            while in_flight.len() < self.limits.concurrency {
                let Some(wanted) = queue.pop_front() else { break };
                in_flight.push(self.get(wanted));
            }
            if !listing && in_flight.is_empty() {
                break;
            }
            // A page that is there goes first: it is what the gets wait for.
            tokio::select! {
                biased;
                page = pages.next(), if listing => match page {
                    Some(page) => next = Some(page),
                    None => {
                        listing = false;
                        outcome.listed_after = self.started.elapsed();
                    }
                },
                Some(got) = in_flight.next(), if !in_flight.is_empty() => match got? {
                    Got::Secret(got, _) => loaded.push((*got, listed_at.unwrap_or_default())),
                    Got::Skipped(skipped) => outcome.skipped.push(skipped),
                },
            }
        }
        loaded.sort_by_key(|(loaded, _)| loaded.order);
        outcome.memory = Memory::of(
            loaded
                .iter()
                .map(|(loaded, listed_at)| (loaded.secret.clone(), *listed_at)),
        );
        outcome.secrets = loaded
            .into_iter()
            .map(|(loaded, _)| (loaded.path, loaded.secret))
            .collect();
        outcome.skipped.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(outcome)
    }

    async fn by_name(&self, names: Vec<Asked>) -> Result<Outcome, Error> {
        let mut outcome = Outcome::default();
        let mut wanted = Vec::with_capacity(names.len());
        for (order, Asked { name, required, path }) in names.into_iter().enumerate() {
            let by = WantedBy::Name { required };
            match path {
                Ok(path) => wanted.push(Wanted { order, name, path, by }),
                Err(reason) => outcome.skipped.push(Skipped { name, reason }),
            }
        }
        let mut got = Vec::with_capacity(wanted.len());
        self.under_way().wanted = wanted.len();
        let mut wanted = wanted.into_iter();
        // The first get primes authentication: a cold fan-out would cost a challenge each.
        if let Some(first) = wanted.next() {
            got.push(self.primed(self.get(first)).await?);
        }
        let mut rest =
            futures::stream::iter(wanted.map(|wanted| self.get(wanted))).buffer_unordered(self.limits.concurrency);
        while let Some(next) = rest.next().await {
            got.push(next?);
        }
        drop(rest);
        let mut loaded = Vec::new();
        for got in got {
            match got {
                Got::Secret(got, warning) => {
                    outcome.warnings.extend(warning);
                    loaded.push(*got);
                }
                Got::Skipped(skipped) => outcome.skipped.push(skipped),
            }
        }
        loaded.sort_by_key(|loaded| loaded.order);
        outcome.secrets = loaded.into_iter().map(|loaded| (loaded.path, loaded.secret)).collect();
        outcome.skipped.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(outcome)
    }

    async fn get(&self, wanted: Wanted) -> Result<Got, Error> {
        let Wanted { order, name, path, by } = wanted;
        let is_required = by == WantedBy::Name { required: true };
        self.under_way().getting.insert(name.clone());
        let error = |error: Error| error.with_secret(&name);
        let reply = self.session.client.get_secret(&name, None).await;
        {
            let mut under_way = self.under_way();
            under_way.getting.remove(&name);
            under_way.done += 1;
        }
        let reply = match reply {
            Ok(reply) => reply,
            Err(refused) => {
                let skipped = answer(&refused).filter(|_| !is_required).and_then(|answer| {
                    if answer.is_secret_disabled() {
                        Some(SkipReason::Disabled)
                    } else if answer.is_not_found() {
                        Some(match by {
                            WantedBy::Name { .. } => SkipReason::Missing,
                            WantedBy::List => SkipReason::Deleted,
                        })
                    } else {
                        None
                    }
                });
                return match skipped {
                    Some(reason) => Ok(Got::Skipped(Skipped { name, reason })),
                    None => Err(error(translate(&refused, Stage::Get, self.session.host()))),
                };
            }
        };
        let unreadable = |failure: Failure| error(of_failure(&failure, Stage::Get, self.session.host()));
        let secret = page::Got::read(reply.into_body().as_ref()).map_err(unreadable)?;
        let (version, properties) = (secret.version(), secret.properties(name.clone()));
        let Some(value) = secret.value.map(SecretString::from) else {
            let cause = "it holds no value".to_owned();
            return Err(unreadable(Failure::Unreadable { cause }));
        };
        let mut warning = None;
        // What the list told was judged before; of a name nothing was known until now.
        if by != WantedBy::List {
            match self.selection.judge_named(&properties, self.session.clock.now())? {
                Ok(found) => warning = found,
                Err(reason) if is_required => return Err(lost(&name, &reason, Stage::Get)),
                Err(reason) => return Ok(Got::Skipped(Skipped { name, reason })),
            }
        }
        let updated = properties.updated_unix();
        let secret = Secret {
            name,
            value: Arc::new(value),
            version,
            updated,
        };
        Ok(Got::Secret(Box::new(Loaded { order, path, secret }), warning))
    }
}
