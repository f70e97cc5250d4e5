//! A service in trouble: it starts, reloads and asks for tokens while a case strikes, and at the end all is well again.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use config::{Config, ConfigError, File};
use config_azure_keyvault::{AzureKeyVault, Bound, Changes, Error, ErrorKind, SecretName, Watch};
use futures::future::join;
use maskinporten::{MaskinportenClient, MaskinportenClientBuilder};
use tokio::sync::Notify;
use tokio::time::timeout;

use super::between::{Between, meanwhile};
use super::book::{Book, Tree};
use super::case::{Act, Case, Change, Event, Round, Turn, When, Writing};
use super::heard::Heard;
use super::hours::{HOUR, at_last, pass, poll};
use super::lane::Lane;
use super::lateness::timed;
use super::tally::Tally;
use super::tree::{differing, keys, tree};
use crate::support::{check_built, leaks};

/// Of a token.
const TOKEN_DEADLINE: Duration = Duration::from_secs(4);

const SECTION: &str = "MaskinportenSettings";

/// So often is what must work tried again where the machine was too slow for it.
const PATIENCE: usize = 20;

#[derive(serde::Deserialize)]
struct Beside {
    value: String,
}

/// A service that is up.
struct Service {
    watch: Watch,
    changes: Changes,
    beside: Bound<Beside>,
    client: MaskinportenClient,
    began_with: Tree,
    told: BTreeSet<String>,
    ended: Arc<Notify>,
    /// Of a load.
    deadline: Duration,
}

/// The start-up, the reloads, and the end of all trouble.
pub(super) async fn run(lane: &Lane, case: &Case, book: &Book) -> Tally {
    let mut tally = Tally::default();
    let between = Arc::new(Between::of(book.clone()));
    let source = source(lane, case, book, &between);
    let mut service = None;
    for round in &case.rounds {
        lane.heal();
        for (_, event) in &round.events {
            lane.strike(event);
            if let Event::Change {
                when: When::Before,
                change,
            } = event
            {
                book.change(*change);
            }
        }
        if let Act::Around(secret) = round.act {
            book.change(Change::Secret(secret, Turn::Set));
        }
        between.arm(&round.events);
        match &mut service {
            None => service = start_up(lane, book, &source, round, &mut tally).await,
            Some(service) => {
                service.reload(book, &source, round, &mut tally).await;
                if let Act::Around(secret) = round.act {
                    book.change(Change::Secret(secret, Turn::Set));
                    let once_more = Round {
                        act: Act::Refresh,
                        events: Vec::new(),
                    };
                    service.reload(book, &source, &once_more, &mut tally).await;
                }
            }
        }
        if let Some(service) = &service {
            service.token(&mut tally).await;
        }
        if round.act == Act::StartUp && service.is_none() {
            // Somebody starts it again, once all is well.
            well_again(lane, book, &between);
            service = Some(in_the_end(lane, book, &source, &mut tally).await);
        }
    }
    well_again(lane, book, &between);
    let service = service.expect("it is up by now");
    service.ends_well(book, &source, &mut tally).await;
    leaks::assert_clean_logs();
    tally
}

fn source(lane: &Lane, case: &Case, book: &Book, between: &Arc<Between>) -> AzureKeyVault {
    let source = lane.world.source();
    let source = match case.by_name {
        true => source.names(book.names().into_iter().map(SecretName::optional)),
        false => source,
    };
    let between = Arc::clone(between);
    source
        .filter(move |_| {
            between.looks();
            true
        })
        .clock(lane.clock())
        .deadline(lane.deadline)
        .try_timeout(Duration::from_millis(1_500))
        .credential_timeout(Duration::from_secs(4))
}

fn well_again(lane: &Lane, book: &Book, between: &Between) {
    lane.heal();
    book.change(Change::File(Writing::Whole));
    between.arm(&[]);
}

async fn start(lane: &Lane, book: &Book, source: &AzureKeyVault) -> Result<Watch, ConfigError> {
    let builder = Config::builder().add_source(Heard::of(File::from(book.file()), &lane.ended));
    let builder = builder.add_async_source(Heard::of(source.clone(), &lane.ended));
    at_last(source.watch(builder).interval(HOUR).start()).await
}

async fn start_up(
    lane: &Lane,
    book: &Book,
    source: &AzureKeyVault,
    round: &Round,
    tally: &mut Tally,
) -> Option<Service> {
    let ((started, window), ()) = join(
        timed(tally, "a load", lane.deadline, start(lane, book, source)),
        meanwhile(book, round),
    )
    .await;
    match started {
        Ok(watch) => {
            tally.one("start-ups under faults that came up");
            let tree = tree(&watch.current());
            check_built(source, &Ok(Config::clone(&watch.current())));
            book.check(&tree, window);
            Some(Service::of(lane, watch, tree))
        }
        Err(error) => {
            failed(tally, "start-ups", &error);
            check_built(source, &Err(error));
            assert!(source.report().is_none(), "a report of what was not loaded");
            None
        }
    }
}

/// Without any fault.
async fn in_the_end(lane: &Lane, book: &Book, source: &AzureKeyVault, tally: &mut Tally) -> Service {
    for _ in 0..PATIENCE {
        let (started, window) = timed(tally, "a load", lane.deadline, start(lane, book, source)).await;
        match started {
            Ok(watch) => {
                tally.one("start-ups after a failed one");
                let tree = tree(&watch.current());
                book.check(&tree, window);
                return Service::of(lane, watch, tree);
            }
            Err(error) => slow(tally, &error),
        }
    }
    panic!("all is well, and it does not start");
}

/// Nothing but a slow machine is a reason to fail where all is well.
fn slow(tally: &mut Tally, error: &ConfigError) {
    let is_timeout = Error::find(error).is_some_and(|error| error.kind() == ErrorKind::Timeout);
    let is_slow = is_timeout || error.to_string().contains("no answer within ");
    assert!(is_slow, "all is well, and yet: {error}");
    tally.one("times that the machine was too slow");
}

fn failed(tally: &mut Tally, what: &str, error: &ConfigError) {
    let kind = Error::find(error).map_or_else(|| "the file".to_owned(), |error| format!("{:?}", error.kind()));
    tally.one(format!("{what} under faults that failed"));
    tally.one(format!("{what} that failed by {kind}"));
}

impl Service {
    fn of(lane: &Lane, watch: Watch, tree: Tree) -> Self {
        let client = MaskinportenClientBuilder::watching(watch.receiver(), SECTION)
            .token_http_client(lane.maskinporten.http_client())
            .http_client(lane.maskinporten.http_client())
            .clock(lane.clock())
            .deadline(TOKEN_DEADLINE);
        Self {
            changes: watch.changes(),
            beside: watch.bind_section("File").expect("it fits"),
            client: client.build().expect("the settings are good"),
            watch,
            began_with: tree,
            told: BTreeSet::new(),
            ended: Arc::clone(&lane.ended),
            deadline: lane.deadline,
        }
    }

    fn tree(&self) -> Tree {
        tree(&self.watch.current())
    }

    async fn reload(&mut self, book: &Book, source: &AzureKeyVault, round: &Round, tally: &mut Tally) {
        let (before, was) = (self.watch.current(), self.tree());
        let watch = self.watch.clone();
        let work = async {
            match round.act {
                Act::Two => {
                    let (one, two) = at_last(join(watch.refresh(), watch.refresh())).await;
                    vec![one, two]
                }
                Act::GivenUp(millis) => {
                    let limit = Duration::from_millis(millis);
                    timeout(limit, watch.refresh()).await.into_iter().collect()
                }
                Act::Poll => {
                    poll(&watch, &self.ended).await;
                    Vec::new()
                }
                Act::Refresh | Act::Around(_) | Act::StartUp => vec![at_last(watch.refresh()).await],
            }
        };
        let ((outcomes, window), ()) = join(timed(tally, "a load", self.deadline, work), meanwhile(book, round)).await;
        let is = self.tree();
        for outcome in &outcomes {
            match outcome {
                Ok(change) => {
                    tally.one("reloads under faults that loaded");
                    leaks::assert_clean("a change", &change.to_string());
                    leaks::assert_clean_debug(change);
                }
                Err(error) => {
                    failed(tally, "reloads", error);
                    leaks::assert_clean_error(error);
                }
            }
        }
        if outcomes.is_empty() {
            tally.one(format!(
                "reloads under faults: {}",
                if round.act == Act::Poll { "polls" } else { "given up" }
            ));
        }
        let loaded = match round.act {
            Act::Poll => self.watch.status().is_healthy(),
            _ => outcomes.iter().any(Result::is_ok),
        };
        match loaded {
            true => book.check(&is, window),
            false => assert!(Arc::ptr_eq(&before, &self.watch.current()), "the last good values stay"),
        }
        if let [Ok(change)] = &outcomes[..] {
            assert_eq!(keys(change), differing(&was, &is), "what a refresh says it changed");
        }
        if let Some(change) = self.changes.untold() {
            leaks::assert_clean("a change", &change.to_string());
            self.told.extend(keys(&change));
        }
        assert!(
            is.get("File.Value") == Some(&self.beside.current().value),
            "what is bound follows"
        );
        check_built(source, &Ok(Config::clone(&self.watch.current())));
        leaks::assert_clean("a status", &self.watch.status().to_string());
        leaks::assert_clean_debug(&self.watch.status());
        leaks::assert_clean_debug(&self.watch);
        leaks::assert_clean("a health", &self.watch.health().to_string());
    }

    /// A new token for what the configuration says now, or an error.
    async fn token(&self, tally: &mut Tally) -> bool {
        let request = self.client.default_request().clone().fresh();
        let (got, _) = timed(tally, "a token", TOKEN_DEADLINE, at_last(self.client.token(&request))).await;
        leaks::assert_clean_debug(&self.client);
        leaks::assert_clean_debug(&self.client.health());
        match got {
            Ok(token) => {
                tally.one("tokens");
                let tree = self.tree();
                assert!(
                    token.scope() == tree.get("MaskinportenSettings.Scope").map(String::as_str),
                    "another's token"
                );
                leaks::assert_clean_debug(&token);
                true
            }
            Err(error) => {
                tally.one("tokens that failed");
                leaks::assert_clean_error(&error);
                let text = error.to_string();
                assert!(!text.contains(['\n', '\r']), "an error is one line: {text:?}");
                false
            }
        }
    }

    /// One refresh, and the service has what the vault has.
    async fn ends_well(mut self, book: &Book, source: &AzureKeyVault, tally: &mut Tally) {
        let mut refreshed = false;
        for _ in 0..PATIENCE {
            let (outcome, window) = timed(tally, "a load", self.deadline, at_last(self.watch.refresh())).await;
            match outcome {
                Ok(_) => {
                    book.check(&self.tree(), window);
                    refreshed = true;
                    break;
                }
                Err(error) => slow(tally, &error),
            }
        }
        assert!(refreshed, "all is well, and it does not reload");
        assert!(self.watch.status().is_healthy());
        check_built(source, &Ok(Config::clone(&self.watch.current())));
        if let Some(change) = self.changes.untold() {
            self.told.extend(keys(&change));
        }
        let is = self.tree();
        let changed = differing(&self.began_with, &is);
        assert!(
            changed.is_subset(&self.told),
            "changed and never told: {:?}",
            &changed - &self.told
        );
        assert!(
            is.get("File.Value") == Some(&self.beside.current().value),
            "what is bound follows"
        );
        for _ in 0..PATIENCE {
            // A refusal is not asked again at once, nor is metadata that failed.
            pass(Duration::from_secs(60)).await;
            if self.token(tally).await {
                tally.one("cases that ended with what the vault has, and a token");
                return;
            }
        }
        panic!("all is well, and there is no token");
    }
}
